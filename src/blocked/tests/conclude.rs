//! The precedence, case by case and as properties.

use std::net::IpAddr;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::blocked::evidence::Control;
use crate::observation::path::{Edge, Hop, HopAnswer};
use crate::observation::{ConnectFailure, ConnectFailureKind};

const OPERATORS: [&str; 5] = ["one.test", "two.test", "three.test", "four.test", "five.test"];

pub(in crate::blocked) fn relay(operator: &str, answer: RelayAnswer) -> Relay {
    let state = match answer {
        RelayAnswer::Served => State::Ok,
        RelayAnswer::Refused => State::ServiceRejected,
        RelayAnswer::Stopped => State::ConnectionTimeout,
        RelayAnswer::Broken => State::NoGreeting,
        RelayAnswer::Intercepted => State::Intercepted,
        RelayAnswer::Unknown => State::Inconclusive,
    };
    let number = OPERATORS.iter().position(|other| *other == operator).unwrap_or(99);
    Relay {
        operator: operator.to_owned(),
        host: format!("mx.{operator}"),
        address: IpAddr::from([203, 0, 113, u8::try_from(number).unwrap()]),
        state,
        answer,
        failure: None,
        refusal: None,
        stand_in: None,
        greeted_as: matches!(answer, RelayAnswer::Served | RelayAnswer::Refused).then(|| format!("mx.{operator}")),
        portal: false,
        authentic: false,
        path: None,
        own: false,
    }
}

fn relays(answers: &[RelayAnswer]) -> Vec<Relay> {
    OPERATORS.iter().zip(answers).map(|(operator, &answer)| relay(operator, answer)).collect()
}

pub(in crate::blocked) fn control(port: u16, answer: ControlAnswer) -> Control {
    Control { host: "smtp.test".to_owned(), address: IpAddr::from([203, 0, 113, 200]), port, answer }
}

pub(in crate::blocked) fn path(place: Place, how: Option<How>, hops: &[(HopReply, HopReply)]) -> Path {
    let answer = |reply| HopAnswer { reply, from: None, rtt: None };
    let hop = |(ttl, &(port, control))| Hop { ttl, port: answer(port), control: answer(control) };
    Path {
        port: 25,
        control_port: 443,
        place,
        how,
        after: Some(Edge { ttl: 1, address: None }),
        before: None,
        icmp: None,
        hops: (1..).zip(hops).map(hop).collect(),
        tunnel: None,
    }
}

pub(in crate::blocked) fn references(relays: Vec<Relay>, controls: Vec<Control>) -> Evidence {
    let ipv4 = Some(FamilyEvidence { relays, controls });
    Evidence { scope: Scope::References, names: Names::Found, ipv4, ipv6: None }
}

fn open_control() -> Vec<Control> {
    vec![control(465, ControlAnswer::Connected)]
}

fn closed_controls() -> Vec<Control> {
    [443, 465, 587].map(|port| control(port, ControlAnswer::Stopped)).into()
}

fn answer(evidence: &Evidence) -> (Conclusion, u8) {
    let conclusions = conclude(evidence);
    (conclusions.overall, conclusions.exit_code)
}

use Conclusion::{Blocked, Inconclusive, Intercepted, NoNetwork, NotBlocked, RejectedByReputation};
use HopReply::{Connected, Refused as Reset, Silence, TimeExceeded};
use RelayAnswer::{Broken, Intercepted as Shielded, Refused, Served, Stopped, Unknown};

#[test]
fn each_situation_has_its_answer() {
    let table: &[(&[RelayAnswer], bool, (Conclusion, u8))] = &[
        (&[Served; 5], true, (NotBlocked, 0)),
        (&[Served, Served, Served, Served, Stopped], true, (NotBlocked, 0)),
        (&[Served], true, (NotBlocked, 0)),
        // A server that answers is proof enough, whatever the other ports do.
        (&[Served; 5], false, (NotBlocked, 0)),
        (&[Stopped; 5], true, (Blocked, 6)),
        (&[Stopped, Stopped], true, (Blocked, 6)),
        (&[Stopped], true, (Inconclusive, 3)),
        (&[Served, Served, Served, Stopped, Stopped], true, (Inconclusive, 3)),
        (&[Stopped; 5], false, (NoNetwork, 17)),
        (&[Refused; 5], true, (RejectedByReputation, 10)),
        (&[Refused, Refused, Broken], true, (RejectedByReputation, 10)),
        (&[Refused, Refused, Served], true, (NotBlocked, 0)),
        (&[Refused, Stopped], true, (RejectedByReputation, 10)),
        (&[Broken; 5], true, (Inconclusive, 3)),
        (&[Unknown; 5], true, (Inconclusive, 3)),
        (&[Unknown, Stopped, Stopped], false, (Inconclusive, 3)),
        (&[Served, Shielded], true, (Intercepted, 15)),
        (&[], true, (Inconclusive, 3)),
    ];
    for (answers, others_pass, expected) in table {
        let controls = if *others_pass { open_control() } else { closed_controls() };
        assert_eq!(answer(&references(relays(answers), controls)), *expected, "{answers:?}, others: {others_pass}");
    }
}

