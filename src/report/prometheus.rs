//! `--format prometheus`: the text exposition format, for the textfile collector of Prometheus' node exporter.
//!
//! The names are those of `blackbox_exporter` where it has one for the same thing.

use super::metrics::{Exposition, Labels, certificate_life, dane_matches, distinct, is_well, tls_session, tls_version};
use crate::observation::LoginOutcome;
use crate::policy::{JudgedEndpoint, JudgedTarget, PolicyOutcome, Report};

/// The metrics of a run. Every series occurs once, however often a target was named; of several checks of one port the
/// worst counts.
pub fn render(run: &Report) -> String {
    let endpoints = endpoints(run);
    let mut metrics = Exposition::default();
    metrics.family("probe_success", "Whether the port works, or is as expected: 1 or 0.", |samples| {
        for (labels, judged) in &endpoints {
            if let Some(well) = is_well(judged) {
                samples.add(labels, well);
            }
        }
    });
    metrics.family("probe_duration_seconds", "How long the check of the port took.", |samples| {
        for (labels, judged) in &endpoints {
            samples.add(labels, judged.observation.duration);
        }
    });
    certificates(&mut metrics, &endpoints);
    metrics.family("mailprobe_state", "State and verdict of the port; always 1.", |samples| {
        for (labels, judged) in &endpoints {
            let (state, verdict) = (judged.diagnosis.state.name(), judged.verdict.name());
            samples.add_with(labels, [("state", state), ("verdict", verdict)], true);
        }
    });
    let help = "Whether the login that was tried at the port worked: 1 or 0.";
    metrics.family("mailprobe_login_success", help, |samples| {
        for (labels, judged) in &endpoints {
            if let Some(worked) = login_worked(judged) {
                samples.add(labels, worked);
            }
        }
    });
    promises(&mut metrics, run, &endpoints);
    metrics.single("mailprobe_last_run_timestamp_seconds", "When the run began, in Unix time.", run.started);
    let help = "The exit code of the run: 0 when all is well.";
    metrics.single("mailprobe_last_run_exit_code", help, run.exit_code);
    metrics.into_text()
}

fn certificates(metrics: &mut Exposition, endpoints: &[(Labels, &JudgedEndpoint)]) {
    let lives: Vec<_> = endpoints
        .iter()
        .filter_map(|(labels, judged)| Some((labels, certificate_life(&judged.observation)?)))
        .collect();
    let help = "When the first certificate of the server's chain expires, in Unix time.";
    metrics.family("probe_ssl_earliest_cert_expiry", help, |samples| {
        for (labels, (_, expiry)) in &lives {
            samples.add(labels, *expiry);
        }
    });
    let help = "From when that certificate is valid, in Unix time: its life is the difference.";
    metrics.family("probe_ssl_earliest_cert_not_before", help, |samples| {
        for (labels, (begin, _)) in &lives {
            samples.add(labels, *begin);
        }
    });
    metrics.family("probe_tls_version_info", "The negotiated TLS version; always 1.", |samples| {
        for (labels, judged) in endpoints {
            if let Some(session) = tls_session(&judged.observation) {
                samples.add_with(labels, [("version", &tls_version(session))], true);
            }
        }
    });
}

fn promises(metrics: &mut Exposition, run: &Report, endpoints: &[(Labels, &JudgedEndpoint)]) {
    metrics.family("mailprobe_policy", "What came of a kind of promise of the domain; always 1.", |samples| {
        for (labels, outcome) in policies(run) {
            samples.add_with(&labels, [("outcome", outcome.name())], true);
        }
    });
    let help = "Whether the certificates match the TLSA records of the host: 1 or 0.";
    metrics.family("mailprobe_dane_match", help, |samples| {
        let judged = endpoints
            .iter()
            .filter_map(|(labels, judged)| Some((labels.first(PLACE), dane_matches(&judged.observation)?)));
        for (labels, matches) in distinct(judged, |matches| u8::from(!matches)) {
            samples.add(&labels, matches);
        }
    });
}

/// Whether the login was taken; `None` where none was made.
fn login_worked(judged: &JudgedEndpoint) -> Option<bool> {
    match judged.observation.probe()?.conversation.login.as_ref()?.outcome {
        LoginOutcome::Accepted(_) => Some(true),
        LoginOutcome::Refused(_) | LoginOutcome::Broken(_) | LoginOutcome::Unanswered => Some(false),
        LoginOutcome::Withheld(_) => None,
    }
}

/// What came of each kind of promise, by target and kind; of several checks of one target the worst counts.
fn policies(run: &Report) -> Vec<(Labels, PolicyOutcome)> {
    let mut all: Vec<_> = run
        .targets
        .iter()
        .flat_map(|target| target.policies.iter().map(|policy| (target.typed.as_str(), policy)))
        .collect();
    all.sort_by_key(|(target, policy)| (*target, policy.kind.name()));
    let labelled = all
        .into_iter()
        .map(|(target, policy)| (Labels::new([("target", target), ("policy", policy.kind.name())]), policy.outcome));
    distinct(labelled, |&outcome| gravity(outcome))
}

const fn gravity(outcome: PolicyOutcome) -> u8 {
    match outcome {
        PolicyOutcome::None => 0,
        PolicyOutcome::Kept => 1,
        PolicyOutcome::CannotTell => 2,
        PolicyOutcome::Broken => 3,
    }
}

/// How many labels of an endpoint tell the endpoints of a service apart: target, host, address and port.
const PLACE: usize = 4;

fn endpoints(run: &Report) -> Vec<(Labels, &JudgedEndpoint)> {
    let all = run.targets.iter().flat_map(|target| target.endpoints.iter().map(move |judged| (target, judged)));
    distinct(all.map(|(target, judged)| (labels(target, judged), judged)), |judged| judged.verdict.gravity())
}

fn labels(target: &JudgedTarget, judged: &JudgedEndpoint) -> Labels {
    let endpoint = &judged.observation.endpoint;
    Labels::new([
        ("target", &target.typed),
        ("host", &endpoint.host.to_string()),
        ("address", &endpoint.address.map(|address| address.to_string()).unwrap_or_default()),
        ("port", &endpoint.port.to_string()),
        ("service", endpoint.service.name()),
        ("security", endpoint.security.name()),
    ])
}
