//! Being stopped, being cut off, and being shown: signals, closed and full outputs, terminals that can little.

#![cfg(unix)]

mod command;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use command::mailprobe;
use mailprobe_lab::{Behaviour, Security, Server, skips};
use serde_json::Value;

/// Far longer than anything here needs, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A started command that is ended with the test, however that ends.
struct Started(Child);

impl Started {
    fn new(arguments: &[&str], stdout: Stdio) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailprobe"));
        command.args(arguments).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
        Self(command.spawn().expect("the command starts"))
    }

    fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().expect("kill").success());
    }

    /// Its exit code, which must come before it lost patience by itself.
    fn exit_code(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().expect("a child") {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "the command does not end");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it has written, once it has ended.
    fn output(mut self) -> (Option<i32>, String, String) {
        let code = self.exit_code();
        let mut texts = [String::new(), String::new()];
        if let Some(mut stdout) = self.0.stdout.take() {
            stdout.read_to_string(&mut texts[0]).expect("UTF-8");
        }
        self.0.stderr.take().expect("a pipe").read_to_string(&mut texts[1]).expect("UTF-8");
        let [stdout, stderr] = texts;
        (code, stdout, stderr)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn silent() -> Server {
    Server::start(Behaviour::smtp(Security::StartTls).fault("silent"))
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn ctrl_c_prints_what_is_known_so_far() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let (silent, good) = (silent(), Server::start(Behaviour::imap(Security::StartTls).fault("no-starttls")));
        let targets = [silent.url("submission"), good.url("imap")];
        let started = Started::new(&["--format", "json", &targets[0], &targets[1]], Stdio::piped());
        wait_until("both are probed", || {
            !silent.connections().is_empty()
                && good.connections().first().is_some_and(|connection| connection.released.is_some())
        });
        started.signal(signal);
        let (exit, stdout, stderr) = started.output();
        assert_eq!((exit, stderr.as_str()), (Some(code), ""));
        let document: Value = serde_json::from_str(&stdout).expect("one JSON document");
        let unfinished = &document["targets"][0]["endpoints"][0];
        assert_eq!(unfinished["state"], "interrupted", "{document:#}");
        assert_eq!(unfinished["failed_stage"], "greeting");
        assert_eq!(unfinished["stages"][0]["outcome"], "ok", "the connection was made: {document:#}");
        assert_eq!(document["targets"][1]["endpoints"][0]["state"], "starttls-not-offered", "{document:#}");
    }
}

#[test]
fn ctrl_c_tells_a_person_too() {
    let silent = silent();
    let started = Started::new(&[&silent.url("submission")], Stdio::piped());
    wait_until("it is probed", || !silent.connections().is_empty());
    started.signal("INT");
    let (code, stdout, stderr) = started.output();
    assert_eq!((code, stderr.as_str()), (Some(130), ""));
    assert!(stdout.contains("interrupted"), "{stdout}");
}

#[test]
fn jsonl_is_complete_when_interrupted() {
    let silent = silent();
    let started = Started::new(&["--format", "jsonl", &silent.url("submission")], Stdio::piped());
    wait_until("it is probed", || !silent.connections().is_empty());
    started.signal("INT");
    let (code, stdout, _) = started.output();
    assert_eq!(code, Some(130));
    let lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let types: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap_or_default()).collect();
    assert_eq!(types, ["endpoint", "summary"], "{stdout}");
    assert_eq!(lines.first().map(|line| &line["state"]), Some(&"interrupted".into()), "{stdout}");
}

#[test]
fn a_second_ctrl_c_ends_it_even_while_nobody_reads_its_output() {
    let silent = silent();
    // More than a pipe holds.
    let targets: Vec<String> = (0..100).map(|_| silent.url("submission")).collect();
    let mut arguments = vec!["--format", "json"];
    arguments.extend(targets.iter().map(String::as_str));
    let mut started = Started::new(&arguments, Stdio::piped());
    wait_until("they are probed", || !silent.connections().is_empty());
    started.signal("INT");
    // The first one ends the run; the second one may come while the results are stuck in the pipe.
    wait_until("the connections end", || silent.connections().iter().all(|one| one.released.is_some()));
    thread::sleep(Duration::from_millis(200));
    assert!(started.0.try_wait().expect("a child").is_none(), "it should hang in its pipe");
    started.signal("INT");
    assert_eq!(started.exit_code(), Some(130));
}

