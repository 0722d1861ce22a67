//! `--expect` and its kin.

use mailprobe_lab::{Behaviour, Server};
use serde_json::{Value, json};

use crate::ca_file;
use crate::command::{finding_ids, only_endpoint, report, run};

struct Setting {
    folder: tempfile::TempDir,
    server: Server,
    scheme: &'static str,
}

impl Setting {
    fn new(behaviour: &str, scheme: &'static str) -> Self {
        let behaviour: Behaviour = behaviour.parse().expect("a behaviour");
        Self { folder: tempfile::tempdir().expect("a folder"), server: Server::start(behaviour), scheme }
    }

    /// The exit code, the verdict, and the expectations of the only endpoint.
    fn check(&self, options: &[&str]) -> (i32, String, Value) {
        let port = self.server.address().port().to_string();
        let options: Vec<String> = options.iter().map(|option| option.replace("PORT", &port)).collect();
        let (ca, url) = (ca_file(&self.folder), self.server.url(self.scheme));
        let mut arguments = vec!["--ca-file", &ca];
        arguments.extend(options.iter().map(String::as_str));
        arguments.push(&url);
        let (outcome, document) = report(&arguments);
        let endpoint = only_endpoint(&document);
        let unmet = endpoint["expectations"].as_array().is_some_and(|all| all.iter().any(|one| one["holds"] == false));
        assert_eq!(finding_ids(endpoint).contains(&"expectation-not-met"), unmet, "{document:#}");
        let verdict = endpoint["verdict"].as_str().expect("a verdict").to_owned();
        (outcome.code, verdict, endpoint["expectations"].clone())
    }
}

#[test]
fn what_holds_passes_and_what_does_not_exits_16() {
    let good = Setting::new("smtp:starttls", "submission");
    for (word, found, holds) in [
        ("ok", "ok", true),
        ("open", "ok", true),
        ("tls", "starttls", true),
        ("starttls", "starttls", true),
        ("implicit", "starttls", false),
        ("plaintext", "starttls", false),
        ("closed", "ok", false),
        ("no-greeting", "ok", false),
    ] {
        let (code, verdict, compared) = good.check(&["--expect", &format!("PORT={word}")]);
        assert_eq!(compared, json!([{ "expected": word, "found": found, "holds": holds }]));
        assert_eq!((code, verdict.as_str()), if holds { (0, "pass") } else { (16, "fail") }, "{word}");
    }
}

#[test]
fn a_failure_that_was_not_expected_keeps_its_own_exit_code_and_one_that_was_passes() {
    let rejecting = Setting::new("smtp:starttls:greeting-554-other", "submission");
    for (word, code) in
        [("ok", 10), ("tls", 10), ("starttls", 16), ("closed", 16), ("open", 0), ("service-rejected", 0)]
    {
        let (exit, _, _) = rejecting.check(&["--expect", &format!("PORT={word}")]);
        assert_eq!(exit, code, "{word}");
    }
}

#[test]
fn certificates_tls_and_logins_can_be_asked_for() {
    let good = Setting::new("smtp:implicit:tls-1-2-only", "submissions");
    for (options, holds) in [
        (&["--min-days", "14"][..], true),
        (&["--min-days", "400"], false),
        (&["--min-tls", "1.2"], true),
        (&["--min-tls", "1.3"], false),
        (&["--expect-auth", "plain"], true),
        (&["--expect-auth", "PLAIN,SCRAM-SHA-256"], false),
        (&["--forbid-auth", "SCRAM-SHA-256"], true),
        (&["--forbid-auth", "LOGIN"], false),
        (&["--forbid-plaintext-auth"], true),
    ] {
        let (code, _, compared) = good.check(options);
        assert_eq!(code, if holds { 0 } else { 16 }, "{options:?}: {compared:#}");
        assert!(!compared.as_array().expect("a list").is_empty(), "{options:?}");
    }
}

#[test]
fn logins_before_tls_can_be_forbidden() {
    let careless = Setting::new("smtp:starttls:login-in-the-clear", "submission");
    let (code, _, compared) = careless.check(&["--forbid-plaintext-auth"]);
    assert_eq!(code, 16);
    assert_eq!((&compared[0]["expected"], &compared[0]["holds"]), (&json!("no login before TLS"), &json!(false)));
}

