//! A check as it is kept: with all that was said, or only with what the pages show of its ports.
//!
//! An answer has room for everything that can be seen at a port: some 7 KB each, of which the pages show one. With hundreds
//! of subjects that is most of the memory of the service.

use std::sync::Arc;
use std::time::Duration;

use crate::diagnosis::{Diagnosis, Finding, FindingId, Severity, State};
use crate::observation::path::Traced;
use crate::observation::{
    Attempt, CertificateFacts, CertificateFault, Conversation, Observation, Purpose, Stage, StageRecord, Stopped,
    TlsFacts,
};
use crate::policy::{Compared, JudgedEndpoint, JudgedTarget, Report, Verdict};
use crate::serve::answer::{CheckAnswer, CheckResult};
use crate::target::Endpoint;

/// A check as it is kept.
#[derive(Debug, Clone)]
pub enum KeptCheck {
    /// With all that was said.
    Whole(Arc<CheckAnswer>),
    /// With what the pages show.
    Compact(Arc<CompactAnswer>),
}

/// A check with what the pages show of its ports.
#[derive(Debug)]
pub struct CompactAnswer {
    /// All but the ports.
    outline: CheckAnswer,
    /// The ports of each target.
    endpoints: Box<[Box<[CompactEndpoint]>]>,
}

/// What the pages show of a port.
#[derive(Debug)]
struct CompactEndpoint {
    endpoint: Endpoint,
    attempts: Box<[CompactAttempt]>,
    tries: u32,
    duration: Duration,
    path: Option<Box<Traced>>,
    not_offered_by: Option<Box<str>>,
    state: State,
    failed_stage: Option<Stage>,
    /// The causes have their words.
    findings: Box<[(FindingId, Severity)]>,
    verdict: Verdict,
    expectations: Box<[Compared]>,
}

#[derive(Debug)]
struct CompactAttempt {
    purpose: Purpose,
    stages: Box<[StageRecord]>,
    tls: Option<CompactTls>,
    stop: Option<Box<Stopped>>,
}

#[derive(Debug)]
struct CompactTls {
    version: Option<Box<str>>,
    /// Ports of one host mostly have the same.
    certificate: Option<Arc<CertificateFacts>>,
    faults: Box<[CertificateFault]>,
}

impl KeptCheck {
    pub(super) fn compact(answer: &CheckAnswer) -> Self {
        Self::Compact(Arc::new(CompactAnswer::of(answer)))
    }

    /// When it was, and what it came to. It may be without its ports.
    pub fn outline(&self) -> &CheckAnswer {
        match self {
            Self::Whole(answer) => answer,
            Self::Compact(compact) => &compact.outline,
        }
    }

    /// With all that the pages show of its ports.
    pub fn answer(&self) -> Arc<CheckAnswer> {
        match self {
            Self::Whole(answer) => Arc::clone(answer),
            Self::Compact(compact) => Arc::new(compact.answer()),
        }
    }

