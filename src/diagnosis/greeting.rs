//! The greeting and the replies after it: missing, late, cut off, or of another protocol.

use std::time::Duration;

use super::shape::{self, Shape};
use super::{
    Diagnosis, Finding, FindingId, Severity, State, first_line, heard, patience, second_look, seconds, tls, waiting_for,
};
use crate::observation::{Attempt, Cause, Limit, Observation, Purpose, Stage, StageOutcome};
use crate::service::{Protocol, Role, Security};

/// A greeting slower than this is told: people notice it, and some mail programs give up after 10 s.
const SLOW_GREETING: Duration = Duration::from_secs(3);

/// A time limit was met after the connection was made, outside the handshake.
pub(super) fn timed_out(observation: &Observation, probe: &Attempt, limit: Limit, stage: Stage) -> Diagnosis {
    if probe.conversation.greeting.is_some() {
        return reply_timeout(probe, limit, stage);
    }
    // Inside TLS the first bytes are the handshake's and say nothing about the greeting.
    let secured = observation.endpoint.security == Security::Implicit;
    let spoke = if secured { super::handshake_done(probe) && server_line(probe).is_some() } else { heard(probe) };
    if !spoke {
        return offered_tls_text(observation, stage).unwrap_or_else(|| no_greeting(probe, stage));
    }
    if !secured && let Some(other) = shape::shape_of(&probe.first_bytes).filter(|shape| is_foreign(observation, *shape))
    {
        return wrong_protocol(observation, other, stage, first_line(&probe.first_bytes));
    }
    let evidence = server_line(probe).or_else(|| first_line(&probe.first_bytes));
    Diagnosis::stopped(
        State::GreetingTooSlow,
        stage,
        Finding::error(
            FindingId::GreetingTooSlow,
            "The server began to greet and did not finish within the limit. Some servers slow strangers down on purpose.",
        )
        .evidence(evidence)
        .hint(format!("{} If it stays so, ask whoever runs the server.", patience(limit))),
    )
}

/// A silent port that answered a TLS hello with text of another protocol: a web server waits for its client to speak.
fn offered_tls_text(observation: &Observation, stage: Stage) -> Option<Diagnosis> {
    let look = second_look(observation, Purpose::OfferTls)?;
    match shape::shape_of(&look.first_bytes)? {
        Shape::Http => Some(wrong_protocol(observation, Shape::Http, stage, first_line(&look.first_bytes))),
        _ => None,
    }
}

/// Accepted, then silence.
pub(super) fn no_greeting(probe: &Attempt, stage: Stage) -> Diagnosis {
    let waited = probe.stages.iter().find(|record| record.stage == stage).map(|record| record.duration);
    let message = if stage == Stage::Tls {
        "The connection was accepted, then nothing came: no answer to the TLS hello."
    } else {
        "The connection was accepted, then nothing came: no greeting."
    };
    let finding = Finding::error(FindingId::NoGreeting, message)
        .evidence(waited.map(|time| format!("nothing received within {}", seconds(time))))
        .hint(
            "The service may hang or be overloaded, a proxy accepts for a server that is down, or the server waits for a proxy's PROXY \
             header. Check the service on the host, or try from another network.",
        );
    Diagnosis::stopped(State::NoGreeting, stage, finding)
}

fn reply_timeout(probe: &Attempt, limit: Limit, stage: Stage) -> Diagnosis {
    let finding = Finding::error(
        FindingId::ReplyTimeout,
        format!(
            "The server greeted, then stopped answering: the limit was met while waiting for {}.",
            waiting_for(stage)
        ),
    )
    .evidence(server_line(probe).map(|line| format!("last said: {line}")))
    .hint(format!(
        "{} If it stays so, look at the server's log, or for a device in between that holds replies back.",
        patience(limit)
    ));
    Diagnosis::stopped(State::ReplyTimeout, stage, finding)
}

