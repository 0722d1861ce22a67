//! `mailprobe blocked` without root and without any capability, in networks of the test's own:
//! this machine – r1 – r2 – r3 – the mail hosts of several operators.

#![cfg(all(feature = "cli", target_os = "linux"))]

#[path = "../netns/mod.rs"]
mod netns;
mod places;
mod wording;
mod world;

use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use mailprobe_lab::dns::{DnsServer, Zone};
use netns::in_own_network;
use serde_json::{Value, json};
use world::{DESTINATION_NAT, FORWARD, HERE, INPUT, OUTPUT, Outcome, Rule, SOURCE_NAT, World, run_asking};

const GOOD: &str = "smtp:starttls";

/// Every operator greets with a name of its own.
const OWN_NAMES: &str = "mx.{}.test";

const TRANSLATED: Rule = ("r1", SOURCE_NAT, "oifname east meta nfproto ipv4 snat ip to 203.0.113.9");

fn ids(findings: &Value) -> Vec<&str> {
    findings.as_array().expect("findings").iter().filter_map(|finding| finding["id"].as_str()).collect()
}

/// The answer's facts, without its words.
fn facts(document: &Value) -> Value {
    let blocked = &document["blocked"];
    json!([blocked["conclusion"], blocked["ipv4"], blocked["ipv6"], blocked["ways_out"]])
}

fn both(conclusion: &str) -> Value {
    json!([conclusion, conclusion, conclusion, ["submissions", "submission"]])
}

