//! `mailprobe rcpt` against the lab's servers, by its command line.

use std::path::Path;
use std::sync::OnceLock;

use mailprobe_lab::{Act, Behaviour, Moment, Security, Server, pki};
use serde_json::Value;

use crate::command::{self, Outcome};

pub(crate) const ANNA: &str = "anna@example.test";

/// What a server says that takes the recipient.
pub(crate) const TAKEN: &str = "250 2.1.5 Ok";

/// A server without TLS that takes every sender, and answers a recipient like this.
pub(crate) fn server(reply: &str) -> Behaviour {
    secured(Security::Plaintext, reply)
}

/// A server with this security that takes every sender, and answers a recipient like this.
pub(crate) fn secured(security: Security, reply: &str) -> Behaviour {
    let line = |text: &str| vec![Act::send(format!("{text}\r\n"))];
    Behaviour::smtp(security).at(Moment::Sender, line("250 2.1.0 Ok")).at(Moment::Recipient, line(reply))
}

/// What `mailprobe rcpt` says when it is asked for Anna, with these further arguments.
pub(crate) fn ask(arguments: &[&str]) -> Outcome {
    command::run(&[&["rcpt", "--helo", "probe.test", "--ca-file", ca_file(), ANNA], arguments].concat())
}

/// The same as a document.
pub(crate) fn report(arguments: &[&str]) -> (Outcome, Value) {
    let outcome = ask(&[&["--format", "json"], arguments].concat());
    let document = serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("{error} in {:?}, {:?}", outcome.stdout, outcome.stderr));
    (outcome, document)
}

/// The same at a server with this behaviour; with the lines that it heard, on all connections.
pub(crate) fn report_at(behaviour: Behaviour, arguments: &[&str]) -> (Outcome, Value, Vec<String>) {
    let server = Server::start(behaviour);
    let place = server.address().to_string();
    let (outcome, document) = report(&[&["--server", &place], arguments].concat());
    (outcome, document, heard(&server))
}

/// What a server heard, connection after connection.
pub(crate) fn heard(server: &Server) -> Vec<String> {
    server.settled().iter().flat_map(mailprobe_lab::Received::lines).collect()
}

pub(crate) fn conclusion(document: &Value) -> &str {
    document["targets"][0]["conclusion"].as_str().expect("a conclusion")
}

/// The lab's own root certificate.
fn ca_file() -> &'static str {
    static FILE: OnceLock<String> = OnceLock::new();
    FILE.get_or_init(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rcpt-ca-{}.pem", std::process::id()));
        std::fs::write(&path, pki::Pki::shared().ca_pem()).expect("the file can be written");
        path.display().to_string()
    })
}