/// The connection ended where a reply was due.
pub(super) fn ended(observation: &Observation, probe: &Attempt, cause: &Cause, stage: Stage) -> Diagnosis {
    if stage == Stage::Tls {
        return tls::ended(observation, probe, cause, stage);
    }
    let greeted = probe.conversation.greeting.is_some();
    if !greeted {
        if !heard(probe)
            && let Some(diagnosis) = offered_tls_text(observation, stage)
        {
            return diagnosis;
        }
        let secured = observation.endpoint.security == Security::Implicit;
        if !secured
            && let Some(other) = shape::shape_of(&probe.first_bytes).filter(|shape| is_foreign(observation, *shape))
        {
            return wrong_protocol(observation, other, stage, first_line(&probe.first_bytes));
        }
    }
    let finding = interruption(cause, stage);
    let finding = match cause {
        Cause::Broken(words) => finding.evidence(words.clone()),
        _ => finding.evidence(server_line(probe).map(|line| format!("last said: {line}"))),
    };
    let state = if *cause == Cause::Reset { State::ConnectionReset } else { State::ConnectionClosed };
    Diagnosis::stopped(state, stage, finding.hint(ended_hint(stage)))
}

/// The finding of a connection that ended at `stage`, without evidence and hint.
pub(super) fn interruption(cause: &Cause, stage: Stage) -> Finding {
    let awaited = waiting_for(stage);
    match cause {
        Cause::Reset => Finding::error(
            FindingId::ConnectionReset,
            format!("The connection was reset in the middle, while waiting for {awaited}."),
        ),
        Cause::Broken(_) => Finding::error(
            FindingId::ConnectionClosed,
            format!("The connection broke in the middle, while waiting for {awaited}."),
        ),
        _ => Finding::error(
            FindingId::ConnectionClosed,
            format!("The server closed the connection in the middle, while waiting for {awaited}."),
        ),
    }
}

fn ended_hint(stage: Stage) -> &'static str {
    match stage {
        Stage::Greeting => {
            "The server, or a device in front of it, may not want this address. Look at the server's log, or try from another network."
        }
        Stage::SecuredCapabilities => {
            "TLS works, so look behind it: the server's log at this moment, and its login back end."
        }
        _ => "Look at the server's log at this moment. If it shows nothing, a device in between cuts the connection.",
    }
}

/// More came than any honest server sends.
pub(super) fn flooded(stage: Stage) -> Diagnosis {
    let finding = Finding::error(
        FindingId::ProtocolError,
        format!("The server sent more than any honest server does, while waiting for {}.", waiting_for(stage)),
    )
    .hint("Look at what the server sends there, with --transcript. It is probably not a mail server, or a broken one.");
    Diagnosis::stopped(State::ProtocolError, stage, finding)
}

/// The first line is no greeting of this protocol.
pub(super) fn foreign(observation: &Observation, probe: &Attempt, line: &str, stage: Stage) -> Diagnosis {
    let by_line = shape::shape_of(line.as_bytes());
    // Inside TLS the first bytes are not the line.
    let shape = if observation.endpoint.security == Security::Implicit || probe.tls.is_some() {
        by_line
    } else {
        shape::shape_of(&probe.first_bytes).or(by_line)
    };
    match shape {
        Some(shape) if is_foreign(observation, shape) => {
            wrong_protocol(observation, shape, stage, Some(line.to_owned()))
        }
        _ => protocol_error(line, stage, "The first line is no greeting that the protocol knows."),
    }
}

/// A later line has not the shape of a reply.
pub(super) fn malformed(observation: &Observation, line: &str, stage: Stage) -> Diagnosis {
    match shape::shape_of(line.as_bytes()) {
        Some(shape @ (Shape::Http | Shape::Tls)) => wrong_protocol(observation, shape, stage, Some(line.to_owned())),
        _ if belongs_elsewhere(observation, line) => Diagnosis::stopped(State::ProtocolError, stage, out_of_step(line)),
        _ => protocol_error(line, stage, "The server sent a line that does not fit into a reply of the protocol."),
    }
}

/// Whether a line is a reply for itself, only not one to what was asked.
fn belongs_elsewhere(observation: &Observation, line: &str) -> bool {
    match observation.endpoint.service.protocol() {
        Protocol::Smtp => line
            .split(['-', ' '])
            .next()
            .is_some_and(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit())),
        // The first word of a PROXY header, taken for a tag.
        Protocol::Imap => line.starts_with("PROXY "),
        Protocol::Pop3 => false,
    }
}

fn out_of_step(line: &str) -> Finding {
    Finding::error(FindingId::ProtocolError, "The server sent a reply that does not belong to what was asked.")
        .evidence(line.to_owned())
        .hint(
            "Perhaps something speaks to the server before its visitors can, such as a proxy that sends a PROXY header to a server that \
             expects none. Turn the header on at both ends, or at none.",
        )
}

