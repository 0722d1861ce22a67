//! Which mail hosts are asked, in which order, and when the next one is. In a network of the test's own, where port 25 is free.

#![cfg(target_os = "linux")]

use std::net::{IpAddr, Ipv4Addr};

use mailprobe_lab::dns::{DnsServer, Zone};
use mailprobe_lab::{Act, Behaviour, Moment, Security, Server};
use serde_json::{Value, json};

use crate::command::Outcome;
use crate::netns::{Network, in_own_network};
use crate::world::{ANNA, TAKEN, ask, conclusion, heard, report, secured, server};

/// Mail hosts `mx1.example.test` and so on, the first preferred, at 192.0.2.1 and so on; without a behaviour, nothing listens.
struct World {
    _network: Network,
    dns: DnsServer,
    servers: Vec<Option<Server>>,
}

impl World {
    fn new(test: &'static str, behaviours: Vec<Option<Behaviour>>) -> Self {
        let network = Network::new(test, &[]);
        network.run("for n in 1 2 3 4 5; do ip address replace 192.0.2.$n/32 dev lo; done");
        let numbers = (1..).zip(&behaviours).map(|(number, _)| number);
        let zone = numbers.fold(Zone::new(), |zone, number: u8| {
            let name = format!("mx{number}.example.test");
            zone.mx("example.test", 10 * u16::from(number), &name).a(&name, address(number))
        });
        let zone = zone.mx("null.test", 0, ".").a("null.test", address(1)).a("bare.test", address(1));
        let start = |(number, behaviour): (u8, Option<Behaviour>)| {
            let at = (IpAddr::from(address(number)), 25).into();
            behaviour.map(|behaviour| Server::start_at(behaviour, at).expect("port 25 is free"))
        };
        let servers = (1..).zip(behaviours).map(start).collect();
        Self { _network: network, dns: DnsServer::start(zone).expect("a name server"), servers }
    }

    fn ask(&self, arguments: &[&str]) -> (Outcome, Value) {
        report(&[&["--dns-server", &self.dns.address().to_string()], arguments].concat())
    }

    /// How many connections each server had.
    fn connections(&self) -> Vec<usize> {
        self.servers.iter().map(|server| server.as_ref().map_or(0, |server| server.settled().len())).collect()
    }
}

fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 0, 2, number)
}

fn hosts(document: &Value) -> Vec<(&str, &str)> {
    let endpoints = document["targets"][0]["endpoints"].as_array().expect("endpoints");
    endpoints
        .iter()
        .map(|endpoint| (endpoint["host"].as_str().unwrap_or_default(), endpoint["state"].as_str().unwrap_or_default()))
        .collect()
}

const BEST: &str = "exchangers::the_best_mail_host_alone_is_asked";

#[test]
fn the_best_mail_host_alone_is_asked() {
    in_own_network(BEST, || {
        let world = World::new(BEST, vec![Some(server("550 5.1.1 No such user")), Some(server(TAKEN))]);
        let (outcome, document) = world.ask(&[]);
        assert_eq!((outcome.code, world.connections()), (20, vec![1, 0]), "{document:#}");
        assert_eq!(hosts(&document), [("mx1.example.test", "mail-refused")]);
        assert_eq!(document["targets"][0]["target"], ANNA);
        assert_eq!(
            conclusion(&document),
            "mx1.example.test refuses mail for anna@example.test: there is no such mailbox."
        );
    });
}

const NEXT: &str = "exchangers::the_next_one_is_asked_only_where_the_one_before_did_not_answer";

#[test]
fn the_next_one_is_asked_only_where_the_one_before_did_not_answer() {
    in_own_network(NEXT, || {
        // Nothing listens; a refusal in the greeting; cut off after MAIL.
        let world = World::new(
            NEXT,
            vec![
                None,
                Some(server(TAKEN).at(Moment::Greeting, [Act::send("554 5.3.2 Not now\r\n"), Act::Close])),
                Some(server(TAKEN).at(Moment::Sender, [Act::Close])),
                Some(server(TAKEN)),
                Some(server(TAKEN)),
            ],
        );
        let (outcome, document) = world.ask(&[]);
        assert_eq!((outcome.code, world.connections()), (0, vec![0, 1, 1, 1, 0]), "{document:#}");
        let seen = [
            ("mx1.example.test", "connection-refused"),
            ("mx2.example.test", "service-rejected"),
            ("mx3.example.test", "connection-closed"),
            ("mx4.example.test", "ok"),
        ];
        assert_eq!(hosts(&document), seen);
        assert_eq!(document["targets"][0]["verdict"], "warn");
        let told = conclusion(&document);
        assert!(told.starts_with("mx4.example.test takes mail for anna@example.test, as far as RCPT shows."), "{told}");
        assert!(told.contains("mx1.example.test could not be asked: it refuses connections."), "{told}");
    });
}

const REFUSED: &str = "exchangers::a_refusal_by_the_second_is_the_answer";

