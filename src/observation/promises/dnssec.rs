//! How far the DNS proves what it says.

use crate::named::named_enum;

named_enum! {
    /// How far an answer of the DNS is proven (RFC 4035, section 4.3).
    pub enum DnssecStatus {
        /// Signatures lead from the answer, or from the proof that there is none, to the trust anchor.
        Secure = "secure",
        /// It is proven that the zone is not signed.
        Insecure = "insecure",
        /// It should be signed, and the signatures do not hold. Senders that check them cannot use it.
        Bogus = "bogus",
        /// The name servers in use hand out no signatures, or too little to tell.
        CannotTell = "cannot-tell",
    }
}

/// How far an answer is proven, and why no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    pub status: DnssecStatus,
    /// Why it is not secure, in the validator's words; hostile text.
    pub reason: Option<String>,
}

named_enum! {
    /// Whether the name servers in use hand out what DNSSEC needs.
    pub enum DnssecPassage {
        /// They do.
        Passed = "passed",
        /// They answer without the signatures that were asked for.
        Stripped = "stripped",
        /// They could not be asked, or did not answer.
        Unknown = "unknown",
    }
}
