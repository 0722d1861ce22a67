//! Silence where plaintext is expected: TLS on its own port under the wrong scheme, and what only looks like it.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use mailprobe_lab::{Behaviour, Limits, Protocol, Received, Security, Server};

use crate::judge::Told;
use crate::suite::cases;
use crate::world::{Loopback, MAIL, V4, World, good, zone};

cases!(wrong_scheme: network {
    the_three_ports_for_tls,
} loopback {
    one_connection_beside_the_first,
    one_connection_to_a_host_allowed,
    one_connection_to_an_address_allowed,
    one_client_at_a_time,
    a_port_of_no_known_service,
    a_web_server,
    nine_seconds_before_the_greeting,
    silence_on_a_port_for_tls,
    silence_on_a_port_for_plaintext,
});

/// A port for TLS from the first byte that nobody needs privileges for.
const TLS_PORT: u16 = 2465;
const PLAINTEXT_PORT: u16 = 2525;

/// Well below the time that a greeting gets.
const SOON: Duration = Duration::from_secs(15);
/// After the whole of that time.
const LATE: Duration = Duration::from_secs(30);

/// A server on a port of the port table, at the `host`th address of this module.
fn serve(
    host: u8,
    port: u16,
    security: Security,
    change: impl FnOnce(Behaviour) -> Behaviour,
    limits: Limits,
) -> Server {
    let address = Ipv4Addr::new(127, 0, 15, host);
    let behaviour = Behaviour::new(Protocol::Smtp, security).names([address.to_string().as_str()]);
    Server::start_with(change(behaviour), (IpAddr::from(address), port).into(), limits).expect("the port is free")
}

fn as_it_is(behaviour: Behaviour) -> Behaviour {
    behaviour
}

fn ask(options: &str, server: &Server) -> Told {
    Loopback::new().ask(&format!("{options} {}", server.url("smtp"))).tell()
}

fn is_tls(told: Told, port: u16) -> Told {
    told.code(11)
        .verdict("fail")
        .state(port, "tls-on-plaintext-port")
        .finding(port, "tls-on-plaintext-port")
        .advice("submissions://|imaps://|pop3s://")
        .never("hung|overload|no-greeting")
}

/// How many of the connections were open at once, at most.
fn open_at_once(connections: &[Received]) -> usize {
    let end = |one: &Received| one.released.map(|after| one.accepted + after);
    let is_open = |one: &Received, at| one.accepted <= at && end(one).is_none_or(|end| end > at);
    let at_start = |one: &Received| connections.iter().filter(|other| is_open(other, one.accepted)).count();
    connections.iter().map(at_start).max().unwrap_or_default()
}

/// The connections to the server: how many, and how many of them at once.
fn connections(server: &Server) -> (usize, usize) {
    let settled = server.settled();
    (settled.len(), open_at_once(&settled))
}

/// How many connections came to the server, each after the end of the one before; a busy server may notice that end late.
fn one_after_the_other(server: &Server) -> usize {
    const NOTICED_LATE: Duration = Duration::from_millis(500);
    let settled = server.settled();
    for (first, second) in settled.iter().zip(settled.iter().skip(1)) {
        let ended = first.released.map(|after| first.accepted + after);
        assert!(ended.is_some_and(|ended| ended <= second.accepted + NOTICED_LATE), "{settled:#?}");
    }
    settled.len()
}

fn the_three_ports_for_tls(test: &'static str) {
    let world = World::new(test, zone()).serve_as(&[V4], &[465, 993, 995], good);
    let told = world.ask(&format!("smtp://{MAIL}:465 imap://{MAIL}:993 pop3://{MAIL}:995")).tell();
    [465, 993, 995].into_iter().fold(told, is_tls).within(SOON).judged();
}

fn one_connection_beside_the_first() {
    let server = serve(1, TLS_PORT, Security::Implicit, as_it_is, Limits::default());
    is_tls(ask("", &server), TLS_PORT).within(SOON).judged();
    assert_eq!(connections(&server), (2, 2));
}

fn one_connection_to_a_host_allowed() {
    let server = serve(2, TLS_PORT, Security::Implicit, as_it_is, Limits::default());
    is_tls(ask("--per-host 1", &server), TLS_PORT).within(LATE).judged();
    assert_eq!(one_after_the_other(&server), 2);
}

fn one_connection_to_an_address_allowed() {
    let server = serve(3, TLS_PORT, Security::Implicit, as_it_is, Limits::default());
    is_tls(ask("--per-address 1", &server), TLS_PORT).within(LATE).judged();
    assert_eq!(one_after_the_other(&server), 2);
}

fn one_client_at_a_time() {
    let one = Limits { open_connections: 1, ..Limits::default() };
    let server = serve(4, TLS_PORT, Security::Implicit, as_it_is, one);
    is_tls(ask("", &server), TLS_PORT).within(LATE).judged();
}

/// Such as one that a container forwards.
fn a_port_of_no_known_service() {
    let server = serve(5, 10465, Security::Implicit, as_it_is, Limits::default());
    is_tls(ask("", &server), 10465).within(SOON).judged();
    assert_eq!(connections(&server), (2, 2));
}

fn a_web_server() {
    let server = serve(6, TLS_PORT, Security::StartTls, |behaviour| behaviour.fault("http"), Limits::default());
    ask("", &server).code(11).state(TLS_PORT, "wrong-protocol").says("HTTP").within(SOON).judged();
}

/// On a port where TLS was offered meanwhile, and to no avail.
fn nine_seconds_before_the_greeting() {
    let slow = |behaviour: Behaviour| behaviour.pause(Duration::from_secs(9)).fault("slow-greeting");
    let server = serve(7, TLS_PORT, Security::StartTls, slow, Limits::default());
    ask("", &server)
        .code(0)
        .verdict("warn")
        .state(TLS_PORT, "ok")
        .finding(TLS_PORT, "slow-greeting")
        .never("speaks TLS from the first byte")
        .within(SOON)
        .judged();
    assert_eq!(connections(&server), (2, 2));
}

/// Whoever serves one client at a time is asked once more at the end.
fn silence_on_a_port_for_tls() {
    let server = serve(8, TLS_PORT, Security::StartTls, |behaviour| behaviour.fault("silent"), Limits::default());
    ask("", &server).code(8).state(TLS_PORT, "no-greeting").says("hung|overload").within(LATE).judged();
    assert_eq!(connections(&server), (3, 2));
}

/// Servers there delay the greeting on purpose, and count connections.
fn silence_on_a_port_for_plaintext() {
    let server = serve(9, PLAINTEXT_PORT, Security::StartTls, |behaviour| behaviour.fault("silent"), Limits::default());
    ask("", &server).code(8).state(PLAINTEXT_PORT, "no-greeting").within(LATE).judged();
    assert_eq!(one_after_the_other(&server), 2);
}
