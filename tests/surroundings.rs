//! What a process may find where it starts: clocks that jump, no home, no name servers, a full disk, nobody who reads.

#![cfg(all(target_os = "linux", feature = "cli"))]

mod command;
mod netns;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use command::{clock_library, mailprobe, only_endpoint};
use mailprobe_lab::{Behaviour, Pki, Server};
use netns::in_own_network;
use serde_json::Value;

/// A closed port: an answer within a moment, without any name.
const CLOSED: &str = "smtp://127.0.0.1:1";

/// Runs a shell script in the test's own network and mounts.
fn run(script: &str) {
    let output = Command::new("sh").args(["-euc", script]).output().expect("sh starts");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Checks a server that greets after a while; meanwhile, the wall clock jumps.
fn check_while_the_clock_jumps(library: &Path, jump: &str) -> Value {
    let pause = Duration::from_millis(1500);
    let behaviour: Behaviour = "imap:starttls:slow-greeting".parse().expect("a behaviour");
    let server = Server::start(behaviour.pause(pause));
    let folder = tempfile::tempdir().expect("a folder");
    let (clock, authority) = (folder.path().join("clock"), folder.path().join("ca.pem"));
    fs::write(&clock, "+0d").expect("a clock");
    fs::write(&authority, Pki::shared().ca_pem()).expect("an authority");
    let child = Command::new(env!("CARGO_BIN_EXE_mailprobe"))
        .args(["--format", "json", "--ca-file", &authority.display().to_string(), &server.url("imap")])
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .envs([("FAKETIME_NO_CACHE", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    while server.connections().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    // In one go: nobody may read half of it.
    let next = folder.path().join("next");
    fs::write(&next, jump).and_then(|()| fs::rename(&next, &clock)).expect("a clock");
    let output = child.wait_with_output().expect("a child");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{jump}");
    let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
    let duration = Duration::from_secs_f64(document["duration_ms"].as_f64().expect("a number") / 1000.0);
    assert!((pause..pause * 20).contains(&duration), "{jump}: {duration:?}");
    document
}

#[test]
fn a_clock_that_jumps_changes_no_duration_and_certificates_go_by_the_new_time() {
    let Some(library) = clock_library() else { return };
    for (jump, state) in
        [("+1h", "ok"), ("-1h", "ok"), ("+20000d", "certificate-invalid"), ("-20000d", "certificate-invalid")]
    {
        let document = check_while_the_clock_jumps(&library, jump);
        let endpoint = only_endpoint(&document);
        assert_eq!(endpoint["state"], state, "{jump}: {document:#}");
        let days = endpoint["tls"]["certificate"]["days_left"].as_i64().expect("a number");
        assert_eq!(days < 0, jump == "+20000d", "{jump}: {days}");
        for stage in endpoint["stages"].as_array().expect("stages") {
            let duration = stage["duration_ms"].as_f64().expect("a number");
            assert!((0.0..60_000.0).contains(&duration), "{jump}: {stage}");
        }
    }
}

#[test]
fn a_home_is_not_needed() {
    let server = Server::start("imap:starttls:no-starttls".parse::<Behaviour>().expect("a behaviour"));
    let url = server.url("imap");
    for home in [None, Some(""), Some("/no/such/home"), Some("/proc"), Some("/dev/null")] {
        let mut command = mailprobe(&["--format", "json", &url]);
        command.env_clear();
        if let Some(home) = home {
            command.env("HOME", home).env("XDG_CONFIG_HOME", home);
        }
        let output = command.output().expect("the command starts");
        assert_eq!(output.status.code(), Some(12), "{home:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{home:?}");
    }
}

#[test]
fn whatever_stands_in_resolv_conf_names_give_a_state_and_addresses_work() {
    in_own_network("whatever_stands_in_resolv_conf_names_give_a_state_and_addresses_work", || {
        run("ip link set lo up; mount -t tmpfs tmpfs /etc");
        let binary: Vec<u8> = (0..=255).cycle().take(4096).collect();
        for content in [
            &b""[..],
            b"\n\n# nothing\n",
            b"nameserver\n",
            b"nameserver not-an-address\n",
            b"nameserver 127.0.0.1\noptions timeout:0 attempts:0 ndots:99 edns0 nonsense\n",
            b"nameserver 999.1.1.1\nnameserver ::1%nowhere\nsearch .. . a..b\n",
            b"<html><body>not found</body></html>\n",
            &binary,
            &b"nameserver 127.0.0.1 ".repeat(10_000),
        ] {
            let shown = String::from_utf8_lossy(content.get(..60.min(content.len())).unwrap_or_default());
            fs::write("/etc/resolv.conf", content).expect("a file");
            let arguments = ["--format", "json", "--timeout", "3s", "mail.test.example:25", CLOSED];
            let output = mailprobe(&arguments).output().expect("the command starts");
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shown:?}");
            let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
            let state = |target: usize| document["targets"][target]["endpoints"][0]["state"].as_str();
            assert_eq!(state(0), Some("dns-failed"), "{shown:?}: {document:#}");
            assert_eq!(state(1), Some("connection-refused"), "{shown:?}: {document:#}");
        }
    });
}

#[test]
fn a_full_disk_is_told_and_leaves_the_old_results_whole() {
    in_own_network("a_full_disk_is_told_and_leaves_the_old_results_whole", || {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().display();
        // Two pages: one for the old results, one for a little of the new ones.
        run(&format!("ip link set lo up; mount -t tmpfs -o size=8k tmpfs '{place}'; echo old > '{place}/report.json'"));
        let file = folder.path().join("report.json");
        let output = format!("json={}", file.display());
        let mut arguments = vec!["--output", &output];
        arguments.extend([CLOSED; 20]);
        let outcome = command::run(&arguments);
        assert_eq!(outcome.code, 18, "{}{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stdout.contains("connection-refused"), "{}", outcome.stdout);
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
        assert!(outcome.stderr.contains(file.to_str().expect("a name")), "{}", outcome.stderr);
        assert_eq!(fs::read_to_string(&file).expect("a file"), "old\n");
        let left = fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(left, 1, "nothing half written is left behind");
    });
}

#[test]
fn nobody_who_reads_is_no_reason_to_complain() {
    for format in ["human", "json", "jsonl", "junit", "prometheus", "nagios", "github", "markdown", "html", "csv"] {
        // Whoever reads is gone before the first byte comes.
        let script = "exec 3>&1; { sleep 0.2; \"$0\" --format \"$1\" \"$2\"; echo $? >&3; } | :";
        let output = Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_mailprobe"), format, CLOSED])
            .stdin(Stdio::null())
            .output()
            .expect("sh starts");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{format}");
        let code = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let expected = if format == "nagios" { "3" } else { "141" };
        assert_eq!(code, expected, "{format}");
    }
}
