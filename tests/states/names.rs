//! Findings that weigh the host's name, each beside a server that only looks like it.

use mailprobe_lab::dns::{DnsServer, Zone};
use mailprobe_lab::{Behaviour, Server};
use serde_json::Value;

use crate::authorities;
use crate::command::{Outcome, finding_ids, only_endpoint, report};

/// Probes a server by a name for the loopback address.
fn probe(name: &str, scheme: &str, behaviour: Behaviour) -> (Outcome, Value) {
    let (folder, ca_file) = authorities();
    let names = DnsServer::start(Zone::new().a(name, [127, 0, 0, 1])).expect("a name server");
    let server = Server::start(behaviour);
    let url = format!("{scheme}://{name}:{}", server.address().port());
    let found = report(&["-4", "--dns-server", &names.address().to_string(), "--ca-file", &ca_file, &url]);
    drop(folder);
    found
}

fn behaviour(words: &str) -> Behaviour {
    words.parse().expect("a behaviour")
}

#[test]
fn a_shield_that_names_itself_stands_in_between_but_not_at_its_makers_own_host() {
    let shield = || behaviour("smtp:starttls:mail-shield-greeting").names(["mail.avast.example", "mail.other.example"]);
    let (outcome, document) = probe("mail.other.example", "submission", shield());
    assert_eq!(outcome.code, 15, "{document:#}");
    assert_eq!(only_endpoint(&document)["state"], "intercepted");

    let (outcome, document) = probe("mail.avast.example", "submission", shield());
    assert_eq!(outcome.code, 0, "{document:#}");
    assert_eq!(finding_ids(only_endpoint(&document)), [""; 0], "{document:#}");
}

#[test]
fn a_greeting_in_another_hosts_name_is_told_and_never_the_state() {
    let (outcome, document) = probe("mail.other.example", "smtp", behaviour("smtp:starttls:no-starttls"));
    let endpoint = only_endpoint(&document);
    assert_eq!(outcome.code, 0, "{document:#}");
    assert_eq!(endpoint["state"], "starttls-not-offered");
    assert_eq!(finding_ids(endpoint), ["starttls-not-offered", "greeting-names-another-host"]);

    // The host's own name, or one beside it.
    for own in ["mail.test.example", "mx1.test.example"] {
        let (_, document) = probe(own, "smtp", behaviour("smtp:starttls:no-starttls"));
        assert_eq!(finding_ids(only_endpoint(&document)), ["starttls-not-offered"], "{own}");
    }

    // A good certificate says whose server it is, whatever it calls itself.
    let hosted = behaviour("smtp:starttls").names(["mail.other.example"]);
    let (outcome, document) = probe("mail.other.example", "smtp", hosted);
    assert_eq!(outcome.code, 0, "{document:#}");
    assert_eq!(finding_ids(only_endpoint(&document)), [""; 0], "{document:#}");
}
