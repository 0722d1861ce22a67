//! Live output keeps to the committed schemas, and JSON lines come as the endpoints finish.

mod command;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use command::{report, run};
use jsonschema::Validator;
use mailprobe_lab::{Behaviour, Security, Server};
use serde_json::Value;

/// Servers of every kind: good, warned of, broken off, refusing, hostile, with and without TLS facts.
const KINDS: [(&str, &str); 14] = [
    ("smtp", "smtp:starttls"),
    ("submission", "smtp:starttls:escapes-in-greeting"),
    ("submissions", "smtp:implicit:8bit-greeting"),
    ("smtp", "smtp:starttls:no-starttls"),
    ("submission", "smtp:starttls:greeting-554-spamhaus"),
    ("submission", "smtp:starttls:inject-lines"),
    ("submission", "smtp:starttls:masked-starttls"),
    ("imap", "imap:starttls:greeting-preauth"),
    ("imaps", "imap:implicit:expired-wrong-name"),
    ("imaps", "imap:implicit:x509-v1"),
    ("imaps", "imap:implicit:tls-1-0-only"),
    ("pop3s", "pop3:implicit:reset-in-handshake"),
    ("pop3", "pop3:starttls:noise"),
    ("pop3", "pop3:starttls:endless-line"),
];

fn schema(name: &str) -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    jsonschema::validator_for(&serde_json::from_str(&text).expect("JSON")).expect("a schema")
}

fn assert_valid(schema: &Validator, document: &Value) {
    let errors: Vec<_> =
        schema.iter_errors(document).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?} in {document:#}");
}

/// Servers of every kind, and the targets that a run should have: these, one that is closed, and a name without address.
fn everything() -> (Vec<Server>, Vec<String>) {
    let servers: Vec<Server> =
        KINDS.iter().map(|(_, words)| Server::start(words.parse().expect("a behaviour"))).collect();
    let mut targets: Vec<String> = servers.iter().zip(KINDS).map(|(server, (scheme, _))| server.url(scheme)).collect();
    targets.push("imaps://127.0.0.1:1".to_owned());
    targets.push("smtp://no-such-host.invalid".to_owned());
    (servers, targets)
}

/// The arguments for a run over all of them. The name server is this machine's closed port 9: nothing leaves it.
fn arguments<'a>(options: &[&'a str], targets: &'a [String]) -> Vec<&'a str> {
    let mut arguments = options.to_vec();
    arguments.extend(["--dns-server", "127.0.0.1:9"]);
    arguments.extend(targets.iter().map(String::as_str));
    arguments
}

/// Runs with each of these options, side by side: one of the servers makes every run wait for ten seconds.
fn at_once<T: Send>(variants: &[&[&str]], run: impl Fn(&[&str]) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let runs: Vec<_> = variants.iter().map(|options| scope.spawn(|| run(options))).collect();
        runs.into_iter().map(|one| one.join().expect("a run")).collect()
    })
}

#[test]
fn the_document_keeps_to_its_schema() {
    let (_servers, targets) = everything();
    let schema = schema("report-v1.json");
    let variants = [&[][..], &["--transcript"], &["--strict", "--addresses", "any"]];
    let reports = at_once(&variants, |options| report(&arguments(options, &targets)));
    for (options, (_, document)) in variants.iter().zip(reports) {
        assert_valid(&schema, &document);
        assert_eq!(document["summary"]["endpoints"], targets.len());
        let with_transcript = document["targets"][0]["endpoints"][0]["transcript"].is_array();
        assert_eq!(with_transcript, options.contains(&"--transcript"));
    }
}

#[test]
fn every_line_keeps_to_its_schema_and_the_last_one_is_the_summary() {
    let (_servers, targets) = everything();
    let schema = schema("event-v1.json");
    let variants = [&["--format", "jsonl"][..], &["--format", "jsonl", "--transcript"]];
    for outcome in at_once(&variants, |options| run(&arguments(options, &targets))) {
        let mut lines: Vec<Value> =
            outcome.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        for line in &lines {
            assert_valid(&schema, line);
        }
        let summary = lines.pop().expect("a last line");
        assert_eq!((&summary["type"], &summary["exit_code"]), (&"summary".into(), &outcome.code.into()));
        assert!(lines.iter().all(|line| line["type"] == "endpoint"));
        let told: BTreeSet<&str> = lines.iter().filter_map(|line| line["target"].as_str()).collect();
        assert_eq!(told, targets.iter().map(String::as_str).collect(), "every target once");
        assert_eq!(lines.len(), targets.len());
    }
}

#[test]
fn the_lines_say_what_the_document_says() {
    let (_servers, targets) = everything();
    let outcomes =
        at_once(&[&["--format", "json"], &["--format", "jsonl"]], |options| run(&arguments(options, &targets)));
    let document: Value = serde_json::from_str(&outcomes[0].stdout).expect("a document");
    let lines = &outcomes[1].stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for target in document["targets"].as_array().expect("targets") {
        let endpoint = &target["endpoints"][0];
        let line = lines.iter().find(|line| line["target"] == target["target"]).expect("a line");
        for field in ["host", "address", "port", "service", "state", "failed_stage", "verdict", "greeting"] {
            assert_eq!(line[field], endpoint[field], "{field} of {}", target["target"]);
        }
    }
}

#[test]
fn a_fast_endpoint_is_told_while_a_slow_one_is_waited_for() {
    let slow = Server::start(Behaviour::smtp(Security::StartTls).fault("slow-greeting").pause(Duration::from_secs(60)));
    let fast = Server::start(Behaviour::imap(Security::StartTls).fault("no-starttls"));
    let (first, second) = (slow.url("submission"), fast.url("imap"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_mailprobe"))
        .args(["--format", "jsonl", "--timeout", "50s", &first, &second])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    // The slow server has a minute: had the line waited for it, the run would be over.
    let still_running = child.try_wait().expect("a child").is_none();
    child.kill().expect("a child");
    child.wait().expect("a child");
    assert!(still_running, "{line}");
    let line: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!((&line["type"], &line["target"]), (&"endpoint".into(), &second.into()), "{line:#}");
}
