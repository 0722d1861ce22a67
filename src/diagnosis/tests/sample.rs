//! Handcrafted observations.

use std::net::IpAddr;
use std::time::Duration;

use crate::observation::*;
use crate::protocol::{Capabilities, Conversation, Reply, Status, Stop};
use crate::service::{Security, Service};
use crate::target::{Endpoint, Host, Source};

pub(crate) const HOST: &str = "mail.example.org";
pub(crate) const ADDRESS: &str = "192.0.2.5";
/// 2026-11-23, 00:00 UTC.
pub(crate) const NOW: i64 = 1_795_392_000;
pub(crate) const DAY: i64 = 86_400;

pub(crate) fn ip(address: &str) -> IpAddr {
    address.parse().unwrap()
}

pub(crate) fn endpoint(service: Service) -> Endpoint {
    Endpoint {
        host: Host::Name(HOST.to_owned()),
        address: Some(ip(ADDRESS)),
        port: service.port(),
        service,
        security: service.security(),
        sources: vec![Source::Default],
    }
}

pub(crate) fn attempt(purpose: Purpose) -> Attempt {
    Attempt {
        purpose,
        connection_requests: 1,
        stages: Vec::new(),
        conversation: Conversation::default(),
        tls: None,
        local: None,
        first_bytes: Vec::new(),
        stop: None,
        transcript: Vec::new(),
    }
}

/// An observation of one attempt, changed by `change`.
pub(crate) fn observed(service: Service, change: impl FnOnce(&mut Attempt)) -> Observation {
    let mut attempt = attempt(Purpose::Probe);
    change(&mut attempt);
    Observation {
        endpoint: endpoint(service),
        lookup: None,
        attempts: vec![attempt],
        tries: 1,
        earlier: Vec::new(),
        duration: Duration::from_millis(100),
        path: None,
        interface: None,
        not_offered_by: None,
        login: None,
        tls_survey: None,
        promised: None,
    }
}

/// A check that went to its end, with everything as it should be.
pub(crate) fn healthy(service: Service) -> Observation {
    observed(service, |attempt| {
        greet(attempt, service);
        attempt.tls = Some(tls());
        attempt.conversation.secured = Some(offering(&["AUTH PLAIN"], &["PLAIN"]));
        if service.security() == Security::StartTls {
            attempt.conversation.plaintext = Some(Capabilities { starttls: true, ..offering(&["STARTTLS"], &[]) });
        }
    })
}

/// The server greets as it should.
pub(crate) fn greet(attempt: &mut Attempt, service: Service) {
    let line = match service.protocol() {
        crate::service::Protocol::Smtp => "220 mail.example.org ESMTP",
        crate::service::Protocol::Imap => "* OK mail.example.org ready",
        crate::service::Protocol::Pop3 => "+OK ready",
    };
    let mut greeting = reply(Status::Positive, line);
    if let Some(text) = line.strip_prefix("* OK ") {
        (greeting.word, greeting.text) = ("OK".to_owned(), text.to_owned());
    }
    attempt.conversation.greeting = Some(greeting);
    hear(attempt, line);
    attempt.stages.push(record(Stage::Greeting, StageOutcome::Ok, 0.1));
}

/// With another first line from the server.
pub(crate) fn greeted(mut observation: Observation, line: &str) -> Observation {
    observation.attempts[0].conversation.greeting = Some(reply(Status::Positive, line));
    observation
}

/// The server sent a line in the clear.
pub(crate) fn hear(attempt: &mut Attempt, line: &str) {
    attempt.first_bytes.extend_from_slice(line.as_bytes());
    attempt.first_bytes.extend_from_slice(b"\r\n");
    attempt.transcript.push(TranscriptLine { at: Duration::ZERO, from: Speaker::Server, text: line.to_owned() });
}

pub(crate) fn record(stage: Stage, outcome: StageOutcome, seconds: f64) -> StageRecord {
    StageRecord { stage, outcome, duration: Duration::from_secs_f64(seconds), detail: None }
}

/// The stop of an attempt, ready to be put into its field.
#[allow(clippy::unnecessary_wraps, reason = "it is what the field takes")]
pub(crate) fn stopped(stage: Stage, cause: StopCause) -> Option<Stopped> {
    Some(Stopped { stage, cause })
}

/// A connection that is made, and no greeting comes.
pub(crate) fn silent(service: Service) -> Observation {
    observed(service, |attempt| attempt.stop = stopped(Stage::Greeting, StopCause::TimedOut(Limit::Stage)))
}

