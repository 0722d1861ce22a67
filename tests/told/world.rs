//! Situations: a client, a router and a server with namespaces of their own, or servers on loopback.
//!
//! | client: this test | router | server |
//! | --- | --- | --- |
//! | 10.7.1.2, `fd07:1::2` | 10.7.1.1, `fd07:1::1` | 10.7.2.2, `fd07:2::2`; also 10.7.2.3 |
//!
//! The router is the client's name server. All servers live in this process, so they share one authority.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use mailprobe_lab::dns::{DnsServer, Zone};
use mailprobe_lab::{Behaviour, Protocol, Security, Server};
use nix::sched::{CloneFlags, setns};

use crate::netns::Network;
use crate::run::Run;

pub(crate) const V4: &str = "10.7.2.2";
pub(crate) const V6: &str = "fd07:2::2";
/// The server's other address: another host, or a second address of the same.
pub(crate) const OTHER4: &str = "10.7.2.3";
/// Nobody has this one.
pub(crate) const NOBODY4: &str = "10.7.2.99";
pub(crate) const ROUTER6: &str = "fd07:1::1";
pub(crate) const ROUTER4: &str = "10.7.1.1";

/// The host that is asked about, and its name in certificates.
pub(crate) const MAIL: &str = "mail.example.org";
pub(crate) const SEVEN: [u16; 7] = [25, 465, 587, 110, 995, 143, 993];

/// A good server, as the port table has it.
pub(crate) fn good(port: u16) -> Behaviour {
    let protocol = match port {
        110 | 995 => Protocol::Pop3,
        143 | 993 => Protocol::Imap,
        _ => Protocol::Smtp,
    };
    let security = if matches!(port, 465 | 993 | 995) { Security::Implicit } else { Security::StartTls };
    Behaviour::new(protocol, security).names([MAIL]).host(MAIL)
}

/// The names of `example.org`: one mail host, on IPv4.
pub(crate) fn zone() -> Zone {
    domain().mx("example.org", 10, MAIL).a(MAIL, ip4(V4))
}

/// The same on IPv6.
pub(crate) fn zone6() -> Zone {
    domain().mx("example.org", 10, MAIL).aaaa(MAIL, ip6(V6))
}

/// The same on both families.
pub(crate) fn dual_zone() -> Zone {
    zone().aaaa(MAIL, ip6(V6))
}

/// A domain without a mail host.
pub(crate) fn domain() -> Zone {
    Zone::new().txt("example.org", "a domain of the tests")
}

pub(crate) fn ip4(text: &str) -> Ipv4Addr {
    text.parse().expect("an IPv4 address")
}

fn ip6(text: &str) -> Ipv6Addr {
    text.parse().expect("an IPv6 address")
}

/// The three hosts. The test itself is the client.
pub(crate) struct World {
    network: Network,
    _dns: DnsServer,
    servers: Vec<Server>,
    folder: tempfile::TempDir,
    rules: usize,
}

impl World {
    /// A network in which nobody listens yet. `test` as in [`crate::netns::in_own_network`].
    pub(crate) fn new(test: &'static str, zone: Zone) -> Self {
        let network = Network::new(test, &["router", "server"]);
        network.run(LINKS);
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
        file("resolv.conf", &format!("nameserver {ROUTER4}\n"));
        file("hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost\n");
        let place = folder.path().display();
        network.run(&format!("for f in resolv.conf hosts; do mount --bind '{place}'/$f /etc/$f; done"));
        let at = SocketAddr::from((ip4(ROUTER4), 53));
        let dns = within(network.process("router"), || DnsServer::start_on(at, zone).expect("port 53 is free"));
        Self { network, _dns: dns, servers: Vec::new(), folder, rules: 0 }
    }

    /// Good servers on these ports of the server's addresses.
    pub(crate) fn serve(self, addresses: &[&str], ports: &[u16]) -> Self {
        self.serve_as(addresses, ports, good)
    }

