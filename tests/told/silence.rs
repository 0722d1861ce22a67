//! Silence is neither a refusal nor an offer, and what else was silent decides what it may mean (first-use, 1.1).

use crate::cause::{error, trouble};
use crate::patterns::{LOOKS_BLOCKED, OTHER_HOST, REMOVE_MX, SENDING, SILENCE_AS_OFFER, SILENT, USE_465_OR_587};
use crate::suite::cases;
use crate::world::{MAIL, OTHER4, SEVEN, V4, V6, World, dual_zone, ip4, set, zone};

cases!(silence: network {
    the_three_ports_for_sending,
    the_two_ports_of_submission,
    all_seven,
    all_but_465,
    port_25_alone,
    port_25_by_name,
    port_25_where_submission_is_refused,
    imap_alone,
    the_ports_for_sending_at_one_address_of_two,
    one_address_of_two,
} loopback {});

const SENDING_PORTS: [u16; 3] = [25, 465, 587];

fn dropping(ports: &[u16]) -> String {
    format!("tcp dport {} drop", set(ports))
}

/// Hotels and offices drop all ports for sending: a green PASS would be wrong, and so would be advice to use 465.
fn the_three_ports_for_sending(test: &'static str) {
    let world = World::new(test, zone()).serve(&[V4], &SEVEN).router(&dropping(&SENDING_PORTS));
    let told = world.ask(MAIL).tell();
    let told = SENDING_PORTS.iter().fold(told, |told, &port| told.state(port, "connection-timeout"));
    told.state(993, "ok")
        .verdict("warn|fail")
        .opens_with(SENDING)
        .sentence_never("^mail programs can fetch")
        .sentence_never(r"(465|587)[^.]*not offered")
        .says(SILENT)
        .cause(&trouble().ports(&SENDING_PORTS).addresses(&[V4]))
        .never_any([USE_465_OR_587, SILENCE_AS_OFFER])
        .judged();
}

fn the_two_ports_of_submission(test: &'static str) {
    let world = World::new(test, zone()).serve(&[V4], &SEVEN).router(&dropping(&[465, 587]));
    world
        .ask(MAIL)
        .tell()
        .state(25, "ok")
        .state(465, "connection-timeout")
        .state(587, "connection-timeout")
        .verdict("warn|fail")
        .opens_with(SENDING)
        .sentence_never(r"(465|587)[^.]*not offered")
        .advice(SILENT)
        .hint("firewall|network|block|down")
        .cause(&trouble().ports(&[465, 587]).addresses(&[V4]))
        .never_any([USE_465_OR_587, SILENCE_AS_OFFER])
        .judged();
}

/// One fact, in one block: the host, its address, or a firewall as a whole.
fn all_seven(test: &'static str) {
    let world = World::new(test, zone()).serve(&[V4], &SEVEN).router(&dropping(&SEVEN));
    world
        .ask(MAIL)
        .tell()
        .all_at(V4, "connection-timeout")
        .code(6)
        .verdict("fail")
        .errors(1)
        .lines(40)
        .sentence("seven|all|none|nothing|any")
        .advice("down")
        .advice("address")
        .advice("firewall|ban")
        .cause(&error().ports(&SEVEN).addresses(&[V4]))
        .never_any([USE_465_OR_587, LOOKS_BLOCKED, "not offered"])
        .judged();
}

fn all_but_465(test: &'static str) {
    let others: Vec<u16> = SEVEN.into_iter().filter(|&port| port != 465).collect();
    let world = World::new(test, zone()).serve(&[V4], &SEVEN).router(&dropping(&others));
    world
        .ask(MAIL)
        .tell()
        .state(465, "ok")
        .state(993, "connection-timeout")
        .code(0)
        .sentence("465")
        .sentence_never(r"(587|993|143)[^.]*not offered")
        .says(SILENT)
        .never_any([LOOKS_BLOCKED, "465 or 587 instead", "587 or 465 instead", SILENCE_AS_OFFER])
        .judged();
}

