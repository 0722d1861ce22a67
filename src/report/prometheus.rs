//! `--format prometheus`: the text exposition format, for the textfile collector of Prometheus' node exporter.
//!
//! The names are those of `blackbox_exporter` where it has one for the same thing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::UNIX_EPOCH;

use super::brief::{push, visible};
use super::known::first;
use crate::diagnosis::State;
use crate::observation::promises::DaneChain;
use crate::observation::{Attempt, LoginOutcome};
use crate::policy::{About, JudgedEndpoint, JudgedTarget, PolicyOutcome, Report, Verdict};

/// The metrics of a run. Every series occurs once, however often a target was named; of several checks of one port the
/// worst counts.
pub fn render(run: &Report) -> String {
    let endpoints = distinct(run);
    let mut metrics = Metrics::default();
    metrics.begin("probe_success", "Whether the port works, or is as expected: 1 or 0.");
    for (labels, judged) in endpoints.iter().filter(|(_, judged)| was_asked(judged)) {
        metrics.sample(labels, u8::from(is_well(judged)));
    }
    metrics.begin("probe_duration_seconds", "How long the check of the port took.");
    for (labels, judged) in &endpoints {
        metrics.sample(labels, judged.observation.duration.as_secs_f64());
    }
    metrics.begin(
        "probe_ssl_earliest_cert_expiry",
        "When the first certificate of the server's chain expires, in Unix time.",
    );
    for (labels, judged) in &endpoints {
        if let Some((_, expiry)) = first(&judged.observation, earliest) {
            metrics.sample(labels, expiry);
        }
    }
    metrics.begin(
        "probe_ssl_earliest_cert_not_before",
        "From when that certificate is valid, in Unix time: its life is the difference.",
    );
    for (labels, judged) in &endpoints {
        if let Some((begin, _)) = first(&judged.observation, earliest) {
            metrics.sample(labels, begin);
        }
    }
    metrics.begin("probe_tls_version_info", "The negotiated TLS version; always 1.");
    for (labels, judged) in &endpoints {
        if let Some(version) = first(&judged.observation, |attempt| attempt.tls.as_ref()?.version.as_deref()) {
            metrics.sample(&labels.with("version", &version.replace("TLSv", "TLS ")), 1);
        }
    }
    metrics.begin("mailprobe_state", "State and verdict of the port; always 1.");
    for (labels, judged) in &endpoints {
        let labels = labels.with("state", judged.diagnosis.state.name()).with("verdict", judged.verdict.name());
        metrics.sample(&labels, 1);
    }
    metrics.begin("mailprobe_login_success", "Whether the login that was tried at the port worked: 1 or 0.");
    for (labels, judged) in &endpoints {
        if let Some(worked) = login_worked(judged) {
            metrics.sample(labels, u8::from(worked));
        }
    }
    metrics.begin("mailprobe_policy", "What came of a kind of promise of the domain; always 1.");
    for (labels, (_, outcome)) in policies(run) {
        metrics.sample(&labels.with("outcome", outcome.name()), 1);
    }
    metrics.begin("mailprobe_dane_match", "Whether the certificates match the TLSA records of the host: 1 or 0.");
    for (labels, judged) in &endpoints {
        let dane = judged.observation.promised.as_deref().and_then(|promised| promised.dane.as_ref());
        if let Some(matches) = dane.and_then(|dane| matches(&dane.chain)) {
            metrics.sample(&labels.of_place(), u8::from(matches));
        }
    }
    metrics.begin("mailprobe_last_run_timestamp_seconds", "When the run began, in Unix time.");
    let started = run.started.duration_since(UNIX_EPOCH).unwrap_or_default();
    metrics.sample(&Labels::default(), started.as_secs());
    metrics.begin("mailprobe_last_run_exit_code", "The exit code of the run: 0 when all is well.");
    metrics.sample(&Labels::default(), run.exit_code);
    metrics.text
}

/// Whether there was anything to ask. Where the DNS says that there is no such service, nobody is missed.
fn was_asked(judged: &JudgedEndpoint) -> bool {
    judged.diagnosis.state != State::DnsNoMail || judged.verdict != Verdict::Pass
}

/// Whether the login was taken; `None` where none was made.
fn login_worked(judged: &JudgedEndpoint) -> Option<bool> {
    match judged.observation.probe()?.conversation.login.as_ref()?.outcome {
        LoginOutcome::Accepted(_) => Some(true),
        LoginOutcome::Refused(_) | LoginOutcome::Broken(_) | LoginOutcome::Unanswered => Some(false),
        LoginOutcome::Withheld(_) => None,
    }
}

