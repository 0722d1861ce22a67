//! `mailprobe_endpoint_*`: what is known of each address and port.

use std::net::IpAddr;
use std::time::Duration;

use crate::diagnosis::State;
use crate::observation::path::{Edge, Path};
use crate::observation::{Observation, Stage, StageOutcome, TlsFacts};
use crate::policy::{JudgedEndpoint, Report};
use crate::report::metrics::{
    Exposition, Labels, Samples, Value, certificate_life, dane_matches, distinct, is_well, tls_session, tls_version,
};

type Endpoints<'a> = [(Labels, &'a JudgedEndpoint)];

/// All families of endpoints, and the earliest end of a certificate among them.
pub(super) fn families(metrics: &mut Exposition, report: &Report) {
    let all = report.targets.iter().flat_map(|target| &target.endpoints);
    let endpoints = distinct(all.map(|judged| (labels(judged), judged)), |judged| judged.verdict.gravity());
    standing(metrics, &endpoints);
    durations(metrics, &endpoints);
    certificates(metrics, &endpoints);
    sessions(metrics, &endpoints);
    let ways = endpoints.iter().filter_map(|(labels, judged)| {
        let way = judged.observation.path.as_ref()?.as_ref().ok()?;
        Some((labels.clone(), way))
    });
    paths(metrics, &ways.collect::<Vec<_>>());
}

fn labels(judged: &JudgedEndpoint) -> Labels {
    let endpoint = &judged.observation.endpoint;
    Labels::new([
        ("host", &endpoint.host.to_string()),
        ("address", &written(endpoint.address)),
        ("port", &endpoint.port.to_string()),
        ("service", endpoint.service.name()),
        ("security", endpoint.security.name()),
    ])
}

fn standing(metrics: &mut Exposition, endpoints: &Endpoints) {
    let help = "Whether the port works, or is as expected: 1 or 0.";
    metrics.family("mailprobe_endpoint_success", help, |samples| add(samples, endpoints, is_well));
    let help = "The state of the port: 1 for the one it is in, 0 for every other.";
    metrics.family("mailprobe_endpoint_state", help, |samples| {
        for (labels, judged) in endpoints {
            let names = State::ALL.iter().map(|state| state.name());
            samples.add_state_set(labels, "state", names, judged.diagnosis.state.name());
        }
    });
    let help = "The step at which the check of the port stopped; always 1.";
    metrics.family("mailprobe_endpoint_failed_stage", help, |samples| {
        for (labels, judged) in endpoints {
            if let Some(stage) = judged.diagnosis.failed_stage {
                samples.add_with(labels, [("stage", stage.name())], true);
            }
        }
    });
    metrics.family("mailprobe_endpoint_verdict", "The verdict on the port; always 1.", |samples| {
        for (labels, judged) in endpoints {
            samples.add_with(labels, [("verdict", judged.verdict.name())], true);
        }
    });
}

fn durations(metrics: &mut Exposition, endpoints: &Endpoints) {
    let help = "How long the check of the port took, second looks included.";
    metrics.family("mailprobe_endpoint_duration_seconds", help, |samples| {
        add(samples, endpoints, |judged| Some(judged.observation.duration));
    });
    let help = "How long each step of the first connection took.";
    metrics.family("mailprobe_endpoint_stage_seconds", help, |samples| {
        for (labels, judged) in endpoints {
            for (stage, took) in stages(&judged.observation) {
                samples.add_with(labels, [("stage", stage.name())], took);
            }
        }
    });
}

/// The steps of the ordinary check, each once: some are entered more often than that.
fn stages(observation: &Observation) -> Vec<(Stage, Duration)> {
    let entered = observation.probe().map(|probe| probe.stages.as_slice()).unwrap_or_default();
    let mut stages: Vec<(Stage, Duration)> = Vec::with_capacity(entered.len());
    for record in entered.iter().filter(|record| record.outcome != StageOutcome::Skipped) {
        match stages.iter_mut().find(|(stage, _)| *stage == record.stage) {
            Some((_, took)) => *took += record.duration,
            None => stages.push((record.stage, record.duration)),
        }
    }
    stages
}

fn certificates(metrics: &mut Exposition, endpoints: &Endpoints) {
    let lives: Vec<_> = endpoints
        .iter()
        .filter_map(|(labels, judged)| Some((labels, certificate_life(&judged.observation)?)))
        .collect();
    if let Some(&earliest) = lives.iter().map(|(_, (_, end))| end).min() {
        let help = "When the first of all certificates expires, in Unix time.";
        metrics.single("probe_ssl_earliest_cert_expiry", help, earliest);
    }
    let help = "From when the certificate is valid that ends first in the port's chain, in Unix time.";
    metrics.family("mailprobe_endpoint_certificate_not_before_timestamp_seconds", help, |samples| {
        lives.iter().for_each(|&(labels, (begin, _))| samples.add(labels, begin));
    });
    let help = "Until when the certificate is valid that ends first in the port's chain, in Unix time.";
    metrics.family("mailprobe_endpoint_certificate_not_after_timestamp_seconds", help, |samples| {
        lives.iter().for_each(|&(labels, (_, end))| samples.add(labels, end));
    });
    let help = "Whether the certificates match the TLSA records of the host: 1 or 0.";
    metrics.family("mailprobe_endpoint_dane_match", help, |samples| {
        add(samples, endpoints, |judged| dane_matches(&judged.observation));
    });
}

fn sessions(metrics: &mut Exposition, endpoints: &Endpoints) {
    let text = |name: &Option<String>| name.clone().unwrap_or_default();
    metrics.family("mailprobe_endpoint_tls_info", "What TLS was agreed on; always 1.", |samples| {
        for (labels, judged) in endpoints {
            let Some(session) = tls_session(&judged.observation) else { continue };
            let TlsFacts { cipher_suite, key_exchange, .. } = session;
            let (version, cipher, key_exchange) = (tls_version(session), text(cipher_suite), text(key_exchange));
            let names = [("version", &*version), ("cipher", &*cipher), ("key_exchange", &*key_exchange)];
            samples.add_with(labels, names, true);
        }
    });
}

/// Where the ways stop that were traced.
pub(super) fn paths(metrics: &mut Exposition, ways: &[(Labels, &Path)]) {
    let help = "After how many hops the way to the port stops; 0: on this machine.";
    metrics.family("mailprobe_endpoint_path_hops", help, |samples| {
        add(samples, ways, |way| Some(way.after?.ttl));
    });
    let help =
        "Where and how the way to the port stops, and the addresses of the hops before and after that; always 1.";
    metrics.family("mailprobe_endpoint_path_info", help, |samples| {
        for (labels, way) in ways {
            let (after, before) = (router(way.after), router(way.before));
            let how = way.how.map_or("", |how| how.name());
            let names = [("where", way.place.name()), ("how", how), ("after", &*after), ("before", &*before)];
            samples.add_with(labels, names, true);
        }
    });
}

fn router(edge: Option<Edge>) -> String {
    written(edge.and_then(|edge| edge.address))
}

/// An address as a label; empty where there is none.
fn written(address: Option<IpAddr>) -> String {
    address.map(|address| address.to_string()).unwrap_or_default()
}

/// Of each of these what is known, where something is.
fn add<T, V: Value>(samples: &mut Samples, all: &[(Labels, &T)], known: impl Fn(&T) -> Option<V>) {
    for (labels, one) in all {
        if let Some(value) = known(one) {
            samples.add(labels, value);
        }
    }
}