/// The words of a page, without its line breaks.
fn flowing(outcome: &Outcome) -> String {
    outcome.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A person sees the answer last, next to the prompt, and all within 80 columns.
fn assert_readable(outcome: &Outcome, answer: &str) {
    let last = outcome.stdout.rsplit("\n\n").next().unwrap_or_default();
    assert!(last.lines().next().is_some_and(|line| line.contains(answer)), "{}", outcome.stdout);
    for line in outcome.stdout.lines() {
        assert!(line.chars().count() <= 80, "over 80 columns: {line}");
    }
    assert_eq!(outcome.stderr, "");
}

const OPEN: &str = "nothing_is_blocked";

#[test]
fn nothing_is_blocked() {
    in_own_network(OPEN, || {
        let world = World::new(OPEN, GOOD, OWN_NAMES);
        world.rules(&[TRANSLATED]);
        let (code, document) = world.report(&[]);
        assert_eq!((code, facts(&document)), (0, both("not-blocked")), "{document:#}");
        assert_eq!(document["verdict"], "pass");
        assert_eq!(document["blocked"]["greeting_shared"], false);
        assert_eq!(document["blocked"]["seen_as"], json!(["203.0.113.9"]), "{document:#}");
        assert!(ids(&document["blocked"]["findings"]).contains(&"reverse-name-confirmed"), "{document:#}");
        let schema: Value = serde_json::from_str(include_str!("../../schema/report-v1.json")).expect("a schema");
        assert!(jsonschema::is_valid(&schema, &document));

        let page = world.ask(&[]);
        assert_eq!(page.code, 0);
        assert_readable(&page, "NOT BLOCKED");
        assert!(page.stdout.contains("3 of 3 mail hosts answer"), "{}", page.stdout);
        assert!(page.stdout.contains("mx.one.test    IPv4, IPv6  answers"), "alike over both: {}", page.stdout);

        // One family at a time; and one dead reference is a note.
        world.rules(&[("server", INPUT, "ip daddr 10.5.0.3 tcp dport 25 drop")]);
        let (code, document) = world.report(&["-4"]);
        assert_eq!((code, facts(&document)[2].clone()), (0, Value::Null), "{document:#}");
        assert_eq!(ids(&document["blocked"]["findings"]), ["reference-down"], "{document:#}");

        // Nothing to ask a support desk for.
        let request = world.ask(&["-6", "--request"]);
        assert_eq!(request.code, 0);
        assert!(request.stderr.contains("nothing to ask"), "{}", request.stderr);
        assert!(request.stdout.contains("NOT BLOCKED"), "{}", request.stdout);
    });
}

const ONE_ADDRESS: &str = "names_that_all_lead_to_one_silent_address_cost_the_time_of_one";

#[test]
fn names_that_all_lead_to_one_silent_address_cost_the_time_of_one() {
    in_own_network(ONE_ADDRESS, || {
        let mut world = World::new(ONE_ADDRESS, GOOD, OWN_NAMES);
        world.network.serve_as(
            "r3",
            &[25, 465, 587].map(|port| ("smtp:starttls:silent", format!("10.3.0.2:{port}"), "mx.test")),
        );
        let names: Vec<String> = (1..=12).map(|number| format!("smtp{number}.test")).collect();
        let zone = names.iter().fold(Zone::new(), |zone, name| zone.a(name, [10, 3, 0, 2]));
        let dns = DnsServer::start(zone).expect("a name server");
        let arguments = names.iter().flat_map(|name| ["--submission-host", name]);
        let arguments: Vec<&str> =
            arguments.chain(["--reference=smtp1.test", "--reference=smtp2.test", "-4", "--timeout", "4s"]).collect();
        let began = Instant::now();
        let outcome = run_asking(&dns.address().to_string(), &arguments);
        // Twice 4 s; one after the other they would take 48 s.
        assert!(began.elapsed() < Duration::from_secs(40), "{:?}: {}", began.elapsed(), outcome.stdout);
        assert!(!outcome.stdout.contains("NOT BLOCKED"), "{}", outcome.stdout);
    });
}

const SOON: &str = "a_block_is_told_before_every_wait_is_over";

#[test]
fn a_block_is_told_before_every_wait_is_over() {
    in_own_network(SOON, || {
        let world = World::new(SOON, GOOD, OWN_NAMES);
        world.rules(&[("r2", FORWARD, "tcp dport 25 drop")]);
        let began = Instant::now();
        let (code, document) = world.unlimited(&[]);
        let took = began.elapsed();
        assert_eq!((code, facts(&document)), (6, both("blocked")), "{document:#}");
        let answer = document["blocked"]["answer"].as_str().expect("words");
        assert!(answer.contains("Over IPv4 it is blocked between hop 2 (10.2.0.2) and hop 3 (10.3.0.2)"), "{answer}");
        assert!(answer.contains("Over IPv6 it is blocked between hop 2 (fd02::2) and hop 3 (fd03::2)"), "{answer}");
        let endpoints = document["targets"].as_array().expect("targets").iter().flat_map(|target| {
            target["endpoints"].as_array().expect("endpoints").iter().filter(|endpoint| endpoint["port"] == 25)
        });
        let states: Vec<_> = endpoints.map(|endpoint| endpoint["state"].as_str().unwrap_or_default()).collect();
        assert_eq!(states, ["connection-timeout"; 6], "each is told as what it is: {document:#}");
        // A connection alone may take 5 s.
        assert!(took < Duration::from_secs(5), "{took:?}");

        // Who names a limit has it.
        let began = Instant::now();
        let (code, _) = world.unlimited(&["-4", "--connect-timeout", "4s"]);
        assert_eq!(code, 6);
        assert!(began.elapsed() >= Duration::from_secs(4), "{:?}", began.elapsed());
    });
}

const DROPPED: &str = "port_25_is_dropped_on_the_way";

#[test]
fn port_25_is_dropped_on_the_way() {
    in_own_network(DROPPED, || {
        let world = World::new(DROPPED, GOOD, OWN_NAMES);
        world.rules(&[("r2", FORWARD, "tcp dport 25 drop")]);
        let (code, document) = world.report(&[]);
        assert_eq!((code, facts(&document)), (6, both("blocked")), "{document:#}");
        assert_eq!(document["verdict"], "fail");
        let answer = document["blocked"]["answer"].as_str().expect("words");
        assert!(answer.contains("over IPv4 and IPv6"), "{answer}");
        assert!(answer.contains("Over IPv4 it is blocked between hop 2 (10.2.0.2) and hop 3 (10.3.0.2)"), "{answer}");
        assert!(answer.contains("Over IPv6 it is blocked between hop 2 (fd02::2) and hop 3 (fd03::2)"), "{answer}");
        let hints = document["blocked"]["hints"].to_string();
        assert!(hints.contains("465 (TLS) and 587 (STARTTLS), which are open here"), "{hints}");
        assert!(hints.contains("10.2.0.2"), "{hints}");
        assert_eq!(document["blocked"]["request"], Value::Null);
        assert_readable(&world.ask(&[]), "BLOCKED");

        let page = world.ask(&["--format", "html", "-4"]).stdout;
        assert!(page.contains("BLOCKED: Is port 25 blocked from here?"), "{page}");
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains("Port 25 of other hosts"), "{page}");

        let lines = world.ask(&["--format", "jsonl", "-4"]).stdout;
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.last().expect("a summary")["blocked"]["conclusion"], "blocked");
        assert_eq!(lines.iter().filter(|line| line["type"] == "endpoint").count(), 7, "{lines:#?}");
        assert!(lines.iter().any(|line| line["path"]["where"] == "path"), "{lines:#?}");
    });
}

