//! Every state and finding is explained: by `mailprobe explain` and in `docs/`, in the same words.
//!
//! `MAILPROBE_BLESS=1 cargo test --test reference` writes `docs/states.md` and `docs/findings.md` anew.
#![cfg(feature = "cli")]

mod command;

use std::fmt::Write as _;
use std::path::Path;

use command::run;
use mailprobe::internals::diagnosis::State;
use mailprobe::internals::diagnosis::reference::{Entry, Subject, subjects};
use mailprobe::internals::report::explain::{findings_by_topic, states_by_exit_code};
use serde_json::Value;

#[test]
fn the_page_of_the_states_is_the_codes() {
    let mut page = "\
# States

The state is the one-word answer for an endpoint: `ok`, or the cause that stopped the check. `mailprobe explain NAME`
prints one of these entries. Each state has an exit code; a run exits with it when all failing endpoints share it.
Where a finding has the state's name, it explains the state.

An endpoint can be `ok` and fail all the same, where senders keep their mail back because the domain promises more than its
server keeps (DANE, MTA-STS): the exit code is then 1. Where the state is another one, its own exit code counts.
"
    .to_owned();
    for (code, states) in states_by_exit_code() {
        section(&mut page, &format!("Exit code {code}"));
        for state in states {
            entry(&mut page, state.name(), state.entry());
        }
    }
    assert_committed("docs/states.md", &page);
}

#[test]
fn the_page_of_the_findings_is_the_codes() {
    let mut page = "\
# Findings

A finding is one noteworthy fact, with a stable id. `mailprobe explain NAME` prints one of these entries. What the
evidence only suggests is worded with \"probably\" and never becomes a state.
"
    .to_owned();
    for (topic, findings) in findings_by_topic() {
        section(&mut page, topic);
        for id in findings {
            if State::from_name(id.name()).is_some() {
                heading(&mut page, id.name());
                let title = id.entry().title;
                writeln!(page, "{title}. See [the state of this name](states.md#{id}).").expect("a string");
            } else {
                entry(&mut page, id.name(), id.entry());
            }
        }
    }
    assert_committed("docs/findings.md", &page);
}

#[test]
fn the_page_of_logins_has_every_finding_of_a_login() {
    let page = include_str!("../docs/logins.md");
    let of_logins = findings_by_topic().into_iter().flat_map(|(_, findings)| findings);
    for id in of_logins.filter(|id| id.name().starts_with("login-") && id.topic() == "Logging in") {
        assert!(page.contains(&format!("`{id}`")), "docs/logins.md does not have {id}");
    }
    let names: Vec<&str> = subjects().iter().map(Subject::name).collect();
    for word in page.split('`').skip(1).step_by(2).filter(|word| word.starts_with("login-")) {
        assert!(names.contains(&word), "docs/logins.md has {word}, which does not exist");
    }
}

fn section(page: &mut String, title: &str) {
    writeln!(page, "\n## {title}").expect("a string");
}

fn heading(page: &mut String, name: &str) {
    writeln!(page, "\n### {name}\n").expect("a string");
}

fn entry(page: &mut String, name: &str, Entry { title, meaning, evidence, advice }: Entry) {
    heading(page, name);
    writeln!(page, "**{title}.** {meaning}\n\n- Evidence: {evidence}\n- What to do: {advice}").expect("a string");
}

fn assert_committed(path: &str, page: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("MAILPROBE_BLESS").is_some() {
        std::fs::write(&file, page).expect("the file can be written");
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    assert!(committed == page, "{path} is not what the code says. Write it anew with MAILPROBE_BLESS=1.");
}

#[test]
fn explain_tells_of_every_name_within_80_columns() {
    for subject in subjects() {
        let outcome = run(&["explain", subject.name()]);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{}", subject.name());
        let flowing = outcome.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        let Entry { title, meaning, evidence, advice } = subject.entry;
        for text in [subject.name(), title, meaning, evidence, advice] {
            assert!(flowing.contains(text), "{text:?} is not in {}", outcome.stdout);
        }
        fits(&outcome.stdout);
    }
}

#[test]
fn explain_without_a_name_lists_every_name() {
    let outcome = run(&["explain"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    fits(&outcome.stdout);
    let listed: Vec<&str> = outcome.stdout.split([' ', ',', '\n']).collect();
    for subject in subjects() {
        assert_eq!(
            listed.iter().filter(|name| **name == subject.name()).count(),
            named(&subject),
            "{}",
            subject.name()
        );
    }
}

/// How often the list has a name: once, and the example at its end once more.
fn named(subject: &Subject) -> usize {
    if subject.name() == "starttls-stripped" { 2 } else { 1 }
}

fn fits(page: &str) {
    for line in page.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn explain_speaks_json() {
    for arguments in
        [["--format", "json", "explain", "certificate-invalid"], ["explain", "STARTTLS-Stripped", "--format", "json"]]
    {
        let outcome = run(&arguments);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{arguments:?}");
        let document: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        assert_eq!(document["schema"], "mailprobe/reference/v1");
        let [entry] = document["entries"].as_array().expect("entries").as_slice() else { panic!("{document:#}") };
        assert_eq!(entry["state"], true, "{document:#}");
        assert!(entry["advice"].as_str().is_some_and(|advice| !advice.is_empty()), "{document:#}");
    }
    let all: Value = serde_json::from_str(&run(&["explain", "--format", "json"]).stdout).expect("JSON");
    assert_eq!(all["entries"].as_array().map(Vec::len), Some(subjects().len()));
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest_known_ones() {
    for (name, expected) in [
        ("starttls-striped", "starttls-stripped"),
        ("reputation", "poor-reputation"),
        ("expired", "certificate-expired"),
        ("xyzzy", "mailprobe explain"),
        ("\u{1b}[31m", "mailprobe explain"),
    ] {
        let outcome = run(&["explain", name]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{name}");
        assert!(outcome.stderr.contains(expected), "{name}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains('\u{1b}'), "{:?}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    }
    assert_eq!(run(&["mail.test.example", "explain"]).code, 2);
}

#[test]
fn replies_to_logins_senders_and_recipients_are_explained() {
    for (reply, server, finding) in [
        ("535 5.7.8 Authentication failed", "an SMTP", "login-wrong-password"),
        ("a1 NO [UNAVAILABLE] Temporary authentication failure.", "an IMAP", "login-backend-down"),
        ("-ERR [IN-USE] Mailbox is locked by another POP3 session.", "a POP3", "login-throttled"),
        ("450 4.2.0 <user@example.org>: Recipient address rejected: Greylisted", "an SMTP", "recipient-greylisted"),
        ("550 5.1.1 <user@example.org>: User unknown", "an SMTP", "recipient-unknown"),
        // The code and the words contradict each other.
        ("550 5.1.1 <user@example.org>: Relay access denied", "an SMTP", "mail-refused"),
    ] {
        // What begins with a hyphen comes after the end of the options.
        let outcome = run(&["explain", "--", reply]);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{reply}");
        for expected in [format!("a reply of {server} server"), format!("  {finding}\n")] {
            assert!(outcome.stdout.contains(&expected), "{reply}: {expected} in {}", outcome.stdout);
        }
    }
}
