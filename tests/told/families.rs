//! One family in trouble while the other works: the cause is told, and about the right family (first-use, 1.3 and 1.5).

use mailprobe_lab::{Behaviour, Leaf};

use crate::cause::error;
use crate::patterns::{LOOKS_BLOCKED, OTHER_HOST, REMOVE_MX};
use crate::suite::cases;
use crate::world::{MAIL, SEVEN, V4, V6, World, dual_zone, good, set};

cases!(families: network {
    ipv6_is_silent,
    ipv4_is_silent,
    ipv6_is_refused,
    a_certificate_too_short_on_ipv6,
    an_expired_certificate_on_ipv6,
    an_expired_certificate_on_ipv4,
    a_self_signed_certificate_on_ipv6,
    another_hosts_certificate_on_ipv6,
} loopback {});

/// The "other host" that answered was the same host.
const WRONG: [&str; 5] = [REMOVE_MX, OTHER_HOST, r"(this|the) host is down", "nothing works", LOOKS_BLOCKED];

/// How to check the other family meanwhile.
const GO_ON: &str = r"(^|\W)-4\b|--ipv4|--addresses[ =]any";

fn ipv6_is_silent(test: &'static str) {
    let rule = format!("ip6 daddr {V6} tcp dport {} drop", set(&SEVEN));
    let world = World::new(test, dual_zone()).serve(&[V4, V6], &SEVEN).router(&rule);
    world
        .ask(MAIL)
        .tell()
        .all_at(V4, "ok")
        .all_at(V6, "connection-timeout")
        .code(6)
        .verdict("fail")
        .errors(1)
        .lines(24)
        .sentence("IPv6")
        .hint("IPv6|AAAA")
        .hint(GO_ON)
        .cause(&error().ports(&SEVEN).addresses(&[V6]))
        .never_any(WRONG)
        .judged();
}

fn ipv4_is_silent(test: &'static str) {
    let rule = format!("ip daddr {V4} tcp dport {} drop", set(&SEVEN));
    let world = World::new(test, dual_zone()).serve(&[V4, V6], &SEVEN).router(&rule);
    world
        .ask(MAIL)
        .tell()
        .all_at(V4, "connection-timeout")
        .all_at(V6, "ok")
        .code(6)
        .verdict("fail")
        .errors(1)
        .sentence("IPv4")
        .hint("IPv4")
        .hint_never("AAAA")
        .cause(&error().ports(&SEVEN).addresses(&[V4]))
        .never_any(WRONG)
        .judged();
}

/// The servers listen on IPv4 alone, and the name has an AAAA record.
fn ipv6_is_refused(test: &'static str) {
    let world = World::new(test, dual_zone()).serve(&[V4], &SEVEN);
    world
        .ask(MAIL)
        .tell()
        .all_at(V4, "ok")
        .all_at(V6, "connection-refused")
        .code(5)
        .verdict("fail")
        .errors(1)
        .lines(24)
        .sentence("IPv6")
        .hint("IPv6|AAAA")
        .hint(GO_ON)
        .cause(&error().ports(&SEVEN).addresses(&[V6]))
        .never_any(WRONG)
        .judged();
}

/// Good servers on one family, and on the other such with this certificate.
fn shown(test: &'static str, address: &'static str, leaf: Leaf) -> World {
    let other = if address == V4 { V6 } else { V4 };
    let showing = |port| -> Behaviour { good(port).certificate(leaf) };
    World::new(test, dual_zone()).serve(&[other], &SEVEN).serve_as(&[address], &SEVEN, showing)
}

fn a_certificate_too_short_on_ipv6(test: &'static str) {
    let world = shown(test, V6, Leaf::ExpiresIn(3));
    world
        .ask(&format!("--min-days 10 {MAIL}:465"))
        .tell()
        .state_at(465, V6, "ok")
        .code(16)
        .verdict("fail")
        .errors(1)
        .sentence("IPv6|fd07")
        .sentence("certificate|expect")
        .sentence_never("nothing works")
        .cause(&error().ports(&[465]).addresses(&[V6]))
        .nagios("IPv6|fd07")
        .nagios_never("nothing works")
        .judged();
}

fn an_expired_certificate_on_ipv6(test: &'static str) {
    let ports = [465, 587, 143, 993, 110, 995];
    let world = shown(test, V6, Leaf::Expired);
    world
        .ask(MAIL)
        .tell()
        .all_at(V4, "ok")
        .state_at(993, V6, "certificate-invalid")
        .code(14)
        .verdict("fail")
        .errors(1)
        .sentence("IPv6|fd07")
        .sentence("expired")
        .sentence_never("nothing works")
        .cause(&error().says("certificate-expired"))
        .nagios("expired")
        .nagios_never("nothing works")
        .judged();
    world
        .ask(&format!("--ports 465,587,143,993,110,995 {MAIL}"))
        .tell()
        .code(14)
        .errors(1)
        .cause(&error().ports(&ports).addresses(&[V6]).says("expired"))
        .judged();
}

fn an_expired_certificate_on_ipv4(test: &'static str) {
    let world = shown(test, V4, Leaf::Expired);
    world
        .ask(&format!("{MAIL}:993"))
        .tell()
        .state_at(993, V6, "ok")
        .code(14)
        .errors(1)
        .sentence(r"IPv4|10\.7\.2\.2")
        .sentence("expired")
        .sentence_never("nothing works")
        .cause(&error().ports(&[993]).addresses(&[V4]).says("expired"))
        .judged();
}

fn a_self_signed_certificate_on_ipv6(test: &'static str) {
    let world = shown(test, V6, Leaf::SelfSigned);
    world
        .ask(&format!("{MAIL}:465"))
        .tell()
        .code(14)
        .errors(1)
        .sentence("IPv6|fd07")
        .sentence("certificate|self-signed|trust")
        .sentence_never("nothing works")
        .cause(&error().ports(&[465]).addresses(&[V6]))
        .judged();
}

fn another_hosts_certificate_on_ipv6(test: &'static str) {
    let world = shown(test, V6, Leaf::WrongName);
    world
        .ask(&format!("{MAIL}:993"))
        .tell()
        .code(14)
        .sentence("IPv6|fd07")
        .sentence("certificate|name")
        .sentence_never("nothing works")
        .cause(&error().ports(&[993]).addresses(&[V6]).says("certificate-wrong-name|another name|not for"))
        .judged();
}
