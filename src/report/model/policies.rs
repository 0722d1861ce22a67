//! The part of the JSON contract that says what a domain promises about its servers: what was published, and what came of
//! it.

use super::discovery::NamedServerReport;
use crate::observation::LookupFailure;
use crate::observation::LookupFailureKind;
use crate::observation::promises::{
    AgentConfig, AgentConfigDigest, Dane, DnssecPassage, DnssecStatus, HostTlsa, MtaSts, MtaStsMode, MtaStsPolicy,
    PolicyFailure, PolicyRecord, Promises, Proven, TlsReporting, TlsaAnswer, TlsaRecord,
};
use crate::policy::{JudgedPolicy, JudgedTarget, PolicyKind, PolicyOutcome};
use crate::report::mirror::{all, mirror};
use crate::report::published::{
    Fault, PolicyFailureKind, PolicyFaultKind, RecordState, failure_faults, policy_failure, policy_fault,
    record_faults, record_state,
};
use crate::report::time::milliseconds;
use crate::words::hex;

/// What was looked up of one kind, and what came of it; each is missing where there is nothing of it.
type OfKind<'a, T> = (Option<&'a T>, Option<&'a JudgedPolicy>);

mirror! {
    /// What the domain promises about its servers, each kind held against what was seen. A kind that was not looked up is
    /// `null`.
    struct PoliciesReport from (target, promises): (&JudgedTarget, &Promises) {
        /// Whether the name servers in use hand out what DNSSEC needs: without it nothing can be told of DANE.
        dnssec: PassageReport = promises.into(),
        /// DANE for SMTP (RFC 7672).
        dane: Option<DaneReport> = of_kind(target, PolicyKind::Dane, promises.dane.as_ref()),
        /// MTA-STS (RFC 8461).
        mta_sts: Option<MtaStsReport> = of_kind(target, PolicyKind::MtaSts, promises.mta_sts.as_ref()),
        /// TLS reporting (RFC 8460).
        tls_rpt: Option<TlsReportingReport> =
            of_kind(target, PolicyKind::TlsReporting, promises.tls_reporting.as_ref()),
        /// The configuration of mail programs with its digest (draft-ietf-mailmaint-pacc).
        pacc: Option<AgentConfigReport> = of_kind(target, PolicyKind::AgentConfig, promises.agent_config.as_ref()),
        /// How long it took to ask, all side by side.
        duration_ms: f64 = milliseconds(promises.duration),
    }

    /// Whether the name servers in use hand out what DNSSEC needs.
    #[cfg_attr(feature = "cli", schemars(rename = "DnssecReport"))]
    struct PassageReport from promises: &Promises {
        /// Whether they do.
        passage: DnssecPassage = promises.passage,
        /// Which name server was asked, and what it said where that is why nothing can be told. Hostile text.
        detail: Option<String> = promises.passage_detail.clone(),
    }

    /// How far an answer of the DNS is proven.
    struct ProvenReport from proven: &Proven {
        /// How far.
        status: DnssecStatus = proven.status,
        /// Why it is not secure. Hostile text.
        reason: Option<String> = proven.reason.clone(),
    }

    /// DANE: what was published, and what came of it.
    struct DaneReport from (dane, judged): OfKind<'_, Dane> {
        /// What came of it.
        outcome: PolicyOutcome = outcome(judged),
        /// That in a sentence.
        sentence: String = sentence(judged),
        /// How far the answer with the MX records is proven; `null` for a host on its own.
        exchangers: Option<ProvenReport> =
            dane.and_then(|dane| dane.exchangers.as_ref()).map(ProvenReport::from),
        /// The hosts, in the order of the MX records.
        hosts: Vec<HostTlsaReport> = all(dane.iter().flat_map(|dane| &dane.hosts)),
    }

    /// The TLSA records of one host.
    struct HostTlsaReport from host: &HostTlsa {
        /// The host, as the MX record names it.
        host: String = host.host.to_string(),
        /// The name that was asked for last: `_25._tcp.mx.example.org`.
        asked: String = host.asked.clone(),
        /// The name at the end of its aliases, where each of them is secure.
        alias_of: Option<String> = host.alias_of.clone(),
        /// How far its addresses are proven, aliases included.
        addresses: ProvenReport = (&host.addresses).into(),
        /// How far the answer, or that there is none, is proven; `null` where it was not asked for, or did not come.
        status: Option<DnssecStatus> = answered(&host.answer).map(|proven| proven.status),
        /// Why that is not secure, or why it was not asked for. Hostile text.
        reason: Option<String> = match &host.answer {
            TlsaAnswer::NotAsked(why) => Some(why.clone()),
            answer => answered(answer).and_then(|proven| proven.reason.clone()),
        },
        /// The records.
        records: Vec<TlsaReport> = match &host.answer {
            TlsaAnswer::Records { records, .. } => all(records),
            _ => Vec::new(),
        },
        /// Why the lookup failed; `null` where it did not.
        failure: Option<LookupFailureReport> = match &host.answer {
            TlsaAnswer::Failed(failure) => Some(failure.into()),
            _ => None,
        },
    }

    /// A TLSA record (RFC 6698, section 2.1).
    struct TlsaReport from record: &TlsaRecord {
        /// The certificate usage.
        usage: u8 = record.usage,
        /// The selector.
        selector: u8 = record.selector,
        /// The matching type.
        matching_type: u8 = record.matching_type,
        /// The data, in lower-case hexadecimal.
        data: String = hex(&record.data),
    }

    /// Why the DNS gave no answer.
    struct LookupFailureReport from failure: &LookupFailure {
        /// What kind of failure it is.
        kind: LookupFailureKind = failure.kind,
        /// What was said. Hostile text.
        detail: String = failure.message.clone(),
    }

    /// MTA-STS: what was published, and what came of it.
    struct MtaStsReport from (found, judged): OfKind<'_, MtaSts> {
        /// What came of it.
        outcome: PolicyOutcome = outcome(judged),
        /// That in a sentence.
        sentence: String = sentence(judged),
        /// The TXT record at `_mta-sts.DOMAIN`; `null` where it was not looked up to the end.
        record: Option<RecordReport> = found.map(|found| (&found.record).into()),
        /// The policy's id, by the record. Hostile text.
        id: Option<String> = found.and_then(|found| announced(&found.record)).cloned(),
        /// Where the policy is.
        url: Option<String> = found.map(|found| found.url.clone()),
        /// The policy, where senders can use it.
        policy: Option<MtaStsPolicyReport> =
            found.and_then(|found| found.policy.as_ref()?.as_ref().ok()).map(MtaStsPolicyReport::from),
        /// Why there is none that senders could use, although a record announces one.
        failure: Option<PolicyFailureReport> =
            found.and_then(|found| found.policy.as_ref()?.as_ref().err()).map(PolicyFailureReport::from),
    }

    /// An MTA-STS policy.
    struct MtaStsPolicyReport from policy: &MtaStsPolicy {
        /// What senders do with a mail host that does not keep it.
        mode: MtaStsMode = policy.mode,
        /// The patterns of the mail hosts. Hostile text.
        hosts: Vec<String> = policy.hosts.clone(),
        /// How long senders keep it, in seconds.
        max_age: u32 = policy.max_age,
        /// What is wrong with it and does not keep senders from using it.
        faults: Vec<FaultReport> = policy.faults.iter().map(|fault| policy_fault(fault).into()).collect(),
    }

    /// Why a policy could not be had.
    struct PolicyFailureReport from failure: &PolicyFailure {
        /// Why.
        kind: PolicyFailureKind = policy_failure(failure).0,
        /// What was seen of that: a status, the words of an error. Hostile text.
        detail: Option<String> = policy_failure(failure).1,
        /// What is wrong with the file, where it came and cannot be used.
        faults: Vec<FaultReport> = failure_faults(failure).into_iter().map(FaultReport::from).collect(),
    }

    /// One fault of a policy, or of the record that announces it.
    #[cfg_attr(feature = "cli", schemars(rename = "PolicyFaultReport"))]
    struct FaultReport from (kind, part): Fault {
        /// What is wrong.
        kind: PolicyFaultKind = kind,
        /// The part that is meant: a field, a line, a number. Hostile text.
        detail: Option<String> = part,
    }

    /// A TXT record in which a policy is announced.
    struct RecordReport from parts: RecordParts<'_> {
        /// What was found in its place.
        found: RecordState = parts.state,
        /// The record, or every one that looks as if it were meant. Hostile text.
        texts: Vec<String> = parts.texts.to_vec(),
        /// What is wrong with it.
        faults: Vec<FaultReport> = parts.faults.into_iter().map(FaultReport::from).collect(),
        /// Why the lookup failed; `null` where it did not.
        failure: Option<LookupFailureReport> = parts.failure.map(LookupFailureReport::from),
    }

    /// TLS reporting: what was published, and what came of it.
    struct TlsReportingReport from (found, judged): OfKind<'_, TlsReporting> {
        /// What came of it.
        outcome: PolicyOutcome = outcome(judged),
        /// That in a sentence.
        sentence: String = sentence(judged),
        /// The TXT record at `_smtp._tls.DOMAIN`; `null` where it was not looked up to the end.
        record: Option<RecordReport> = found.map(|found| (&found.record).into()),
        /// Where reports go to: `mailto:` and `https:` URIs. Hostile text.
        addresses: Vec<String> =
            found.and_then(|found| announced(&found.record)).cloned().unwrap_or_default(),
    }

    /// The configuration of mail programs: what was published, and what came of it.
    struct AgentConfigReport from (found, judged): OfKind<'_, AgentConfig> {
        /// What came of it.
        outcome: PolicyOutcome = outcome(judged),
        /// That in a sentence.
        sentence: String = sentence(judged),
        /// The TXT record at `_ua-auto-config.DOMAIN`; `null` where it was not looked up to the end.
        record: Option<RecordReport> = found.map(|found| (&found.record).into()),
        /// The digests that the record gives, any of which will do.
        digests: Vec<DigestReport> = all(found.and_then(|found| announced(&found.record)).into_iter().flatten()),
        /// Where the file is.
        url: Option<String> = found.map(|found| found.url.clone()),
        /// The file's SHA-256, in lower-case hexadecimal, where it came.
        sha256: Option<String> = found.and_then(|found| found.sha256.as_deref()).map(hex),
        /// The servers that the file names, where it can be used.
        servers: Option<Vec<NamedServerReport>> =
            found.and_then(|found| found.servers.as_ref()?.as_ref().ok()).map(all),
        /// Why the file cannot be used. Hostile text.
        failure: Option<String> = found.and_then(|found| match found.servers.as_ref()? {
            Ok(_) => None,
            Err(failure) => Some(failure.words().to_owned()),
        }),
    }

    /// A digest of a file, as the DNS gives it.
    struct DigestReport from digest: &AgentConfigDigest {
        /// `sha256`. Hostile text.
        algorithm: String = digest.algorithm.clone(),
        /// The digest, in lower-case hexadecimal.
        digest: String = hex(&digest.digest),
    }
}

