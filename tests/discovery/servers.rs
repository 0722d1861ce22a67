//! All sources together: every endpoint once, with who named it, and what to enter in a mail program.

use std::time::Duration;

use mailprobe_lab::dns::Zone;
use mailprobe_lab::https::Page;
use mailprobe_lab::{Behaviour, Leaf, Server};

use crate::command::finding_ids;
use crate::netns::in_own_network;
use crate::site::{DOMAIN, OWN, Site, WEB, autoconfig, endpoints, finding, is, outcome, settings, target};

const SERVERS: [(&str, &str); 6] = [
    ("smtp:starttls", "127.0.0.10:25"),
    ("smtp:starttls", "127.0.0.11:25"),
    ("smtp:implicit", "127.0.0.20:465"),
    ("smtp:starttls", "127.0.0.20:587"),
    ("imap:implicit", "127.0.0.30:993"),
    ("imap:starttls", "127.0.0.30:143"),
];

/// Two MX hosts, of which one has two addresses and the other is dead, and servers for mail programs.
fn zone() -> Zone {
    Zone::new()
        .mx(DOMAIN, 20, "mx2.example.test")
        .mx(DOMAIN, 10, "mx1.example.test")
        .a("mx1.example.test", [127, 0, 0, 10])
        .a("mx1.example.test", [127, 0, 0, 11])
        .a("mx2.example.test", [127, 0, 0, 12])
        .srv("_submissions._tcp.example.test", 0, 1, 465, "smtp.example.test")
        .srv("_imaps._tcp.example.test", 0, 1, 993, "imap.example.test")
        .srv("_pop3s._tcp.example.test", 0, 0, 0, ".")
        .a("smtp.example.test", [127, 0, 0, 20])
        .a("imap.example.test", [127, 0, 0, 30])
        .a("autoconfig.example.test", WEB)
}

fn file() -> Page {
    autoconfig(&[
        ("incomingServer", "imap", "imap.%EMAILDOMAIN%", 143, "STARTTLS"),
        ("incomingServer", "imap", "imap.%EMAILDOMAIN%", 993, "SSL"),
        ("outgoingServer", "smtp", "smtp.example.test", 587, "STARTTLS"),
        ("outgoingServer", "smtp", "smtp.example.test", 465, "SSL"),
    ])
}

#[test]
fn every_endpoint_once_with_who_named_it_and_the_right_settings() {
    const TEST: &str = "servers::every_endpoint_once_with_who_named_it_and_the_right_settings";
    in_own_network(TEST, || {
        let site = Site::new(TEST, zone(), &SERVERS).with_web(Leaf::Good, &[(OWN.0, OWN.1, file())]);
        let (done, document) = site.check(&["user@example.test"]);
        is(&done, &document, "warn", 0);
        assert_eq!(
            endpoints(&document),
            [
                "mx1.example.test 127.0.0.10 25 ok pass mx",
                "mx1.example.test 127.0.0.11 25 ok pass mx",
                "mx2.example.test 127.0.0.12 25 connection-refused warn mx",
                "smtp.example.test 127.0.0.20 465 ok pass srv+autoconfig",
                "smtp.example.test 127.0.0.20 587 ok pass autoconfig",
                "imap.example.test 127.0.0.30 993 ok pass srv+autoconfig",
                "imap.example.test 127.0.0.30 143 ok pass autoconfig",
                "example.test - 995 dns-no-mail pass srv",
            ]
        );
        assert_eq!(target(&document)["kind"], "domain");
        assert_eq!(outcome(&document, "_pop3s._tcp"), "not-offered");
        assert_eq!(outcome(&document, "_pop3._tcp"), "nothing");
        assert_eq!(outcome(&document, OWN.1), "named");
        assert_eq!(outcome(&document, "built-in"), "nothing");
        assert_eq!(
            settings(&document, "incoming"),
            ["imap.example.test 993 implicit", "imap.example.test 143 starttls"]
        );
        assert_eq!(
            settings(&document, "outgoing"),
            ["smtp.example.test 465 implicit", "smtp.example.test 587 starttls"]
        );
        let best = &target(&document)["recommended"]["outgoing"][0];
        assert!(best["login"].as_array().expect("methods").contains(&"PLAIN".into()), "{best:#}");
        assert_eq!(best["password"], true);
        assert!(target(&document)["recommended"]["why"].as_str().is_some_and(|why| why.contains("RFC 8314")));

        let shown = site.show(&["user@example.test"]);
        assert_eq!(shown.code, 0, "{}", shown.stderr);
        for words in [
            "named by SRV and autoconfiguration (465), autoconfiguration (587)",
            "Incoming mail (IMAP)",
            "server    imap.example.test",
            "port      993",
            "security  SSL/TLS",
            "login     password",
            "Outgoing mail (SMTP)",
            "port      465",
        ] {
            assert!(shown.stdout.contains(words), "{words:?} is missing in\n{}", shown.stdout);
        }
        assert!(shown.stdout.lines().all(|line| line.chars().count() <= 80), "{}", shown.stdout);
    });
}

