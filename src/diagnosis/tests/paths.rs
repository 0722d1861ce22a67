//! The way to a port, in words that never say more than the evidence.

use super::sample::*;
use super::{ids, the};
use crate::diagnosis::{FindingId, Severity, State, diagnose, whereabouts};
use crate::observation::path::{Edge, Hop, HopAnswer, HopReply, How, Path, Place, Untraceable};
use crate::observation::{ConnectFailureKind, Observation, Stage, StopCause};
use crate::protocol::Stop;
use crate::service::Service;

/// Without an address where the text is none.
fn edge(ttl: u8, address: &str) -> Edge {
    Edge { ttl, address: address.parse().ok() }
}

/// A way on which port 443 reaches the host at hop 4.
fn way(place: Place, how: Option<How>, after: Option<Edge>, before: Option<Edge>) -> Path {
    let answer = |reply| HopAnswer { reply, ..HopAnswer::SILENCE };
    let control = |ttl| answer(if ttl < 4 { HopReply::TimeExceeded } else { HopReply::Connected });
    let hops = (1..=4).map(|ttl| Hop { ttl, port: HopAnswer::SILENCE, control: control(ttl) }).collect();
    Path { port: 25, control_port: 443, place, how, after, before, icmp: None, hops, tunnel: None }
}

fn silent(path: Path) -> Observation {
    Observation { path: Some(Ok(path)), ..connect_failed(Service::Smtp, ConnectFailureKind::TimedOut) }
}

#[test]
fn the_place_is_named_by_its_neighbours_and_no_closer() {
    use Place::{Destination, Nowhere, ThisMachine, ThisMachineOrFirstHop, Unknown};
    let (one, two) = (Some(edge(1, "10.1.0.1")), Some(edge(2, "10.0.0.1")));
    let (three, host) = (Some(edge(3, "")), Some(edge(4, "")));
    for (place, after, before, words) in [
        (Nowhere, None, None, None),
        (ThisMachine, None, one, Some("on this machine")),
        (ThisMachineOrFirstHop, None, one, Some("on this machine or at hop 1 (10.1.0.1)")),
        (ThisMachineOrFirstHop, None, None, Some("on this machine or at the first hop")),
        (ThisMachineOrFirstHop, None, host, Some("on this machine, or at the host, which is the next hop")),
        (Place::Path, two, three, Some("between hop 2 (10.0.0.1) and hop 3")),
        (Unknown, two, host, Some("between hop 2 (10.0.0.1) and the host, which is hop 4")),
        (Unknown, None, three, Some("somewhere before hop 3")),
        (Unknown, two, None, Some("somewhere beyond hop 2 (10.0.0.1)")),
        (Destination, three, host, Some("at the host or at the last router before it, hop 3")),
        (Destination, None, Some(edge(1, "")), Some("at the host")),
    ] {
        let path = way(place, Some(How::Drop), after, before);
        assert_eq!(whereabouts(&path).as_deref(), words, "{path:?}");
    }
    let icmp = Some(icmp4(3, 13, "10.0.0.1"));
    let path = Path { icmp, ..way(Place::Path, Some(How::Icmp), two, three) };
    assert_eq!(whereabouts(&path).as_deref(), Some("at hop 2 (10.0.0.1)"));
}

#[test]
fn advice_follows_the_place() {
    use FindingId::{BlockedAtDestination, BlockedNearby, BlockedOnPath};
    let hop = |ttl| Some(edge(ttl, ""));
    for (place, after, before, id, advice) in [
        (Place::Path, Some(edge(2, "10.0.0.1")), hop(3), BlockedOnPath, "whoever runs the network"),
        (Place::ThisMachineOrFirstHop, None, hop(1), BlockedNearby, "this machine's own"),
        (Place::Destination, hop(3), hop(4), BlockedAtDestination, "runs the host"),
    ] {
        let observation = silent(way(place, Some(How::Drop), after, before));
        assert_eq!(diagnose(&observation).state, State::ConnectionTimeout);
        let hint = the(id, &observation).hint.unwrap_or_default();
        assert!(hint.contains(advice), "{hint}");
        // Nobody is told to find out what is known.
        let cause = the(FindingId::ConnectionTimeout, &observation);
        assert_eq!(cause.hint, None);
        assert!(!cause.message.contains("host is down"), "{cause:?}");
    }
}

