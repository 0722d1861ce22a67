//! The upgrade, the handshake, certificates and logins.

use super::sample::*;
use super::{comes_to, fail_as_named, fail_at, ids, the};
use crate::diagnosis::{FindingId, Severity, State, diagnose};
use crate::observation::*;
use crate::protocol::{Capabilities, Conversation, Status, Stop};
use crate::service::{Security, Service};

#[test]
fn what_works_gives_no_findings() {
    for &service in Service::ALL {
        comes_to(service.name(), &healthy(service), State::Ok, None, &[]);
    }
    let mut development = healthy(Service::Smtp);
    development.endpoint.security = Security::Plaintext;
    development.attempts[0].tls = None;
    assert_eq!(diagnose(&development).state, State::Ok);
}

fn not_offered(keywords: &[&str]) -> Observation {
    let mut observation = ended_by_dialogue(Service::Submission, Stage::Capabilities, Stop::StarttlsNotOffered);
    observation.attempts[0].conversation.plaintext = Some(offering(keywords, &[]));
    observation
}

fn tried(observation: Observation) -> Observation {
    looked(observation, Purpose::TryStarttls, |look| look.tls = Some(tls()))
}

#[test]
fn the_upgrade_is_missing_removed_refused_or_tampered_with() {
    let masked = || not_offered(&["PIPELINING", "XXXXXXXA"]);
    let refused = Stop::StarttlsRefused(reply(Status::Permanent, "540 TLS not available."));
    let injected = observed(Service::Imap, |attempt| {
        greet(attempt, Service::Imap);
        attempt.stop = stopped(Stage::Starttls, StopCause::LeftoverPlaintext(b"* CAPABILITY IMAP4rev1\r\n".to_vec()));
    });
    let refused = ended_by_dialogue(Service::Submission, Stage::Starttls, refused);
    fail_as_named(
        Stage::Starttls,
        [
            ("missing", not_offered(&["PIPELINING"]), State::StarttlsNotOffered),
            ("masked, works anyway", tried(masked()), State::StarttlsStripped),
            ("hidden, works anyway", tried(not_offered(&["PIPELINING"])), State::StarttlsNotOffered),
            ("refused", refused, State::StarttlsRefused),
            ("injected", injected, State::StarttlsInjection),
        ],
    );
    let suspected = [FindingId::StarttlsNotOffered, FindingId::InspectionDeviceSuspected];
    comes_to("masked", &masked(), State::StarttlsNotOffered, Some(Stage::Starttls), &suspected);
    let starred = greeted(not_offered(&["PIPELINING"]), "220 ********2****0*");
    assert_eq!(diagnose(&tried(starred)).state, State::StarttlsStripped);
}

#[test]
fn tls_and_plaintext_on_each_others_ports() {
    let mut by_bytes =
        observed(Service::Submission, |attempt| attempt.stop = stopped(Stage::Greeting, StopCause::Closed));
    by_bytes.attempts[0].first_bytes = b"\x15\x03\x01\x00\x02\x02\x46".to_vec();
    let silent = || silent(Service::Submission);
    let by_look = looked(silent(), Purpose::OfferTls, |look| look.first_bytes = b"\x16\x03\x03\x00\x7a\x02".to_vec());
    let web = looked(silent(), Purpose::OfferTls, |look| look.first_bytes = b"HTTP/1.1 400 Bad Request\r\n".to_vec());
    let implicit = |line: &str| {
        let mut observation = handshake_failed(Service::Submissions, TlsFailureKind::NotTls);
        hear(&mut observation.attempts[0], line);
        observation
    };
    fail_as_named(
        Stage::Greeting,
        [
            ("TLS alert", by_bytes, State::TlsOnPlaintextPort),
            ("TLS hello answered", by_look, State::TlsOnPlaintextPort),
            ("web server", web, State::WrongProtocol),
        ],
    );
    fail_as_named(
        Stage::Tls,
        [
            ("SMTP", implicit("220 mail.example.org ESMTP"), State::PlaintextOnTlsPort),
            ("a refusal", implicit("500 unrecognized command"), State::PlaintextOnTlsPort),
            ("SSH", implicit("SSH-2.0-x"), State::WrongProtocol),
        ],
    );
    let finding = the(FindingId::PlaintextOnTlsPort, &implicit("220 mail.example.org ESMTP"));
    assert_eq!(finding.evidence.as_deref(), Some("220 mail.example.org ESMTP"));
    assert!(finding.hint.is_some_and(|hint| hint.contains("submission://mail.example.org:465")));
}

