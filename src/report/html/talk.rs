//! How far each port came, and what was said there, folded away.

use maud::{Markup, html};

use super::frame::{brief, cut};
use super::ports::place;
use crate::observation::{Attempt, Purpose, Speaker, StageOutcome};
use crate::policy::{JudgedEndpoint, JudgedTarget, Verdict};
use crate::report::human::details::second_look;
use crate::report::time;

/// How many failures are open from the start; more would bury what stands below them.
const OPEN: usize = 2;

/// `None`: there was no connection to any port.
pub(super) fn talks(target: &JudgedTarget, prefix: &str) -> Option<Markup> {
    let talked: Vec<(usize, &JudgedEndpoint)> =
        target.endpoints.iter().enumerate().filter(|(_, judged)| !judged.observation.attempts.is_empty()).collect();
    let is_failure =
        |judged: &JudgedEndpoint| matches!(judged.verdict, Verdict::Fail | Verdict::Inconclusive) && said(judged);
    let open: Vec<usize> =
        talked.iter().filter(|(_, judged)| is_failure(judged)).map(|(index, _)| *index).take(OPEN).collect();
    (!talked.is_empty()).then(|| {
        html! {
            @for (index, judged) in talked {
                details id={ (prefix) "-talk-" (index) } open[open.contains(&index)] {
                    summary { (cut(&place(judged))) " – " (judged.diagnosis.state) }
                    @for attempt in &judged.observation.attempts { (talk(attempt)) }
                }
            }
        }
    })
}

/// Whether anything was said at an endpoint.
pub(super) fn said(judged: &JudgedEndpoint) -> bool {
    judged.observation.attempts.iter().any(|attempt| !attempt.transcript.is_empty())
}

fn talk(attempt: &Attempt) -> Markup {
    html! {
        @if attempt.purpose != Purpose::Probe {
            p { "Second look: " (second_look(attempt.purpose)) }
        }
        ol.stages {
            @for record in attempt.stages.iter().filter(|record| record.outcome != StageOutcome::Skipped) {
                li {
                    (record.stage) " "
                    @if record.outcome == StageOutcome::Failed { strong { "failed" } } @else { "ok" }
                    " " span.faint { (time::short(record.duration)) }
                    @if let Some(detail) = &record.detail { " " (brief(detail)) }
                }
            }
        }
        @if !attempt.transcript.is_empty() {
            pre.talk {
                @for line in &attempt.transcript {
                    span.faint { (format!("{:>6.0} ms  ", time::milliseconds(line.at))) }
                    @match line.from {
                        Speaker::Client => b { "C: " (cut(&line.text)) },
                        Speaker::Server => { "S: " (cut(&line.text)) },
                        Speaker::Remark => span.faint { "-- " (cut(&line.text)) },
                    }
                    "\n"
                }
            }
        }
    }
}