#[test]
fn what_is_not_known_is_said_to_be_unknown_and_leaves_the_usual_advice() {
    let nothing = Path { hops: Vec::new(), ..way(Place::Unknown, None, Some(edge(2, "10.0.0.1")), None) };
    let observation = silent(nothing);
    let finding = the(FindingId::PathUnclear, &observation);
    assert_eq!(finding.severity, Severity::Info);
    assert!(finding.message.contains("neither this port nor port 443"), "{finding:?}");
    assert!(the(FindingId::ConnectionTimeout, &observation).hint.is_some());

    let untraceable = Some(Err(Untraceable::System("Not told.")));
    let observation = Observation { path: untraceable, ..connect_failed(Service::Smtp, ConnectFailureKind::TimedOut) };
    assert_eq!(the(FindingId::PathNotTraced, &observation).severity, Severity::Info);
    assert!(the(FindingId::ConnectionTimeout, &observation).hint.is_some());
}

#[test]
fn a_proven_proxy_is_the_state_however_well_it_behaves() {
    let path = way(Place::Path, Some(How::Intercept), Some(edge(1, "10.1.0.1")), Some(edge(2, "10.0.0.1")));
    let observation = Observation { path: Some(Ok(path)), ..healthy(Service::Submission) };
    assert_eq!(diagnose(&observation).state, State::Intercepted);
    let message = the(FindingId::Intercepted, &observation).message;
    assert!(message.contains("between hop 1 (10.1.0.1) and hop 2 (10.0.0.1)"), "{message}");
}

/// "Enable TLS on the server" beside "what was seen here says nothing about the server".
#[test]
fn no_advice_about_the_server_follows_from_what_a_proxy_says() {
    let path = way(Place::Path, Some(How::Intercept), Some(edge(1, "10.1.0.1")), Some(edge(2, "10.0.0.1")));
    let no_tls = ended_by_dialogue(Service::Submission, Stage::Capabilities, Stop::StarttlsNotOffered);
    let by_place = Observation { path: Some(Ok(path)), ..no_tls.clone() };
    let by_name = greeted(no_tls, "220 Avast Mail Shield proxy ready");
    for observation in [by_place, by_name] {
        assert_eq!(ids(&diagnose(&observation)), [FindingId::Intercepted]);
    }
}

/// Who takes a connection and says nothing is not the server, and nothing is said of the server then.
#[test]
fn who_takes_every_connection_close_by_is_told_in_the_servers_place() {
    let connected = HopAnswer { reply: HopReply::Connected, ..HopAnswer::SILENCE };
    let taken = |place, tunnel: Option<&str>| Path {
        control_port: 9,
        hops: vec![Hop { ttl: 1, port: connected, control: connected }],
        tunnel: tunnel.map(str::to_owned),
        ..way(place, Some(How::Intercept), None, None)
    };
    for (path, words, hint) in [
        (taken(Place::ThisMachine, Some("tun9")), "A VPN or proxy on this machine", "behind tun9"),
        (taken(Place::ThisMachineOrFirstHop, Some("wg0")), "at its far end", "behind wg0"),
        (taken(Place::ThisMachineOrFirstHop, None), "on this machine or at the first router", "captive|log in"),
    ] {
        let mute = observed(Service::Smtp, |attempt| attempt.stop = stopped(Stage::Greeting, StopCause::Closed));
        let diagnosis = diagnose(&Observation { path: Some(Ok(path)), ..mute });
        assert_eq!((diagnosis.state, diagnosis.findings.len()), (State::Intercepted, 1), "{diagnosis:#?}");
        let finding = &diagnosis.findings[0];
        let hint_says = finding.hint.as_ref().is_some_and(|told| hint.split('|').any(|word| told.contains(word)));
        assert!(finding.message.contains(words) && hint_says, "{finding:#?}");
    }
}

#[test]
fn an_open_way_adds_nothing_to_a_healthy_port_and_a_word_to_a_failed_one() {
    let open = || way(Place::Nowhere, None, None, None);
    let healthy = Observation { path: Some(Ok(open())), ..healthy(Service::Submission) };
    assert_eq!(diagnose(&healthy).state, State::Ok);
    assert_eq!(diagnose(&healthy).findings, []);
    let failed = silent(open());
    assert_eq!(diagnose(&failed).state, State::ConnectionTimeout);
    assert_eq!(the(FindingId::PathOpen, &failed).severity, Severity::Info);
}
