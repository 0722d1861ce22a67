//! Runs made by hand, one for each situation.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use mailprobe::internals::correlation::TargetFacts;
use mailprobe::internals::diagnosis::{Diagnosis, Finding, FindingId, Severity, State};
use mailprobe::internals::observation::discovery::{Consultation, Discovery, NamedServer, ServerLogin, SourceOutcome};
use mailprobe::internals::observation::{
    Attempt, CertificateFacts, CertificateFault, ChainFacts, ConnectFailure, ConnectFailureKind, Icmp, LookupFailure,
    LookupFailureKind, Observation, Purpose, Resolution, Speaker, Stage, StageOutcome, StageRecord, StopCause, Stopped,
    TlsFacts, TranscriptLine, Via,
};
use mailprobe::internals::policy::{JudgedEndpoint, JudgedTarget, Recommended, Report, Setting, Verdict, causes};
use mailprobe::internals::protocol::{Capabilities, Conversation, Reply, Status};
use mailprobe::internals::service::{LoginNeed, Security, Service};
use mailprobe::internals::target::{Endpoint, Host, Source, TargetKind};

pub(crate) const HOST: &str = "mail.example.org";
pub(crate) const V4: &str = "192.0.2.5";
pub(crate) const V6: &str = "2001:db8:85a3:1234:5678:8a2e:370:7334";
/// 2026-11-22 05:00:00 UTC
const NOW: i64 = 1_795_323_600;
const DAY: i64 = 24 * 60 * 60;

/// Every situation with its name.
pub(crate) fn all() -> Vec<(&'static str, Report)> {
    let situations = vec![
        ("all-ok", all_ok()),
        ("mixed", mixed()),
        ("two-families", two_families()),
        ("dns-failure", dns_failure()),
        ("one-endpoint", one_endpoint()),
        ("domain", domain()),
        ("icmp-v6", icmp_v6()),
        ("hostile", hostile()),
        ("several-targets", several_targets()),
        ("traced", crate::traced::run()),
    ];
    situations.into_iter().chain(crate::promises::all()).collect()
}

/// A host on which everything works.
pub(crate) fn all_ok() -> Report {
    run(vec![target(
        HOST,
        Verdict::Pass,
        "All seven mail ports work, with TLS and a valid certificate.",
        &[],
        Service::ALL.iter().map(|&service| works(HOST, V4, service)).collect(),
    )])
}

/// A host of which some ports work, one is blocked, one is broken.
pub(crate) fn mixed() -> Report {
    let mut relay = refused_by_icmp(V4, Service::Smtp);
    relay.diagnosis.findings.push(finding(
        Severity::Info,
        "This port is not offered.",
        Some("ICMP 3/13 from 10.0.0.1"),
        None,
    ));
    let mut submission = works(HOST, V4, Service::Submission);
    spoil_certificate(&mut submission);
    let mut submissions = works(HOST, V4, Service::Submissions);
    spoil_certificate(&mut submissions);
    let mut imap = stopped(V4, Service::Imap, State::ServiceUnavailable, Stage::Greeting, 212);
    imap.diagnosis.findings.push(finding(
        Severity::Error,
        "The server refuses connections for now.",
        Some("* BYE [UNAVAILABLE] Too many connections from your address, please try again in a few minutes"),
        Some("Wait a few minutes, then try again. If it stays, ask the server's administrator."),
    ));
    run(vec![target(
        HOST,
        Verdict::Fail,
        "Reading mail over IMAPS (993) and POP3S (995) works. Sending fails: the certificate on 465 and 587 expired \
         3 days ago, and mail programs refuse it.",
        &["Renew the certificate of mail.example.org on the submission service and restart it."],
        vec![
            relay,
            submissions,
            submission,
            stopped_survey(V4, Service::Pop3, State::ConnectionRefused),
            works(HOST, V4, Service::Pop3s),
            imap,
            works(HOST, V4, Service::Imaps),
        ],
    )])
}

