//! Debian's Prometheus and its promtool.

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use mailprobe_lab::skips;
use serde_json::Value;

use crate::serving::get;
use crate::world::{MAIL_SERVER, PLACES, SERVE_PORT, address};

const LISTEN: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 9090);

/// Far longer than it needs to start, and to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What we ship for it.
pub(crate) const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/prometheus");

/// A running Prometheus, which ends with the value.
pub(crate) struct Prometheus(Child);

/// The configuration that we ship, with places of the test's own: to the two that it has a third was added as it says. It asks
/// more often than anybody would.
pub(crate) fn config() -> String {
    let shipped = fs::read_to_string(format!("{EXAMPLES}/prometheus.yml")).expect("the configuration");
    let (before, rest) = shipped.split_once("  # The same from Tokyo.\n").expect("the second place");
    let (job, after) = rest.split_once("  # Whether outbound").expect("the module blocked");
    let (line, end) = after.split_once("        labels: {place: tokyo}\n").expect("where it is asked");
    let (last, line) = line.rsplit_once("      - targets: ").expect("where it is asked");
    let line = format!("      - targets: {line}        labels: {{place: tokyo}}\n");
    let third = |text: &str| text.replace("tokyo", "third");
    let mut config = format!("{before}{job}{}  # Whether outbound{last}{line}{}{end}", third(job), third(&line));
    for (shipped, place) in ["berlin", "tokyo", "third"].into_iter().zip(PLACES) {
        let service = SocketAddr::from((address(place), SERVE_PORT));
        config = config
            .replace(&format!("mailprobe.{shipped}.example.org:9725"), &service.to_string())
            .replace(&format!("place: {shipped}"), &format!("place: {place}"))
            .replace(&format!("replacement: {shipped}"), &format!("replacement: {place}"));
    }
    for (usual, often) in [("1m", "8s"), ("50s", "8s"), ("10m", "20s"), ("2m", "20s")] {
        for what in ["interval", "timeout"] {
            config = config.replace(&format!("scrape_{what}: {usual}\n"), &format!("scrape_{what}: {often}\n"));
        }
    }
    format!("global: {{scrape_interval: 8s, scrape_timeout: 8s, evaluation_interval: 1s}}\n{config}")
}

/// What Prometheus asks about, in a file of its own.
pub(crate) fn targets() -> String {
    format!("- targets: ['{MAIL_SERVER}']\n")
}

impl Prometheus {
    /// Starts it with the configuration in this folder, where it also keeps what it saw.
    pub(crate) fn start(folder: &Path) -> Self {
        let child = Command::new("prometheus")
            .arg(format!("--web.listen-address={}", SocketAddr::from(LISTEN)))
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=warn"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .spawn()
            .expect("prometheus starts");
        let mut prometheus = Self(child);
        let deadline = Instant::now() + PATIENCE;
        while !get(LISTEN.into(), "/-/ready", &[], PATIENCE).is_ok_and(|answer| answer.code == 200) {
            assert_eq!(prometheus.0.try_wait().expect("a child"), None, "prometheus ended");
            assert!(Instant::now() < deadline, "prometheus is not ready");
            thread::sleep(Duration::from_millis(100));
        }
        prometheus
    }

    /// The alerts that fire.
    pub(crate) fn firing(&self) -> Vec<Value> {
        let alerts = self.ask("/api/v1/alerts")["alerts"].take();
        let Value::Array(alerts) = alerts else { panic!("{alerts} are no alerts") };
        alerts.into_iter().filter(|alert| alert["state"] == "firing").collect()
    }

    /// What a query comes to that has one answer; `None` where it has none.
    pub(crate) fn value(&self, query: &str) -> Option<f64> {
        let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("query", query).finish();
        let result = self.ask(&format!("/api/v1/query?{query}"));
        let series = result["result"].as_array().expect("series");
        assert!(series.len() < 2, "{query}: {series:#?}");
        series.first().and_then(|one| one["value"][1].as_str()?.parse().ok())
    }

    #[expect(clippy::unused_self, reason = "only a running one answers")]
    fn ask(&self, path: &str) -> Value {
        let answer = get(LISTEN.into(), path, &[], PATIENCE).expect("prometheus answers");
        let mut document: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(document["status"], "success", "{path}: {document:#}");
        document["data"].take()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether promtool is installed. If not, the test is skipped.
pub(crate) fn is_there() -> bool {
    let there = Command::new("promtool").arg("--version").output().is_ok();
    if !there {
        skips::skip(&skips::this_test(), "the command promtool is missing");
    }
    there
}

/// Runs promtool, which must have nothing to complain of.
pub(crate) fn promtool(arguments: &[&str], folder: &Path, input: &str) {
    let mut child = Command::new("promtool")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool starts");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("promtool reads");
    let output = child.wait_with_output().expect("promtool ends");
    let told = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "promtool {arguments:?}: {told}\n{input}");
}

/// `promtool check metrics`, which ends with 3 where it has only advice.
pub(crate) fn assert_lints(what: &str, metrics: &str) {
    assert!(!metrics.is_empty(), "{what} has no metrics");
    promtool(&["check", "metrics"], env!("CARGO_MANIFEST_DIR").as_ref(), metrics);
}