#[test]
fn only_the_sources_that_were_chosen_are_asked() {
    const TEST: &str = "servers::only_the_sources_that_were_chosen_are_asked";
    in_own_network(TEST, || {
        let site = Site::new(TEST, zone(), &SERVERS).with_web(Leaf::Good, &[(OWN.0, OWN.1, file())]);
        let (done, document) = site.check(&["--from", "srv", "user@example.test"]);
        is(&done, &document, "pass", 0);
        assert_eq!(endpoints(&document).len(), 3, "{document:#}");
        assert!(site.requests().is_empty());
        assert!(site.questions().iter().all(|question| question.record_type != mailprobe_lab::dns::RecordType::MX));

        let (done, document) = site.check(&["--from", "mx,srv", "--ports", "465", "@example.test"]);
        is(&done, &document, "pass", 0);
        assert_eq!(endpoints(&document), ["smtp.example.test 127.0.0.20 465 ok pass srv"]);
    });
}

#[test]
fn a_promise_that_is_not_kept_fails_and_is_not_recommended() {
    const TEST: &str = "servers::a_promise_that_is_not_kept_fails_and_is_not_recommended";
    in_own_network(TEST, || {
        let mut servers = SERVERS.to_vec();
        servers.retain(|(_, address)| *address != "127.0.0.20:465");
        let site = Site::new(TEST, zone(), &servers).with_web(Leaf::Good, &[(OWN.0, OWN.1, file())]);
        let (done, document) = site.check(&["@example.test"]);
        is(&done, &document, "fail", 5);
        assert_eq!(settings(&document, "outgoing"), ["smtp.example.test 587 starttls"]);
    });
}

#[test]
fn an_unsafe_mail_host_fails_the_domain_and_a_dead_one_is_no_blocked_port() {
    const TEST: &str = "servers::an_unsafe_mail_host_fails_the_domain_and_a_dead_one_is_no_blocked_port";
    in_own_network(TEST, || {
        let unsafe_one = [("smtp:starttls", "127.0.0.10:25"), ("smtp:starttls:inject-line", "127.0.0.12:25")];
        let zone = || {
            Zone::new()
                .mx(DOMAIN, 10, "mx1.example.test")
                .mx(DOMAIN, 20, "mx2.example.test")
                .a("mx1.example.test", [127, 0, 0, 10])
                .a("mx2.example.test", [127, 0, 0, 12])
        };
        let site = Site::new(TEST, zone(), &unsafe_one);
        let (done, document) = site.check(&["--from", "mx", "@example.test"]);
        is(&done, &document, "fail", 12);
        drop(site);
        let site = Site::new(TEST, zone(), &unsafe_one[..1]);
        site.drop_packets_for("127.0.0.12");
        let options = ["--from", "mx", "--connect-timeout", "1s", "@example.test"];
        let (done, document) = site.check(&options);
        is(&done, &document, "warn", 0);
        let text = document.to_string();
        assert!(!text.contains("blocked port") && text.contains("another host answers"), "{document:#}");
        let lines = site.show(&[&["--format", "jsonl"], &options[..]].concat()).stdout;
        assert!(!lines.contains("blocked port") && lines.contains("another host answers"), "{lines}");
    });
}

#[test]
fn where_nothing_can_be_recommended_that_is_said() {
    const TEST: &str = "servers::where_nothing_can_be_recommended_that_is_said";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .srv("_imaps._tcp.example.test", 0, 1, 993, "imap.example.test")
            .a("imap.example.test", [127, 0, 0, 30]);
        let site = Site::new(TEST, zone, &[]);
        let (_, document) = site.check(&["--from", "srv", "@example.test"]);
        let why = target(&document)["recommended"]["why"].as_str().unwrap_or_default();
        assert!(why.contains("none is recommended"), "{document:#}");
        let shown = site.show(&["--from", "srv", "@example.test"]).stdout;
        assert!(shown.contains("What to enter") && shown.contains("None of the servers"), "{shown}");
    });
}

