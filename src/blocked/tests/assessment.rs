//! What is said and advised, place by place.

use super::*;
use crate::blocked::conclude::tests::{control, host, path, references, relay};
use std::path::Path as FilePath;

use crate::blocked::{ControlAnswer, Environment, Evidence, HostingPlace, Machine, Relay, RelayAnswer};
use crate::diagnosis::{Finding, FindingId, State};
use crate::observation::path::{Edge, HopReply, How, Path, Place};
use crate::service::Service;

fn way(place: Place, how: How, after: u8) -> Path {
    Path {
        after: Some(Edge { ttl: after, address: Some([10, 0, after, 1].into()) }),
        before: Some(Edge { ttl: after + 1, address: None }),
        ..path(place, Some(how), &[(HopReply::Silence, HopReply::Connected)])
    }
}

fn assessed(evidence: Evidence, ways_out: &[Service], surroundings: HostingPlace) -> Assessment {
    let machine = Machine {
        system: "linux",
        surroundings,
        sources: Vec::new(),
        seen_as: Vec::new(),
        reverse: Vec::new(),
        request_wanted: false,
    };
    Assessment::of(Facts::new(evidence, ways_out.to_vec(), machine))
}

fn blocked(path: Option<Path>, ways_out: &[Service], surroundings: HostingPlace) -> Assessment {
    let traced = Relay { path, ..relay("one.test", RelayAnswer::Stopped) };
    let relays = vec![traced, relay("two.test", RelayAnswer::Stopped)];
    assessed(references(relays, vec![control(443, ControlAnswer::Connected)]), ways_out, surroundings)
}

fn hints(place: Place, after: u8) -> String {
    blocked(Some(way(place, How::Drop, after)), &[], HostingPlace::default()).hints.join("\n")
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
    let advice = |ways: &[Service]| blocked(None, ways, HostingPlace::default()).hints.join("\n");
    let one = advice(&[Service::Submissions]);
    assert!(one.contains("465 (TLS), which is open here") && !one.contains("587"), "{one}");
    assert!(advice(&[]).contains("were not found to be open here"));
}

#[test]
fn a_hosting_company_is_named_as_what_is_documented() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sys_vendor"), "DigitalOcean").unwrap();
    let place = HostingPlace::of(folder.path(), &Environment::new());
    let far = blocked(Some(way(Place::Path, How::Drop, 3)), &[], place);
    let first = far.hints.first().unwrap();
    assert!(first.starts_with("This looks like a machine at DigitalOcean. No way"), "{first}");
    // The claims and their dates stand in a finding, once.
    let said = |text: &String| text.contains("2026-06-26");
    assert!(
        far.findings.iter().any(|finding| said(&finding.message)) && !far.hints.iter().any(said),
        "{:?}",
        far.hints
    );
    assert!(!far.sentence.contains("DigitalOcean"), "what was not measured stays out of the answer: {}", far.sentence);
    let here = blocked(Some(way(Place::ThisMachine, How::Drop, 0)), &[], place);
    assert!(!here.hints.join(" ").contains("DigitalOcean"), "a rule on this machine is not the company's");
}

/// Where a port is opened for nobody who asks, nobody is sent to ask.
#[test]
fn the_advice_fits_the_platform_and_the_runner() {
    let at = |variables: &[(&str, &str)], after: u8| {
        let set: Environment =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let place = HostingPlace::of(FilePath::new("/nonexistent"), &set);
        blocked(Some(way(Place::Path, How::Drop, after)), &[], place).hints.join("\n")
    };
    for after in [1, 4] {
        let render = at(&[("RENDER", "true")], after);
        assert!(render.contains("a service on Render. Change the service to a paid instance type"), "{render}");
        for never in ["router's settings", "provider to open", "--request"] {
            assert!(!render.contains(never), "{never}: {render}");
        }
        let job = at(&[("GITLAB_CI", "true")], after);
        assert!(job.contains("This is a GitLab CI job") && job.contains("Ask whoever runs the runner"), "{job}");
        assert!(job.contains("--request") && !job.contains("router's settings"), "{job}");
    }
    let own = at(&[("GITHUB_ACTIONS", "true"), ("RUNNER_ENVIRONMENT", "self-hosted")], 1);
    assert!(own.contains("GitHub Actions job") && !own.contains("hosted runner"), "{own}");
}

