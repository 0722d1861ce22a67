//! `--format jsonl`: one line for an endpoint as it finishes, of a list one for a target as well, and a last line for
//! the run.

use super::json;
use super::model::{Contents, JsonLine};
use crate::policy::{CountedRun, JudgedEndpoint, JudgedTarget, Report};

/// The line of an endpoint, with its line feed. `target` is what the user typed.
pub fn endpoint(target: &str, endpoint: &JudgedEndpoint, contents: Contents) -> serde_json::Result<String> {
    json::line(&JsonLine::Endpoint(Box::new((target, endpoint, contents).into())))
}

pub fn summary(run: &Report) -> serde_json::Result<String> {
    json::line(&JsonLine::Summary(Box::new((run.into(), run.targets.as_slice()).into())))
}

/// The line of a target of a list, with its line feed: the target without its endpoints. `exit_code` is that of a run of
/// this target alone.
pub fn target(target: &JudgedTarget, exit_code: u8) -> serde_json::Result<String> {
    json::line(&JsonLine::Target(Box::new((target, exit_code).into())))
}

pub fn list_summary(run: &CountedRun) -> serde_json::Result<String> {
    json::line(&JsonLine::Summary(Box::new((run.into(), [].as_slice()).into())))
}
