//! TLS reporting (RFC 8460): where senders report to.

use super::policy_record::PolicyRecord;

/// What was published for TLS reporting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsReporting {
    /// The TXT record at `_smtp._tls.DOMAIN`, with the addresses that reports go to: `mailto:` and `https:` URIs.
    pub record: PolicyRecord<Vec<String>>,
}
