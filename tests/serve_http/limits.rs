//! Clients that are slow, many, or that send much.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use super::service::{Service, ask_raw};

#[test]
fn a_request_that_does_not_come_to_its_end_is_given_up() {
    let service = Service::start(&[]);
    let mut slow: Vec<_> = (0..50).map(|_| service.connect()).collect();
    let begun = Instant::now();
    for stream in &mut slow {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-").expect("it is taken");
    }
    // An octet a second keeps none of them open.
    while begun.elapsed() < Duration::from_secs(8) {
        std::thread::sleep(Duration::from_secs(1));
        for stream in &mut slow {
            let _ = stream.write_all(b"a");
        }
    }
    // Meanwhile others are answered.
    service.get("/-/healthy").line(200, "healthy");
    for stream in &mut slow {
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn a_connection_stays_open_for_the_next_request() {
    let service = Service::start(&[]);
    let mut stream = service.connect();
    for _ in 0..2 {
        stream.write_all(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it is taken");
        let mut seen = String::new();
        while !seen.ends_with("healthy.\n") {
            let mut octets = [0; 1024];
            let length = stream.read(&mut octets).expect("an answer");
            assert_ne!(length, 0, "{seen}");
            seen.push_str(&String::from_utf8_lossy(octets.get(..length).expect("what was read")));
        }
        // Longer than a request may take to come.
        std::thread::sleep(Duration::from_secs(12));
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let service = Service::start(&[]);
    let long = "a".repeat(5000);
    service.get(&format!("/probe?target={long}")).line(414, "can have 4096 bytes");
    let answer = service.ask("GET", "/", &[&format!("X-Large: {}", "a".repeat(40_000))]);
    assert_eq!(answer.status, 431, "{answer:#?}");
    let many: Vec<_> = (0..200).map(|number| format!("X-{number}: a")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    assert_eq!(service.ask("GET", "/", &many).status, 431);
    service.ask("POST", "/-/reload", &["Content-Length: 1000000"]).line(413, "no body");
    assert_eq!(ask_raw(service.connect(), "nonsense\r\n\r\n").status, 400);
}

/// A body that nobody asked for is not read.
#[test]
fn a_body_without_end_ends_the_connection() {
    let service = Service::start(&[]);
    let mut stream = service.connect();
    stream
        .write_all(b"POST /-/reload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        .expect("it is taken");
    let chunk = [b"1000\r\n".as_slice(), &[b'a'; 0x1000], b"\r\n"].concat();
    let sent = (0..10_000).take_while(|_| stream.write_all(&chunk).is_ok()).count();
    assert!(sent < 10_000, "{sent} chunks were taken");
}

#[cfg(target_os = "linux")]
#[test]
fn more_connections_than_there_is_room_for_make_room() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    if hard < 4096 || setrlimit(Resource::RLIMIT_NOFILE, 4096, hard).is_err() {
        return mailprobe_lab::skips::skip(&mailprobe_lab::skips::this_test(), "too few descriptors");
    }
    let service = Service::start(&[]);
    let before = service.resident_memory();
    let mut silent: Vec<_> = (0..1400).map(|_| service.connect()).collect();
    for stream in &mut silent {
        let _ = stream.write_all(b"GET / HTTP/1.1\r\n");
    }
    let begun = Instant::now();
    service.get("/-/healthy").line(200, "healthy");
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
    let more = service.resident_memory().saturating_sub(before);
    assert!(more < 64 * 1024, "{more} KiB more");
}