/// Whatever the ports at that address do, it is no mail host's.
#[test]
fn one_address_for_the_names_of_all_operators_is_the_name_servers_doing() {
    let address = IpAddr::from([10, 0, 0, 1]);
    let alike = |mut relays: Vec<Relay>| {
        for relay in &mut relays {
            relay.address = address;
        }
        relays
    };
    for answers in [&[Served; 5][..], &[Stopped; 5], &[Broken; 5], &[Refused; 5], &[Stopped; 3]] {
        for other in [ControlAnswer::Connected, ControlAnswer::Stopped] {
            let evidence = references(alike(relays(answers)), vec![Control { address, ..control(443, other) }]);
            assert_eq!(answer(&evidence), (Intercepted, 4), "{answers:?}");
            assert_eq!(diverted_names(&evidence), Some(Diverted::To(address)));
            // Hosts that the user named may well share an address.
            assert_eq!(diverted_names(&Evidence { scope: Scope::Hosts, ..evidence }), None);
        }
    }
    // One that leads elsewhere is enough to show that names do; and two owners may share a host.
    let one_differs = references(alike(relays(&[Served; 5])), open_control());
    assert_eq!(answer(&one_differs), (NotBlocked, 0));
    assert_eq!(answer(&references(alike(relays(&[Served; 2])), Vec::new())), (NotBlocked, 0));
    // Every name leads to 0.0.0.0, so there is nothing to try.
    let nowhere = Evidence { names: Names::Blocked, ..references(Vec::new(), Vec::new()) };
    assert_eq!((answer(&nowhere), diverted_names(&nowhere)), ((Intercepted, 4), Some(Diverted::Nowhere)));
}

#[test]
fn the_exit_code_is_that_of_the_cause() {
    use State::{AdministrativelyProhibited, ConnectionRefused, ConnectionTimeout, HostUnreachable};
    let table = [(ConnectionRefused, 5), (ConnectionTimeout, 6), (AdministrativelyProhibited, 7), (HostUnreachable, 7)];
    for (state, code) in table {
        let mut stopped = relays(&[Stopped; 3]);
        stopped.iter_mut().skip(1).for_each(|relay| relay.state = state);
        assert_eq!(answer(&references(stopped, open_control())), (Blocked, code), "{state}");
    }
}

#[test]
fn one_family_is_enough_and_the_other_keeps_its_own_answer() {
    let mut evidence = references(relays(&[Stopped; 3]), open_control());
    evidence.ipv6 = Some(FamilyEvidence { relays: relays(&[Served; 3]), controls: open_control() });
    let conclusions = conclude(&evidence);
    assert_eq!((conclusions.overall, conclusions.exit_code), (Blocked, 6));
    assert_eq!((conclusions.ipv4, conclusions.ipv6), (Some(Blocked), Some(NotBlocked)));
}

#[test]
fn a_family_that_reaches_nothing_does_not_speak_for_the_other() {
    let mut evidence = references(relays(&[Served; 3]), open_control());
    evidence.ipv6 = Some(FamilyEvidence { relays: relays(&[Stopped; 3]), controls: closed_controls() });
    let conclusions = conclude(&evidence);
    assert_eq!((conclusions.overall, conclusions.ipv6), (NotBlocked, Some(NoNetwork)));
}

#[test]
fn without_a_family_or_a_name_server_there_is_no_network() {
    let nothing = Evidence { scope: Scope::References, names: Names::Found, ipv4: None, ipv6: None };
    assert_eq!(answer(&nothing), (NoNetwork, 17));
    let silent = Evidence { names: Names::Unanswered, ipv4: Some(FamilyEvidence::default()), ..nothing };
    assert_eq!(answer(&silent), (NoNetwork, 17));
    let unknown = Evidence { names: Names::Missing, ..silent };
    assert_eq!(answer(&unknown), (Inconclusive, 3));
}

/// The answer where the path to the last of these hosts was traced.
fn traced(answers: &[RelayAnswer], path: Path, controls: Vec<Control>) -> (Conclusion, u8) {
    let mut relays = relays(answers);
    relays.last_mut().unwrap().path = Some(path);
    answer(&references(relays, controls))
}

