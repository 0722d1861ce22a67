//! What the daemon says of itself at `/metrics`.

use prometheus::{Encoder as _, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

/// The daemon's own metrics.
#[derive(Debug)]
pub struct Telemetry {
    registry: Registry,
    checks: IntCounterVec,
    reload_worked: IntGauge,
    events: IntCounterVec,
    state_writes_failed: IntCounter,
}

impl Default for Telemetry {
    fn default() -> Self {
        let checks = Opts::new("mailprobe_serve_checks_total", "Checks that came to an end, by verdict.");
        let checks = IntCounterVec::new(checks, &["verdict"]).expect("a good name");
        let reload_worked = IntGauge::new(
            "mailprobe_config_last_reload_successful",
            "Whether the configuration could be read the last time: 1 or 0.",
        )
        .expect("a good name");
        let events = Opts::new("mailprobe_serve_events_total", "Events that were to be sent, by what became of them.");
        let events = IntCounterVec::new(events, &["outcome"]).expect("a good name");
        let state_writes_failed = IntCounter::new(
            "mailprobe_serve_state_writes_failed_total",
            "How often the state file could not be written.",
        )
        .expect("a good name");
        let registry = Registry::new();
        registry.register(Box::new(events.clone())).expect("registered once");
        registry.register(Box::new(state_writes_failed.clone())).expect("registered once");
        registry.register(Box::new(checks.clone())).expect("registered once");
        registry.register(Box::new(reload_worked.clone())).expect("registered once");
        Self { registry, checks, reload_worked, events, state_writes_failed }
    }
}

impl Telemetry {
    pub fn reloaded(&self, worked: bool) {
        self.reload_worked.set(worked.into());
    }

    pub fn checked(&self, verdict: &str) {
        self.checks.with_label_values(&[verdict]).inc();
    }

    /// What became of an event that was to be sent.
    pub fn event(&self, outcome: &str) {
        self.events.with_label_values(&[outcome]).inc();
    }

    pub fn state_write_failed(&self) {
        self.state_writes_failed.inc();
    }

    /// In the text format.
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        // It fails only where a writer does.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        String::from_utf8(text).unwrap_or_default()
    }
}
