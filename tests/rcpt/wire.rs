//! What goes over the wire, to the letter.

use std::time::Duration;

use mailprobe_lab::{Act, Behaviour, Leaf, Mention, Moment, Security, Server};
use serde_json::json;

use crate::command::{finding_ids, only_endpoint};
use crate::world::{ANNA, TAKEN, ask, conclusion, heard, report, report_at, secured, server};

#[test]
fn one_question_is_asked_inside_tls_and_nothing_more() {
    let (outcome, document, lines) = report_at(secured(Security::StartTls, TAKEN), &[]);
    let asked = [
        "EHLO probe.test",
        "STARTTLS",
        "EHLO probe.test",
        "MAIL FROM:<>",
        "RCPT TO:<anna@example.test>",
        "RSET",
        "QUIT",
    ];
    assert_eq!(lines, asked);
    assert_eq!(outcome.code, 0, "{document:#}");
    assert_eq!(conclusion(&document), "127.0.0.1 takes mail for anna@example.test, as far as RCPT shows.");
    let endpoint = only_endpoint(&document);
    let envelope = json!({
        "sender": "",
        "sender_reply": ["250 2.1.0 Ok"],
        "recipients": [{ "address": ANNA, "reply": ["250 2.1.5 Ok"], "meaning": "recipient-taken" }],
        "refrained": null,
    });
    assert_eq!(endpoint["envelope"], envelope);
    let stages = endpoint["stages"].as_array().expect("stages");
    assert!(stages.iter().any(|stage| stage["stage"] == "envelope" && stage["outcome"] == "ok"), "{document:#}");
    assert_eq!(document["targets"][0]["verdict"], "pass");
    let schema = serde_json::from_str(include_str!("../../schema/report-v1.json")).expect("a schema");
    assert!(jsonschema::is_valid(&schema, &document), "{document:#}");
}

#[test]
fn a_sender_of_ones_own_is_named_as_it_was_typed() {
    let (_, document, lines) = report_at(server(TAKEN), &["--from", "Ben.B@Example.NET"]);
    assert_eq!(lines[1..3], ["MAIL FROM:<Ben.B@example.net>", "RCPT TO:<anna@example.test>"]);
    assert_eq!(only_endpoint(&document)["envelope"]["sender"], "Ben.B@example.net");
    for null in ["", "<>"] {
        assert!(report_at(server(TAKEN), &["--from", null]).2.contains(&"MAIL FROM:<>".to_owned()));
    }
}

#[test]
fn a_refusal_is_not_asked_about_again() {
    for (reply, code) in [("451 4.7.1 Greylisted, please try again in 300 seconds", 20), ("550 5.1.1 No such user", 20)]
    {
        let lab = Server::start(server(reply));
        let place = lab.address().to_string();
        assert_eq!(ask(&["--server", &place]).code, code);
        assert_eq!(lab.settled().len(), 1, "one connection");
        let recipients = heard(&lab).iter().filter(|line| line.starts_with("RCPT")).count();
        assert_eq!(recipients, 1);
        assert_eq!(heard(&lab)[3..], ["RSET", "QUIT"]);
    }
}

#[test]
fn a_refused_sender_leaves_the_recipient_unnamed() {
    let refusal = Behaviour::smtp(Security::Plaintext).at(Moment::Sender, [Act::send("550 5.7.1 Not you\r\n")]);
    let (outcome, document, lines) = report_at(refusal, &[]);
    assert_eq!(lines[1..], ["MAIL FROM:<>", "QUIT"]);
    assert_eq!((outcome.code, &only_endpoint(&document)["state"]), (20, &json!("mail-refused")));
    assert_eq!(only_endpoint(&document)["envelope"]["recipients"][0]["reply"], json!(null));
}

