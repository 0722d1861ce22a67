//! DANE for SMTP (RFC 7672): TLSA records, and the chain that they are held against.

use super::dnssec::Proven;
use crate::observation::failure::LookupFailure;
use crate::target::Host;

/// What was published for DANE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dane {
    /// How far the MX answer is proven. Without proof DANE does not apply (RFC 7672, section 2.2.1). `None` for a host on its
    /// own.
    pub exchangers: Option<Proven>,
    /// The hosts, in the order of the MX records.
    pub hosts: Vec<HostTlsa>,
}

/// The TLSA records of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostTlsa {
    /// As the MX record names it.
    pub host: Host,
    /// How far its addresses are proven, aliases included.
    pub addresses: Proven,
    /// Where an alias leads, every step of which is secure: its name is tried first (RFC 7672, section 2.2.2).
    pub alias_of: Option<String>,
    /// The name that was asked for last: `_25._tcp.mx.example.org`.
    pub asked: String,
    pub answer: TlsaAnswer,
}

/// What the DNS said to the question for TLSA records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsaAnswer {
    /// These records.
    Records { proven: Proven, records: Vec<TlsaRecord> },
    /// There are none: how far that is proven.
    None(Proven),
    /// The lookup failed, so that senders who check DANE wait (RFC 7672, section 2.1.1).
    Failed(LookupFailure),
    /// It was not asked for, since DANE cannot apply: why.
    NotAsked(String),
}

/// A TLSA record (RFC 6698, section 2.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TlsaRecord {
    pub usage: u8,
    pub selector: u8,
    pub matching_type: u8,
    pub data: Vec<u8>,
}

/// The certificates of one endpoint, held against the TLSA records of its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaneJudgement {
    /// The name of the records.
    pub name: String,
    pub chain: DaneChain,
    /// Whether every sender who checks DANE goes by it. Where the MX records are not signed, DANE does not apply (RFC 7672,
    /// section 2.2.1); Postfix goes by the host's records all the same (`smtp_tls_dane_insecure_mx_policy`).
    pub is_binding: bool,
    /// The records as they were published; empty where they are not known.
    pub published: Vec<TlsaRecord>,
    /// What the chain is to each of them, in the same order.
    pub records: Vec<RecordJudgement>,
    /// The record that would be right for the key that was seen: `3 1 1` and a SHA-256, or `3 1 2` and a SHA-512 beside
    /// records that would make senders pass over the weaker hash (RFC 7671, section 9).
    pub right: Option<TlsaRecord>,
}

/// What the records come to together, for one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DaneChain {
    /// One of them matches.
    Matches,
    /// Those that can be used do not match.
    Mismatches,
    /// None can be used: senders encrypt, and check nothing (RFC 7672, section 2.2).
    AllUnusable,
    /// There was no TLS to be had at the endpoint, and senders who check DANE insist on it.
    NoTls,
    /// The signatures of the records, or of the proof that there are none, do not hold: why. Senders who check DANE wait.
    Bogus(String),
    /// The records could not be looked up: why. Senders who check DANE wait.
    Unknown(String),
    /// The endpoint was not reached, so nothing is known.
    NotSeen,
}

/// How the words of [`RecordJudgement::NoMatch`] begin where the record is right and a certificate below it is not valid.
pub(crate) const RIGHT_AUTHORITY: &str = "the authority is the right one, but";

/// One record, held against a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordJudgement {
    /// It matches: by what.
    Match(MatchedBy),
    /// It does not: why not, where more is known than that the data differ (the certificate is there and has expired, or is for
    /// another name: usage 2 alone).
    NoMatch(Option<String>),
    /// It cannot be used, and senders pass over it.
    Unusable(UnusableTlsa),
}

/// What matched a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchedBy {
    /// The server's own certificate or key (usage 3).
    Server,
    /// An authority above it, so many steps up: 1 is the issuer (usage 2).
    Authority(usize),
}

/// Why a record cannot be used for SMTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnusableTlsa {
    /// Usage 0 or 1 (RFC 7672, section 3.1.3).
    Usage,
    /// A usage that is not defined.
    UnknownUsage,
    /// A selector that is not defined.
    Selector,
    /// A matching type that is not defined.
    MatchingType,
    /// The data are not as long as their hash.
    Length,
    /// The data are not a certificate or key.
    Data,
}
