//! What people type by habit: telnet's blank before the port, `localhost`, an address without brackets (first-use, 1.6,
//! 1.9, 1.13).

use std::net::IpAddr;

use mailprobe_lab::{Behaviour, Security, Server};

use crate::suite::cases;
use crate::world::{Loopback, MAIL, SEVEN, V4, World, domain, good, zone};

cases!(habits: network {
    a_port_behind_a_blank,
    a_port_behind_a_blank_in_a_list,
    localhost_on_ipv4_alone,
    localhost_on_neither_family,
    starttls_expected_on_a_port_for_tls,
    an_address_without_brackets,
    waiting_for_a_port,
} loopback {
    a_port_behind_a_blank_on_this_machine,
});

/// What was said of a port number before it was understood.
const RIDDLE: &str = "unusual notation";

/// The promise of the product in one sentence.
fn a_port_behind_a_blank(test: &'static str) {
    let world = World::new(test, zone()).serve(&[V4], &SEVEN);
    world.ask(&format!("{MAIL} 25")).tell().code(0).state(25, "ok").endpoint_count(1).never(RIDDLE).judged();
    world
        .ask(&format!("{MAIL} 465 {MAIL} 993"))
        .tell()
        .code(0)
        .state(465, "ok")
        .state(993, "ok")
        .endpoint_count(2)
        .never(RIDDLE)
        .judged();
    // Two more that may be taken, or corrected in a word.
    let accepted = |port: u16| format!(r"mail\.example\.org:{port}|host:(port|{port})|\b{port}\b.*\bok\b");
    let telnet = world.ask(&format!("telnet {MAIL} 587")).tell();
    telnet.code_in(&[0, 2]).says(&accepted(587)).never(RIDDLE).judged();
    let list = world.ask(&format!("--ports 25 465 {MAIL}")).tell();
    list.code_in(&[0, 2]).says(&format!("25,465|{}", accepted(465))).never(RIDDLE).judged();
    world.ask("host 2 5").bare().tell().code(2).never(RIDDLE).judged();
}

fn a_port_behind_a_blank_in_a_list(test: &'static str) {
    let world = World::new(test, zone())
        .serve(&[V4], &SEVEN)
        .file("blank.txt", &format!("{MAIL} 25\n{MAIL} 993\n"))
        .file("comma.txt", &format!("{MAIL},587\n"));
    world.ask("--targets blank.txt").tell().code(0).state(25, "ok").state(993, "ok").endpoint_count(2).judged();
    world
        .ask("--targets comma.txt")
        .tell()
        .code_in(&[0, 1, 2])
        .says(r"mail\.example\.org:587|host:(port|587)|\b587\b.*\bok\b")
        .judged();
}

fn a_port_behind_a_blank_on_this_machine() {
    // An address of its own, because the port must be a known one.
    let address: IpAddr = [127, 0, 14, 6].into();
    let behaviour = Behaviour::smtp(Security::StartTls).names(["127.0.14.6"]);
    let _server = Server::start_at(behaviour, (address, 2525).into()).expect("the port is free");
    Loopback::new().ask("127.0.14.6 2525").tell().code(0).state(2525, "ok").endpoint_count(1).never(RIDDLE).judged();
}

/// The health check of a container: the server listens on IPv4 alone, the hosts file has both.
fn localhost_on_ipv4_alone(test: &'static str) {
    let plaintext = Behaviour::smtp(Security::Plaintext);
    let world = World::new(test, domain()).serve_here("127.0.0.1", 1025, plaintext);
    world
        .ask("--security plaintext smtp://localhost:1025")
        .tell()
        .code(0)
        .verdict("pass|warn")
        .state_at(1025, "127.0.0.1", "ok")
        .judged();
    let world = world.serve_here("::1", 1026, Behaviour::smtp(Security::Plaintext));
    world.ask("--security plaintext smtp://localhost:1026").tell().code(0).verdict("pass|warn").judged();
}

fn localhost_on_neither_family(test: &'static str) {
    let world = World::new(test, domain());
    world
        .ask("--security plaintext smtp://localhost:1025")
        .tell()
        .code(5)
        .verdict("fail")
        .state(1025, "connection-refused")
        .errors(1)
        .judged();
}

/// The right answer, and the address to use.
fn starttls_expected_on_a_port_for_tls(test: &'static str) {
    let world = World::new(test, zone()).serve_as(&[V4], &[465], good);
    world
        .ask(&format!("smtp://{MAIL}:465"))
        .tell()
        .state(465, "tls-on-plaintext-port")
        .code(11)
        .advice(r"smtps?://|submissions://|implicit|TLS from the (start|first)")
        .judged();
}

/// Not on loopback: as it stands, it is an address somewhere in the world.
fn an_address_without_brackets(test: &'static str) {
    let world = World::new(test, domain());
    world.ask("--connect-timeout 1s ::1:25").bare().tell().says(r"\[::1\]:25").judged();
}

/// A round that mailprobe itself leaves off, for a last look, was not interrupted by anybody.
fn waiting_for_a_port(test: &'static str) {
    let world = World::new(test, zone());
    world
        .ask(&format!("--wait 5s {MAIL}:2525"))
        .tell()
        .state(2525, "connection-refused")
        .code(5)
        .stderr("waiting for")
        .never(r"\(interrupted\)")
        .judged();
}