#[test]
fn a_made_up_recipient_is_named_only_on_request_and_after_one_that_was_taken() {
    let takes_all = || server(TAKEN).at(Moment::FurtherRecipient, [Act::send("250 2.1.5 Ok\r\n")]);
    let (outcome, document, lines) = report_at(takes_all(), &["--accept-all-test"]);
    let name = lines[3].strip_prefix("RCPT TO:<").and_then(|rest| rest.strip_suffix("@example.test>"));
    let name = name.unwrap_or_else(|| panic!("{lines:?}"));
    assert!(name.len() == 20 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name}");
    assert_eq!((outcome.code, lines[4..].to_vec()), (0, vec!["RSET".to_owned(), "QUIT".to_owned()]));
    let told = conclusion(&document);
    assert!(
        told.starts_with("127.0.0.1 takes every recipient: that it took anna@example.test proves nothing."),
        "{told}"
    );
    assert!(finding_ids(only_endpoint(&document)).contains(&"recipients-all-taken"), "{document:#}");
    assert_ne!(report_at(takes_all(), &["--accept-all-test"]).2[3], lines[3], "another name each time");

    let looks_up = server(TAKEN).at(Moment::FurtherRecipient, [Act::send("550 5.1.1 No such user\r\n")]);
    let (outcome, document, _) = report_at(looks_up, &["--accept-all-test"]);
    assert_eq!(outcome.code, 0);
    assert!(conclusion(&document).contains("takes mail for anna@example.test"), "{document:#}");
    let told = &only_endpoint(&document)["findings"][0];
    assert!(told["message"].as_str().is_some_and(|told| told.contains("refused a made-up name")), "{told}");

    let (_, _, lines) = report_at(server("550 5.1.1 No such user"), &["--accept-all-test"]);
    assert_eq!(lines[2..], ["RCPT TO:<anna@example.test>", "RSET", "QUIT"]);
    let (_, _, lines) = report_at(takes_all(), &[]);
    assert_eq!(lines[2..], ["RCPT TO:<anna@example.test>", "RSET", "QUIT"]);
}

#[test]
fn an_address_beyond_ascii_is_asked_for_where_the_server_takes_such() {
    let lab = Server::start(server(TAKEN));
    let place = lab.address().to_string();
    let ask = |lab: &Server| {
        let place = lab.address().to_string();
        crate::command::report(&["rcpt", "j\u{f6}rg@b\u{fc}cher.example", "--helo", "probe.test", "--server", &place])
    };
    let (outcome, document) = ask(&lab);
    assert_eq!(outcome.code, 0, "{place}: {document:#}");
    assert_eq!(heard(&lab)[1..3], ["MAIL FROM:<> SMTPUTF8", "RCPT TO:<j\u{f6}rg@xn--bcher-kva.example>"]);

    let without = server(TAKEN).at(Moment::Capabilities, [Act::send("250-mx.test\r\n250 8BITMIME\r\n")]);
    let lab = Server::start(without);
    let (outcome, document) = ask(&lab);
    assert_eq!(heard(&lab), ["EHLO probe.test", "QUIT"]);
    let endpoint = only_endpoint(&document);
    assert_eq!((outcome.code, &endpoint["state"]), (20, &json!("mail-refused")), "{document:#}");
    assert_eq!(endpoint["envelope"]["refrained"], "no-unicode");
    assert!(finding_ids(endpoint).contains(&"smtputf8-not-offered"), "{document:#}");
    assert!(conclusion(&document).contains("does not offer SMTPUTF8"), "{document:#}");
}

#[test]
fn a_server_that_stops_short_leaves_the_question_open() {
    let cut = |moment| server(TAKEN).at(moment, [Act::Close]);
    let silent = |moment| server(TAKEN).at(moment, [Act::Stall]);
    for (behaviour, code, state) in [
        (cut(Moment::Sender), 9, "connection-closed"),
        (cut(Moment::Recipient), 9, "connection-closed"),
        (silent(Moment::Sender), 8, "reply-timeout"),
        (silent(Moment::Recipient), 8, "reply-timeout"),
    ] {
        let (outcome, document, lines) = report_at(behaviour, &["--timeout", "3s"]);
        let endpoint = only_endpoint(&document);
        assert_eq!((outcome.code, &endpoint["state"]), (code, &json!(state)), "{document:#}");
        assert_eq!(endpoint["failed_stage"], "envelope");
        let told = conclusion(&document);
        assert!(told.starts_with("Cannot tell whether 127.0.0.1 takes mail for anna@example.test: it "), "{told}");
        assert_eq!(lines.iter().filter(|line| line.starts_with("MAIL")).count(), 1, "{lines:?}");
    }
}

#[test]
fn a_slow_server_is_waited_for() {
    let pause = || [Act::Pause, Act::send("250 2.1.5 Ok\r\n")];
    let slow = server(TAKEN).pause(Duration::from_millis(1500));
    let (outcome, document, _) = report_at(slow.at(Moment::Sender, pause()).at(Moment::Recipient, pause()), &[]);
    assert_eq!(outcome.code, 0, "{document:#}");
}

