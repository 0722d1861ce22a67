//! Whole domains: one that keeps every promise, and one whose certificate was renewed with a new key.

use std::net::{Ipv4Addr, SocketAddr};

use mailprobe_lab::Leaf;
use mailprobe_lab::https::{HttpsServer, Page};

use crate::mailprobe;
use crate::netns::in_own_network;
use crate::row::{Row, row};
use crate::tlsa::Of::{Before, Issuer, Server};
use crate::tlsa::{Of, tlsa};
use crate::world::{RESOLVER, World, is_possible};

/// Where the web server of the policy is.
const WEB: Ipv4Addr = Ipv4Addr::new(10, 25, 254, 1);

/// A domain with DANE, MTA-STS and TLS reporting.
pub(crate) fn promising(domain: &str, keys: &[Of]) -> Row {
    let records: Vec<_> = keys.iter().map(|&of| tlsa(if of == Issuer { 2 } else { 3 }, 1, 1, of)).collect();
    row(domain, "promises everything")
        .tlsa(&records)
        .record("_mta-sts.{d} TXT \"v=STSv1; id=20261101;\"")
        .record(&format!("mta-sts.{{d}} A {WEB}"))
        .record(&format!("_smtp._tls.{{d}} TXT \"v=TLSRPTv1; rua=mailto:reports@{domain}\""))
}

/// The web server of these domains' policies.
pub(crate) fn policies(domains: &[&str]) -> HttpsServer {
    let names: Vec<String> = domains.iter().map(|domain| format!("mta-sts.{domain}")).collect();
    let pages: Vec<(&str, &str, Page)> = domains
        .iter()
        .zip(&names)
        .map(|(domain, name)| {
            let policy = format!("version: STSv1\r\nmode: enforce\r\nmx: mx.{domain}\r\nmax_age: 604800\r\n");
            (
                name.as_str(),
                "/.well-known/mta-sts.txt",
                Page::Typed { content_type: "text/plain".to_owned(), body: policy },
            )
        })
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    HttpsServer::start(SocketAddr::from((WEB, 443)), Leaf::Good, &names, &pages).expect("port 443 is free")
}

#[test]
fn one_that_keeps_every_promise() {
    const TEST: &str = "domains::one_that_keeps_every_promise";
    if !is_possible(TEST) || !mailprobe::is_asked() {
        return;
    }
    in_own_network(TEST, || {
        let world = World::open(TEST, &[promising("keeps.test", &[Server, Before])]);
        let _web = policies(&["keeps.test"]);
        let run = mailprobe::ask(&world.folder, RESOLVER, &["@keeps.test"]);
        for policy in ["dane", "mta-sts", "tls-rpt"] {
            assert_eq!(run.outcome(policy), "kept", "{policy}: {run:#?}");
        }
        assert_eq!(run.code, Some(0), "{run:#?}");
        // What it does not promise is the first thing told to whoever expects it.
        let run = mailprobe::ask(&world.folder, RESOLVER, &["--expect-policies", "pacc", "@keeps.test"]);
        assert!(run.conclusion().starts_with("PACC was expected, and the domain does not promise it."), "{run:#?}");
        assert_eq!(run.code, Some(16), "{run:#?}");
    });
}

/// A resolver that validates answers nothing about it: the signatures are the cause, and not the resolver.
#[test]
fn one_whose_signatures_do_not_hold() {
    const TEST: &str = "domains::one_whose_signatures_do_not_hold";
    if !is_possible(TEST) || !mailprobe::is_asked() {
        return;
    }
    in_own_network(TEST, || {
        let world = World::open(TEST, &[row("a.bogus.test", "the parent's DS is of another key")]);
        let run = mailprobe::ask(&world.folder, RESOLVER, &["@a.bogus.test"]);
        let first =
            "Senders who check DNSSEC defer mail to a.bogus.test now: the signatures of its MX records do not hold.";
        assert!(run.conclusion().starts_with(first), "{run:#?}");
        let text = run.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(text.matches("hint: ").count(), 1, "{run:#?}");
        assert!(text.contains("hint: Ask whoever runs the domain's DNS to sign the zone anew"), "{run:#?}");
        let unknown = "? Not known: MTA-STS, TLS reporting and PACC, since their records could not be looked up";
        assert!(text.contains(unknown) && !text.contains("cannot tell"), "{run:#?}");
        assert_eq!(run.code, Some(4), "{run:#?}");
    });
}

#[test]
fn one_that_was_renewed_with_a_new_key() {
    const TEST: &str = "domains::one_that_was_renewed_with_a_new_key";
    if !is_possible(TEST) || !mailprobe::is_asked() {
        return;
    }
    in_own_network(TEST, || {
        let row = promising("renewed.test", &[Before]);
        let (place, [address]) = (&row.places[0], [Ipv4Addr::new(10, 25, 1, 1)]);
        let right = tlsa(3, 1, 1, Server).data(place.leaf, &place.names);
        let world = World::open(TEST, &[row]);
        let _web = policies(&["renewed.test"]);
        let run = mailprobe::ask(&world.folder, RESOLVER, &["@renewed.test"]);
        assert_eq!(run.outcome("dane"), "broken", "{run:#?}");
        assert_eq!(run.outcome("mta-sts"), "kept", "{run:#?}");
        assert_ne!(run.code, Some(0), "{run:#?}");
        let endpoint = run.endpoint(25, address).expect("an endpoint");
        assert_eq!(endpoint["promised"]["dane"]["result"], "mismatch", "{endpoint:#}");
        // The first sentence says what happens, and where; further below is the record that would be right.
        let first = run.conclusion();
        for word in ["DANE", "25", "10.25.1.1"] {
            assert!(first.contains(word), "{word} is missing in: {first}\n{run:#?}");
        }
        assert!(["defer", "wait", "hold"].iter().any(|word| first.contains(word)), "{first}\n{run:#?}");
        // Alone and unbroken, as it can be copied into a zone.
        let right = format!("_25._tcp.mx.renewed.test. IN TLSA {right}");
        assert!(run.text.lines().any(|line| line == right), "{right} is missing in:\n{}", run.text);
    });
}
