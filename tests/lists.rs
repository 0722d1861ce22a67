//! `--targets FILE`: a list is read as a stream, its results leave as they come, and no server is rushed.

mod command;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use command::{Outcome, run};
use mailprobe_lab::{Behaviour, Pki, Security, Server};
use serde_json::Value;
use tempfile::TempDir;

/// Far longer than anything here needs, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A list in a file that ends with the value.
struct List {
    _folder: TempDir,
    path: PathBuf,
}

impl List {
    fn new(text: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("list");
        fs::write(&path, text).expect("a file");
        Self { _folder: folder, path }
    }

    fn of(targets: &[String]) -> Self {
        Self::new(&(targets.join("\n") + "\n"))
    }

    fn check(&self, arguments: &[&str]) -> Outcome {
        let path = self.path.to_str().expect("a path in UTF-8");
        run(&[&["--targets", path], arguments].concat())
    }
}

/// An SMTP server without TLS on all of 127/8, which counts its clients.
#[derive(Clone, Default)]
struct Counting {
    port: u16,
    greeting: &'static str,
    inside: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    began: Arc<Mutex<Vec<Instant>>>,
}

impl Counting {
    fn start(greeting: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = Self { port, greeting, ..Self::default() };
        let shared = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = shared.clone();
                thread::spawn(move || {
                    server.began.lock().expect("a list").push(Instant::now());
                    server.most.fetch_max(server.inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let _ = server.converse(stream);
                    server.inside.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        server
    }

    fn converse(&self, mut stream: TcpStream) -> Option<()> {
        // Long enough for others to come meanwhile, if they may.
        thread::sleep(Duration::from_millis(20));
        stream.write_all(self.greeting.as_bytes()).ok()?;
        for line in BufReader::new(stream.try_clone().ok()?).lines().map_while(Result::ok) {
            let reply: &[u8] = if line.starts_with("EHLO") { b"250 mx.test.example\r\n" } else { b"221 bye\r\n" };
            stream.write_all(reply).ok()?;
        }
        Some(())
    }

    /// Targets on different addresses, from this one on.
    fn targets(&self, count: u32) -> Vec<String> {
        let address = |number: u32| Ipv4Addr::from(0x7f01_0001 + number);
        (0..count).map(|number| format!("smtp://{}:{}", address(number), self.port)).collect()
    }
}

const GOOD: &str = "220 mx.test.example ESMTP\r\n";

fn lines(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn of_type<'a>(lines: &'a [Value], wanted: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == wanted).collect()
}

#[test]
fn a_list_has_targets_of_all_forms_and_comments() {
    let server = Server::start(Behaviour::imap(Security::StartTls).fault("no-starttls"));
    let port = server.url("imap");
    let list =
        List::new(&format!("# servers\r\n\r\n{port}  # ours\r\nsmtp://[::1]:1\n127.0.0.2:25\nsmtp://localhost:1"));
    let outcome = list.check(&["--format", "jsonl", "--connect-timeout", "2s"]);
    let lines = lines(&outcome.stdout);
    let targets: BTreeSet<&str> = of_type(&lines, "target").iter().filter_map(|line| line["target"].as_str()).collect();
    assert_eq!(targets, BTreeSet::from([port.as_str(), "smtp://[::1]:1", "127.0.0.2:25", "smtp://localhost:1"]));
    let summary = lines.last().expect("a summary");
    assert_eq!((&summary["type"], &summary["bad_lines"]), (&"summary".into(), &0.into()));
    assert_eq!(summary["targets"], Value::Array(Vec::new()), "they had lines of their own");
    assert_eq!(summary["exit_code"], outcome.code);
}

#[test]
fn a_bad_line_is_told_with_its_number_and_the_others_are_checked() {
    let server = Counting::start(GOOD);
    let [one, other] = &server.targets(2)[..] else { panic!() };
    let list = List::new(&format!("{one}\nmail.example.org:9999\n\x1b[31m\n{other}\n"));
    for format in ["human", "jsonl", "csv", "json", "markdown"] {
        let outcome = list.check(&["--format", format]);
        let stderr = &outcome.stderr;
        assert!(stderr.contains("list:2: port 9999") && stderr.contains("list:3: "), "{format}: {stderr}");
        assert!(!stderr.contains('\x1b'), "{format}: {stderr:?}");
        assert_eq!(outcome.code, 1, "{format}: all others are well");
        assert!(outcome.stdout.contains("127.1.0.1") || format == "human", "{format}: {}", outcome.stdout);
    }
    let outcome = list.check(&[]);
    assert!(outcome.stdout.contains("2 lines of the list could not be understood."), "{}", outcome.stdout);
    let list = List::new("mail.example.org:9999\nsmtp://127.0.0.1:1\n");
    assert_eq!(list.check(&[]).code, 1, "different causes: a bad line and a refused connection");
}

#[test]
fn very_many_bad_lines_are_counted() {
    let list = List::new(&("no target\n".repeat(5000) + "smtp://127.0.0.1:1\n"));
    let outcome = list.check(&["--format", "jsonl"]);
    assert!(outcome.stderr.lines().count() < 30 && outcome.stderr.contains("4980 more lines"), "{}", outcome.stderr);
    assert_eq!(lines(&outcome.stdout).last().expect("a summary")["bad_lines"], 5000);
}

#[test]
fn a_list_of_nothing_is_no_success() {
    for text in ["", "# nothing\n\n", "no target\n"] {
        for format in ["human", "jsonl", "csv", "json"] {
            let outcome = List::new(text).check(&["--format", format]);
            assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{text:?} {format}");
            assert!(outcome.stderr.contains("names no target"), "{}", outcome.stderr);
        }
    }
    for missing in ["/no/such/list", "/"] {
        let outcome = run(&["--targets", missing]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{missing}");
        assert!(outcome.stderr.contains("cannot be read"), "{}", outcome.stderr);
    }
}

#[test]
fn a_person_sees_what_needs_attention_and_counts() {
    let server = Server::start("imap:implicit:expired".parse().expect("a behaviour"));
    let good = Server::start(Behaviour::smtp(Security::StartTls));
    let folder = TempDir::new().expect("a folder");
    let ca = folder.path().join("ca.pem");
    fs::write(&ca, Pki::shared().ca_pem()).expect("a file");
    let list = List::of(&[good.url("submission"), server.url("imaps"), good.url("smtp")]);
    let ca = ca.to_str().expect("a path");
    let outcome = list.check(&["--ca-file", ca]);
    let text = &outcome.stdout;
    assert!(text.contains(&server.url("imaps")) && text.contains("has expired"), "{text}");
    assert!(!text.contains(&good.url("submission")), "nothing to attend to: {text}");
    assert!(text.contains("3 targets: 2 pass, 1 fail. 3 endpoints checked in"), "{text}");
    assert!(text.contains("2  ok\n") && text.contains("1  certificate-invalid  bad certificate"), "{text}");
    assert_eq!(outcome.code, 14);
    let outcome = list.check(&["--ca-file", ca, "--verbose"]);
    assert!(outcome.stdout.contains(&good.url("submission")), "{}", outcome.stdout);
    let quiet = List::of(&[good.url("submission")]).check(&["--ca-file", ca, "--quiet"]);
    assert_eq!((quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()), (0, "", ""));
}

#[test]
fn tables_have_one_heading_and_a_row_for_each_endpoint() {
    let server = Counting::start(GOOD);
    let list = List::of(&server.targets(20));
    let outcome = list.check(&["--format", "csv"]);
    let headings = outcome.stdout.lines().filter(|line| line.starts_with("started_at,target,")).count();
    assert_eq!((headings, outcome.stdout.lines().count(), outcome.code), (1, 21, 0), "{}", outcome.stdout);
}

/// A command that reads its list from a pipe.
struct Piped {
    child: Child,
}

impl Piped {
    fn start(arguments: &[&str]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_mailprobe"))
            .args(["--targets", "-"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        Self { child }
    }

    fn code(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "the command does not end");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn results_leave_while_the_list_still_comes() {
    let server = Counting::start(GOOD);
    for (format, marks) in [("jsonl", 2), ("csv", 1)] {
        let mut piped = Piped::start(&["--format", format]);
        let mut stdin = piped.child.stdin.take().expect("a pipe");
        let mut stdout = BufReader::new(piped.child.stdout.take().expect("a pipe")).lines();
        let targets = server.targets(3);
        if format == "csv" {
            writeln!(stdin, "{}", targets[0]).expect("it reads");
            let heading = stdout.next().expect("a line").expect("UTF-8");
            assert!(heading.starts_with("started_at"));
            assert!(stdout.next().expect("a line").expect("UTF-8").contains("127.1.0.1"));
        }
        for target in &targets {
            writeln!(stdin, "{target}").expect("it reads");
            for _ in 0..marks {
                let line = stdout.next().expect("a line").expect("UTF-8");
                assert!(line.contains(target.as_str()), "{line}");
            }
        }
        drop(stdin);
        assert_eq!(piped.code(), Some(0));
    }
}

#[test]
fn shares_make_up_the_list_and_do_not_overlap() {
    let server = Counting::start(GOOD);
    let targets = server.targets(24);
    let reversed: Vec<String> = targets.iter().rev().cloned().collect();
    let mut all = Vec::new();
    for share in 0..3 {
        let shares = [List::of(&targets), List::of(&reversed)].map(|list| {
            let outcome = list.check(&["--format", "jsonl", "--shard", &format!("{share}/3")]);
            assert_eq!(outcome.code, 0, "{}", outcome.stderr);
            let lines = lines(&outcome.stdout);
            let named = of_type(&lines, "target").into_iter().map(|line| line["target"].as_str().unwrap_or_default());
            named.map(str::to_owned).collect::<BTreeSet<String>>()
        });
        assert_eq!(shares[0], shares[1], "the order of the lines does not matter");
        all.extend(shares[0].iter().cloned());
    }
    all.sort();
    let mut expected = targets;
    expected.sort();
    assert_eq!(all, expected);
}

#[test]
fn a_share_without_targets_is_a_success() {
    let list = List::new("smtp://127.0.0.1:1\n");
    for format in ["human", "jsonl", "csv", "json"] {
        let codes: BTreeSet<i32> =
            (0..2).map(|share| list.check(&["--format", format, "--shard", &format!("{share}/2")]).code).collect();
        assert_eq!(codes, BTreeSet::from([0, 5]), "{format}");
    }
    assert_eq!(run(&["--shard", "0/2", "mail.example.org"]).code, 2, "there is no list");
}

#[test]
fn formats_that_need_all_results_get_them_and_refuse_too_many() {
    let server = Counting::start(GOOD);
    let list = List::of(&server.targets(10));
    let outcome = list.check(&["--format", "json"]);
    let document: Value = serde_json::from_str(&outcome.stdout).expect("a document");
    assert_eq!(document["targets"].as_array().map(Vec::len), Some(10));
    assert_eq!(document["bad_lines"], 0);
    let many = List::new(&"mail.test.example\n".repeat(10_001));
    let outcome = many.check(&["--format", "json"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""));
    assert!(outcome.stderr.contains("--format human, jsonl or csv"), "{}", outcome.stderr);
}

#[test]
fn expectations_hold_for_every_target_of_a_list() {
    let server = Counting::start(GOOD);
    let port = server.port;
    let list = List::of(&server.targets(3));
    let outcome = list.check(&["--expect", &format!("{port}=starttls"), "--format", "jsonl"]);
    // A port of no usual service is known only where the target says so.
    assert_eq!(outcome.code, 2, "{}", outcome.stderr);
    let outcome = List::new("127.0.0.1\n").check(&["--expect", "25=closed", "--connect-timeout", "2s"]);
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
}

#[test]
fn a_list_excludes_other_ways_to_name_targets() {
    let list = List::new("mail.test.example\n");
    for more in [&["mail.test.example"][..], &["--config", "c.toml"], &["ports"], &["blocked"]] {
        let outcome = list.check(more);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{more:?}: {}", outcome.stderr);
    }
    let outcome = list.check(&["--dry-run", "--ports", "25"]);
    assert_eq!(outcome.code, 0);
    assert!(outcome.stdout.starts_with("mail.test.example\n     25"), "{}", outcome.stdout);
}

#[test]
fn no_more_than_so_many_at_the_same_time() {
    let server = Counting::start(GOOD);
    let list = List::of(&server.targets(40));
    assert_eq!(list.check(&["--concurrency", "3"]).code, 0);
    let most = server.most.load(Ordering::SeqCst);
    assert!((1..=3).contains(&most), "{most}");
    assert_eq!(server.began.lock().expect("a list").len(), 40);
}

#[test]
fn one_address_gets_only_so_many_at_the_same_time() {
    // Different ports of one address: of one port it is one anyway.
    let servers: Vec<Counting> = (0..6).map(|_| Counting::start(GOOD)).collect();
    let targets: Vec<String> = (0..4).flat_map(|_| servers.iter().map(|server| server.targets(1).remove(0))).collect();
    let inside = |arguments: &[&str]| {
        assert_eq!(List::of(&targets).check(arguments).code, 0);
        servers.iter().map(|server| server.began.lock().expect("a list").len()).sum::<usize>()
    };
    assert_eq!(inside(&["--per-address", "1"]), 24);
    let mut began: Vec<Instant> =
        servers.iter().flat_map(|server| server.began.lock().expect("a list").clone()).collect();
    began.sort();
    // Each greets after 20 ms, and with one at a time the next comes no sooner.
    let closest = began.windows(2).map(|pair| pair[1] - pair[0]).min().expect("several");
    assert!(closest > Duration::from_millis(10), "{closest:?}");
}

#[test]
fn a_rate_is_kept() {
    let server = Counting::start(GOOD);
    let began = Instant::now();
    assert_eq!(List::of(&server.targets(10)).check(&["--rate", "10/s"]).code, 0);
    assert!(began.elapsed() > Duration::from_millis(850), "the tenth begins nine tenths of a second after the first");
}

#[test]
fn a_server_that_is_too_busy_gets_a_rest() {
    let server = Counting::start("421 4.7.0 mx.test.example too many connections\r\n");
    let target = server.targets(1).remove(0);
    let outcome = List::of(&vec![target; 3]).check(&["--format", "jsonl"]);
    assert_eq!(outcome.code, 10);
    let began = server.began.lock().expect("a list");
    let pauses: Vec<Duration> = began.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(pauses.len(), 2);
    assert!(pauses[0] > Duration::from_millis(900) && pauses[1] > Duration::from_millis(1800), "{pauses:?}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_whole_lines_and_a_summary() {
    let silent = Counting::start("");
    let good = Counting::start(GOOD);
    let mut piped = Piped::start(&["--format", "jsonl", "--concurrency", "50"]);
    let mut stdin = piped.child.stdin.take().expect("a pipe");
    let silent_server = Server::start(Behaviour::smtp(Security::StartTls).fault("silent"));
    let text = format!("{}\n{}\n", silent_server.url("smtp"), good.targets(30).join("\n"));
    stdin.write_all(text.as_bytes()).expect("it reads");
    let mut stdout = BufReader::new(piped.child.stdout.take().expect("a pipe"));
    let mut first = String::new();
    stdout.read_line(&mut first).expect("UTF-8");
    let begun = Instant::now();
    while silent_server.connections().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "the silent server is never reached");
        thread::sleep(Duration::from_millis(5));
    }
    // The list is not over: its end is not waited for.
    let pid = piped.child.id().to_string();
    assert!(Command::new("kill").args(["-s", "INT", &pid]).status().expect("kill").success());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("UTF-8");
    assert_eq!(piped.code(), Some(130));
    assert!(rest.ends_with('\n'));
    let lines = lines(&(first + &rest));
    assert_eq!(lines.last().expect("a line")["type"], "summary");
    let states: BTreeSet<&str> = of_type(&lines, "endpoint").iter().filter_map(|line| line["state"].as_str()).collect();
    assert!(states.contains("interrupted") && states.contains("starttls-not-offered"), "{states:?}");
    drop((stdin, silent));
}

#[test]
fn progress_is_a_line_now_and_then_where_there_is_no_terminal() {
    let silent = Server::start(Behaviour::smtp(Security::StartTls).fault("silent"));
    let good = Counting::start(GOOD);
    let mut targets = good.targets(5);
    targets.push(silent.url("smtp"));
    let arguments = ["--format", "csv", "--timeout", "16s"];
    let outcome = List::of(&targets).check(&arguments);
    assert!(outcome.stderr.contains("5 of 6 targets done, "), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("starttls-not-offered 5"), "{}", outcome.stderr);
}

#[test]
fn the_list_may_be_any_kind_of_file() {
    let server = Counting::start(GOOD);
    let folder = TempDir::new().expect("a folder");
    let pipe = folder.path().join("pipe");
    if !cfg!(unix) || !Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()) {
        return;
    }
    let targets = server.targets(3).join("\n");
    let writing = pipe.clone();
    thread::spawn(move || fs::write(writing, targets));
    let outcome = run(&["--targets", Path::to_str(&pipe).expect("a path"), "--format", "csv"]);
    assert_eq!((outcome.code, outcome.stdout.lines().count()), (0, 4), "{}", outcome.stderr);
}