const REQUEST: &str = "the_message_says_what_was_measured_and_nothing_else";

#[test]
fn the_message_says_what_was_measured_and_nothing_else() {
    in_own_network(REQUEST, || {
        let world = World::new(REQUEST, GOOD, OWN_NAMES);
        world.rules(&[TRANSLATED, ("r2", FORWARD, "meta nfproto ipv4 tcp dport 25 drop")]);
        let message = world.ask(&["--request"]);
        assert_eq!((message.code, message.stderr.as_str()), (6, ""));
        for measured in [
            "Subject: Outbound TCP port 25 is blocked (IPv4)",
            "Time of the test (UTC): 20",
            "Source address: 10.1.0.2\n",
            "Source address as seen by mail servers: 203.0.113.9",
            "- 10.5.0.1 (mx.one.test), port 25: SYN sent, no reply",
            "- 10.5.0.3 (mx.three.test), port 25: SYN sent, no reply",
            "- 10.5.0.21 (smtp.a.test), port 465",
            "- 10.5.0.11 (one.test), port 443",
            "hop 2 (10.2.0.2)",
            "Over IPv6, port 25 is open at the same time:",
            "- fd05::1 (mx.one.test), port 25",
        ] {
            assert!(message.stdout.contains(measured), "{measured} is missing in\n{}", message.stdout);
        }
        for unmeasured in ["blocklist", "another network", "hint", "BLOCKED"] {
            assert!(!message.stdout.contains(unmeasured), "{unmeasured} is in\n{}", message.stdout);
        }
        let (_, document) = world.report(&["--request"]);
        assert!(document["blocked"]["request"].as_str().is_some_and(|text| text.starts_with("Subject: ")));
        assert_eq!(facts(&document)[0], "blocked");
        assert_eq!(facts(&document)[2], "not-blocked");
        assert!(document["blocked"]["answer"].as_str().expect("words").contains("over IPv4 only"), "{document:#}");
    });
}

const REJECTED: &str = "port_25_is_rejected";

