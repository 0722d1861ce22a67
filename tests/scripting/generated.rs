//! `mailprobe completions` and `mailprobe man`.

use std::process::{Command, Stdio};

use crate::command::{mailprobe, run};
use crate::is_there;

#[test]
fn every_shell_gets_a_script_that_it_can_read() {
    let folder = tempfile::tempdir().expect("a folder");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let outcome = run(&["completions", shell]);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{shell}");
        assert!(outcome.stdout.contains("min-days"), "{shell}");
        let check = match shell {
            "fish" => "--no-execute",
            "bash" | "zsh" => "-n",
            _ => continue,
        };
        // The shells that a Debian machine may have; CI has bash.
        if shell != "bash" && Command::new(shell).arg("--version").stdout(Stdio::null()).status().is_err() {
            continue;
        }
        let script = folder.path().join(shell);
        std::fs::write(&script, &outcome.stdout).expect("a file");
        if shell != "bash" || is_there("bash") {
            let output = Command::new(shell).arg(check).arg(&script).output().expect("it starts");
            assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    assert_eq!(run(&["completions", "tcsh"]).code, 2);
    assert_eq!(run(&["completions"]).code, 2);
}

#[test]
fn the_manual_page_has_examples_exit_status_and_environment() {
    let page = run(&["man"]);
    assert_eq!((page.code, page.stderr.as_str()), (0, ""));
    for heading in ["NAME", "SYNOPSIS", "OPTIONS", "ENVIRONMENT", "EXIT STATUS", "EXAMPLES"] {
        let quoted =
            page.stdout.contains(&format!(".SH \"{heading}\"")) || page.stdout.contains(&format!(".SH {heading}"));
        assert!(quoted, "{heading} is missing");
    }
    for word in ["MAILPROBE_FORMAT", "MAILPROBE_WAIT"] {
        assert!(page.stdout.contains(word), "{word} is missing");
    }
    if is_there("groff") {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("mailprobe.1");
        std::fs::write(&file, &page.stdout).expect("a file");
        let output =
            Command::new("groff").args(["-man", "-Tascii", "-ww", "-z"]).arg(&file).output().expect("it starts");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

/// The page and the README tell the same exit codes.
#[test]
fn the_manual_pages_exit_codes_are_the_readmes() {
    let page = run(&["man"]).stdout;
    let status = page.split("EXIT STATUS").nth(1).and_then(|rest| rest.split(".SH").next()).expect("a section");
    let readme = include_str!("../../README.md");
    let table: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .filter(|cell| cell.parse::<u8>().is_ok())
        .collect();
    assert!(table.len() > 15, "{table:?}");
    for code in table {
        assert!(status.contains(&format!("\\fB{code}\\fR")), "{code} is missing in {status}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_trouble() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_mailprobe"))
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(matches!(output.status.code(), Some(0 | 141)), "{:?}", output.status);
    assert!(output.stderr.is_empty());
    assert!(mailprobe(&["man"]).env("TERM", "dumb").env("LANG", "C").output().expect("it starts").status.success());
}