/// A host with two addresses, of which one never answers.
pub(crate) fn two_families() -> Report {
    let mut endpoints: Vec<_> =
        [Service::Submissions, Service::Imaps].iter().map(|&service| works(HOST, V4, service)).collect();
    for service in [Service::Submissions, Service::Imaps] {
        let mut silent = stopped(V6, service, State::ConnectionTimeout, Stage::Connect, 5003);
        silent.diagnosis.findings.push(finding(
            Severity::Error,
            "Nothing came back. A firewall on the way or on the server probably drops the packets, or the host is off.",
            None,
            Some("Compare from another network."),
        ));
        endpoints.push(silent);
    }
    let mut host = target(
        HOST,
        Verdict::Fail,
        "Over IPv4 everything works. Over IPv6 nothing answers, so programs that prefer IPv6 wait for 5 s or fail.",
        &["Open the ports for IPv6 in the server's firewall, or remove the AAAA record."],
        endpoints,
    );
    host.resolutions = vec![resolution(HOST, &[V4, V6])];
    run(vec![host])
}

/// A name that does not exist.
pub(crate) fn dns_failure() -> Report {
    let typed = "mial.example.org";
    let failure = LookupFailure { kind: LookupFailureKind::NoSuchName, message: "NXDOMAIN from 192.0.2.53".to_owned() };
    let endpoints = Service::ALL
        .iter()
        .map(|&service| {
            let mut endpoint = endpoint(typed, V4, service);
            endpoint.address = None;
            let mut judged = judged(endpoint, State::DnsNoSuchName, Some(Stage::Resolve), Verdict::Fail, 31);
            judged.observation.lookup = Some(failure.clone());
            judged.diagnosis.findings.push(finding(
                Severity::Error,
                "There is no host of this name.",
                Some("NXDOMAIN from 192.0.2.53"),
                Some("Look for a typing mistake."),
            ));
            judged
        })
        .collect();
    let mut host =
        target(typed, Verdict::Fail, "There is no host mial.example.org.", &["Look for a typing mistake."], endpoints);
    host.resolutions = vec![Resolution {
        host: typed.to_owned(),
        addresses: Vec::new(),
        via: Via::Dns,
        name_server: None,
        found_as: None,
        dns_failure: None,
        ipv4: Some(Err(failure.clone())),
        ipv6: Some(Err(failure)),
        duration: Duration::from_millis(31),
    }];
    run(vec![host])
}

/// One named endpoint, known from the hosts file, with a second look and a finding for the target.
pub(crate) fn one_endpoint() -> Report {
    let mut judged = stopped(V4, Service::Submission, State::NoGreeting, Stage::Greeting, 25_400);
    judged.observation.attempts.push(Attempt {
        purpose: Purpose::OfferTls,
        connection_requests: 1,
        stages: vec![
            stage(Stage::Connect, StageOutcome::Ok, 20, None),
            stage(Stage::Tls, StageOutcome::Failed, 380, Some("no answer to the TLS ClientHello either")),
        ],
        ..empty_attempt()
    });
    judged.diagnosis.findings.push(finding(
        Severity::Error,
        "The server accepts the connection and then says nothing, neither in the clear nor in TLS.",
        Some("25 s of silence; no answer to a TLS hello"),
        Some("Look whether the mail service behind the port runs, and whether a proxy in front of it can reach it."),
    ));
    let mut host = target(
        "mail.example.org:587",
        Verdict::Fail,
        "Something accepts connections on 587, but no mail server answers.",
        &[],
        vec![judged],
    );
    host.kind = TargetKind::Endpoint;
    host.resolutions = vec![Resolution { via: Via::Hosts, ..resolution(HOST, &[V4]) }];
    host.findings.push(finding(Severity::Info, "IPv6 was not tried: this machine has no route for it.", None, None));
    run(vec![host])
}

