//! The upgrade to TLS: not offered, refused, taken out on the way, or tampered with.

use super::exposed::Exposed;
use super::finding::{Diagnosis, Finding, Severity};
use super::finding_id::FindingId;
use super::refusal;
use super::seen::second_look;
use super::state::State;
use crate::observation::{Attempt, Observation, Purpose, Stage, handshake_done};
use crate::protocol::Reply;
use crate::service::{Protocol, Security};

/// The upgrade is not among what the server offers.
pub(super) fn not_offered(observation: &Observation) -> Diagnosis {
    let command = command(observation);
    let works_anyway = second_look(observation, Purpose::TryStarttls).is_some_and(handshake_done);
    let marks = observation.probe().and_then(|probe| probe.conversation.marks_of_inspection());
    let (state, finding) = match (works_anyway, marks) {
        (true, Some(marks)) => (State::StarttlsStripped, stripped(command, marks)),
        _ if greeted_as_logged_in(observation) => (State::StarttlsNotOffered, not_asked_for(command)),
        _ => (State::StarttlsNotOffered, missing(observation, command)),
    };
    Diagnosis::stopped(state, Stage::Starttls, finding)
}

/// A session that is logged in from the start cannot be upgraded (RFC 9051, section 6.2.1), so nobody asked.
fn not_asked_for(command: &str) -> Finding {
    Finding::error(
        FindingId::StarttlsNotOffered,
        format!(
            "The session is logged in from the start (PREAUTH), where the standard allows no {command}. It was not asked \
             for, and everything would be sent unencrypted."
        ),
    )
    .hint(FindingId::ImapPreauth.entry().advice)
}

fn greeted_as_logged_in(observation: &Observation) -> bool {
    let greeting = observation.probe().and_then(|probe| probe.conversation.greeting.as_ref());
    greeting.is_some_and(|greeting| greeting.word == "PREAUTH")
}

fn missing(observation: &Observation, command: &str) -> Finding {
    let offered = observation.probe().and_then(|probe| probe.conversation.plaintext.as_ref());
    let evidence =
        offered.filter(|list| !list.keywords.is_empty()).map(|list| format!("offered: {}", list.keywords.join(", ")));
    let hint = if observation.endpoint.service.tls_is_opportunistic() {
        "Mail still gets through, unencrypted. To protect it, enable TLS on the server."
    } else {
        "Enable TLS on the server: it needs a certificate and the setting that offers it."
    };
    let message = format!("The server does not offer {command}: {}.", Exposed::of(observation).words());
    Finding::error(FindingId::StarttlsNotOffered, message).evidence(evidence).hint(hint)
}

fn stripped(command: &str, marks: String) -> Finding {
    Finding::error(
        FindingId::StarttlsStripped,
        format!("The offer of {command} is removed on the path: the list is garbled, but the server accepts {command} anyway."),
    )
    .evidence(marks)
    .hint("Ask whoever runs this network, or the firewall in front of the server, to turn off SMTP inspection (Cisco: `inspect esmtp`).")
}

/// The server offered the upgrade and then refused it.
pub(super) fn refused(observation: &Observation, reply: &Reply) -> Diagnosis {
    if refusal::is_about_the_connection(reply) {
        // Too many connections: that says nothing about TLS.
        return refusal::answered(observation, reply, Stage::Starttls);
    }
    let command = command(observation);
    let for_now = if refusal::is_temporary(reply) { " for now" } else { "" };
    let finding = Finding::error(
        FindingId::StarttlsRefused,
        format!("The server offers {command} but refuses it{for_now} when asked."),
    )
    .evidence(reply.lines.join("\n"))
    .advised();
    Diagnosis::stopped(State::StarttlsRefused, Stage::Starttls, finding)
}

/// Plaintext stood between the reply to the upgrade and the handshake.
pub(super) fn plaintext_before_tls(observation: &Observation, bytes: &[u8]) -> Diagnosis {
    if is_one_surplus_line(observation, bytes) {
        return surplus_line(bytes);
    }
    // CVE-2011-0411.
    let finding = Finding::usual(FindingId::StarttlsInjection, Severity::Error)
        .evidence(String::from_utf8_lossy(bytes).trim_end().to_owned());
    Diagnosis::stopped(State::StarttlsInjection, Stage::Starttls, finding)
}

/// With POP3 a single line answers nothing that is asked first inside TLS (CAPA wants a list): the server said a line
/// too many, then or before.
fn is_one_surplus_line(observation: &Observation, bytes: &[u8]) -> bool {
    observation.endpoint.service.protocol() == Protocol::Pop3
        && bytes.strip_suffix(b"\n").is_some_and(|line| !line.contains(&b'\n'))
}

fn surplus_line(bytes: &[u8]) -> Diagnosis {
    let finding = Finding::error(
        FindingId::ProtocolError,
        "The server sent a line too many before TLS, so that its replies no longer fit what is asked. mailprobe broke off: \
         where TLS is to begin, nothing may come in the clear.",
    )
    .evidence(String::from_utf8_lossy(bytes).trim_end().to_owned())
    .hint("Update the server, or look for a device on the path that answers beside it.");
    Diagnosis::stopped(State::ProtocolError, Stage::Starttls, finding)
}

/// What the dialogue before TLS shows where it did not stop the check.
pub(super) fn remarks(observation: &Observation, probe: &Attempt) -> Vec<Finding> {
    let rules = [suspected_inspection, unlisted, preauth];
    rules.into_iter().filter_map(|rule| rule(observation, probe)).collect()
}

fn suspected_inspection(observation: &Observation, probe: &Attempt) -> Option<Finding> {
    let marks = probe.conversation.marks_of_inspection()?;
    if second_look(observation, Purpose::TryStarttls).is_some_and(handshake_done) {
        return None; // `not_offered` says more.
    }
    Some(Finding::usual(FindingId::InspectionDeviceSuspected, Severity::Warning).evidence(marks))
}

/// The server does not know the question for its capabilities.
fn unlisted(observation: &Observation, probe: &Attempt) -> Option<Finding> {
    let conversation = &probe.conversation;
    let lists = [conversation.plaintext.as_ref(), conversation.secured.as_ref()];
    if !lists.into_iter().flatten().any(|list| !list.listed) {
        return None;
    }
    match observation.endpoint.service.protocol() {
        Protocol::Smtp => Some(Finding::usual(FindingId::EhloNotSupported, Severity::Info)),
        Protocol::Pop3 => {
            let message = "The server does not support CAPA, so what it offers was determined by trying.";
            Some(Finding::info(FindingId::CapaNotSupported, message).advised())
        }
        Protocol::Imap => None,
    }
}

fn preauth(observation: &Observation, probe: &Attempt) -> Option<Finding> {
    let greeting = probe.conversation.greeting.as_ref()?;
    if observation.endpoint.service.protocol() != Protocol::Imap || !greeting.word.eq_ignore_ascii_case("PREAUTH") {
        return None;
    }
    let message = if observation.endpoint.security == Security::StartTls {
        "The server greets with PREAUTH: the session is already logged in, and TLS can no longer be requested."
    } else {
        "The server greets with PREAUTH: the session is logged in without a password."
    };
    Some(Finding::warning(FindingId::ImapPreauth, message).evidence(greeting.lines.join("\n")).advised())
}

/// The protocol's own word for the upgrade.
fn command(observation: &Observation) -> &'static str {
    if observation.endpoint.service.protocol() == Protocol::Pop3 { "STLS" } else { "STARTTLS" }
}
