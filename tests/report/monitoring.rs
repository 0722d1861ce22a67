//! The alert rules and the dashboard for `mailprobe serve` ask for metrics that there are, in queries that Prometheus takes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use serde_json::Value;

use crate::consumers::is_there;
use crate::exposition::families;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(example(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn dashboard() -> Value {
    serde_json::from_str(&read("grafana/mailprobe.json")).expect("JSON")
}

fn panels(dashboard: &Value) -> &[Value] {
    dashboard["panels"].as_array().expect("panels")
}

/// Every query of the dashboard, with the title of its panel.
fn queries(dashboard: &Value) -> Vec<(&str, &str)> {
    let targets = panels(dashboard).iter().flat_map(|panel| {
        let title = panel["title"].as_str().expect("a title");
        panel["targets"].as_array().into_iter().flatten().map(move |target| (title, &target["expr"]))
    });
    targets.map(|(title, query)| (title, query.as_str().expect("a query"))).collect()
}

/// The metrics that a query names. What Prometheus itself makes is not among them.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r"\b(?:mailprobe|probe|process)_[a-z0-9_]+\b").expect("good");
    // What stands in quotes is the value of a label.
    let quoted = Regex::new(r#""[^"]*""#).expect("good");
    name.find_iter(&quoted.replace_all(text, "")).map(|found| found.as_str().to_owned()).collect()
}

#[track_caller]
fn assert_there_are(asked: &BTreeSet<String>, who: &str) {
    let there = families();
    let missing: Vec<&String> = asked.difference(&there).filter(|name| is_of_this_system(name)).collect();
    assert!(missing.is_empty(), "{who} asks for what nobody renders: {missing:?}");
}

/// What is told of the process, the crate tells on Linux alone.
fn is_of_this_system(name: &str) -> bool {
    cfg!(target_os = "linux") || !name.starts_with("process_")
}

#[test]
fn the_rules_ask_for_metrics_that_there_are() {
    let rules = read("prometheus/mailprobe-serve.rules.yml");
    // Comments, and the words that people read.
    let words = Regex::new(r"(?m)^\s*#.*$|^\s*(?:summary|description): .*$|^\s*- (?:name|alert): .*$").expect("good");
    let asked = metrics_in(&words.replace_all(&rules, ""));
    assert!(asked.len() >= 14, "{asked:?}");
    assert_there_are(&asked, "mailprobe-serve.rules.yml");
    // Queries in the words, too.
    let queried = Regex::new(r#"printf "([a-z_]+)\{"#).expect("good");
    let queried: BTreeSet<String> = queried.captures_iter(&rules).map(|found| found[1].to_owned()).collect();
    assert_eq!(queried.len(), 2);
    assert_there_are(&queried, "an annotation");
}

#[test]
fn the_dashboard_asks_for_metrics_that_there_are() {
    let dashboard = dashboard();
    let queries = queries(&dashboard);
    assert!(queries.len() > 30, "{}", queries.len());
    for (title, query) in &queries {
        let asked = metrics_in(query);
        assert!(!asked.is_empty() || query.contains("up{"), "{title}: {query}");
        assert_there_are(&asked, title);
    }
    let variables = dashboard["templating"]["list"].as_array().expect("variables");
    let names: Vec<&str> = variables.iter().filter_map(|variable| variable["name"].as_str()).collect();
    assert_eq!(names, ["datasource", "place", "instance"]);
    for variable in variables.iter().filter(|variable| variable["type"] == "query") {
        let query = variable["query"]["query"].as_str().expect("a query");
        assert_eq!(variable["definition"], query);
        assert_there_are(&metrics_in(query), query);
    }
}

/// What the dashboard is for: nothing that `/probe` answers about a target is missing from it, but for what is in another
/// form there.
#[test]
fn the_dashboard_shows_every_family() {
    // The verdict is shown as success; code and addresses are for scripts.
    const ELSEWHERE: [&str; 3] = ["mailprobe_exit_code", "mailprobe_addresses", "mailprobe_verdict"];
    let dashboard = dashboard();
    let shown: BTreeSet<String> = queries(&dashboard).iter().flat_map(|(_, query)| metrics_in(query)).collect();
    let left_out: Vec<String> = families()
        .into_iter()
        .filter(|name| !name.starts_with("process_") && !ELSEWHERE.contains(&name.as_str()) && !shown.contains(name))
        .collect();
    assert_eq!(left_out, Vec::<String>::new());
}

#[test]
fn the_dashboard_is_one_that_grafana_takes() {
    let dashboard = dashboard();
    // Grafana 11; 10.3 and later read it, too.
    assert_eq!(dashboard["schemaVersion"], 39);
    assert!(dashboard["id"].is_null(), "an id is given by the Grafana that imports it");
    assert_eq!(dashboard["uid"], "mailprobe-serve");
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in panels(&dashboard) {
        let title = panel["title"].as_str().expect("a title");
        assert!(ids.insert(panel["id"].as_u64()), "{title}");
        let place = |side: &str| panel["gridPos"][side].as_u64().expect("a place");
        assert!(place("x") + place("w") <= 24, "{title}");
        for row in place("y")..place("y") + place("h") {
            for column in place("x")..place("x") + place("w") {
                assert!(taken.insert((row, column)), "{title} lies over another panel");
            }
        }
        if panel["type"] == "row" {
            continue;
        }
        let targets = panel["targets"].as_array().expect("targets");
        for source in targets.iter().chain([panel]).map(|part| &part["datasource"]["uid"]) {
            assert_eq!(source, "${datasource}", "{title}");
        }
        let references: BTreeSet<_> = targets.iter().map(|target| target["refId"].as_str()).collect();
        assert_eq!(references.len(), targets.len(), "{title}");
    }
    let kinds: BTreeSet<&str> = panels(&dashboard).iter().filter_map(|panel| panel["type"].as_str()).collect();
    assert!(
        kinds.is_superset(&BTreeSet::from(["bargauge", "state-timeline", "stat", "table", "timeseries"])),
        "{kinds:?}"
    );
}

#[test]
fn prometheus_takes_every_query_of_the_dashboard() {
    if !is_there("promtool") {
        return;
    }
    let dashboard = dashboard();
    let mut rules = "groups:\n  - name: dashboard\n    rules:\n".to_owned();
    for (number, (_, query)) in queries(&dashboard).into_iter().enumerate() {
        let query = query.replace("$__rate_interval", "5m");
        let query = Regex::new(r"\$(place|instance)").expect("good").replace_all(&query, ".*").into_owned();
        assert!(!query.contains('$'), "{query}");
        let query = serde_json::to_string(&query).expect("a string");
        let _ = write!(rules, "      - record: dashboard:query:{number}\n        expr: {query}\n");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("dashboard.rules.yml");
    std::fs::write(&file, &rules).expect("a file");
    let output = Command::new("promtool").args(["check", "rules"]).arg(&file).output().expect("it starts");
    assert!(output.status.success(), "{}\n{rules}", String::from_utf8_lossy(&output.stderr));
}

/// An alert of each rule is tried out.
#[test]
fn every_alert_has_a_test() {
    let (rules, tests) =
        (read("prometheus/mailprobe-serve.rules.yml"), read("prometheus/mailprobe-serve.rules.test.yml"));
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() >= 12, "{alerts:?}");
    for alert in alerts {
        let fires = tests
            .split(&format!("alertname: {alert}\n"))
            .skip(1)
            .any(|rest| rest.lines().nth(0).is_some_and(|line| line.trim() == "exp_alerts:"));
        assert!(fires, "no test lets {alert} fire");
    }
}