/// A router with a long address says no.
pub(crate) fn icmp_v6() -> Report {
    let mut judged = refused_by_icmp(V6, Service::Smtp);
    judged.verdict = Verdict::Fail;
    judged.observation.endpoint.host = Host::Address(ip(V6));
    for attempt in &mut judged.observation.attempts {
        if let Some(Stopped { cause: StopCause::Connect(failure), .. }) = &mut attempt.stop {
            failure.icmp = Some(Icmp { v6: true, icmp_type: 1, code: 1, from: Some(ip(V6)) });
        }
    }
    let mut host = target(V6, Verdict::Fail, "A firewall in front of the server forbids port 25.", &[], vec![judged]);
    host.resolutions = vec![Resolution { via: Via::Literal, ..resolution(V6, &[V6]) }];
    run(vec![host])
}

/// A mail domain with two hosts.
pub(crate) fn domain() -> Report {
    let mut weak = works("mx1.example.org", V4, Service::Smtp);
    weak.verdict = Verdict::Warn;
    weak.observation.endpoint.sources = vec![Source::Mx];
    weak.diagnosis.state = State::StarttlsNotOffered;
    weak.diagnosis.failed_stage = Some(Stage::Starttls);
    for attempt in &mut weak.observation.attempts {
        attempt.tls = None;
        attempt.conversation.secured = None;
    }
    weak.diagnosis.findings.push(finding(
        Severity::Warning,
        "The server does not offer STARTTLS, so mail to it travels unencrypted.",
        Some("250-mx1.example.org, 250-PIPELINING, 250 8BITMIME"),
        Some("Turn on TLS in the mail server."),
    ));
    let mut dead = stopped(V6, Service::Smtp, State::ConnectionTimeout, Stage::Connect, 5001);
    dead.observation.endpoint.host = Host::Name("mx2.backup.example.net".to_owned());
    dead.observation.endpoint.sources = vec![Source::Mx];
    dead.verdict = Verdict::Warn;
    let mut judged = target(
        "@example.org",
        Verdict::Warn,
        "example.org takes mail, unencrypted, at one of its two MX hosts. The other does not answer.",
        &["Turn on TLS at mx1.example.org.", "Repair mx2.backup.example.net, or remove its MX record."],
        vec![weak, dead],
    );
    judged.kind = TargetKind::Domain;
    judged.endpoints.push(from_srv(works("imap.example.org", V4, Service::Imaps)));
    let mut declined = works("example.org", V4, Service::Pop3s);
    declined.observation.endpoint.address = None;
    declined.observation.attempts.clear();
    declined.observation.lookup =
        Some(LookupFailure { kind: LookupFailureKind::NoMail, message: "the target is \".\"".to_owned() });
    declined.diagnosis.state = State::DnsNoMail;
    declined.diagnosis.failed_stage = Some(Stage::Resolve);
    judged.endpoints.push(from_srv(declined));
    judged.discovery = Some(Discovery {
        domain: "example.org".to_owned(),
        consultations: vec![
            consultation(
                Source::Mx,
                "example.org MX",
                &[("mx1.example.org", Service::Smtp), ("mx2.backup.example.net", Service::Smtp)],
            ),
            consultation(Source::Srv, "_imaps._tcp.example.org SRV", &[("imap.example.org", Service::Imaps)]),
            Consultation {
                outcome: SourceOutcome::NotOffered,
                detail: Some("the target is \".\"".to_owned()),
                ..consultation(Source::Srv, "_pop3s._tcp.example.org SRV", &[])
            },
        ],
        oddities: Vec::new(),
        provider: None,
        logins: Vec::new(),
    });
    judged.recommended = Some(Recommended {
        incoming: vec![Setting {
            host: Host::Name("imap.example.org".to_owned()),
            port: 993,
            service: Service::Imaps,
            security: Security::Implicit,
            sources: vec![Source::Srv],
            login: vec!["PLAIN".to_owned(), "XOAUTH2".to_owned()],
            password: Some(true),
            oauth_only: false,
            login_needs: vec![ServerLogin {
                host: Host::Name("imap.example.org".to_owned()),
                port: 993,
                needs: LoginNeed::AppPassword,
                text: "Example wants an app password here.".to_owned(),
                page: Some("https://www.example.org/help/app-passwords".to_owned()),
            }],
        }],
        outgoing: Vec::new(),
        why: Some("They were checked and work.".to_owned()),
    });
    judged.resolutions = vec![resolution("mx1.example.org", &[V4]), resolution("mx2.backup.example.net", &[V6])];
    run(vec![judged])
}

