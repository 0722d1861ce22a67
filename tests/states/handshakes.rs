//! Handshakes that come and go are no proof of anything but that.

use mailprobe_lab::Server;
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

#[test]
fn a_person_reads_why_the_same_was_tried_again() {
    let server = Server::start("imap:implicit:first-handshake-resets".parse().expect("a behaviour"));
    let page = run(&["-v", &server.url("imaps")]).stdout;
    assert!(page.contains("does the usual ClientHello fail again?"), "{page}");
}