/// The usual block at home: 465 and 587 work and may be named, and there is a command for the rest.
fn port_25_alone(test: &'static str) {
    let world = World::new(test, zone()).serve(&[V4], &SEVEN).router(&dropping(&[25]));
    world
        .ask(MAIL)
        .tell()
        .state(25, "connection-timeout")
        .state(465, "ok")
        .code(0)
        .verdict("pass|warn")
        .says(SILENT)
        .says("465")
        .says("mailprobe blocked")
        .never_any(["host that is down looks the same", SILENCE_AS_OFFER, r"no port for sending"])
        .judged();
}

/// Nothing is known of 465 and 587, so they may be named.
fn port_25_by_name(test: &'static str) {
    let world = World::new(test, zone()).serve(&[V4], &SEVEN).router(&dropping(&[25]));
    world
        .ask(&format!("{MAIL}:25"))
        .tell()
        .state(25, "connection-timeout")
        .code(6)
        .verdict("fail")
        .errors(1)
        .says(SILENT)
        .says("mailprobe blocked")
        .cause(&error().ports(&[25]).addresses(&[V4]))
        .judged();
}

fn port_25_where_submission_is_refused(test: &'static str) {
    let world = World::new(test, zone()).serve(&[V4], &[25, 110, 995, 143, 993]).router(&dropping(&[25]));
    world
        .ask(MAIL)
        .tell()
        .state(25, "connection-timeout")
        .state(465, "connection-refused")
        .verdict("warn|fail")
        .opens_with(SENDING)
        .says(SILENT)
        .says("mailprobe blocked")
        .never_any([USE_465_OR_587, SILENCE_AS_OFFER])
        .judged();
}

fn imap_alone(test: &'static str) {
    let world = World::new(test, zone()).serve(&[V4], &SEVEN).router(&dropping(&[143, 993]));
    world
        .ask(MAIL)
        .tell()
        .state(143, "connection-timeout")
        .state(993, "connection-timeout")
        .state(995, "ok")
        .code(0)
        .says(SILENT)
        .sentence_never(r"(143|993)[^.]*not offered")
        .never_any([LOOKS_BLOCKED, SILENCE_AS_OFFER, "mailprobe blocked", "no port for sending"])
        .judged();
}

/// Mail can be sent, over the other address: it is this address that is in trouble.
fn the_ports_for_sending_at_one_address_of_two(test: &'static str) {
    let rule = format!("ip daddr {V4} {}", dropping(&SENDING_PORTS));
    let world = World::new(test, dual_zone()).serve(&[V4, V6], &SEVEN).router(&rule);
    world
        .ask(MAIL)
        .tell()
        .state_at(465, V4, "connection-timeout")
        .state_at(465, V6, "ok")
        .state_at(993, V4, "ok")
        .verdict("warn|fail")
        .sentence(r"IPv4|10\.7\.2\.2")
        .cause(&trouble().ports(&SENDING_PORTS).addresses(&[V4]))
        .never_any(["no port for sending answers", REMOVE_MX, OTHER_HOST, SILENCE_AS_OFFER])
        .judged();
}

fn one_address_of_two(test: &'static str) {
    let world = World::new(test, zone().a(MAIL, ip4(OTHER4)))
        .serve(&[V4, OTHER4], &SEVEN)
        .router(&format!("ip daddr {OTHER4} drop"));
    world
        .ask(MAIL)
        .tell()
        .all_at(V4, "ok")
        .all_at(OTHER4, "connection-timeout")
        .code(6)
        .verdict("fail")
        .errors(1)
        .sentence(r"10\.7\.2\.3")
        .cause(&error().ports(&SEVEN).addresses(&[OTHER4]))
        .never_any([REMOVE_MX, OTHER_HOST, "IPv6", LOOKS_BLOCKED])
        .judged();
}
