//! Runs the built command as a user would.

#![allow(dead_code, reason = "every test binary uses its own part")]

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use assert_cmd::Command;
use mailprobe_lab::skips;
use serde_json::Value;

/// Nothing that a test starts may take longer, on the slowest machine.
const LONGEST: Duration = Duration::from_secs(120);

/// What a finished command left behind.
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The command, not yet started, with nothing of this machine's settings that would change its output.
pub(crate) fn mailprobe(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailprobe"));
    command.args(arguments).timeout(LONGEST);
    for variable in ["CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
}

/// Runs it to its end.
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    outcome(&mut mailprobe(arguments))
}

fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().expect("the command starts");
    Outcome {
        code: output.status.code().expect("the command exits and is not killed"),
        stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
    }
}

/// Runs it with `--format json` and reads the document.
pub(crate) fn report(arguments: &[&str]) -> (Outcome, Value) {
    let arguments: Vec<&str> = ["--format", "json"].into_iter().chain(arguments.iter().copied()).collect();
    let outcome = run(&arguments);
    let document = serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("{error} in {:?}, {:?}", outcome.stdout, outcome.stderr));
    (outcome, document)
}

/// The only endpoint of a report.
pub(crate) fn only_endpoint(document: &Value) -> &Value {
    let endpoints = document["targets"][0]["endpoints"].as_array().expect("endpoints");
    assert_eq!(endpoints.len(), 1, "{document:#}");
    &endpoints[0]
}

/// The ids of findings.
pub(crate) fn finding_ids(value: &Value) -> Vec<&str> {
    value["findings"].as_array().expect("findings").iter().filter_map(|finding| finding["id"].as_str()).collect()
}

/// The library that gives a process a wall clock of its own; `None`, with a message, where it is not installed.
pub(crate) fn clock_library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let found =
        folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|library| library.exists());
    if found.is_none() {
        skips::skip(&skips::this_test(), "libfaketime is missing (package faketime)");
    }
    found
}

/// What makes a process live on this day, from noon on; `None`, with a message, where that cannot be done.
pub(crate) fn clock(day: &str) -> Option<[(&'static str, OsString); 3]> {
    let library = clock_library()?.into_os_string();
    let noon = format!("@{day} 12:00:00").into();
    Some([("LD_PRELOAD", library), ("FAKETIME", noon), ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into())])
}

/// Runs the command to its end on a day of its own; `None`, with a message, where that cannot be done.
pub(crate) fn run_on(day: &str, arguments: &[&str]) -> Option<Outcome> {
    Some(outcome(mailprobe(arguments).envs(clock(day)?)))
}
