//! The greeting and the replies after it: missing, late, cut off, or of another protocol.

use std::time::Duration;

use super::finding::{Diagnosis, Finding, Severity};
use super::finding_id::FindingId;
use super::findings::{interrupted, is_foreign, no_greeting, patience, waiting_for, wrong_protocol};
use super::seen::{first_line, heard, looks_for, server_line, time_of};
use super::shape::{self, Shape};
use super::state::State;
use crate::observation::{Attempt, Limit, Observation, Purpose, Stage, StageOutcome, StopCause, handshake_done};
use crate::protocol::{Conversation, Reply, Stop};
use crate::service::{Protocol, Role, Security};
use crate::words::{distinct, seconds};

/// A greeting slower than this is told: people notice it, and some mail programs give up after 10 s.
const SLOW_GREETING: Duration = Duration::from_secs(3);

/// A time limit was met after the connection was made, outside the handshake.
pub(super) fn timed_out(observation: &Observation, probe: &Attempt, limit: Limit, stage: Stage) -> Diagnosis {
    if probe.conversation.greeting.is_some() {
        return reply_timeout(probe, limit, stage);
    }
    // Inside TLS the first bytes are the handshake's and say nothing about the greeting.
    let secured = observation.endpoint.security == Security::Implicit;
    let spoke = if secured { handshake_done(probe) && server_line(probe).is_some() } else { heard(probe) };
    if !spoke {
        return offered_tls_text(observation, stage).unwrap_or_else(|| no_greeting(probe, stage));
    }
    if let Some(diagnosis) = foreign_first_bytes(observation, probe, stage) {
        return diagnosis;
    }
    let evidence = server_line(probe).or_else(|| first_line(&probe.first_bytes));
    Diagnosis::stopped(
        State::GreetingTooSlow,
        stage,
        Finding::error(
            FindingId::GreetingTooSlow,
            "The server began its greeting but did not finish within the limit. Some servers slow down unknown clients on purpose.",
        )
        .evidence(evidence)
        .hint(format!("{} If it persists, ask whoever runs the server.", patience(limit))),
    )
}

/// A silent port that answered a TLS hello with text of another protocol: a web server waits for its client to speak.
pub(super) fn offered_tls_text(observation: &Observation, stage: Stage) -> Option<Diagnosis> {
    let is_web = |look: &&Attempt| shape::shape_of(&look.first_bytes) == Some(Shape::Http);
    let look = looks_for(observation, Purpose::OfferTls).find(is_web)?;
    Some(wrong_protocol(observation, Shape::Http, stage, first_line(&look.first_bytes)))
}

/// The first bytes are another protocol's. Inside TLS they are the handshake's.
fn foreign_first_bytes(observation: &Observation, probe: &Attempt, stage: Stage) -> Option<Diagnosis> {
    if observation.endpoint.security == Security::Implicit {
        return None;
    }
    let shape = shape::shape_of(&probe.first_bytes).filter(|shape| is_foreign(observation, *shape))?;
    Some(wrong_protocol(observation, shape, stage, first_line(&probe.first_bytes)))
}

/// What Dovecot greets with while its login process does not respond.
const WAITS_FOR_LOGIN: &str = "waiting for authentication process";

fn waits_for_login(greeting: &str) -> bool {
    greeting.to_ascii_lowercase().contains(WAITS_FOR_LOGIN)
}

fn reply_timeout(probe: &Attempt, limit: Limit, stage: Stage) -> Diagnosis {
    let greeting = probe.conversation.greeting.as_ref().map(|greeting| greeting.lines.join("\n"));
    if let Some(greeting) = greeting.filter(|words| waits_for_login(words)) {
        let finding = Finding::usual(FindingId::LoginBackendHangs, Severity::Error).evidence(greeting);
        return Diagnosis::stopped(State::ReplyTimeout, stage, finding);
    }
    let finding = Finding::error(
        FindingId::ReplyTimeout,
        format!("The server greeted, then stopped answering: timed out while waiting for {}.", waiting_for(stage)),
    )
    .evidence(server_line(probe).map(|line| format!("last line received: {line}")))
    .hint(format!(
        "{} If it persists, check the server's log, or look for a device on the path that holds back replies.",
        patience(limit)
    ));
    Diagnosis::stopped(State::ReplyTimeout, stage, finding)
}

/// The connection ended where a reply was due.
pub(super) fn ended(observation: &Observation, probe: &Attempt, cause: &StopCause, stage: Stage) -> Diagnosis {
    if probe.conversation.greeting.is_none() {
        let silent = !heard(probe);
        let other = if silent { offered_tls_text(observation, stage) } else { None };
        if let Some(diagnosis) = other.or_else(|| foreign_first_bytes(observation, probe, stage)) {
            return diagnosis;
        }
    }
    let (state, finding) = interrupted(cause, stage);
    let evidence = match cause {
        StopCause::Broken(words) => Some(words.clone()),
        _ => server_line(probe).map(|line| format!("last line received: {line}")),
    };
    Diagnosis::stopped(state, stage, finding.evidence(evidence).hint(ended_hint(probe, stage)))
}

fn ended_hint(probe: &Attempt, stage: Stage) -> &'static str {
    match stage {
        Stage::Greeting | Stage::SecuredCapabilities if handshake_done(probe) => {
            "TLS works, so look further: check the server's log for this time, and its login backend."
        }
        Stage::Greeting => {
            "A proxy or load balancer may have accepted the connection and found no server behind it, or the server may be rejecting this address. Check that the mail service itself runs, then its log and that of the proxy."
        }
        _ => "Check the server's log for this time. If it shows nothing, a device on the path cuts the connection.",
    }
}

