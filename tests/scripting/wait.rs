//! `--wait` and `--retries`.

use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use mailprobe_lab::{Behaviour, Security, Server};

use crate::ca_file;
use crate::command::{finding_ids, only_endpoint, report, run};

/// A port that nobody listens on.
fn free_address() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port")
}

/// A port that refuses connections for as long as it is held: it is bound, so that nobody else gets it, and nobody listens.
fn refusing_port() -> (socket2::Socket, SocketAddr) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a free port");
    let address = socket.local_addr().ok().and_then(|address| address.as_socket()).expect("an address");
    (socket, address)
}

fn good() -> Behaviour {
    Behaviour::smtp(Security::StartTls)
}

#[test]
fn a_server_that_comes_up_late_is_waited_for_and_no_longer() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = free_address();
    let late = thread::spawn(move || {
        thread::sleep(Duration::from_secs(5));
        Server::start_at(good(), address).expect("the port is still free")
    });
    let begun = Instant::now();
    let (outcome, document) =
        report(&["--ca-file", &ca_file(&folder), "--wait", "60s", &format!("submission://{address}")]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(begun.elapsed() < Duration::from_secs(40), "it went on for {:?}", begun.elapsed());
    let endpoint = only_endpoint(&document);
    assert!(endpoint["tries"].as_u64().expect("a number") > 1, "{endpoint:#}");
    assert!(!finding_ids(endpoint).contains(&"flapping"), "{endpoint:#}");
    let said = outcome.stderr.lines().collect::<Vec<_>>();
    assert_eq!(said.len(), 1, "what it waits for is said once: {said:?}");
    assert!(said[0].contains(&address.to_string()) && said[0].contains("connection-refused"), "{said:?}");
    drop(late.join().expect("a server"));
}

#[test]
fn a_server_that_never_comes_up_gives_its_cause_after_the_time_with_one_clear_line() {
    let address = free_address();
    let begun = Instant::now();
    let outcome = run(&["--wait", "3s", "--quiet", &format!("smtp://{address}")]);
    assert_eq!(outcome.code, 5, "{}", outcome.stderr);
    assert!(begun.elapsed() >= Duration::from_secs(2) && begun.elapsed() < Duration::from_secs(30));
    let said: Vec<_> = outcome.stderr.lines().collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("gave up") && said[0].contains("connection-refused"), "{said:?}");
}

#[test]
fn an_attempt_under_way_is_cut_off_and_the_earlier_cause_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    // The first connection is turned away, all later ones hang.
    let server = Server::start(good().fault("greeting-421-too-many").then(good().fault("silent")));
    let begun = Instant::now();
    let outcome = run(&["--ca-file", &ca_file(&folder), "--wait", "3s", &server.url("submission")]);
    assert_eq!(outcome.code, 10, "{}\n{}", outcome.stdout, outcome.stderr);
    assert!(begun.elapsed() < Duration::from_secs(20), "silence would be waited for for 25 s: {:?}", begun.elapsed());
}

#[test]
fn only_what_still_fails_is_looked_at_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (steady, late) = (Server::start(good()), Server::start(good().fault("greeting-421-too-many").then(good())));
    let (outcome, document) =
        report(&["--ca-file", &ca_file(&folder), "--wait", "60s", &steady.url("submission"), &late.url("submission")]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(steady.settled().len(), 1);
    assert_eq!(late.settled().len(), 2);
    assert_eq!(document["targets"][0]["endpoints"][0]["tries"], 1);
    assert_eq!(document["targets"][1]["endpoints"][0]["tries"], 2);
}

#[test]
fn retries_are_counted_and_a_server_that_answers_differently_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let flapping =
        Server::start(good().fault("greeting-421-too-many").then(good().fault("reset-on-accept")).then(good()));
    let (outcome, document) = report(&["--ca-file", &ca_file(&folder), "--retries", "5", &flapping.url("submission")]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let endpoint = only_endpoint(&document);
    assert_eq!((&endpoint["tries"], &endpoint["verdict"]), (&3.into(), &"warn".into()), "{endpoint:#}");
    let finding = endpoint["findings"].as_array().expect("findings").iter().find(|one| one["id"] == "flapping");
    assert_eq!(
        finding.map(|one| &one["evidence"]),
        Some(&"service-unavailable, then connection-reset, then ok".into()),
        "{endpoint:#}"
    );
}

#[test]
fn retries_end_and_nothing_is_told_of_a_server_that_is_always_the_same() {
    let (_held, address) = refusing_port();
    let (outcome, document) = report(&["--retries", "2", &format!("smtp://{address}")]);
    assert_eq!(outcome.code, 5);
    let endpoint = only_endpoint(&document);
    assert_eq!(endpoint["tries"], 3);
    assert!(!finding_ids(endpoint).contains(&"flapping"), "{endpoint:#}");
    assert_eq!(outcome.stderr, "");
}

#[test]
fn lines_of_json_come_once_for_an_endpoint_however_often_it_is_looked_at() {
    let outcome = run(&["--retries", "2", "--format", "jsonl", &format!("smtp://{}", free_address())]);
    let lines: Vec<serde_json::Value> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.iter().map(|line| line["type"].as_str()).collect::<Vec<_>>(), [Some("endpoint"), Some("summary")]);
}

#[test]
fn wrong_usage_is_not_waited_for() {
    let begun = Instant::now();
    assert_eq!(run(&["--wait", "60s", "ftp://mail.test.example"]).code, 2);
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn what_works_at_the_end_is_not_told_as_it_was_before_a_silent_server_held_the_round_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let silent = Server::start(good().fault("silent"));
    let address = free_address();
    let late = thread::spawn(move || {
        thread::sleep(Duration::from_secs(2));
        Server::start_at(good(), address).expect("the port is still free")
    });
    let (outcome, document) = report(&[
        "--ca-file",
        &ca_file(&folder),
        "--wait",
        "10s",
        &format!("submission://{address}"),
        &silent.url("submission"),
    ]);
    let state = |target: usize| document["targets"][target]["endpoints"][0]["state"].as_str().expect("a state");
    assert_eq!((state(0), state(1)), ("ok", "interrupted"), "{document:#}");
    assert!(!outcome.stderr.contains("connection-refused\n"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("gave up after 10 s"), "{}", outcome.stderr);
    drop(late.join().expect("a server"));
}

#[test]
fn retries_do_not_end_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let turned_away = || good().fault("greeting-421-too-many");
    let late = Server::start(turned_away().then(turned_away()).then(turned_away()).then(good()));
    let outcome =
        crate::command::mailprobe(&["--ca-file", &ca_file(&folder), "--wait", "60s", &late.url("submission")])
            .env("MAILPROBE_RETRIES", "1")
            .output()
            .expect("it starts");
    assert_eq!(outcome.status.code(), Some(0), "{}", String::from_utf8_lossy(&outcome.stderr));
}
