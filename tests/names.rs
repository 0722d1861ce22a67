//! Names that do not lead anywhere, or only half, and runs that are out of time.

mod command;

use std::net::Ipv6Addr;
use std::time::Duration;

use command::{Outcome, finding_ids, only_endpoint, report, run};
use mailprobe_lab::dns::{Behaviour as Dns, DnsServer, Question, RecordType, Transport, Zone};
use mailprobe_lab::{Behaviour, Security, Server};
use serde_json::Value;

/// The seven ports, in the order of the table.
const PORTS: [u16; 7] = [25, 465, 587, 110, 995, 143, 993];

fn check(zone: Zone, arguments: &[&str]) -> (Outcome, Value) {
    let dns = DnsServer::start(zone).expect("a name server");
    let address = dns.address().to_string();
    let mut all = vec!["--dns-server", &address];
    all.extend(arguments);
    report(&all)
}

#[test]
fn each_way_of_having_no_address_has_its_state() {
    for (zone, options, state) in [
        (Zone::new(), &[][..], "dns-no-such-name"),
        (Zone::new().mx("host.test.example", 10, "mx.test.example"), &[], "dns-no-address"),
        (Zone::new().behave("host.test.example", Dns::ServFail), &[], "dns-failed"),
        (Zone::new().behave("host.test.example", Dns::Refused), &[], "dns-failed"),
        (Zone::new().behave("host.test.example", Dns::Malformed), &["--timeout", "2s"], "dns-failed"),
        (Zone::new().behave("host.test.example", Dns::Silence), &["--timeout", "2s"], "dns-timeout"),
    ] {
        let mut arguments = options.to_vec();
        arguments.push("host.test.example");
        let (outcome, document) = check(zone, &arguments);
        assert_eq!(outcome.code, 4, "{document:#}");
        assert_eq!(document["verdict"], "fail");
        assert_eq!(document["summary"]["states"][state], 7, "{state}: {document:#}");
        let endpoints = document["targets"][0]["endpoints"].as_array().expect("endpoints");
        let ports: Vec<_> = endpoints.iter().map(|endpoint| endpoint["port"].as_u64().unwrap_or_default()).collect();
        assert_eq!(ports, PORTS.map(u64::from), "a script finds every port");
        for endpoint in endpoints {
            assert!(endpoint["address"].is_null(), "{endpoint:#}");
            assert_eq!(endpoint["failed_stage"], "resolve", "{endpoint:#}");
            assert_eq!(finding_ids(endpoint), [state], "{endpoint:#}");
        }
    }
}

#[test]
fn a_host_without_the_only_family_asked_for_is_no_name_without_address() {
    for (arguments, said, hint) in [
        (["-6", "host.test.example"], "The name host.test.example has no IPv6 address", "Omit -6"),
        (["-6", "127.0.0.1"], "127.0.0.1 is an IPv4 address", "Omit -6"),
        (["-4", "[::1]"], "::1 is an IPv6 address", "Omit -4"),
    ] {
        let (outcome, document) = check(Zone::new().a("host.test.example", [127, 0, 0, 1]), &arguments);
        assert_eq!((outcome.code, &document["summary"]["states"]["dns-no-address"]), (4, &7.into()), "{document:#}");
        let target = &document["targets"][0];
        assert!(target["conclusion"].as_str().is_some_and(|text| text.contains(said)), "{target:#}");
        let hints = target["hints"].as_array().expect("hints");
        assert!(hints.len() == 1 && hints[0].as_str().is_some_and(|text| text.contains(hint)), "{hints:?}");
    }
}