#[test]
fn the_place_is_said_as_exactly_as_it_is_known() {
    let sentence = |path: Option<Path>| blocked(path, &[], HostingPlace::default()).sentence;
    assert_eq!(
        sentence(Some(way(Place::Path, How::Drop, 2))),
        "Outbound port 25 is blocked over IPv4. It is blocked between hop 2 (10.0.2.1) and hop 3: there is no reply."
    );
    assert_eq!(
        sentence(Some(way(Place::ThisMachineOrFirstHop, How::Drop, 0))),
        "Outbound port 25 is blocked over IPv4. It is blocked on this machine or at the first router: there is no reply."
    );
    assert_eq!(sentence(None), "Outbound port 25 is blocked over IPv4. Where it is blocked could not be determined.");
}

#[test]
fn an_address_of_this_machine_is_written_as_one_can_type_it() {
    let hints = |operator: &str, address: &str| {
        let address = address.parse().unwrap();
        let own = Relay { address, own: true, ..relay(operator, RelayAnswer::Served) };
        assessed(host(own, Vec::new()), &[], HostingPlace::default()).hints.join("\n")
    };
    assert!(hints("2001:db8::1", "2001:db8::1").contains("mailprobe [2001:db8::1]:25"));
    assert!(hints("mx.test", "192.0.2.1").contains("mailprobe mx.test:25"));
    assert!(hints("localhost", "127.0.0.1").contains("mailprobe NAME:25"));
}

#[test]
fn a_mail_shield_is_named_only_where_it_named_itself() {
    let answer = |change: fn(&mut Relay)| {
        let mut relay = Relay { state: State::Intercepted, greeted_as: None, ..relay("one.test", RelayAnswer::Served) };
        change(&mut relay);
        let answer = assessed(references(vec![relay], Vec::new()), &[], HostingPlace::default());
        format!("{} {}", answer.sentence, answer.hints.join(" "))
    };
    let shield = answer(|relay| {
        relay.answer = RelayAnswer::Intercepted;
        relay.stand_in = Some(Finding::error(FindingId::Intercepted, "A mail shield answered."));
    });
    assert!(shield.contains("mail shield") && shield.contains("mail scanning"), "{shield}");
    assert!(!shield.contains("Ask who"), "{shield}");
    let proxy = answer(|relay| relay.path = Some(way(Place::Path, How::Intercept, 2)));
    assert!(!proxy.contains("shield") && !proxy.contains("scanning"), "{proxy}");
    assert!(proxy.contains("between hop 2 (10.0.2.1) and hop 3"), "{proxy}");
    let near = answer(|relay| {
        relay.path = Some(Path { after: None, ..way(Place::ThisMachineOrFirstHop, How::Intercept, 0) });
    });
    assert!(near.contains("on this machine or at hop 1") && near.contains("first"), "{near}");
}

/// What a VPN client on this machine takes says nothing about this network, and the submission ports are no way out of it.
#[test]
fn a_vpn_that_takes_every_connection_is_told_as_this_machines() {
    let hops = [(HopReply::Connected, HopReply::Connected)];
    let taken = path(Place::ThisMachine, Some(How::Intercept), &hops);
    let path = Some(Path { after: None, tunnel: Some("tun9".to_owned()), ..taken });
    let relay = Relay { path, state: State::Intercepted, ..relay("one.test", RelayAnswer::Broken) };
    let answer = assessed(references(vec![relay], Vec::new()), &[], HostingPlace::default());
    let told = format!("{} {}", answer.sentence, answer.hints.join(" "));
    for said in ["VPN or proxy on this machine", "tun9", "Turn off"] {
        assert!(told.contains(said), "{said}: {told}");
    }
    for never in ["465", "a few minutes", "Ask your mail provider"] {
        assert!(!told.contains(never), "{never}: {told}");
    }
}

/// Where all names lead to one address as well, both are told: turning off either alone does not open the way.
#[test]
fn a_vpn_is_told_beside_names_that_are_all_answered_alike() {
    let address = [203, 0, 113, 25].into();
    let relays = ["one.test", "two.test", "three.test"].map(|operator| {
        let taken = path(Place::ThisMachine, Some(How::Intercept), &[(HopReply::Connected, HopReply::Connected)]);
        let path = Some(Path { after: None, tunnel: Some("tun9".to_owned()), ..taken });
        Relay { address, path, state: State::Intercepted, ..relay(operator, RelayAnswer::Broken) }
    });
    let answer = assessed(references(relays.into(), Vec::new()), &[], HostingPlace::default());
    let told = format!("{} {}", answer.sentence, answer.hints.join(" "));
    for said in ["203.0.113.25", "VPN or proxy on this machine (interface tun9)", "Turn off", "--dns-server"] {
        assert!(told.contains(said), "{said}: {told}");
    }
}
