//! What to do next, below the answer: what was not checked, and where to read more.

use crate::diagnosis::{Severity, State};
use crate::policy::{JudgedEndpoint, JudgedTarget, Verdict};
use crate::report::style::{Ink, Page};
use crate::service::Role;

/// Writes a line for each.
pub(super) fn write(page: &mut Page, target: &JudgedTarget) {
    let lines: Vec<String> = unchecked(target).map(str::to_owned).into_iter().chain(more(target)).collect();
    if !lines.is_empty() && !page.is_empty() {
        page.blank();
    }
    for line in lines {
        page.paragraph(&[], 0, Ink::Faint, &line);
    }
}

/// A newcomer whose ports all work may still have a password that does not. Beside a warning it would lead away from what
/// was found.
fn unchecked(target: &JudgedTarget) -> Option<&'static str> {
    let works = |one: &&JudgedEndpoint| one.diagnosis.state == State::Ok;
    let is_for_programs = |one: &JudgedEndpoint| one.observation.endpoint.service.role() != Role::Relay;
    if target.verdict != Verdict::Pass || !target.endpoints.iter().any(|one| works(&one)) {
        return None;
    }
    Some(if target.endpoints.iter().filter(works).any(is_for_programs) {
        "Not checked: login and sending. If mail still fails, check name and password."
    } else {
        "Not checked: whether the server accepts a message. None was sent."
    })
}

/// How to learn more about the gravest cause.
fn more(target: &JudgedTarget) -> Option<String> {
    let gravest =
        target.causes.iter().filter(|cause| cause.severity < Severity::Info).min_by_key(|cause| cause.severity)?;
    Some(format!("More about it: mailprobe explain {}", gravest.id))
}