#[test]
fn a_421_in_the_middle_is_an_answer_and_nothing_is_said_after_it() {
    let (outcome, document, lines) = report_at(server("421 4.3.2 Service shutting down"), &[]);
    assert_eq!((outcome.code, &only_endpoint(&document)["state"]), (20, &json!("mail-deferred")), "{document:#}");
    assert_eq!(lines.last().map(String::as_str), Some("RCPT TO:<anna@example.test>"));
}

#[test]
fn what_follows_the_answer_changes_nothing() {
    // RSET and QUIT are manners: the question is answered.
    let (outcome, document, _) = report_at(server(TAKEN).at(Moment::Other, [Act::Close]), &[]);
    assert_eq!(outcome.code, 0, "{document:#}");
}

#[test]
fn between_mail_servers_tls_is_used_as_far_as_it_is_to_be_had() {
    // None is offered: that is said, and the question asked.
    let clear = secured(Security::StartTls, TAKEN).starttls(Mention::Absent);
    let (outcome, document, lines) = report_at(clear, &[]);
    assert_eq!(outcome.code, 0, "{document:#}");
    assert!(lines.contains(&"RCPT TO:<anna@example.test>".to_owned()), "{lines:?}");
    assert!(conclusion(&document).contains("without TLS"), "{document:#}");

    // A bad certificate keeps no mail server away.
    let (outcome, document, _) = report_at(secured(Security::StartTls, TAKEN).certificate(Leaf::Expired), &[]);
    assert_eq!((outcome.code, &only_endpoint(&document)["state"]), (0, &json!("ok")), "{document:#}");
    assert!(finding_ids(only_endpoint(&document)).contains(&"certificate-expired"), "{document:#}");

    // TLS that is offered and fails: nothing is asked in the clear.
    let broken = secured(Security::StartTls, TAKEN).at(Moment::Handshake, [Act::Close]);
    let (outcome, document, lines) = report_at(broken, &[]);
    assert_eq!((outcome.code, &only_endpoint(&document)["failed_stage"]), (9, &json!("tls")), "{document:#}");
    assert!(!lines.iter().any(|line| line.starts_with("MAIL")), "{lines:?}");
    assert!(conclusion(&document).starts_with("Cannot tell"), "{document:#}");
}

#[test]
fn a_submission_server_that_wants_a_login_is_right() {
    let lab = Server::start(
        secured(Security::StartTls, "550").at(Moment::Sender, [Act::send("530 5.7.0 Authentication required\r\n")]),
    );
    let (outcome, document) = report(&["--server", &lab.url("submission")]);
    let endpoint = only_endpoint(&document);
    assert_eq!((outcome.code, &endpoint["findings"][0]["id"]), (20, &json!("login-wanted")), "{document:#}");
    assert!(endpoint["findings"][0]["message"].as_str().is_some_and(|told| told.contains("right answer")));
    // Without TLS nothing is asked there.
    let lab = Server::start(secured(Security::StartTls, TAKEN).starttls(Mention::Absent));
    let (outcome, _) = report(&["--server", &lab.url("submission")]);
    assert_eq!((outcome.code, heard(&lab).iter().any(|line| line.starts_with("MAIL"))), (12, false));
}

#[test]
fn after_a_login_the_question_is_one_of_submission() {
    let password = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(password.path(), "s3cret\n").expect("it can be written");
    let password = password.path().display().to_string();
    let ask_at = |lab: &Server| {
        let place = lab.url("submission").replace("127.0.0.1", "localhost");
        report(&["-4", "--server", &place, "--login", "anna", "--password-file", &password])
    };
    let login = |reply: &str| secured(Security::StartTls, TAKEN).at(Moment::Login, [Act::send(format!("{reply}\r\n"))]);
    let lab = Server::start(login("235 2.7.0 Authentication successful"));
    let (outcome, document) = ask_at(&lab);
    assert_eq!(outcome.code, 0, "{document:#}");
    let lines = heard(&lab);
    assert!(lines[3].starts_with("AUTH "), "{lines:?}");
    assert_eq!(lines[4..], ["MAIL FROM:<>", "RCPT TO:<anna@example.test>", "RSET", "QUIT"]);
    assert_eq!(conclusion(&document), "localhost takes mail for anna@example.test, as far as RCPT shows.");

    let lab = Server::start(login("535 5.7.8 Authentication failed"));
    let (outcome, document) = ask_at(&lab);
    assert_eq!(outcome.code, 19, "{document:#}");
    assert_eq!(heard(&lab)[4..], ["QUIT"]);
    assert!(conclusion(&document).starts_with("Cannot tell whether localhost takes mail for anna"), "{document:#}");
}