/// A closed port is not well, even if it fails nothing: a service that is down must not look like one that was never
/// there. Whoever wants it closed says so.
fn is_well(judged: &JudgedEndpoint) -> bool {
    let is_as_expected = judged.expectations.iter().any(|compared| compared.about == About::Port && compared.holds());
    matches!(judged.verdict, Verdict::Pass | Verdict::Warn) && (!judged.diagnosis.state.is_closed() || is_as_expected)
}

/// What came of each kind of promise; of several checks of one target the worst counts.
fn policies(run: &Report) -> BTreeMap<Labels, (u8, PolicyOutcome)> {
    let mut policies: BTreeMap<Labels, (u8, PolicyOutcome)> = BTreeMap::new();
    for target in &run.targets {
        for policy in &target.policies {
            let labels = Labels::default().with("target", &target.typed).with("policy", policy.kind.name());
            let outcome = (gravity(policy.outcome), policy.outcome);
            policies.entry(labels).and_modify(|known| *known = outcome.max(*known)).or_insert(outcome);
        }
    }
    policies
}

const fn gravity(outcome: PolicyOutcome) -> u8 {
    match outcome {
        PolicyOutcome::None => 0,
        PolicyOutcome::Kept => 1,
        PolicyOutcome::CannotTell => 2,
        PolicyOutcome::Broken => 3,
    }
}

/// Whether senders who check DANE deliver to the endpoint; `None` where no certificates were held against records.
const fn matches(chain: &DaneChain) -> Option<bool> {
    match chain {
        DaneChain::Matches => Some(true),
        DaneChain::Mismatches | DaneChain::NoTls => Some(false),
        DaneChain::AllUnusable | DaneChain::Bogus(_) | DaneChain::Unknown(_) | DaneChain::NotSeen => None,
    }
}

fn distinct(run: &Report) -> Vec<(Labels, &JudgedEndpoint)> {
    let mut places = BTreeMap::new();
    let mut distinct: Vec<(Labels, &JudgedEndpoint)> = Vec::new();
    for target in &run.targets {
        for judged in &target.endpoints {
            let labels = Labels::new(target, judged);
            let place = *places.entry(labels.clone()).or_insert(distinct.len());
            match distinct.get_mut(place) {
                Some((_, known)) if judged.verdict.gravity() > known.verdict.gravity() => *known = judged,
                Some(_) => {}
                None => distinct.push((labels, judged)),
            }
        }
    }
    distinct
}

/// The validity of the certificate of the chain that expires first.
fn earliest(attempt: &Attempt) -> Option<(i64, i64)> {
    let certificate = attempt.tls.as_ref()?.certificate.as_ref()?;
    let own = (certificate.not_before, certificate.not_after);
    Some(certificate.chain_ends_with().map_or(own, |issuer| (issuer.not_before, issuer.not_after)))
}

/// `name="value"`, already escaped.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Labels(Vec<String>);

impl Labels {
    fn new(target: &JudgedTarget, judged: &JudgedEndpoint) -> Self {
        let endpoint = &judged.observation.endpoint;
        Self::default()
            .with("target", &target.typed)
            .with("host", &endpoint.host.to_string())
            .with("address", &endpoint.address.map(|address| address.to_string()).unwrap_or_default())
            .with("port", &endpoint.port.to_string())
            .with("service", endpoint.service.name())
            .with("security", endpoint.security.name())
    }

    /// Of these, the ones that tell endpoints of a service apart: target, host, address and port.
    fn of_place(&self) -> Self {
        Self(self.0.iter().take(4).cloned().collect())
    }

    fn with(&self, name: &str, value: &str) -> Self {
        let value = visible(value).replace('\\', "\\\\").replace('"', "\\\"");
        let mut labels = self.0.clone();
        labels.push(format!("{name}=\"{value}\""));
        Self(labels)
    }
}

#[derive(Default)]
struct Metrics {
    text: String,
    name: &'static str,
}

impl Metrics {
    fn begin(&mut self, name: &'static str, help: &str) {
        self.name = name;
        push!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge\n");
    }

    fn sample(&mut self, labels: &Labels, value: impl std::fmt::Display) {
        let labels = if labels.0.is_empty() { String::new() } else { format!("{{{}}}", labels.0.join(",")) };
        push!(self.text, "{}{labels} {value}\n", self.name);
    }
}
