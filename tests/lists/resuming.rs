//! `--resume FILE`: what is done is not done again, and what was cut short is as if it had never been.

use std::collections::BTreeMap;

use super::*;

/// A list and the results of it.
struct Resumed {
    list: List,
    results: PathBuf,
}

impl Resumed {
    fn new(targets: &[String]) -> Self {
        let list = List::of(targets);
        let results = list.path.with_file_name("results.jsonl");
        Self { list, results }
    }

    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let results = self.results.to_str().expect("a path in UTF-8");
        [&["--format", "jsonl", "--resume", results], more].concat()
    }

    fn go_on(&self, more: &[&str]) -> Outcome {
        let outcome = self.list.check(&self.arguments(more));
        assert_eq!(outcome.stdout, "", "the results are in the file");
        outcome
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.results).expect("results")
    }

    /// How often each target is done.
    fn done(&self) -> BTreeMap<String, usize> {
        done(&lines(&self.text()))
    }
}

fn done(lines: &[Value]) -> BTreeMap<String, usize> {
    let mut done = BTreeMap::new();
    for target in of_type(lines, "target") {
        *done.entry(target["target"].as_str().expect("a target").to_owned()).or_default() += 1;
    }
    done
}

fn each_once(targets: &[String]) -> BTreeMap<String, usize> {
    let mut each = BTreeMap::new();
    for target in targets {
        *each.entry(target.clone()).or_default() += 1;
    }
    each
}

#[test]
fn what_is_done_is_not_done_again_and_is_counted() {
    let server = Counting::start(GOOD);
    let asked = || server.began.lock().expect("a list").len();
    let mut targets = server.targets(6);
    let refused = "smtp://127.0.0.1:1".to_owned();
    targets.insert(0, refused.clone());
    let first = Resumed::new(&targets[..4]);
    let outcome = first.go_on(&[]);
    assert_eq!((outcome.code, asked()), (5, 3), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("results.jsonl: nothing is done there yet"), "{}", outcome.stderr);

    // Of the longer list, the rest: it is well, and what was refused before is not forgotten.
    let all = Resumed { list: List::of(&targets), results: first.results.clone() };
    let outcome = all.go_on(&[]);
    assert_eq!((outcome.code, asked()), (5, 6), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("results.jsonl: 4 targets are done already\n"), "{}", outcome.stderr);
    assert_eq!(all.done(), each_once(&targets));
    let lines = lines(&all.text());
    let [summary] = of_type(&lines, "summary")[..] else { panic!("one summary: {lines:#?}") };
    assert_eq!(summary, lines.last().expect("a line"));
    assert_eq!((&summary["exit_code"], &summary["verdict"]), (&5.into(), &"fail".into()));
    assert_eq!(summary["summary"]["endpoints"], 7);
    assert_eq!(summary["summary"]["states"]["connection-refused"], 1);
    let code = |target: &str| {
        let targets = of_type(&lines, "target");
        targets.iter().find(|line| line["target"] == target).expect("the target")["exit_code"].clone()
    };
    assert_eq!((code(&refused), code(&targets[1])), (5.into(), 0.into()));

    // With nothing left, the same again.
    let (before, outcome) = (done(&lines), all.go_on(&["--quiet"]));
    assert_eq!((outcome.code, outcome.stderr.as_str(), asked()), (5, "", 6));
    assert_eq!((all.done(), all.text().lines().count()), (before, lines.len()));
}

