//! What cannot be had together with `--watch`.

use crate::command::run;

#[test]
fn what_needs_an_end_or_must_not_be_repeated_is_refused_in_one_line() {
    let json: &[&str] = &["--format", "json"];
    for (more, word) in [
        (json, "jsonl"),
        (&["--format", "csv"], "jsonl"),
        (&["--format", "junit"], "jsonl"),
        (&["--output", "json=report.json"], "--output"),
        (&["--wait", "5s"], "--wait"),
        (&["--retries", "2"], "--retries"),
        (&["--login", "me"], "--login"),
        (&["--open-relay", "--i-run-this-server"], "--watch"),
    ] {
        let arguments: Vec<&str> = ["--watch", "30s", "smtp://127.0.0.1:2525"].iter().chain(more).copied().collect();
        let outcome = run(&arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{more:?}: {}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
        assert!(outcome.stderr.contains(word), "{more:?}: {}", outcome.stderr);
    }
    for arguments in [
        &["--watch", "30s", "--targets", "hosts.txt"] as &[&str],
        &["rcpt", "--watch", "30s", "anna@example.org"],
        &["blocked", "--watch", "30s"],
        &["--watch", "500ms", "127.0.0.1"],
    ] {
        let outcome = run(arguments);
        assert_eq!((outcome.code, outcome.stderr.lines().count()), (2, 1), "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("--watch"), "{}", outcome.stderr);
    }
}
