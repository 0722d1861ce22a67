//! `mailprobe blocked` in JSON: the same documents, with the answer in them.

use super::model::{BlockedReport, Contents, FindingReport, JsonLine, Report};
use super::{json, request};
use crate::blocked::BlockedRun;

/// The document of `--format json`, indented, with a line feed at its end. `with_request`: whether it holds the message
/// to a support desk.
pub fn json(outcome: &BlockedRun, contents: Contents, with_request: bool) -> serde_json::Result<String> {
    let mut report = Report::new(&outcome.run, contents);
    report.run.blocked = Some(BlockedReport::new(outcome, with_request));
    json::document(&report)
}

/// The last line of `--format jsonl`, with its line feed.
pub fn summary(outcome: &BlockedRun, with_request: bool) -> serde_json::Result<String> {
    let mut event = JsonLine::summary(&outcome.run);
    if let JsonLine::Summary(summary) = &mut event {
        summary.run.blocked = Some(BlockedReport::new(outcome, with_request));
    }
    json::line(&event)
}

impl BlockedReport {
    fn new(outcome: &BlockedRun, with_request: bool) -> Self {
        let answer = &outcome.answer;
        Self {
            conclusion: answer.facts.conclusions.overall,
            ipv4: answer.facts.conclusions.ipv4,
            ipv6: answer.facts.conclusions.ipv6,
            greeting_shared: answer.facts.conclusions.greeting_shared,
            seen_as: answer.facts.machine.seen_as.clone(),
            ways_out: answer.facts.ways_out.clone(),
            answer: answer.sentence.clone(),
            hints: answer.hints.clone(),
            findings: answer.findings.iter().map(FindingReport::from).collect(),
            request: request::text(outcome).filter(|_| with_request),
        }
    }
}