/// More came than any honest server sends.
pub(super) fn flooded(stage: Stage) -> Diagnosis {
    let finding = Finding::error(
        FindingId::ProtocolError,
        format!(
            "The server sent more than any real server does, where mailprobe was waiting for {}.",
            waiting_for(stage)
        ),
    )
    .hint("Look at what the server sends there with --transcript. It is probably broken, or not a mail server.");
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
        _ => protocol_error(line, stage, "The first line is not a valid greeting of the protocol."),
    }
}

/// A later line has not the shape of a reply.
pub(super) fn malformed(observation: &Observation, line: &str, stage: Stage) -> Diagnosis {
    match shape::shape_of(line.as_bytes()) {
        Some(shape @ (Shape::Http | Shape::Tls)) => wrong_protocol(observation, shape, stage, Some(line.to_owned())),
        _ if belongs_elsewhere(observation, line) => Diagnosis::stopped(State::ProtocolError, stage, out_of_step(line)),
        _ => protocol_error(line, stage, "The server sent a line that is not a valid reply of the protocol."),
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
    Finding::error(FindingId::ProtocolError, "The server sent a reply that does not match the command.")
        .evidence(line.to_owned())
        .hint(
            "Perhaps something talks to the server before the client does, such as a proxy that sends a PROXY header \
             to a server that expects none. Turn the header on at both ends, or at neither.",
        )
}

/// `BAD` (RFC 9051, section 7.1.3): the server could not read the command, which every server must know. It refuses nobody.
pub(super) fn not_understood(reply: &Reply, stage: Stage) -> Diagnosis {
    let finding = Finding::error(
        FindingId::ProtocolError,
        "The server answers the question for its capabilities with BAD: it could not read the command, which every IMAP \
         server must know.",
    )
    .evidence(reply.lines.join("\n"))
    .hint("Check which program listens on this port. If it is an IMAP server, a device on the path may garble the dialogue.");
    Diagnosis::stopped(State::ProtocolError, stage, finding)
}

fn protocol_error(line: &str, stage: Stage, message: &str) -> Diagnosis {
    let finding = Finding::error(FindingId::ProtocolError, message)
        .evidence(line.to_owned())
        .hint("Check which service listens on this port. If it is the right one, a device on the path may garble it.");
    Diagnosis::stopped(State::ProtocolError, stage, finding)
}

/// What the server says that is meant for people. It is told as its own, and as nothing else.
pub(super) fn notices(observation: &Observation, probe: &Attempt) -> Option<Finding> {
    let Conversation { greeting, notices, stop, .. } = &probe.conversation;
    let stopped_at = probe.stop.as_ref().map(|stop| stop.stage);
    // A refusal is told by what it says.
    let greeting = greeting.as_ref().filter(|_| !matches!(stop, Some(Stop::Rejected(_))));
    let of_greeting = greeting.into_iter().flat_map(|greeting| match observation.endpoint.service.protocol() {
        Protocol::Smtp if greeting.lines.len() > 1 => {
            greeting.text.lines().filter(|line| is_sentence(line) && !is_stock(line)).collect()
        }
        // Where nothing came after it, that is the cause.
        Protocol::Imap if waits_for_login(&greeting.text) && !is_awaited(stopped_at) => {
            vec![greeting.text.as_str()]
        }
        _ => Vec::new(),
    });
    let said = distinct(of_greeting.chain(notices.iter().map(String::as_str)));
    let meaning = FindingId::ServerNotice.entry().meaning;
    let told = Finding::info(FindingId::ServerNotice, meaning).evidence(said.join(" "));
    (!said.is_empty()).then_some(told)
}

/// Whether the check ended in waiting for the first reply after the greeting.
fn is_awaited(stopped_at: Option<Stage>) -> bool {
    matches!(stopped_at, Some(Stage::Capabilities | Stage::SecuredCapabilities))
}

/// Whether a line of a greeting is for people: several words, neither the protocol's name nor the server's among them.
fn is_sentence(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let begins_with_host = words.next().is_some_and(shape::is_host_name);
    words.count() >= 2 && !begins_with_host && !shape::names_smtp(line)
}

/// Words that some servers greet everybody with, always: cPanel, for one. They tell nobody anything about this server today.
const STOCK_WORDS: [&str; 12] = [
    "welcome",
    "unsolicited",
    "bulk e",
    "no spam",
    "no uce",
    "not authorize the use",
    "authorized use",
    "unauthorized",
    "unauthorised",
    "prohibited",
    "monitored",
    "copyright",
];

fn is_stock(line: &str) -> bool {
    let line = line.to_lowercase();
    STOCK_WORDS.iter().any(|words| line.contains(words))
}

/// What the greeting shows where it did not stop the check.
pub(super) fn remarks(observation: &Observation, probe: &Attempt) -> Option<Finding> {
    let completed =
        probe.stages.iter().any(|record| (record.stage, record.outcome) == (Stage::Greeting, StageOutcome::Ok));
    let secured = observation.endpoint.security == Security::Implicit;
    // Where TLS comes first, a server that is late is late with that.
    let handshake = if secured { time_of(probe, Stage::Tls) } else { None }.unwrap_or_default();
    let took = handshake + time_of(probe, Stage::Greeting)?;
    if !completed || took <= SLOW_GREETING {
        return None;
    }
    let (what, time) = (if secured { "TLS handshake and the greeting" } else { "greeting" }, seconds(took));
    // Between servers a delay is a usual guard against spammers; a mail program's user waits for it.
    if observation.endpoint.service.role() == Role::Relay {
        let message = format!("The {what} took {time}. Servers often delay it on purpose, to deter spammers.");
        return Some(Finding::info(FindingId::SlowGreeting, message).advised());
    }
    Some(Finding::warning(FindingId::SlowGreeting, format!("The {what} took {time}.")).advised())
}
