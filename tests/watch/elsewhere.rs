//! Where there is no terminal: lines for a log, and JSON for a program.

use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::started::Started;
use crate::{free_address, good, start};

/// `2026-11-28T12:03:20Z`
fn begins_with_a_time(line: &str) -> bool {
    let shape: String = line.chars().take(20).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00Z"
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).expect("a line of JSON")
}

#[test]
fn each_change_is_a_line_and_the_end_sums_them_up() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let address = free_address();
        let target = format!("smtp://{address}");
        let started = Started::new(&["--watch", "1s", "--security", "plaintext", &target]);
        started.line("the report of the first round", |line| line.contains("FAIL"));
        let server = start(good(), address);
        let up = started.line("it came up", begins_with_a_time);
        assert!(up.ends_with(&format!("Z {address} connection-refused -> ok")), "{up}");
        drop(server);
        let down = started.line("it went down", begins_with_a_time);
        assert!(down.ends_with(&format!("Z {address} ok -> connection-refused")), "{down}");
        started.signal(signal);
        let (exit, rest, stderr) = started.end();
        assert_eq!((exit, stderr.as_str()), (Some(code), ""));
        assert!(
            rest.iter().any(|line| line.starts_with("Watched for ") && line.ends_with(", 2 changes.")),
            "{rest:#?}"
        );
        assert!(rest.contains(&format!("  {address}: 2 changes")), "{rest:#?}");
        let told = |line: &&String| line.starts_with("    ") && begins_with_a_time(line.trim_start());
        assert_eq!(rest.iter().filter(told).count(), 2, "{rest:#?}");
    }
}

#[test]
fn where_nothing_changes_nothing_is_written_until_the_end() {
    let address = free_address();
    let _server = start(good(), address);
    let target = format!("smtp://{address}");
    let started = Started::new(&["--watch", "1s", "--deadline", "4s", "--security", "plaintext", &target]);
    let (code, lines, stderr) = started.end();
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "the exit code of the last round");
    let reports = lines.iter().filter(|line| line.contains("PASS") || line.contains("WARN")).count();
    assert_eq!(reports, 1, "{lines:#?}");
    assert!(!lines.iter().any(|line| begins_with_a_time(line)), "{lines:#?}");
    let last = lines.last().expect("a line");
    assert!(last.starts_with("Watched for 4 s: ") && last.ends_with("complete rounds, nothing changed."), "{last}");
}

#[test]
fn a_program_gets_all_of_each_round_and_a_summary_behind_it() {
    let address = free_address();
    let target = format!("smtp://{address}");
    let arguments = ["--watch", "1s", "--format", "jsonl", "--security", "plaintext", target.as_str()];
    let started = Started::new(&arguments);
    let is_summary = |line: &str| parsed(line)["type"] == "summary";
    let first = parsed(&started.line("the first endpoint", |line| !is_summary(line)));
    assert_eq!(first["state"], "connection-refused", "{first:#}");
    assert_eq!(parsed(&started.line("its summary", is_summary))["exit_code"], 5);
    let _server = start(good(), address);
    let up = |line: &str| parsed(line)["state"] == "ok";
    started.line("it came up", up);
    assert_eq!(parsed(&started.line("the summary of that round", is_summary))["exit_code"], 0);
    started.signal("INT");
    let (code, rest, stderr) = started.end();
    assert_eq!((code, stderr.as_str()), (Some(130), ""));
    assert!(rest.iter().all(|line| parsed(line).is_object()), "{rest:#?}");
    assert!(rest.last().is_none_or(|line| is_summary(line)), "{rest:#?}");
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let address = free_address();
    let target = format!("smtp://{address}");
    let mut started = Started::new(&["--watch", "1s", "--format", "jsonl", &target]);
    started.line("a line", |_| true);
    started.stop_reading();
    let (code, _, stderr) = started.end();
    assert_eq!((code, stderr.as_str()), (Some(141), ""));
}

#[test]
fn ctrl_c_in_the_first_round_shows_what_is_known() {
    let address = free_address();
    let server = start(good().fault("silent"), address);
    let started = Started::new(&["--watch", "1s", "--security", "plaintext", &format!("smtp://{address}")]);
    while server.connections().is_empty() {
        thread::sleep(Duration::from_millis(10));
    }
    started.signal("INT");
    let (code, lines, stderr) = started.end();
    assert_eq!((code, stderr.as_str()), (Some(130), ""));
    assert!(lines.iter().any(|line| line.contains("interrupted")), "{lines:#?}");
    assert!(lines.last().is_some_and(|line| line.ends_with("0 complete rounds, nothing to compare.")), "{lines:#?}");
}

#[test]
fn a_round_that_is_cut_off_is_no_change() {
    let address = free_address();
    // The first connection is answered, the second one never.
    let server = start(good().then(good().fault("silent")), address);
    let started = Started::new(&["--watch", "1s", "--security", "plaintext", &format!("smtp://{address}")]);
    while server.connections().len() < 2 {
        thread::sleep(Duration::from_millis(10));
    }
    started.signal("INT");
    let (code, lines, _) = started.end();
    assert_eq!(code, Some(130));
    assert!(!lines.iter().any(|line| line.contains("interrupted")), "{lines:#?}");
    assert!(lines.last().is_some_and(|line| line.ends_with("1 complete round, nothing to compare.")), "{lines:#?}");
}

#[test]
fn rounds_do_not_pile_up() {
    let address = free_address();
    let server = start(good().fault("silent"), address);
    let target = format!("smtp://{address}");
    let arguments =
        ["--watch", "1s", "--timeout", "2s", "--deadline", "9s", "--security", "plaintext", target.as_str()];
    let (code, lines, _) = Started::new(&arguments).end();
    assert_eq!(code, Some(8), "the code of the last complete round: {lines:#?}");
    let last = lines.last().expect("a line");
    // A round takes two seconds, and one is between two rounds.
    let rounds: u32 = last.split(' ').nth(4).and_then(|count| count.parse().ok()).expect("a number of rounds");
    assert!((1..=3).contains(&rounds), "{last}");
    assert!(server.connections().len() <= 4 * 2, "two for each round: the second look at a silent server");
}

#[test]
fn all_checks_of_a_file_are_watched() {
    let (one, other) = (free_address(), free_address());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mailprobe.toml");
    let check = |address| format!("[[check]]\ntarget = \"smtp://{address}\"\nsecurity = \"plaintext\"\n");
    std::fs::write(&file, format!("{}{}", check(one), check(other))).expect("a file");
    let started = Started::new(&["--watch", "1s", "--config", file.to_str().expect("a path")]);
    started.line("the report of the first round", |line| line.contains("2 targets"));
    for address in [one, other] {
        let server = start(good(), address);
        let up = started.line("it came up", begins_with_a_time);
        assert!(up.ends_with(&format!("Z {address} connection-refused -> ok")), "{up}");
        let down = format!("{address} ok -> connection-refused");
        drop(server);
        started.line("it went down", |line| line.ends_with(&down));
    }
}
