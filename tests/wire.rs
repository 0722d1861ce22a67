//! A check as the wire sees it, packet by packet.

#![cfg(all(target_os = "linux", feature = "cli"))]

mod command;
mod netns;
mod packets;

use std::io::Write as _;
use std::net::{Ipv6Addr, TcpStream};
use std::process::Command;
use std::time::Duration;

use command::report;
use mailprobe_lab::{Behaviour, Server};
use netns::in_own_network;
use packets::{Capture, Connection, Side, assert_polite};

const PORTS: [(u16, &str); 7] = [
    (25, "smtp:starttls"),
    (110, "pop3:starttls"),
    (143, "imap:starttls"),
    (465, "smtp:implicit"),
    (587, "smtp:starttls"),
    (993, "imap:implicit"),
    (995, "pop3:implicit"),
];

/// Long enough that a client in a hurry would speak.
const PAUSE: Duration = Duration::from_millis(700);

/// What the wire saw of a check of seven servers, those without TLS at first with this fault.
fn checked(fault: &str) -> Vec<Connection> {
    let capture = Capture::start(here);
    let servers = PORTS.map(|(port, words)| {
        let fault = if words.ends_with("starttls") { fault } else { "" };
        let behaviour: Behaviour = format!("{words}{fault}").parse().expect("a behaviour");
        Server::start_at(behaviour.pause(PAUSE), (Ipv6Addr::UNSPECIFIED, port).into()).expect("the port is free")
    });
    let (_, document) = report(&["127.0.0.1"]);
    assert_eq!(document["summary"]["endpoints"], PORTS.len(), "{document:#}");
    let connections = capture.stop();
    drop(servers);
    connections
}

/// [`in_own_network`], where packets can be recorded.
fn in_recorded_network(test: &str, body: impl FnOnce()) {
    if Command::new("python3").arg("--version").output().is_ok() {
        return in_own_network(test, body);
    }
    mailprobe_lab::skips::skip(test, "the command python3 is missing");
}

/// A program in the network that the test is in already, with its loopback up.
fn here(program: &str, arguments: &[&str]) -> Command {
    let up = Command::new("ip").args(["link", "set", "lo", "up"]).status().expect("ip starts");
    assert!(up.success());
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

#[test]
fn good_servers_get_one_polite_connection_each() {
    in_recorded_network("good_servers_get_one_polite_connection_each", || {
        assert_polite(&checked(""), &PORTS.map(|(port, _)| port));
    });
}

#[test]
fn late_greetings_are_waited_for_without_a_byte() {
    in_recorded_network("late_greetings_are_waited_for_without_a_byte", || {
        assert_polite(&checked(":slow-greeting"), &PORTS.map(|(port, _)| port));
    });
}

#[test]
fn the_last_words_are_goodbye_and_the_answer_is_heard() {
    in_recorded_network("the_last_words_are_goodbye_and_the_answer_is_heard", || {
        let connections = checked(":no-starttls");
        for connection in connections.iter().filter(|connection| [25, 110, 143, 587].contains(&connection.port)) {
            let said = connection.text(Side::Client);
            let last = said.lines().last().unwrap_or_default();
            let goodbye = if connection.port == 143 { " LOGOUT" } else { "QUIT" };
            assert!(last.ends_with(goodbye), "port {}: {said}", connection.port);
            let (side, _) = connection.pieces.last().expect("a piece");
            assert_eq!(*side, Side::Server, "port {}: {said}", connection.port);
        }
        assert_polite(&connections, &PORTS.map(|(port, _)| port));
    });
}

#[test]
fn a_rude_visitor_would_be_caught() {
    in_recorded_network("a_rude_visitor_would_be_caught", || {
        let capture = Capture::start(here);
        let behaviour: Behaviour = "smtp:starttls:slow-greeting".parse().expect("a behaviour");
        let server = Server::start(behaviour.pause(PAUSE));
        let mut visitor = TcpStream::connect(server.address()).expect("a connection");
        visitor.write_all(b"EHLO visitor.test.example\r\n").expect("words");
        std::thread::sleep(PAUSE * 2);
        // With the greeting unread.
        drop(visitor);
        let connections = capture.stop();
        let [connection] = &connections[..] else { panic!("{connections:?}") };
        assert_eq!(connection.reset_by, [Side::Client]);
        let sides: Vec<Side> = connection.pieces.iter().map(|(side, _)| *side).collect();
        assert_eq!(sides, [Side::Client, Side::Server]);
    });
}