/// A record of whatever says something.
struct RecordParts<'a> {
    state: RecordState,
    texts: &'a [String],
    faults: Vec<Fault>,
    failure: Option<&'a LookupFailure>,
}

impl<T> From<&PolicyRecord<T>> for RecordReport {
    fn from(record: &PolicyRecord<T>) -> Self {
        let (state, texts) = record_state(record);
        let failure = if let PolicyRecord::Failed(failure) = record { Some(failure) } else { None };
        RecordParts { state, texts, faults: record_faults(record), failure }.into()
    }
}

/// What was looked up of a kind with what came of it; `None` where there is neither.
fn of_kind<'a, T, Part: From<OfKind<'a, T>>>(
    target: &'a JudgedTarget,
    kind: PolicyKind,
    found: Option<&'a T>,
) -> Option<Part> {
    let judged = target.policies.iter().find(|policy| policy.kind == kind);
    (found.is_some() || judged.is_some()).then(|| (found, judged).into())
}

fn outcome(judged: Option<&JudgedPolicy>) -> PolicyOutcome {
    judged.map_or(PolicyOutcome::CannotTell, |policy| policy.outcome)
}

fn sentence(judged: Option<&JudgedPolicy>) -> String {
    judged.map(JudgedPolicy::sentence).unwrap_or_default()
}

fn answered(answer: &TlsaAnswer) -> Option<&Proven> {
    match answer {
        TlsaAnswer::Records { proven, .. } | TlsaAnswer::None(proven) => Some(proven),
        TlsaAnswer::Failed(_) | TlsaAnswer::NotAsked(_) => None,
    }
}

/// What a record says that can be used.
fn announced<T>(record: &PolicyRecord<T>) -> Option<&T> {
    if let PolicyRecord::Good { record, .. } = record { Some(record) } else { None }
}