    /// Whether the two are one check, and not only alike.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => Arc::ptr_eq(one, other),
            (Self::Compact(one), Self::Compact(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl CompactAnswer {
    fn of(answer: &CheckAnswer) -> Self {
        let mut certificates = Vec::new();
        let targets = answer.report().targets.iter();
        let endpoints = targets.map(|target| {
            target.endpoints.iter().map(|judged| CompactEndpoint::of(judged, &mut certificates)).collect()
        });
        Self { endpoints: endpoints.collect(), outline: without_ports(answer) }
    }

    fn answer(&self) -> CheckAnswer {
        let mut answer = self.outline.clone();
        for (target, endpoints) in report_of(&mut answer).targets.iter_mut().zip(&self.endpoints) {
            target.endpoints = endpoints.iter().map(CompactEndpoint::judged).collect();
        }
        answer
    }
}

impl CompactEndpoint {
    fn of(judged: &JudgedEndpoint, certificates: &mut Vec<Arc<CertificateFacts>>) -> Self {
        let JudgedEndpoint { observation, diagnosis, verdict, expectations } = judged;
        let findings = diagnosis.findings.iter().map(|finding| (finding.id, finding.severity));
        Self {
            endpoint: observation.endpoint.clone(),
            attempts: observation.attempts.iter().map(|attempt| CompactAttempt::of(attempt, certificates)).collect(),
            tries: observation.tries,
            duration: observation.duration,
            path: observation.path.clone().map(Box::new),
            not_offered_by: observation.not_offered_by.as_deref().map(Box::from),
            state: diagnosis.state,
            failed_stage: diagnosis.failed_stage,
            findings: findings.collect(),
            verdict: *verdict,
            expectations: expectations.as_slice().into(),
        }
    }

    fn judged(&self) -> JudgedEndpoint {
        let findings = self.findings.iter().map(|&(id, severity)| Finding::usual(id, severity));
        JudgedEndpoint {
            observation: Observation {
                attempts: self.attempts.iter().map(CompactAttempt::attempt).collect(),
                tries: self.tries,
                duration: self.duration,
                path: self.path.as_deref().cloned(),
                not_offered_by: self.not_offered_by.as_deref().map(str::to_owned),
                ..Observation::unprobed(self.endpoint.clone(), None)
            },
            diagnosis: Diagnosis { state: self.state, failed_stage: self.failed_stage, findings: findings.collect() },
            verdict: self.verdict,
            expectations: self.expectations.to_vec(),
        }
    }
}

impl CompactAttempt {
    fn of(attempt: &Attempt, certificates: &mut Vec<Arc<CertificateFacts>>) -> Self {
        Self {
            purpose: attempt.purpose,
            stages: attempt.stages.as_slice().into(),
            tls: attempt.tls.as_ref().map(|tls| CompactTls::of(tls, certificates)),
            stop: attempt.stop.clone().map(Box::new),
        }
    }

    fn attempt(&self) -> Attempt {
        Attempt {
            purpose: self.purpose,
            connection_requests: 0,
            stages: self.stages.to_vec(),
            conversation: Conversation::default(),
            tls: self.tls.as_ref().map(CompactTls::facts),
            local: None,
            first_bytes: Vec::new(),
            stop: self.stop.as_deref().cloned(),
            transcript: Vec::new(),
        }
    }
}

impl CompactTls {
    fn of(tls: &TlsFacts, certificates: &mut Vec<Arc<CertificateFacts>>) -> Self {
        Self {
            version: tls.version.as_deref().map(Box::from),
            certificate: tls.certificate.as_ref().map(|certificate| shared(certificate, certificates)),
            faults: tls.faults.as_slice().into(),
        }
    }

    fn facts(&self) -> TlsFacts {
        TlsFacts {
            version: self.version.as_deref().map(str::to_owned),
            certificate: self.certificate.as_deref().cloned(),
            faults: self.faults.to_vec(),
            ..TlsFacts::default()
        }
    }
}

/// The certificate among these; it becomes one of them where it is not yet.
fn shared(certificate: &CertificateFacts, certificates: &mut Vec<Arc<CertificateFacts>>) -> Arc<CertificateFacts> {
    if let Some(known) = certificates.iter().find(|known| ***known == *certificate) {
        return Arc::clone(known);
    }
    let new = Arc::new(certificate.clone());
    certificates.push(Arc::clone(&new));
    new
}

fn without_ports(answer: &CheckAnswer) -> CheckAnswer {
    let CheckAnswer { module, target, started, took, limit, finished, result } = answer;
    let result = match result {
        CheckResult::Ports(report) => {
            let targets = report.targets.iter().map(target_without_ports).collect();
            CheckResult::Ports(Box::new(Report { targets, ..**report }))
        }
        CheckResult::Blocked(blocked) => {
            let mut blocked = blocked.clone();
            blocked.run.targets.iter_mut().for_each(|target| target.endpoints = Vec::new());
            CheckResult::Blocked(blocked)
        }
    };
    let (module, target) = (module.clone(), target.clone());
    CheckAnswer { module, target, started: *started, took: *took, limit: *limit, finished: *finished, result }
}

/// Not cloned whole: the ports are most of it.
fn target_without_ports(target: &JudgedTarget) -> JudgedTarget {
    JudgedTarget {
        typed: target.typed.clone(),
        kind: target.kind,
        verdict: target.verdict,
        conclusion: target.conclusion.clone(),
        hints: target.hints.clone(),
        findings: target.findings.clone(),
        causes: target.causes.clone(),
        discovery: target.discovery.clone(),
        promises: target.promises.clone(),
        policies: target.policies.clone(),
        fails_expectation: target.fails_expectation,
        recommended: target.recommended.clone(),
        resolutions: target.resolutions.clone(),
        endpoints: Vec::new(),
    }
}

fn report_of(answer: &mut CheckAnswer) -> &mut Report {
    match &mut answer.result {
        CheckResult::Ports(report) => report,
        CheckResult::Blocked(blocked) => &mut blocked.run,
    }
}

/// How many bytes of text its transcripts have.
pub(super) fn transcript_bytes(answer: &CheckAnswer) -> usize {
    let endpoints = answer.report().targets.iter().flat_map(|target| &target.endpoints);
    let attempts = endpoints.flat_map(|judged| &judged.observation.attempts);
    attempts.flat_map(|attempt| &attempt.transcript).map(|line| line.text.len() + size_of_val(line)).sum()
}

#[cfg(test)]
mod tests;
