//! The command that runs servers from a shell.

mod client;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

fn lab(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailprobe-lab"));
    command.args(arguments);
    command
}

#[test]
fn servers_run_until_the_input_ends() {
    let mut child =
        lab(&["serve", "--pause", "10", "smtp:plaintext:slow-greeting@127.0.0.1:0", "imap:starttls@[::1]:0"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command");
    let output = BufReader::new(child.stdout.take().expect("its output"));
    let lines: Vec<String> = output.lines().take(2).map(|line| line.expect("a line")).collect();
    let address = |line: &str| line.split(' ').nth(1).and_then(|address| address.parse().ok()).expect("an address");
    assert!(lines[0].ends_with(" smtp:plaintext:slow-greeting"), "{lines:?}");
    assert!(client::connect(address(&lines[0])).line().starts_with("220 "));
    assert!(client::connect(address(&lines[1])).line().starts_with("* OK "));
    drop(child.stdin.take());
    assert!(child.wait().expect("its end").success());
}

#[test]
fn a_wrong_word_is_explained() {
    let output = lab(&["serve", "smtp:starttls:sillent@127.0.0.1:0"]).output().expect("the command");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("\"sillent\" is not"));
}

#[test]
fn the_list_names_certificates_and_faults() {
    let output = lab(&["list"]).output().expect("the command");
    let list = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(list.contains("\n  expired\n") && list.contains("\n  silent "), "{list}");
}

#[test]
fn the_bare_client_connects_to_a_crowd_of_names_and_the_responder_counts() {
    let start = |arguments: &[&str]| {
        let mut child = lab(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the command");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        let address = line.split(' ').nth(1).expect("an address").to_owned();
        (child, output, address)
    };
    let (mut responder, mut counts, address) = start(&["responder", "imap:starttls@0.0.0.0:0"]);
    let (mut names, _, server) = start(&["dns", "--bind", "127.0.0.1:0"]);
    let port = address.rsplit(':').next().expect("a port");
    let targets = [7, 70_000].map(|number| format!("imap://t{number}.lab.example:{port}"));
    let output = lab(&["bare", "--dns", &server, &targets[0], &targets[1]]).output().expect("the command");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && shown.starts_with("good 2 failed 0 "), "{output:?}");
    drop(responder.stdin.take());
    let mut line = String::new();
    counts.read_line(&mut line).expect("a line");
    assert!(line.starts_with("accepted 2 "), "{line}");
    drop(names.stdin.take());
    assert!(responder.wait().expect("its end").success() && names.wait().expect("its end").success());
}
