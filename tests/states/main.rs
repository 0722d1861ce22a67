//! Every fault of the lab, through the real binary: its state, stage, findings and exit code, in JSON and to a person.
//!
//! All cases of a table share an exit code, and are probed in one run: were one of them to end otherwise, the run's code
//! would be 1.

mod certificates;
#[path = "../command/mod.rs"]
mod command;
mod handshakes;
mod names;
mod tables;

use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use command::{Outcome, finding_ids, only_endpoint, report, run};
use mailprobe_lab::{Behaviour, Leaf, Pki, Server};
use serde_json::Value;
use tables::{Case, PLAIN_TEXT};

/// Longer than the three seconds after which a greeting counts as slow.
const PAUSE: Duration = Duration::from_millis(3500);
/// Slow enough that no greeting gets through within [`SHORT`], quick enough that the first byte does.
const BEAT: Duration = Duration::from_millis(300);
/// How long an endpoint may take, where the case is that it takes too long.
const SHORT: &[&str] = &["--timeout", "5s"];

#[test]
fn good_servers_pass() {
    holds(0, "pass", &[], "127.0.0.1", tables::GOOD);
}

#[test]
fn good_servers_pass_over_ipv6() {
    holds(0, "pass", &[], "[::1]", tables::GOOD_OVER_IPV6);
}

#[test]
fn what_works_and_deserves_attention_is_a_warning() {
    holds(0, "warn", &[], "127.0.0.1", tables::WARNING);
}

#[test]
fn exit_8_is_silence_and_slowness() {
    holds(8, "fail", SHORT, "127.0.0.1", tables::SILENT);
}

#[test]
fn exit_9_is_a_connection_that_breaks_off() {
    holds(9, "fail", &[], "127.0.0.1", tables::BROKEN_OFF);
}

#[test]
fn exit_10_is_a_refusal() {
    holds(10, "fail", &[], "127.0.0.1", tables::REFUSING);
}

#[test]
fn exit_11_is_another_protocol() {
    holds(11, "fail", &["--timeout", "8s"], "127.0.0.1", tables::WRONG_PROTOCOL);
}

#[test]
fn exit_12_is_a_failed_upgrade() {
    holds(12, "fail", &[], "127.0.0.1", tables::NO_UPGRADE);
}

#[test]
fn exit_13_is_a_failed_handshake() {
    holds(13, "fail", &["--timeout", "8s"], "127.0.0.1", tables::NO_TLS);
}

#[test]
fn exit_14_is_a_certificate() {
    holds(14, "fail", &[], "127.0.0.1", tables::BAD_CERTIFICATE);
}

#[test]
fn exit_14_is_a_certificate_over_ipv6() {
    holds(14, "fail", &[], "[::1]", tables::BAD_CERTIFICATE_OVER_IPV6);
}

#[test]
fn exit_15_is_a_device_that_names_itself() {
    holds(15, "fail", &[], "127.0.0.1", tables::INTERCEPTED);
}

#[test]
fn a_server_without_tls_passes_where_none_is_expected() {
    holds(0, "pass", &["--security", "plaintext"], "127.0.0.1", PLAIN_TEXT);
}

#[test]
fn a_self_signed_certificate_passes_when_it_is_named_byte_for_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("own.der");
    let own = Pki::shared().chain(Leaf::SelfSigned);
    std::fs::write(&file, own.first().expect("a certificate")).expect("a file");
    let server = Server::start("imap:implicit:self-signed".parse().expect("a behaviour"));
    let (outcome, document) = report(&["--ca-file", file.to_str().expect("a name"), &server.url("imaps")]);
    assert_eq!(outcome.code, 0, "{document:#}");
    assert_eq!(only_endpoint(&document)["tls"]["certificate"]["verified"], true, "{document:#}");
}

#[test]
fn the_name_given_with_server_name_is_the_one_that_counts() {
    let (folder, ca_file) = authorities();
    let of_name = Server::start("smtp:implicit:wildcard".parse().expect("a behaviour"));
    let of_address = Server::start("smtp:implicit:ip-only".parse().expect("a behaviour"));
    let ask = |server: &Server| {
        report(&["--ca-file", &ca_file, "--server-name", "mail.test.example", &server.url("submissions")])
    };
    let (outcome, document) = ask(&of_name);
    assert_eq!(outcome.code, 0, "{document:#}");
    let hello = of_name.settled().first().and_then(|one| one.client_hello.clone()).expect("a TLS hello");
    assert_eq!(hello.server_name.as_deref(), Some("mail.test.example"));
    let (outcome, document) = ask(&of_address);
    assert_eq!(outcome.code, 14, "{document:#}");
    assert_eq!(finding_ids(only_endpoint(&document)), ["certificate-wrong-name"]);
    drop(folder);
}

/// The lab's authorities in a file, and the folder that it lives in.
fn authorities() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, Pki::shared().ca_pem()).expect("a file");
    let name = file.to_str().expect("a name").to_owned();
    (folder, name)
}

