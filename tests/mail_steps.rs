//! What servers are asked about mail without being sent any, and what the answers come to.

#![cfg(feature = "cli")]

mod command;
#[cfg(target_os = "linux")]
mod netns;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use command::{Outcome, finding_ids, only_endpoint, report, run};
use mailprobe_lab::{Act, Behaviour, Moment, Pki, Received, Security, Server};
use serde_json::Value;
use tempfile::TempDir;

const MAIL: &str = "MAIL FROM:<>";

/// Where the lab's CA is.
struct Trust(TempDir);

impl Trust {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("ca.pem"), Pki::shared().ca_pem()).expect("a file");
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("ca.pem")
    }
}

/// Checks a server as `scheme`: what came of it, and what each connection said.
fn checked(behaviour: Behaviour, scheme: &str, options: &[&str]) -> (Outcome, Value, Vec<Vec<String>>) {
    let trust = Trust::new();
    let ca_file = trust.path();
    let server = Server::start(behaviour);
    let url = server.url(scheme);
    let mut arguments = vec!["--helo", "probe.test.example", "--ca-file", ca_file.to_str().expect("a name"), &url];
    arguments.extend(options);
    let (outcome, document) = report(&arguments);
    let said = server.settled().iter().map(Received::lines).collect();
    (outcome, document, said)
}

fn submissions() -> Behaviour {
    Behaviour::smtp(Security::Implicit)
}

fn answering(behaviour: Behaviour, moment: Moment, reply: &str) -> Behaviour {
    behaviour.at(moment, [Act::send(format!("{reply}\r\n"))])
}

fn severity<'a>(endpoint: &'a Value, id: &str) -> Option<&'a str> {
    let mut findings = endpoint["findings"].as_array().expect("findings").iter();
    findings.find(|finding| finding["id"] == id).and_then(|finding| finding["severity"].as_str())
}

#[test]
fn a_submission_port_is_asked_for_a_sender_and_nothing_more() {
    let ehlo = "EHLO probe.test.example";
    let refusal = "530 5.7.0 Authentication required";
    for (behaviour, scheme, expected) in [
        (submissions(), "submissions", vec![ehlo, MAIL, "QUIT"]),
        (Behaviour::smtp(Security::StartTls), "submission", vec![ehlo, "STARTTLS", ehlo, MAIL, "QUIT"]),
        // Where mail servers meet, a sender without a login is in order.
        (Behaviour::smtp(Security::StartTls), "smtp", vec![ehlo, "STARTTLS", ehlo, "QUIT"]),
    ] {
        let (outcome, document, said) = checked(answering(behaviour, Moment::Sender, refusal), scheme, &[]);
        assert_eq!(said, [expected], "{scheme}");
        let endpoint = only_endpoint(&document);
        assert_eq!((outcome.code, &endpoint["state"], &endpoint["failed_stage"]), (0, &"ok".into(), &Value::Null));
        assert_eq!(finding_ids(endpoint), Vec::<&str>::new(), "{scheme}");
    }
}

#[test]
fn a_sender_that_is_taken_is_told_without_alarm() {
    let behaviour = answering(submissions(), Moment::Sender, "250 2.1.0 Ok");
    let (outcome, document, said) = checked(behaviour, "submissions", &[]);
    assert_eq!(said, [["EHLO probe.test.example", MAIL, "QUIT"]]);
    let endpoint = only_endpoint(&document);
    assert_eq!((outcome.code, &document["verdict"], &endpoint["state"]), (0, &"pass".into(), &"ok".into()));
    assert_eq!(severity(endpoint, "submission-without-login"), Some("info"));
    let finding = &endpoint["findings"][0];
    assert_eq!(finding["evidence"], "MAIL FROM:<>: 250 2.1.0 Ok");
    let message = finding["message"].as_str().expect("a message");
    assert!(message.contains("does not show that it takes mail without one"), "{message}");
}

