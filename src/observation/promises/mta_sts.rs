//! MTA-STS (RFC 8461): the record, the policy, and what it says of one MX host.

use super::policy_record::PolicyRecord;
use crate::named::named_enum;

/// What was published for MTA-STS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MtaSts {
    /// The TXT record at `_mta-sts.DOMAIN`, with the policy's id.
    pub record: PolicyRecord<String>,
    /// `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`
    pub url: String,
    /// The policy, where a record announces one.
    pub policy: Option<Result<MtaStsPolicy, PolicyFailure>>,
}

/// A policy that senders can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MtaStsPolicy {
    pub mode: MtaStsMode,
    /// The patterns of the mail hosts, in lower case: `mx.example.org`, `*.example.org`.
    pub hosts: Vec<String>,
    /// How long senders keep it, in seconds.
    pub max_age: u32,
    /// What is wrong with it and does not keep senders from using it.
    pub faults: Vec<PolicyFault>,
}

named_enum! {
    /// What senders do with a mail host that does not keep the policy (RFC 8461, section 5).
    pub enum MtaStsMode {
        /// They do not deliver to it.
        Enforce = "enforce",
        /// They deliver, and report it.
        Testing = "testing",
        /// They act as if there were no policy.
        None = "none",
    }
}

/// Why there is no policy that senders could use, although the record announces one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyFailure {
    /// The policy's host has no address, or it could not be looked up: the words.
    Lookup(String),
    /// No connection: the words.
    Connect(String),
    /// This machine, its network or an option of the run kept it from being asked for: the words.
    NotFromHere(String),
    /// The TLS handshake failed: the words.
    Tls(String),
    /// The certificate is not valid for the policy's host: its faults, in words.
    Certificate(String),
    /// Another status than 200.
    Status(u16),
    /// It redirects, which senders do not follow (RFC 8461, section 3.3): where to.
    Redirect(String),
    /// It is larger than this many bytes.
    TooLarge(usize),
    /// It took longer than this many seconds.
    TimedOut(u64),
    /// Anything else on the way: the words.
    Broken(String),
    /// It came, and cannot be used.
    Unusable(Vec<PolicyFault>),
}

/// What is wrong with a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyFault {
    /// The content type is this one and not `text/plain` (RFC 8461, section 3.2); `None`: there is none.
    ContentType(Option<String>),
    /// It is not UTF-8, or none of its lines is a field of a policy, however written: its first line, where there is text.
    NotAPolicy(Option<String>),
    /// This line is not of the form `name: value`.
    BadLine(String),
    /// A field is missing.
    Missing(&'static str),
    /// A field stands there more than once; the first counts.
    Twice(String),
    /// A field's value is not allowed.
    BadValue { field: &'static str, value: String, allowed: &'static str },
    /// A pattern that matches nothing as it is written: an address, a wildcard within a label, an empty label.
    BadPattern(String),
    /// It lives shorter than a day, so that it protects hardly anybody: seconds.
    ShortLife(u32),
    /// A field that is not known. Senders pass over it.
    Unknown(String),
}

/// What the policy says of one MX host, held against its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MtaStsCoverage {
    pub mode: MtaStsMode,
    /// The patterns of the policy.
    pub patterns: Vec<String>,
    /// The pattern that covers the host; `None`: none does.
    pub pattern: Option<String>,
}