#[test]
fn port_25_is_rejected() {
    in_own_network(REJECTED, || {
        let world = World::new(REJECTED, GOOD, OWN_NAMES);
        // By a router, with an ICMP message; and 587 beside it.
        world.rules(&[("r1", FORWARD, "tcp dport { 25, 587 } reject with icmpx type admin-prohibited")]);
        let (code, document) = world.report(&[]);
        assert_eq!(code, 7, "{document:#}");
        assert_eq!(facts(&document), json!(["blocked", "blocked", "blocked", ["submissions"]]), "{document:#}");
        assert!(ids(&document["blocked"]["findings"]).contains(&"submission-blocked"));
        let hints = document["blocked"]["hints"].to_string();
        assert!(hints.contains("465 (TLS)"), "{hints}");
        assert!(!hints.contains("587"), "587 is blocked, and recommended: {hints}");
        let answer = document["blocked"]["answer"].as_str().expect("words");
        assert!(answer.contains("ICMP 3/13") && answer.contains("10.1.0.1"), "{answer}");

        // By this machine's own firewall: nothing to ask anybody else for.
        world.rules(&[(HERE, OUTPUT, "tcp dport 25 reject with tcp reset")]);
        let (code, document) = world.report(&[]);
        assert_eq!((code, facts(&document)), (5, both("blocked")), "{document:#}");
        world.rules(&[(HERE, OUTPUT, "tcp dport 25 reject with icmpx type admin-prohibited")]);
        let (code, document) = world.report(&["--request"]);
        assert_eq!((code, facts(&document)), (7, both("blocked")), "{document:#}");
        assert!(document["blocked"]["hints"].to_string().contains("nft list ruleset"), "{document:#}");
        assert!(document["blocked"]["answer"].to_string().contains("on this machine"), "{document:#}");
        assert_eq!(document["blocked"]["request"], Value::Null);
    });
}

// No network is never called a blocked port.

const CUT: &str = "a_line_that_is_cut_is_no_blocked_port";

#[test]
fn a_line_that_is_cut_is_no_blocked_port() {
    in_own_network(CUT, || {
        let world = World::new(CUT, GOOD, OWN_NAMES);
        // The first router still answers, and behind it nothing does.
        world.rules(&[("r1", FORWARD, "drop")]);
        assert_no_network(&world);
        let cut = flowing(&world.ask(&[]));
        assert!(cut.contains("nothing gets past hop 1 (10.1.0.1 and fd01::1), on any port"), "{cut}");
        assert!(cut.contains("works as far as the first router (10.1.0.1 and fd01::1)"), "{cut}");
        assert!(!cut.contains("cable"), "{cut}");
    });
}

const NO_WAY_ON: &str = "a_router_that_has_no_way_on_blocks_no_port";

#[test]
fn a_router_that_has_no_way_on_blocks_no_port() {
    in_own_network(NO_WAY_ON, || {
        let world = World::new(NO_WAY_ON, GOOD, OWN_NAMES);
        world.rules(&[("r1", FORWARD, "reject with icmpx type no-route")]);
        assert_no_network(&world);
    });
}

const ALL_DROPPED: &str = "a_rule_here_that_drops_everything_blocks_no_port";

#[test]
fn a_rule_here_that_drops_everything_blocks_no_port() {
    in_own_network(ALL_DROPPED, || {
        let world = World::new(ALL_DROPPED, GOOD, OWN_NAMES);
        world.rules(&[(HERE, OUTPUT, "oifname c0 drop")]);
        assert_no_network(&world);
        let here = flowing(&world.ask(&["-4"]));
        assert!(!here.contains("gets past hop"), "no router was heard of: {here}");
    });
}

const NO_ROUTE: &str = "a_machine_without_routes_or_names_has_no_blocked_port";

#[test]
fn a_machine_without_routes_or_names_has_no_blocked_port() {
    in_own_network(NO_ROUTE, || {
        let world = World::new(NO_ROUTE, GOOD, OWN_NAMES);
        world.network.run("ip route del default; ip -6 route del default");
        assert_no_network(&world);
        // Nobody answers at this address: the network is there, the names are not.
        let page = run_asking("127.0.0.1:1", &["--reference=one.test", "--timeout", "3s"]);
        assert_eq!(page.code, 17, "{}", page.stdout);
        assert!(page.stdout.contains("no name server answers"), "{}", page.stdout);
    });
}

/// And never called a blocked port.
fn assert_no_network(world: &World) {
    let page = world.ask(&[]);
    assert_eq!(page.code, 17, "{}", page.stdout);
    assert_readable(&page, "NO NETWORK");
    let (code, document) = world.report(&[]);
    assert_eq!((code, &document["blocked"]["conclusion"]), (17, &json!("no-network")), "{document:#}");
    assert!(!page.stdout.contains("is blocked"), "{}", page.stdout);
}