#[test]
fn a_person_reads_in_one_line_that_the_name_does_not_exist() {
    let dns = DnsServer::start(Zone::new()).expect("a name server");
    let outcome = run(&["--dns-server", &dns.address().to_string(), "nosuch.invalid"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (4, ""));
    let told = outcome.stdout.lines().any(|line| line.ends_with("The name nosuch.invalid does not exist."));
    assert!(told && outcome.stdout.contains("dns-no-such-name"), "{}", outcome.stdout);
}

#[test]
fn a_dead_name_server_is_not_the_names_fault() {
    // Nobody listens on the discard port.
    let (outcome, document) = report(&["--dns-server", "127.0.0.1:9", "--timeout", "3s", "imaps://host.test.example"]);
    assert_eq!(outcome.code, 4, "{document:#}");
    let state = only_endpoint(&document)["state"].as_str().unwrap_or_default();
    assert!(matches!(state, "dns-failed" | "dns-timeout"), "{document:#}");
}

#[test]
fn one_family_that_cannot_be_looked_up_is_a_warning_on_the_target() {
    let server = Server::start(Behaviour::smtp(Security::StartTls));
    let folder = tempfile::tempdir().expect("a folder");
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, mailprobe_lab::Pki::shared().ca_pem()).expect("a file");
    let target = format!("submission://mail.test.example:{}", server.address().port());
    for behaviour in [Dns::ServFail, Dns::Silence] {
        let zone = Zone::new().a("mail.test.example", [127, 0, 0, 1]).behave_for(
            "mail.test.example",
            RecordType::AAAA,
            behaviour,
        );
        let ca_file = ca_file.to_str().expect("a name");
        let (outcome, document) = check(zone, &["--timeout", "6s", "--ca-file", ca_file, &target]);
        assert_eq!((outcome.code, &document["verdict"]), (0, &"warn".into()), "{behaviour:?}: {document:#}");
        let target = &document["targets"][0];
        assert_eq!(finding_ids(target), ["address-family-lookup-failed"], "{behaviour:?}");
        assert_eq!(target["findings"][0]["severity"], "warning", "{behaviour:?}");
        assert_eq!(target["endpoints"][0]["state"], "ok", "{behaviour:?}");
        assert_eq!(target["resolution"][0]["ipv4"], "ok", "{behaviour:?}");
    }
}

#[test]
fn a_family_that_does_not_exist_is_nothing_to_warn_of() {
    let server = Server::start(Behaviour::smtp(Security::StartTls).fault("no-starttls"));
    let target = format!("smtp://mail.test.example:{}", server.address().port());
    let (_, document) = check(Zone::new().a("mail.test.example", [127, 0, 0, 1]), &[&target]);
    let target = &document["targets"][0];
    assert_eq!(target["findings"], Value::Array(Vec::new()), "{document:#}");
    assert_eq!(target["resolution"][0]["ipv6"], "dns-no-address", "{document:#}");
    assert_eq!(target["resolution"][0]["via"], "dns", "{document:#}");
}

#[test]
fn an_international_name_is_asked_for_in_its_ascii_form() {
    let server = Server::start(Behaviour::smtp(Security::StartTls).fault("no-starttls"));
    let target = format!("smtp://bücher.example:{}", server.address().port());
    let dns = DnsServer::start(Zone::new().a("xn--bcher-kva.example", [127, 0, 0, 1])).expect("a name server");
    let (_, document) = report(&["--dns-server", &dns.address().to_string(), &target]);
    let told = &document["targets"][0];
    assert_eq!(told["target"], *target, "as typed");
    let endpoint = only_endpoint(&document);
    assert_eq!(endpoint["host"], "xn--bcher-kva.example");
    assert_eq!(endpoint["state"], "starttls-not-offered", "{document:#}");
    let asked = dns.questions();
    assert!(asked.iter().all(|question| of_name(question, "xn--bcher-kva.example")), "{asked:?}");
}

#[test]
fn a_name_with_a_dot_is_asked_for_as_it_is() {
    let dns = DnsServer::start(Zone::new()).expect("a name server");
    let _ = report(&["--dns-server", &dns.address().to_string(), "host.test.example"]);
    assert!(!dns.questions().is_empty());
    assert!(dns.questions().iter().all(|question| of_name(question, "host.test.example")), "{:?}", dns.questions());
}

