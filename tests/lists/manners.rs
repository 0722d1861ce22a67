//! How fast, how much at once, and how it ends.

use super::*;

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
