//! What comes of a diagnosis: a state, and facts worth telling.

use super::finding_id::FindingId;
use super::state::State;
use crate::named::named_enum;
use crate::observation::Stage;

/// What an observation means.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Diagnosis {
    /// The one-word answer.
    pub state: State,
    /// The stage that was not completed; `None` when the state is `ok`.
    pub failed_stage: Option<Stage>,
    /// What is worth telling, gravest first.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    pub(super) fn stopped(state: State, stage: Stage, finding: Finding) -> Self {
        Self { state, failed_stage: Some(stage), findings: vec![finding] }
    }
}

named_enum! {
    /// How much a finding matters.
    pub enum Severity {
        /// It keeps mail from working, or makes it unsafe.
        Error = "error",
        /// It deserves attention.
        Warning = "warning",
        /// It is good to know.
        Info = "info",
    }
}

/// One fact worth telling.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Finding {
    /// The stable id.
    pub id: FindingId,
    /// How much it matters here.
    pub severity: Severity,
    /// What is the case, in one or two short sentences. May name a host or an address that was looked up or typed; holds
    /// nothing that a server said.
    pub message: String,
    /// What was seen that shows it: a reply, a date, an address. Hostile text.
    pub evidence: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Finding {
    pub(crate) fn error(id: FindingId, message: impl Into<String>) -> Self {
        Self::new(id, Severity::Error, message)
    }

    pub(crate) fn warning(id: FindingId, message: impl Into<String>) -> Self {
        Self::new(id, Severity::Warning, message)
    }

    pub(crate) fn info(id: FindingId, message: impl Into<String>) -> Self {
        Self::new(id, Severity::Info, message)
    }

    pub(crate) fn evidence(mut self, evidence: impl Into<Option<String>>) -> Self {
        self.evidence = evidence.into().filter(|text| !text.is_empty()).map(bounded);
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With the advice of its entry in the reference.
    pub(crate) fn advised(self) -> Self {
        let advice = self.id.entry().advice;
        self.hint(advice)
    }

    /// In the words of its entry in the reference alone.
    pub(crate) fn usual(id: FindingId, severity: Severity) -> Self {
        Self::new(id, severity, id.entry().meaning).advised()
    }

    fn new(id: FindingId, severity: Severity, message: impl Into<String>) -> Self {
        Self { id, severity, message: message.into(), evidence: None, hint: None }
    }
}

/// How many characters of evidence are kept: a long reply whole, a flood cut.
const MAX_EVIDENCE_CHARS: usize = 600;

fn bounded(text: String) -> String {
    match text.char_indices().nth(MAX_EVIDENCE_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