#[test]
fn whatever_the_answer_the_port_is_what_it_was() {
    let replies: [&[Act]; 8] = [
        &[Act::send("451 4.3.0 Temporary lookup failure\r\n")],
        &[Act::send("421 4.7.0 Too many errors\r\n"), Act::Close],
        &[Act::send("550 5.7.1 Blocked\r\n")],
        &[Act::send("what?\r\n")],
        &[Act::send("25")],
        &[Act::Close],
        &[Act::Reset],
        &[Act::Stall],
    ];
    for acts in replies {
        let began = Instant::now();
        let (outcome, document, said) = checked(submissions().at(Moment::Sender, acts), "submissions", &[]);
        let endpoint = only_endpoint(&document);
        assert_eq!(said.len(), 1, "{acts:?}: {said:?}");
        let told = (outcome.code, &document["verdict"], &endpoint["state"], &endpoint["failed_stage"]);
        assert_eq!(told, (0, &"pass".into(), &"ok".into(), &Value::Null), "{acts:?}: {document:#}");
        assert_eq!(finding_ids(endpoint), Vec::<&str>::new(), "{acts:?}");
        assert!(began.elapsed() < Duration::from_secs(6), "{acts:?} took {:?}", began.elapsed());
    }
}

#[test]
fn a_tarpit_costs_three_seconds_at_most_and_a_deadline_nothing_else() {
    let silent = || submissions().at(Moment::Sender, [Act::Stall]);
    let began = Instant::now();
    let (_, document, _) = checked(silent(), "submissions", &[]);
    let took = began.elapsed();
    assert!((Duration::from_secs(3)..Duration::from_secs(6)).contains(&took), "{took:?}");
    let stages = only_endpoint(&document)["stages"].as_array().expect("stages");
    let last = stages.last().expect("a stage");
    assert_eq!((&last["stage"], &last["outcome"]), (&"envelope".into(), &"failed".into()));
    let (outcome, document, _) = checked(silent(), "submissions", &["--deadline", "2s"]);
    assert_eq!((outcome.code, &only_endpoint(&document)["state"]), (0, &"ok".into()), "{document:#}");
}

#[test]
fn it_is_left_out_on_request_in_lists_and_where_ports_are_asked_again_and_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(submissions());
    let url = server.url("submissions");
    let list = folder.path().join("list.txt");
    std::fs::write(&list, format!("{url}\n")).expect("a file");
    let list = list.to_str().expect("a name");
    let config = folder.path().join("checks.toml");
    std::fs::write(&config, format!("[[check]]\ntarget = \"{url}\"\n")).expect("a file");
    let config = config.to_str().expect("a name");
    for options in [
        &["--no-mail-from", &url][..],
        &["--targets", list],
        &["--targets", list, "--format", "jsonl"],
        &["--config", config],
        &["--wait", "1s", &url],
        &["--retries", "1", &url],
    ] {
        let before = server.settled().len();
        let outcome = run(options);
        let seen = server.settled();
        assert!(seen.len() > before, "{options:?}: {} {}", outcome.stdout, outcome.stderr);
        let said: Vec<String> = seen.iter().skip(before).flat_map(Received::lines).collect();
        assert!(!said.iter().any(|line| line.starts_with("MAIL")), "{options:?}: {said:?}");
    }
}

#[test]
fn whether_starttls_is_insisted_on_is_asked_on_a_connection_of_its_own() {
    let ehlo = "EHLO probe.test.example";
    let options = ["--starttls-enforced", "--no-mail-from"];
    let usual = vec![ehlo, "STARTTLS", ehlo, "QUIT"];
    for (scheme, reply, id, level, code) in [
        ("submission", "530 5.7.0 Must issue a STARTTLS command first", "starttls-enforced", "info", 0),
        ("smtp", "530 5.7.0 Must issue a STARTTLS command first", "starttls-enforced", "info", 0),
        ("submission", "250 2.1.0 Ok", "starttls-not-enforced", "warning", 0),
        ("smtp", "250 2.1.0 Ok", "starttls-not-enforced", "info", 0),
        ("submission", "530 5.7.0 Authentication required", "starttls-enforced", "info", 0),
        ("smtp", "451 4.3.0 Temporary lookup failure", "inconclusive", "info", 0),
    ] {
        let behaviour = answering(Behaviour::smtp(Security::StartTls), Moment::Sender, reply);
        let (outcome, document, said) = checked(behaviour, scheme, &options);
        assert_eq!(said, [usual.clone(), vec![ehlo, MAIL, "QUIT"]], "{scheme} {reply}");
        let endpoint = only_endpoint(&document);
        assert_eq!((outcome.code, &endpoint["state"]), (code, &"ok".into()), "{scheme} {reply}: {document:#}");
        assert_eq!(finding_ids(endpoint), [id], "{scheme} {reply}");
        assert_eq!(severity(endpoint, id), Some(level), "{scheme} {reply}");
        assert_eq!(endpoint["sender_in_the_clear"], serde_json::json!([reply]), "{scheme} {reply}");
    }
    // Nothing before TLS there.
    let (_, document, said) = checked(submissions(), "submissions", &options);
    assert_eq!(said, [[ehlo, "QUIT"]]);
    assert_eq!(only_endpoint(&document)["sender_in_the_clear"], Value::Null);
}