#[test]
fn handshakes_that_fail() {
    use TlsFailureKind as Kind;
    let fail = |kind| handshake_failed(Service::Submission, kind);
    let implicit = |kind| handshake_failed(Service::Imaps, kind);
    let alert = |name: &str| Kind::Alert(name.to_owned());
    let old = |kind| {
        looked(fail(kind), Purpose::OldTls, |look| {
            look.tls = Some(TlsFacts { version: Some("TLSv1.0".to_owned()), ..TlsFacts::default() });
        })
    };
    let small = |observation| looked(observation, Purpose::ClassicHello, |look| look.tls = Some(tls()));
    let unproven = || small(fail(Kind::TimedOut(Limit::Stage)));
    let again = |cause: Option<StopCause>| {
        looked(small(unproven()), Purpose::Probe, |look| match cause {
            Some(cause) => look.stop = stopped(Stage::Tls, cause),
            None => look.tls = Some(tls()),
        })
    };
    let small_failed =
        looked(unproven(), Purpose::ClassicHello, |look| look.stop = stopped(Stage::Tls, StopCause::Reset));
    let mut old_hello = implicit(Kind::Incompatible);
    old_hello.attempts[0].first_bytes = b"\x16\x03\x01\x00\x31\x02\x00\x00\x2d\x03\x01abc".to_vec();
    fail_as_named(
        Stage::Tls,
        [
            ("internal_error", fail(alert("internal_error")), State::TlsHandshakeFailed),
            ("not TLS after 220", fail(Kind::NotTls), State::TlsHandshakeFailed),
            ("nothing in common", fail(Kind::Incompatible), State::TlsHandshakeFailed),
            ("protocol broken", fail(Kind::Misbehaved), State::TlsHandshakeFailed),
            ("stalled", fail(Kind::TimedOut(Limit::Stage)), State::TlsHandshakeFailed),
            ("alert protocol_version", fail(alert("protocol_version")), State::TlsVersionUnsupported),
            ("old, by second look", old(Kind::Closed), State::TlsVersionUnsupported),
            ("old, by its hello", old_hello, State::TlsVersionUnsupported),
            ("small hello works once", unproven(), State::TlsHandshakeFailed),
            ("a small hello fails as well", small_failed, State::TlsHandshakeFailed),
            ("the large hello works, too", again(None), State::TlsHandshakeFailed),
            ("the run ended first", again(Some(StopCause::TimedOut(Limit::Run))), State::TlsHandshakeFailed),
            ("closed", implicit(Kind::Closed), State::ConnectionClosed),
            ("reset", implicit(Kind::Reset), State::ConnectionReset),
            ("silence after our hello", implicit(Kind::TimedOut(Limit::Stage)), State::NoGreeting),
        ],
    );
    let small_only = again(Some(StopCause::Closed));
    fail_at(
        Stage::Tls,
        [("only small hellos work", small_only, State::TlsHandshakeFailed, FindingId::LargeHelloDropped)],
    );
    let broken = the(FindingId::TlsHandshakeFailed, &fail(alert("internal_error")));
    // Before TLS 1.3 there is no alert of its own for a client certificate that is missing.
    let mut sent = fail(alert("handshake_failure"));
    assert!(the(FindingId::TlsHandshakeFailed, &sent).message.contains("no common ground"));
    sent.attempts[0].tls = Some(tls());
    let wanted = the(FindingId::TlsHandshakeFailed, &sent).message;
    assert!(wanted.contains("client certificate") && !wanted.contains("common ground"), "{wanted}");
    assert!(broken.message.contains("certificate") && broken.evidence.as_deref() == Some("TLS alert internal_error"));
}

