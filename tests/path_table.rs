//! Every row of the table of what may be in the way, for IPv4 and IPv6, in a network of the test's own:
//! this machine – r1 – r2 – r3 – server. The command runs without root and without any capability.

#![cfg(all(feature = "cli", target_os = "linux"))]

mod netns;

use netns::chain::{SERVER, chain, mailprobe};
use netns::in_own_network;
use serde_json::{Value, json};

const TABLE: &str = "every_row_of_the_table_is_told_apart";

#[test]
fn every_row_of_the_table_is_told_apart() {
    in_own_network(TABLE, || {
        let mut network = chain(TABLE);
        network.run(RULES);
        network.listen("server", &[443, 2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008, 2009, 2011, 2013]);
        network.serve("server", &[("smtp:starttls", 25), ("smtp:starttls", 2012)]);
        network.serve("r1", &[("smtp:starttls", 25)]);
        network.serve("r2", &[("smtp:starttls", 25)]);
        network.serve("r3", &[("smtp:starttls", 25)]);
        let families: Vec<_> = [0, 1].map(|family| std::thread::spawn(move || the_table_holds(family))).into();
        for family in families {
            family.join().expect("the table holds");
        }
    });
}

/// The port says what happens to it.
const RULES: &str = r"
    nft '
        table inet filter {
            chain output {
                type filter hook output priority 0
                tcp dport 2006 drop
                tcp dport 2009 reject
            }
        }'
    at $r1 nft '
        table inet filter {
            chain prerouting {
                type filter hook prerouting priority 0
                tcp dport 2005 drop
            }
        }
        table inet proxy {
            chain prerouting {
                type nat hook prerouting priority -100
                tcp dport 2004 redirect to :25
            }
        }'
    at $r2 nft '
        table inet filter {
            chain forward {
                type filter hook forward priority 0
                tcp dport 2001 drop
                tcp dport 2002 reject with icmpx type admin-prohibited
                tcp dport 2003 reject with tcp reset
            }
        }
        table inet proxy {
            chain prerouting {
                type nat hook prerouting priority -100
                tcp dport 2013 redirect to :25
            }
        }'
    at $r3 nft '
        table inet filter {
            chain forward {
                type filter hook forward priority 0
                tcp dport 2011 reject with tcp reset
            }
        }
        table inet proxy {
            chain prerouting {
                type nat hook prerouting priority -100
                tcp dport 2012 redirect to :25
            }
        }'
    at $server nft '
        table inet filter {
            chain input {
                type filter hook input priority 0
                tcp dport 2007 drop
                tcp dport 2008 reject
            }
        }'
";

