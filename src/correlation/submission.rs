//! Submission ports that refuse connections: no mail program can send through the host.

use super::cause::Cause;
use super::view::{JudgedState, View};
use crate::diagnosis::{FindingId, Severity, State};
use crate::service::Role;
use crate::target::Source;

/// Silent ones are told by the rules about silence, and where nothing at all works there are graver causes.
pub(super) fn explain(view: &mut View<'_>) {
    let submission = view.places(|seen| seen.is_of(Role::Submission) && seen.address().is_some());
    let is_missed = |seen: &JudgedState<'_>| {
        seen.state() == State::ConnectionRefused
            && seen.severity == Severity::Warning
            && seen.observation.endpoint.sources.contains(&Source::Default)
    };
    if submission.is_empty() || !view.at(&submission).all(is_missed) || !view.endpoints.iter().any(JudgedState::is_open)
    {
        return;
    }
    let refuse = if view.port_numbers(&submission).len() == 1 { "refuses" } else { "refuse" };
    let summary =
        format!("Mail programs cannot send through this host: {} {refuse} connections.", view.ports(&submission));
    let cause = Cause::new(FindingId::NoSubmissionPort, Severity::Warning, summary.clone())
        .evidence(view.evidence(&submission, FindingId::ConnectionRefused))
        .hint(
            "If mail programs are meant to send through it, check that the submission service runs and listens on this \
             address. If not, use the host that the mail provider names for outgoing mail.",
        )
        .summary(summary);
    view.add(cause, &submission, &[FindingId::ConnectionRefused]);
}