fn wants(lacking: &[TlsPart], clients: &[(&str, Option<bool>)], certificate: Option<TlsFacts>) -> Observation {
    let alert = TlsFailureKind::Alert("protocol_version".to_owned());
    let failed = handshake_failed(Service::Imaps, alert);
    let mut observation = looked(failed, Purpose::OldTls, |look| look.tls = certificate);
    let outcome =
        |(client, agrees): &(&str, Option<bool>)| ClientOutcome { client: (*client).to_owned(), agrees: *agrees };
    observation.tls_survey = Some(TlsSurvey {
        version: "TLSv1.2".to_owned(),
        cipher_suite: "TLS_RSA_WITH_AES_128_CBC_SHA".to_owned(),
        group: Some("secp521r1".to_owned()),
        lacking: lacking.to_vec(),
        clients: clients.iter().map(outcome).collect(),
        ..TlsSurvey::default()
    });
    observation
}

#[test]
fn tls_that_mailprobe_does_not_speak_is_a_warning_where_most_clients_do() {
    let most = [("A 1", Some(true)), ("B 2", Some(true)), ("C 3", Some(false))];
    let diagnosis = diagnose(&wants(&[TlsPart::Group], &most, Some(tls())));
    assert_eq!((diagnosis.state, diagnosis.failed_stage), (State::TlsUnsupportedHere, Some(Stage::Tls)));
    let finding = &diagnosis.findings[0];
    assert_eq!((finding.id, finding.severity), (FindingId::TlsUnsupportedHere, Severity::Warning));
    assert_eq!(
        finding.message,
        "The server chose a group (secp521r1) that mailprobe's own TLS library does not offer, and agreed to nothing that it \
         does offer. By their defaults, A 1 and B 2 can agree with it, C 3 cannot. What the server offers inside TLS could not be \
         seen.",
    );

    let expired = TlsFacts { faults: vec![CertificateFault::Expired], ..tls() };
    let diagnosis = diagnose(&wants(&[TlsPart::Group], &most, Some(expired)));
    let ids: Vec<FindingId> = diagnosis.findings.iter().map(|finding| finding.id).collect();
    assert_eq!(diagnosis.state, State::CertificateInvalid);
    assert_eq!(ids, [FindingId::CertificateExpired, FindingId::TlsUnsupportedHere]);
}

#[test]
fn tls_that_few_clients_speak_is_a_failure() {
    let few = [("A 1", Some(true)), ("B 2", Some(false)), ("C 3", None)];
    for (lacking, id) in [
        (&[TlsPart::CipherSuite][..], FindingId::RetiredSuitesOnly),
        (&[TlsPart::Group], FindingId::TlsHandshakeFailed),
        (&[TlsPart::CipherSuite, TlsPart::SignatureAlgorithm], FindingId::TlsHandshakeFailed),
    ] {
        let diagnosis = diagnose(&wants(lacking, &few, None));
        assert_eq!((diagnosis.state, diagnosis.findings[0].id), (State::TlsHandshakeFailed, id));
        let message = &diagnosis.findings[0].message;
        assert!(message.contains("A 1 can agree with it, B 2 cannot. For C 3 it was not found out."), "{message}");
        assert!(message.contains("nor its certificate"), "{message}");
    }
    // A server that chose a current version is not too old, whatever its alert says.
    let unexplained = wants(&[], &few, None);
    assert_eq!(diagnose(&unexplained).state, State::TlsHandshakeFailed);
}

/// Where TLS comes first, silence is that of a server that is slow to greet: another that answers proves no fault.
#[test]
fn silence_before_tls_is_no_failed_handshake() {
    let silent = || handshake_failed(Service::Imaps, TlsFailureKind::TimedOut(Limit::Stage));
    let answered = || looked(silent(), Purpose::ClassicHello, |look| look.tls = Some(tls()));
    let answered_again = looked(answered(), Purpose::ClassicHello, |look| look.tls = Some(tls()));
    let slow_again = looked(answered(), Purpose::ClassicHello, |look| {
        look.stop = stopped(Stage::Tls, StopCause::TimedOut(Limit::Stage));
    });
    let worked_at_last = looked(answered_again.clone(), Purpose::Probe, |look| look.tls = Some(tls()));
    for (what, observation) in [("once", answered()), ("slow again", slow_again), ("at last", worked_at_last)] {
        fail_at(Stage::Tls, [(what, observation.clone(), State::NoGreeting, FindingId::NoGreeting)]);
        let finding = the(FindingId::NoGreeting, &observation);
        assert!(finding.message.contains("Another connection was answered"), "{finding:?}");
        assert!(finding.hint.is_some_and(|hint| hint.contains("name lookup")));
    }
    let large_only = looked(answered_again, Purpose::Probe, |look| {
        look.stages.push(record(Stage::Tls, StageOutcome::Failed, 10.0));
        look.stop = stopped(Stage::Tls, StopCause::TimedOut(Limit::Stage));
    });
    let dropped = FindingId::LargeHelloDropped;
    fail_at(Stage::Tls, [("only small hellos are answered", large_only, State::TlsHandshakeFailed, dropped)]);
}

