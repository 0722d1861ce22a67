//! What to do next, below the answer where all is well: what was not checked.

use crate::diagnosis::{FindingId, State, answer_to_recipient};
use crate::policy::{JudgedEndpoint, JudgedTarget, Verdict};
use crate::report::style::{Ink, Page};
use crate::service::Role;
use crate::target::TargetKind;

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
    let was_asked = target.endpoints.iter().any(|one| answer_to_recipient(&one.observation).is_some());
    if let Some(address) = whom_to_ask_about(target).filter(|_| !was_asked) {
        let pointer = format!("Many servers refuse only the recipient: mailprobe rcpt {address}");
        page.paragraph(&[], 0, Ink::Faint, &pointer);
    }
}

/// A recipient at a domain whose mail hosts greeted: the address as typed, or one to be filled in.
fn whom_to_ask_about(target: &JudgedTarget) -> Option<String> {
    let is_relay = |one: &&JudgedEndpoint| one.observation.endpoint.service.role() == Role::Relay;
    let relays = target.endpoints.iter().filter(is_relay);
    let greeted = relays.clone().any(|one| one.diagnosis.state == State::Ok);
    let domain = target.kind == TargetKind::Domain && greeted;
    let address = if target.typed.starts_with('@') { format!("you{}", target.typed) } else { target.typed.clone() };
    domain.then_some(address)
}
