//! Handshakes that come and go are no proof of anything but that.

use std::time::Duration;

use mailprobe_lab::{Behaviour, Server};
use serde_json::Value;

use crate::authorities;
use crate::command::{only_endpoint, report, run};

/// What is said of this server, and how many connections it took.
fn probe(words: &str, scheme: &str) -> (Value, usize) {
    let (folder, ca_file) = authorities();
    let server = Server::start(words.parse().expect("a behaviour"));
    let (outcome, document) = report(&["--ca-file", &ca_file, &server.url(scheme)]);
    drop(folder);
    assert_eq!(outcome.code, 13, "{document:#}");
    (only_endpoint(&document).clone(), server.settled().len())
}

#[test]
fn a_handshake_that_comes_and_goes_accuses_nobody_of_dropping_large_hellos() {
    for (fault, most) in [("first-handshake-resets", 4), ("every-other-handshake-resets", 3)] {
        for (server, scheme) in [("smtp:starttls", "submission"), ("imap:implicit", "imaps")] {
            let (endpoint, connections) = probe(&format!("{server}:{fault}"), scheme);
            assert_eq!(endpoint["state"], "tls-handshake-failed", "{endpoint:#}");
            let findings = endpoint["findings"].as_array().expect("findings");
            assert_eq!(findings.len(), 1, "{endpoint:#}");
            assert_eq!(findings[0]["id"], "tls-handshake-failed", "{endpoint:#}");
            let message = findings[0]["message"].as_str().unwrap_or_default();
            assert!(message.contains("is intermittent"), "{message}");
            assert!(findings[0]["hint"].as_str().is_some_and(|hint| hint.contains("several servers")), "{endpoint:#}");
            assert_eq!(connections, most, "{server}:{fault}");
        }
    }
}

/// Longer than the limit of any other reply, and shorter than that of a greeting.
const LATE: Duration = Duration::from_secs(12);

#[test]
fn a_server_that_is_late_with_tls_is_slow_and_not_broken() {
    let (folder, ca_file) = authorities();
    let behaviour: Behaviour = "imap:implicit:slow-handshake".parse().expect("a behaviour");
    let server = Server::start(behaviour.pause(LATE));
    let (outcome, document) = report(&["--ca-file", &ca_file, &server.url("imaps")]);
    drop(folder);
    let endpoint = only_endpoint(&document);
    assert_eq!((outcome.code, endpoint["state"].as_str()), (0, Some("ok")), "{endpoint:#}");
    let findings = endpoint["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 1, "{endpoint:#}");
    assert_eq!(findings[0]["id"], "slow-greeting", "{endpoint:#}");
    assert_eq!(findings[0]["severity"], "warning", "{endpoint:#}");
    assert!(findings[0]["hint"].as_str().is_some_and(|hint| hint.contains("name lookup")), "{endpoint:#}");
    assert_eq!(server.settled().len(), 1, "nothing was tried again");
}

#[test]
fn a_person_reads_why_the_same_was_tried_again() {
    let server = Server::start("imap:implicit:first-handshake-resets".parse().expect("a behaviour"));
    let page = run(&["-v", &server.url("imaps")]).stdout;
    assert!(page.contains("does the usual ClientHello fail again?"), "{page}");
}
