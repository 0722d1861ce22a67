//! A cause: one thing that is wrong, or worth knowing, told once for everything that it covers.

use std::net::IpAddr;

use crate::diagnosis::{Finding, FindingId, Severity};
use crate::target::Host;

/// One thing that is wrong with a target, or worth knowing, with its scope.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Cause {
    /// The stable id; `mailprobe explain ID` tells more.
    pub id: FindingId,
    /// How much it matters for this target.
    pub severity: Severity,
    /// What is the case, in one or two sentences. Never quotes a server's free text.
    pub message: String,
    /// What was seen that shows it, each piece once. Hostile text.
    pub evidence: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The ports that it covers, in the order of the port table; none where it is about the target as a whole.
    pub ports: Vec<u16>,
    /// The addresses that it covers, IPv4 first.
    pub addresses: Vec<IpAddr>,
    /// The hosts that it covers.
    pub hosts: Vec<Host>,
    /// The indices of the endpoints that it covers, in ascending order.
    #[doc(hidden)]
    pub endpoints: Vec<usize>,
    /// Its own sentence in the conclusion; `None` where the states of what it covers say it.
    pub(crate) summary: Option<String>,
    /// The endpoint whose state speaks for all that it covers; `None` where each speaks for itself.
    pub(crate) speaker: Option<usize>,
}

impl Cause {
    pub(super) fn new(id: FindingId, severity: Severity, message: impl Into<String>) -> Self {
        Self::of(&Finding { id, severity, message: message.into(), evidence: None, hint: None })
    }

    /// Told as a finding is, covering nothing yet.
    pub(super) fn of(finding: &Finding) -> Self {
        Self {
            id: finding.id,
            severity: finding.severity,
            message: finding.message.clone(),
            evidence: finding.evidence.iter().cloned().collect(),
            hint: finding.hint.clone(),
            ports: Vec::new(),
            addresses: Vec::new(),
            hosts: Vec::new(),
            endpoints: Vec::new(),
            summary: None,
            speaker: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn evidence(mut self, evidence: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    pub(super) fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = Some(summary.into());
        self
    }
}
