//! Names and connections.

use super::sample::*;
use super::{Case, check, the};
use crate::diagnosis::{FindingId, State, diagnose, icmp_meaning};
use crate::observation::*;
use crate::service::Service;

fn lookup_failed(kind: LookupFailureKind) -> Observation {
    let mut observation = observed(Service::Smtp, |_| ());
    observation.attempts.clear();
    observation.endpoint.address = None;
    observation.lookup = Some(LookupFailure { kind, message: "the resolver's words".to_owned() });
    observation
}

#[test]
fn a_name_without_an_address_says_why() {
    let cases = [
        (LookupFailureKind::NoSuchName, State::DnsNoSuchName, &[FindingId::DnsNoSuchName]),
        (LookupFailureKind::NoAddress, State::DnsNoAddress, &[FindingId::DnsNoAddress]),
        (LookupFailureKind::NoIpv4Address, State::DnsNoAddress, &[FindingId::DnsNoAddress]),
        (LookupFailureKind::NoIpv6Address, State::DnsNoAddress, &[FindingId::DnsNoAddress]),
        (LookupFailureKind::NoMail, State::DnsNoMail, &[FindingId::DnsNoMail]),
        (LookupFailureKind::TimedOut, State::DnsTimeout, &[FindingId::DnsTimeout]),
        (LookupFailureKind::Failed, State::DnsFailed, &[FindingId::DnsFailed]),
        (LookupFailureKind::Local, State::LocalError, &[FindingId::LocalError]),
    ];
    check(
        cases
            .into_iter()
            .map(|(kind, state, findings)| Case {
                name: kind.name(),
                observation: lookup_failed(kind),
                state,
                failed_stage: Some(Stage::Resolve),
                findings,
            })
            .collect(),
    );
}

#[test]
fn connect_errors_without_icmp() {
    use ConnectFailureKind as Kind;
    let here = |kind, os_error| {
        observed(Service::Submission, |attempt| {
            let failure = ConnectFailure { on_this_machine: true, os_error, ..connect_failure(kind) };
            attempt.stop = stopped(Stage::Connect, Cause::Connect(failure));
        })
    };
    let there = |kind| connect_failed(Service::Submission, kind);
    let cases: Vec<(&str, Observation, State, &[FindingId])> = vec![
        ("reset", there(Kind::Refused), State::ConnectionRefused, &[FindingId::ConnectionRefused]),
        ("silence", there(Kind::TimedOut), State::ConnectionTimeout, &[FindingId::ConnectionTimeout]),
        (
            "network, teller unknown",
            there(Kind::NetworkUnreachable),
            State::NetworkUnreachable,
            &[FindingId::RejectedByUnknown],
        ),
        ("host, teller unknown", there(Kind::HostUnreachable), State::HostUnreachable, &[FindingId::RejectedByUnknown]),
        (
            "rule, teller unknown",
            there(Kind::Prohibited),
            State::AdministrativelyProhibited,
            &[FindingId::RejectedByUnknown],
        ),
        ("no cause named", there(Kind::Other), State::Inconclusive, &[FindingId::ConnectFailed]),
        ("no route", here(Kind::NetworkUnreachable, None), State::NetworkUnreachable, &[FindingId::NoRoute]),
        (
            "unreachable route",
            here(Kind::HostUnreachable, None),
            State::HostUnreachable,
            &[FindingId::RejectedByThisMachine],
        ),
        (
            "prohibit route",
            here(Kind::Prohibited, None),
            State::AdministrativelyProhibited,
            &[FindingId::RejectedByThisMachine],
        ),
        (
            "blackhole route",
            here(Kind::Other, Some(22)),
            State::NetworkUnreachable,
            &[FindingId::RejectedByThisMachine],
        ),
        ("cannot start", here(Kind::Other, Some(99)), State::Inconclusive, &[FindingId::ConnectFailed]),
    ];
    check(
        cases
            .into_iter()
            .map(|(name, observation, state, findings)| Case {
                name,
                observation,
                state,
                failed_stage: Some(Stage::Connect),
                findings,
            })
            .collect(),
    );
}

