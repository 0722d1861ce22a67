//! The same through the built command, with servers that say it.

use std::fs;
use std::path::Path;

use mailprobe_lab::{Act, Behaviour, Moment, Security, Server};
use tempfile::TempDir;

use crate::command::{Outcome, mailprobe, run};
use crate::{readers, texts};

#[test]
fn what_a_server_says_is_no_order_in_any_format() {
    for said in texts::CHOSEN {
        // A server ends its line where it likes; what follows is its next.
        let greeting = format!("554 {said}\r\n");
        let refusing = Behaviour::smtp(Security::StartTls).at(Moment::Greeting, [Act::send(greeting), Act::Close]);
        let listed = format!("250-mail.example.org\r\n250-{said}\r\n250 STARTTLS\r\n");
        let listing = Behaviour::smtp(Security::StartTls)
            .at(Moment::Capabilities, [Act::send(listed.clone())])
            .at(Moment::SecuredCapabilities, [Act::send(listed)]);
        for behaviour in [refusing, listing] {
            let server = Server::start(behaviour);
            let folder = TempDir::new().expect("a folder");
            is_inert(&["--log", "trace", "--timeout", "5s", &server.url("submission")], folder.path());
        }
    }
}

/// Every format at once, and the log.
fn is_inert(arguments: &[&str], folder: &Path) {
    const FORMATS: [&str; 7] = ["json", "csv", "junit", "markdown", "html", "prometheus", "github"];
    let files = FORMATS.map(|format| format!("{format}={}", folder.join(format).display()));
    let outputs = files.iter().flat_map(|file| ["--output", file]);
    let arguments: Vec<&str> = ["-v"].into_iter().chain(outputs).chain(arguments.iter().copied()).collect();
    let Outcome { stdout, stderr, .. } = run(&arguments);
    readers::no_order(&stdout);
    readers::no_order(&stderr);
    assert!(stderr.contains("DEBUG"), "the log is there: {stderr}");
    let [json, csv, junit, markdown, html, prometheus, github] = FORMATS
        .map(|format| fs::read_to_string(folder.join(format)).unwrap_or_else(|error| panic!("{format}: {error}")));
    for text in [&json, &csv, &junit, &markdown, &html, &prometheus] {
        readers::no_order(text);
    }
    readers::read_json(&json, 1);
    readers::read_csv(&csv, 1);
    readers::read_junit(&junit, 1);
    readers::read_markdown(&markdown, 1);
    readers::read_html(&html, 1);
    readers::read_metrics(&prometheus, 1);
    readers::read_annotations(&github, 1);
}

#[test]
fn what_is_typed_is_no_order() {
    for typed in texts::CHOSEN.iter().filter(|typed| !typed.contains('\0')) {
        for options in [&["--dry-run"][..], &["--dry-run", "--expect"], &["--ports"]] {
            let Outcome { stdout, stderr, .. } = run(&[options, &[*typed]].concat());
            readers::no_order(&stdout);
            readers::no_order(&stderr);
            assert!(stderr.lines().all(|line| line.starts_with("mailprobe: ")), "{stderr:?}");
        }
        let Outcome { stdout, stderr, .. } = run(&["explain", "--", &format!("554 {typed}")]);
        readers::no_order(&stdout);
        readers::no_order(&stderr);
    }
}

#[test]
fn an_address_that_begins_a_line_stays_one() {
    assert!(run(&["--dry-run", "::1"]).stdout.starts_with("0::1\n"));
}

#[test]
fn a_line_of_a_list_is_no_order() {
    let list = texts::CHOSEN.join("\n");
    for format in ["human", "jsonl", "csv"] {
        // No name server listens at the discard port, so that what could be a name is nobody's.
        let arguments =
            ["--targets", "-", "--format", format, "--dns-server", "127.0.0.1:9", "--deadline", "2s", "--ports", "25"];
        let output = mailprobe(&arguments).write_stdin(list.clone()).output().expect("the command starts");
        let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8"));
        assert!(stderr.contains("-:1: ") || stderr.contains(":1: "), "the first line is no target: {stderr}");
        readers::no_order(&stdout);
        readers::no_order(&stderr);
    }
}
