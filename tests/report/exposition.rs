//! What `/probe` of `mailprobe serve` answers: every family of the reference, every state, and nothing that a server chose.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use mailprobe::internals::blocked::{
    Assessment, BlockedRun, Control, ControlAnswer, Evidence, Facts, FamilyEvidence, HostingPlace, Machine, Names,
    Relay, RelayAnswer, Scope,
};
use mailprobe::internals::diagnosis::{FindingId, State};
use mailprobe::internals::observation::path::{Edge, How, Path, Place};
use mailprobe::internals::policy::{Report, Verdict};
use mailprobe::internals::serve::{CheckAnswer, CheckResult, Engine, EngineLimits, Telemetry, exposition};
use mailprobe::internals::service::Service;
use regex::Regex;

use crate::formats::every;
use crate::samples::{self, HOST, V4, V6, works};

/// A check that ended like this.
fn answer(result: CheckResult) -> CheckAnswer {
    CheckAnswer {
        module: "default".to_owned(),
        target: HOST.to_owned(),
        started: SystemTime::UNIX_EPOCH,
        took: Duration::from_millis(412),
        limit: Duration::from_secs(10),
        finished: true,
        result,
    }
}

fn probe(run: Report) -> String {
    exposition::render(&answer(CheckResult::Ports(Box::new(run))))
}

/// Port 25 is dropped after the third hop, over IPv4; there is no IPv6.
fn blocked() -> BlockedRun {
    let ip = |text: &str| text.parse().expect("an address");
    let edge = |ttl, address| Some(Edge { ttl, address: Some(ip(address)) });
    let relay = |number: u8, path| Relay {
        operator: format!("operator{number}.example"),
        host: format!("mx{number}.example.org"),
        address: ip(&format!("192.0.2.{number}")),
        state: State::ConnectionTimeout,
        answer: RelayAnswer::Stopped,
        failure: None,
        refusal: None,
        stand_in: None,
        greeted_as: None,
        portal: false,
        authentic: false,
        path,
        own: false,
    };
    let path = Path {
        port: 25,
        control_port: 587,
        place: Place::Path,
        how: Some(How::Drop),
        after: edge(3, "198.51.100.3"),
        before: edge(4, "198.51.100.4"),
        icmp: None,
        hops: Vec::new(),
        tunnel: None,
    };
    let control = |number: u8| Control {
        host: format!("mx{number}.example.org"),
        address: ip(&format!("192.0.2.{number}")),
        port: 587,
        answer: ControlAnswer::Connected,
    };
    let seen = FamilyEvidence {
        relays: vec![relay(1, Some(path)), relay(2, None), relay(3, None)],
        controls: vec![control(1), control(2), control(3)],
    };
    let evidence = Evidence { scope: Scope::References, names: Names::Found, ipv4: Some(seen), ipv6: None };
    let machine = Machine {
        system: "linux",
        surroundings: HostingPlace::default(),
        sources: Vec::new(),
        seen_as: Vec::new(),
        reverse: Vec::new(),
        request_wanted: false,
    };
    let answer = Assessment::of(Facts::new(evidence, Vec::new(), machine));
    let run = Report { verdict: answer.verdict(), exit_code: 6, ..samples::mixed() };
    BlockedRun { run, answer }
}

fn own() -> String {
    let telemetry = Telemetry::default();
    telemetry.checked(Verdict::Pass.name());
    telemetry.requested("/probe", 200);
    telemetry.module_unknown();
    telemetry.event("sent");
    telemetry.state_write_failed();
    telemetry.reloaded(true);
    telemetry.reloaded(false);
    telemetry.text(&Engine::new(EngineLimits::default()))
}

/// Every sample, hostile ones too, a blocked port 25, and the service's own metrics.
pub(crate) fn expositions() -> Vec<(&'static str, String)> {
    let mut all: Vec<_> = every().into_iter().map(|(name, run)| (name, probe(run))).collect();
    all.push(("blocked", exposition::render(&answer(CheckResult::Blocked(Box::new(blocked()))))));
    all.push(("own", own()));
    all
}

/// The names of all families that occur somewhere.
pub(crate) fn families() -> BTreeSet<String> {
    let name = |line: &str| line.strip_prefix("# TYPE ")?.split(' ').next().map(ToOwned::to_owned);
    expositions().iter().flat_map(|(_, text)| text.lines().filter_map(name).collect::<Vec<_>>()).collect()
}