#[test]
fn icmp_gives_the_state_whatever_the_error_number() {
    use State::{
        AdministrativelyProhibited as Rule, ConnectionRefused as Refused, HostUnreachable, NetworkUnreachable,
    };
    let router = "10.0.0.1";
    let mut cases: Vec<(Icmp, State)> = Vec::new();
    for code in [0, 6, 11] {
        cases.push((icmp4(3, code, router), NetworkUnreachable));
    }
    for code in [1, 5, 7, 12] {
        cases.push((icmp4(3, code, router), HostUnreachable));
    }
    for code in [9, 10, 13] {
        cases.push((icmp4(3, code, router), Rule));
    }
    cases.extend([(icmp4(3, 3, router), Refused), (icmp4(11, 0, router), HostUnreachable)]);
    let router = "2001:db8::1";
    for code in [1, 5, 6] {
        cases.push((icmp6(1, code, router), Rule));
    }
    cases.extend([
        (icmp6(1, 0, router), NetworkUnreachable),
        (icmp6(1, 3, router), HostUnreachable),
        (icmp6(3, 0, router), HostUnreachable),
        (icmp6(1, 4, router), Refused),
    ]);
    for (icmp, state) in cases {
        // Linux gives the same number for quite different messages.
        for kind in [ConnectFailureKind::HostUnreachable, ConnectFailureKind::NetworkUnreachable] {
            let diagnosis = diagnose(&with_icmp(kind, icmp, false));
            assert_eq!(diagnosis.state, state, "{icmp:?}");
        }
        assert_ne!(icmp_meaning(&icmp), "an ICMP error", "{icmp:?}");
    }
    let unknown = icmp4(200, 0, "10.0.0.1");
    assert_eq!(diagnose(&with_icmp(ConnectFailureKind::Refused, unknown, false)).state, State::ConnectionRefused);
}

#[test]
fn icmp_says_who() {
    let kind = ConnectFailureKind::HostUnreachable;
    let cases: Vec<(&str, Observation, State, &[FindingId])> = vec![
        (
            "the host itself",
            with_icmp(kind, icmp4(3, 13, ADDRESS), false),
            State::AdministrativelyProhibited,
            &[FindingId::RejectedByHost],
        ),
        (
            "a router",
            with_icmp(kind, icmp4(3, 13, "10.0.0.1"), false),
            State::AdministrativelyProhibited,
            &[FindingId::RejectedByRouter],
        ),
        (
            "this machine's firewall",
            with_icmp(ConnectFailureKind::Refused, icmp4(3, 3, "192.0.2.99"), true),
            State::ConnectionRefused,
            &[FindingId::RejectedByThisMachine],
        ),
        (
            "no neighbour",
            with_icmp(ConnectFailureKind::NoNeighbour, icmp4(3, 1, "192.0.2.99"), false),
            State::HostUnreachable,
            &[FindingId::NoNeighbour],
        ),
        (
            "no neighbour, IPv6",
            with_icmp(ConnectFailureKind::NoNeighbour, icmp6(1, 3, "2001:db8::99"), false),
            State::HostUnreachable,
            &[FindingId::NoNeighbour],
        ),
        (
            "a rule on this machine that says host unreachable",
            with_icmp(kind, icmp4(3, 1, "192.0.2.99"), true),
            State::HostUnreachable,
            &[FindingId::RejectedByThisMachine],
        ),
        (
            "this machine is the host",
            with_icmp(ConnectFailureKind::Refused, icmp4(3, 3, ADDRESS), true),
            State::ConnectionRefused,
            &[FindingId::RejectedByThisMachine],
        ),
        (
            "packets go in circles",
            with_icmp(kind, icmp4(11, 0, "10.0.0.1"), false),
            State::HostUnreachable,
            &[FindingId::RejectedByRouter],
        ),
        (
            "nobody knows",
            with_icmp(kind, Icmp { from: None, ..icmp4(3, 1, "10.0.0.1") }, false),
            State::HostUnreachable,
            &[FindingId::RejectedByUnknown],
        ),
    ];
    check(
        cases
            .into_iter()
            .map(|(name, observation, state, findings)| Case {
                name,
                observation,
                state,
                failed_stage: Some(Stage::Connect),
                findings,
            })
            .collect(),
    );
    let by_router = the(FindingId::RejectedByRouter, &with_icmp(kind, icmp4(3, 13, "10.0.0.1"), false));
    assert!(by_router.message.contains("10.0.0.1"), "{}", by_router.message);
    assert_eq!(by_router.evidence.as_deref(), Some("ICMP type 3 code 13 from 10.0.0.1: administratively prohibited"));
}