/// A port; where it is blocked, how, between which hops, which hop sent the ICMP message, and words of the conclusion. In
/// the words a hop's address stands as `{2}`.
type Row = (u16, &'static str, Option<&'static str>, [Option<u8>; 2], Option<u8>, &'static str);

const ROWS: &[Row] = &[
    (25, "nowhere", None, [None, None], None, ""),
    (2001, "path", Some("drop"), [Some(2), Some(3)], None, "is blocked between hop 2 ({2}) and hop 3 ({3})"),
    (2002, "path", Some("icmp"), [Some(2), Some(3)], Some(2), "is blocked at hop 2 ({2})"),
    (2003, "path", Some("reset"), [Some(2), Some(3)], None, "is blocked between hop 2 ({2}) and hop 3 ({3})"),
    (
        2004,
        "this-machine-or-first-hop",
        Some("intercept"),
        [None, Some(1)],
        None,
        "is intercepted on this machine or at hop 1 ({1})",
    ),
    (
        2005,
        "this-machine-or-first-hop",
        Some("drop"),
        [None, Some(1)],
        None,
        "is blocked on this machine or at hop 1 ({1})",
    ),
    (
        2006,
        "this-machine-or-first-hop",
        Some("drop"),
        [None, Some(1)],
        None,
        "is blocked on this machine or at hop 1 ({1})",
    ),
    (2007, "destination", Some("drop"), [Some(3), Some(4)], None, "never answered"),
    (2008, "destination", Some("icmp"), [Some(3), Some(4)], Some(4), "refuses connections"),
    (2009, "this-machine", Some("icmp"), [None, Some(1)], Some(0), "is blocked on this machine"),
    // A closed port, and one that the last router refuses in the server's name.
    (2010, "destination", Some("reset"), [Some(3), Some(4)], None, "refuses connections"),
    (2011, "destination", Some("reset"), [Some(3), Some(4)], None, "refuses connections"),
    // One hop before the end: a port forwarding as likely as a proxy.
    (2012, "nowhere", None, [None, None], None, ""),
    (2013, "path", Some("intercept"), [Some(1), Some(2)], None, "is intercepted between hop 1 ({1}) and hop 2 ({2})"),
];

/// This machine, the routers and the server, by how many hops they are away.
const HOPS: [[&str; 5]; 2] = [
    ["10.1.0.2", "10.1.0.1", "10.2.0.2", "10.3.0.2", SERVER[0]],
    ["fd01::2", "fd01::1", "fd02::2", "fd03::2", SERVER[1]],
];

fn the_table_holds(family: usize) {
    for row in ROWS {
        row_holds(row, family);
    }
}

fn row_holds(&(port, place, how, [after, before], icmp, words): &Row, family: usize) {
    let name = |ttl: u8| HOPS[family][usize::from(ttl)];
    let edge = |ttl: Option<u8>| ttl.map_or(Value::Null, |ttl| json!({ "ttl": ttl, "address": name(ttl) }));
    let host = SERVER[family];
    let report = traced(family, port);
    let endpoint = &report["targets"][0]["endpoints"][0];
    let path = &endpoint["path"];
    let found = json!({
        "where": path["where"], "how": path["how"], "after": path["after"], "before": path["before"],
        "icmp": path["icmp"]["from"],
    });
    let expected = json!({
        "where": place, "how": how, "after": edge(after), "before": edge(before), "icmp": icmp.map(name),
    });
    assert_eq!(found, expected, "port {port} of {host}: {endpoint:#}");
    let conclusion = report["targets"][0]["conclusion"].as_str().expect("a conclusion");
    let words = (0..5).fold(words.to_owned(), |words, ttl| words.replace(&format!("{{{ttl}}}"), name(ttl)));
    assert!(conclusion.contains(&words), "port {port} of {host} should say {words:?}: {conclusion}");
    let intercepted = how == Some("intercept");
    assert_eq!(endpoint["state"] == "intercepted", intercepted, "port {port} of {host}: {endpoint:#}");
}

/// What is reported of a port of the server.
fn traced(family: usize, port: u16) -> Value {
    let host = if family == 0 { SERVER[0].to_owned() } else { format!("[{}]", SERVER[1]) };
    let target = format!("smtp://{host}:{port}");
    let limits = ["--connect-timeout", "1s", "--timeout", "3s"];
    let output = mailprobe(&[&["--trace=always", "--format", "json", target.as_str()], limits.as_slice()].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn mute_routers_and_a_nat_are_not_mistaken_over_ipv4() {
    mute_routers_and_a_nat_are_not_mistaken("mute_routers_and_a_nat_are_not_mistaken_over_ipv4", 0);
}

#[test]
fn mute_routers_and_a_nat_are_not_mistaken_over_ipv6() {
    mute_routers_and_a_nat_are_not_mistaken("mute_routers_and_a_nat_are_not_mistaken_over_ipv6", 1);
}

fn mute_routers_and_a_nat_are_not_mistaken(test: &'static str, family: usize) {
    in_own_network(test, || {
        let mut network = chain(test);
        network.run(NAT);
        network.listen("server", &[443, 2001, 2003]);
        let edges = |port: u16| {
            let path = traced(family, port)["targets"][0]["endpoints"][0]["path"].clone();
            json!([path["where"], path["how"], path["after"]["ttl"], path["before"]["ttl"]])
        };
        // r2 swallows and does not answer: anything between r1 and r3.
        network.run(&format!("at $r2 nft '{}'", muted("2001")));
        assert_eq!(edges(2001), json!(["path", "drop", 1, 3]));
        assert_eq!(edges(2003), json!(["nowhere", null, null, null]));
        network.run("at $r2 nft delete table inet mute");
        // r3 swallows and does not answer: it, or the server behind it.
        network.run(&format!("at $r3 nft '{}'", muted("2001")));
        assert_eq!(edges(2001), json!(["unknown", "drop", 2, 4]));
        // Neither port gets an answer: nothing tells of this one.
        network.run(&format!("at $r3 nft '{}'", muted("2002-2003, 443").replace("mute", "more")));
        assert_eq!(edges(2003), json!(["unknown", null, 2, null]));
    });
}

const NAT: &str = r"
    at $r1 nft '
        table inet nat {
            chain postrouting {
                type nat hook postrouting priority 100
                oifname east masquerade
            }
        }'
";

/// A router that never says where it is, and swallows what is for these ports.
fn muted(ports: &str) -> String {
    format!(
        "table inet mute {{
            chain forward {{ type filter hook forward priority 0; tcp dport {{ {ports} }} drop; }}
            chain output {{
                type filter hook output priority 0
                icmp type time-exceeded drop
                icmpv6 type time-exceeded drop
            }}
        }}"
    )
}

const OPTION: &str = "the_option_traces_what_failed_and_reports_it_last";

#[test]
fn the_option_traces_what_failed_and_reports_it_last() {
    in_own_network(OPTION, || {
        let mut network = chain(OPTION);
        network.run(DROPPED);
        network.serve("server", &[("imap:implicit", 993)]);
        let survey = |arguments: &[&str]| {
            let usual = ["--format", "jsonl", "--connect-timeout", "1s", "-4", SERVER[0]];
            let output = mailprobe(&[arguments, usual.as_slice()].concat());
            let text = String::from_utf8(output.stdout).expect("UTF-8");
            text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect::<Vec<Value>>()
        };

        let lines = survey(&[]);
        assert_eq!(lines.len(), 8);
        assert!(lines.iter().take(7).all(|line| line["path"].is_null()), "{lines:#?}");

        let lines = survey(&["--trace"]);
        let at = |port: u16| lines.iter().position(|line| line["port"] == port).expect("a line for every port");
        // What works is not traced, and not kept waiting by what is.
        assert_eq!(at(993), 0, "{lines:#?}");
        assert!(lines[at(993)]["path"].is_null());
        for port in [25, 587] {
            let path = &lines[at(port)]["path"];
            // The port that is known to be open says most, so the way is compared with it.
            assert_eq!(json!([path["where"], path["how"], path["control_port"]]), json!(["path", "drop", 993]));
            let findings = lines[at(port)]["findings"].as_array().expect("findings");
            let ids: Vec<_> = findings.iter().filter_map(|finding| finding["id"].as_str()).collect();
            assert!(ids.contains(&"blocked-on-path") && !ids.contains(&"port-not-offered"), "{ids:?}");
        }
        for port in [110, 143, 465, 995] {
            let path = &lines[at(port)]["path"];
            assert_eq!(json!([path["where"], path["how"]]), json!(["destination", "reset"]), "{port}");
        }
        // The ways to all ports of a host are traced at once.
        let duration = lines[7]["duration_ms"].as_f64().expect("a duration");
        assert!(duration < 10_000.0, "{duration} ms");
    });
}

const DROPPED: &str = r"
    at $r2 nft '
        table inet filter {
            chain forward {
                type filter hook forward priority 0
                tcp dport { 25, 587 } drop
            }
        }'
";
