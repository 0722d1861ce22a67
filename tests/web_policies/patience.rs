//! Through the binary: nobody is kept waiting for promises, and what is known of them is told.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use mailprobe_lab::dns::{Behaviour as DnsBehaviour, RecordType, Zone};
use mailprobe_lab::https::Page;
use mailprobe_lab::{Behaviour, Leaf, Pki, Server};
use serde_json::Value;

use crate::command::report;
use crate::netns::in_own_network;
use crate::site::{POLICY, Site, zone};

const MX: ([u8; 4], u16) = ([127, 0, 0, 10], 25);

/// A mail server that works, and the options with which it does.
fn mx() -> (Server, tempfile::NamedTempFile) {
    let behaviour: Behaviour = "smtp:starttls".parse().expect("a behaviour");
    let server = Server::start_at(behaviour.names(["mx.example.test"]), MX.into());
    let ca_file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(ca_file.path(), Pki::shared().ca_pem()).expect("a file");
    (server.expect("the port is free"), ca_file)
}

fn options<'a>(ca_file: &'a tempfile::NamedTempFile, dns: &'a str) -> Vec<&'a str> {
    let ca_file = ca_file.path().to_str().expect("a name");
    vec!["--ca-file", ca_file, "--dns-server", dns, "--helo", "probe.test.example"]
}

fn outcomes(document: &Value) -> [&str; 4] {
    let policies = &document["targets"][0]["policies"];
    ["dane", "mta_sts", "tls_rpt", "pacc"].map(|kind| policies[kind]["outcome"].as_str().unwrap_or("absent"))
}

fn zone_with_mx() -> Zone {
    zone().a("mx.example.test", MX.0).txt("_smtp._tls.example.test", "v=TLSRPTv1; rua=mailto:tls@example.test")
}

#[test]
fn a_name_server_that_is_silent_about_keys_keeps_nobody_waiting() {
    const TEST: &str = "patience::a_name_server_that_is_silent_about_keys_keeps_nobody_waiting";
    in_own_network(TEST, || {
        let silent = zone_with_mx().behave_for(".", RecordType::DNSKEY, DnsBehaviour::Silence);
        let silent = silent.behave_for("_25._tcp.mx.example.test", RecordType::TLSA, DnsBehaviour::Silence);
        let site = Site::new(TEST, silent.behave(POLICY.0, DnsBehaviour::ServFail));
        let (_mx, ca_file) = mx();
        let dns = site.dns.address().to_string();
        let mut options = options(&ca_file, &dns);

        options.push("@example.test");
        let began = Instant::now();
        let (outcome, document) = report(&options);
        assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
        assert_eq!((outcome.code, outcomes(&document)), (0, ["cannot-tell", "broken", "kept", "none"]), "{document:#}");
        let policies = &document["targets"][0]["policies"];
        let server = format!("the name server {dns}: no answer came within 5 s of the end of all other checks");
        assert_eq!(policies["dnssec"]["detail"], server);
        let sentence = policies["dane"]["sentence"].as_str().expect("a sentence");
        assert!(sentence.contains("no answer about DNSSEC from the name server 127.0.0.1"), "{sentence}");

        // A host of which nobody asked what it promises.
        options.pop();
        options.push("mx.example.test:25");
        let began = Instant::now();
        let (outcome, document) = report(&options);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert_eq!((outcome.code, &document["targets"][0]["endpoints"][0]["state"]), (0, &"ok".into()), "{document:#}");
    });
}

#[test]
fn what_is_known_of_promises_is_told_when_the_run_ends_early() {
    const TEST: &str = "patience::what_is_known_of_promises_is_told_when_the_run_ends_early";
    in_own_network(TEST, || {
        let site = Site::new(TEST, zone_with_mx().behave_for(".", RecordType::DNSKEY, DnsBehaviour::Silence));
        let site = site.with_web(Leaf::Good, &[POLICY.0], &[(POLICY.0, POLICY.1, Page::Silence)]);
        let (_mx, ca_file) = mx();
        let dns = site.dns.address().to_string();
        let mut options = options(&ca_file, &dns);
        options.extend(["--policies", "@example.test"]);
        let known = ["cannot-tell", "cannot-tell", "kept", "none"];

        let mut command = Command::new(env!("CARGO_BIN_EXE_mailprobe"));
        let started = command
            .args(&options)
            .args(["--format", "json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let started = started.expect("the command starts");
        let began = Instant::now();
        while site.asked().is_empty() && began.elapsed() < Duration::from_secs(20) {
            sleep(Duration::from_millis(20));
        }
        sleep(Duration::from_secs(1));
        let interrupted = Command::new("kill").args(["-s", "INT", &started.id().to_string()]).status();
        assert!(interrupted.expect("kill").success());
        let output = started.wait_with_output().expect("an end");
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!((output.status.code(), outcomes(&document)), (Some(130), known), "{document:#}");
        assert_eq!(document["targets"][0]["endpoints"][0]["state"], "ok", "{document:#}");
        let sentence = document["targets"][0]["policies"]["dane"]["sentence"].as_str().expect("a sentence");
        assert!(sentence.contains("the run was interrupted"), "{sentence}");

        options.extend(["--deadline", "3s"]);
        let (_, document) = report(&options[..]);
        assert_eq!(outcomes(&document), known, "{document:#}");
    });
}
