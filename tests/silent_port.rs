//! A port that stays silent beside others which answered is told soon, and never wrongly because packets got lost.

#![cfg(all(feature = "cli", target_os = "linux"))]

mod command;
mod netns;

use std::fs::File;
use std::time::Duration;

use command::report;
use mailprobe_lab::link::{FAR, Link, LinkManner};
use mailprobe_lab::skips;
use netns::{Network, in_own_network};
use serde_json::Value;

/// The ports of a survey. What speaks there does not matter: it is the connection that is looked at.
const SEVEN: [u16; 7] = [25, 465, 587, 110, 995, 143, 993];

/// Drops what comes to port 25, at the far end.
const DROP_25: &str =
    "at $far nft 'table inet t { chain c { type filter hook input priority 0; tcp dport 25 drop; }; }'";

/// More than the system waits alone before it sends its third request, and much less than the usual limit of 5 s.
const SOON_MS: f64 = 3500.0;

/// The far end of a link, with servers on all ports.
fn far_end(test: &'static str, manner: LinkManner) -> (Network, Link) {
    let mut network = Network::new(test, &["far"]);
    let link = Link::start(manner, network.process("far")).expect("a link");
    let servers = SEVEN.map(|port| match port {
        110 => ("pop3:starttls", port),
        995 => ("pop3:implicit", port),
        143 => ("imap:starttls", port),
        993 => ("imap:implicit", port),
        465 => ("smtp:implicit", port),
        _ => ("smtp:starttls", port),
    });
    network.serve("far", &servers);
    (network, link)
}

fn delayed(milliseconds: u64) -> LinkManner {
    LinkManner { delay: Duration::from_millis(milliseconds), ..LinkManner::default() }
}

/// Runs `body` in a network of its own, where there can be a link.
fn over_a_link(test: &'static str, body: impl FnOnce()) {
    match File::options().read(true).write(true).open("/dev/net/tun") {
        Ok(_) => in_own_network(test, body),
        Err(error) => skips::skip(test, &format!("/dev/net/tun: {error}")),
    }
}

fn endpoints(arguments: &[&str]) -> Vec<Value> {
    let (_, document) = report(arguments);
    let targets = document["targets"].as_array().expect("targets").iter();
    targets.flat_map(|target| target["endpoints"].as_array().expect("endpoints").clone()).collect()
}

fn port(endpoints: &[Value], port: u16) -> &Value {
    endpoints.iter().find(|endpoint| endpoint["port"] == port).expect("the port was looked at")
}

fn milliseconds(endpoint: &Value) -> f64 {
    endpoint["duration_ms"].as_f64().expect("a time")
}

fn requests(endpoint: &Value) -> u64 {
    endpoint["connection_requests"].as_u64().expect("a count")
}

#[test]
fn a_dropped_port_is_told_soon_and_how_often_it_was_asked() {
    const TEST: &str = "a_dropped_port_is_told_soon_and_how_often_it_was_asked";
    over_a_link(TEST, || {
        let (network, _link) = far_end(TEST, delayed(20));
        network.run(DROP_25);
        for address in FAR {
            let seen = endpoints(&[address]);
            let dropped = port(&seen, 25);
            assert_eq!(dropped["state"], "connection-timeout", "{dropped:#}");
            assert!(milliseconds(dropped) < SOON_MS, "{dropped:#}");
            let count = requests(dropped);
            assert!((5..=7).contains(&count), "{dropped:#}");
            let evidence = dropped["findings"][0]["evidence"].as_str().unwrap_or_default();
            assert!(evidence.starts_with(&format!("no answer to {count} connection requests within ")), "{evidence}");
            for good in &SEVEN[1..] {
                assert_ne!(port(&seen, *good)["state"], "connection-timeout", "{address} {good}");
                assert_eq!(requests(port(&seen, *good)), 1, "{address} {good}");
            }
        }
        // The same where the ports are named one by one, as in a list.
        let seen = endpoints(&["10.77.0.2:25", "10.77.0.2:143"]);
        assert!(milliseconds(port(&seen, 25)) < SOON_MS, "{:#}", port(&seen, 25));
    });
}

/// Nothing is known of how long an answer would take, or the user said how long to wait.
#[test]
fn the_whole_limit_is_waited_where_no_other_port_answered_or_it_was_given() {
    const TEST: &str = "the_whole_limit_is_waited_where_no_other_port_answered_or_it_was_given";
    over_a_link(TEST, || {
        let (network, _link) = far_end(TEST, delayed(20));
        network.run(DROP_25);
        let cases: [(&[&str], f64); 4] = [
            (&["10.77.0.2:25"], 5000.0),
            (&["10.77.0.2", "--connect-timeout", "5s"], 5000.0),
            (&["fd77::2", "--connect-timeout", "4s"], 4000.0),
            (&["10.77.0.2", "--connect-timeout", "500ms"], 500.0),
        ];
        for (arguments, limit) in cases {
            let seen = endpoints(arguments);
            let dropped = port(&seen, 25);
            assert_eq!(dropped["state"], "connection-timeout", "{dropped:#}");
            assert!((limit - 20.0..limit + 1500.0).contains(&milliseconds(dropped)), "{arguments:?}: {dropped:#}");
            // One, and as often as the system repeats it within 5 s.
            assert!(requests(dropped) <= 3, "{dropped:#}");
        }
    });
}

#[test]
fn lost_packets_make_no_port_silent() {
    const TEST: &str = "lost_packets_make_no_port_silent";
    /// By chance there is one in a thousand of them.
    const RUNS: usize = 15;
    over_a_link(TEST, || {
        let (network, _link) = far_end(TEST, LinkManner { loss: 0.1, seed: 17, ..delayed(20) });
        let silent = |run: usize| {
            let seen = endpoints(&[FAR[run % 2]]);
            seen.iter().filter(|one| one["state"] == "connection-timeout").map(|one| one["port"].clone()).collect()
        };
        let runs = |silent: &(dyn Fn(usize) -> Vec<Value> + Sync)| -> Vec<Vec<Value>> {
            std::thread::scope(|scope| {
                let all: Vec<_> = (0..RUNS).map(|run| scope.spawn(move || silent(run))).collect();
                all.into_iter().map(|one| one.join().expect("a run")).collect()
            })
        };
        let all_open = runs(&silent);
        assert!(all_open.iter().flatten().count() <= 1, "{all_open:?}");
        network.run(DROP_25);
        let dropped = runs(&silent);
        assert!(dropped.iter().all(|ports| ports.contains(&25.into())), "{dropped:?}");
        assert!(dropped.iter().flatten().count() <= RUNS + 1, "{dropped:?}");
    });
}

/// A firewall that lets only so many connection requests through drops the others without a word: they come through later.
#[test]
fn a_firewall_that_counts_connection_requests_drops_no_port() {
    const TEST: &str = "a_firewall_that_counts_connection_requests_drops_no_port";
    over_a_link(TEST, || {
        let (network, _link) = far_end(TEST, delayed(20));
        network.run(
            "at $far nft 'table inet t { chain c { type filter hook input priority 0; \
             tcp flags & (syn|ack) == syn limit rate over 1/second burst 5 packets drop; }; }'",
        );
        let seen = endpoints(&["10.77.0.2"]);
        let silent: Vec<_> = seen.iter().filter(|one| one["state"] == "connection-timeout").collect();
        assert!(silent.is_empty(), "{silent:#?}");
    });
}