#[test]
fn where_routers_beyond_the_first_answer_there_is_a_network() {
    for (second, expected) in [
        ((Silence, Silence), (NoNetwork, 17)),
        ((HopReply::Icmp, HopReply::Icmp), (NoNetwork, 17)),
        ((TimeExceeded, Silence), (Inconclusive, 3)),
    ] {
        let path = path(Place::Unknown, None, &[(TimeExceeded, TimeExceeded), second]);
        assert_eq!(traced(&[Stopped; 3], path, closed_controls()), expected);
    }
}

#[test]
fn a_reset_without_a_traced_path_keeps_from_saying_no_network() {
    let mut refused = relays(&[Stopped; 3]);
    for relay in &mut refused {
        relay.state = State::ConnectionRefused;
    }
    assert_eq!(answer(&references(refused, closed_controls())), (Inconclusive, 3));
}

#[test]
fn a_traced_path_may_show_that_another_port_of_the_host_gets_through() {
    for (place, hops, expected) in [
        (Place::Path, [(TimeExceeded, TimeExceeded), (Silence, Reset)], (Blocked, 6)),
        // Where the routers are mute, only a connection proves it.
        (Place::Unknown, [(Silence, Silence), (Silence, Connected)], (Blocked, 6)),
        (Place::Unknown, [(Silence, Silence), (Silence, Reset)], (Inconclusive, 3)),
    ] {
        assert_eq!(traced(&[Stopped; 2], path(place, Some(How::Drop), &hops), closed_controls()), expected);
    }
}

#[test]
fn some_are_stopped_on_the_way_though_others_answer() {
    let located = path(Place::Path, Some(How::Drop), &[(TimeExceeded, TimeExceeded), (Silence, Connected)]);
    assert_eq!(traced(&[Served, Served, Served, Stopped, Stopped], located, open_control()), (Blocked, 6));
}

#[test]
fn an_interception_on_the_way_is_seen_by_the_path_alone() {
    let caught = path(Place::Path, Some(How::Intercept), &[(Connected, TimeExceeded), (Connected, Connected)]);
    assert_eq!(traced(&[Served; 3], caught, open_control()), (Intercepted, 15));
}

#[test]
fn the_same_greeting_from_different_operators_is_a_proxy() {
    let greeting = |change: fn(&mut Relay)| {
        let mut served = relays(&[Served; 3]);
        for relay in &mut served {
            relay.greeted_as = Some("proxy.test".to_owned());
            change(relay);
        }
        let conclusions = conclude(&references(served, open_control()));
        (conclusions.greeting_shared, conclusions.overall)
    };
    assert_eq!(greeting(|_| ()), (true, Intercepted));
    assert_eq!(greeting(|relay| relay.authentic = true), (false, NotBlocked), "a certificate shows who they are");
    assert_eq!(greeting(|relay| relay.host = "mx.hoster.test".to_owned()), (false, NotBlocked), "one operator");
    assert_eq!(greeting(|relay| relay.address = [203, 0, 113, 7].into()), (false, NotBlocked), "one machine");
    assert_eq!(
        greeting(|relay| if relay.operator == "two.test" {
            relay.greeted_as = Some("mx.two.test".to_owned());
        }),
        (false, NotBlocked),
        "one of them is itself"
    );
}

pub(in crate::blocked) fn host(relay: Relay, controls: Vec<Control>) -> Evidence {
    Evidence { scope: Scope::Hosts, ..references(vec![relay], controls) }
}

#[test]
fn a_host_of_the_users_is_compared_with_its_own_ports() {
    let own = |port, answer| Control { host: "mx.one.test".to_owned(), ..control(port, answer) };
    let stopped = || relay("one.test", Stopped);
    assert_eq!(answer(&host(stopped(), vec![own(443, ControlAnswer::Connected)])), (Blocked, 6));
    assert_eq!(answer(&host(stopped(), open_control())), (Inconclusive, 3), "another host's port");
    assert_eq!(answer(&host(stopped(), vec![own(443, ControlAnswer::Stopped)])), (Inconclusive, 3), "it may be down");
    assert_eq!(answer(&host(relay("one.test", Served), Vec::new())), (NotBlocked, 0));
    assert_eq!(answer(&host(relay("one.test", Refused), Vec::new())), (RejectedByReputation, 10));
}

#[test]
fn a_host_without_a_route_is_no_network() {
    let kind = ConnectFailureKind::NetworkUnreachable;
    let failure = ConnectFailure {
        kind,
        icmp: None,
        on_this_machine: true,
        route_exists: false,
        os_error: None,
        message: String::new(),
    };
    let unreachable = Relay { state: State::NetworkUnreachable, failure: Some(failure), ..relay("one.test", Stopped) };
    assert_eq!(answer(&host(unreachable, Vec::new())), (NoNetwork, 17));
}