/// Small packets that work, and which of the usual ones do not, tell whose large packets get lost.
#[test]
fn lost_large_packets_are_told_by_their_direction() {
    let stalled = || handshake_failed(Service::Submissions, TlsFailureKind::TimedOut(Limit::Stage));
    let look = |observation, purpose, works: bool, seconds: f64| {
        looked(observation, purpose, |look| {
            let outcome = if works { StageOutcome::Ok } else { StageOutcome::Failed };
            look.stages.push(record(Stage::Tls, outcome, seconds));
            if works {
                look.tls = Some(tls());
            } else {
                look.stop = stopped(Stage::Tls, StopCause::TimedOut(Limit::Stage));
            }
        })
    };
    let works = |observation, purpose| look(observation, purpose, true, 0.1);
    let fails = |observation, purpose| look(observation, purpose, false, 5.0);
    let twice = || works(works(stalled(), Purpose::SmallSegments), Purpose::SmallSegments);
    let hole = FindingId::MtuBlackHole;
    let to_server = fails(works(twice(), Purpose::ClassicHello), Purpose::Probe);
    let from_server = fails(twice(), Purpose::ClassicHello);
    for (observation, words) in [(to_server, "packets to the server"), (from_server, "packets from the server")] {
        fail_at(Stage::Tls, [(words, observation.clone(), State::TlsHandshakeFailed, hole)]);
        assert!(the(hole, &observation).message.contains(words));
    }
    let mut through_a_tunnel = fails(twice(), Purpose::ClassicHello);
    through_a_tunnel.interface = Some(OutgoingInterface { name: "wg0".to_owned(), is_point_to_point: true });
    let hint = the(hole, &through_a_tunnel).hint.unwrap_or_default();
    assert!(hint.starts_with("Probably wg0, the tunnel") && hint.contains("dev wg0 mtu 1280"), "{hint}");
    let not_proven = [
        ("worked at last", works(works(twice(), Purpose::ClassicHello), Purpose::Probe)),
        ("every second time", fails(works(stalled(), Purpose::SmallSegments), Purpose::SmallSegments)),
        ("cut short", look(twice(), Purpose::ClassicHello, false, 0.01)),
        ("cut short before the last", twice()),
    ];
    for (what, observation) in not_proven {
        fail_at(Stage::Tls, [(what, observation, State::NoGreeting, FindingId::NoGreeting)]);
    }
    let after_starttls = handshake_failed(Service::Submission, TlsFailureKind::TimedOut(Limit::Stage));
    let once = works(after_starttls, Purpose::SmallSegments);
    let undetermined = works(once.clone(), Purpose::SmallSegments);
    for (observation, words) in
        [(undetermined, "not determined"), (fails(once, Purpose::SmallSegments), "intermittent")]
    {
        fail_at(Stage::Tls, [(words, observation.clone(), State::TlsHandshakeFailed, FindingId::TlsHandshakeFailed)]);
        assert!(the(FindingId::TlsHandshakeFailed, &observation).message.contains(words));
    }
}

#[test]
fn every_fault_of_a_certificate_is_told() {
    use CertificateFault as Fault;
    let (faults, findings): (Vec<_>, Vec<_>) = [
        (Fault::Expired, FindingId::CertificateExpired),
        (Fault::NotYetValid, FindingId::CertificateNotYetValid),
        (Fault::WrongName, FindingId::CertificateWrongName),
        (Fault::SelfSigned, FindingId::CertificateSelfSigned),
        (Fault::UnknownIssuer, FindingId::CertificateUnknownIssuer),
        (Fault::WrongPurpose, FindingId::CertificateWrongPurpose),
        (Fault::Unusable(UnusableReason::IsCa), FindingId::CertificateUnusable),
    ]
    .into_iter()
    .unzip();
    let observation = faulty(Service::Imaps, &faults);
    comes_to("all at once", &observation, State::CertificateInvalid, Some(Stage::Tls), &findings);
}

