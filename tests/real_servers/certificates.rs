//! Every usual kind of certificate, shown by Dovecot and Postfix.

use super::house::{House, INTERNATIONAL_NAME, IPV4, Issuer, Key, Link, NAME, PORTS, Recipe};
use super::servers::Dovecot;
use super::{assert_all_ok, endpoint, endpoints, has_finding};
use serde_json::Value;

#[test]
fn every_usual_key_is_read_on_every_port() {
    for key in [Key::Rsa2048, Key::Rsa4096, Key::EcP256, Key::EcP384, Key::Ed25519] {
        let Some(house) = House::open(Recipe { key, ..Recipe::default() }) else { return };
        let report = house.probe(&["--format", "json", "--ca-file", &house.authority(), NAME], &PORTS).report();
        assert_all_ok(&report, &PORTS);
        for endpoint in endpoints(&report) {
            assert_eq!(endpoint["tls"]["certificate"]["key"], key.words(), "{endpoint:#}");
        }
    }
}

#[test]
fn a_chain_may_come_in_any_order_and_with_the_root() {
    for links in [
        &[Link::Lower, Link::Upper][..],
        &[Link::Upper, Link::Lower],
        &[Link::Lower, Link::Upper, Link::Root],
        &[Link::Root, Link::Upper, Link::Lower],
    ] {
        let Some(report) = imaps(Issuer::Intermediates(links)) else { return };
        assert_all_ok(&report, &[993]);
        assert_eq!(endpoint(&report, 993)["tls"]["certificate"]["chain_length"], links.len() + 1, "{report:#}");
    }
}

#[test]
fn a_missing_intermediate_is_an_invalid_certificate() {
    for links in [&[][..], &[Link::Upper], &[Link::Lower]] {
        let Some(report) = imaps(Issuer::Intermediates(links)) else { return };
        assert_eq!(report["exit_code"], 14, "{report:#}");
        let endpoint = endpoint(&report, 993);
        assert_eq!(endpoint["state"], "certificate-invalid", "{report:#}");
        assert!(has_finding(endpoint, "certificate-unknown-issuer"), "{report:#}");
    }
}

#[test]
fn addresses_wildcards_and_international_names_are_compared_as_they_should_be() {
    for (names, fits, does_not_fit) in [
        ("IP:10.77.0.2", IPV4, NAME),
        ("DNS:*.test.example", NAME, IPV4),
        ("DNS:*.example", "", NAME),
        ("DNS:xn--bcher-kva.test.example", INTERNATIONAL_NAME, NAME),
        ("DNS:xn--bcher-kva.test.example", "b\u{fc}cher.test.example", NAME),
    ] {
        let recipe = Recipe { names, ..Recipe::default() };
        let Some(house) = House::with(vec![Box::new(Dovecot::Usual)], recipe) else { return };
        let look = |host: &str| {
            let arguments = ["--format", "json", "--ca-file", &house.authority(), &format!("imaps://{host}")];
            house.probe(&arguments, &[993]).report()
        };
        if !fits.is_empty() {
            assert_all_ok(&look(fits), &[993]);
        }
        let report = look(does_not_fit);
        assert_eq!(endpoint(&report, 993)["state"], "certificate-invalid", "{names}: {report:#}");
        assert!(has_finding(endpoint(&report, 993), "certificate-wrong-name"), "{names}: {report:#}");
    }
}

/// What mailprobe says of port 993 with such a certificate; `None` where there can be no house.
fn imaps(issuer: Issuer) -> Option<Value> {
    let house = House::with(vec![Box::new(Dovecot::Usual)], Recipe { issuer, ..Recipe::default() })?;
    let arguments = ["--format", "json", "--ca-file", &house.authority(), &format!("imaps://{NAME}")];
    Some(house.probe(&arguments, &[993]).report())
}
