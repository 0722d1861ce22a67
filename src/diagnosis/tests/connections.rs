//! Names and connections.

use super::sample::*;
use super::{fail_as_named, fail_at, the};
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
        (LookupFailureKind::NoSuchName, State::DnsNoSuchName),
        (LookupFailureKind::NoAddress, State::DnsNoAddress),
        (LookupFailureKind::NoIpv4Address, State::DnsNoAddress),
        (LookupFailureKind::NoIpv6Address, State::DnsNoAddress),
        (LookupFailureKind::NoMail, State::DnsNoMail),
        (LookupFailureKind::TimedOut, State::DnsTimeout),
        (LookupFailureKind::Failed, State::DnsFailed),
        (LookupFailureKind::Local, State::LocalError),
    ];
    fail_as_named(Stage::Resolve, cases.map(|(kind, state)| (kind.name(), lookup_failed(kind), state)));
}

#[test]
fn connect_errors_without_icmp() {
    use ConnectFailureKind::{HostUnreachable, NetworkUnreachable, Other, Prohibited, Refused, TimedOut};
    use FindingId::{ConnectFailed, NoRoute, RejectedByThisMachine, RejectedByUnknown};
    use State::AdministrativelyProhibited;
    let here = |kind, os_error| {
        observed(Service::Submission, |attempt| {
            let failure = ConnectFailure { on_this_machine: true, os_error, ..connect_failure(kind) };
            attempt.stop = stopped(Stage::Connect, StopCause::Connect(failure));
        })
    };
    let by_rule = |kind, number| {
        let mut observation = here(kind, Some(number));
        if let Some(StopCause::Connect(failure)) = observation.attempts[0].stop.as_mut().map(|stop| &mut stop.cause) {
            failure.route_exists = true;
        }
        observation
    };
    let there = |kind| connect_failed(Service::Submission, kind);
    fail_as_named(
        Stage::Connect,
        [("reset", there(Refused), State::ConnectionRefused), ("silence", there(TimedOut), State::ConnectionTimeout)],
    );
    fail_at(
        Stage::Connect,
        [
            ("network, teller unknown", there(NetworkUnreachable), State::NetworkUnreachable, RejectedByUnknown),
            ("host, teller unknown", there(HostUnreachable), State::HostUnreachable, RejectedByUnknown),
            ("rule, teller unknown", there(Prohibited), State::AdministrativelyProhibited, RejectedByUnknown),
            ("no cause named", there(Other), State::Inconclusive, ConnectFailed),
            ("no route", here(NetworkUnreachable, None), State::NetworkUnreachable, NoRoute),
            ("unreachable route", here(HostUnreachable, None), State::HostUnreachable, RejectedByThisMachine),
            ("prohibit route", here(Prohibited, None), State::AdministrativelyProhibited, RejectedByThisMachine),
            ("blackhole route", here(Other, Some(22)), State::NetworkUnreachable, RejectedByThisMachine),
            ("blackhole", here(NetworkUnreachable, Some(22)), State::NetworkUnreachable, RejectedByThisMachine),
            ("rule for the port", by_rule(NetworkUnreachable, 101), AdministrativelyProhibited, RejectedByThisMachine),
            ("its blackhole", by_rule(NetworkUnreachable, 22), AdministrativelyProhibited, RejectedByThisMachine),
            ("cannot start", here(Other, Some(99)), State::Inconclusive, ConnectFailed),
        ],
    );
}

#[test]
fn icmp_gives_the_state_whatever_the_error_number() {
    use State::{AdministrativelyProhibited, ConnectionRefused, HostUnreachable, NetworkUnreachable};
    let v4 = |icmp_type, code| icmp4(icmp_type, code, "10.0.0.1");
    let v6 = |icmp_type, code| icmp6(icmp_type, code, "2001:db8::1");
    let cases = [
        (NetworkUnreachable, vec![v4(3, 0), v4(3, 6), v4(3, 11), v6(1, 0)]),
        (HostUnreachable, vec![v4(3, 1), v4(3, 5), v4(3, 7), v4(3, 12), v4(11, 0), v6(1, 3), v6(3, 0)]),
        (AdministrativelyProhibited, vec![v4(3, 9), v4(3, 10), v4(3, 13), v6(1, 1), v6(1, 5), v6(1, 6)]),
        (ConnectionRefused, vec![v4(3, 3), v6(1, 4)]),
    ];
    for (state, icmp) in cases.into_iter().flat_map(|(state, all)| all.into_iter().map(move |icmp| (state, icmp))) {
        // Linux gives the same number for quite different messages.
        for kind in [ConnectFailureKind::HostUnreachable, ConnectFailureKind::NetworkUnreachable] {
            assert_eq!(diagnose(&with_icmp(kind, icmp, false)).state, state, "{icmp:?}");
        }
        assert_ne!(icmp_meaning(&icmp), "an ICMP error", "{icmp:?}");
    }
    assert_eq!(diagnose(&with_icmp(ConnectFailureKind::Refused, v4(200, 0), false)).state, ConnectionRefused);
}

