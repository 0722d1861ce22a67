//! Packets that get lost because they are large, and what only looks like it.

use std::net::Ipv4Addr;

use mailprobe_lab::{Act, Behaviour, Moment, Security, Server};

use crate::cause::error;
use crate::suite::cases;
use crate::world::{Loopback, MAIL, OTHER4, V4, V6, World, good, ip4, zone, zone6};

cases!(mtu: network {
    large_packets_to_the_server,
    large_packets_from_the_server,
    large_packets_both_ways,
    large_packets_to_the_server_over_ipv6,
    large_packets_from_the_server_over_ipv6,
    large_packets_on_the_way_to_one_host_of_two,
    large_packets_with_little_time,
    a_link_that_says_what_it_carries,
} loopback {
    a_large_hello_alone_is_dropped_at_once,
    a_large_hello_alone_is_dropped_after_starttls,
    a_server_that_hangs_in_the_handshake_at_once,
    a_server_that_hangs_in_the_handshake_after_starttls,
});

const PORTS: [u16; 2] = [465, 587];
/// What there is no reason to do.
const WRONG: [&str; 5] = ["[Uu]pdate", "load balancer", "stays silent", "hung", "holds back"];
const TO_SERVER: &str = "[Ll]arge packets to the server get lost";
const FROM_SERVER: &str = "[Ll]arge packets from the server get lost";

/// A network in which packets from this address vanish if they are large, and nobody is told. The sender's system is not to
/// gather segments into larger packets, which a network card would cut.
fn hole(world: World, from: &str) -> World {
    let family = if from.contains(':') { "ip6" } else { "ip" };
    world
        .here("ip link set c0 gso_max_segs 1; at $server ip link set s0 gso_max_segs 1")
        .router(&format!("{family} saddr {from} meta length > 1300 drop"))
}

/// A good server whose certificate does not fit into one packet, as few do.
fn with_a_large_certificate(port: u16) -> Behaviour {
    let names: Vec<String> = (0..60).map(|number| format!("host{number}.customers.example.org")).collect();
    good(port).names([MAIL].into_iter().chain(names.iter().map(String::as_str)))
}

fn both_ports(world: &World, address: &'static str, direction: &'static str) {
    world
        .ask(&format!("--ports 465,587 {MAIL}"))
        .tell()
        .all_at(address, "tls-handshake-failed")
        .finding(465, "mtu-black-hole")
        .finding(587, "mtu-black-hole")
        .code(13)
        .verdict("fail")
        .errors(1)
        .sentence(direction)
        .says("1280 bytes")
        .hint("ICMP")
        .hint("dev c0 mtu 1280")
        .cause(&error().ports(&PORTS).addresses(&[address]).says(direction))
        .never_any(WRONG)
        .judged();
}

fn large_packets_to_the_server(test: &'static str) {
    both_ports(
        &hole(World::new(test, zone()).serve_as(&[V4], &PORTS, with_a_large_certificate), "10.7.1.2"),
        V4,
        TO_SERVER,
    );
}

fn large_packets_from_the_server(test: &'static str) {
    both_ports(&hole(World::new(test, zone()).serve_as(&[V4], &PORTS, with_a_large_certificate), V4), V4, FROM_SERVER);
}

fn large_packets_to_the_server_over_ipv6(test: &'static str) {
    both_ports(
        &hole(World::new(test, zone6()).serve_as(&[V6], &PORTS, with_a_large_certificate), "fd07:1::2"),
        V6,
        TO_SERVER,
    );
}

fn large_packets_from_the_server_over_ipv6(test: &'static str) {
    both_ports(&hole(World::new(test, zone6()).serve_as(&[V6], &PORTS, with_a_large_certificate), V6), V6, FROM_SERVER);
}