#[test]
fn a_second_signal_right_after_the_first_cuts_no_results_off() {
    let silent = silent();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.prom");
    let output = format!("prometheus={}", file.display());
    // Coreutils' timeout sends the same signal twice; a runner may send another one soon after.
    for (number, (first, second, code)) in
        (1..).zip([("TERM", "TERM", 143), ("INT", "INT", 130), ("INT", "TERM", 130), ("TERM", "INT", 143)])
    {
        let started =
            Started::new(&["--format", "json", "--output", &output, &silent.url("submission")], Stdio::piped());
        wait_until("it is probed", || silent.connections().len() == number);
        // In one go, and different ones not before the run noticed the first. It may have ended by then.
        let pid = started.0.id();
        let pause = if first == second { "0.002" } else { "0.05" };
        let script = format!("kill -s {first} {pid}; sleep {pause}; kill -s {second} {pid} 2>/dev/null || :");
        assert!(Command::new("sh").args(["-c", &script]).status().expect("sh").success());
        let (exit, stdout, _) = started.output();
        assert_eq!(exit, Some(code), "{first}, then {second}");
        let document: Value = serde_json::from_str(&stdout).expect("one JSON document");
        assert_eq!(document["exit_code"], code, "{first}, then {second}");
        let metrics = std::fs::read_to_string(&file).expect("the other results");
        assert!(metrics.contains(&format!("mailprobe_last_run_exit_code {code}\n")), "{metrics}");
        std::fs::remove_file(&file).expect("a file");
        let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").flatten().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn a_plugin_that_is_stopped_says_so_in_one_line() {
    let silent = silent();
    let started = Started::new(&["--format", "nagios", &silent.url("submission")], Stdio::piped());
    wait_until("it is probed", || !silent.connections().is_empty());
    started.signal("TERM");
    let (code, stdout, stderr) = started.output();
    assert_eq!((code, stderr.as_str()), (Some(3), ""));
    assert_eq!(stdout.matches("MAILPROBE").count(), 1, "{stdout}");

    if cfg!(target_os = "linux") {
        let full = File::options().write(true).open("/dev/full").expect("/dev/full");
        let (code, _, stderr) = Started::new(&["--format", "nagios", "smtp://127.0.0.1:1"], full.into()).output();
        assert_eq!((code, stderr.lines().count()), (Some(3), 1), "{stderr}");
    }
}

#[test]
fn stopped_while_it_waits_it_says_the_exit_code_it_ends_with() {
    let mut started = Started::new(&["--wait", "60s", "--format", "json", "smtp://127.0.0.1:1"], Stdio::piped());
    let mut line = String::new();
    let mut stderr = BufReader::new(started.0.stderr.take().expect("a pipe"));
    stderr.read_line(&mut line).expect("a line");
    assert!(line.contains("waiting for"), "{line}");
    started.signal("TERM");
    let code = started.exit_code();
    let mut stdout = String::new();
    started.0.stdout.take().expect("a pipe").read_to_string(&mut stdout).expect("UTF-8");
    let document: Value = serde_json::from_str(&stdout).expect("one JSON document");
    assert_eq!((code, &document["exit_code"]), (Some(143), &143.into()), "{document:#}");
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let (fast, slow) = (Server::start(Behaviour::imap(Security::StartTls)), silent());
    let mut started = Started::new(
        &["--format", "jsonl", "--timeout", "2s", &fast.url("imap"), &slow.url("submission")],
        Stdio::piped(),
    );
    let mut line = String::new();
    BufReader::new(started.0.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    assert!(line.contains("\"endpoint\""), "{line}");
    let (code, _, stderr) = started.output();
    assert_eq!((code, stderr.as_str()), (Some(141), ""));
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_is_full_is_told_in_one_line() {
    let server = Server::start(Behaviour::imap(Security::StartTls));
    let url = server.url("imap");
    for arguments in [&["--format", "json", &url][..], &["--format", "jsonl", &url], &[&url], &["ports"], &["--help"]] {
        let full = File::options().write(true).open("/dev/full").expect("/dev/full");
        let (code, _, stderr) = Started::new(arguments, full.into()).output();
        assert_eq!(code, Some(18), "{arguments:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
        assert!(stderr.contains("standard output"), "{arguments:?}: {stderr}");
    }
}

#[test]
fn closed_standard_streams_do_no_harm() {
    let server = Server::start(Behaviour::imap(Security::StartTls).fault("no-starttls"));
    let url = server.url("imap");
    for closed in ["<&-", "<&- 2>&-", ">&-", "<&- >&- 2>&-"] {
        let script = format!("exec \"$0\" \"$1\" {closed}");
        let output = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_mailprobe"), &url])
            .stdin(Stdio::null())
            .output()
            .expect("sh");
        assert_eq!(output.status.code(), Some(12), "{closed}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{closed}");
    }
}

#[test]
fn without_a_terminal_there_is_no_colour_unless_it_is_asked_for() {
    let output = |arguments: &[&str], variables: &[(&str, &str)]| -> String {
        let output = mailprobe(arguments).envs(variables.iter().copied()).output().expect("the command starts");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let server = Server::start(Behaviour::imap(Security::StartTls).fault("no-starttls"));
    let url = server.url("imap");
    let plain = output(&[&url], &[("LANG", "C.UTF-8"), ("TERM", "xterm-256color")]);
    assert!(plain.is_ascii(), "{plain}");
    assert!(!plain.contains('\x1b'), "{plain}");
    assert!(output(&[&url], &[("CLICOLOR_FORCE", "1")]).contains("\x1b["));
    assert!(output(&["--color", "always", &url], &[]).contains("\x1b["));
    assert!(output(&["--color", "always", &url], &[("NO_COLOR", "1")]).contains("\x1b["), "the option is stronger");
    assert!(!output(&["--color", "never", &url], &[("CLICOLOR_FORCE", "1")]).contains('\x1b'));
}

/// Runs the command on a pseudo-terminal and hands back all that the terminal got; `None` where there is no tool to make
/// one, and the test is skipped.
#[cfg(target_os = "linux")]
fn on_a_terminal(arguments: &[&str], variables: &[(&str, &str)]) -> Option<String> {
    let tool = Command::new("script").arg("--version").output();
    if !tool.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("util-linux")) {
        skips::skip(&skips::this_test(), "util-linux's command script is missing");
        return None;
    }
    let words = [&[env!("CARGO_BIN_EXE_mailprobe")], arguments].concat();
    let line = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &format!("stty cols 80 rows 24; exec {line}"), "/dev/null"]);
    for variable in ["CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "LC_ALL", "LC_CTYPE"] {
        script.env_remove(variable);
    }
    script.envs([("TERM", "xterm-256color"), ("LANG", "C.UTF-8")]).envs(variables.iter().copied());
    let Output { stdout, stderr, .. } = script.stdin(Stdio::null()).output().expect("script starts");
    assert_eq!(String::from_utf8_lossy(&stderr), "");
    Some(String::from_utf8(stdout).expect("UTF-8"))
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_a_slow_greeting_is_seen_to_be_waited_for() {
    let server =
        Server::start(Behaviour::smtp(Security::StartTls).fault("slow-greeting").pause(Duration::from_millis(2500)));
    let url = server.url("submission");
    let awaited = format!("waiting for port {} (greeting", server.address().port());
    let Some(seen) = on_a_terminal(&[&url], &[]) else { return };
    assert!(seen.contains(&awaited), "{seen:?}");
    assert!(seen.contains("\x1b["), "{seen:?}");
    for arguments in [&["--quiet", &url][..], &["-q", "--format", "json", &url]] {
        let Some(seen) = on_a_terminal(arguments, &[]) else { return };
        assert!(!seen.contains("waiting for"), "{arguments:?}: {seen:?}");
    }
}

/// By then it is worth knowing how long it may last.
#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_a_silence_of_three_seconds_is_told_with_its_end() {
    let slow = |security| Behaviour::smtp(security).fault("slow-greeting").pause(Duration::from_millis(4500));
    for (security, scheme) in [(Security::StartTls, "submission"), (Security::Implicit, "submissions")] {
        let server = Server::start(slow(security));
        let port = server.address().port();
        let Some(seen) = on_a_terminal(&[&server.url(scheme)], &[]) else { return };
        for time in ["2 s", "22 s left", "21 s left"] {
            let awaited = format!("0 of 1 done, waiting for port {port} (greeting, {time})");
            assert!(seen.contains(&awaited), "{awaited}: {seen:?}");
        }
        let (_, report) = seen.rsplit_once(" left)").expect("told");
        assert!(!report.contains("waiting for port"), "it is not left over: {seen:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_what_has_no_room_is_counted() {
    let slow =
        || Server::start(Behaviour::smtp(Security::StartTls).fault("slow-greeting").pause(Duration::from_millis(1500)));
    let servers: Vec<_> = (0..5).map(|_| slow()).collect();
    let urls: Vec<_> = servers.iter().map(|server| server.url("submission")).collect();
    let urls: Vec<_> = urls.iter().map(String::as_str).collect();
    let Some(seen) = on_a_terminal(&urls, &[]) else { return };
    let awaited: Vec<_> = seen.split("waiting for port ").skip(1).collect();
    assert!(awaited.iter().any(|line| line.contains(" s) and ")), "{seen:?}");
    for line in awaited {
        let line = line.split(['\x1b', '\r']).next().unwrap_or_default().trim_end();
        assert!(line.ends_with(" s)") || line.ends_with(" more"), "cut inside an item: {line:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_a_list_has_a_bar() {
    let slow =
        || Server::start(Behaviour::smtp(Security::StartTls).fault("slow-greeting").pause(Duration::from_millis(1500)));
    let good = Server::start(Behaviour::imap(Security::StartTls).fault("no-starttls"));
    let servers = [slow(), slow()];
    let folder = tempfile::TempDir::new().expect("a folder");
    let list = folder.path().join("list");
    let text = format!("{}\n{}\nno target\n{}\n", servers[0].url("smtp"), good.url("imap"), servers[1].url("smtp"));
    std::fs::write(&list, text).expect("a file");
    let list = list.to_str().expect("a path");
    let Some(seen) = on_a_terminal(&["--targets", list], &[]) else { return };
    for words in ["1/3", "/s", " left", "starttls-not-offered 1", "list:3: the target \"no target\" contains a space"] {
        assert!(seen.contains(words), "{words:?}: {seen:?}");
    }
    assert!(seen.contains("3 targets: "), "{seen:?}");
    let Some(dumb) = on_a_terminal(&["--targets", list], &[("TERM", "dumb")]) else { return };
    assert!(!dumb.contains('\x1b') || !dumb.contains(" left"), "{dumb:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn terminals_that_can_little_get_little() {
    let server =
        Server::start(Behaviour::smtp(Security::StartTls).fault("slow-greeting").pause(Duration::from_millis(1200)));
    let url = server.url("submission");
    let Some(dumb) = on_a_terminal(&[&url], &[("TERM", "dumb"), ("LANG", "C")]) else { return };
    assert!(dumb.is_ascii() && !dumb.contains('\x1b'), "{dumb:?}");
    let Some(old) = on_a_terminal(&[&url], &[("LANG", "C")]) else { return };
    assert!(old.is_ascii() && old.contains("waiting for port"), "{old:?}");
    let Some(colourless) = on_a_terminal(&[&url], &[("NO_COLOR", "1")]) else { return };
    assert!(!has_colour(&colourless), "{colourless:?}");
    let Some(usual) = on_a_terminal(&[&url], &[]) else { return };
    assert!(has_colour(&usual) && !usual.is_ascii(), "{usual:?}");
}

/// Whether a text selects a graphic rendition: `ESC [ … m` (ECMA-48).
#[cfg(target_os = "linux")]
fn has_colour(text: &str) -> bool {
    text.split("\x1b[")
        .skip(1)
        .any(|rest| rest.trim_start_matches(|one: char| one.is_ascii_digit() || one == ';').starts_with('m'))
}

#[cfg(target_os = "linux")]
#[test]
fn hostile_text_never_reaches_a_terminal_raw() {
    for (fault, escaped) in [
        ("escapes-in-greeting", "\\x1b[2J"),
        ("bidi-in-greeting", "\\u{202e}"),
        ("nul-in-greeting", "\\x00"),
        ("carriage-return-in-greeting", "\\r"),
    ] {
        let words = format!("smtp:starttls:{fault}");
        let server = Server::start(words.parse().expect("a behaviour"));
        let Some(seen) = on_a_terminal(&["--verbose", &server.url("submission")], &[]) else { return };
        assert!(seen.contains(escaped), "{fault}: {seen:?}");
        for raw in ["\x1b[2J", "\x1b[31mred", "\x1b]0;", "\x07", "\u{9b}", "\u{202e}", "\u{2066}", "\u{200b}", "\0"] {
            assert!(!seen.contains(raw), "{fault}: {raw:?} in {seen:?}");
        }
        assert!(!seen.contains("one\rtwo"), "{seen:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_json_has_nothing_that_the_terminal_obeys_and_keeps_every_value() {
    for (fault, hostile) in [
        ("bidi-in-greeting", " a\u{202e}b\u{2066}c\u{200b}d"),
        ("escapes-in-greeting", "\x1b[2J\x1b[31mred\x1b]0;title\x07"),
    ] {
        let server = Server::start(format!("smtp:starttls:{fault}").parse().expect("a behaviour"));
        let url = server.url("submission");
        for format in ["json", "jsonl"] {
            let arguments = ["--quiet", "--transcript", "--format", format, &url];
            let Some(seen) = on_a_terminal(&arguments, &[]) else { return };
            // The terminal itself puts a carriage return before every line feed.
            let text = seen.replace("\r\n", "\n");
            let acts = |one: char| (one.is_control() && one != '\n') || matches!(one, '\u{200b}'..='\u{206f}');
            assert!(!text.contains(acts), "{fault}, {format}: {text:?}");
            let first = if format == "json" { &text } else { text.lines().next().unwrap_or_default() };
            let document: serde_json::Value = serde_json::from_str(first).expect("JSON");
            let endpoint = if format == "json" { &document["targets"][0]["endpoints"][0] } else { &document };
            assert!(endpoint["greeting"].as_str().is_some_and(|greeting| greeting.contains(hostile)), "{endpoint:#}");
        }
    }
}