#[test]
fn sources_that_disagree_are_told() {
    const TEST: &str = "servers::sources_that_disagree_are_told";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .mx(DOMAIN, 10, "mx1.example.test")
            .a("mx1.example.test", [127, 0, 0, 10])
            .srv("_submission._tcp.example.test", 0, 1, 587, "smtp.example.test")
            .a("smtp.example.test", [127, 0, 0, 20])
            .a("autoconfig.example.test", WEB);
        let file = autoconfig(&[("outgoingServer", "smtp", "smtp.example.test", 465, "SSL")]);
        let site = Site::new(TEST, zone, &SERVERS).with_web(Leaf::Good, &[(OWN.0, OWN.1, file)]);
        let (done, document) = site.check(&["@example.test"]);
        is(&done, &document, "warn", 0);
        let told = finding(&document, "sources-disagree");
        assert_eq!(told["message"], "For sending mail, SRV names 587, autoconfiguration names 465.");
        assert_eq!(told["severity"], "warning");
        assert_eq!(settings(&document, "outgoing")[0], "smtp.example.test 465 implicit");
        assert!(settings(&document, "incoming").is_empty());
    });
}

#[test]
fn usual_names_are_tried_on_request_and_called_guesses() {
    const TEST: &str = "servers::usual_names_are_tried_on_request_and_called_guesses";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .mx(DOMAIN, 10, "mx1.example.test")
            .a("mx1.example.test", [127, 0, 0, 10])
            .a("smtp.example.test", [127, 0, 0, 20])
            .a("imap.example.test", [127, 0, 0, 30]);
        let site = Site::new(TEST, zone, &SERVERS);
        let (done, document) = site.check(&["@example.test"]);
        is(&done, &document, "pass", 0);
        assert_eq!(endpoints(&document).len(), 1, "{document:#}");
        let (done, document) = site.check(&["--guess", "@example.test"]);
        is(&done, &document, "pass", 0);
        assert_eq!(
            endpoints(&document)[1..],
            [
                "smtp.example.test 127.0.0.20 465 ok pass guess",
                "smtp.example.test 127.0.0.20 587 ok pass guess",
                "imap.example.test 127.0.0.30 993 ok pass guess",
                "imap.example.test 127.0.0.30 143 ok pass guess",
            ]
        );
        assert_eq!(outcome(&document, "pop.example.test"), "nothing");
        assert!(site.show(&["--guess", "@example.test"]).stdout.contains("named by a guess"));
    });
}

#[test]
fn a_server_that_has_several_names_is_visited_by_one_after_the_other() {
    const TEST: &str = "servers::a_server_that_has_several_names_is_visited_by_one_after_the_other";
    in_own_network(TEST, || {
        let zone = ["mail", "smtp", "imap"]
            .iter()
            .fold(Zone::new(), |zone, label| zone.a(&format!("{label}.example.test"), [127, 0, 0, 20]));
        let site = Site::new(TEST, zone, &[]);
        let behaviour: Behaviour = "smtp:implicit:slow-greeting".parse().expect("a behaviour");
        let behaviour = behaviour.names(["*.example.test"]).pause(Duration::from_millis(700));
        let server = Server::start_at(behaviour, ([127, 0, 0, 20], 465).into()).expect("the port is free");
        let (_, document) = site.check(&["--from", "srv", "--guess", "--ports", "465", "@example.test"]);
        let states: Vec<&str> = document["targets"][0]["endpoints"]
            .as_array()
            .expect("endpoints")
            .iter()
            .filter_map(|endpoint| endpoint["state"].as_str())
            .collect();
        assert_eq!(states, ["ok", "ok"], "{document:#}");
        let connections = server.settled();
        assert_eq!(connections.len(), 2);
        let apart = connections[1].accepted.saturating_sub(connections[0].accepted);
        assert!(apart >= Duration::from_millis(600), "the second came {apart:?} after the first");
    });
}

#[test]
fn international_domains_and_local_parts_work() {
    const TEST: &str = "servers::international_domains_and_local_parts_work";
    in_own_network(TEST, || {
        let zone = Zone::new()
            .mx("xn--bcher-kva.example.test", 10, "mx1.example.test")
            .a("mx1.example.test", [127, 0, 0, 10])
            .a("xn--bcher-kva.example.test", WEB);
        let site = Site::new(TEST, zone, &SERVERS);
        let (done, document) = site.check(&["jörg@bücher.example.test"]);
        is(&done, &document, "pass", 0);
        assert_eq!(endpoints(&document), ["mx1.example.test 127.0.0.10 25 ok pass mx"]);
        assert_eq!(target(&document)["target"], "jörg@bücher.example.test");
        assert!(finding_ids(target(&document)).iter().all(|id| *id == "autoconfig-unusable"), "{document:#}");
    });
}