fn from_srv(mut judged: JudgedEndpoint) -> JudgedEndpoint {
    judged.observation.endpoint.sources = vec![Source::Srv];
    judged
}

fn consultation(source: Source, asked: &str, servers: &[(&str, Service)]) -> Consultation {
    let server = |&(host, service): &(&str, Service)| NamedServer {
        host: Host::Name(host.to_owned()),
        port: service.port(),
        service,
        security: service.security(),
    };
    Consultation {
        source,
        asked: asked.to_owned(),
        outcome: SourceOutcome::Named,
        detail: None,
        failure: None,
        servers: servers.iter().map(server).collect(),
        duration: Duration::from_micros(8_250),
    }
}

/// A server that tries to paint on the terminal.
pub(crate) fn hostile() -> Report {
    said_everywhere("\x1b]0;owned\x07\x1b[2J\u{202e}\u{200b}\u{9b}31m\r\nfake line\u{2028}\u{e0041}")
}

/// This text wherever a server chooses what is told.
pub(crate) fn said_everywhere(attack: &str) -> Report {
    let mut judged = works(HOST, V4, Service::Submission);
    for attempt in &mut judged.observation.attempts {
        attempt.conversation.greeting = Some(reply(&format!("220 {attack}")));
        attempt.conversation.plaintext = Some(capabilities(&[attack, "STARTTLS"]));
        attempt.transcript.push(line(50, Speaker::Server, &format!("250 {attack} {}", "x".repeat(3000))));
        for record in &mut attempt.stages {
            record.detail = Some(format!("220 {attack}"));
        }
        if let Some(tls) = &mut attempt.tls {
            tls.version = Some(attack.repeat(3));
            if let Some(certificate) = &mut tls.certificate {
                certificate.subject = format!("CN={attack}{}", "y".repeat(5000));
                certificate.names = vec![attack.to_owned()];
                certificate.not_after = i64::MAX / 2;
            }
        }
    }
    judged.diagnosis.findings.push(finding(Severity::Warning, attack, Some(attack), Some(attack)));
    let mut host = target(HOST, Verdict::Warn, attack, &[attack], vec![judged]);
    host.typed = format!("mail{attack}.example.org");
    run(vec![host])
}

/// Three targets of different fortune.
pub(crate) fn several_targets() -> Report {
    let runs = [all_ok(), domain(), dns_failure()];
    run(runs.into_iter().flat_map(|run| run.targets).collect())
}

/// A run of these targets.
pub(crate) fn run(mut targets: Vec<JudgedTarget>) -> Report {
    for target in &mut targets {
        let domain = target.discovery.as_ref().map(|found| found.domain.as_str());
        let facts =
            TargetFacts { kind: target.kind, domain, findings: &target.findings, elsewhere: &[], mail_hosts: &[] };
        target.causes = causes(&target.endpoints, facts);
    }
    let verdict = if targets.iter().any(|target| target.verdict == Verdict::Fail) {
        Verdict::Fail
    } else if targets.iter().any(|target| target.verdict == Verdict::Warn) {
        Verdict::Warn
    } else {
        Verdict::Pass
    };
    Report {
        started: SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs()),
        duration: Duration::from_micros(412_345),
        targets,
        verdict,
        exit_code: u8::from(verdict == Verdict::Fail),
        bad_lines: None,
    }
}

pub(crate) fn target(
    typed: &str,
    verdict: Verdict,
    conclusion: &str,
    hints: &[&str],
    endpoints: Vec<JudgedEndpoint>,
) -> JudgedTarget {
    JudgedTarget {
        typed: typed.to_owned(),
        kind: TargetKind::Host,
        verdict,
        conclusion: conclusion.to_owned(),
        hints: hints.iter().map(ToString::to_string).collect(),
        findings: Vec::new(),
        causes: Vec::new(),
        discovery: None,
        promises: None,
        policies: Vec::new(),
        fails_expectation: false,
        recommended: None,
        resolutions: vec![resolution(HOST, &[V4])],
        endpoints,
    }
}