#[test]
fn a_refusal_by_the_second_is_the_answer() {
    in_own_network(REFUSED, || {
        let world = World::new(REFUSED, vec![None, Some(server("450 4.2.0 Greylisted")), Some(server(TAKEN))]);
        let (outcome, document) = world.ask(&[]);
        assert_eq!((outcome.code, world.connections()), (20, vec![0, 1, 0]), "{document:#}");
        assert!(
            conclusion(&document).starts_with("mx2.example.test puts off mail for anna@example.test"),
            "{document:#}"
        );
    });
}

const EVERY: &str = "exchangers::every_mail_host_is_asked_on_request";

#[test]
fn every_mail_host_is_asked_on_request() {
    in_own_network(EVERY, || {
        let world = World::new(EVERY, vec![Some(server(TAKEN)), None, Some(server("550 5.1.1 No such user"))]);
        let (outcome, document) = world.ask(&["--all-mx"]);
        assert_eq!((outcome.code, world.connections()), (20, vec![1, 0, 1]), "{document:#}");
        let told = conclusion(&document);
        for words in
            ["mx1.example.test takes mail", "mx3.example.test refuses mail", "mx2.example.test could not be asked"]
        {
            assert!(told.contains(words), "{told}");
        }
    });
}

const NOBODY: &str = "exchangers::a_domain_that_takes_no_mail_is_not_asked";

#[test]
fn a_domain_that_takes_no_mail_is_not_asked() {
    in_own_network(NOBODY, || {
        let world = World::new(NOBODY, vec![Some(server(TAKEN)), None]);
        let dns = world.dns.address().to_string();
        let ask = |recipient: &str| crate::command::report(&["rcpt", recipient, "--dns-server", &dns]);
        let (outcome, document) = ask("anna@null.test");
        assert_eq!((outcome.code, hosts(&document)), (4, vec![("null.test", "dns-no-mail")]), "{document:#}");
        assert_eq!(
            conclusion(&document),
            "No server takes mail for anna@null.test: null.test says that it accepts no mail."
        );
        let (outcome, document) = ask("anna@gone.test");
        assert_eq!((outcome.code, hosts(&document)), (4, vec![("gone.test", "dns-no-such-name")]), "{document:#}");
        assert!(conclusion(&document).starts_with("Cannot tell whether mail for anna@gone.test is taken"));
        assert_eq!(world.connections(), [0, 0]);
        // Without an MX record, the domain's own address is its mail host.
        let (outcome, document) = ask("anna@bare.test");
        assert_eq!((outcome.code, world.connections()), (0, vec![1, 0]), "{document:#}");
        assert_eq!(hosts(&document), [("bare.test", "ok")]);
        assert_eq!(document["targets"][0]["endpoints"][0]["sources"], json!(["implicit-mx"]));
    });
}

const DEAD: &str = "exchangers::where_nobody_answers_it_cannot_be_told";

#[test]
fn where_nobody_answers_it_cannot_be_told() {
    in_own_network(DEAD, || {
        let world = World::new(DEAD, vec![None, None]);
        let (outcome, document) = world.ask(&[]);
        assert_eq!(outcome.code, 5, "{document:#}");
        assert!(conclusion(&document).starts_with("Cannot tell whether mail for anna@example.test is taken."));
        assert_eq!(heard(&Server::start(server(TAKEN))), Vec::<String>::new());
    });
}

const PAGE: &str = "exchangers::the_page_on_recipients_shows_what_is_printed";

#[test]
fn the_page_on_recipients_shows_what_is_printed() {
    in_own_network(PAGE, || {
        let page =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/recipients.md")).expect("the page");
        let mut lacking = String::new();
        for reply in [
            TAKEN,
            "550 5.1.1 <anna@example.test>: Recipient address rejected: User unknown",
            "450 4.2.0 <anna@example.test>: Recipient address rejected: Greylisted, try again in 300 seconds",
            "554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org",
        ] {
            let host = secured(Security::StartTls, reply).names(["mx1.example.test"]);
            let world = World::new(PAGE, vec![Some(host)]);
            let outcome = ask(&["--dns-server", &world.dns.address().to_string()]);
            let printed = without_times(&outcome.stdout);
            let shown = format!("```text\n{printed}```\n");
            if !page.contains(&shown) {
                lacking += &shown;
            }
            if reply == TAKEN {
                let readme = include_str!("../../README.md").replace("\r\n", "\n");
                assert!(readme.contains(&shown), "README.md lacks this:\n{shown}");
            }
        }
        assert!(lacking.is_empty(), "docs/recipients.md lacks this:\n{lacking}");
    });
}

/// Every time that a report tells is the same one.
fn without_times(printed: &str) -> String {
    let line = |line: &str| match line.strip_suffix(" ms").and_then(|rest| rest.rsplit_once(' ')) {
        Some((rest, _)) => format!("{:<74}12 ms\n", rest.trim_end()),
        None => format!("{line}\n"),
    };
    printed.lines().map(line).collect()
}
