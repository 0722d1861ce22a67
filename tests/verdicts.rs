//! What a run makes of the states: surveys and named ports, addresses and families, warnings, exit codes. On the real
//! ports, in a network of the test's own.

#![cfg(target_os = "linux")]

mod command;
mod netns;

use std::net::SocketAddr;

use command::{Outcome, finding_ids, only_endpoint, report};
use mailprobe_lab::dns::{DnsServer, Zone};
use mailprobe_lab::{Pki, Server};
use netns::{Network, in_own_network};
use serde_json::Value;

/// A network with nothing but a loopback interface, servers on it, and what a check needs to know of them.
struct Site {
    network: Network,
    servers: Vec<Server>,
    folder: tempfile::TempDir,
}

impl Site {
    fn new(test: &'static str, servers: &[(&str, &str)]) -> Self {
        let network = Network::new(test, &[]);
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("ca.pem"), Pki::shared().ca_pem()).expect("a file");
        let servers = servers.iter().map(|(words, address)| start(words, address)).collect();
        Self { network, servers, folder }
    }

    fn check(&self, arguments: &[&str]) -> (Outcome, Value) {
        let ca_file = self.folder.path().join("ca.pem");
        let mut all = vec!["--ca-file", ca_file.to_str().expect("a name"), "--helo", "probe.test.example"];
        all.extend(arguments);
        report(&all)
    }
}

fn start(words: &str, address: &str) -> Server {
    let behaviour = words.parse().unwrap_or_else(|error| panic!("{words}: {error}"));
    let address: SocketAddr = address.parse().expect("an address");
    Server::start_at(behaviour, address).unwrap_or_else(|error| panic!("{words} at {address}: {error}"))
}

/// The endpoint of this port; the first address if there are several.
fn at_port(document: &Value, port: u16) -> &Value {
    let endpoints = document["targets"][0]["endpoints"].as_array().expect("endpoints");
    endpoints.iter().find(|endpoint| endpoint["port"] == port).expect("the port")
}

fn severities(value: &Value) -> Vec<&str> {
    value["findings"].as_array().expect("findings").iter().filter_map(|one| one["severity"].as_str()).collect()
}

#[track_caller]
fn is(outcome: &Outcome, document: &Value, verdict: &str, code: i32) {
    assert_eq!((&document["verdict"], outcome.code), (&verdict.into(), code), "{document:#}");
    assert_eq!(document["exit_code"], code, "{document:#}");
    assert_eq!(outcome.stderr, "");
}

#[test]
fn all_seven_ports_pass() {
    const TEST: &str = "all_seven_ports_pass";
    in_own_network(TEST, || {
        let site = Site::new(
            TEST,
            &[
                ("smtp:starttls", "127.0.0.1:25"),
                ("smtp:implicit", "127.0.0.1:465"),
                ("smtp:starttls", "127.0.0.1:587"),
                ("pop3:starttls", "127.0.0.1:110"),
                ("pop3:implicit", "127.0.0.1:995"),
                ("imap:starttls", "127.0.0.1:143"),
                ("imap:implicit", "127.0.0.1:993"),
            ],
        );
        let (outcome, document) = site.check(&["--strict", "127.0.0.1"]);
        is(&outcome, &document, "pass", 0);
        assert_eq!(document["summary"]["states"]["ok"], 7, "{document:#}");
        for endpoint in document["targets"][0]["endpoints"].as_array().expect("endpoints") {
            let inside = endpoint["capabilities"]["secured"].to_string();
            assert!(inside.contains("AUTH") || inside.contains("SASL"), "{endpoint:#}");
            assert!(!endpoint["capabilities"]["plaintext"].to_string().contains("AUTH="), "{endpoint:#}");
        }
    });
}

#[test]
fn a_survey_misses_no_port_that_is_closed() {
    const TEST: &str = "a_survey_misses_no_port_that_is_closed";
    in_own_network(TEST, || {
        let site = Site::new(TEST, &[("smtp:implicit", "127.0.0.1:465"), ("imap:implicit", "127.0.0.1:993")]);
        let (outcome, document) = site.check(&["--strict", "127.0.0.1"]);
        is(&outcome, &document, "pass", 0);
        assert_eq!(document["summary"]["endpoints"], 7);
        for port in [25, 587, 110, 995, 143] {
            let endpoint = at_port(&document, port);
            assert_eq!(endpoint["state"], "connection-refused", "{endpoint:#}");
            assert_eq!(endpoint["verdict"], "pass", "{endpoint:#}");
            assert!(finding_ids(endpoint).contains(&"port-not-offered"), "{endpoint:#}");
            assert!(severities(endpoint).iter().all(|severity| *severity == "info"), "{endpoint:#}");
        }
    });
}

