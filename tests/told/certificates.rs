//! Certificates: one fault told once, judged at this moment, and beside other trouble (first-use, 1.11 to 1.13).

use mailprobe_lab::{Behaviour, Leaf, Pki, Security, Server};

use crate::cause::{cause, error};
use crate::patterns::{SILENCE_AS_OFFER, SILENT};
use crate::suite::cases;
use crate::world::{Loopback, MAIL, SEVEN, V4, V6, World, dual_zone, good, zone};

cases!(certificates: network {
    self_signed_for_another_name_everywhere,
    port_25_silent_and_an_expired_certificate,
    another_certificate_on_one_port,
    another_certificate_on_one_address,
} loopback {
    expired_before_its_issuer_was_renewed,
    an_authority_in_the_systems_store,
});

/// Every certificate of the chain but the leaf is valid today.
fn expired_before_its_issuer_was_renewed() {
    let server = Server::start(Behaviour::imap(Security::Implicit).certificate(Leaf::ExpiredBeforeRenewal));
    let port = server.address().port();
    Loopback::new()
        .ask(&server.url("imaps"))
        .tell()
        .code(14)
        .verdict("fail")
        .finding(port, "certificate-expired")
        .no_finding("certificate-unusable")
        .errors(1)
        .cause(&error().ports(&[port]).says("certificate-expired"))
        .never_any(["as TLS of today demands", "requirements of current TLS", "not valid yet", "SHA-256"])
        .judged();
}

/// What a company does: its authority is in the operating system's store, where openssl and curl find it.
fn an_authority_in_the_systems_store() {
    let server = Server::start(Behaviour::imap(Security::Implicit));
    let here = Loopback::new();
    let store = here.folder().join("store.pem");
    std::fs::write(&store, Pki::shared().ca_pem()).expect("a file");
    let store = store.to_str().expect("a name");
    let url = server.url("imaps");
    here.ask(&format!("--trust system {url}")).distrusting().env("SSL_CERT_FILE", store).tell().code(0).judged();
    here.ask(&url)
        .distrusting()
        .env("SSL_CERT_FILE", store)
        .tell()
        .code(14)
        .verdict("fail")
        .says("--trust[ =]system")
        .judged();
    // Where the system does not trust it either, that is no advice.
    here.ask(&url)
        .distrusting()
        .env("SSL_CERT_FILE", "/dev/null")
        .tell()
        .code(14)
        .says("--ca-file")
        .never("--trust[ =]system")
        .judged();
}

/// Debian's snakeoil certificate: two facts, and port 25 is no third.
fn self_signed_for_another_name_everywhere(test: &'static str) {
    let snakeoil = |port| good(port).certificate(Leaf::SelfSigned).names(["debian"]);
    let world = World::new(test, zone()).serve_as(&[V4], &SEVEN, snakeoil);
    world
        .ask(MAIL)
        .tell()
        .code(14)
        .verdict("fail")
        .finding(993, "certificate-self-signed")
        .finding(993, "certificate-wrong-name")
        .blocks(3)
        .advice("certificate")
        .advice("self-signed|authority|--ca-file")
        .judged();
}

/// Two troubles that have nothing to do with each other: both told, each with its own scope.
fn port_25_silent_and_an_expired_certificate(test: &'static str) {
    let ports: Vec<u16> = SEVEN.into_iter().filter(|&port| port != 993).collect();
    let world = World::new(test, zone())
        .serve(&[V4], &ports)
        .serve_as(&[V4], &[993], |port| good(port).certificate(Leaf::Expired))
        .router("tcp dport 25 drop");
    world
        .ask(MAIL)
        .tell()
        .state(25, "connection-timeout")
        .state(993, "certificate-invalid")
        .state(465, "ok")
        .code(14)
        .verdict("fail")
        .errors(1)
        .sentence("993")
        .sentence("expired")
        .says(SILENT)
        .says("mailprobe blocked")
        .cause(&error().ports(&[993]).addresses(&[V4]).says("certificate-expired"))
        .cause(&cause(&["warning", "info"]).ports(&[25]).addresses(&[V4]))
        .never_any([SILENCE_AS_OFFER, "different causes"])
        .judged();
}

const DIFFERS: &str = "(another|different|not the same|other|two|older|newer) certificate|certificates? differ";

/// Renewed, and one service was not reloaded: both are valid, so nobody would see it.
fn another_certificate_on_one_port(test: &'static str) {
    let ports: Vec<u16> = SEVEN.into_iter().filter(|&port| port != 993).collect();
    let world = World::new(test, zone())
        .serve(&[V4], &ports)
        .serve_as(&[V4], &[993], |port| good(port).certificate(Leaf::ExpiresIn(80)));
    world
        .ask(MAIL)
        .tell()
        .code(0)
        .verdict("pass|warn")
        .errors(0)
        .says(DIFFERS)
        .cause(&cause(&["info", "warning"]).says(DIFFERS).says("993"))
        .judged();
    // Ports with the same certificate are nothing to tell.
    world.ask(&format!("--ports 25,465,587,143 {MAIL}")).tell().code(0).never(DIFFERS).judged();
}

fn another_certificate_on_one_address(test: &'static str) {
    let older = |port| good(port).certificate(Leaf::ExpiresIn(80));
    let world = World::new(test, dual_zone()).serve(&[V4], &SEVEN).serve_as(&[V6], &SEVEN, older);
    world
        .ask(MAIL)
        .tell()
        .code(0)
        .verdict("pass|warn")
        .errors(0)
        .says(DIFFERS)
        .cause(&cause(&["info", "warning"]).says(DIFFERS).says(r"IPv[46]|10\.7\.2\.2|fd07:2::2"))
        .judged();
}