const REFUSED: &str = "every_server_refuses_this_address";

#[test]
fn every_server_refuses_this_address() {
    in_own_network(REFUSED, || {
        let world = World::new(REFUSED, "smtp:starttls:greeting-554-spamhaus", OWN_NAMES);
        let (code, document) = world.report(&[]);
        assert_eq!((code, facts(&document)), (10, both("rejected-by-reputation")), "{document:#}");
        let page = world.ask(&["-4"]);
        assert_readable(&page, "REJECTED BY REPUTATION");
        for word in
            ["zen.spamhaus.org", "https://www.spamhaus.org/query/ip/203.0.113.9", "all 3 mail hosts that answer"]
        {
            let words = page.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains(word), "{word} is missing in\n{}", page.stdout);
        }
    });
}

const EARLY: &str = "an_early_end_is_told";

#[test]
fn an_early_end_is_told() {
    in_own_network(EARLY, || {
        let world = World::new(EARLY, GOOD, OWN_NAMES);
        world.rules(&[("r2", FORWARD, "tcp dport 25 drop")]);
        let (code, document) = world.report(&["--deadline", "500ms"]);
        assert_eq!((code, facts(&document)[0].clone()), (3, json!("inconclusive")), "{document:#}");

        let stopped = world.interrupted(Duration::from_secs(1));
        assert_eq!(stopped.code, 130, "{}", stopped.stderr);
        let document: Value = serde_json::from_str(&stopped.stdout).expect("what is known so far");
        assert_eq!(facts(&document)[0], "inconclusive", "{document:#}");

        // While names are looked up: nobody has said that there are none.
        let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = silent.local_addr().expect("an address").to_string();
        let page = run_asking(&address, &["--deadline", "1s", "--reference", "one.test", "--reference", "two.test"]);
        let words = page.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("was stopped before it was finished"), "{words}");
        assert!(words.contains("let it finish") && !words.contains("name servers"), "{words}");
    });
}

const SHARED: &str = "somebody_else_answers";

#[test]
fn somebody_else_answers() {
    in_own_network(SHARED, || {
        let mut world = World::new(SHARED, GOOD, "proxy.test");
        let (code, document) = world.report(&[]);
        assert_eq!((code, facts(&document)), (15, both("intercepted")), "{document:#}");
        assert_eq!(document["blocked"]["greeting_shared"], true);
        assert!(ids(&document["blocked"]["findings"]).contains(&"shared-greeting"));
        assert_readable(&world.ask(&["-4"]), "INTERCEPTED");

        // Three operators' own servers behind it, and a proxy on r1 that greets with one name.
        world.network.serve("r1", &[(GOOD, 25)]);
        world.rules(&[("r1", DESTINATION_NAT, "tcp dport 25 redirect to :25")]);
        let (code, document) = world.report(&["-4"]);
        assert_eq!((code, facts(&document)[1].clone()), (15, json!("intercepted")), "{document:#}");
        assert!(document["targets"].to_string().contains("\"how\":\"intercept\""), "{document:#}");
    });
}

const PORTAL: &str = "a_captive_portal_takes_every_connection";

/// The first router leads every connection to its login page.
#[test]
fn a_captive_portal_takes_every_connection() {
    in_own_network(PORTAL, || {
        let mut world = World::new(PORTAL, GOOD, OWN_NAMES);
        world.network.serve("r1", &[("smtp:plaintext:http-greeting", 8080)]);
        world.rules(&[("r1", DESTINATION_NAT, "meta l4proto tcp redirect to :8080")]);
        let (code, document) = world.report(&["-4"]);
        assert_eq!((code, facts(&document)[1].clone()), (15, json!("intercepted")), "{document:#}");
        let page = world.ask(&["-4"]);
        assert_eq!(page.code, 15, "{}", page.stdout);
        assert_readable(&page, "INTERCEPTED");
        let words = flowing(&page);
        for said in
            ["this network's captive portal", "log in to the network", "unusable 465 (TLS): connected at 2 of 2"]
        {
            assert!(words.contains(said), "{said}: {words}");
        }
        for never in ["Run it again in a few minutes", "not open 465", "mail shield"] {
            assert!(!words.contains(never), "{never}: {words}");
        }

        // A single web server among mail servers is no portal.
        world.rules(&[("r1", DESTINATION_NAT, "ip daddr 10.5.0.1 tcp dport 25 redirect to :8080")]);
        let words = flowing(&world.ask(&["-4"]));
        assert!(!words.contains("captive portal"), "{words}");
    });
}

