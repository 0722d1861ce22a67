//! Resolvers through which nothing can be told of DNSSEC: "cannot tell", and nothing else changes.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use mailprobe_lab::dns::{Spoil, Spoiler};

use crate::domains::{policies, promising};
use crate::mailprobe::{self, Run};
use crate::netns::in_own_network;
use crate::tlsa::Of::{Before, Server};
use crate::world::{RESOLVER, World, is_possible};

/// Where the resolver is that spoils.
const SPOILER: Ipv4Addr = Ipv4Addr::new(10, 25, 255, 3);
const KEEPS: &str = "keeps.test";
const RENEWED: &str = "renewed.test";

/// Asks about both domains, through the good resolver and through one that spoils.
fn through(test: &'static str, spoil: Spoil, judge: impl Fn(&str, &Run, &Run)) {
    if !is_possible(test) || !mailprobe::is_asked() {
        return;
    }
    in_own_network(test, || {
        let world = World::open(test, &[promising(KEEPS, &[Server]), promising(RENEWED, &[Before])]);
        let _web = policies(&[KEEPS, RENEWED]);
        let upstream = SocketAddr::new(RESOLVER.parse().expect("an address"), 53);
        let _spoiler = Spoiler::start((SPOILER, 53).into(), upstream, spoil).expect("port 53 is free");
        for domain in [KEEPS, RENEWED] {
            let kept = if domain == KEEPS { "kept" } else { "broken" };
            let ask = |resolver: &str| mailprobe::ask(&world.folder, resolver, &[&format!("@{domain}")]);
            let good = ask(RESOLVER);
            assert_eq!(good.outcome("dane"), kept, "{good:#?}");
            judge(domain, &good, &ask(&SPOILER.to_string()));
        }
    });
}

/// Nothing is told of DANE, and nothing else changes: the old record of one domain is not a fault either.
fn cannot_tell(domain: &str, good: &Run, spoilt: &Run) {
    assert_eq!(spoilt.outcome("dane"), "cannot-tell", "{domain}: {spoilt:#?}");
    assert_eq!(spoilt.outcome("mta-sts"), "kept", "{domain}: {spoilt:#?}");
    assert_eq!(spoilt.code, Some(0), "{domain}: {spoilt:#?}");
    // It is told in a line, and is no alarm.
    assert_eq!(spoilt.text.matches("DNSSEC").count(), 1, "{domain}: {spoilt:#?}");
    if domain == KEEPS {
        assert_eq!(spoilt.verdicts(), good.verdicts(), "{domain}");
    }
}

#[test]
fn one_that_strips_signatures() {
    through("resolvers::one_that_strips_signatures", Spoil::Strips, cannot_tell);
}

/// It either cannot be told, or mailprobe got the signatures by asking as systemd-resolved wants to be asked.
#[test]
fn one_that_is_like_systemd_resolved() {
    through("resolvers::one_that_is_like_systemd_resolved", Spoil::LikeResolved, |domain, good, spoilt| {
        if spoilt.outcome("dane") == good.outcome("dane") {
            assert_eq!(spoilt.verdicts(), good.verdicts(), "{domain}");
        } else {
            cannot_tell(domain, good, spoilt);
        }
    });
}

/// What the resolvers of these tests do to an answer, seen by another client. Only the good one passes signatures.
#[test]
fn each_spoils_as_it_should() {
    const TEST: &str = "resolvers::each_spoils_as_it_should";
    if !is_possible(TEST) {
        return;
    }
    in_own_network(TEST, || {
        let _world = World::open(TEST, &[promising(KEEPS, &[Server])]);
        let upstream = SocketAddr::new(RESOLVER.parse().expect("an address"), 53);
        let record = format!("_25._tcp.mx.{KEEPS}");
        let drill = |address: &str, arguments: &[&str]| {
            let output =
                Command::new("drill").args(arguments).arg(format!("@{address}")).output().expect("drill starts");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let signed = |said: &str| said.contains("\tRRSIG\t");
        let good = drill(RESOLVER, &["-D", &record, "TLSA"]);
        assert!(signed(&good) && good.contains(" ad "), "{good}");
        for (number, spoil) in (3..).zip([Spoil::Strips, Spoil::LikeResolved, Spoil::Truncates]) {
            let address = Ipv4Addr::new(10, 25, 255, number);
            let _spoiler = Spoiler::start((address, 53).into(), upstream, spoil).expect("port 53 is free");
            let address = address.to_string();
            let truncates = spoil == Spoil::Truncates;
            let mut plain = drill(&address, &["-D", &record, "TLSA"]);
            assert_eq!(plain.contains(" tc "), truncates, "{spoil:?}: {plain}");
            // drill does not ask again over TCP by itself.
            let how = if truncates { "-t" } else { "-u" };
            plain = drill(&address, &["-D", how, &record, "TLSA"]);
            let unchecked = drill(&address, &["-D", how, "-o", "CD", &record, "TLSA"]);
            let keys = drill(&address, &["-D", how, ".", "DNSKEY"]);
            assert!(plain.contains("\tTLSA\t"), "{spoil:?}: {plain}");
            assert_eq!(signed(&plain), truncates, "{spoil:?}: {plain}");
            assert_eq!(signed(&unchecked), spoil != Spoil::Strips, "{spoil:?}: {unchecked}");
            let has_keys = keys.lines().any(|line| line.contains("\tDNSKEY\t") && !line.starts_with(';'));
            assert_eq!(has_keys, spoil != Spoil::Strips, "{spoil:?}: {keys}");
        }
    });
}

/// It works, over TCP.
#[test]
fn one_that_truncates() {
    through("resolvers::one_that_truncates", Spoil::Truncates, |domain, good, spoilt| {
        for policy in ["dane", "mta-sts", "tls-rpt"] {
            assert_eq!(spoilt.outcome(policy), good.outcome(policy), "{domain}, {policy}: {spoilt:#?}");
        }
        assert_eq!((spoilt.code, spoilt.verdicts()), (good.code, good.verdicts()), "{domain}");
    });
}

/// The host's address is in /etc/hosts: all is as ever, except that nothing is known of its records.
#[test]
fn none_at_all() {
    const TEST: &str = "resolvers::none_at_all";
    if !is_possible(TEST) || !mailprobe::is_asked() {
        return;
    }
    in_own_network(TEST, || {
        let world = World::open(TEST, &[promising(RENEWED, &[Before])]);
        let host = format!("mx.{RENEWED}");
        std::fs::write("/etc/hosts", format!("127.0.0.1 localhost\n10.25.1.1 {host}\n"))
            .expect("/etc/hosts is the test's own");
        // Nobody is there.
        std::fs::write("/etc/resolv.conf", format!("nameserver {SPOILER}\n"))
            .expect("/etc/resolv.conf is the test's own");
        let run = mailprobe::ask_without_resolver(&world.folder, &["--ports", "25", &host]);
        assert_eq!(run.outcome("dane"), "cannot-tell", "{run:#?}");
        assert_eq!(run.code, Some(0), "{run:#?}");
    });
}