fn with_certificate(change: impl FnOnce(&mut CertificateFacts), faults: &[CertificateFault]) -> Observation {
    let mut observation = faulty(Service::Imaps, faults);
    if let Some(facts) = observation.attempts[0].tls.as_mut().and_then(|tls| tls.certificate.as_mut()) {
        change(facts);
    }
    observation
}

#[test]
fn the_other_list_of_authorities_is_named_where_it_trusts_the_certificate() {
    for (fault, id) in [
        (CertificateFault::UnknownIssuer, FindingId::CertificateUnknownIssuer),
        (CertificateFault::SelfSigned, FindingId::CertificateSelfSigned),
    ] {
        for (store, option) in [(TrustStore::System, "--trust system"), (TrustStore::WebPki, "--trust webpki")] {
            let trusted = with_certificate(|facts| facts.chain.trusted_by = Some(store), std::slice::from_ref(&fault));
            let hint = the(id, &trusted).hint.expect("a hint");
            assert!(hint.contains(option), "{id}: {hint}");
        }
        let hint = the(id, &with_certificate(|_| {}, std::slice::from_ref(&fault))).hint.expect("a hint");
        assert!(!hint.contains("--trust "), "{id}: {hint}");
    }
}

#[test]
fn an_expired_certificate_says_since_when() {
    let expired = |days_left| {
        let observation = with_certificate(|facts| *facts = certificate(days_left), &[CertificateFault::Expired]);
        the(FindingId::CertificateExpired, &observation).message
    };
    assert_eq!(expired(-3), "The certificate expired on 2026-11-20, 3 days ago.");
    assert_eq!(expired(-1), "The certificate expired on 2026-11-22, a day ago.");
}

#[test]
fn the_end_is_told_two_weeks_before() {
    let left = |days, lifetime| {
        let observation = with_certificate(
            |facts| *facts = CertificateFacts { not_before: NOW + (days - lifetime) * DAY, ..certificate(days) },
            &[],
        );
        let diagnosis = diagnose(&observation);
        assert_eq!(diagnosis.state, State::Ok);
        ids(&diagnosis).contains(&FindingId::CertificateExpiresSoon)
    };
    assert!(left(13, 90) && left(0, 90) && left(1, 6));
    assert!(!left(14, 90) && !left(5, 6), "a certificate for six days is not always about to expire");
    // Every life from its first day on: how many days before its end is it said first?
    for (life, first) in
        [(6, 1), (7, 1), (8, 1), (10, 2), (14, 3), (21, 5), (30, 7), (45, 11), (47, 11), (64, 13), (90, 13), (200, 13)]
    {
        for days in (0..=life).rev() {
            assert_eq!(left(days, life), days <= first, "{life} days, {days} left");
        }
    }
}

#[test]
fn a_wrong_name_says_what_the_certificate_is_for() {
    let observation = with_certificate(
        |facts| facts.names = vec!["a.example".to_owned(), "b.example".to_owned()],
        &[CertificateFault::WrongName],
    );
    let finding = the(FindingId::CertificateWrongName, &observation);
    assert_eq!(finding.evidence.as_deref(), Some("it is for a.example, b.example"));
}

#[test]
fn an_inspecting_issuer_is_suspected_and_no_more() {
    let observation = with_certificate(|facts| facts.issuer = "CN=Avast Web/Mail Shield Root".to_owned(), &[]);
    let diagnosis = diagnose(&observation);
    assert_eq!(diagnosis.state, State::Ok);
    let finding = the(FindingId::InterceptionSuspected, &observation);
    assert!(finding.message.starts_with("Probably"));
}

#[test]
fn what_stops_the_check_inside_tls_hides_no_fault_of_the_certificate() {
    let mut observation = faulty(Service::Submissions, &[CertificateFault::Expired]);
    observation.attempts[0].stop = stopped(Stage::SecuredCapabilities, StopCause::Closed);
    let diagnosis = diagnose(&observation);
    assert_eq!((diagnosis.state, diagnosis.failed_stage), (State::ConnectionClosed, Some(Stage::SecuredCapabilities)));
    assert!(ids(&diagnosis).contains(&FindingId::CertificateExpired));
}

