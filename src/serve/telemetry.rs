//! What the daemon says of itself at `/metrics`.

use prometheus::{Encoder as _, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

/// The daemon's own metrics.
#[derive(Debug)]
pub struct Telemetry {
    registry: Registry,
    checks: IntCounterVec,
    reload_worked: IntGauge,
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
        let registry = Registry::new();
        registry.register(Box::new(checks.clone())).expect("registered once");
        registry.register(Box::new(reload_worked.clone())).expect("registered once");
        Self { registry, checks, reload_worked }
    }
}

impl Telemetry {
    pub fn reloaded(&self, worked: bool) {
        self.reload_worked.set(worked.into());
    }

    pub fn checked(&self, verdict: &str) {
        self.checks.with_label_values(&[verdict]).inc();
    }

    /// In the text format.
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        // It fails only where a writer does.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        String::from_utf8(text).unwrap_or_default()
    }
}