/// As with a tunnel on the way: what comes from the server is known to get lost, of the other way nothing is claimed.
fn large_packets_both_ways(test: &'static str) {
    let world = World::new(test, zone()).serve_as(&[V4], &PORTS, with_a_large_certificate);
    both_ports(&hole(hole(world, V4), "10.7.1.2"), V4, FROM_SERVER);
}

/// The other host shows that the link is not this machine's own.
fn large_packets_on_the_way_to_one_host_of_two(test: &'static str) {
    let world = World::new(test, zone().a(MAIL, ip4(OTHER4))).serve_as(&[V4, OTHER4], &PORTS, with_a_large_certificate);
    hole(world, OTHER4)
        .ask(&format!("--ports 465,587 {MAIL}"))
        .tell()
        .all_at(V4, "ok")
        .all_at(OTHER4, "tls-handshake-failed")
        .code(13)
        .errors(1)
        .sentence(FROM_SERVER)
        .hint(r"10\.7\.2\.2.*handshake works.*10\.7\.2\.3")
        .cause(&error().ports(&PORTS).addresses(&[OTHER4]).says(FROM_SERVER))
        .never_any(WRONG)
        .judged();
}

fn large_packets_with_little_time(test: &'static str) {
    hole(World::new(test, zone()).serve_as(&[V4], &PORTS, with_a_large_certificate), V4)
        .ask(&format!("--timeout 8s --ports 465,587 {MAIL}"))
        .tell()
        .all_at(V4, "tls-handshake-failed")
        .code(13)
        .errors(1)
        .cause(&error().ports(&PORTS).addresses(&[V4]).says(FROM_SERVER))
        .never_any(WRONG)
        .judged();
}

/// A narrow link alone is no trouble where the ICMP messages arrive.
fn a_link_that_says_what_it_carries(test: &'static str) {
    World::new(test, zone())
        .serve_as(&[V4], &PORTS, with_a_large_certificate)
        .here("at $router ip link set east mtu 1300; at $router ip link set west mtu 1300")
        .ask(&format!("--ports 465,587 {MAIL}"))
        .tell()
        .all_at(V4, "ok")
        .code(0)
        .never_any(["MTU", "lost"])
        .judged();
}

fn a_large_hello_alone_is_dropped_at_once() {
    a_large_hello_alone_is_dropped(Security::Implicit, "submissions");
}

fn a_large_hello_alone_is_dropped_after_starttls() {
    a_large_hello_alone_is_dropped(Security::StartTls, "submission");
}

/// It is the hello: in small packets it fares no better.
fn a_large_hello_alone_is_dropped(security: Security, scheme: &str) {
    let server = start(Behaviour::smtp(security).fault("drops-large-hello"));
    let port = server.address().port();
    Loopback::new()
        .ask(&server.url(scheme))
        .tell()
        .state(port, "tls-handshake-failed")
        .finding(port, "large-hello-dropped")
        .code(13)
        .says("in small packets failed")
        .hint("must accept a ClientHello in several packets")
        .never_any(["mtu-black-hole", "ICMP", "MTU", "get lost"])
        .judged();
}

fn a_server_that_hangs_in_the_handshake_at_once() {
    a_server_that_hangs_in_the_handshake(Security::Implicit, "submissions", "no-greeting");
}

fn a_server_that_hangs_in_the_handshake_after_starttls() {
    a_server_that_hangs_in_the_handshake(Security::StartTls, "submission", "tls-handshake-failed");
}

fn a_server_that_hangs_in_the_handshake(security: Security, scheme: &str, state: &'static str) {
    let server = start(Behaviour::smtp(security).at(Moment::Handshake, [Act::Stall]));
    Loopback::new()
        .ask(&server.url(scheme))
        .tell()
        .state(server.address().port(), state)
        .verdict("fail")
        .never_any(["mtu-black-hole", "ICMP", "MTU", "get lost", "packets"])
        .judged();
}

fn start(behaviour: Behaviour) -> Server {
    Server::start_at(behaviour, (Ipv4Addr::LOCALHOST, 0).into()).expect("a free port")
}
