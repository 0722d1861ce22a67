//! A firewall that rejects is seen alike in every run, although the kernel sends only so many ICMP errors a second.

#![cfg(target_os = "linux")]

mod command;
mod netns;

use std::time::{Duration, Instant};

use command::report;
use netns::{Network, in_own_network};

/// This machine - router - server. The kernel's own limits on ICMP hold: bursts of six, then one a second.
const LINKS: &str = "
    ip link add c0 type veth peer name r0 netns $router
    ip link add r1 netns $router type veth peer name s0 netns $server
    ip address add 10.1.0.2/24 dev c0
    ip address add fd01::2/64 dev c0 nodad
    ip link set c0 up
    at $router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    at $router ip address add 10.1.0.1/24 dev r0
    at $router ip address add fd01::1/64 dev r0 nodad
    at $router ip address add 10.2.0.1/24 dev r1
    at $router ip address add fd02::1/64 dev r1 nodad
    at $router ip link set r0 up
    at $router ip link set r1 up
    at $server ip address add 10.2.0.2/24 dev s0
    at $server ip address add fd02::2/64 dev s0 nodad
    at $server ip link set s0 up
    at $server ip route add 10.1.0.0/24 via 10.2.0.1
    at $server ip -6 route add fd01::/64 via fd02::1
    ip route add default via 10.1.0.1
    ip -6 route add default via fd01::1
";

/// How long one run may take.
const LIMIT: Duration = Duration::from_secs(12);

/// What rejects: a host, a hook of its firewall, and the ICMP message; and what every run says then.
struct Firewall {
    host: &'static str,
    hook: &'static str,
    with: &'static str,
    state: &'static str,
    code: i32,
}

#[test]
fn a_router_that_rejects_is_seen_alike_in_every_run() {
    is_seen_alike_in_every_run(
        "a_router_that_rejects_is_seen_alike_in_every_run",
        &Firewall {
            host: "router",
            hook: "forward",
            with: "admin-prohibited",
            state: "administratively-prohibited",
            code: 7,
        },
    );
}

#[test]
fn a_server_that_rejects_is_seen_alike_in_every_run() {
    is_seen_alike_in_every_run(
        "a_server_that_rejects_is_seen_alike_in_every_run",
        &Firewall { host: "server", hook: "input", with: "port-unreachable", state: "connection-refused", code: 5 },
    );
}

fn is_seen_alike_in_every_run(test: &'static str, firewall: &Firewall) {
    let &Firewall { host, hook, with, state, code } = firewall;
    in_own_network(test, || {
        let network = Network::new(test, &["router", "server"]);
        network.run(LINKS);
        network.run(&format!(
            "at ${host} nft add table inet f
             at ${host} nft add chain inet f c '{{ type filter hook {hook} priority 0; }}'
             at ${host} nft add rule inet f c meta l4proto tcp reject with icmpx {with}"
        ));
        for run in 1..=3 {
            let began = Instant::now();
            let (outcome, document) = report(&["10.2.0.2", "fd02::2"]);
            assert_eq!(document["summary"]["states"][state], 14, "run {run}: {document:#}");
            assert_eq!(outcome.code, code, "run {run}: {document:#}");
            assert!(began.elapsed() <= LIMIT, "run {run} took {:?}", began.elapsed());
        }
    });
}