/// Probes all cases in one run, twice: once for a program and once for a person.
fn holds(code: i32, verdict: &str, options: &[&str], host: &str, cases: &[Case]) {
    let (folder, ca_file) = authorities();
    let cases: Vec<(String, &Case)> =
        cases.iter().flat_map(|case| case.servers().into_iter().map(move |server| (server, case))).collect();
    let running: Vec<Server> = cases.iter().map(|(words, _)| start(words, host)).collect();
    let urls: Vec<String> =
        running.iter().zip(&cases).map(|(server, (words, _))| server.url(tables::scheme(words))).collect();
    let mut arguments = vec!["--ca-file", &ca_file];
    arguments.extend(options);
    arguments.extend(urls.iter().map(String::as_str));

    let ((outcome, document), page) = thread::scope(|scope| {
        let page = scope.spawn(|| run(&arguments));
        (report(&arguments), page.join().expect("a page"))
    });
    drop(folder);

    let mut complaints = String::new();
    let targets = document["targets"].as_array().expect("targets");
    assert_eq!(targets.len(), cases.len());
    for ((words, case), target) in cases.iter().zip(targets) {
        for complaint in complaints_about(case, verdict, &target["endpoints"]) {
            writeln!(complaints, "{words}: {complaint}").expect("a string");
        }
    }
    complain_about_the_page(&page, &urls, &cases, &mut complaints);
    for (outcome, form) in [(&outcome, "JSON"), (&page, "the page")] {
        if outcome.code != code {
            writeln!(complaints, "exit {} with {form}, not {code}", outcome.code).expect("a string");
        }
        if !outcome.stderr.is_empty() {
            writeln!(complaints, "with {form}, on standard error: {}", outcome.stderr).expect("a string");
        }
    }
    assert!(complaints.is_empty(), "{complaints}");
}

fn start(words: &str, host: &str) -> Server {
    let behaviour: Behaviour = tables::for_the_lab(words).parse().unwrap_or_else(|error| panic!("{words}: {error}"));
    let behaviour = behaviour.pause(PAUSE).beat(BEAT);
    let address = format!("{host}:0").parse().expect("an address");
    Server::start_at(behaviour, address).unwrap_or_else(|error| panic!("{words} at {host}: {error}"))
}

/// What is not as the case has it.
fn complaints_about(case: &Case, verdict: &str, endpoints: &Value) -> Vec<String> {
    let Some([endpoint]) = endpoints.as_array().map(Vec::as_slice) else {
        return vec![format!("not one endpoint: {endpoints}")];
    };
    let mut complaints = Vec::new();
    let mut same = |field: &str, expected: Value| {
        if endpoint[field] != expected {
            complaints.push(format!("{field} is {}, not {expected}", endpoint[field]));
        }
    };
    same("state", case.state.into());
    same("failed_stage", case.stage.into());
    same("verdict", verdict.into());
    complaints.extend(complaint_about_looks(case, endpoint));
    let found = finding_ids(endpoint);
    for expected in case.findings.iter().filter(|expected| !found.contains(expected)) {
        complaints.push(format!("{expected} is not among {found:?}"));
    }
    for finding in endpoint["findings"].as_array().into_iter().flatten() {
        let id = finding["id"].as_str().unwrap_or_default();
        let accuses = finding["severity"] == "error"
            || (verdict != "fail" && finding["severity"] == "warning")
            || id.ends_with("-suspected");
        if accuses && !case.findings.contains(&id) {
            complaints.push(format!("accused of {id} as well: {}", finding["message"]));
        }
        if finding["severity"] != "info" && finding["hint"].as_str().is_none_or(str::is_empty) {
            complaints.push(format!("{id} has no hint"));
        }
    }
    complaints
}

/// The most connections that one check may make.
const MOST_CONNECTIONS: usize = 5;

/// Each connection shows among the stages, with its number and what it was for. The first is the ordinary check.
fn complaint_about_looks(case: &Case, endpoint: &Value) -> Option<String> {
    let stages = endpoint["stages"].as_array().into_iter().flatten();
    let mut connections: Vec<(u64, &str)> = stages
        .map(|stage| (stage["attempt"].as_u64().unwrap_or_default(), stage["purpose"].as_str().unwrap_or_default()))
        .collect();
    connections.dedup();
    let expected: Vec<(u64, &str)> =
        (1..).zip(std::iter::once("probe").chain(case.looks.iter().copied())).take(MOST_CONNECTIONS).collect();
    (connections != expected).then(|| format!("the connections are {connections:?}, not {expected:?}"))
}

/// A person sees every state by its word, on a page 80 columns wide without anything that a terminal would obey.
fn complain_about_the_page(page: &Outcome, urls: &[String], cases: &[(String, &Case)], complaints: &mut String) {
    for line in page.stdout.lines() {
        if line.chars().count() > 80 {
            writeln!(complaints, "over 80 columns: {line}").expect("a string");
        }
        if line.chars().any(|one| one.is_control() || is_invisible(one)) {
            writeln!(complaints, "control characters: {line:?}").expect("a string");
        }
    }
    for (url, (words, case)) in urls.iter().zip(cases) {
        // A target's part begins with its name, alone on its line, and ends before the next rule.
        let part = page.stdout.split("\n----").find(|part| part.lines().any(|line| line == url));
        let words_of_the_page: Vec<&str> = part.unwrap_or(&page.stdout).split_whitespace().collect();
        if !words_of_the_page.contains(&case.state) {
            writeln!(complaints, "{words}: the page does not say {}", case.state).expect("a string");
        }
    }
}

/// Bidirectional and zero-width characters.
fn is_invisible(one: char) -> bool {
    matches!(one, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
