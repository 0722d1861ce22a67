//! Each meaning once: the state, the finding, and the first sentence.

use mailprobe_lab::{Act, Moment};
use serde_json::json;

use crate::command::{only_endpoint, run};
use crate::world::{ANNA, ask, conclusion, report_at, server};

/// The reply to RCPT TO, the finding, and what the first sentence says after the colon.
const REPLIES: &[(&str, &str, &str)] = &[
    (
        "550 5.1.1 <anna@example.test>: Recipient address rejected: User unknown",
        "recipient-unknown",
        "there is no such mailbox",
    ),
    ("552 5.2.2 Mailbox full, over quota", "recipient-mailbox-full", "the mailbox is full"),
    (
        "550 5.2.1 The email account that you tried to reach is disabled",
        "recipient-disabled",
        "the mailbox is disabled",
    ),
    ("554 5.7.1 <anna@example.test>: Relay access denied", "relay-denied", "does not take mail for that domain"),
    ("530 5.7.0 Authentication required", "login-wanted", "it wants a login first"),
    ("530 5.7.0 Must issue a STARTTLS command first", "tls-wanted", "it wants TLS first"),
    (
        "554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org",
        "address-blocklisted",
        "this machine's address is on a blocklist",
    ),
    (
        "450 4.7.25 Client host rejected: cannot find your reverse hostname, [203.0.113.9]",
        "no-reverse-name",
        "no proper reverse DNS name",
    ),
    ("450 4.2.0 <anna@example.test>: Recipient address rejected: Greylisted", "recipient-greylisted", "(greylisting)"),
    ("451 4.3.0 Temporary lookup failure", "mail-server-fault", "it has trouble of its own"),
    ("550 5.0.0 No", "mail-refused", "does not say clearly why"),
    ("450 4.0.0 No", "mail-deferred", "does not say clearly why"),
];

#[test]
fn each_refusal_has_its_finding_and_its_words() {
    for (reply, id, words) in REPLIES {
        let (outcome, document, _) = report_at(server(reply), &[]);
        let endpoint = only_endpoint(&document);
        let state = if reply.starts_with('4') { "mail-deferred" } else { "mail-refused" };
        assert_eq!((outcome.code, &endpoint["state"]), (20, &json!(state)), "{reply}: {document:#}");
        let finding = endpoint["findings"].as_array().and_then(|all| all.iter().find(|one| one["id"] == *id));
        let finding = finding.unwrap_or_else(|| panic!("{reply}: {document:#}"));
        assert_eq!(finding["evidence"], *reply);
        assert!(finding["hint"].is_string(), "{reply}");
        assert_eq!(endpoint["envelope"]["recipients"][0]["meaning"], *id, "{reply}");
        let told = conclusion(&document);
        let start = if state == "mail-deferred" {
            format!("127.0.0.1 puts off mail for {ANNA} for now: ")
        } else {
            format!("127.0.0.1 refuses mail for {ANNA}: ")
        };
        assert!(told.starts_with(&start) && told.contains(words), "{reply}: {told}");
    }
}

#[test]
fn a_list_is_named_with_what_to_do() {
    let reply = "554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org";
    let (_, document, _) = report_at(server(reply), &[]);
    let finding = &only_endpoint(&document)["findings"][0];
    assert!(finding["message"].as_str().is_some_and(|told| told.contains("(zen.spamhaus.org)")), "{document:#}");
    assert!(conclusion(&document).ends_with("Whether that mailbox exists is not known."), "{document:#}");
}

#[test]
fn greylisting_is_never_called_a_block_and_its_wait_is_told() {
    let reply = "450 4.2.0 Greylisted, please try again in 300 seconds";
    let (_, document, _) = report_at(server(reply), &[]);
    let text = document["targets"][0].to_string();
    assert!(text.contains("same sender and recipient, from this machine, after 5 minutes"), "{text}");
    assert!(!text.contains("block"), "{text}");
}

#[test]
fn what_is_taken_unseen_is_told_as_such() {
    let (outcome, document, _) = report_at(server("252 2.1.5 Cannot VRFY user, but will accept message"), &[]);
    assert_eq!(outcome.code, 0);
    assert!(conclusion(&document).contains("does not say whether that address exists"), "{document:#}");
}

#[test]
fn the_null_sender_is_every_servers_duty() {
    let refusal = [Act::send("550 5.1.8 <>: Sender address rejected: Domain not found\r\n")];
    let (_, document, _) = report_at(server("250 Ok").at(Moment::Sender, refusal), &[]);
    let finding = &only_endpoint(&document)["findings"][0];
    assert_eq!(finding["id"], "sender-domain-refused");
    assert!(finding["message"].as_str().is_some_and(|told| told.contains("every mail server must take")), "{finding}");
}

#[test]
fn a_person_reads_the_answer_first_and_in_80_columns() {
    for reply in ["250 2.1.5 Ok", "550 5.1.1 No such user here", "450 4.2.0 Greylisted"] {
        let lab = mailprobe_lab::Server::start(server(reply));
        let outcome = ask(&["--server", &lab.address().to_string()]);
        assert!(outcome.stdout.contains(" for anna@example.test"), "{}", outcome.stdout);
        assert!(outcome.stdout.contains(reply) || reply.starts_with("250"), "{}", outcome.stdout);
        assert!(outcome.stdout.lines().count() <= 24, "{}", outcome.stdout);
        assert!(!outcome.stdout.contains("password"), "{}", outcome.stdout);
        assert!(outcome.stdout.lines().all(|line| line.chars().count() <= 80), "{}", outcome.stdout);
        assert_eq!(outcome.stderr, "");
    }
    for format in ["jsonl", "nagios", "csv", "markdown", "html", "junit", "prometheus", "github"] {
        let lab = mailprobe_lab::Server::start(server("550 5.1.1 No such user here"));
        let place = lab.address().to_string();
        let outcome = run(&["rcpt", ANNA, "--format", format, "--server", &place]);
        assert!(outcome.stdout.contains("no mailbox") || format == "prometheus", "{}", outcome.stdout);
        assert_eq!(outcome.code, if format == "nagios" { 2 } else { 20 }, "{}", outcome.stderr);
    }
}
