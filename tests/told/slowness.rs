//! Slow is not broken: a port with TLS from the start may keep people waiting as long as a greeting may (first-use, 1.4).

use std::net::Ipv4Addr;
use std::time::Duration;

use mailprobe_lab::{Act, Behaviour, Moment, Security, Server};

use crate::suite::cases;
use crate::world::Loopback;

cases!(slowness: network {} loopback {
    twelve_seconds_before_tls,
    twelve_seconds_every_second_time,
    eight_seconds_before_tls,
    ten_seconds_before_the_greeting_of_a_relay,
    silence_before_tls_is_no_failed_handshake,
});

/// What came late did not fail.
const BROKEN: [&str; 6] = [
    "tls-handshake-failed",
    "comes and goes",
    "large hello",
    "handshake (has )?failed",
    "no-greeting",
    "several servers",
];
const WHY: &str = "name lookup|blocklist|back.?end|slow|took|long";

fn late(behaviour: Behaviour, seconds: u64) -> Behaviour {
    behaviour.pause(Duration::from_secs(seconds)).at(Moment::Accept, [Act::Pause])
}

fn start(behaviour: Behaviour) -> Server {
    Server::start_at(behaviour, (Ipv4Addr::LOCALHOST, 0).into()).expect("a free port")
}

/// What Postfix does when its name server is dead: it looks up the client before TLS.
fn twelve_seconds_before_tls() {
    let here = Loopback::new();
    let smtp = start(late(Behaviour::smtp(Security::Implicit), 12));
    let imap = start(late(Behaviour::imap(Security::Implicit), 12));
    let pop3 = start(late(Behaviour::pop3(Security::Implicit), 12));
    let told = here.ask(&format!("{} {} {}", smtp.url("submissions"), imap.url("imaps"), pop3.url("pop3s"))).tell();
    [smtp, imap, pop3]
        .iter()
        .map(|server| server.address().port())
        .fold(told, |told, port| told.state(port, "ok").finding(port, "slow-greeting"))
        .code(0)
        .verdict("warn")
        .says(WHY)
        .never_any(BROKEN)
        .judged();
}

fn twelve_seconds_every_second_time() {
    let good = || Behaviour::smtp(Security::Implicit);
    let slow = || late(good(), 12);
    // Longer than any check's looks.
    let server = start((0..8).fold(slow(), |so_far, _| so_far.then(good()).then(slow())));
    Loopback::new()
        .ask(&server.url("submissions"))
        .tell()
        .state(server.address().port(), "ok")
        .code(0)
        .never_any(BROKEN)
        .judged();
}

fn eight_seconds_before_tls() {
    let server = start(late(Behaviour::smtp(Security::Implicit), 8));
    let port = server.address().port();
    Loopback::new()
        .ask(&server.url("submissions"))
        .tell()
        .state(port, "ok")
        .finding(port, "slow-greeting")
        .code(0)
        .verdict("warn")
        .says("slow|took|long")
        .never_any(BROKEN)
        .judged();
}

/// A relay may be slow on purpose, so that is no warning; but it is a finding.
fn ten_seconds_before_the_greeting_of_a_relay() {
    let behaviour = Behaviour::smtp(Security::StartTls).pause(Duration::from_secs(10)).fault("slow-greeting");
    let server = start(behaviour);
    let port = server.address().port();
    Loopback::new().ask(&server.url("smtp")).tell().state(port, "ok").finding(port, "slow-greeting").code(0).judged();
}

fn silence_before_tls_is_no_failed_handshake() {
    let server = start(Behaviour::smtp(Security::Implicit).at(Moment::Accept, [Act::Stall]));
    Loopback::new()
        .ask(&format!("--timeout 8s {}", server.url("submissions")))
        .tell()
        .state(server.address().port(), "no-greeting")
        .code(8)
        .verdict("fail")
        .never_any(["tls-handshake-failed", "comes and goes", "large hello", "handshake (has )?failed"])
        .judged();
}