const FIRST_ROUTER: &str = "nothing_gets_past_the_first_router";

#[test]
fn nothing_gets_past_the_first_router() {
    in_own_network(FIRST_ROUTER, || {
        let world = World::new(FIRST_ROUTER, GOOD, OWN_NAMES);
        world.rules(&[("r1", FORWARD, "drop")]);
        let page = world.run(&["mx.one.test"]);
        assert_eq!(page.code, 3, "{}", page.stdout);
        assert_readable(&page, "INCONCLUSIVE");
        let words = flowing(&page);
        assert!(words.contains("nothing gets past hop 1 (10.1.0.1 and fd01::1), on any port"), "{words}");
        assert!(words.contains("works as far as the first router (10.1.0.1 and fd01::1)"), "{words}");
        assert!(words.contains("own connection to the internet, then its firewall"), "{words}");
        assert!(!words.contains("may be down") && !words.contains("no route"), "{words}");

        // Farther away, or over one family alone, it is another story.
        for rule in [("r2", FORWARD, "drop"), ("r1", FORWARD, "meta nfproto ipv4 drop")] {
            world.rules(&[rule]);
            let words = flowing(&world.run(&["mx.one.test"]));
            assert!(!words.contains("gets past"), "{rule:?}: {words}");
        }
        world.rules(&[("r1", FORWARD, "drop")]);
        let words = flowing(&world.run(&["-6", "mx.one.test"]));
        assert!(words.contains("nothing gets past hop 1 (fd01::1)"), "{words}");
    });
}

const HOST: &str = "a_host_of_the_users";

#[test]
fn a_host_of_the_users() {
    in_own_network(HOST, || {
        let world = World::new(HOST, GOOD, OWN_NAMES);
        let ask = |arguments: &[&str]| {
            let outcome = world.run(&[&["--format", "json"], arguments].concat());
            (outcome.code, serde_json::from_str::<Value>(&outcome.stdout).expect("JSON"))
        };
        let (code, document) = ask(&["mx.one.test"]);
        assert_eq!((code, facts(&document)), (0, both("not-blocked")), "{document:#}");
        assert_eq!(document["targets"][0]["target"], "mx.one.test");

        world.rules(&[("server", INPUT, "tcp dport 25 drop")]);
        let (code, document) = ask(&["mx.one.test"]);
        assert_eq!((code, facts(&document)), (6, both("blocked")), "{document:#}");
        let hints = document["blocked"]["hints"].to_string();
        assert!(hints.contains("the administrator of mx.one.test"), "{hints}");

        // Down altogether: that is not a blocked port.
        world.rules(&[("server", INPUT, "ip daddr 10.5.0.1 drop")]);
        let (code, document) = ask(&["-4", "mx.one.test"]);
        assert_eq!((code, facts(&document)[0].clone()), (3, json!("inconclusive")), "{document:#}");

        let (code, document) = ask(&["here.test"]);
        assert_eq!((code, facts(&document)[0].clone()), (3, json!("inconclusive")), "{document:#}");
        assert!(ids(&document["blocked"]["findings"]).contains(&"own-host"));
        let words = document["blocked"].to_string();
        for word in ["is this machine", "mailprobe here.test:25", "ufw allow 25/tcp"] {
            assert!(words.contains(word), "{word} is missing in {words}");
        }
    });
}
