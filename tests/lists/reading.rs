//! What a list may be, and what becomes of each of its lines.

use super::*;

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
fn a_line_may_name_a_host_and_its_ports() {
    let list = List::new("127.0.0.2 1 \n127.0.0.3,25\n127.0.0.4 25 # relay\n127.0.0.5 25\t587\n");
    let outcome = list.check(&["--format", "jsonl"]);
    assert!(outcome.stderr.contains("list:1: port 1 is not a usual mail port"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("smtp://127.0.0.2:1"), "{}", outcome.stderr);
    let lines = lines(&outcome.stdout);
    let targets: BTreeSet<&str> = of_type(&lines, "target").iter().filter_map(|line| line["target"].as_str()).collect();
    assert_eq!(targets, BTreeSet::from(["127.0.0.3:25", "127.0.0.4:25", "127.0.0.5:25", "127.0.0.5:587"]));
}

#[test]
fn a_bad_line_is_told_with_its_number_and_the_others_are_checked() {
    let server = Counting::start(GOOD);
    let [one, other] = &server.targets(2)[..] else { panic!() };
    let list = List::new(&format!("{one}\nmail.example.org:9999\n\x1b[31m\n{other}\n"));
    for format in ["human", "jsonl", "csv", "json", "markdown", "html"] {
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
            assert!(outcome.stderr.contains("contains no target"), "{}", outcome.stderr);
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
    let named = text.lines().rev().skip_while(|line| !line.starts_with("3 targets")).nth(1).unwrap_or_default();
    assert!(named.starts_with(&format!("x {}  ", server.url("imaps"))), "right before the counts: {text}");
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
