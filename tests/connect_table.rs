//! Every way in which a connection can fail on Linux, for IPv4 and IPv6, in a network of the test's own:
//! this machine – router – server.

#![cfg(all(feature = "net", target_os = "linux"))]

mod netns;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use mailprobe::internals::observation::{ConnectFailure, ConnectFailureKind::*, Icmp};
use mailprobe::internals::transport::tcp::{self, ConnectError, has_route};
use netns::{Network, in_own_network};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const TEST: &str = "every_cause_is_told_apart";

#[test]
fn every_cause_is_told_apart() {
    in_own_network(TEST, || {
        let mut network = Network::new(TEST, &["router", "server"]);
        network.run(LINKS);
        network.run(ROUTES);
        network.run(RULES);
        network.listen("server", &[25]);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            the_table_holds().await;
            routes_are_known();
            icmp_does_not_end_a_session(&network).await;
            exhaustion_is_local(&network).await;
        });
    });
}

const LINKS: &str = "
    ip link add c0 type veth peer name r0
    ip link set r0 netns $router
    ip link add r1 netns $router type veth peer name s0 netns $server
    ip address add 10.1.0.2/24 dev c0
    ip address add fd01::2/64 dev c0 nodad
    ip link set c0 up
    at $router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    at $router sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
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
    at $server ip route add fd01::/64 via fd02::1
";

const ROUTES: &str = "
    ip route add 10.2.0.0/24 via 10.1.0.1
    ip route add fd02::/64 via fd01::1
    ip route add 10.2.0.3 via 10.1.0.1 hoplimit 1
    ip route add fd02::3 via fd01::1 hoplimit 1
    ip route add unreachable 10.3.0.1
    ip route add unreachable fd03::1
    ip route add prohibit 10.3.0.2
    ip route add prohibit fd03::2
    ip route add blackhole 10.3.0.3
    ip route add blackhole fd03::3
";

/// The port says what happens to it: on the router 20xx, on the server 21xx, on this machine 30xx.
const RULES: &str = r"
    at $router nft '
        table inet filter {
            chain forward {
                type filter hook forward priority 0
                ip  daddr 10.2.0.2 tcp dport 2001 reject with icmp type port-unreachable
                ip  daddr 10.2.0.2 tcp dport 2002 reject with icmp type admin-prohibited
                ip  daddr 10.2.0.2 tcp dport 2003 reject with icmp type host-prohibited
                ip  daddr 10.2.0.2 tcp dport 2004 reject with icmp type host-unreachable
                ip  daddr 10.2.0.2 tcp dport 2005 reject with icmp type net-prohibited
                ip  daddr 10.2.0.2 tcp dport 2006 reject with icmp type net-unreachable
                ip6 daddr fd02::2  tcp dport 2001 reject with icmpv6 type port-unreachable
                ip6 daddr fd02::2  tcp dport 2002 reject with icmpv6 type admin-prohibited
                ip6 daddr fd02::2  tcp dport 2003 reject with icmpv6 type policy-fail
                ip6 daddr fd02::2  tcp dport 2004 reject with icmpv6 type addr-unreachable
                ip6 daddr fd02::2  tcp dport 2005 reject with icmpv6 type reject-route
                ip6 daddr fd02::2  tcp dport 2006 reject with icmpv6 type no-route
                tcp dport 2007 drop
                tcp dport 2008 reject with tcp reset
            }
        }'
    at $server nft '
        table inet filter {
            chain input {
                type filter hook input priority 0
                tcp dport 2101 reject
                tcp dport 2102 drop
            }
        }'
    nft '
        table inet filter {
            chain output {
                type filter hook output priority 0
                tcp dport 3001 reject
                tcp dport 3002 reject with icmpx type admin-prohibited
                tcp dport 3003 reject with icmpx type host-unreachable
                tcp dport 3004 drop
            }
        }'
";

/// One cause: where to connect to, and what must be said of it. ICMP as type, code and sender.
type Row = (&'static str, Option<(u8, u8, &'static str)>, mailprobe::internals::observation::ConnectFailureKind, bool);

const ELSEWHERE: bool = false;
const HERE: bool = true;

