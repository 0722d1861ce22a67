//! The server answered with a refusal: for good or for now, and about what. The text is read before the codes, because
//! the same code stands for quite different things.

use std::net::IpAddr;

use super::blocklists::known_list;
use super::finding::{Diagnosis, Finding, Severity};
use super::finding_id::FindingId;
use super::findings::{ASK_FOR_ANOTHER_PORT, WANTS_CERTIFICATE, wrong_protocol};
use super::greeting;
use super::phrases::{BLOCKLIST, OUR_ADDRESS, RATE, REPUTATION, REVERSE_NAME, TEMPORARY, has_any, readable};
use super::shape::{self, Shape};
use super::state::State;
use crate::observation::{Attempt, Observation, Stage};
use crate::protocol::{Reply, Status};
use crate::service::{Protocol, Role, Security, Service};
use crate::target::{Endpoint, Host};

/// Judges a refusal of the greeting or of the capabilities.
pub(super) fn rejected(observation: &Observation, probe: &Attempt, reply: &Reply, stage: Stage) -> Diagnosis {
    if let Some(other) = other_protocol_with_a_code(observation, probe, reply, stage) {
        return wrong_protocol(observation, other, stage, first_greeting_line(probe));
    }
    if reply.word == "BAD" && !is_about_the_connection(reply) {
        return greeting::not_understood(reply, stage);
    }
    answered(observation, reply, stage)
}

/// Judges a refusal by what it says alone.
pub(super) fn answered(observation: &Observation, reply: &Reply, stage: Stage) -> Diagnosis {
    let (state, endpoint) = (state_of(reply), &observation.endpoint);
    let finding = wants_tls_first(endpoint, reply, state)
        .unwrap_or_else(|| explain(endpoint.service.protocol(), reply, state, stage));
    Diagnosis::stopped(state, stage, finding.evidence(reply.lines.join("\n")))
}

/// A refusal of connections that do not begin with TLS, where there is a port for those that do.
fn wants_tls_first(endpoint: &Endpoint, reply: &Reply, state: State) -> Option<Finding> {
    let service = endpoint.service;
    let text = readable(reply);
    if endpoint.security == Security::Implicit
        || service.role() == Role::Relay
        || !has_any(&text, TLS_FIRST)
        || has_any(&text, &["starttls", "stls"])
    {
        return None;
    }
    let secured = Service::of(service.protocol(), service.role(), Security::Implicit);
    let id =
        if state == State::ServiceUnavailable { FindingId::ServiceUnavailable } else { FindingId::ServiceRejected };
    let message = format!(
        "The server refuses connections here that do not begin with TLS. The port for those that do is {}.",
        secured.port()
    );
    let host = &endpoint.host;
    Some(Finding::error(id, message).hint(format!(
        "Set mail programs to SSL/TLS and port {}. To probe that: {secured}://{}",
        secured.port(),
        if let Host::Address(IpAddr::V6(address)) = host { format!("[{address}]") } else { host.to_string() },
    )))
}

/// The finding that an SMTP server's refusal of the client becomes, or of its name.
pub(super) fn finding_of(reply: &Reply) -> FindingId {
    explain(Protocol::Smtp, reply, state_of(reply), Stage::Capabilities).id
}

/// The findings that only the words of a refusal tell apart.
pub(super) const TOLD_BY_WORDS: [FindingId; 6] = [
    FindingId::AddressBlocklisted,
    FindingId::PoorReputation,
    FindingId::AddressRefused,
    FindingId::NoReverseName,
    FindingId::RateLimited,
    FindingId::NoMailService,
];

fn state_of(reply: &Reply) -> State {
    if is_temporary(reply) { State::ServiceUnavailable } else { State::ServiceRejected }
}

/// Whether the refusal ends the connection whatever was asked: 421, or too many connections.
pub(super) fn is_about_the_connection(reply: &Reply) -> bool {
    reply.word == "421" || has_any(&readable(reply), RATE)
}

/// Whether the refusal is for now: by its status, or by its words where the code says "for good".
pub(super) fn is_temporary(reply: &Reply) -> bool {
    reply.status == Status::Temporary || reply.word == "421" || has_any(&readable(reply), TEMPORARY)
}

/// FTP and LMTP greet with `220` as SMTP does; that they refuse EHLO tells them apart, and with FTP, where its greeting
/// does not, how they do it.
fn other_protocol_with_a_code(
    observation: &Observation,
    probe: &Attempt,
    reply: &Reply,
    stage: Stage,
) -> Option<Shape> {
    let greeted_as_smtp = observation.endpoint.service.protocol() == Protocol::Smtp
        && matches!(stage, Stage::Capabilities | Stage::SecuredCapabilities);
    if !greeted_as_smtp {
        return None;
    }
    let line = first_greeting_line(probe)?;
    if reply.word == "530" && has_any(&readable(reply), FTP_LOGIN) && !shape::names_smtp(&line) {
        return Some(Shape::Ftp);
    }
    Some(shape::text_shape(&line)).filter(|shape| matches!(shape, Shape::Ftp | Shape::Lmtp | Shape::Nntp))
}

fn first_greeting_line(probe: &Attempt) -> Option<String> {
    probe.conversation.greeting.as_ref()?.lines.first().cloned()
}

