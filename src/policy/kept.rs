//! What came of a domain's promises: kept, broken, or neither.

use crate::diagnosis::FindingId;
use crate::named::named_enum;

named_enum! {
    /// A kind of promise about mail servers.
    pub enum PolicyKind {
        /// TLSA records (RFC 7672).
        Dane = "dane",
        /// An MTA-STS policy (RFC 8461).
        MtaSts = "mta-sts",
        /// An address for reports on TLS (RFC 8460).
        TlsReporting = "tls-rpt",
        /// A configuration for mail programs, with its digest (draft-ietf-mailmaint-pacc).
        AgentConfig = "pacc",
    }
}

impl PolicyKind {
    /// As people write it.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Dane => "DANE",
            Self::MtaSts => "MTA-STS",
            Self::TlsReporting => "TLS reporting",
            Self::AgentConfig => "PACC",
        }
    }
}

named_enum! {
    /// What came of holding a promise against what was seen.
    pub enum PolicyOutcome {
        /// It was made, and is kept as far as was seen.
        Kept = "kept",
        /// It was made, and is not kept.
        Broken = "broken",
        /// It was not made.
        None = "none",
        /// Too little is known.
        CannotTell = "cannot-tell",
    }
}

/// One kind of promise, held against what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedPolicy {
    pub kind: PolicyKind,
    pub outcome: PolicyOutcome,
    /// What is the case, as a clause; the kind is left out.
    pub clause: String,
    /// The finding that tells more, where it is broken or deserves attention.
    pub finding: Option<FindingId>,
}

impl JudgedPolicy {
    /// `DANE: kept at both mail hosts`
    pub fn sentence(&self) -> String {
        format!("{}: {}", self.kind.label(), self.clause)
    }
}
