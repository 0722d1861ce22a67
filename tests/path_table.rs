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

/// A port; where it is blocked, how, the edges as TTL and hop, the sender of the ICMP message. Hops are named below.
type Row = (u16, &'static str, Option<&'static str>, [Option<u8>; 2], Option<u8>);

const ROWS: &[Row] = &[
    (25, "nowhere", None, [None, None], None),
    (2001, "path", Some("drop"), [Some(2), Some(3)], None),
    (2002, "path", Some("icmp"), [Some(2), Some(3)], Some(2)),
    (2003, "path", Some("reset"), [Some(2), Some(3)], None),
    (2004, "this-machine-or-first-hop", Some("intercept"), [None, Some(1)], None),
    (2005, "this-machine-or-first-hop", Some("drop"), [None, Some(1)], None),
    (2006, "this-machine-or-first-hop", Some("drop"), [None, Some(1)], None),
    (2007, "destination", Some("drop"), [Some(3), Some(4)], None),
    (2008, "destination", Some("icmp"), [Some(3), Some(4)], Some(4)),
    (2009, "this-machine", Some("icmp"), [None, Some(1)], Some(0)),
    // A closed port, and one that the last router refuses in the server's name.
    (2010, "destination", Some("reset"), [Some(3), Some(4)], None),
    (2011, "destination", Some("reset"), [Some(3), Some(4)], None),
    // One hop before the end: a port forwarding as likely as a proxy.
    (2012, "nowhere", None, [None, None], None),
    (2013, "path", Some("intercept"), [Some(1), Some(2)], None),
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

fn row_holds(&(port, place, how, [after, before], icmp): &Row, family: usize) {
    let name = |ttl: u8| HOPS[family][usize::from(ttl)];
    let edge = |ttl: Option<u8>| ttl.map_or(Value::Null, |ttl| json!({ "ttl": ttl, "address": name(ttl) }));
    let (host, port) = (if family == 0 { SERVER[0].to_owned() } else { format!("[{}]", SERVER[1]) }, port);
    let target = format!("smtp://{host}:{port}");
    let output =
        mailprobe(&["--trace=always", "--connect-timeout", "1s", "--timeout", "3s", "--format", "json", &target]);
    let text = String::from_utf8_lossy(&output.stdout);
    let report: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
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
    let intercepted = how == Some("intercept");
    assert_eq!(endpoint["state"] == "intercepted", intercepted, "port {port} of {host}: {endpoint:#}");
}
