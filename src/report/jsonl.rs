//! `--format jsonl`: one line for an endpoint as it finishes, of a list one for a target as well, and a last line for
//! the run.

use super::json;
use super::model::{Contents, EndpointEvent, JsonLine, SummaryEvent, TargetEvent};
use crate::policy::{CountedRun, JudgedEndpoint, JudgedRun, JudgedTarget};

/// The line of an endpoint, with its line feed. `target` is what the user typed.
pub fn endpoint(target: &str, endpoint: &JudgedEndpoint, contents: Contents) -> serde_json::Result<String> {
    let event = EndpointEvent { target: target.to_owned(), endpoint: (endpoint, contents).into() };
    json::line(&JsonLine::Endpoint(Box::new(event)))
}

pub fn summary(run: &JudgedRun) -> serde_json::Result<String> {
    json::line(&JsonLine::summary(run))
}

/// The line of a target of a list, with its line feed: the target without its endpoints.
pub fn target(target: &JudgedTarget) -> serde_json::Result<String> {
    json::line(&JsonLine::Target(Box::new(TargetEvent { target: target.into() })))
}

pub fn list_summary(run: &CountedRun) -> serde_json::Result<String> {
    json::line(&JsonLine::Summary(Box::new(SummaryEvent { run: run.into(), targets: Vec::new() })))
}