#[test]
fn logins_offered_too_early_or_not_at_all() {
    let offered = |service, list: fn(&mut Conversation) -> &mut Option<Capabilities>, offered| {
        let mut observation = healthy(service);
        *list(&mut observation.attempts[0].conversation) = Some(offered);
        ids(&diagnose(&observation))
    };
    let before = |service, list| offered(service, |conversation| &mut conversation.plaintext, list);
    let inside = |service, list| offered(service, |conversation| &mut conversation.secured, list);
    let password = |keywords| Capabilities { password_login: true, ..offering(keywords, &[]) };
    let early = [FindingId::PlaintextLoginOffered];
    assert_eq!(before(Service::Submission, offering(&["AUTH PLAIN"], &["PLAIN"])), early);
    assert_eq!(before(Service::Pop3, password(&["USER"])), early);
    assert_eq!(before(Service::Imap, Capabilities { login_disabled: true, ..password(&[]) }), []);
    assert_eq!(before(Service::Imap, offering(&["AUTH=SCRAM-SHA-256"], &["SCRAM-SHA-256"])), []);
    assert_eq!(inside(Service::Submissions, offering(&["PIPELINING"], &[])), [FindingId::LoginNotOffered]);
    assert_eq!(inside(Service::Smtp, offering(&["PIPELINING"], &[])), []);
    assert_eq!(inside(Service::Smtp, Capabilities::default()), [FindingId::EhloNotSupported]);
    assert_eq!(before(Service::Pop3, Capabilities::default()), [FindingId::CapaNotSupported]);
}

#[test]
fn a_session_that_is_logged_in_from_the_start_is_told() {
    let mut observation = healthy(Service::Imaps);
    let mut greeting = reply(Status::Positive, "* PREAUTH welcome");
    greeting.word = "PREAUTH".to_owned();
    observation.attempts[0].conversation.greeting = Some(greeting);
    assert_eq!(diagnose(&observation).findings[0].id, FindingId::ImapPreauth);
}

#[test]
fn where_an_inspecting_device_is_likelier_nothing_is_to_be_changed_at_the_server() {
    let observation = with_certificate(
        |facts| facts.issuer = "CN=Avast Web/Mail Shield Root".to_owned(),
        &[CertificateFault::UnknownIssuer],
    );
    let hint = the(FindingId::CertificateUnknownIssuer, &observation).hint;
    assert_eq!(hint, the(FindingId::InterceptionSuspected, &observation).hint);
    assert!(hint.is_some_and(|hint| hint.starts_with("Compare from another network")));
}

#[test]
fn what_is_documented_with_a_hint_has_one() {
    for (service, id) in [(Service::Smtp, FindingId::EhloNotSupported), (Service::Pop3, FindingId::CapaNotSupported)] {
        let mut observation = healthy(service);
        let conversation = &mut observation.attempts[0].conversation;
        (conversation.plaintext, conversation.secured) = (Some(Capabilities::default()), Some(Capabilities::default()));
        assert!(the(id, &observation).hint.is_some(), "{id}");
    }
}

#[test]
fn a_mail_service_that_goes_on_is_no_captive_portal() {
    let greeting = "220 please visit http://help.example.org/login for postmaster info ESMTP";
    let portal = ended_by_dialogue(Service::Submission, Stage::Capabilities, Stop::StarttlsNotOffered);
    let mut portal = greeted(portal, greeting);
    let suspected =
        |observation: &Observation| ids(&diagnose(observation)).contains(&FindingId::CaptivePortalSuspected);
    portal.attempts[0].conversation.plaintext = None;
    assert!(suspected(&portal));
    portal.attempts[0].conversation.plaintext = Some(offering(&["PIPELINING"], &[]));
    assert!(!suspected(&portal));
}

#[test]
fn a_refusal_that_names_no_list_does_not_send_anybody_to_look_there() {
    let hint = |text: &str| {
        let refused = Stop::Rejected(reply(Status::Permanent, text));
        the(FindingId::AddressBlocklisted, &ended_by_dialogue(Service::Smtp, Stage::Greeting, refused)).hint
    };
    let unnamed = hint("550 5.7.606 Access denied, banned sending IP [203.0.113.9]").unwrap_or_default();
    assert!(unnamed.starts_with("Ask whoever runs the server which list"), "{unnamed}");
    let named = hint("554 5.7.1 Client host blocked using zen.example.org").unwrap_or_default();
    assert!(named.contains("the list that the reply names"), "{named}");
}