#[test]
fn a_torn_last_line_is_dropped_and_told() {
    let server = Counting::start(GOOD);
    let targets = server.targets(4);
    let resumed = Resumed::new(&targets);
    resumed.go_on(&[]);
    let whole = resumed.text();
    let last = whole.rfind("{\"type\":\"target\"").expect("a target");
    fs::write(&resumed.results, &whole[..last + 40]).expect("a file");
    let outcome = resumed.go_on(&["--quiet"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("3 targets are done already; 1 was begun but not finished"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("the last line was torn, and is dropped"), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    assert_eq!((resumed.done(), resumed.text().lines().count()), (each_once(&targets), 9));
}

#[test]
fn what_somebody_stopped_is_checked_again() {
    let silent = Server::start(Behaviour::smtp(Security::StartTls).fault("silent"));
    let good = Counting::start(GOOD);
    let mut targets = good.targets(3);
    targets.push(silent.url("smtp"));
    let resumed = Resumed::new(&targets);
    // The run's time is over before the silent server's is.
    let outcome = resumed.go_on(&["--deadline", "3s"]);
    assert_eq!(outcome.code, 3, "{}", outcome.stderr);
    assert_eq!(of_type(&lines(&resumed.text()), "target").len(), 4);
    let outcome = resumed.go_on(&["--timeout", "1s"]);
    assert!(outcome.stderr.contains("3 targets are done already; 1 was begun"), "{}", outcome.stderr);
    let lines = lines(&resumed.text());
    assert_eq!((done(&lines), of_type(&lines, "endpoint").len()), (each_once(&targets), 4));
    assert!(of_type(&lines, "endpoint").iter().all(|line| line["state"] != "inconclusive"), "{lines:#?}");
    assert_eq!(good.began.lock().expect("a list").len(), 3);
}

#[test]
fn a_file_that_is_no_result_of_a_list_is_left_alone() {
    let server = Counting::start(GOOD);
    let resumed = Resumed::new(&server.targets(1));
    let of_a_run = run(&["--format", "jsonl", "smtp://127.0.0.1:1"]).stdout;
    let text: &[u8] = of_a_run.as_bytes();
    for bytes in
        [text, b"smtp://mail.example.org\n", b"mail.example.org", b"{\"type\":\"\x1b[2J\"}\n", b"\xff\n", b"\n{"]
    {
        fs::write(&resumed.results, bytes).expect("a file");
        for more in [&[] as &[&str], &["--dry-run"]] {
            let outcome = resumed.list.check(&resumed.arguments(more));
            assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{}", outcome.stderr);
            assert!(outcome.stderr.contains("cannot go on with the results in "), "{}", outcome.stderr);
            assert!(outcome.stderr.lines().count() == 1 && !outcome.stderr.contains('\x1b'), "{:?}", outcome.stderr);
            assert_eq!(fs::read(&resumed.results).expect("the file"), bytes);
        }
    }
    fs::remove_file(&resumed.results).expect("a file");
    fs::create_dir(&resumed.results).expect("a folder");
    let outcome = resumed.go_on(&[]);
    assert_eq!(outcome.code, 18, "{}", outcome.stderr);
    assert_eq!(server.began.lock().expect("a list").len(), 0);
}

#[test]
fn a_dry_run_shows_what_is_left_and_changes_nothing() {
    let server = Counting::start(GOOD);
    let targets = server.targets(2);
    let resumed = Resumed::new(&targets);
    let dry = || resumed.list.check(&resumed.arguments(&["--dry-run"])).stdout;
    assert!(dry().contains(&targets[0]) && !resumed.results.exists());
    Resumed { list: List::of(&targets[..1]), results: resumed.results.clone() }.go_on(&[]);
    let before = resumed.text();
    let left = dry();
    assert!(!left.contains(&targets[0]) && left.contains(&targets[1]), "{left}");
    assert_eq!(resumed.text(), before);
}

#[test]
fn shares_may_have_their_results_in_one_file() {
    let server = Counting::start(GOOD);
    let targets = server.targets(20);
    let resumed = Resumed::new(&targets);
    for share in ["0/3", "1/3", "0/3", "2/3"] {
        assert_eq!(resumed.go_on(&["--shard", share]).code, 0);
    }
    assert_eq!(resumed.done(), each_once(&targets));
    assert_eq!(server.began.lock().expect("a list").len(), 20);
    assert_eq!(lines(&resumed.text()).last().expect("a summary")["summary"]["pass"], 0);
    assert_eq!(lines(&resumed.text()).last().expect("a summary")["summary"]["endpoints"], 20);
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_mode_and_belongs_to_one_run_at_a_time() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let server = Counting::start(GOOD);
    let resumed = Resumed::new(&server.targets(2));
    let elsewhere = resumed.list.path.with_file_name("elsewhere");
    fs::write(&elsewhere, "{\"type\":\"").expect("a file");
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o640)).expect("permissions");
    symlink(&elsewhere, &resumed.results).expect("a link");
    let mut other = Piped::start(&resumed.arguments(&[]));
    let begun = Instant::now();
    // Replaced, without the torn line.
    while fs::metadata(&elsewhere).expect("the file").len() > 0 {
        assert!(begun.elapsed() < PATIENCE, "the results are never opened");
        thread::sleep(Duration::from_millis(5));
    }
    let outcome = resumed.go_on(&[]);
    assert_eq!(outcome.code, 18);
    assert!(outcome.stderr.contains("another run of mailprobe is writing to it"), "{}", outcome.stderr);
    drop(other.child.stdin.take());
    assert_eq!(other.code(), Some(2), "it had no target");
    assert_eq!(resumed.go_on(&[]).code, 0);
    assert_eq!(fs::metadata(&elsewhere).expect("the file").permissions().mode() & 0o777, 0o640);
    assert!(resumed.results.is_symlink());
    let left: Vec<_> = fs::read_dir(resumed.list.path.parent().expect("a folder")).expect("a folder").collect();
    assert_eq!(left.len(), 3, "{left:?}");
    let pipe = Command::new("mkfifo").arg(resumed.list.path.with_file_name("pipe")).status().expect("mkfifo");
    assert!(pipe.success());
    for special in
        [resumed.list.path.with_file_name("pipe").as_path(), Path::new("/dev/null"), Path::new("/dev/stdout")]
    {
        let outcome = resumed.list.check(&["--format", "jsonl", "--resume", special.to_str().expect("a path")]);
        assert_eq!(outcome.code, 18, "{}", outcome.stderr);
        assert!(outcome.stderr.contains("not a regular file"), "{}", outcome.stderr);
    }
}

/// Who is used to `>>` loses nothing by it.
#[cfg(unix)]
#[test]
fn a_shell_that_appends_to_the_same_file_does_no_harm() {
    let server = Counting::start(GOOD);
    let targets = server.targets(3);
    let resumed = Resumed::new(&targets);
    for _ in 0..2 {
        let status = Command::new("sh")
            .args(["-c", "\"$@\" >>\"$0\""])
            .arg(&resumed.results)
            .args([
                env!("CARGO_BIN_EXE_mailprobe"),
                "--quiet",
                "--targets",
                resumed.list.path.to_str().expect("a path"),
            ])
            .args(resumed.arguments(&[]))
            .status();
        assert!(status.expect("sh").success());
        assert_eq!((resumed.done(), resumed.text().lines().count()), (each_once(&targets), 7));
    }
    assert_eq!(server.began.lock().expect("a list").len(), 3);
}

/// How often a run is killed.
const KILLED: usize = 50;

/// Numbers that look like chance and are the same every time.
fn chance(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    f64::from(u32::try_from(*state >> 32).expect("32 bits")) / f64::from(u32::MAX)
}

#[test]
fn killed_at_any_moment_a_list_is_done_once() {
    let server = Counting::start(GOOD);
    let mut targets = server.targets(40);
    // Seven endpoints each, told one by one, with those of others in between.
    targets.extend((0..15).map(|number| format!("127.0.9.{number}")));
    // Named twice.
    targets.extend(targets.clone().into_iter().step_by(11));
    assert_eq!(targets.len(), 60);
    let pace = ["--concurrency", "6", "--connect-timeout", "2s"];
    let begun = Instant::now();
    let resumed = Resumed::new(&targets);
    assert_eq!(resumed.go_on(&pace).code, 5);
    let longest = begun.elapsed();
    let expected = resumed.text().lines().count();
    let (mut state, mut killed, mut finished) = (7, 0, 0);
    while killed < KILLED {
        fs::remove_file(&resumed.results).expect("a file");
        loop {
            let path = resumed.list.path.to_str().expect("a path");
            let mut child = Command::new(env!("CARGO_BIN_EXE_mailprobe"))
                .args(["--quiet", "--targets", path])
                .args(resumed.arguments(&pace))
                .stderr(Stdio::null())
                .spawn()
                .expect("the command starts");
            thread::sleep(longest.mul_f64(chance(&mut state)));
            if child.try_wait().expect("a child").is_some() || killed == KILLED {
                assert_eq!(child.wait().expect("a child").code(), Some(5));
                break;
            }
            child.kill().and_then(|()| child.wait()).expect("SIGKILL");
            killed += 1;
            let text = fs::read_to_string(&resumed.results).unwrap_or_default();
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            let all = each_once(&targets);
            for (target, times) in done(&lines(&text[..whole])) {
                assert!(all.get(&target).is_some_and(|&most| times <= most), "{target} {times} times");
            }
        }
        finished += 1;
        let lines = lines(&resumed.text());
        assert_eq!(done(&lines), each_once(&targets), "after {killed} killed runs");
        assert_eq!(lines.len(), expected, "no endpoint twice");
        let summary = &lines[expected - 1];
        assert_eq!(summary["summary"]["endpoints"], of_type(&lines, "endpoint").len());
        assert_eq!((of_type(&lines, "summary").len(), &summary["exit_code"]), (1, &5.into()));
    }
    assert!((2..KILLED).contains(&finished), "killed before and after the first result: {finished} lists");
}
