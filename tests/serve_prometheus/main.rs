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
use prometheus::{Prometheus, assert_lints, promtool};
use world::{CUT_OFF, MAIL_SERVER, PLACES, PORT_WITHOUT_WAY, World};

/// The rules for who runs `mailprobe serve`.
const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/prometheus/mailprobe-serve.rules.yml");

/// Far longer than it takes until a rule fires whose patience is none.
const FIRES_WITHIN: Duration = Duration::from_secs(60);

const ALERTS: &str = "an_alert_fires_for_the_place_that_is_cut_off_and_says_why";

#[test]
fn an_alert_fires_for_the_place_that_is_cut_off_and_says_why() {
    in_own_network(ALERTS, || {
        need("prometheus");
        need("promtool");
        let world = World::new(ALERTS);
        let services = world.serve();
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("rules.yml"), impatient(&fs::read_to_string(RULES).expect("the rules")))
            .expect("written");
        let config = prometheus::config("rules.yml");
        fs::write(folder.path().join("prometheus.yml"), config).expect("written");
        promtool(&["check", "config", "prometheus.yml"], folder.path(), "");
        let prometheus = Prometheus::start(folder.path());

        let deadline = Instant::now() + FIRES_WITHIN;
        let alerts = loop {
            let alerts = prometheus.firing();
            // Prometheus spreads its first scrapes over the interval.
            let asked = |place| prometheus.value(&format!("probe_success{{place=\"{place}\"}}")).is_some();
            if PLACES.into_iter().all(asked)
                && alerts.iter().any(|alert| alert["annotations"].to_string().contains(world::CAUSE))
            {
                break alerts;
            }
            assert!(Instant::now() < deadline, "no alert names the cause: {alerts:#?}\n{}", world::told(&services));
            std::thread::sleep(Duration::from_millis(500));
        };
        for alert in &alerts {
            assert_eq!(alert["labels"]["place"], CUT_OFF, "only there is anything wrong: {alert:#}");
            assert_eq!(alert["labels"]["instance"], MAIL_SERVER, "{alert:#}");
        }

        // What the dashboards of blackbox_exporter show, under its names.
        for place in PLACES {
            let of = |metric: &str| prometheus.value(&format!("{metric}{{place=\"{place}\"}}"));
            assert_eq!(of("up"), Some(1.0), "{place}");
            assert_eq!(of("probe_success"), Some(f64::from(u8::from(place != CUT_OFF))), "{place}");
            assert!(of("probe_ssl_earliest_cert_expiry").is_some(), "{place}");
            let open = format!("sum(mailprobe_endpoint_success{{place=\"{place}\"}})");
            assert_eq!(prometheus.value(&open), Some(if place == CUT_OFF { 1.0 } else { 2.0 }), "{place}");
            // Every state has its series, so that a rule needs no `absent()`.
            let states = format!("count(mailprobe_endpoint_state{{place=\"{place}\",port=\"{PORT_WITHOUT_WAY}\"}})");
            assert!(prometheus.value(&states) > Some(20.0), "{place}: {:?}", prometheus.value(&states));
        }
    });
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
        // Its target is a mail host of one's own.
        let blocked = services[0].get("/probe?module=blocked&target=10.9.9.2", &[(serving::SCRAPE_TIMEOUT, "3")]);
        let blocked = blocked.expect("an answer");
        assert_eq!(blocked.code, 200, "{}", blocked.body);
        assert_lints("blocked", &blocked.body);
    });
}

#[test]
fn promtool_finds_nothing_wrong_with_the_rules() {
    if prometheus::is_there() {
        promtool(&["check", "rules", RULES], env!("CARGO_MANIFEST_DIR").as_ref(), "");
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
