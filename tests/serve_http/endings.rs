//! Being reloaded, and being stopped.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use super::service::{LONGEST, Service};

#[test]
fn what_runs_is_answered_and_then_it_ends() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut service = Service::start(&[]);
    let target = silent.local_addr().expect("an address");
    let mut client = service.connect();
    let mut idle = service.connect();
    write!(
        client,
        "GET /probe?target=smtp://{target} HTTP/1.1\r\nHost: localhost\r\nX-Prometheus-Scrape-Timeout-Seconds: 3\r\n\r\n"
    )
    .expect("it is taken");
    let _check = silent.accept().expect("a check");
    service.signal("TERM");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(idle.read_to_end(&mut Vec::new()).expect("the end"), 0);
    assert_eq!(service.ended().code(), Some(0));
}

#[test]
fn the_second_time_it_ends_at_once() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut service = Service::start(&[]);
    let target = silent.local_addr().expect("an address");
    let mut client = service.connect();
    write!(client, "GET /probe?target=smtp://{target} HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it is taken");
    let _check = silent.accept().expect("a check");
    let begun = Instant::now();
    service.signal("INT");
    std::thread::sleep(Duration::from_millis(500));
    service.signal("INT");
    assert_eq!(service.ended().code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn a_hangup_reads_the_configuration_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let web = folder.path().join("web.yml");
    std::fs::write(&web, "http_server_config:\n  headers:\n    X-Frame-Options: sameorigin\n").expect("a file");
    let service = Service::start(&["--web-config", web.to_str().expect("a name")]);
    assert!(service.get("/").head.contains("x-frame-options: sameorigin"));
    std::fs::write(&web, "http_server_config:\n  nosuch: 1\n").expect("a file");
    service.signal("HUP");
    let line = service.logged("the configuration stays as it was");
    assert!(line.contains("web.yml:2:3: unknown field"), "{line}");
    service.ask("POST", "/-/reload", &[]).line(500, "web.yml:2:3: unknown field");
    assert!(service.get("/").head.contains("x-frame-options: sameorigin"));
    std::fs::write(&web, "{}\n").expect("a file");
    service.signal("HUP");
    service.logged("the configuration was read again");
    assert!(service.get("/").head.contains("x-frame-options: deny"));
}

#[test]
fn systemd_is_told_what_it_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("a socket");
    manager.set_read_timeout(Some(LONGEST)).expect("a time limit");
    let told = |wanted: &str| loop {
        let mut octets = [0; 1024];
        let length = manager.recv(&mut octets).unwrap_or_else(|error| panic!("{wanted}: {error}"));
        let text = String::from_utf8_lossy(octets.get(..length).expect("what was read")).into_owned();
        if text.contains(wanted) {
            return text;
        }
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailprobe"));
    command.args(["serve", "--listen", "127.0.0.1:0"]).env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "400000");
    let mut service = Service::start_as(&mut command, 1);
    assert!(told("READY=1").contains(&format!("STATUS=listening on http://{}", service.address())));
    told("WATCHDOG=1");
    service.signal("HUP");
    assert!(told("RELOADING=1").contains("MONOTONIC_USEC="));
    told("READY=1");
    service.signal("TERM");
    told("STOPPING=1");
    assert_eq!(service.ended().code(), Some(0));
}

/// As systemd does: the socket is descriptor 3.
#[cfg(target_os = "linux")]
#[test]
fn a_socket_that_it_is_started_with_is_used() {
    const START: &str = "import os, socket, sys\n\
        s = socket.create_server(('127.0.0.1', 0))\n\
        os.dup2(s.fileno(), 3)\n\
        os.set_inheritable(3, True)\n\
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')\n\
        os.execv(sys.argv[1], [sys.argv[1], 'serve'])\n";
    let mut command = Command::new("python3");
    let service = Service::start_as(command.args(["-c", START, env!("CARGO_BIN_EXE_mailprobe")]), 1);
    service.get("/-/healthy").line(200, "healthy");
}
