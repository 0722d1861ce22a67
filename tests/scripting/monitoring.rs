//! What a monitor is told of a bare host, whose closed ports fail nothing.

use mailprobe_lab::{Behaviour, Server};

use crate::command::{Outcome, run};
use crate::netns::in_own_network;

/// A host with IMAP alone, asked in a network of its own.
fn ask(arguments: &[&str]) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = crate::ca_file(&folder);
    run(&[&["--ca-file", &ca], arguments].concat())
}

fn imap() -> Server {
    let behaviour: Behaviour = "imap:implicit".parse().expect("a behaviour");
    Server::start_at(behaviour, ([127, 0, 0, 1], 993).into()).expect("port 993 is free")
}

/// The value of a series of `probe_success`.
fn success(metrics: &str, port: u16) -> Option<&str> {
    let port = format!("port=\"{port}\"");
    let series = metrics.lines().find(|line| line.starts_with("probe_success{") && line.contains(&port));
    series.and_then(|line| line.rsplit(' ').next())
}

#[test]
fn closed_ports_of_a_bare_host_are_told_to_whoever_monitors_it() {
    const TEST: &str = "monitoring::closed_ports_of_a_bare_host_are_told_to_whoever_monitors_it";
    in_own_network(TEST, || {
        crate::netns::Network::new(TEST, &[]);
        let _server = imap();
        let folder = tempfile::tempdir().expect("a folder");
        let file = |format: &str| format!("{format}={}", folder.path().join(format).display());
        let (nagios, prometheus) = (file("nagios"), file("prometheus"));
        for arguments in [
            &["--format", "nagios"][..],
            &["--format", "prometheus"],
            &["--output", &nagios],
            &["--format", "json", "--output", &prometheus],
        ] {
            let outcome = ask(&[arguments, &["127.0.0.1"]].concat());
            let lines: Vec<_> = outcome.stderr.lines().collect();
            let [line] = lines.as_slice() else { panic!("{arguments:?}: {lines:?}") };
            for words in ["closed ports of 127.0.0.1", "110, 143", "not counted as failures", "--expect 993=ok"] {
                assert!(line.contains(words), "{words:?}: {line}");
            }
        }
        for arguments in [
            &["--format", "nagios", "--quiet", "127.0.0.1"][..],
            &["--format", "nagios", "--expect", "993=ok", "127.0.0.1"],
            &["--format", "prometheus", "imaps://127.0.0.1"],
            &["--format", "json", "127.0.0.1"],
        ] {
            assert_eq!(ask(arguments).stderr, "", "{arguments:?}");
        }
    });
}

#[test]
fn every_port_that_was_asked_has_a_series_that_says_whether_it_works() {
    const TEST: &str = "monitoring::every_port_that_was_asked_has_a_series_that_says_whether_it_works";
    in_own_network(TEST, || {
        let network = crate::netns::Network::new(TEST, &[]);
        let _server = imap();
        network.run("nft 'table inet f { chain i { type filter hook input priority 0; tcp dport 110 drop\n}\n}'");
        let metrics = ask(&["--format", "prometheus", "--connect-timeout", "1s", "127.0.0.1"]).stdout;
        assert_eq!(success(&metrics, 993), Some("1"), "{metrics}");
        for port in [25, 465, 587, 110, 995, 143] {
            assert_eq!(success(&metrics, port), Some("0"), "{port}: {metrics}");
        }
        let wanted = ask(&["--format", "prometheus", "--expect", "143=closed,993=ok", "127.0.0.1"]).stdout;
        assert_eq!((success(&wanted, 143), success(&wanted, 993)), (Some("1"), Some("1")), "{wanted}");
    });
}

#[test]
fn the_days_of_a_certificate_carry_the_threshold_that_was_asked_for() {
    let behaviour: Behaviour = "imap:implicit".parse().expect("a behaviour");
    let server = Server::start(behaviour);
    let url = server.url("imaps");
    let outcome = ask(&["--format", "nagios", "--min-days", "14", &url]);
    let days = outcome.stdout.split("certificate_days'=").nth(1).and_then(|rest| rest.split_whitespace().next());
    assert!(days.is_some_and(|days| days.ends_with(";;14:;;")), "{}", outcome.stdout);
    assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    let outcome = ask(&["--format", "nagios", &url]);
    assert!(outcome.stdout.contains("certificate_days'=") && !outcome.stdout.contains("14:"), "{}", outcome.stdout);
}
