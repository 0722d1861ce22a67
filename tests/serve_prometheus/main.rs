//! A real Prometheus, three places, and the rules that we ship: the alert fires for the place that is cut off, and says why.

#![cfg(all(feature = "serve", target_os = "linux"))]

#[path = "../netns/mod.rs"]
mod netns;
mod prometheus;
#[path = "../serving/mod.rs"]
mod serving;
mod world;

use std::fs;
use std::time::{Duration, Instant};

use netns::{in_own_network, need};
use prometheus::{EXAMPLES, Prometheus, assert_lints, promtool};
use serde_json::Value;
use world::{CAUSE, CUT_OFF, LAST_HOP, MAIL_SERVER, PLACES, PORT_WITHOUT_WAY, World};

/// The rules for who runs `mailprobe serve`, as the configuration names them.
const RULES: &str = "mailprobe-serve.rules.yml";

/// Far longer than it takes until a rule fires whose patience is none.
const FIRES_WITHIN: Duration = Duration::from_secs(120);

const ALERTS: &str = "an_alert_fires_for_the_place_that_is_cut_off_and_says_why";

#[test]
fn an_alert_fires_for_the_place_that_is_cut_off_and_says_why() {
    in_own_network(ALERTS, || {
        need("prometheus");
        need("promtool");
        let world = World::new(ALERTS);
        let services = world.serve();
        let folder = tempfile::tempdir().expect("a folder");
        let rules = fs::read_to_string(format!("{EXAMPLES}/{RULES}")).expect("the rules");
        for (file, text) in [
            (RULES, impatient(&rules)),
            ("prometheus.yml", prometheus::config()),
            ("mailprobe-targets.yml", prometheus::targets()),
        ] {
            fs::write(folder.path().join(file), text).expect("written");
        }
        promtool(&["check", "config", "prometheus.yml"], folder.path(), "");
        let prometheus = Prometheus::start(folder.path());

        let expected = [
            ("MailTargetFails", CAUSE.to_owned()),
            ("MailReachableFromElsewhereOnly", cut_off()),
            ("MailPort25Blocked", format!("Port 25 to other mail servers is blocked from {CUT_OFF}")),
        ];
        let deadline = Instant::now() + FIRES_WITHIN;
        let alerts = loop {
            let alerts = prometheus.firing();
            let fires = |(name, words): &(&str, String)| {
                let is_it = |alert: &&Value| alert["labels"]["alertname"] == *name;
                alerts.iter().filter(is_it).any(|alert| alert["annotations"].to_string().contains(words))
            };
            // Prometheus spreads its first scrapes over the interval.
            let asked = |place| {
                let jobs = ["mailprobe", "mailprobe-blocked", "mailprobe-serve"];
                jobs.into_iter()
                    .all(|job| prometheus.value(&format!("up{{job=\"{job}\",place=\"{place}\"}}")).is_some())
            };
            if PLACES.into_iter().all(asked) && expected.iter().all(fires) {
                break alerts;
            }
            assert!(Instant::now() < deadline, "not all fire: {alerts:#?}\n{}", world::told(&services));
            std::thread::sleep(Duration::from_millis(500));
        };
        let of_the_place = format!("{}:{}", world::address(CUT_OFF), world::SERVE_PORT);
        for alert in &alerts {
            let labels = &alert["labels"];
            assert_eq!(labels["place"], CUT_OFF, "only there is anything wrong: {alert:#}");
            let about = if labels["job"] == "mailprobe" { MAIL_SERVER } else { &of_the_place };
            assert_eq!(labels["instance"], about, "{alert:#}");
        }

        for place in PLACES {
            assert_what_a_place_sees(&prometheus, place);
        }
    });
}

/// What the alert says of the place from which the port cannot be reached.
fn cut_off() -> String {
    let others: Vec<&str> = PLACES.into_iter().filter(|place| *place != CUT_OFF).collect();
    let (hops, router) = LAST_HOP;
    format!(
        "Port {PORT_WITHOUT_WAY} of {MAIL_SERVER} is reachable from {}, not from {CUT_OFF}: stops after hop {hops} ({router})",
        others.join(" and "),
    )
}

fn assert_what_a_place_sees(prometheus: &Prometheus, place: &str) {
    let is_cut_off = place == CUT_OFF;
    let set = |is_set: bool| Some(f64::from(u8::from(is_set)));
    // What the dashboards of blackbox_exporter show, under its names.
    let of = |metric: &str| prometheus.value(&format!("{metric}{{place=\"{place}\",job=\"mailprobe\"}}"));
    assert_eq!(of("up"), Some(1.0), "{place}");
    assert_eq!(of("probe_success"), set(!is_cut_off), "{place}");
    assert!(of("probe_ssl_earliest_cert_expiry").is_some(), "{place}");
    let open = format!("sum(mailprobe_endpoint_success{{place=\"{place}\"}})");
    assert_eq!(prometheus.value(&open), Some(if is_cut_off { 1.0 } else { 2.0 }), "{place}");
    // Every state has its series, so that a rule needs no `absent()`.
    let states = format!("count(mailprobe_endpoint_state{{place=\"{place}\",port=\"{PORT_WITHOUT_WAY}\"}})");
    assert!(prometheus.value(&states) > Some(20.0), "{place}: {:?}", prometheus.value(&states));

    // Only a way that stops is traced.
    let (hops, router) = LAST_HOP;
    assert_eq!(of("mailprobe_endpoint_path_hops"), is_cut_off.then_some(hops), "{place}");
    let last = format!("mailprobe_endpoint_path_info{{place=\"{place}\",job=\"mailprobe\",after=\"{router}\"}}");
    assert_eq!(prometheus.value(&last), is_cut_off.then_some(1.0), "{place}");

    // From where mail can be sent to others: asked without any target.
    for (conclusion, is_the_answer) in [("blocked", is_cut_off), ("not-blocked", !is_cut_off)] {
        let query = format!("mailprobe_blocked{{place=\"{place}\",conclusion=\"{conclusion}\"}}");
        assert_eq!(prometheus.value(&query), set(is_the_answer), "{place}: {conclusion}");
    }
}

const LINT: &str = "promtool_finds_nothing_wrong_with_the_metrics";

#[test]
fn promtool_finds_nothing_wrong_with_the_metrics() {
    in_own_network(LINT, || {
        need("promtool");
        let world = World::new(LINT);
        let services = world.serve();
        for service in &services {
            for path in [serving::probe_path(MAIL_SERVER), "/metrics".to_owned()] {
                let answer = service.get(&path, &[]).expect("an answer");
                assert_eq!(answer.code, 200, "{}", answer.body);
                assert_lints(&path, &answer.body);
            }
        }
        // Its target is a mail host of one's own, or none.
        for path in ["/probe?module=blocked&target=10.9.9.2", "/probe?module=blocked"] {
            let blocked = services[0].get(path, &[(serving::SCRAPE_TIMEOUT, "20")]).expect("an answer");
            assert_eq!(blocked.code, 200, "{}", blocked.body);
            assert_lints(path, &blocked.body);
        }
    });
}

#[test]
fn promtool_finds_nothing_wrong_with_the_rules() {
    if prometheus::is_there() {
        promtool(&["check", "rules", RULES], EXAMPLES.as_ref(), "");
    }
}

/// The rules without the patience that they have with what passes by itself.
fn impatient(rules: &str) -> String {
    let lines = rules.lines().map(|line| {
        let indentation = line.len() - line.trim_start().len();
        if line.trim_start().starts_with("for:") {
            format!("{}for: 0s\n", &line[..indentation])
        } else {
            format!("{line}\n")
        }
    });
    lines.collect()
}
