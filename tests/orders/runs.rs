//! Runs, judged from observations in which hostile texts stand.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, SystemTime};

use mailprobe::internals::observation::{
    Attempt, CertificateFacts, CertificateFault, ChainFacts, LookupFailure, LookupFailureKind, Observation, Purpose,
    Resolution, Speaker, Stage, StageOutcome, StageRecord, StopCause, Stopped, TlsFacts, TranscriptLine, Via,
};
use mailprobe::internals::policy::{Policy, Report, TargetEvidence, judge};
use mailprobe::internals::protocol::{Capabilities, Conversation, Reply, Status, Stop};
use mailprobe::internals::service::Service;
use mailprobe::internals::target::{Endpoint, Host, Source, TargetKind};

/// The places of an endpoint in which a text stands: what was typed, a DNS name, a greeting, a capability, a certificate.
pub(crate) const PLACES: usize = 5;

/// What may have become of an endpoint.
pub(crate) const SITUATIONS: usize = 6;

const NOW: i64 = 1_795_323_600;
const MILLISECOND: Duration = Duration::from_millis(1);

/// A run with a target for each five texts, and an endpoint for each target.
pub(crate) fn run(said: &[String]) -> Report {
    let targets = said.chunks_exact(PLACES).enumerate().map(|(number, said)| {
        // Each text meets each place.
        let place = |index: usize| said[(index + number) % PLACES].as_str();
        target(number, [place(0), place(1), place(2), place(3), place(4)])
    });
    let started = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs());
    judge(targets.collect(), &Policy::default(), started, MILLISECOND)
}

fn target(number: usize, [typed, name, greeting, capability, certificate]: [&str; PLACES]) -> TargetEvidence {
    let address = IpAddr::from(Ipv4Addr::from(0x0a00_0000 + u32::try_from(number).expect("few targets")));
    let situation = number % SITUATIONS;
    let found = situation != 0;
    let missing = || LookupFailure { kind: LookupFailureKind::NoSuchName, message: greeting.to_owned() };
    let observation = Observation {
        endpoint: Endpoint {
            host: Host::Name(name.to_owned()),
            address: found.then_some(address),
            // Metrics tell endpoints apart by their address; where there is none, by the port.
            port: 1 + u16::try_from(number).expect("few targets"),
            service: Service::Submission,
            security: Service::Submission.security(),
            sources: vec![Source::Srv],
        },
        lookup: (!found).then(missing),
        attempts: if found { vec![attempt(situation, greeting, capability, certificate)] } else { Vec::new() },
        tries: 1,
        duration: MILLISECOND,
        earlier: Vec::new(),
        path: None,
        interface: None,
        not_offered_by: None,
        login: None,
        tls_survey: None,
        promised: None,
    };
    TargetEvidence {
        typed: typed.to_owned(),
        kind: TargetKind::Host,
        discovery: None,
        resolutions: vec![Resolution {
            host: name.to_owned(),
            addresses: if found { vec![address] } else { Vec::new() },
            via: Via::Dns,
            name_server: None,
            found_as: None,
            dns_failure: None,
            ipv4: Some(if found { Ok(()) } else { Err(missing()) }),
            ipv6: None,
            duration: MILLISECOND,
        }],
        observations: vec![observation],
        skipped: Vec::new(),
        left_out: Vec::new(),
        for_mail_program: false,
        mail_hosts: Vec::new(),
        promises: None,
    }
}

fn attempt(situation: usize, greeting: &str, capability: &str, certificate: &str) -> Attempt {
    let is_refused = situation == 1;
    let reply = reply(if is_refused { Status::Permanent } else { Status::Positive }, greeting);
    let (stage, stop) = match situation {
        1 => (Stage::Greeting, Some(Stop::Rejected(reply.clone()))),
        2 => (Stage::Greeting, Some(Stop::ForeignGreeting(greeting.to_owned()))),
        3 => (Stage::Capabilities, Some(Stop::Malformed(capability.to_owned()))),
        _ => (Stage::Quit, None),
    };
    let faults = if situation == 4 { vec![CertificateFault::WrongName, CertificateFault::SelfSigned] } else { vec![] };
    let offered = |keyword: &str| Capabilities {
        keywords: vec![keyword.to_owned(), "STARTTLS".to_owned(), "AUTH PLAIN".to_owned()],
        starttls: true,
        mechanisms: vec!["PLAIN".to_owned(), keyword.to_owned()],
        listed: true,
        ..Capabilities::default()
    };
    let record = |stage, outcome, detail: &str| StageRecord {
        stage,
        outcome,
        duration: MILLISECOND,
        detail: Some(detail.to_owned()),
    };
    let said = |from, text: &str| TranscriptLine { at: MILLISECOND, from, text: text.to_owned() };
    let got_through = stop.is_none();
    Attempt {
        purpose: Purpose::Probe,
        connection_requests: 1,
        stages: vec![
            record(Stage::Greeting, StageOutcome::Ok, greeting),
            record(stage, if got_through { StageOutcome::Ok } else { StageOutcome::Failed }, capability),
        ],
        conversation: Conversation {
            greeting: Some(reply),
            plaintext: got_through.then(|| offered(capability)),
            secured: got_through.then(|| offered(capability)),
            stop: stop.clone(),
            ..Conversation::default()
        },
        tls: got_through.then(|| tls(certificate, faults)),
        local: None,
        first_bytes: greeting.as_bytes().to_vec(),
        stop: stop.map(|_| Stopped { stage, cause: StopCause::Dialogue }),
        transcript: vec![said(Speaker::Server, greeting), said(Speaker::Remark, capability)],
    }
}

fn reply(status: Status, text: &str) -> Reply {
    let word = if status == Status::Positive { "220" } else { "554" };
    Reply {
        status,
        word: word.to_owned(),
        enhanced: None,
        response_code: None,
        text: text.to_owned(),
        lines: vec![text.to_owned()],
    }
}

fn tls(words: &str, faults: Vec<CertificateFault>) -> TlsFacts {
    TlsFacts {
        version: Some("TLSv1.3".to_owned()),
        cipher_suite: None,
        key_exchange: None,
        certificate: Some(CertificateFacts {
            subject: words.to_owned(),
            issuer: words.to_owned(),
            names: vec![words.to_owned()],
            not_before: NOW - 86_400,
            not_after: NOW - 3 * 86_400,
            checked_at: NOW,
            key: "EC P-256".to_owned(),
            sha256: "ab".repeat(32),
            extensions: Vec::new(),
            chain_length: 1,
            checked_name: "mail.example.org".to_owned(),
            near_miss: None,
            chain: ChainFacts::default(),
        }),
        faults,
        inside: None,
        presented: Vec::new(),
    }
}