#[test]
fn a_server_that_takes_that_question_amiss_keeps_its_state() {
    for act in [Act::Close, Act::Reset] {
        let behaviour = Behaviour::smtp(Security::StartTls).at(Moment::Sender, [act.clone()]);
        let (outcome, document, said) = checked(behaviour, "submission", &["--starttls-enforced", "--no-mail-from"]);
        assert_eq!(said.len(), 2, "{said:?}");
        let endpoint = only_endpoint(&document);
        assert_eq!((outcome.code, &endpoint["state"]), (0, &"ok".into()), "{act:?}: {document:#}");
        assert_eq!(finding_ids(endpoint), ["inconclusive"], "{act:?}");
        assert_eq!(severity(endpoint, "inconclusive"), Some("info"));
    }
}

#[test]
fn the_answer_is_shown_to_whoever_asks() {
    let server = Server::start(answering(
        Behaviour::smtp(Security::StartTls),
        Moment::Sender,
        "530 5.7.0 Must issue a STARTTLS command first",
    ));
    let trust = Trust::new();
    let ca_file = trust.path();
    let outcome =
        run(&["--starttls-enforced", "--ca-file", ca_file.to_str().expect("a name"), &server.url("submission")]);
    assert!(outcome.stdout.contains("takes no sender before STARTTLS"), "{}", outcome.stdout);
}

