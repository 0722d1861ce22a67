//! Events: a subject stands otherwise than it did.

use std::fmt;
use std::time::SystemTime;

use uuid::Uuid;

use super::key::SubjectKey;
use crate::diagnosis::Severity;
use crate::policy::Verdict;
use crate::serve::answer::{CheckAnswer, CheckResult};

/// An event: a subject stands otherwise than it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Unique over restarts and machines.
    pub id: Uuid,
    pub at: SystemTime,
    pub subject: SubjectKey,
    /// What it was; `None`: it was not known.
    pub before: Option<Verdict>,
    pub after: Verdict,
    /// What a person would say about it now. It may hold a server's text.
    pub conclusion: String,
    /// The errors and warnings, worst first.
    pub causes: Vec<ChangeCause>,
    /// As of `mailprobe TARGET`.
    pub exit_code: u8,
}

/// A cause, as an event tells it. It is shown by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeCause {
    /// The stable id. An event that a later version kept may have one that this version does not know.
    pub id: String,
    pub severity: Severity,
    pub message: String,
    /// None where it is about the target as a whole.
    pub ports: Vec<u16>,
}

impl fmt::Display for ChangeCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

impl Change {
    pub(super) fn new(subject: SubjectKey, before: Option<Verdict>, answer: &CheckAnswer) -> Self {
        Self {
            id: Uuid::now_v7(),
            at: answer.started + answer.took,
            subject,
            before,
            after: answer.verdict(),
            conclusion: answer.conclusion(),
            causes: causes_of(answer),
            exit_code: answer.report().exit_code,
        }
    }
}

/// The errors and warnings, worst first. The ports of an investigation are those of others, so that what it found counts
/// there.
pub(super) fn causes_of(answer: &CheckAnswer) -> Vec<ChangeCause> {
    match &answer.result {
        CheckResult::Ports(report) => {
            let causes = report.targets.iter().flat_map(|target| &target.causes);
            let causes = causes.filter(|cause| cause.severity < Severity::Info);
            causes
                .map(|cause| ChangeCause {
                    id: cause.id.name().to_owned(),
                    severity: cause.severity,
                    message: cause.message.clone(),
                    ports: cause.ports.clone(),
                })
                .collect()
        }
        CheckResult::Blocked(blocked) => {
            let findings = blocked.answer.findings.iter().filter(|finding| finding.severity < Severity::Info);
            findings
                .map(|finding| ChangeCause {
                    id: finding.id.name().to_owned(),
                    severity: finding.severity,
                    message: finding.message.clone(),
                    ports: Vec::new(),
                })
                .collect()
        }
    }
}