const TABLE: &[Row] = &[
    // A RST: from the server, from a router.
    ("10.2.0.2:26", None, Refused, ELSEWHERE),
    ("[fd02::2]:26", None, Refused, ELSEWHERE),
    ("10.2.0.2:2008", None, Refused, ELSEWHERE),
    ("[fd02::2]:2008", None, Refused, ELSEWHERE),
    // A RST from this machine's own closed port.
    ("127.0.0.1:26", None, Refused, ELSEWHERE),
    ("[::1]:26", None, Refused, ELSEWHERE),
    // ICMP from the router.
    ("10.2.0.2:2001", Some((3, 3, "10.1.0.1")), Refused, ELSEWHERE),
    ("10.2.0.2:2002", Some((3, 13, "10.1.0.1")), Prohibited, ELSEWHERE),
    ("10.2.0.2:2003", Some((3, 10, "10.1.0.1")), Prohibited, ELSEWHERE),
    ("10.2.0.2:2004", Some((3, 1, "10.1.0.1")), HostUnreachable, ELSEWHERE),
    ("10.2.0.2:2005", Some((3, 9, "10.1.0.1")), Prohibited, ELSEWHERE),
    ("10.2.0.2:2006", Some((3, 0, "10.1.0.1")), NetworkUnreachable, ELSEWHERE),
    ("[fd02::2]:2001", Some((1, 4, "fd01::1")), Refused, ELSEWHERE),
    ("[fd02::2]:2002", Some((1, 1, "fd01::1")), Prohibited, ELSEWHERE),
    ("[fd02::2]:2003", Some((1, 5, "fd01::1")), Prohibited, ELSEWHERE),
    ("[fd02::2]:2004", Some((1, 3, "fd01::1")), HostUnreachable, ELSEWHERE),
    ("[fd02::2]:2005", Some((1, 6, "fd01::1")), Prohibited, ELSEWHERE),
    ("[fd02::2]:2006", Some((1, 0, "fd01::1")), NetworkUnreachable, ELSEWHERE),
    // The hop limit ran out at the router.
    ("10.2.0.3:25", Some((11, 0, "10.1.0.1")), HostUnreachable, ELSEWHERE),
    ("[fd02::3]:25", Some((3, 0, "fd01::1")), HostUnreachable, ELSEWHERE),
    // No machine has the address: the router says so of its network, this machine of its own.
    ("10.2.0.99:25", Some((3, 1, "10.1.0.1")), HostUnreachable, ELSEWHERE),
    ("[fd02::99]:25", Some((1, 3, "fd01::1")), HostUnreachable, ELSEWHERE),
    ("10.1.0.99:25", Some((3, 1, "10.1.0.2")), NoNeighbour, ELSEWHERE),
    ("[fd01::99]:25", Some((1, 3, "fd01::2")), NoNeighbour, ELSEWHERE),
    // The server's own firewall.
    ("10.2.0.2:2101", Some((3, 3, "10.2.0.2")), Refused, ELSEWHERE),
    ("[fd02::2]:2101", Some((1, 4, "fd02::2")), Refused, ELSEWHERE),
    // Dropped: by the router, by the server, by this machine.
    ("10.2.0.2:2007", None, TimedOut, ELSEWHERE),
    ("[fd02::2]:2007", None, TimedOut, ELSEWHERE),
    ("10.2.0.2:2102", None, TimedOut, ELSEWHERE),
    ("[fd02::2]:2102", None, TimedOut, ELSEWHERE),
    ("10.2.0.2:3004", None, TimedOut, ELSEWHERE),
    ("[fd02::2]:3004", None, TimedOut, ELSEWHERE),
    // This machine's own firewall rejects.
    ("10.2.0.2:3001", Some((3, 3, "10.1.0.2")), Refused, HERE),
    ("10.2.0.2:3002", Some((3, 13, "10.1.0.2")), Prohibited, HERE),
    ("10.2.0.2:3003", Some((3, 1, "10.1.0.2")), HostUnreachable, HERE),
    ("[fd02::2]:3001", Some((1, 4, "fd01::2")), Refused, HERE),
    ("[fd02::2]:3002", Some((1, 1, "fd01::2")), Prohibited, HERE),
    ("[fd02::2]:3003", Some((1, 3, "fd01::2")), HostUnreachable, HERE),
    // This machine's own routes: none, unreachable, prohibit, blackhole.
    ("10.9.9.9:25", None, NetworkUnreachable, HERE),
    ("[fd09::9]:25", None, NetworkUnreachable, HERE),
    ("10.3.0.1:25", None, HostUnreachable, HERE),
    ("[fd03::1]:25", None, HostUnreachable, HERE),
    ("10.3.0.2:25", None, Prohibited, HERE),
    ("[fd03::2]:25", None, Prohibited, HERE),
    ("10.3.0.3:25", None, NetworkUnreachable, HERE),
    ("[fd03::3]:25", None, NetworkUnreachable, HERE),
];

