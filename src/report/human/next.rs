//! What to do next, below all answers: what was not checked, and where to read more.

use crate::diagnosis::{Severity, State};
use crate::policy::{JudgedEndpoint, JudgedTarget, Report, Verdict};
use crate::report::style::{Ink, Page};
use crate::service::Role;

/// Writes a line for each.
pub(super) fn write(page: &mut Page, run: &Report) {
    let lines: Vec<String> = unchecked(run).map(str::to_owned).into_iter().chain(more(run)).collect();
    if !lines.is_empty() && !page.is_empty() {
        page.blank();
    }
    for line in lines {
        page.paragraph(&[], 0, Ink::Faint, &line);
    }
}

/// A newcomer whose ports all work may still have a password that does not.
fn unchecked(run: &Report) -> Option<&'static str> {
    let works = |one: &&JudgedEndpoint| one.diagnosis.state == State::Ok;
    let endpoints = || run.targets.iter().flat_map(|target| &target.endpoints).filter(works);
    // Beside a warning it would lead away from what was found.
    if run.verdict != Verdict::Pass || endpoints().next().is_none() {
        return None;
    }
    let is_for_programs = |one: &JudgedEndpoint| one.observation.endpoint.service.role() != Role::Relay;
    Some(if endpoints().any(is_for_programs) {
        "Not checked: login and sending. If mail still fails, check name and password."
    } else {
        "Not checked: whether the server accepts a message. None was sent."
    })
}

/// How to learn more about the gravest cause.
fn more(run: &Report) -> Option<String> {
    let causes = run.targets.iter().flat_map(|target: &JudgedTarget| &target.causes);
    let gravest = causes.filter(|cause| cause.severity < Severity::Info).min_by_key(|cause| cause.severity)?;
    Some(format!("More about it: mailprobe explain {}", gravest.id))
}
