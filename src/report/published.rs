//! What was published, named and written as the DNS and scripts have it.

use std::fmt::Display;

use crate::named::named_enum;
use crate::observation::promises::{DaneChain, PolicyFailure, PolicyFault, PolicyRecord, RecordFault, TlsaRecord};
use crate::words::hex;

named_enum! {
    /// What was found in the place of a record that announces a policy.
    pub enum RecordState {
        /// No record.
        None = "none",
        /// One that can be used.
        Good = "good",
        /// Something that cannot be used.
        Faulty = "faulty",
        /// It could not be looked up.
        Failed = "failed",
    }
}

named_enum! {
    /// What is wrong with a policy, or with the record that announces it.
    pub enum PolicyFaultKind {
        /// There are several records.
        Several = "several",
        /// It does not begin with the version.
        BadVersion = "bad-version",
        /// A field is missing.
        Missing = "missing",
        /// A field stands there more than once.
        Twice = "twice",
        /// A field's value is not allowed.
        BadValue = "bad-value",
        /// It is not made of fields.
        Malformed = "malformed",
        /// It is another kind of record.
        Foreign = "foreign",
        /// It stands at another name than it should.
        WrongName = "wrong-name",
        /// The content type is not `text/plain`.
        ContentType = "content-type",
        /// The file is no policy at all.
        NotAPolicy = "not-a-policy",
        /// A line is not of the form `name: value`.
        BadLine = "bad-line",
        /// A pattern of mail hosts matches none as it is written.
        BadPattern = "bad-pattern",
        /// The policy lives shorter than a day.
        ShortLife = "short-life",
        /// A field is not known.
        Unknown = "unknown",
    }
}

named_enum! {
    /// Why a policy could not be had.
    pub enum PolicyFailureKind {
        /// Its host has no address, or could not be looked up.
        Lookup = "lookup",
        /// No connection.
        Connect = "connect",
        /// This machine, its network or an option of the run kept it from being asked for.
        NotFromHere = "not-from-here",
        /// The TLS handshake failed.
        Tls = "tls",
        /// The certificate is not valid for the policy's host.
        Certificate = "certificate",
        /// The web server answers with another status than 200.
        Status = "status",
        /// The web server redirects.
        Redirect = "redirect",
        /// The file is too large.
        TooLarge = "too-large",
        /// It took too long.
        TimedOut = "timed-out",
        /// Anything else on the way.
        Broken = "broken",
        /// It came, and cannot be used.
        Unusable = "unusable",
    }
}

named_enum! {
    /// What the TLSA records come to together, at one endpoint.
    pub enum DaneResult {
        /// One of them matches.
        Match = "match",
        /// Those that can be used do not match.
        Mismatch = "mismatch",
        /// None can be used.
        Unusable = "unusable",
        /// There was no TLS to be had.
        NoTls = "no-tls",
        /// The signatures do not hold.
        Bogus = "bogus",
        /// They could not be looked up.
        LookupFailed = "lookup-failed",
        /// The endpoint was not reached.
        NotSeen = "not-seen",
    }
}

named_enum! {
    /// What certificates are to a TLSA record.
    pub enum RecordResult {
        /// They match it.
        Match = "match",
        /// They do not.
        NoMatch = "no-match",
        /// It cannot be used, and senders pass over it.
        Unusable = "unusable",
    }
}

/// A fault: its kind, and the part that is meant. Hostile text.
pub(super) type Fault = (PolicyFaultKind, Option<String>);

/// `3 1 1 8cb0fc6c…`: the data of a TLSA record, as in a zone file.
pub(super) fn tlsa_data(record: &TlsaRecord) -> String {
    let TlsaRecord { usage, selector, matching_type, data } = record;
    format!("{usage} {selector} {matching_type} {}", hex(data))
}

/// `_25._tcp.mx.example.org. IN TLSA 3 1 1 8cb0fc6c…`
pub(super) fn zone_line(name: &str, record_type: &str, data: impl Display) -> String {
    format!("{}. IN {record_type} {data}", name.trim_end_matches('.'))
}

/// A text as a zone file has it, in quotation marks.
pub(super) fn zone_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What was found in the record's place, and its text: every one that looks as if it were meant.
pub(super) fn record_state<T>(record: &PolicyRecord<T>) -> (RecordState, &[String]) {
    match record {
        PolicyRecord::None => (RecordState::None, &[]),
        PolicyRecord::Failed(_) => (RecordState::Failed, &[]),
        PolicyRecord::Good { text, .. } => (RecordState::Good, std::slice::from_ref(text)),
        PolicyRecord::Faulty { texts, .. } => (RecordState::Faulty, texts),
    }
}