fn protocol_error(line: &str, stage: Stage, message: &str) -> Diagnosis {
    let finding = Finding::error(FindingId::ProtocolError, message)
        .evidence(line.to_owned())
        .hint("Check which service listens on this port. If it is the right one, a device in between may garble it.");
    Diagnosis::stopped(State::ProtocolError, stage, finding)
}

/// Another protocol is spoken, and its shape names it.
pub(super) fn wrong_protocol(
    observation: &Observation,
    shape: Shape,
    stage: Stage,
    evidence: Option<String>,
) -> Diagnosis {
    let expected = protocol_name(observation.endpoint.service.protocol());
    let evidence = binary_start(observation, shape).or(evidence);
    let finding =
        Finding::error(FindingId::WrongProtocol, format!("Not {expected}: the server speaks {}.", shape.name()))
            .evidence(evidence.clone())
            .hint(wrong_protocol_hint(observation, shape));
    let mut diagnosis = Diagnosis::stopped(State::WrongProtocol, stage, finding);
    if shape == Shape::Http && evidence.as_deref().is_some_and(redirects_or_asks_for_login) {
        diagnosis.findings.push(
            Finding::warning(
                FindingId::CaptivePortalSuspected,
                "Probably a captive portal of this network answers in the server's place.",
            )
            .evidence(evidence)
            .hint("Open a web page in a browser, log in to the network, then try again."),
        );
    }
    diagnosis
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

fn wrong_protocol_hint(observation: &Observation, shape: Shape) -> String {
    let host = &observation.endpoint.host;
    let port = observation.endpoint.port;
    let scheme = match shape {
        Shape::Smtp => "smtp",
        Shape::Imap => "imap",
        Shape::Pop3 => "pop3",
        _ => return "Check that the port is right, and which program listens there.".to_owned(),
    };
    if observation.endpoint.security == Security::Implicit
        && observation.probe().is_some_and(|probe| probe.tls.is_some())
    {
        return format!("Check the port. To probe what is there: {scheme}s://{}", authority(host, port));
    }
    format!("Check the port. To probe what is there: {scheme}://{}", authority(host, port))
}

/// `host:port` as a URL has it: an IPv6 address in brackets.
pub(super) fn authority(host: &crate::target::Host, port: u16) -> String {
    match host {
        crate::target::Host::Address(address) => std::net::SocketAddr::new(*address, port).to_string(),
        crate::target::Host::Name(name) => format!("{name}:{port}"),
    }
}

/// Whether the shape is known and not the protocol that was expected.
pub(super) fn is_foreign(observation: &Observation, shape: Shape) -> bool {
    let own = match observation.endpoint.service.protocol() {
        Protocol::Smtp => Shape::Smtp,
        Protocol::Imap => Shape::Imap,
        Protocol::Pop3 => Shape::Pop3,
    };
    !matches!(shape, Shape::Text | Shape::Tls) && shape != own
}

pub(super) const fn protocol_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Smtp => "SMTP",
        Protocol::Imap => "IMAP",
        Protocol::Pop3 => "POP3",
    }
}

/// What the greeting shows where it did not stop the check.
pub(super) fn remarks(observation: &Observation, probe: &Attempt) -> Option<Finding> {
    let greeting = probe.stages.iter().find(|record| record.stage == Stage::Greeting)?;
    if greeting.outcome != StageOutcome::Ok || greeting.duration <= SLOW_GREETING {
        return None;
    }
    let time = seconds(greeting.duration);
    // Between servers a delay is a usual guard against spammers; a mail program's user waits for it.
    let relay = observation.endpoint.service.role() == Role::Relay;
    let mut finding = Finding::warning(FindingId::SlowGreeting, format!("The greeting took {time}.")).hint(
        "Look at what the server does before it greets: a name lookup, a blocklist, or a login back end that is down.",
    );
    if relay {
        finding.severity = Severity::Info;
        finding.message = format!("The greeting took {time}. Servers often delay it on purpose, against spammers.");
        finding.hint = None;
    }
    Some(finding)
}

fn server_line(probe: &Attempt) -> Option<String> {
    let last = probe.transcript.iter().rev().find(|line| line.from == crate::observation::Speaker::Server)?;
    Some(last.text.clone())
}