/// Whether a question is for the name itself, or for the TLSA records of its port 25.
fn of_name(question: &Question, name: &str) -> bool {
    let is_tlsa = question.record_type == RecordType::TLSA;
    question.name == if is_tlsa { format!("_25._tcp.{name}") } else { name.to_owned() }
}

#[test]
fn out_of_time_is_inconclusive_and_not_the_servers_fault() {
    let silent = Server::start(Behaviour::smtp(Security::StartTls).fault("silent"));
    let (outcome, document) = report(&["--deadline", "1s", &silent.url("submission")]);
    assert_eq!((outcome.code, &document["verdict"]), (3, &"inconclusive".into()), "{document:#}");
    let endpoint = only_endpoint(&document);
    assert_eq!((&endpoint["state"], &endpoint["failed_stage"]), (&"inconclusive".into(), &"greeting".into()));
    assert_eq!(finding_ids(endpoint), ["deadline-reached"]);

    let zone = Zone::new().behave("host.test.example", Dns::Silence);
    let (outcome, document) = check(zone, &["--deadline", "1s", "host.test.example"]);
    assert_eq!((outcome.code, &document["verdict"]), (3, &"inconclusive".into()), "{document:#}");
    assert_eq!(document["summary"]["states"]["inconclusive"], 7, "{document:#}");
}

#[test]
fn a_slow_name_server_costs_time_and_nothing_else() {
    let zone = Zone::new()
        .a("mail.test.example", [127, 0, 0, 1])
        .behave("mail.test.example", Dns::Delay(Duration::from_millis(800)));
    let server = Server::start(Behaviour::smtp(Security::StartTls).fault("no-starttls"));
    let target = format!("smtp://mail.test.example:{}", server.address().port());
    let (outcome, document) = check(zone, &[&target]);
    assert_eq!((outcome.code, &document["verdict"]), (0, &"warn".into()), "{document:#}");
}

#[test]
fn each_question_is_asked_once_whatever_the_number_of_ports() {
    // Nothing listens on 127.0.0.200: what counts here are the questions.
    let zone = || Zone::new().a("host.test.example", [127, 0, 0, 200]).aaaa("host.test.example", Ipv6Addr::LOCALHOST);
    let [a, mx, aaaa, tlsa] = [RecordType::A, RecordType::MX, RecordType::AAAA, RecordType::TLSA]
        .map(|record_type| (record_type, Transport::Udp));
    let a_over_tcp = (RecordType::A, Transport::Tcp);
    let truncated = zone().behave_for("host.test.example", RecordType::A, Dns::Truncate);
    for (zone, options, expected) in [
        // The mail exchangers, because the name could be meant as a mail domain; the TLSA records, because they say what port
        // 25 is to show.
        (zone(), &[][..], &[a, mx, aaaa, tlsa][..]),
        (zone(), &["-4"], &[a, mx, tlsa]),
        (truncated, &["-4"], &[a, a_over_tcp, mx, tlsa]),
        (zone(), &["--no-policies"], &[a, mx, aaaa]),
    ] {
        let dns = DnsServer::start(zone).expect("a name server");
        let address = dns.address().to_string();
        let mut arguments = vec!["--dns-server", &address, "--connect-timeout", "2s", "host.test.example"];
        arguments.extend(options);
        for run in 1..=2 {
            let (_, document) = report(&arguments);
            let endpoints = document["targets"][0]["endpoints"].as_array().map_or(0, Vec::len);
            assert!(endpoints >= 7, "{document:#}");
            let mut asked: Vec<_> = dns.questions().iter().map(|asked| (asked.record_type, asked.transport)).collect();
            asked.sort_by_key(|(record_type, transport)| (*record_type, *transport == Transport::Tcp));
            // Nothing is kept from one run to the next.
            let expected: Vec<_> = expected.iter().flat_map(|&question| vec![question; run]).collect();
            assert_eq!(asked, expected, "{options:?}");
        }
    }
}
