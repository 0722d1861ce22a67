//! `--format jsonl`: one line for an endpoint as it finishes, of a list one for a target as well, and a last line for
//! the run.

use super::json;
use super::model::{Contents, Event};
use crate::policy::{CountedRun, JudgedEndpoint, JudgedRun, JudgedTarget};

/// The line of an endpoint, with its line feed. `target` is what the user typed.
///
/// # Errors
/// Those of the JSON writer; the contract's types give it no cause for any.
pub fn endpoint(target: &str, endpoint: &JudgedEndpoint, contents: Contents) -> serde_json::Result<String> {
    json::line(&Event::endpoint(target, endpoint, contents))
}

/// The last line, with its line feed: the run without its endpoints.
///
/// # Errors
/// Those of the JSON writer; the contract's types give it no cause for any.
pub fn summary(run: &JudgedRun) -> serde_json::Result<String> {
    json::line(&Event::summary(run))
}

/// The line of a target of a list, with its line feed: the target without its endpoints.
///
/// # Errors
/// Those of the JSON writer; the contract's types give it no cause for any.
pub fn target(target: &JudgedTarget) -> serde_json::Result<String> {
    json::line(&Event::target(target))
}

/// The last line of a run over a list, with its line feed.
///
/// # Errors
/// Those of the JSON writer; the contract's types give it no cause for any.
pub fn list_summary(run: &CountedRun) -> serde_json::Result<String> {
    json::line(&Event::list_summary(run))
}
