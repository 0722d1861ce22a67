//! Findings, and words for them, that several families of rules share.

use std::net::SocketAddr;

use super::finding::{Diagnosis, Finding};
use super::finding_id::FindingId;
use super::seen::time_of;
use super::shape::{self, Shape};
use super::state::State;
use crate::observation::{Attempt, Limit, Observation, Stage, StopCause, handshake_done};
use crate::service::{Protocol, Security, Service};
use crate::target::{Endpoint, Host};
use crate::words::seconds;

/// What patience may bring. Only the limit of the whole endpoint can be raised; that of a stage is already generous.
pub(super) fn patience(limit: Limit) -> &'static str {
    match limit {
        Limit::Endpoint => "Try again with a longer --timeout.",
        Limit::Stage | Limit::Run => "Try again later.",
    }
}

/// A stage inside a sentence: "… while waiting for …".
pub(super) fn waiting_for(stage: Stage) -> &'static str {
    match stage {
        Stage::Resolve => "the addresses",
        Stage::Connect => "the connection",
        Stage::Greeting => "the greeting",
        Stage::Capabilities => "the list of capabilities",
        Stage::Starttls => "the reply to the request for TLS",
        Stage::Tls => "the TLS handshake",
        Stage::SecuredCapabilities => "the list of capabilities inside TLS",
        Stage::Login => "the answer to the login",
        Stage::Envelope => "the answer to the sender or the recipient",
        Stage::Quit => "the closing reply",
    }
}

pub(super) fn local_error() -> Finding {
    Finding::error(
        FindingId::LocalError,
        "This machine could not run the check: it is out of file descriptors, ports or memory. This says nothing \
         about the server.",
    )
    .advised()
}

/// Accepted, then silence.
pub(super) fn no_greeting(probe: &Attempt, stage: Stage) -> Diagnosis {
    let missing = if stage == Stage::Tls { "no answer to the TLS ClientHello" } else { "no greeting" };
    let (what, since) = if handshake_done(probe) {
        ("The TLS handshake worked", " after the TLS handshake")
    } else {
        ("The connection was accepted", "")
    };
    let finding =
        Finding::error(FindingId::NoGreeting, format!("{what}, then there was silence: {missing}."))
    .evidence(time_of(probe, stage).map(|time| format!("nothing received within {}{since}", seconds(time))))
    .hint(
        "The service may be hung or overloaded, a proxy may accept for a server that is down, or the server may wait \
         for a PROXY header. Check the service on the host, or try from another network.",
    );
    Diagnosis::stopped(State::NoGreeting, stage, finding)
}

/// The connection ended at `stage`, where more was due.
pub(super) fn interrupted(cause: &StopCause, stage: Stage) -> (State, Finding) {
    let (state, id, what) = match cause {
        StopCause::Reset => (State::ConnectionReset, FindingId::ConnectionReset, "The connection was reset"),
        StopCause::Broken(_) => (State::ConnectionClosed, FindingId::ConnectionClosed, "The connection broke"),
        _ => (State::ConnectionClosed, FindingId::ConnectionClosed, "The server closed the connection"),
    };
    let message = format!("{what} while mailprobe was waiting for {}.", waiting_for(stage));
    (state, Finding::error(id, message))
}

/// The TLS handshake fails and works, and nothing that was done differently explains it.
pub(super) fn intermittent() -> Finding {
    Finding::error(
        FindingId::TlsHandshakeFailed,
        "The TLS handshake is intermittent: it failed on one connection and worked on another made in the same way.",
    )
    .hint("Look for several servers behind one address, one of them broken, and for connection limits.")
}

/// Another protocol is spoken, and its shape names it.
pub(super) fn wrong_protocol(
    observation: &Observation,
    shape: Shape,
    stage: Stage,
    evidence: Option<String>,
) -> Diagnosis {
    let expected = expected_shape(observation).name();
    let evidence = binary_start(observation, shape).or(evidence);
    let finding =
        Finding::error(FindingId::WrongProtocol, format!("Not {expected}: the server speaks {}.", shape.name()))
            .evidence(evidence.clone());
    if shape == Shape::Http
        && evidence.as_deref().is_some_and(redirects_or_asks_for_login)
        && may_be_a_portal(observation)
    {
        // What to check at the server comes after that. Both have the same advice, so that it is given once.
        let hint = "Open a web page in a browser, log in to the network if it asks for that, then try again. If it asks \
                    for nothing, check that the port is right, and which program listens there.";
        let message =
            format!("Not {expected}: a web server (HTTP) answers, not necessarily the server that was asked for.");
        let finding = Finding::error(FindingId::WrongProtocol, message).evidence(evidence.clone()).hint(hint);
        let mut diagnosis = Diagnosis::stopped(State::WrongProtocol, stage, finding);
        diagnosis.findings.push(captive_portal("").evidence(evidence).hint(hint));
        return diagnosis;
    }
    Diagnosis::stopped(State::WrongProtocol, stage, finding.hint(wrong_protocol_hint(observation, shape)))
}

