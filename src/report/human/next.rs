//! What to do next, below the answer where all is well: what was not checked.

use crate::diagnosis::{FindingId, State};
use crate::policy::{JudgedEndpoint, JudgedTarget, Verdict};
use crate::report::style::{Ink, Page};
use crate::service::Role;

/// A newcomer whose ports all work may still have a password that does not. Beside a warning it would lead away from what
/// was found.
pub(super) fn write(page: &mut Page, target: &JudgedTarget) {
    let works = |one: &&JudgedEndpoint| one.diagnosis.state == State::Ok;
    let is_for_programs = |one: &JudgedEndpoint| one.observation.endpoint.service.role() != Role::Relay;
    if target.verdict != Verdict::Pass || !target.endpoints.iter().any(|one| works(&one)) {
        return;
    }
    let is_logged_in =
        |one: &JudgedEndpoint| one.diagnosis.findings.iter().any(|told| told.id == FindingId::LoginAccepted);
    let unchecked = if target.endpoints.iter().any(is_logged_in) {
        "Not checked: sending. The login works; no message was sent."
    } else if target.endpoints.iter().filter(works).any(is_for_programs) {
        "Not checked: login and sending. If mail still fails, check name and password."
    } else {
        "Not checked: whether the server accepts a message. None was sent."
    };
    page.blank();
    page.paragraph(&[], 0, Ink::Faint, unchecked);
}