async fn the_table_holds() {
    // Longer than a neighbour's silence (3 s), which takes the longest to be noticed.
    const LIMIT: Duration = Duration::from_secs(6);
    let outcomes = join_all(TABLE.iter().map(|row| tcp::connect(row.0.parse().unwrap(), LIMIT))).await;
    let mut wrong = Vec::new();
    for (&(to, icmp, kind, here), outcome) in TABLE.iter().zip(outcomes) {
        let expected = icmp.map(|(icmp_type, code, from)| {
            let from: IpAddr = from.parse().unwrap();
            Icmp { v6: from.is_ipv6(), icmp_type, code, from: Some(from) }
        });
        match outcome {
            Err(ConnectError::Failure(ConnectFailure { kind: k, icmp: i, on_this_machine: h, .. }))
                if (k, i, h) == (kind, expected, here) => {}
            other => wrong.push(format!("{to}: expected {kind}, {expected:?}, here: {here}; found {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    for open in ["10.2.0.2:25", "[fd02::2]:25"] {
        let stream = tcp::connect(open.parse().unwrap(), LIMIT).await.unwrap();
        assert!(stream.nodelay().unwrap());
    }
}

fn routes_are_known() {
    for (address, expected) in [
        ("10.2.0.2", true),
        ("fd02::2", true),
        ("10.2.0.99", true),
        ("10.3.0.1", true),
        ("10.9.9.9", false),
        ("fd09::9", false),
    ] {
        assert_eq!(has_route(address.parse().unwrap()), expected, "{address}");
    }
}

/// A router that begins to reject holds a session up; it must not end it.
async fn icmp_does_not_end_a_session(network: &Network) {
    for open in ["10.2.0.2:25", "[fd02::2]:25"] {
        let mut stream = connected(open).await;
        network
            .run("at $router nft insert rule inet filter forward tcp dport 25 reject with icmpx type admin-prohibited");
        // A pending error shows at the next write; one comes with each retransmission.
        for part in ["he", "l", "l", "o"] {
            stream.write_all(part.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        network.run("at $router sh -c 'nft delete rule inet filter forward handle $(nft -a list ruleset | sed -n \"s/.*dport 25 reject.*handle //p\")'");
        let mut echo = [0; 5];
        tokio::time::timeout(Duration::from_secs(10), stream.read_exact(&mut echo)).await.unwrap().unwrap();
        assert_eq!(&echo, b"hello");
    }
}

/// No ports, no descriptors: never the server's fault.
async fn exhaustion_is_local(network: &Network) {
    network.run("sysctl -qw net.ipv4.ip_local_port_range='40000 40001'");
    for open in ["10.2.0.2:25", "[fd02::2]:25"] {
        let (_one, _two) = (connected(open).await, connected(open).await);
        assert_local(open).await;
    }
    let mut held = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        held.push(file);
    }
    assert_local("10.2.0.2:25").await;
    assert_local("[fd02::2]:25").await;
    drop(held);
}

async fn assert_local(to: &str) {
    let outcome = tcp::connect(to.parse().unwrap(), Duration::from_secs(8)).await;
    assert!(matches!(outcome, Err(ConnectError::Local(_))), "{to}: {outcome:?}");
}

async fn connected(to: &str) -> TcpStream {
    let address: SocketAddr = to.parse().unwrap();
    tcp::connect(address, Duration::from_secs(8)).await.unwrap()
}