fn explain(protocol: Protocol, reply: &Reply, state: State, stage: Stage) -> Finding {
    let text = readable(reply);
    let smtp = protocol == Protocol::Smtp;
    if has_any(&text, BLOCKLIST) {
        return blocklisted(reply);
    }
    if has_any(&text, REPUTATION) {
        return Finding::usual(FindingId::PoorReputation, Severity::Error);
    }
    if has_any(&text, REVERSE_NAME) {
        return Finding::error(
            FindingId::NoReverseName,
            "The server refuses this machine's public address because it has no proper reverse DNS name (PTR). The \
             problem is your address, not the port.",
        )
        .advised();
    }
    if has_any(&text, RATE) {
        return Finding::error(
            FindingId::RateLimited,
            "The server refuses for now: too many connections. What else it offers is not known.",
        )
        .advised();
    }
    if state == State::ServiceRejected && has_any(&text, OUR_ADDRESS) {
        return Finding::usual(FindingId::AddressRefused, Severity::Error);
    }
    if smtp && (has_any(&text, NO_MAIL) || reply.word == "521" && state == State::ServiceRejected) {
        return Finding::usual(FindingId::NoMailService, Severity::Error);
    }
    if smtp && matches!(stage, Stage::Capabilities | Stage::SecuredCapabilities) && is_about_the_name(reply, &text) {
        return Finding::usual(FindingId::HeloRefused, Severity::Error);
    }
    if has_any(&text, CLIENT_CERTIFICATE) {
        let temporary = state == State::ServiceUnavailable;
        let id = if temporary { FindingId::ServiceUnavailable } else { FindingId::ServiceRejected };
        return Finding::error(id, WANTS_CERTIFICATE).hint(ASK_FOR_ANOTHER_PORT);
    }
    if state == State::ServiceUnavailable {
        let finding = Finding::error(FindingId::ServiceUnavailable, "The server answers but refuses service for now.");
        return finding.hint(if reply.word == "521" {
            // A permanent code with words of a temporary trouble.
            "Postfix replies like this to addresses on its own deny list or on a blocklist. Ask whoever runs the \
             server, and tell them your public address."
        } else {
            "Try again later. If it persists, ask whoever runs the server what the reply means."
        });
    }
    Finding::error(FindingId::ServiceRejected, "The server answers but refuses service permanently.")
        .hint("If anything says why, it is the reply. Ask whoever runs the server, and tell them your public address.")
}

/// The server's words are evidence. Its web address is not repeated in advice of ours: whoever runs the server may lead
/// people anywhere, to lists that take money for instance.
pub(super) fn blocklisted(reply: &Reply) -> Finding {
    let list = known_list(&reply.text).map_or_else(String::new, |list| format!(" ({list})"));
    let hint = if names_page(reply) {
        "Look up your public address on the page that the reply names, and request removal from the list itself. Serious \
         lists take no money for that."
    } else if names_list(reply) {
        "Look up your public address on the list that the reply names, and request removal there."
    } else {
        "Ask whoever runs the server which list it uses, and tell them your public address. Request removal from the list \
         itself."
    };
    Finding::error(
        FindingId::AddressBlocklisted,
        format!(
            "The server refuses this machine's public address because it is on a blocklist{list}. The problem is your \
             address, not the port."
        ),
    )
    .hint(hint)
}

fn names_page(reply: &Reply) -> bool {
    let text = reply.text.to_ascii_lowercase();
    ["https://", "http://", "www."].iter().any(|start| text.contains(start))
}

/// Whether a host name stands after "using", "by", "at", "in" or "on": a list's, most likely.
fn names_list(reply: &Reply) -> bool {
    let mut after_preposition = false;
    reply.text.split_whitespace().any(|word| {
        let name = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_list = after_preposition && is_list_name(name);
        after_preposition =
            ["using", "by", "at", "in", "on", "via"].iter().any(|preposition| word.eq_ignore_ascii_case(preposition));
        is_list
    })
}

fn is_list_name(word: &str) -> bool {
    let top = word.rsplit('.').next().unwrap_or_default();
    shape::is_host_name(word) && top.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// A refusal of EHLO or HELO that is about its argument.
fn is_about_the_name(reply: &Reply, text: &str) -> bool {
    matches!(reply.word.as_str(), "501" | "504") || has_any(text, HELLO_NAME)
}

/// Words to the effect of "TLS from the start".
const TLS_FIRST: &[&str] = &[
    "must use ssl",
    "must use tls",
    "must use ssl/tls",
    "use ssl",
    "use ssl/tls",
    "ssl required",
    "tls required",
    "ssl is required",
    "tls is required",
    "requires ssl",
    "requires tls",
    "require ssl",
    "only ssl",
    "ssl only",
];
/// How FTP servers answer whoever has not logged in (RFC 959: 530).
const FTP_LOGIN: &[&str] = &["user and pass", "login with user", "log in with user", "aren't logged in"];
const CLIENT_CERTIFICATE: &[&str] = &["client certificate"];
const NO_MAIL: &[&str] = &[
    "does not accept mail",
    "do not accept mail",
    "not accept any mail",
    "no smtp service",
    "no mail service",
    "no mail here",
    "does not accept email",
    "does not receive mail",
];
const HELLO_NAME: &[&str] = &["helo", "ehlo", "fqdn", "fully-qualified", "fully qualified", "hostname", "host name"];