#[test]
fn this_very_machine_shows_nothing_about_the_way_out() {
    let own = |answer| Relay { own: true, ..relay("one.test", answer) };
    let control = Control { host: "mx.one.test".to_owned(), ..control(443, ControlAnswer::Connected) };
    assert_eq!(answer(&host(own(Served), vec![control.clone()])), (Inconclusive, 3));
    assert_eq!(answer(&host(own(Stopped), vec![control])), (Inconclusive, 3));
}

fn any_relay() -> impl Strategy<Value = Relay> {
    let answers = [Served, Refused, Stopped, Broken, Shielded, Unknown];
    let places: Vec<Option<Path>> = vec![
        None,
        Some(path(Place::Path, Some(How::Drop), &[(TimeExceeded, TimeExceeded), (Silence, Connected)])),
        Some(path(Place::Path, Some(How::Intercept), &[(Connected, TimeExceeded), (Connected, Connected)])),
        Some(path(Place::Unknown, None, &[(Silence, Silence)])),
    ];
    let parts = (select(&OPERATORS), select(answers.to_vec()), select(places), any::<bool>());
    parts.prop_map(|(operator, answer, path, same_name)| {
        let greeted = relay(operator, answer).greeted_as;
        let greeted_as = greeted.map(|name| if same_name { "proxy.test".to_owned() } else { name });
        Relay { greeted_as, path, ..relay(operator, answer) }
    })
}

fn any_family() -> impl Strategy<Value = Option<FamilyEvidence>> {
    let answers = [ControlAnswer::Connected, ControlAnswer::Refused, ControlAnswer::Stopped, ControlAnswer::Unknown];
    let controls = prop::collection::vec((select(&[443, 465, 587][..]), select(answers.to_vec())), 0..4)
        .prop_map(|all| all.into_iter().map(|(port, answer)| control(port, answer)).collect());
    let family = (prop::collection::vec(any_relay(), 0..6), controls);
    prop::option::of(family.prop_map(|(relays, controls)| FamilyEvidence { relays, controls }))
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    let scope = select(&[Scope::References, Scope::Hosts][..]);
    let names = select(&[Names::Found, Names::Unanswered, Names::Missing, Names::Unfinished][..]);
    let parts = (scope, names, any_family(), any_family());
    parts.prop_map(|(scope, names, ipv4, ipv6)| Evidence { scope, names, ipv4, ipv6 })
}

/// The higher, the more it decides.
fn rank(conclusion: Conclusion) -> usize {
    [Inconclusive, NotBlocked, RejectedByReputation, Blocked, Intercepted]
        .iter()
        .position(|other| *other == conclusion)
        .unwrap_or(0)
}

proptest! {
    #[test]
    fn both_families_together_say_what_the_graver_one_says(evidence in any_evidence()) {
        let Conclusions { overall, ipv4, ipv6, .. } = conclude(&evidence);
        let families: Vec<Conclusion> = [ipv4, ipv6].into_iter().flatten().collect();
        if families.iter().all(|family| *family == NoNetwork) {
            prop_assert_eq!(overall, NoNetwork);
        } else {
            let gravest = families.iter().filter(|family| **family != NoNetwork).map(|family| rank(*family)).max();
            prop_assert_eq!(Some(rank(overall)), gravest);
        }
        prop_assert_eq!(ipv4.is_some(), evidence.ipv4.is_some());
        prop_assert_eq!(ipv6.is_some(), evidence.ipv6.is_some());
    }

    #[test]
    fn what_is_claimed_is_seen(evidence in any_evidence()) {
        let Conclusions { ipv4, exit_code, overall, .. } = conclude(&evidence);
        let relays = || evidence.ipv4.iter().flat_map(|family| &family.relays);
        let passes = evidence.ipv4.iter().flat_map(|family| &family.controls).any(|c| c.answer == ControlAnswer::Connected)
            || relays().filter_map(|relay| relay.path.as_ref()).any(|path| path.hops.iter().any(|hop| hop.control.reply == Connected));
        match ipv4 {
            Some(Blocked) => {
                prop_assert!(relays().any(|relay| relay.answer == Stopped));
                prop_assert!(passes, "blocked, though nothing else got through");
            }
            Some(NoNetwork) => prop_assert!(relays().all(|relay| relay.answer == Stopped)),
            Some(NotBlocked) => prop_assert!(relays().any(|relay| relay.answer == Served)),
            Some(RejectedByReputation) => {
                prop_assert!(relays().any(|relay| relay.answer == Refused));
                prop_assert!(!relays().any(|relay| relay.answer == Served));
            }
            _ => {}
        }
        let expected: &[u8] = match overall {
            NotBlocked => &[0],
            Blocked => &[5, 6, 7],
            Intercepted => &[15],
            RejectedByReputation => &[10],
            NoNetwork => &[17],
            Inconclusive => &[3],
        };
        prop_assert!(expected.contains(&exit_code));
    }
}