pub(crate) fn resolution(host: &str, addresses: &[&str]) -> Resolution {
    let missing = || LookupFailure { kind: LookupFailureKind::NoAddress, message: "no AAAA record".to_owned() };
    Resolution {
        host: host.to_owned(),
        addresses: addresses.iter().map(|address| ip(address)).collect(),
        via: Via::Dns,
        name_server: None,
        found_as: None,
        dns_failure: None,
        ipv4: Some(Ok(())),
        ipv6: Some(if addresses.contains(&V6) { Ok(()) } else { Err(missing()) }),
        duration: Duration::from_micros(1_234),
    }
}

pub(crate) fn works(host: &str, address: &str, service: Service) -> JudgedEndpoint {
    let mut judged = judged(endpoint(host, address, service), State::Ok, None, Verdict::Pass, 131);
    let offered = ["PIPELINING", "SIZE 52428800", "8BITMIME", "STARTTLS"];
    let upgrades = service.security() == Security::StartTls;
    judged.observation.attempts = vec![Attempt {
        stages: vec![
            stage(Stage::Connect, StageOutcome::Ok, 20, None),
            stage(Stage::Greeting, StageOutcome::Ok, 21, Some("220 mail.example.org ESMTP")),
            stage(Stage::Tls, StageOutcome::Ok, 42, None),
            stage(Stage::SecuredCapabilities, StageOutcome::Ok, 21, None),
            stage(Stage::Quit, StageOutcome::Skipped, 0, None),
        ],
        conversation: Conversation {
            greeting: Some(reply("220 mail.example.org ESMTP")),
            plaintext: upgrades.then(|| capabilities(&offered)),
            secured: Some(capabilities(&["PIPELINING", "SIZE 52428800", "8BITMIME", "AUTH PLAIN LOGIN"])),
            ..Conversation::default()
        },
        tls: Some(tls(62)),
        transcript: vec![
            line(41, Speaker::Server, "220 mail.example.org ESMTP"),
            line(41, Speaker::Client, "EHLO probe.example.net"),
            line(62, Speaker::Server, "250-mail.example.org"),
            line(62, Speaker::Remark, "TLS is up"),
        ],
        ..empty_attempt()
    }];
    judged
}

pub(crate) fn spoil_certificate(judged: &mut JudgedEndpoint) {
    judged.verdict = Verdict::Fail;
    judged.diagnosis.state = State::CertificateInvalid;
    judged.diagnosis.failed_stage = Some(Stage::Tls);
    for attempt in &mut judged.observation.attempts {
        attempt.tls =
            Some(TlsFacts { faults: vec![CertificateFault::Expired, CertificateFault::WrongName], ..tls(-3) });
    }
    judged.diagnosis.findings.push(finding(
        Severity::Error,
        "The certificate expired 3 days ago.",
        Some("valid until 2026-11-19"),
        Some("Renew the certificate of mail.example.org on the submission service and restart it."),
    ));
    judged.diagnosis.findings.push(finding(
        Severity::Error,
        "The certificate is not for mail.example.org, so a mail program cannot tell the server from an impostor.",
        Some("names: smtp.example.net, webmail.example.net"),
        Some("Ask for a certificate that names mail.example.org, or use a name that the certificate has."),
    ));
}

pub(crate) fn stopped(address: &str, service: Service, state: State, at: Stage, milliseconds: u64) -> JudgedEndpoint {
    let mut judged = judged(endpoint(HOST, address, service), state, Some(at), Verdict::Fail, milliseconds);
    judged.observation.attempts =
        vec![Attempt { stages: vec![stage(at, StageOutcome::Failed, milliseconds, None)], ..empty_attempt() }];
    judged
}

pub(crate) fn stopped_survey(address: &str, service: Service, state: State) -> JudgedEndpoint {
    JudgedEndpoint { verdict: Verdict::Pass, ..stopped(address, service, state, Stage::Connect, 20) }
}

