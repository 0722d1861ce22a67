//! `debug=true`: what was done, for a person, and the metrics below it.

use std::fmt::Write as _;

use crate::observation::Attempt;
use crate::policy::JudgedEndpoint;
use crate::report::human::{Detail, render as report, render_blocked};
use crate::report::sanitize::{Charset, escape};
use crate::report::style::{MAX_WIDTH, Style};
use crate::report::time::moment;
use crate::serve::answer::{CheckAnswer, CheckResult};
use crate::serve::exposition;
use crate::target::Endpoint;

/// In the order of `blackbox_exporter`: what was done, then what came of it. Between the two the report.
pub(super) fn render(answer: &CheckAnswer) -> String {
    let mut page = String::from("Logs for the probe:\n");
    let (target, module) = (&answer.target, &answer.module);
    line(
        &mut page,
        &format!(
            "time={} msg=\"Beginning probe\" target={target:?} module={module:?} timeout_seconds={:.3}",
            moment(answer.started),
            answer.limit.as_secs_f64()
        ),
    );
    for endpoint in answer.report().targets.iter().flat_map(|target| &target.endpoints) {
        stages(&mut page, endpoint);
    }
    let ending = if answer.finished { "Probe finished" } else { "Probe cut off by its time limit" };
    line(
        &mut page,
        &format!("msg=\"{ending}\" verdict={} duration_seconds={:.3}", answer.verdict(), answer.took.as_secs_f64()),
    );
    page.push_str("\n\nReport:\n");
    let style = Style { colour: false, unicode: true, width: MAX_WIDTH };
    page.push_str(&match &answer.result {
        CheckResult::Ports(run) => report(run, style, Detail::Verbose),
        CheckResult::Blocked(run) => render_blocked(run, style, Detail::Verbose),
    });
    page.push_str("\n\nMetrics that would have been returned:\n");
    page.push_str(&exposition::render(answer));
    page
}

/// A line for each stage that was entered, as a log has it.
fn stages(page: &mut String, endpoint: &JudgedEndpoint) {
    let Endpoint { host, address, port, .. } = &endpoint.observation.endpoint;
    let address = address.map(|address| address.to_string()).unwrap_or_default();
    let named = format!("host={:?} address={address} port={port}", host.to_string());
    for attempt in &endpoint.observation.attempts {
        let Attempt { purpose, stages, .. } = attempt;
        for stage in stages {
            let mut text = format!(
                "{named} purpose={purpose} stage={} outcome={} duration_seconds={:.6}",
                stage.stage,
                stage.outcome,
                stage.duration.as_secs_f64()
            );
            if let Some(detail) = &stage.detail {
                let _ = write!(text, " detail={detail:?}");
            }
            line(page, &text);
        }
    }
    let text = format!("{named} state={} verdict={}", endpoint.diagnosis.state.name(), endpoint.verdict);
    line(page, &text);
}

fn line(page: &mut String, text: &str) {
    page.push_str(&escape(text, Charset::Unicode));
    page.push('\n');
}