/// What is wrong with a record, be it usable or not.
pub(super) fn record_faults<T>(record: &PolicyRecord<T>) -> Vec<Fault> {
    match record {
        PolicyRecord::None | PolicyRecord::Failed(_) => Vec::new(),
        PolicyRecord::Good { remarks: faults, .. } | PolicyRecord::Faulty { faults, .. } => {
            faults.iter().map(record_fault).collect()
        }
    }
}

fn record_fault(fault: &RecordFault) -> Fault {
    use PolicyFaultKind as Kind;
    match fault {
        RecordFault::Several(count) => (Kind::Several, Some(count.to_string())),
        RecordFault::BadVersion => (Kind::BadVersion, None),
        RecordFault::Missing(field) => (Kind::Missing, Some((*field).to_owned())),
        RecordFault::Twice(field) => (Kind::Twice, Some(field.clone())),
        RecordFault::BadValue { field, value, .. } => (Kind::BadValue, Some(format!("{field}={value}"))),
        RecordFault::Malformed(text) => (Kind::Malformed, Some(text.clone())),
        RecordFault::Foreign(text) => (Kind::Foreign, Some(text.clone())),
        RecordFault::WrongName(label) => (Kind::WrongName, Some((*label).to_owned())),
    }
}

/// What is wrong with a policy file.
pub(super) fn policy_fault(fault: &PolicyFault) -> Fault {
    use PolicyFaultKind as Kind;
    match fault {
        PolicyFault::ContentType(content_type) => (Kind::ContentType, content_type.clone()),
        PolicyFault::NotAPolicy(line) => (Kind::NotAPolicy, line.clone()),
        PolicyFault::BadLine(line) => (Kind::BadLine, Some(line.clone())),
        PolicyFault::Missing(field) => (Kind::Missing, Some((*field).to_owned())),
        PolicyFault::Twice(field) => (Kind::Twice, Some(field.clone())),
        PolicyFault::BadValue { field, value, .. } => (Kind::BadValue, Some(format!("{field}: {value}"))),
        PolicyFault::BadPattern(pattern) => (Kind::BadPattern, Some(pattern.clone())),
        PolicyFault::ShortLife(seconds) => (Kind::ShortLife, Some(seconds.to_string())),
        PolicyFault::Unknown(field) => (Kind::Unknown, Some(field.clone())),
    }
}

/// Why a policy could not be had, and what was seen of that. Hostile text.
pub(super) fn policy_failure(failure: &PolicyFailure) -> (PolicyFailureKind, Option<String>) {
    use PolicyFailureKind as Kind;
    match failure {
        PolicyFailure::Lookup(words) => (Kind::Lookup, Some(words.clone())),
        PolicyFailure::Connect(words) => (Kind::Connect, Some(words.clone())),
        PolicyFailure::NotFromHere(words) => (Kind::NotFromHere, Some(words.clone())),
        PolicyFailure::Tls(words) => (Kind::Tls, Some(words.clone())),
        PolicyFailure::Certificate(words) => (Kind::Certificate, Some(words.clone())),
        PolicyFailure::Status(status) => (Kind::Status, Some(status.to_string())),
        PolicyFailure::Redirect(to) => (Kind::Redirect, Some(to.clone())),
        PolicyFailure::TooLarge(bytes) => (Kind::TooLarge, Some(format!("{bytes} bytes"))),
        PolicyFailure::TimedOut(seconds) => (Kind::TimedOut, Some(format!("{seconds} s"))),
        PolicyFailure::Broken(words) => (Kind::Broken, Some(words.clone())),
        PolicyFailure::Unusable(_) => (Kind::Unusable, None),
    }
}

/// What is wrong with the file, whether it can be used or not.
pub(super) fn failure_faults(failure: &PolicyFailure) -> Vec<Fault> {
    match failure {
        PolicyFailure::Unusable(faults) => faults.iter().map(policy_fault).collect(),
        _ => Vec::new(),
    }
}

/// What the records come to at an endpoint, and why nothing more is known of them. Hostile text.
pub(super) fn dane_result(chain: &DaneChain) -> (DaneResult, Option<&str>) {
    match chain {
        DaneChain::Matches => (DaneResult::Match, None),
        DaneChain::Mismatches => (DaneResult::Mismatch, None),
        DaneChain::AllUnusable => (DaneResult::Unusable, None),
        DaneChain::NoTls => (DaneResult::NoTls, None),
        DaneChain::Bogus(why) => (DaneResult::Bogus, Some(why)),
        DaneChain::Unknown(why) => (DaneResult::LookupFailed, Some(why)),
        DaneChain::NotSeen => (DaneResult::NotSeen, None),
    }
}