#[test]
fn icmp_is_told_in_plain_words() {
    let cases = [
        (icmp4(3, 3, "10.0.0.1"), "port unreachable"),
        (icmp6(1, 4, "2001:db8::1"), "port unreachable"),
        (icmp4(3, 15, "10.0.0.1"), "destination unreachable"),
        (icmp6(1, 7, "2001:db8::1"), "destination unreachable"),
        (icmp6(1, 2, "2001:db8::1"), "beyond the scope of the source address"),
        (icmp6(1, 5, "2001:db8::1"), "source address rejected by a policy"),
        (icmp6(1, 6, "2001:db8::1"), "reject route to the destination"),
    ];
    for (icmp, meaning) in cases {
        assert_eq!(icmp_meaning(&icmp), meaning, "{icmp:?}");
    }
}

#[test]
fn icmp_says_who() {
    use ConnectFailureKind::{HostUnreachable as Unreachable, NoNeighbour as Neighbour, Refused};
    use FindingId::{NoNeighbour, RejectedByHost, RejectedByRouter, RejectedByThisMachine, RejectedByUnknown};
    use State::{AdministrativelyProhibited, ConnectionRefused, HostUnreachable};
    let prohibited = |from| icmp4(3, 13, from);
    let (own, router) = ("192.0.2.99", "10.0.0.1");
    let nobody = Icmp { from: None, ..icmp4(3, 1, router) };
    let cases = [
        ("the host itself", Unreachable, prohibited(ADDRESS), false, AdministrativelyProhibited, RejectedByHost),
        ("a router", Unreachable, prohibited(router), false, AdministrativelyProhibited, RejectedByRouter),
        ("this machine's firewall", Refused, icmp4(3, 3, own), true, ConnectionRefused, RejectedByThisMachine),
        ("no neighbour", Neighbour, icmp4(3, 1, own), false, HostUnreachable, NoNeighbour),
        ("no neighbour, IPv6", Neighbour, icmp6(1, 3, "2001:db8::99"), false, HostUnreachable, NoNeighbour),
        ("this machine's rule", Unreachable, icmp4(3, 1, own), true, HostUnreachable, RejectedByThisMachine),
        ("this machine is the host", Refused, icmp4(3, 3, ADDRESS), true, ConnectionRefused, RejectedByThisMachine),
        ("packets go in circles", Unreachable, icmp4(11, 0, router), false, HostUnreachable, RejectedByRouter),
        ("nobody knows", Unreachable, nobody, false, HostUnreachable, RejectedByUnknown),
    ];
    fail_at(
        Stage::Connect,
        cases.map(|(name, kind, icmp, here, state, finding)| (name, with_icmp(kind, icmp, here), state, finding)),
    );
    let by_router = the(RejectedByRouter, &with_icmp(Unreachable, prohibited(router), false));
    assert!(by_router.message.contains(router), "{}", by_router.message);
    assert_eq!(by_router.evidence.as_deref(), Some("ICMP type 3 code 13 from 10.0.0.1: administratively prohibited"));
}

#[test]
fn of_one_silent_port_nothing_is_concluded() {
    for service in [Service::Smtp, Service::Imaps] {
        let told = the(FindingId::ConnectionTimeout, &connect_failed(service, ConnectFailureKind::TimedOut));
        assert_eq!(told.message, "The port did not answer.");
        assert!(told.evidence.as_deref().is_some_and(|text| text.contains("5.0 s")), "{:?}", told.evidence);
    }
}

#[test]
fn what_is_not_the_servers_doing_is_not_laid_at_its_door() {
    for stage in [Stage::Connect, Stage::Greeting, Stage::Tls] {
        let at = |cause| observed(Service::Imaps, |attempt| attempt.stop = stopped(stage, cause));
        let deadline = at(StopCause::TimedOut(Limit::Run));
        fail_at(stage, [("deadline", deadline, State::Inconclusive, FindingId::DeadlineReached)]);
        fail_as_named(
            stage,
            [
                ("interrupted", at(StopCause::Interrupted), State::Interrupted),
                ("local", at(StopCause::Local("too many open files".to_owned())), State::LocalError),
                ("internal", at(StopCause::Internal("index out of bounds".to_owned())), State::InternalError),
            ],
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
        let at = |stage| {
            diagnose(&observed(Service::Smtp, |attempt| attempt.stop = stopped(stage, StopCause::TimedOut(limit))))
        };
        assert_eq!(at(Stage::Connect).state, State::ConnectionTimeout);
        assert_eq!(at(Stage::Greeting).state, State::NoGreeting);
    }
}

#[test]
fn a_refusal_is_told_in_the_same_words_on_every_port() {
    let refused = |service| the(FindingId::ConnectionRefused, &connect_failed(service, ConnectFailureKind::Refused));
    for &service in Service::ALL {
        assert_eq!(refused(service), refused(Service::Smtp));
    }
}