    /// Servers on these ports of the server's addresses, and how each behaves.
    pub(crate) fn serve_as(mut self, addresses: &[&str], ports: &[u16], behave: impl Fn(u16) -> Behaviour) -> Self {
        let places = addresses.iter().flat_map(|address| ports.iter().map(move |&port| (*address, port)));
        let places: Vec<_> = places.map(|(address, port)| (address, port, behave(port))).collect();
        let started = within(self.network.process("server"), || {
            places.into_iter().map(|(address, port, behaviour)| start(address, port, behaviour)).collect::<Vec<_>>()
        });
        self.servers.extend(started);
        self
    }

    /// A server on this machine itself.
    pub(crate) fn serve_here(mut self, address: &str, port: u16, behaviour: Behaviour) -> Self {
        self.servers.push(start(address, port, behaviour));
        self
    }

    /// A rule for what the router passes on, in the words of nftables.
    pub(crate) fn router(self, rule: &str) -> Self {
        self.rule("router", "forward", rule)
    }

    /// A rule for what reaches the server.
    pub(crate) fn server(self, rule: &str) -> Self {
        self.rule("server", "input", rule)
    }

    fn rule(mut self, host: &str, hook: &str, rule: &str) -> Self {
        self.rules += 1;
        let number = self.rules;
        self.network.run(&format!(
            "at ${host} nft 'table inet t{number} {{ chain c {{ type filter hook {hook} priority 0; {rule}; }}; }}'"
        ));
        self
    }

    /// A shell script on the client.
    pub(crate) fn here(self, script: &str) -> Self {
        self.network.run(script);
        self
    }

    /// A file in the folder where mailprobe is run.
    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.folder.path().join(name), text).expect("a file");
        self
    }

    /// What a person types behind `mailprobe`.
    pub(crate) fn ask(&self, line: &str) -> Run {
        Run::new(self.folder.path(), line).without_privileges()
    }
}

/// Servers on this machine's loopback, for what needs no network.
pub(crate) struct Loopback {
    folder: tempfile::TempDir,
}

impl Loopback {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a person types behind `mailprobe`.
    pub(crate) fn ask(&self, line: &str) -> Run {
        Run::new(self.folder.path(), line)
    }
}

/// Ports to a set of nftables, as in `{ 25,465 }`.
pub(crate) fn set(ports: &[u16]) -> String {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    format!("{{ {} }}", ports.join(","))
}

fn start(address: &str, port: u16, behaviour: Behaviour) -> Server {
    let address: IpAddr = address.parse().expect("an address");
    Server::start_at(behaviour, (address, port).into()).unwrap_or_else(|error| panic!("{address} port {port}: {error}"))
}

/// Does something in the network of a process. A socket stays where it was made.
fn within<T: Send>(process: u32, action: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let inside = scope.spawn(|| {
            let network = File::open(format!("/proc/{process}/ns/net")).expect("the process is there");
            setns(network, CloneFlags::CLONE_NEWNET).expect("its network can be entered");
            action()
        });
        inside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Without duplicate address detection, which would keep IPv6 waiting for a second or two.
const LINKS: &str = "
    instantly='sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0'
    $instantly; at $router $instantly; at $server $instantly
    ip link add c0 type veth peer name west netns $router
    ip link add s0 netns $server type veth peer name east netns $router
    ip address add 10.7.1.2/24 dev c0
    ip address add fd07:1::2/64 dev c0 nodad
    ip link set c0 up
    ip route add default via 10.7.1.1
    ip -6 route add default via fd07:1::1
    at $router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    at $router ip address add 10.7.1.1/24 dev west
    at $router ip address add fd07:1::1/64 dev west nodad
    at $router ip address add 10.7.2.1/24 dev east
    at $router ip address add fd07:2::1/64 dev east nodad
    at $router ip link set west up
    at $router ip link set east up
    at $server ip address add 10.7.2.2/24 dev s0
    at $server ip address add 10.7.2.3/24 dev s0
    at $server ip address add fd07:2::2/64 dev s0 nodad
    at $server ip link set s0 up
    at $server ip route add default via 10.7.2.1
    at $server ip -6 route add default via fd07:2::1
";
