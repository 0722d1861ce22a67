//! Debian's Prometheus and its promtool.

use std::fmt::Write as _;
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

/// A running Prometheus, which ends with the value.
pub(crate) struct Prometheus(Child);

/// Every place asks about the same target, relabelled as for `blackbox_exporter`: the target is the instance, and the
/// exporter's own address only says where the request goes.
pub(crate) fn config(rules: &str) -> String {
    let mut config = format!(
        "global:
  scrape_interval: 6s
  scrape_timeout: 6s
  evaluation_interval: 1s
rule_files: [{rules}]
scrape_configs:
"
    );
    for place in PLACES {
        let exporter = SocketAddr::from((address(place), SERVE_PORT));
        let _ = write!(
            config,
            "  - job_name: mail-{place}
    metrics_path: /probe
    static_configs:
      - targets: ['{MAIL_SERVER}']
        labels: {{place: {place}}}
    relabel_configs:
      - source_labels: [__address__]
        target_label: __param_target
      - source_labels: [__param_target]
        target_label: instance
      - target_label: __address__
        replacement: {exporter}
"
        );
    }
    config
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
