//! What the daemon says of itself at `/metrics`.

use std::time::SystemTime;

#[cfg(target_os = "linux")]
use prometheus::process_collector::ProcessCollector;
use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use super::engine::{Busy, Engine};
use crate::policy::Verdict;
use crate::report::metrics::{Exposition, Labels, Value as _};

/// The daemon's own metrics. Every label has a fixed list of values: what is asked for makes no new series.
#[derive(Debug)]
pub struct Telemetry {
    registry: Registry,
    checks: IntCounterVec,
    requests: IntCounterVec,
    modules_unknown: IntCounter,
    events: IntCounterVec,
    state_writes_failed: IntCounter,
    reload_worked: IntGauge,
    reloaded_at: prometheus::Gauge,
}

impl Default for Telemetry {
    fn default() -> Self {
        let registry = Registry::new();
        let counter = |name, help| registered(&registry, IntCounter::new(name, help));
        let counters = |name: &str, help: &str, labels: &[&str]| {
            registered(&registry, IntCounterVec::new(Opts::new(name, help), labels))
        };
        let gauge = |name, help| registered(&registry, IntGauge::new(name, help));
        let telemetry = Self {
            checks: counters("mailprobe_serve_checks_total", "Checks that were made, by verdict.", &["verdict"]),
            requests: counters(
                "mailprobe_serve_requests_total",
                "Requests that were answered, by path and status code.",
                &["path", "code"],
            ),
            modules_unknown: counter(
                "mailprobe_serve_module_unknown_total",
                "Requests for a module that does not exist.",
            ),
            events: counters(
                "mailprobe_serve_events_total",
                "Changes of state, by what became of telling the webhook.",
                &["outcome"],
            ),
            state_writes_failed: counter(
                "mailprobe_serve_state_writes_failed_total",
                "Writes to the database of what was seen that failed.",
            ),
            reload_worked: gauge(
                "mailprobe_config_last_reload_successful",
                "Whether the configuration could be read the last time: 1 or 0.",
            ),
            reloaded_at: registered(
                &registry,
                prometheus::Gauge::new(
                    "mailprobe_config_last_reload_success_timestamp_seconds",
                    "When the configuration was last read without a mistake, in Unix time.",
                ),
            ),
            registry: registry.clone(),
        };
        let version = Opts::new("mailprobe_build_info", "The version of mailprobe; always 1.");
        let version = version.const_label("version", env!("CARGO_PKG_VERSION"));
        registered(&registry, IntGauge::with_opts(version)).set(1);
        // A rate needs a zero to begin from.
        for verdict in Verdict::ALL {
            telemetry.checks.with_label_values(&[verdict.name()]).inc_by(0);
        }
        #[cfg(target_os = "linux")]
        let _ = registry.register(Box::new(ProcessCollector::for_self()));
        telemetry
    }
}

/// Every name above is written here once, so nothing can be wrong with it.
fn registered<M: prometheus::core::Collector + Clone + 'static>(
    registry: &Registry,
    metric: prometheus::Result<M>,
) -> M {
    let metric = metric.expect("a good name");
    registry.register(Box::new(metric.clone())).expect("registered once");
    metric
}

impl Telemetry {
    /// A check was made.
    pub fn checked(&self, verdict: &str) {
        self.checks.with_label_values(&[verdict]).inc();
    }

    /// A request was answered. `path` is the route, not what was asked for: anybody may ask for anything.
    pub fn requested(&self, path: &str, code: u16) {
        self.requests.with_label_values(&[path, &code.to_string()]).inc();
    }

    /// A module was asked for that does not exist.
    pub fn module_unknown(&self) {
        self.modules_unknown.inc();
    }

    /// Something changed, and the webhook was told, or not: `outcome` in a word.
    pub fn event(&self, outcome: &'static str) {
        self.events.with_label_values(&[outcome]).inc();
    }

    /// What was seen could not be written down.
    pub fn state_write_failed(&self) {
        self.state_writes_failed.inc();
    }

    /// The configuration was read, or there was a mistake in it.
    pub fn reloaded(&self, worked: bool) {
        self.reload_worked.set(worked.into());
        if worked {
            self.reloaded_at.set(SystemTime::now().into_sample());
        }
    }

    /// In the text format.
    pub fn text(&self, engine: &Engine) -> String {
        let mut metrics = Exposition::default();
        metrics.append(&self.registry.gather());
        EngineNumbers::of(engine).add_to(&mut metrics);
        metrics.into_text()
    }
}

/// What the engine counts.
#[derive(Debug)]
struct EngineNumbers {
    running: usize,
    waiting: usize,
    coalesced: u64,
    refused: [u64; REASONS.len()],
}

/// Why checks are not begun.
const REASONS: [(Busy, &str); 3] = [(Busy::Full, "full"), (Busy::NoTime, "no-time"), (Busy::Unusable, "unusable")];

impl EngineNumbers {
    fn of(engine: &Engine) -> Self {
        Self {
            running: engine.running(),
            waiting: engine.waiting(),
            coalesced: engine.coalesced(),
            refused: REASONS.map(|(busy, _)| engine.refused(busy)),
        }
    }

    fn add_to(&self, metrics: &mut Exposition) {
        metrics.single("mailprobe_serve_checks_running", "Checks that run now.", self.running);
        metrics.single("mailprobe_serve_checks_waiting", "Checks that wait for their turn.", self.waiting);
        let help = "Requests that got the answer of a check that ran already.";
        metrics.counters("mailprobe_serve_checks_coalesced_total", help, |samples| {
            samples.add(&Labels::default(), self.coalesced);
        });
        let help = "Checks that were not begun, by reason.";
        metrics.counters("mailprobe_serve_checks_refused_total", help, |samples| {
            for ((_, reason), count) in REASONS.iter().zip(self.refused) {
                samples.add(&Labels::new([("reason", reason)]), count);
            }
        });
    }
}
