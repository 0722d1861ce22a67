//! Wrong usage: one clear line on standard error, exit 2, nothing on standard output, nothing probed.

mod command;

use std::fs;

use command::run;

fn refused(arguments: &[&str], word: &str) {
    let outcome = run(arguments);
    assert_eq!(outcome.code, 2, "{arguments:?}: {}", outcome.stderr);
    assert_eq!(outcome.stdout, "", "{arguments:?}");
    let first = outcome.stderr.lines().next().unwrap_or_default();
    assert!(first.contains(word), "{arguments:?} should mention {word:?}: {first}");
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
}

#[test]
fn targets_that_mean_nothing_are_refused_with_what_to_write_instead() {
    for (target, word) in [
        ("", "empty"),
        ("ftp://mail.test.example", "scheme"),
        ("mail.test.example:0", "port"),
        ("mail.test.example:70000", "port"),
        ("mail.test.example:25:25", "colon"),
        ("mail.test.example:9999", "smtp://mail.test.example:9999"),
        ("smtp://", "host"),
        (":25", "host"),
        ("imaps://user:secret@mail.test.example", "--login USER"),
        ("mail..test.example", "empty part"),
        ("192.0.2.300", "IPv4"),
    ] {
        refused(&[target], word);
        let outcome = run(&[target]);
        assert_eq!(outcome.stderr.lines().count(), 1, "{target}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains("secret"), "{}", outcome.stderr);
    }
}

/// The habits of other tools, met with what to write, or simply understood.
#[test]
fn options_of_other_tools_are_met_with_what_to_write() {
    for (arguments, word) in [
        (&["-p", "25", "mail.test.example"] as &[&str], "mail.example.org:25"),
        (&["--port", "25", "mail.test.example"], "--ports 25,587"),
        (&["-t", "5", "mail.test.example"], "--timeout 5s"),
        (&["--tls", "mail.test.example"], "--security implicit"),
        (&["--starttls", "smtp", "mail.test.example"], "--security starttls"),
        (&["--json", "mail.test.example"], "--format json"),
        (&["--insecure", "mail.test.example"], "--ca-file"),
        (&["-k", "mail.test.example"], "is reported"),
        (&["-connect", "mail.test.example:25"], "mail.example.org:25"),
        (&["--frm", "mx", "@test.example"], "did you mean --from?"),
        (&["completions"], "mailprobe completions bash"),
        (&["--shard", "1/4", "mail.test.example"], "--targets hosts.txt"),
        (&["--resume", "done.jsonl", "mail.test.example"], "--targets hosts.txt"),
        (&["--resume", "done.jsonl", "--targets", "hosts.txt"], "--format jsonl"),
        (&["--resume", "done.jsonl", "--targets", "hosts.txt", "--format", "csv"], "--format jsonl"),
        (&["--resume", "done.jsonl", "--targets", "hosts.txt", "--format", "jsonl", "--retries", "1"], "leave out"),
        (&["--resume", "done.jsonl", "--targets", "hosts.txt", "--format", "jsonl", "--output", "csv=x"], "leave out"),
        (&["--min-days", "soon", "mail.test.example"], "a number of days, as in 14"),
        (&["--per-host", "x", "mail.test.example"], "a whole number"),
        (&["--concurrency", "0", "mail.test.example"], "from 1 to 60000"),
        (&["--ports", "25-30", "mail.test.example"], "25,465,587"),
        (&["mail.test.example:"], "no port follows"),
        (&["mail.test.example", "9999"], "smtp://mail.test.example:9999"),
        (&["25"], "write a port behind its host"),
        (&["25", "mail.test.example"], "write a port behind its host"),
        (&["::1:25"], "[::1]:25"),
        (&["::1:25"], "[::1:25]"),
        (&["prots"], "did you mean `mailprobe ports`?"),
    ] {
        refused(arguments, word);
        let said = run(arguments).stderr;
        assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
        for riddle in ["unusual notation", "as a value", "similar", "provided:", ":;", "invalid digit"] {
            assert!(!said.contains(riddle), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn what_can_only_mean_one_thing_is_understood() {
    for (arguments, plan) in [
        (&["mail.test.example", "25"] as &[&str], "mail.test.example:25 25 smtp"),
        (&["telnet", "mail.test.example", "587"], "mail.test.example:587 587 submission"),
        (&["mail.test.example,587"], "mail.test.example:587 587 submission"),
        (&["mail.test.example:25,587"], "mail.test.example:587 587 submission"),
        (&["--ports", "25", "465", "mail.test.example"], "mail.test.example 25 smtp STARTTLS 465"),
        (&["--ports", "smtp,imaps", "mail.test.example"], "993 imaps"),
        (&["mail.test.example:imaps"], "993 imaps"),
        (&["mail.test.example:587/"], "587 submission"),
        (&["ssl://mail.test.example:465"], "465 submissions TLS"),
        (&["tls://mail.test.example:587"], "587 submission STARTTLS"),
        (&["mailto:user@test.example"], "user@test.example"),
        (&["[::1:25]"], "::1:25"),
        (&["--min-days", "14d", "mail.test.example"], "mail.test.example"),
        (&["--format", "JSON", "--expect", "587=STARTTLS", "mail.test.example"], "587 submission"),
    ] {
        let outcome = run(&[arguments, &["--dry-run"]].concat());
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{arguments:?}");
        let words = outcome.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(plan), "{arguments:?}: {words}");
    }
}

#[test]
fn help_and_version_are_words_too() {
    assert_eq!(run(&["help"]).stdout, run(&["--help"]).stdout);
    assert_eq!(run(&["help", "blocked"]).stdout, run(&["blocked", "--help"]).stdout);
    assert_eq!(run(&["version"]).stdout, run(&["--version"]).stdout);
    assert!(run(&["version"]).stdout.contains("mailprobe "));
}

#[test]
fn one_bad_target_among_good_ones_keeps_all_from_being_probed() {
    refused(&["smtp://127.0.0.1:1", "nope://x"], "scheme");
}

#[test]
fn promises_are_expected_of_mail_domains() {
    let word = "promises are expected of mail domains, and \"mail.test.example\" is none";
    refused(&["--expect-policies", "dane", "mail.test.example"], word);
    refused(&["--expect-policies", "dane", "@test.example", "mail.test.example:25"], "is none: write @");
    refused(&["--expect-policies", "dnssec", "@test.example"], "dane, mta-sts, tls-rpt, pacc");
    refused(&["--expect-policies", "dane", "--no-policies", "@test.example"], "--no-policies");
    refused(&["--policies", "--no-policies", "@test.example"], "--no-policies");
}

#[test]
fn a_dry_run_tells_which_promises_would_be_looked_up() {
    let all = "its promises: DANE, MTA-STS, TLS reporting, PACC (mail program settings)";
    for (arguments, told) in [
        (&["@test.example"] as &[&str], Some(all)),
        (&["--no-policies", "@test.example"], None),
        (&["me@test.example"], None),
        (&["--policies", "me@test.example"], Some(all)),
        (&["--expect-policies", "dane,MTA-STS", "me@test.example"], Some(all)),
        (&["--expect-policies", "dane,MTA-STS", "me@test.example"], Some("MTA-STS promised and kept")),
        (&["mail.test.example"], Some("its promises: DANE")),
        (&["--no-policies", "mail.test.example"], None),
        (&["mail.test.example:993"], None),
        (&["127.0.0.1"], None),
    ] {
        let outcome = run(&[arguments, &["--dry-run"]].concat());
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{arguments:?}");
        match told {
            Some(told) => assert!(outcome.stdout.contains(told), "{arguments:?}: {}", outcome.stdout),
            None => assert!(!outcome.stdout.contains("promises"), "{arguments:?}: {}", outcome.stdout),
        }
    }
}

#[test]
fn options_that_mean_nothing_are_refused() {
    refused(&["--ports", "25,99999", "mail.test.example"], "99999");
    refused(&["--ports", "80", "mail.test.example"], "80");
    refused(&["--timeout", "5", "mail.test.example"], "--timeout");
    refused(&["--timeout", "0s", "mail.test.example"], "--timeout");
    refused(&["--dns-server", "dns.example", "mail.test.example"], "--dns-server");
    refused(&["--helo", "two words", "mail.test.example"], "--helo");
    refused(&["-4", "-6", "mail.test.example"], "--ipv4");
    refused(&["--no-such-option", "mail.test.example"], "--no-such-option");
}

#[test]
fn without_a_target_the_user_learns_what_to_write() {
    refused(&[], "mailprobe mail.example.org");
}

#[test]
fn a_certificate_file_that_is_missing_or_empty_of_certificates_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing.pem");
    refused(&["--ca-file", missing.to_str().expect("a name"), "smtp://127.0.0.1:1"], "missing.pem");
    let empty = folder.path().join("empty.pem");
    fs::write(&empty, "no certificate here\n").expect("a file");
    refused(&["--ca-file", empty.to_str().expect("a name"), "smtp://127.0.0.1:1"], "empty.pem");
}

/// As in a container without the package.
#[cfg(target_os = "linux")]
#[test]
fn where_this_machine_trusts_nobody_that_is_told_with_what_to_do() {
    for store in ["/dev/null", "/not/there.pem"] {
        let output = command::mailprobe(&["--trust", "system", "smtp://127.0.0.1:1"])
            .env("SSL_CERT_FILE", store)
            .env_remove("SSL_CERT_DIR")
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        for words in ["certificate store is empty", "install the package ca-certificates", "--trust webpki"] {
            assert!(said.contains(words), "{said}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_file_without_end_is_refused() {
    refused(&["--ca-file", "/dev/zero", "smtp://127.0.0.1:1"], "/dev/zero has more than");
    refused(&["--config", "/dev/zero"], "larger than a megabyte");
}

#[test]
fn a_subcommand_takes_options_before_and_after_it_and_no_target() {
    for arguments in [["--format", "json", "ports"], ["ports", "--format", "json"]] {
        let outcome = run(&arguments);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let table: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        assert!(table.to_string().contains("submissions"), "{table}");
    }
    refused(&["mail.test.example", "ports"], "command");
    refused(&["mail.test.example", "blocked"], "mailprobe -- blocked");
    refused(&["blocked", "mail.test.example:25"], "only a host");
    refused(&["blocked", "--reference", "192.0.2.1"], "mail domain");
    refused(&["blocked", "--ports", "25"], "--ports");
    // What it does not heed, it does not take.
    refused(&["--wait", "20s", "blocked"], "--wait");
    refused(&["blocked", "--wait", "20s", "--retries", "1"], "--wait, --retries");
    refused(&["blocked", "--guess"], "--guess");
    refused(&["blocked", "--from", "mx"], "--from");
    refused(&["blocked", "--addresses", "any"], "--addresses");
    refused(&["blocked", "--trace"], "--trace");
    for format in ["junit", "github", "markdown", "csv", "prometheus"] {
        refused(&["blocked", "--format", format], "human, json, jsonl or html");
    }
    // To a monitoring system wrong usage is "unknown".
    let plugin = run(&["blocked", "--format", "nagios"]);
    assert_eq!(plugin.code, 3);
    assert!(plugin.stderr.contains("human, json, jsonl or html"), "{}", plugin.stderr);
    for arguments in [["--ca-file", "no-such-file.pem", "blocked"], ["blocked", "--ca-file", "no-such-file.pem"]] {
        refused(&arguments, "no-such-file.pem");
    }
}

#[test]
fn help_and_the_port_table_fit_80_columns() {
    for arguments in [&["--help"][..], &["-h"], &["ports"], &["blocked", "--help"]] {
        let outcome = run(arguments);
        assert_eq!(outcome.code, 0);
        assert_eq!(outcome.stderr, "");
        for line in outcome.stdout.lines() {
            assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
        }
    }
}
