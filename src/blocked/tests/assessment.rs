//! What is said and advised, place by place.

use std::net::IpAddr;

use super::*;
use crate::blocked::{
    Control, ControlAnswer, Evidence, FamilyEvidence, Hosting, Machine, Names, Relay, RelayAnswer, Scope, hosting_at,
};
use crate::diagnosis::State;
use crate::observation::path::{Edge, Hop, HopAnswer, HopReply, How, Path, Place};
use crate::service::Service;

fn path(place: Place, after: u8) -> Path {
    let answer = |reply| HopAnswer { reply, from: None, rtt: None };
    Path {
        port: 25,
        control_port: 443,
        place,
        how: Some(How::Drop),
        after: Some(Edge { ttl: after, address: Some(IpAddr::from([10, 0, after, 1])) }),
        before: Some(Edge { ttl: after + 1, address: None }),
        icmp: None,
        hops: vec![Hop { ttl: 9, port: answer(HopReply::Silence), control: answer(HopReply::Connected) }],
    }
}

fn stopped(number: u8, path: Option<Path>) -> Relay {
    Relay {
        operator: format!("{number}.test"),
        host: format!("mx.{number}.test"),
        address: IpAddr::from([203, 0, 113, number]),
        state: State::ConnectionTimeout,
        answer: RelayAnswer::Stopped,
        failure: None,
        refusal: None,
        greeted_as: None,
        authentic: false,
        path,
        own: false,
    }
}

fn machine(hosting: Option<&'static Hosting>) -> Machine {
    Machine {
        system: "linux",
        hosting,
        sources: Vec::new(),
        seen_as: Vec::new(),
        reverse: Vec::new(),
        request_wanted: false,
    }
}

fn blocked(path: Option<Path>, ways_out: &[Service], machine: Machine) -> Assessment {
    let open = Control {
        host: "smtp.test".to_owned(),
        address: IpAddr::from([203, 0, 113, 99]),
        port: 443,
        answer: ControlAnswer::Connected,
    };
    let ipv4 = FamilyEvidence { relays: vec![stopped(1, path), stopped(2, None)], controls: vec![open] };
    let evidence = Evidence { scope: Scope::References, names: Names::Found, ipv4: Some(ipv4), ipv6: None };
    Assessment::of(Facts::new(evidence, ways_out.to_vec(), machine))
}

fn hints(place: Place, after: u8) -> String {
    blocked(Some(path(place, after)), &[], machine(None)).hints.join("\n")
}

#[test]
fn the_advice_fits_the_place() {
    assert!(hints(Place::ThisMachine, 0).contains("nft list ruleset"));
    assert!(!hints(Place::ThisMachine, 0).contains("--request"), "nobody else is to be asked");
    let near = hints(Place::ThisMachineOrFirstHop, 0);
    assert!(near.contains("nft list ruleset") && near.contains("router"), "{near}");
    let home = hints(Place::Path, 1);
    assert!(home.contains("your router's settings") && !home.contains("nft"), "{home}");
    let far = hints(Place::Path, 4);
    assert!(far.contains("provider") && far.contains("10.0.4.1") && !far.contains("nft"), "{far}");
    assert!(far.contains("--request"), "{far}");
}

#[test]
fn only_ways_that_were_seen_open_are_recommended() {
    let advice = |ways: &[Service]| blocked(None, ways, machine(None)).hints.join("\n");
    let one = advice(&[Service::Submissions]);
    assert!(one.contains("465 (TLS), which is open here") && !one.contains("587"), "{one}");
    assert!(advice(&[]).contains("were not found to be open here"));
}

#[test]
fn a_hosting_company_is_named_as_what_is_documented() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sys_vendor"), "DigitalOcean").unwrap();
    let hosting = hosting_at(folder.path());
    let far = blocked(Some(path(Place::Path, 3)), &[], machine(hosting));
    let first = far.hints.first().unwrap();
    assert!(first.contains("This looks like a machine at DigitalOcean") && first.contains("July 2026"), "{first}");
    assert!(!far.sentence.contains("DigitalOcean"), "what was not measured stays out of the answer: {}", far.sentence);
    let here = blocked(Some(path(Place::ThisMachine, 0)), &[], machine(hosting));
    assert!(!here.hints.join(" ").contains("DigitalOcean"), "a rule on this machine is not the company's");
}

#[test]
fn the_place_is_said_as_exactly_as_it_is_known() {
    let sentence = |path: Option<Path>| blocked(path, &[], machine(None)).sentence;
    assert_eq!(
        sentence(Some(path(Place::Path, 2))),
        "Outbound port 25 is blocked over IPv4. It is blocked between hop 2 (10.0.2.1) and hop 3: there is no reply."
    );
    assert_eq!(
        sentence(Some(path(Place::ThisMachineOrFirstHop, 0))),
        "Outbound port 25 is blocked over IPv4. It is blocked on this machine or at the first router: there is no reply."
    );
    assert_eq!(sentence(None), "Outbound port 25 is blocked over IPv4. Where it is blocked could not be determined.");
}

#[test]
fn an_address_of_this_machine_is_written_as_one_can_type_it() {
    let hints = |operator: &str, address: &str| {
        let own = Relay {
            operator: operator.to_owned(),
            address: address.parse().unwrap(),
            own: true,
            answer: RelayAnswer::Served,
            ..stopped(1, None)
        };
        let family = FamilyEvidence { relays: vec![own], controls: Vec::new() };
        let evidence = Evidence { scope: Scope::Hosts, names: Names::Found, ipv4: Some(family), ipv6: None };
        Assessment::of(Facts::new(evidence, Vec::new(), machine(None))).hints.join("\n")
    };
    assert!(hints("2001:db8::1", "2001:db8::1").contains("mailprobe [2001:db8::1]:25"));
    assert!(hints("mx.test", "192.0.2.1").contains("mailprobe mx.test:25"));
    assert!(hints("localhost", "127.0.0.1").contains("mailprobe NAME:25"));
}

#[test]
fn a_mail_shield_is_named_only_where_it_named_itself() {
    let answer = |change: fn(&mut Relay)| {
        let mut relay = Relay { state: State::Intercepted, answer: RelayAnswer::Served, ..stopped(1, None) };
        change(&mut relay);
        let family = FamilyEvidence { relays: vec![relay], controls: Vec::new() };
        let evidence = Evidence { scope: Scope::References, names: Names::Found, ipv4: Some(family), ipv6: None };
        let answer = Assessment::of(Facts::new(evidence, Vec::new(), machine(None)));
        format!("{} {}", answer.sentence, answer.hints.join(" "))
    };
    let shield = answer(|relay| relay.answer = RelayAnswer::Intercepted);
    assert!(
        shield.contains("mail shield") && shield.contains("mail scanning") && !shield.contains("Ask who"),
        "{shield}"
    );
    let proxy = answer(|relay| relay.path = Some(Path { how: Some(How::Intercept), ..path(Place::Path, 2) }));
    assert!(!proxy.contains("shield") && !proxy.contains("scanning"), "{proxy}");
    assert!(proxy.contains("between hop 2 (10.0.2.1) and hop 3"), "{proxy}");
    let near = answer(|relay| {
        relay.path = Some(Path { how: Some(How::Intercept), after: None, ..path(Place::ThisMachineOrFirstHop, 0) });
    });
    assert!(near.contains("on this machine or at hop 1") && near.contains("first"), "{near}");
}