#[test]
fn another_command_refuses_what_it_would_not_heed() {
    for options in
        [&["ports", "--expect", "25=ok"][..], &["--output", "json=a", "ports"], &["blocked", "--min-days", "9"]]
    {
        let outcome = crate::command::run(options);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{options:?}");
    }
}

#[test]
fn an_expectation_names_what_where_and_instead_of_what() {
    let good = Setting::new("imap:implicit", "imaps");
    let url = good.server.url("imaps");
    let port = good.server.address().port();
    let outcome =
        crate::command::run(&["--ca-file", &ca_file(&good.folder), "--expect", &format!("{port}=closed"), &url]);
    assert_eq!(outcome.code, 16);
    assert!(outcome.stdout.contains("Expected: closed. Found: ok."), "{}", outcome.stdout);
    assert!(outcome.stdout.contains(&format!("port {port}")), "{}", outcome.stdout);
}

#[test]
fn every_format_names_every_expectation_that_does_not_hold() {
    let good = Setting::new("imap:implicit", "imaps");
    let port = format!("{}=starttls", good.server.address().port());
    let (ca, url) = (ca_file(&good.folder), good.server.url(good.scheme));
    for format in ["human", "json", "jsonl", "junit", "github", "nagios", "markdown", "html", "csv"] {
        let outcome = run(&[
            "--format",
            format,
            "--ca-file",
            &ca,
            "--expect",
            &port,
            "--min-days",
            "20000",
            "--forbid-auth",
            "PLAIN",
            &url,
        ]);
        assert_eq!(outcome.code, if format == "nagios" { 2 } else { 16 }, "{format}: {}", outcome.stderr);
        for word in ["starttls", "20000 days", "login PLAIN"] {
            assert!(outcome.stdout.contains(word), "{format} does not tell of {word}:\n{}", outcome.stdout);
        }
    }
    let annotation = run(&["--format", "github", "--ca-file", &ca, "--expect", &port, &url]).stdout;
    let title = annotation.split("::").nth(1).expect("a title");
    assert!(title.ends_with("expectation-not-met"), "{annotation}");
}

#[test]
fn an_expectation_is_named_beside_the_failure_that_was_found_instead() {
    let expired = Setting::new("imap:implicit:expired", "imaps");
    let port = format!("{}=closed", expired.server.address().port());
    let (ca, url) = (ca_file(&expired.folder), expired.server.url(expired.scheme));
    for format in ["github", "nagios", "csv"] {
        let said = run(&["--format", format, "--ca-file", &ca, "--expect", &port, &url]).stdout;
        assert!(said.contains("closed") && said.contains("expired"), "{format}: {said}");
    }
}

#[test]
fn the_servers_own_words_are_in_annotations_and_in_a_plugins_details() {
    let rejecting = Server::start("smtp:starttls:greeting-554-other".parse().expect("a behaviour"));
    let (_, document) = report(&[&rejecting.url("submission")]);
    let reply = only_endpoint(&document)["findings"][0]["evidence"].as_str().expect("a reply").to_owned();
    assert!(reply.starts_with("554"), "{reply}");
    for format in ["github", "nagios"] {
        let said = run(&["--format", format, &rejecting.url("submission")]).stdout;
        assert!(said.contains(&reply), "{format}: {said}");
    }
}

#[test]
fn of_two_checks_of_one_port_the_one_that_fails_is_measured() {
    let good = Setting::new("imap:implicit", "imaps");
    let (url, port) = (good.server.url("imaps"), good.server.address().port());
    let ca = ca_file(&good.folder);
    for words in [["ok", "closed"], ["closed", "ok"]] {
        let checks = words.map(|word| format!("[[check]]\ntarget = \"{url}\"\nexpect = {{ {port} = \"{word}\" }}\n"));
        let file = good.folder.path().join("twice.toml");
        std::fs::write(&file, checks.concat()).expect("a file");
        let file = file.to_str().expect("a name");
        let outcome = run(&["--ca-file", &ca, "--config", file, "--format", "prometheus"]);
        assert_eq!(outcome.code, 16, "{}", outcome.stderr);
        let success: Vec<_> = outcome.stdout.lines().filter(|line| line.starts_with("probe_success{")).collect();
        assert_eq!(success.len(), 1, "{success:?}");
        assert!(success[0].ends_with(" 0"), "{words:?}: {success:?}");
        assert!(outcome.stdout.contains("verdict=\"fail\""), "{}", outcome.stdout);
    }
}
