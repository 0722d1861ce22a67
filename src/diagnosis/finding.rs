//! Findings: facts worth telling, each with a stable id.

use crate::named::named_enum;

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
pub struct Finding {
    /// The stable id.
    pub id: FindingId,
    /// How much it matters here.
    pub severity: Severity,
    /// What is the case, in one or two short sentences.
    pub message: String,
    /// What was seen that shows it: a reply, a date, an address. Hostile text.
    pub evidence: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

named_enum! {
    /// The stable ids of findings.
    #[non_exhaustive]
    pub enum FindingId {
        /// A family's lookup failed while the other answered.
        AddressFamilyLookupFailed = "address-family-lookup-failed",
    }
}