/// A check that the dialogue ended after the greeting.
pub(crate) fn ended_by_dialogue(service: Service, stage: Stage, stop: Stop) -> Observation {
    observed(service, |attempt| {
        if stage != Stage::Greeting {
            greet(attempt, service);
        }
        attempt.conversation.stop = Some(stop);
        attempt.stop = stopped(stage, StopCause::Dialogue);
    })
}

pub(crate) fn connect_failed(service: Service, kind: ConnectFailureKind) -> Observation {
    observed(service, |attempt| {
        attempt.stages.push(record(Stage::Connect, StageOutcome::Failed, 5.0));
        attempt.stop = stopped(Stage::Connect, StopCause::Connect(connect_failure(kind)));
    })
}

pub(crate) fn connect_failure(kind: ConnectFailureKind) -> ConnectFailure {
    ConnectFailure {
        kind,
        icmp: None,
        on_this_machine: false,
        route_exists: false,
        os_error: None,
        message: "the system's words".to_owned(),
    }
}

pub(crate) fn with_icmp(kind: ConnectFailureKind, icmp: Icmp, on_this_machine: bool) -> Observation {
    observed(Service::Submission, |attempt| {
        let failure = ConnectFailure { icmp: Some(icmp), on_this_machine, ..connect_failure(kind) };
        attempt.stop = stopped(Stage::Connect, StopCause::Connect(failure));
    })
}

pub(crate) fn icmp4(icmp_type: u8, code: u8, from: &str) -> Icmp {
    Icmp { v6: false, icmp_type, code, from: Some(ip(from)) }
}

pub(crate) fn icmp6(icmp_type: u8, code: u8, from: &str) -> Icmp {
    Icmp { v6: true, icmp_type, code, from: Some(ip(from)) }
}

pub(crate) fn handshake_failed(service: Service, kind: TlsFailureKind) -> Observation {
    observed(service, |attempt| {
        if service.security() == Security::StartTls {
            greet(attempt, service);
        }
        attempt.stages.push(record(Stage::Tls, StageOutcome::Failed, 10.0));
        let failure = TlsFailure { kind, message: "the library's words".to_owned() };
        attempt.stop = stopped(Stage::Tls, StopCause::Tls(failure));
    })
}

/// Adds a second look to an observation.
pub(crate) fn looked(mut observation: Observation, purpose: Purpose, change: impl FnOnce(&mut Attempt)) -> Observation {
    let mut look = attempt(purpose);
    change(&mut look);
    observation.attempts.push(look);
    observation
}

pub(crate) fn reply(status: Status, line: &str) -> Reply {
    let (word, text) = line.split_once([' ', '-']).unwrap_or((line, ""));
    let (word, text) = if line.starts_with("-ERR") { ("-ERR", line.trim_start_matches("-ERR ")) } else { (word, text) };
    Reply {
        status,
        word: word.to_owned(),
        enhanced: None,
        response_code: None,
        text: text.to_owned(),
        lines: vec![line.to_owned()],
    }
}

pub(crate) fn offering(keywords: &[&str], mechanisms: &[&str]) -> Capabilities {
    let strings = |items: &[&str]| items.iter().map(|&item| item.to_owned()).collect();
    Capabilities {
        keywords: strings(keywords),
        mechanisms: strings(mechanisms),
        listed: true,
        ..Capabilities::default()
    }
}

pub(crate) fn tls() -> TlsFacts {
    TlsFacts {
        version: Some("TLSv1.3".to_owned()),
        cipher_suite: Some("TLS_AES_256_GCM_SHA384".to_owned()),
        key_exchange: Some("X25519MLKEM768".to_owned()),
        certificate: Some(certificate(60)),
        faults: Vec::new(),
        inside: None,
        presented: Vec::new(),
    }
}

/// A certificate of 90 days with `days_left`.
pub(crate) fn certificate(days_left: i64) -> CertificateFacts {
    CertificateFacts {
        subject: "CN=mail.example.org".to_owned(),
        issuer: "O=Example Trust, CN=Example CA".to_owned(),
        names: vec!["mail.example.org".to_owned()],
        not_before: NOW + (days_left - 90) * DAY,
        not_after: NOW + days_left * DAY,
        checked_at: NOW,
        key: "EC P-256".to_owned(),
        sha256: "00".repeat(32),
        extensions: Vec::new(),
        chain_length: 2,
        checked_name: HOST.to_owned(),
        near_miss: None,
        chain: ChainFacts::default(),
    }
}

/// A healthy endpoint but for these faults.
pub(crate) fn faulty(service: Service, faults: &[CertificateFault]) -> Observation {
    let mut observation = healthy(service);
    for attempt in &mut observation.attempts {
        attempt.tls = Some(TlsFacts { faults: faults.to_vec(), ..tls() });
    }
    observation
}
