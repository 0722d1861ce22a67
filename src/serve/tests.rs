//! What the tests of the parts share: answers without a network.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::answer::{CheckAnswer, CheckResult};
use crate::diagnosis::tests::sample::{HOST, connect_failed, healthy, observed, stopped};
use crate::observation::{ConnectFailureKind, Observation, Speaker, Stage, StopCause, TranscriptLine};
use crate::policy::{Policy, TargetEvidence, judge};
use crate::service::Service;
use crate::target::{Source, TargetKind};

/// 2026-11-23, 00:00 UTC.
pub(super) const MIDNIGHT: u64 = 1_795_392_000;

/// Seconds after midnight.
pub(super) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(MIDNIGHT + seconds)
}

fn named(mut observation: Observation) -> Observation {
    observation.endpoint.sources = vec![Source::User];
    observation
}

/// A server of which all works.
pub(super) fn works() -> Vec<Observation> {
    vec![named(healthy(Service::Submission)), named(healthy(Service::Imaps))]
}

/// A server of which one port refuses connections.
pub(super) fn refuses() -> Vec<Observation> {
    let mut refused = named(connect_failed(Service::Submission, ConnectFailureKind::Refused));
    let line = TranscriptLine { at: Duration::ZERO, from: Speaker::Remark, text: "x".repeat(1000) };
    refused.attempts[0].transcript = vec![line];
    vec![refused, named(healthy(Service::Imaps))]
}

/// A server of which two ports refuse connections.
pub(super) fn refuses_more() -> Vec<Observation> {
    [Service::Submission, Service::Imaps]
        .map(|service| named(connect_failed(service, ConnectFailureKind::Refused)))
        .into()
}

/// A check that this machine lacked something for.
pub(super) fn lacks() -> Vec<Observation> {
    let lack = || stopped(Stage::Connect, StopCause::Local("no descriptors".to_owned()));
    vec![named(observed(Service::Submission, |attempt| attempt.stop = lack()))]
}

/// A check that was interrupted.
pub(super) fn interrupted() -> Vec<Observation> {
    let end = || stopped(Stage::Greeting, StopCause::Interrupted);
    vec![named(observed(Service::Submission, |attempt| attempt.stop = end()))]
}

pub(super) fn answer(target: &str, started: SystemTime, observations: Vec<Observation>) -> Arc<CheckAnswer> {
    let evidence = TargetEvidence {
        typed: HOST.to_owned(),
        kind: TargetKind::Host,
        discovery: None,
        resolutions: Vec::new(),
        observations,
        skipped: Vec::new(),
        left_out: Vec::new(),
        for_mail_program: false,
        mail_hosts: Vec::new(),
        promises: None,
    };
    let report = judge(vec![evidence], &Policy::default(), started, Duration::from_secs(1));
    Arc::new(CheckAnswer {
        module: "default".to_owned(),
        target: target.to_owned(),
        started,
        took: Duration::from_secs(1),
        limit: Duration::from_secs(10),
        finished: true,
        result: CheckResult::Ports(Box::new(report)),
    })
}