#[test]
fn only_port_25_is_said_to_look_blocked() {
    let smtp = the(FindingId::ConnectionTimeout, &connect_failed(Service::Smtp, ConnectFailureKind::TimedOut));
    assert!(
        smtp.message.contains("blocked port") && smtp.evidence.as_deref().is_some_and(|text| text.contains("5.0 s"))
    );
    let imaps = the(FindingId::ConnectionTimeout, &connect_failed(Service::Imaps, ConnectFailureKind::TimedOut));
    assert!(!imaps.message.contains("25"));
}

#[test]
fn what_is_not_the_servers_doing_is_not_laid_at_its_door() {
    let cases: Vec<(&str, Cause, State, &[FindingId])> = vec![
        ("deadline", Cause::TimedOut(Limit::Run), State::Inconclusive, &[FindingId::DeadlineReached]),
        ("interrupted", Cause::Interrupted, State::Interrupted, &[FindingId::Interrupted]),
        ("local", Cause::Local("too many open files".to_owned()), State::LocalError, &[FindingId::LocalError]),
        (
            "internal",
            Cause::Internal("index out of bounds".to_owned()),
            State::InternalError,
            &[FindingId::InternalError],
        ),
    ];
    for stage in [Stage::Connect, Stage::Greeting, Stage::Tls] {
        check(
            cases
                .iter()
                .map(|(name, cause, state, findings)| Case {
                    name,
                    observation: observed(Service::Imaps, |attempt| attempt.stop = stopped(stage, cause.clone())),
                    state: *state,
                    failed_stage: Some(stage),
                    findings,
                })
                .collect(),
        );
    }
    let in_handshake = handshake_failed(Service::Imaps, TlsFailureKind::TimedOut(Limit::Run));
    assert_eq!(diagnose(&in_handshake).state, State::Inconclusive);
    let mut untried = observed(Service::Imaps, |_| ());
    untried.attempts.clear();
    assert_eq!(diagnose(&untried).state, State::Inconclusive);
}

#[test]
fn the_stages_limit_and_the_endpoints_give_the_same_state() {
    for limit in [Limit::Stage, Limit::Endpoint] {
        let at =
            |stage| diagnose(&observed(Service::Smtp, |attempt| attempt.stop = stopped(stage, Cause::TimedOut(limit))));
        assert_eq!(at(Stage::Connect).state, State::ConnectionTimeout);
        assert_eq!(at(Stage::Greeting).state, State::NoGreeting);
    }
}

#[test]
fn a_refusal_is_told_in_the_same_words_on_every_port() {
    let refused = |service| {
        let failure = ConnectFailure {
            kind: ConnectFailureKind::Refused,
            icmp: None,
            on_this_machine: false,
            os_error: Some(111),
            message: "Connection refused".to_owned(),
        };
        the(
            FindingId::ConnectionRefused,
            &observed(service, |attempt| attempt.stop = stopped(Stage::Connect, Cause::Connect(failure))),
        )
    };
    for &service in Service::ALL {
        assert_eq!(refused(service), refused(Service::Smtp));
    }
}