#[test]
fn the_relay_test_is_made_only_by_those_who_say_that_the_server_is_theirs() {
    let server = Server::start(Behaviour::smtp(Security::Plaintext));
    let target = server.url("smtp");
    let both = ["--open-relay", "--i-run-this-server"];
    let with = |more: &[&'static str]| [&both[..], more].concat();
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("list.txt");
    std::fs::write(&list, &target).expect("a file");
    let list: &'static str = Box::leak(list.to_str().expect("a name").to_owned().into_boxed_str());
    let host: &'static str = Box::leak(target.clone().into_boxed_str());
    for (arguments, words) in [
        (vec!["--open-relay", host], "add --i-run-this-server if it is yours"),
        (vec!["--i-run-this-server", host], "--i-run-this-server is for --open-relay"),
        (with(&[host, host]), "one SMTP server at a time"),
        (with(&["@test.example"]), "not for mail domains"),
        (with(&["someone@test.example"]), "not for mail domains"),
        (with(&["imaps://127.0.0.1"]), "one SMTP server at a time"),
        (with(&["--wait", "1s", host]), "asks once"),
        (with(&["--retries", "1", host]), "asks once"),
        (with(&["--targets", list]), "asks once"),
        (with(&["--config", list]), "asks once"),
        (with(&["--ports", "25,587", "127.0.0.1"]), "leave out --ports"),
        (with(&["--login", "someone", host]), "leave out --login"),
        (with(&["--sender", "nobody", host]), "a sender is a mail address"),
        (vec!["--sender", "a@b.example", host], "--open-relay"),
        (vec!["--starttls-enforced", "--wait", "1s", host], "asks once"),
    ] {
        let outcome = run(&arguments);
        assert_eq!(outcome.code, 2, "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(words), "{arguments:?}: {}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{arguments:?}: {}", outcome.stderr);
    }
    assert!(server.settled().is_empty());
}

#[test]
fn the_relay_test_asks_once_and_says_what_the_answer_shows() {
    let options = ["--open-relay", "--i-run-this-server"];
    let rcpt = "RCPT TO:<nobody@example.com>";
    let stranger = [&options[..], &["--sender", "postmaster@example.net"]].concat();
    let ehlo = "EHLO probe.test.example";
    let trusts = "strangers-recipient-accepted";
    for (sender, recipient, options, said_to_it, id, level) in [
        (
            "250 ok",
            "554 5.7.1 <nobody@example.com>: Relay access denied",
            &options[..],
            vec![MAIL, rcpt, "RSET"],
            "relay-denied",
            "info",
        ),
        (
            "250 ok",
            "454 4.7.1 <nobody@example.com>: Relay access denied",
            &options,
            vec![MAIL, rcpt, "RSET"],
            "relay-denied",
            "info",
        ),
        ("250 ok", "451 4.7.1 Greylisted, try again later", &options, vec![MAIL, rcpt, "RSET"], "inconclusive", "info"),
        ("250 ok", "250 ok", &options, vec![MAIL, rcpt, "RSET"], trusts, "warning"),
        // On this machine it may well trust us.
        ("250 ok", "250 ok", &stranger, vec!["MAIL FROM:<postmaster@example.net>", rcpt, "RSET"], trusts, "warning"),
        ("530 5.7.0 Authentication required", "250 ok", &options, vec![MAIL], "login-wanted", "info"),
        ("550 5.7.1 Null sender refused", "250 ok", &options, vec![MAIL], "inconclusive", "info"),
    ] {
        let behaviour = answering(Behaviour::smtp(Security::StartTls), Moment::Sender, sender);
        let (outcome, document, said) = checked(answering(behaviour, Moment::Recipient, recipient), "smtp", options);
        let expected = [vec![ehlo, "STARTTLS", ehlo], said_to_it, vec!["QUIT"]].concat();
        assert_eq!(said, [expected], "{recipient}");
        let endpoint = only_endpoint(&document);
        assert_eq!((outcome.code, &endpoint["state"]), (0, &"ok".into()), "{sender}, {recipient}: {document:#}");
        assert_eq!(finding_ids(endpoint), [id], "{sender}, {recipient}");
        assert_eq!(severity(endpoint, id), Some(level), "{sender}, {recipient}");
        if matches!(id, "relay-denied" | "login-wanted") {
            // The answer comes first.
            let conclusion = document["targets"][0]["conclusion"].as_str().expect("a sentence");
            assert!(conclusion.starts_with("The server ") && conclusion.contains(", as it should. "), "{conclusion}");
        }
    }
}

/// At an address that is nobody's own.
#[cfg(target_os = "linux")]
#[test]
fn a_server_that_takes_a_foreign_sender_and_recipient_from_outside_is_an_open_relay() {
    netns::in_own_network("a_server_that_takes_a_foreign_sender_and_recipient_from_outside_is_an_open_relay", || {
        let script = "ip link set lo up && ip addr add 203.0.113.25/32 dev lo && ip addr add 203.0.113.26/32 dev lo";
        assert!(std::process::Command::new("sh").args(["-c", script]).status().expect("sh starts").success());
        let behaviour = answering(Behaviour::smtp(Security::StartTls), Moment::Sender, "250 ok");
        let behaviour = answering(behaviour, Moment::Recipient, "250 ok").names(["203.0.113.25"]);
        let trust = Trust::new();
        let ca_file = trust.path();
        let ca_file = ca_file.to_str().expect("a name");
        let server = Server::start_at(behaviour, ([203, 0, 113, 25], 25).into()).expect("the port is free");
        let ask = |more: &[&str]| {
            let arguments =
                [&["--open-relay", "--i-run-this-server", "--ca-file", ca_file, "203.0.113.25"], more].concat();
            (report(&arguments), run(&arguments))
        };
        let ((outcome, document), shown) = ask(&["--sender", "postmaster@example.net"]);
        let endpoint = only_endpoint(&document);
        assert_eq!((outcome.code, &document["verdict"]), (1, &"fail".into()), "{document:#}");
        assert_eq!(severity(endpoint, "open-relay"), Some("error"), "{document:#}");
        assert!(shown.stdout.contains("The server seems to relay for everybody."), "{}", shown.stdout);
        // Its own domain is no stranger's.
        let ((_, document), _) = ask(&["--sender", "postmaster@test.example"]);
        assert_eq!(severity(only_endpoint(&document), "strangers-recipient-accepted"), Some("warning"), "{document:#}");
        let ((_, document), _) = ask(&[]);
        assert_eq!(severity(only_endpoint(&document), "strangers-recipient-accepted"), Some("warning"), "{document:#}");
        // Two runs for each question, one attempt in each.
        let asked = server.settled().iter().flat_map(Received::lines).filter(|line| line.starts_with("RCPT")).count();
        assert_eq!(asked, 6);
    });
}
