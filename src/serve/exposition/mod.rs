//! What came of a check, as metrics for `/probe`.
//!
//! What `blackbox_exporter` has bears its names. Nothing here names the target: that is the label `instance`, which
//! Prometheus sets. Label values come from fixed lists, but for hosts, addresses and routers, so that a server cannot make
//! new series by changing its words. `docs/prometheus.md` lists all families.

mod blocked;
mod causes;
mod endpoints;

use std::collections::BTreeSet;
use std::time::Duration;

use super::answer::{CheckAnswer, CheckResult};
use crate::policy::{Family, Report, Verdict};
use crate::report::metrics::{Exposition, Labels};

/// The metrics of a check, in the text format.
pub fn render(answer: &CheckAnswer) -> String {
    let mut metrics = Exposition::default();
    check(&mut metrics, answer);
    match &answer.result {
        CheckResult::Ports(report) => {
            addresses(&mut metrics, report);
            all_causes(&mut metrics, report);
            policies(&mut metrics, report);
            endpoints::families(&mut metrics, report);
        }
        CheckResult::Blocked(run) => blocked::families(&mut metrics, run),
    }
    metrics.into_text()
}

/// What is said of every check.
fn check(metrics: &mut Exposition, answer: &CheckAnswer) {
    let report = answer.report();
    let worked = matches!(report.verdict, Verdict::Pass | Verdict::Warn);
    metrics.single("probe_success", "Whether nothing fails (the verdict is pass or warn): 1 or 0.", worked);
    metrics.single("probe_duration_seconds", "How long the check took.", answer.took);
    metrics.single("probe_timeout_seconds", "How long the check might have taken.", answer.limit);
    // The names are looked up at the same time.
    let resolutions = report.targets.iter().flat_map(|target| &target.resolutions);
    let lookup = resolutions.map(|resolution| resolution.duration).max().unwrap_or(Duration::ZERO);
    metrics.single("probe_dns_lookup_time_seconds", "How long it took to look up the addresses.", lookup);
    let help = "Whether the check came to its end before its time was over: 1 or 0.";
    metrics.single("mailprobe_check_finished", help, answer.finished);
    metrics.family("mailprobe_verdict", "The verdict on the target: 1 for the one it has, else 0.", |samples| {
        let names = Verdict::ALL.iter().map(|verdict| verdict.name());
        samples.add_state_set(&Labels::default(), "verdict", names, report.verdict.name());
    });
    let help = "The exit code that the command would have: 0 when all is well.";
    metrics.single("mailprobe_exit_code", help, report.exit_code);
}

fn addresses(metrics: &mut Exposition, report: &Report) {
    let resolutions = || report.targets.iter().flat_map(|target| &target.resolutions);
    if resolutions().next().is_none() {
        return;
    }
    let all: BTreeSet<_> = resolutions().flat_map(|resolution| &resolution.addresses).collect();
    let ipv4 = all.iter().filter(|address| address.is_ipv4()).count();
    metrics.family("mailprobe_addresses", "How many addresses the names have, by family.", |samples| {
        for (family, count) in [(Family::Ipv4, ipv4), (Family::Ipv6, all.len() - ipv4)] {
            samples.add(&Labels::new([("family", family.name())]), count);
        }
    });
}

fn all_causes(metrics: &mut Exposition, report: &Report) {
    let causes = report.targets.iter().flat_map(|target| &target.causes);
    let mut all = BTreeSet::new();
    for cause in causes {
        if cause.ports.is_empty() {
            all.insert((cause.severity, cause.id, None));
        }
        all.extend(cause.ports.iter().map(|&port| (cause.severity, cause.id, Some(port))));
    }
    causes::family(metrics, all);
}

fn policies(metrics: &mut Exposition, report: &Report) {
    let policies = report.targets.iter().flat_map(|target| &target.policies);
    let all: BTreeSet<_> = policies.map(|policy| (policy.kind, policy.outcome)).collect();
    metrics.family("mailprobe_policy", "What came of a kind of promise of the domain; always 1.", |samples| {
        for (kind, outcome) in all {
            samples.add(&Labels::new([("policy", kind.name()), ("outcome", outcome.name())]), true);
        }
    });
}