#[test]
fn a_survey_that_finds_nothing_open_fails() {
    const TEST: &str = "a_survey_that_finds_nothing_open_fails";
    in_own_network(TEST, || {
        let site = Site::new(TEST, &[]);
        let (outcome, document) = site.check(&["127.0.0.1"]);
        is(&outcome, &document, "fail", 5);
        assert_eq!(document["summary"]["fail"], 7);
    });
}

#[test]
fn a_port_that_answers_and_is_broken_fails_the_survey_with_its_own_code() {
    const TEST: &str = "a_port_that_answers_and_is_broken_fails_the_survey_with_its_own_code";
    in_own_network(TEST, || {
        let mut site =
            Site::new(TEST, &[("smtp:implicit", "127.0.0.1:465"), ("imap:implicit:expired", "127.0.0.1:993")]);
        let (outcome, document) = site.check(&["127.0.0.1"]);
        is(&outcome, &document, "fail", 14);
        assert_eq!(document["summary"]["fail"], 1, "{document:#}");

        site.servers.push(start("pop3:implicit:wrong-name", "127.0.0.1:995"));
        let (outcome, document) = site.check(&["127.0.0.1"]);
        is(&outcome, &document, "fail", 14);

        site.servers.push(start("smtp:starttls:no-starttls", "127.0.0.1:587"));
        let (outcome, document) = site.check(&["127.0.0.1"]);
        is(&outcome, &document, "fail", 1);
    });
}

#[test]
fn port_25_without_good_tls_is_a_warning_that_strict_makes_a_failure() {
    const TEST: &str = "port_25_without_good_tls_is_a_warning_that_strict_makes_a_failure";
    in_own_network(TEST, || {
        let site = Site::new(
            TEST,
            &[("smtp:starttls:no-starttls", "127.0.0.1:25"), ("smtp:starttls:self-signed", "127.0.0.2:25")],
        );
        for (target, state, code) in
            [("127.0.0.1:25", "starttls-not-offered", 12), ("127.0.0.2:25", "certificate-invalid", 14)]
        {
            let (outcome, document) = site.check(&[target]);
            is(&outcome, &document, "warn", 0);
            let endpoint = only_endpoint(&document);
            assert_eq!(endpoint["state"], state, "{endpoint:#}");
            assert!(!severities(endpoint).contains(&"error"), "{endpoint:#}");
            let (outcome, document) = site.check(&["--strict", target]);
            is(&outcome, &document, "fail", code);
        }
    });
}

#[test]
fn a_port_that_was_named_must_work() {
    const TEST: &str = "a_port_that_was_named_must_work";
    in_own_network(TEST, || {
        let site = Site::new(TEST, &[("smtp:implicit", "127.0.0.1:465"), ("imap:implicit", "127.0.0.1:993")]);
        for named in [&["127.0.0.1:110"][..], &["pop3://127.0.0.1"], &["--ports", "110,465", "127.0.0.1"]] {
            let (outcome, document) = site.check(named);
            is(&outcome, &document, "fail", 5);
        }
        let (outcome, document) = site.check(&["127.0.0.1", "127.0.0.1:110"]);
        is(&outcome, &document, "fail", 5);
        assert_eq!(document["targets"][0]["verdict"], "pass", "{document:#}");
        let (outcome, document) = site.check(&["--ports", "465,993", "127.0.0.1"]);
        is(&outcome, &document, "pass", 0);
    });
}

#[test]
fn one_dead_address_of_two_fails_unless_any_will_do() {
    const TEST: &str = "one_dead_address_of_two_fails_unless_any_will_do";
    in_own_network(TEST, || {
        let site = Site::new(TEST, &[("smtp:implicit", "127.0.0.1:465"), ("imap:implicit", "127.0.0.1:993")]);
        let zone = Zone::new().a("mail.test.example", [127, 0, 0, 1]).a("mail.test.example", [127, 0, 0, 2]);
        let dns = DnsServer::start(zone).expect("a name server");
        let dns = dns.address().to_string();
        let ask = |options: &[&str]| {
            let mut arguments = vec!["--dns-server", &dns, "--ports", "465", "mail.test.example"];
            arguments.extend(options);
            site.check(&arguments)
        };
        let (outcome, document) = ask(&[]);
        is(&outcome, &document, "fail", 5);
        assert_eq!(document["summary"]["endpoints"], 2, "{document:#}");
        let (outcome, document) = ask(&["--addresses", "any"]);
        is(&outcome, &document, "warn", 0);
        let (outcome, document) = ask(&["--addresses", "any", "--strict"]);
        is(&outcome, &document, "fail", 5);

        // In a survey, too: open here and closed there is a fault, not a port that is not offered.
        let (outcome, document) = site.check(&["--dns-server", &dns, "mail.test.example"]);
        is(&outcome, &document, "fail", 5);
        assert_eq!(document["summary"]["fail"], 2, "{document:#}");
    });
}

