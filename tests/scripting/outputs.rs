//! `--output`, and formats that change how the command behaves.

use std::fs;
use std::path::Path;

use mailprobe_lab::{Behaviour, Server};

use crate::command::{mailprobe, run};

const CLOSED: &str = "smtp://127.0.0.1:1";

#[test]
fn results_stand_in_files_beside_standard_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).to_str().expect("a name").to_owned();
    let formats = ["human", "json", "jsonl", "junit", "nagios", "prometheus", "github", "markdown", "html", "csv"];
    let outputs: Vec<String> = formats.iter().map(|format| format!("{format}={}", file(format))).collect();
    let mut arguments = vec!["--format", "json"];
    arguments.extend(outputs.iter().flat_map(|output| ["--output", output]));
    arguments.push(CLOSED);
    fs::write(file("csv"), "what stood here before, and was longer than what comes").expect("a file");
    let outcome = run(&arguments);
    assert_eq!(outcome.code, 5, "a plugin's output in a file changes no exit code: {}", outcome.stderr);
    assert_eq!(fs::read_to_string(file("json")).expect("a file"), outcome.stdout);
    for format in formats {
        let text = fs::read_to_string(file(format)).expect("a file");
        assert!(text.contains("connection-refused"), "{format}: {text}");
        assert!(!text.contains('\x1b'), "{format}: {text}");
    }
    let names: Vec<_> =
        fs::read_dir(folder.path()).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names.len(), formats.len(), "nothing else is left behind: {names:?}");
}

#[test]
fn a_file_that_cannot_be_written_keeps_the_run_from_beginning() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start("smtp:starttls".parse::<Behaviour>().expect("a behaviour"));
    for path in [folder.path().join("no/such/folder.json"), folder.path().to_owned()] {
        let outcome = run(&["--output", &format!("json={}", path.display()), &server.url("smtp")]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (18, ""), "{}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
        assert!(outcome.stderr.contains(path.to_str().expect("a name")), "{}", outcome.stderr);
    }
    assert!(server.connections().is_empty());
}

#[test]
fn outputs_that_mean_nothing_are_wrong_usage() {
    for outputs in [&["xml=a"][..], &["report.xml"], &["json="], &["json=a", "csv=a"], &["json=a", "csv=./a"]] {
        let mut arguments: Vec<&str> = outputs.iter().flat_map(|output| ["--output", output]).collect();
        arguments.push(CLOSED);
        assert_eq!(run(&arguments).code, 2, "{outputs:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_stays_one_and_a_link_stays_a_link() {
    use std::os::unix::fs::FileTypeExt as _;

    let folder = tempfile::tempdir().expect("a folder");
    let (link, file) = (folder.path().join("link"), folder.path().join("file"));
    fs::write(&file, "").expect("a file");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    let outcome = run(&["--output", "json=/dev/null", "--output", &format!("csv={}", link.display()), CLOSED]);
    assert_eq!(outcome.code, 5, "{}", outcome.stderr);
    assert!(fs::metadata("/dev/null").expect("a device").file_type().is_char_device());
    assert!(link.is_symlink());
    assert!(fs::read_to_string(&file).expect("a file").contains("connection-refused"));
    if Path::new("/dev/full").exists() {
        let full = run(&["--output", "json=/dev/full", CLOSED]);
        assert_eq!(full.code, 18);
        assert!(full.stderr.contains("/dev/full") && full.stdout.contains("connection-refused"), "{}", full.stderr);
    }
}

#[test]
fn a_plugin_has_a_plugins_exit_codes() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = crate::ca_file(&folder);
    let start = |words: &str| Server::start(words.parse::<Behaviour>().expect("a behaviour"));
    let (good, soon) = (start("imap:implicit"), start("imap:implicit:expires-soon"));
    let silent = start("imap:implicit:silent");
    for (arguments, code, word) in [
        (&[good.url("imaps").as_str()][..], 0, "MAILPROBE OK: "),
        (&[soon.url("imaps").as_str()], 1, "MAILPROBE WARNING: "),
        (&[CLOSED], 2, "MAILPROBE CRITICAL: "),
        (&["--deadline", "1s", silent.url("imaps").as_str()], 3, "MAILPROBE UNKNOWN: "),
        (&["--nonsense"], 3, "MAILPROBE UNKNOWN: wrong usage"),
        (&["ftp://mail.test.example"], 3, "MAILPROBE UNKNOWN: wrong usage"),
        (&["--output", "json=/no/such/folder/file", CLOSED], 3, "MAILPROBE UNKNOWN: trouble"),
    ] {
        let arguments: Vec<&str> = ["--format", "nagios", "--ca-file", &ca].iter().chain(arguments).copied().collect();
        let outcome = run(&arguments);
        assert_eq!(outcome.code, code, "{arguments:?}: {}{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stdout.starts_with(word), "{arguments:?}: {}", outcome.stdout);
    }
}

#[test]
fn github_gets_annotations_and_a_summary_that_is_added_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let summary = folder.path().join("summary.md");
    fs::write(&summary, "# Earlier step\n").expect("a file");
    let output =
        mailprobe(&["--format", "github", CLOSED]).env("GITHUB_STEP_SUMMARY", &summary).output().expect("it starts");
    assert_eq!(output.status.code(), Some(5));
    assert!(output.stdout.starts_with(b"::error title="));
    let text = fs::read_to_string(&summary).expect("a file");
    assert!(text.starts_with("# Earlier step\n") && text.contains("| FAIL | 1 | smtp |"), "{text}");
    let nowhere = folder.path().join("no/such/folder.md");
    let output =
        mailprobe(&["--format", "github", CLOSED]).env("GITHUB_STEP_SUMMARY", nowhere).output().expect("it starts");
    assert_eq!(output.status.code(), Some(18));
}