fn refused_by_icmp(address: &str, service: Service) -> JudgedEndpoint {
    let mut judged = stopped_survey(address, service, State::AdministrativelyProhibited);
    let icmp = Icmp { v6: false, icmp_type: 3, code: 13, from: Some(ip("10.0.0.1")) };
    for attempt in &mut judged.observation.attempts {
        attempt.stop = Some(Stopped {
            stage: Stage::Connect,
            cause: StopCause::Connect(ConnectFailure {
                kind: ConnectFailureKind::Prohibited,
                icmp: Some(icmp),
                on_this_machine: false,
                route_exists: false,
                os_error: Some(113),
                message: "No route to host".to_owned(),
            }),
        });
    }
    judged
}

fn judged(
    endpoint: Endpoint,
    state: State,
    failed_stage: Option<Stage>,
    verdict: Verdict,
    milliseconds: u64,
) -> JudgedEndpoint {
    JudgedEndpoint {
        observation: Observation {
            endpoint,
            lookup: None,
            attempts: Vec::new(),
            tries: 1,
            earlier: Vec::new(),
            duration: Duration::from_millis(milliseconds),
            path: None,
            interface: None,
            not_offered_by: None,
            login: None,
            tls_survey: None,
            promised: None,
        },
        diagnosis: Diagnosis { state, failed_stage, findings: Vec::new() },
        verdict,
        expectations: Vec::new(),
    }
}

fn endpoint(host: &str, address: &str, service: Service) -> Endpoint {
    Endpoint {
        host: Host::Name(host.to_owned()),
        address: Some(ip(address)),
        port: service.port(),
        service,
        security: service.security(),
        sources: vec![Source::Default],
    }
}

fn empty_attempt() -> Attempt {
    Attempt {
        purpose: Purpose::Probe,
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

fn stage(stage: Stage, outcome: StageOutcome, milliseconds: u64, detail: Option<&str>) -> StageRecord {
    StageRecord { stage, outcome, duration: Duration::from_millis(milliseconds), detail: detail.map(ToOwned::to_owned) }
}

fn line(milliseconds: u64, from: Speaker, text: &str) -> TranscriptLine {
    TranscriptLine { at: Duration::from_millis(milliseconds), from, text: text.to_owned() }
}

fn reply(text: &str) -> Reply {
    Reply {
        status: Status::Positive,
        word: "220".to_owned(),
        enhanced: None,
        response_code: None,
        text: text.to_owned(),
        lines: vec![text.to_owned()],
    }
}

fn capabilities(keywords: &[&str]) -> Capabilities {
    Capabilities {
        keywords: keywords.iter().map(ToString::to_string).collect(),
        listed: true,
        ..Capabilities::default()
    }
}

fn tls(days_left: i64) -> TlsFacts {
    TlsFacts {
        version: Some("TLSv1.3".to_owned()),
        cipher_suite: Some("TLS_AES_256_GCM_SHA384".to_owned()),
        key_exchange: Some("X25519MLKEM768".to_owned()),
        certificate: Some(CertificateFacts {
            subject: "CN=mail.example.org".to_owned(),
            issuer: "C=US, O=Let's Encrypt, CN=E8".to_owned(),
            names: vec!["mail.example.org".to_owned(), "smtp.example.org".to_owned()],
            not_before: NOW - 28 * DAY,
            not_after: NOW + days_left * DAY,
            checked_at: NOW,
            key: "EC P-256".to_owned(),
            sha256: "ab".repeat(32),
            extensions: Vec::new(),
            chain_length: 2,
            checked_name: HOST.to_owned(),
            near_miss: None,
            chain: ChainFacts::default(),
        }),
        faults: Vec::new(),
        inside: None,
        presented: Vec::new(),
    }
}

/// The id is the same for all: what a finding is about does not matter here.
pub(crate) fn finding(severity: Severity, message: &str, evidence: Option<&str>, hint: Option<&str>) -> Finding {
    Finding {
        id: FindingId::AddressFamilyLookupFailed,
        severity,
        message: message.to_owned(),
        evidence: evidence.map(ToOwned::to_owned),
        hint: hint.map(ToOwned::to_owned),
    }
}

fn ip(address: &str) -> IpAddr {
    address.parse().expect("an address of the samples")
}