/// Name, labels, and the value as written.
type Sample = (String, BTreeMap<String, String>, String);

/// Reads a text as Prometheus does, but strictly: panics where a line is neither a comment nor a sample.
fn samples_of(text: &str) -> Vec<Sample> {
    let line_of = Regex::new(r#"^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\[\\n"])*",?)*)\})? (-?[0-9]+(?:\.[0-9]+)?)$"#)
        .expect("good");
    let label = Regex::new(r#"([a-z_]+)="((?:[^"\\]|\\[\\n"])*)""#).expect("good");
    let mut all = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        let parts = line_of.captures(line).unwrap_or_else(|| panic!("not a sample: {line:?}"));
        let labels = parts.get(2).map_or("", |labels| labels.as_str());
        let labels = label.captures_iter(labels).map(|pair| (pair[1].to_owned(), pair[2].to_owned())).collect();
        all.push((parts[1].to_owned(), labels, parts[3].to_owned()));
    }
    all
}

fn of<'a>(samples: &'a [Sample], name: &'a str) -> impl Iterator<Item = &'a Sample> {
    samples.iter().filter(move |(found, ..)| found == name)
}

#[track_caller]
fn value<'a>(samples: &'a [Sample], name: &'a str, labels: &[(&str, &str)]) -> &'a str {
    let fits = |found: &BTreeMap<String, String>| {
        labels.iter().all(|&(name, value)| found.get(name).is_some_and(|found| found == value))
    };
    let found: Vec<&str> =
        of(samples, name).filter(|(_, found, _)| fits(found)).map(|(.., value)| value.as_str()).collect();
    let [value] = found[..] else { panic!("{name} {labels:?} occurs {} times", found.len()) };
    value
}

/// Every family, as docs/prometheus.md names it. A name with braces stands for several.
fn reference() -> BTreeSet<String> {
    let text = include_str!("../../docs/prometheus.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| Some(row.split_once(['`', '{'])?.0.to_owned())).collect()
}

#[test]
fn every_family_of_the_reference_occurs_and_no_other() {
    let told = reference();
    let found: BTreeSet<String> = families().into_iter().filter(|name| !name.starts_with("process_")).collect();
    assert!(told.len() > 30, "{told:?}");
    assert_eq!(told.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new(), "in docs/prometheus.md alone");
    assert_eq!(found.difference(&told).collect::<Vec<_>>(), Vec::<&String>::new(), "not in docs/prometheus.md");
    if cfg!(target_os = "linux") {
        for name in ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"] {
            assert!(families().contains(name), "{name}");
        }
    }
}

#[test]
fn every_series_occurs_once_and_every_line_is_of_the_format() {
    for (name, text) in expositions() {
        let samples = samples_of(&text);
        let series: BTreeSet<_> = samples.iter().map(|(name, labels, _)| (name, labels)).collect();
        assert_eq!(series.len(), samples.len(), "{name}:\n{text}");
        assert!(!text.chars().any(|character| character.is_control() && character != '\n'), "{name}:\n{text}");
        assert!(!text.contains('\u{202e}'), "{name}:\n{text}");
    }
}

#[test]
fn every_state_is_in_the_state_set_and_one_of_them_is_the_case() {
    for (name, run) in every() {
        let verdict = run.verdict;
        let samples = samples_of(&probe(run));
        let mut sets: BTreeMap<BTreeMap<String, String>, Vec<(String, String)>> = BTreeMap::new();
        for (_, labels, value) in of(&samples, "mailprobe_endpoint_state") {
            let mut endpoint = labels.clone();
            let state = endpoint.remove("state").expect("a state");
            sets.entry(endpoint).or_default().push((state, value.clone()));
        }
        for (endpoint, states) in &sets {
            let names: Vec<&str> = states.iter().map(|(state, _)| state.as_str()).collect();
            assert_eq!(names, State::ALL.iter().map(|state| state.name()).collect::<Vec<_>>(), "{name} {endpoint:?}");
            let ones = states.iter().filter(|(_, value)| value == "1").count();
            assert_eq!(
                (ones, states.iter().filter(|(_, value)| value == "0").count()),
                (1, names.len() - 1),
                "{name} {endpoint:?}"
            );
        }
        assert_eq!(sets.len(), of(&samples, "mailprobe_endpoint_duration_seconds").count(), "{name}");
        for each in Verdict::ALL {
            let is = value(&samples, "mailprobe_verdict", &[("verdict", each.name())]);
            assert_eq!(is == "1", *each == verdict, "{name} {each}");
        }
    }
}

#[test]
fn a_host_of_which_some_ports_fail_is_told_port_by_port() {
    let samples = samples_of(&probe(samples::mixed()));
    let at = |name, labels: &[(&str, &str)]| value(&samples, name, labels);
    assert_eq!(at("probe_success", &[]), "0");
    assert_eq!(at("probe_duration_seconds", &[]), "0.412");
    assert_eq!(at("probe_timeout_seconds", &[]), "10");
    assert_eq!(at("probe_dns_lookup_time_seconds", &[]), "0.001234");
    assert_eq!(at("probe_ssl_earliest_cert_expiry", &[]), "1795064400");
    assert_eq!(at("mailprobe_exit_code", &[]), "1");
    assert_eq!(at("mailprobe_check_finished", &[]), "1");
    assert_eq!(at("mailprobe_addresses", &[("family", "ipv4")]), "1");
    assert_eq!(at("mailprobe_addresses", &[("family", "ipv6")]), "0");
    assert_eq!(at("mailprobe_endpoint_success", &[("port", "993")]), "1");
    assert_eq!(at("mailprobe_endpoint_success", &[("port", "143")]), "0");
    assert_eq!(at("mailprobe_endpoint_failed_stage", &[("port", "143"), ("stage", "greeting")]), "1");
    assert_eq!(at("mailprobe_endpoint_state", &[("port", "143"), ("state", "service-unavailable")]), "1");
    assert_eq!(at("mailprobe_endpoint_verdict", &[("port", "143"), ("verdict", "fail")]), "1");
    assert_eq!(at("mailprobe_endpoint_stage_seconds", &[("port", "993"), ("stage", "tls")]), "0.042");
    assert_eq!(at("mailprobe_endpoint_certificate_not_after_timestamp_seconds", &[("port", "587")]), "1795064400");
    let session = [("port", "993"), ("version", "TLS 1.3"), ("key_exchange", "X25519MLKEM768")];
    assert_eq!(at("mailprobe_endpoint_tls_info", &session), "1");
    assert!(of(&samples, "mailprobe_endpoint_failed_stage").all(|(_, labels, _)| labels["port"] != "993"));
}

#[test]
fn a_cause_has_the_constant_words_of_its_id() {
    for (name, run) in every() {
        let count: usize = run.targets.iter().map(|target| target.causes.len()).sum();
        let samples = samples_of(&probe(run));
        assert!(count == 0 || of(&samples, "mailprobe_cause").next().is_some(), "{name}");
        for (_, labels, _) in of(&samples, "mailprobe_cause") {
            let id = FindingId::from_name(&labels["cause"]).expect("a finding");
            assert_eq!(labels["summary"].replace("\\\"", "\""), id.entry().title, "{name}");
            assert!(labels["port"].is_empty() || labels["port"].parse::<u16>().is_ok(), "{name}");
            assert!(["error", "warning", "info"].contains(&labels["severity"].as_str()), "{name}");
        }
    }
}

#[test]
fn the_hop_is_told_after_which_the_way_stops() {
    let samples = samples_of(&probe(crate::traced::run()));
    let smtp = [("host", "mail.example.org"), ("port", "25"), ("address", V6)];
    let hops = of(&samples, "mailprobe_endpoint_path_hops").count();
    assert!(hops > 3, "{hops}");
    assert_eq!(value(&samples, "mailprobe_endpoint_path_hops", &smtp), "9");
    let way = [("where", "path"), ("how", "drop"), ("after", "2001:db8:f00d:9:a:b:c:d"), ("port", "465")];
    assert_eq!(value(&samples, "mailprobe_endpoint_path_info", &way), "1");
}

#[test]
fn a_blocked_port_25_is_one_answer_and_others_servers_are_no_series() {
    let text = exposition::render(&answer(CheckResult::Blocked(Box::new(blocked()))));
    let samples = samples_of(&text);
    let at = |name, labels: &[(&str, &str)]| value(&samples, name, labels);
    assert_eq!(at("mailprobe_blocked", &[("conclusion", "blocked")]), "1", "{text}");
    assert_eq!(at("mailprobe_blocked", &[("conclusion", "not-blocked")]), "0");
    assert_eq!(of(&samples, "mailprobe_blocked").count(), 6);
    assert_eq!(at("mailprobe_blocked_family", &[("family", "ipv4"), ("conclusion", "blocked")]), "1");
    assert_eq!(of(&samples, "mailprobe_blocked_family").count(), 6, "this machine has no IPv6");
    assert_eq!(at("mailprobe_endpoint_path_hops", &[("address", "192.0.2.1"), ("port", "25")]), "3");
    assert_eq!(at("probe_success", &[]), "0");
    for name in ["mailprobe_endpoint_state", "probe_ssl_earliest_cert_expiry"] {
        assert_eq!(of(&samples, name).count(), 0, "{name}");
    }
}

#[test]
fn a_check_that_was_cut_off_says_so() {
    let unfinished = CheckAnswer { finished: false, ..answer(CheckResult::Ports(Box::new(samples::mixed()))) };
    assert_eq!(value(&samples_of(&exposition::render(&unfinished)), "mailprobe_check_finished", &[]), "0");
}

/// docs/prometheus.md tells how many series a target makes.
#[test]
fn the_number_of_series_is_as_documented() {
    let endpoints =
        [V4, V6].iter().flat_map(|address| Service::ALL.iter().map(|&service| works(HOST, address, service)));
    let usual = samples::run(vec![samples::target(HOST, Verdict::Pass, "", &[], endpoints.collect())]);
    let text = probe(usual);
    let count = samples_of(&text).len();
    let page = include_str!("../../docs/prometheus.md");
    let told = format!("**{count} series** ({} kB)", text.len().div_ceil(1000));
    assert!(page.contains(&told), "docs/prometheus.md does not say: {told}");
    assert!(page.contains(&format!("{} states", State::ALL.len())), "{}", State::ALL.len());
}

/// Whatever stands in a greeting, a name or a certificate, it makes no new series: after the server changed its words, the
/// same series are there, but for the names of hosts, which are the endpoints themselves.
#[test]
fn a_server_cannot_make_series_by_changing_its_words() {
    let series = |words: &str| {
        let mut run = samples::mixed();
        for judged in run.targets.iter_mut().flat_map(|target| &mut target.endpoints) {
            for attempt in &mut judged.observation.attempts {
                attempt.transcript.iter_mut().for_each(|line| words.clone_into(&mut line.text));
                attempt.stages.iter_mut().for_each(|stage| stage.detail = Some(words.to_owned()));
                if let Some(greeting) = &mut attempt.conversation.greeting {
                    greeting.lines = vec![words.to_owned()];
                    words.clone_into(&mut greeting.text);
                }
                if let Some(offered) = &mut attempt.conversation.secured {
                    offered.keywords = vec![words.to_owned()];
                }
                if let Some(certificate) = attempt.tls.as_mut().and_then(|tls| tls.certificate.as_mut()) {
                    words.clone_into(&mut certificate.subject);
                    words.clone_into(&mut certificate.issuer);
                    certificate.names = vec![words.to_owned()];
                }
            }
        }
        probe(run)
    };
    let plain = series("mail.example.org");
    for hostile in
        ["a\nprobe_success 1\n", "\"} 1\nup{x=\"", "\\", "\u{202e}\u{2066}", "\r\n# HELP x", &"x".repeat(10_000)]
    {
        assert_eq!(series(hostile), plain, "{hostile:?}");
    }
}

#[test]
fn what_the_service_counts_of_itself() {
    let samples = samples_of(&own());
    let at = |name, labels: &[(&str, &str)]| value(&samples, name, labels);
    assert_eq!(at("mailprobe_serve_checks_total", &[("verdict", "pass")]), "1");
    assert_eq!(at("mailprobe_serve_checks_total", &[("verdict", "fail")]), "0");
    assert_eq!(at("mailprobe_serve_requests_total", &[("path", "/probe"), ("code", "200")]), "1");
    assert_eq!(at("mailprobe_serve_checks_refused_total", &[("reason", "full")]), "0");
    assert_eq!(at("mailprobe_config_last_reload_successful", &[]), "0");
    let worked = at("mailprobe_config_last_reload_success_timestamp_seconds", &[]);
    assert!(worked.parse::<u64>().is_ok_and(|at| at > 1_700_000_000), "{worked}");
    assert_eq!(at("mailprobe_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), "1");
}