/// The ports on which a web server is at home, where nearly every one redirects to HTTPS.
const WEB_PORTS: [u16; 6] = [80, 443, 8000, 8008, 8080, 8443];

/// Not where a web server is to be expected, nor where a certificate shows who it is.
fn may_be_a_portal(observation: &Observation) -> bool {
    let is_verified =
        |probe: &Attempt| probe.tls.as_ref().is_some_and(|tls| tls.certificate.is_some() && tls.faults.is_empty());
    !WEB_PORTS.contains(&observation.endpoint.port) && !observation.probe().is_some_and(is_verified)
}

/// Probably a captive portal; `why` is what shows it.
pub(super) fn captive_portal(why: &str) -> Finding {
    let message = format!("Probably a captive portal on this network answers instead of the server{why}.");
    Finding::warning(FindingId::CaptivePortalSuspected, message).advised()
}

/// How many bytes of a binary protocol are shown: enough to look it up.
const MAX_BINARY_BYTES: usize = 16;

/// The first bytes of a binary protocol, as numbers: as text they say nothing.
fn binary_start(observation: &Observation, shape: Shape) -> Option<String> {
    let bytes = &observation.probe()?.first_bytes;
    if shape != Shape::Binary || shape::shape_of(bytes) != Some(Shape::Binary) {
        return None;
    }
    let numbers: Vec<String> = bytes.iter().take(MAX_BINARY_BYTES).map(|byte| format!("{byte:02x}")).collect();
    Some(format!("first bytes, in hexadecimal: {}", numbers.join(" ")))
}

/// A web server sends strangers elsewhere (3xx) or says that the network wants a login (RFC 6585: 511).
fn redirects_or_asks_for_login(status_line: &str) -> bool {
    let code = status_line.split(' ').nth(1).unwrap_or_default();
    matches!(code, "301" | "302" | "303" | "307" | "308" | "511")
}

/// A web server inside the TLS of a mail port.
pub(super) const ROUTE_TO_MAIL: &str = "Probably a proxy or load balancer routes this port to its web side (HTTPS). Route it to the mail server, or check which program listens there.";

fn wrong_protocol_hint(observation: &Observation, shape: Shape) -> String {
    let endpoint = &observation.endpoint;
    let secured =
        endpoint.security == Security::Implicit && observation.probe().is_some_and(|probe| probe.tls.is_some());
    if shape == Shape::Http && secured {
        return ROUTE_TO_MAIL.to_owned();
    }
    if !matches!(shape, Shape::Smtp | Shape::Imap | Shape::Pop3) {
        return FindingId::WrongProtocol.entry().advice.to_owned();
    }
    let scheme = shape.name().to_ascii_lowercase();
    let s = if secured { "s" } else { "" };
    format!("Check the port. To probe what is there: {scheme}{s}://{}", authority(endpoint))
}

/// Whether the shape is known and not the protocol that was expected.
pub(super) fn is_foreign(observation: &Observation, shape: Shape) -> bool {
    !matches!(shape, Shape::Text | Shape::Tls) && shape != expected_shape(observation)
}

fn expected_shape(observation: &Observation) -> Shape {
    match observation.endpoint.service.protocol() {
        Protocol::Smtp => Shape::Smtp,
        Protocol::Imap => Shape::Imap,
        Protocol::Pop3 => Shape::Pop3,
    }
}

/// A URL of the endpoint with another security, as mailprobe understands it.
pub(super) fn url_with(endpoint: &Endpoint, security: Security) -> String {
    let scheme = match (endpoint.service, security) {
        (Service::Smtp, Security::Implicit) => Service::Submissions,
        (service, _) => Service::of(service.protocol(), service.role(), security),
    };
    format!("{scheme}://{}", authority(endpoint))
}

/// `host:port` as a URL has it: an IPv6 address in brackets.
fn authority(endpoint: &Endpoint) -> String {
    match &endpoint.host {
        Host::Address(address) => SocketAddr::new(*address, endpoint.port).to_string(),
        Host::Name(name) => format!("{name}:{}", endpoint.port),
    }
}

/// A server that takes only clients with a certificate.
pub(super) const WANTS_CERTIFICATE: &str = "The server requires a client certificate, and mailprobe has none.";
pub(super) const ASK_FOR_ANOTHER_PORT: &str =
    "This port is for clients with a certificate. Ask whoever runs the server which port is for others.";
