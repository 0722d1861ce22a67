//! `mailprobe blocked` in JSON: the same documents, with the answer in them.

use super::json;
use super::model::{Contents, Document, JsonLine, RunReport, SummaryEvent};
use crate::blocked::BlockedRun;

/// The document of `--format json`, indented, with a line feed at its end. `with_request`: whether it holds the message
/// to a support desk.
pub fn json(outcome: &BlockedRun, contents: Contents, with_request: bool) -> serde_json::Result<String> {
    json::document(&Document { run: run(outcome, with_request), ..Document::from((&outcome.run, contents)) })
}

/// The last line of `--format jsonl`, with its line feed.
pub fn summary(outcome: &BlockedRun, with_request: bool) -> serde_json::Result<String> {
    let event = SummaryEvent::from((run(outcome, with_request), outcome.run.targets.as_slice()));
    json::line(&JsonLine::Summary(Box::new(event)))
}

fn run(outcome: &BlockedRun, with_request: bool) -> RunReport {
    RunReport { blocked: Some((outcome, with_request).into()), ..RunReport::from(&outcome.run) }
}