#[test]
fn a_machine_without_ipv6_passes_on_ipv4_and_says_so_once() {
    const TEST: &str = "a_machine_without_ipv6_passes_on_ipv4_and_says_so_once";
    in_own_network(TEST, || {
        let site = Site::new(TEST, &[("smtp:implicit", "127.0.0.1:465"), ("imap:implicit", "127.0.0.1:993")]);
        let zone = Zone::new()
            .a("mail.test.example", [127, 0, 0, 1])
            .aaaa("mail.test.example", [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1])
            .aaaa("mail.test.example", [0x2001, 0xdb8, 0, 0, 0, 0, 0, 2]);
        let dns = DnsServer::start(zone).expect("a name server");
        let (outcome, document) = site.check(&["--dns-server", &dns.address().to_string(), "mail.test.example"]);
        is(&outcome, &document, "pass", 0);
        let target = &document["targets"][0];
        assert_eq!(finding_ids(target), ["address-family-skipped"], "{target:#}");
        assert_eq!(severities(target), ["info"]);
        assert_eq!(document["summary"]["endpoints"], 7, "{document:#}");

        // Asked for by name, the family is tried all the same.
        let (outcome, document) = site.check(&["-6", "--dns-server", &dns.address().to_string(), "mail.test.example"]);
        is(&outcome, &document, "fail", 7);
        assert_eq!(at_port(&document, 465)["state"], "network-unreachable", "{document:#}");
    });
}

#[test]
fn the_ways_of_not_getting_a_connection_are_told_apart() {
    const TEST: &str = "the_ways_of_not_getting_a_connection_are_told_apart";
    in_own_network(TEST, || {
        let site = Site::new(TEST, &[("smtp:implicit", "127.0.0.1:465")]);
        site.network.run(
            "nft add table ip lab
             nft add chain ip lab in '{ type filter hook input priority 0; }'
             nft add rule ip lab in ip daddr 127.0.0.1 tcp dport 25 drop
             nft add rule ip lab in ip daddr 127.0.0.2 tcp dport 25 reject with icmp port-unreachable
             nft add rule ip lab in ip daddr 127.0.0.3 tcp dport 25 reject with icmp admin-prohibited
             nft add rule ip lab in ip daddr 127.0.0.4 tcp dport 25 reject with icmp host-unreachable
             nft add rule ip lab in ip daddr 127.0.0.5 tcp dport 25 reject with icmp net-unreachable
             nft add rule ip lab in ip daddr 127.0.0.6 tcp dport 25 reject with tcp reset",
        );
        for (target, code, state, icmp_code) in [
            ("127.0.0.1:25", 6, "connection-timeout", None),
            ("127.0.0.2:25", 5, "connection-refused", Some(3)),
            ("127.0.0.3:25", 7, "administratively-prohibited", Some(13)),
            ("127.0.0.4:25", 7, "host-unreachable", Some(1)),
            ("127.0.0.5:25", 7, "network-unreachable", Some(0)),
            ("127.0.0.6:25", 5, "connection-refused", None),
            ("192.0.2.1:25", 7, "network-unreachable", None),
        ] {
            let (outcome, document) = site.check(&["--connect-timeout", "1s", target]);
            is(&outcome, &document, "fail", code);
            let endpoint = only_endpoint(&document);
            assert_eq!((&endpoint["state"], &endpoint["failed_stage"]), (&state.into(), &"connect".into()), "{target}");
            let icmp = &endpoint["icmp"];
            assert_eq!(icmp["code"].as_u64(), icmp_code, "{target}: {icmp}");
            assert_eq!(icmp["from"].is_string(), icmp_code.is_some(), "{target}: {icmp}");
        }

        // A survey does not miss the blocked port, and says what it looks like.
        let (outcome, document) = site.check(&["--connect-timeout", "1s", "127.0.0.1"]);
        is(&outcome, &document, "pass", 0);
        let conclusion = document["targets"][0]["conclusion"].as_str().unwrap_or_default();
        assert!(conclusion.contains("25") && conclusion.contains("never answered"), "{conclusion}");
    });
}
