//! The answer of `mailprobe blocked`.

use maud::{Markup, html};

use super::answer::{self, item};
use super::frame::{STYLE, cut};
use super::target::target_evidence;
use crate::blocked::{Assessment, BlockedRun};
use crate::report::human::blocked::rows;

/// The answer, what to do, and what was noticed beside it.
pub(crate) fn blocked_answer(answer: &Assessment) -> Markup {
    html! {
        (answer::answer(answer.verdict(), &answer.sentence, &answer.hints))
        @if !answer.findings.is_empty() {
            ul.causes {
                @for finding in &answer.findings {
                    @let hint = finding.hint.as_deref().filter(|hint| !answer.hints.iter().any(|told| told == hint));
                    @let evidence: Vec<&str> = finding.evidence.as_deref().into_iter().collect();
                    (item((finding.severity, &finding.message), finding.id.name(), "", &evidence, hint))
                }
            }
        }
    }
}

/// What that rests on, host by host. `prefix` tells the ids of its parts from those of others on the page.
pub(crate) fn blocked_evidence(outcome: &BlockedRun, prefix: &str) -> Markup {
    let hosts = rows(&outcome.answer.facts, &outcome.run.targets, STYLE);
    html! {
        @if !hosts.is_empty() {
            h3 { "Port 25 from here" }
            table.hosts {
                caption { "Port 25 of other hosts" }
                thead { tr { th scope="col" { "Host" } th scope="col" { "Over" } th scope="col" { "Result" } } }
                tbody {
                    @for row in &hosts {
                        tr {
                            th scope="row" data-title="Host" { (cut(&row.host)) }
                            td data-title="Over" { (row.families) }
                            td data-title="Result" { span.mark aria-hidden="true" { (row.mark) } " " (cut(&row.what)) }
                        }
                    }
                }
            }
        }
        @if !outcome.run.targets.is_empty() { h3 { "Hosts" } }
        @for (number, target) in outcome.run.targets.iter().enumerate() {
            @let prefix = format!("{prefix}-{number}");
            details.host id={ (prefix) "-host" } {
                summary { (cut(&target.typed)) }
                div { (target_evidence(target, &prefix)) }
            }
        }
    }
}
