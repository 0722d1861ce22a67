//! What a domain promises of an endpoint, held against what was seen there: which promises are broken, and which faults of a
//! certificate do not matter because of them.

use std::iter::zip;

use super::certificate;
use super::finding::{Diagnosis, Finding, Severity};
use super::finding_id::FindingId;
use super::state::State;
use super::tlsa::{DANE_EE, mend, records, right_records, usable, what_is_shown};
use crate::observation::promises::{DaneChain, DaneJudgement, MatchedBy, MtaStsCoverage, MtaStsMode, RecordJudgement};
use crate::observation::{CertificateFault, NearMiss, Observation, TlsFacts, UnusableReason};
use crate::words::{distinct, joined};

/// How many patterns of a policy are listed as evidence.
const MAX_LISTED: usize = 3;

/// What a promise that is broken at an endpoint is called.
const BREACHES: [FindingId; 7] = [
    FindingId::DaneMismatch,
    FindingId::DaneNoStarttls,
    FindingId::DaneBogus,
    FindingId::DaneLookupFailed,
    FindingId::MtaStsHostNotCovered,
    FindingId::MtaStsCertificateInvalid,
    FindingId::MtaStsNoStarttls,
];

/// What DANE excuses in a certificate: the TLSA record vouches for the key instead.
const EXCUSED: [FindingId; 9] = [
    FindingId::CertificateExpired,
    FindingId::CertificateNotYetValid,
    FindingId::CertificateWrongName,
    FindingId::CertificateIssuerExpired,
    FindingId::CertificateUnknownIssuer,
    FindingId::CertificateSelfSigned,
    FindingId::CertificateDefault,
    FindingId::CertificateWrongPurpose,
    FindingId::CertificateUnusable,
];

/// Whether this is what a broken promise is called, one for which senders keep the mail or report it.
pub(crate) fn is_breach(id: FindingId) -> bool {
    BREACHES.contains(&id)
}

/// Whether senders keep mail because of one of these: not where a policy is only being tested.
pub(crate) fn keeps_mail_back(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error && is_breach(finding.id))
}

/// Adds what the promises say of the endpoint.
pub(super) fn judge(observation: &Observation, diagnosis: &mut Diagnosis) {
    let Some(promised) = observation.promised.as_deref() else { return };
    let mut findings = breaches(observation, diagnosis.state, &place(observation));
    let is_doubtful = may_be_somebody_else(diagnosis);
    if is_doubtful {
        findings.retain(|finding| !rests_on_what_was_seen(finding.id));
    }
    if let Some(dane) = &promised.dane {
        if dane.is_binding && (!is_doubtful || dane.chain == DaneChain::Matches) {
            excuse(observation, dane, diagnosis);
        }
        if dane.is_binding {
            findings.extend(remarks(observation, dane));
        }
    }
    if !findings.iter().any(|finding| is_breach(finding.id)) {
        diagnosis.findings.extend(findings);
        return;
    }
    let asks_for_public_ca = findings.iter().any(|finding| finding.id == FindingId::MtaStsCertificateInvalid);
    // Between servers, no TLS and a bad certificate are forgiven. What senders do not forgive is the broken promise.
    for finding in &mut diagnosis.findings {
        if finding.id == FindingId::StarttlsNotOffered || EXCUSED.contains(&finding.id) {
            finding.severity = finding.severity.max(Severity::Warning);
        }
        let says_that_mail_gets_through = finding.id == FindingId::StarttlsNotOffered && keeps_mail_back(&findings);
        // Senders of mail do not trust what somebody here does.
        let offers_trust = asks_for_public_ca
            && matches!(finding.id, FindingId::CertificateSelfSigned | FindingId::CertificateUnknownIssuer);
        if says_that_mail_gets_through || offers_trust {
            finding.hint = None;
        }
    }
    diagnosis.findings.extend(findings);
}

/// The broken promises of an endpoint in this state, told with this `place`: `port 25 at 192.0.2.5`.
pub(crate) fn breaches(observation: &Observation, state: State, place: &str) -> Vec<Finding> {
    let Some(promised) = observation.promised.as_deref() else { return Vec::new() };
    let at = BrokenAt { host: observation.endpoint.host.to_string(), place };
    let dane = promised.dane.as_ref().and_then(|dane| dane_breach(dane, state, &at));
    let mta_sts = promised.mta_sts.as_ref().and_then(|policy| mta_sts_breach(observation, policy, state, &at));
    dane.into_iter().chain(mta_sts).collect()
}

/// Where it is broken, in words.
struct BrokenAt<'a> {
    host: String,
    place: &'a str,
}

/// `port 25 at 192.0.2.5`
fn place(observation: &Observation) -> String {
    let endpoint = &observation.endpoint;
    let at = endpoint.address.map_or_else(String::new, |address| format!(" at {address}"));
    format!("port {}{at}", endpoint.port)
}

/// Whether something on the way may have changed what was seen. Then it says nothing about what the server shows to others.
fn may_be_somebody_else(diagnosis: &Diagnosis) -> bool {
    use FindingId::{CaptivePortalSuspected, InspectionDeviceSuspected, InterceptionSuspected};
    let suspicions = [CaptivePortalSuspected, InspectionDeviceSuspected, InterceptionSuspected];
    matches!(diagnosis.state, State::Intercepted | State::StarttlsStripped)
        || diagnosis.findings.iter().any(|finding| suspicions.contains(&finding.id))
}

/// The others rest on the DNS.
fn rests_on_what_was_seen(id: FindingId) -> bool {
    use FindingId::{DaneMismatch, DaneNoStarttls, MtaStsCertificateInvalid, MtaStsNoStarttls};
    matches!(id, DaneMismatch | DaneNoStarttls | MtaStsCertificateInvalid | MtaStsNoStarttls)
}

fn dane_breach(dane: &DaneJudgement, state: State, at: &BrokenAt<'_>) -> Option<Finding> {
    let BrokenAt { host, place } = at;
    let error = |id, why: &str| {
        if dane.is_binding {
            return Finding::error(id, format!("Senders who check DANE defer mail to {host} now: {why}."));
        }
        let message = format!(
            "Postfix, where it checks DANE, defers mail to {host} now: {why}. Others do not go by its TLSA records, since the MX \
             records that name it are not signed."
        );
        Finding::warning(id, message)
    };
    match &dane.chain {
        DaneChain::Mismatches => {
            let shown = what_is_shown(dane);
            Some(
                error(FindingId::DaneMismatch, &format!("{place} shows {shown}"))
                    .evidence(records(dane))
                    .hint(mend([dane])),
            )
        }
        DaneChain::NoTls => {
            let lack = match state {
                State::StarttlsNotOffered => "does not offer STARTTLS",
                State::StarttlsRefused => "refuses STARTTLS",
                _ => return None, // Why the handshake failed here need not keep others from it.
            };
            let why = format!("its TLSA records promise TLS, and {place} {lack}");
            Some(error(FindingId::DaneNoStarttls, &why).evidence(records(dane)).advised())
        }
        DaneChain::Bogus(why) => {
            let words = "the DNSSEC signatures that its TLSA records depend on do not hold";
            Some(error(FindingId::DaneBogus, words).evidence(asked(dane, why)).advised())
        }
        DaneChain::Unknown(why) => {
            let words = "its zone is signed, and its TLSA records could not be looked up";
            Some(error(FindingId::DaneLookupFailed, words).evidence(asked(dane, why)).advised())
        }
        DaneChain::Matches | DaneChain::AllUnusable | DaneChain::NotSeen => None,
    }
}

fn asked(dane: &DaneJudgement, why: &str) -> String {
    format!("{}: {why}", dane.name)
}

/// What keeps mail from nobody: a match, records that cannot be used, no second record.
fn remarks(observation: &Observation, dane: &DaneJudgement) -> Vec<Finding> {
    let host = &observation.endpoint.host;
    let unusable = || dane.records.iter().any(|record| matches!(record, RecordJudgement::Unusable(_)));
    let passed_over =
        |message: String| Finding::info(FindingId::DaneUnusable, message).evidence(records(dane)).advised();
    match dane.chain {
        DaneChain::Matches => {
            let message = format!("{host} shows what its TLSA record promises, as senders who check DANE want it.");
            let matched = Finding::info(FindingId::DaneMatch, message).evidence(records(dane));
            let of_some = unusable().then(|| {
                passed_over(format!(
                    "Senders pass over some of the TLSA records of {host}; another one of them matches."
                ))
            });
            [Some(matched), of_some, one_record(observation, dane)].into_iter().flatten().collect()
        }
        DaneChain::AllUnusable => {
            let message = format!(
                "None of the TLSA records of {host} can be used for mail: senders who check DANE encrypt, and do not check \
                 whose certificate it is."
            );
            let mut finding = Finding { severity: Severity::Warning, ..passed_over(message) };
            if let Some(right) = right_records([dane]) {
                finding = finding.hint(format!("Publish this in their place, the hash of the key in use: {right}"));
            }
            vec![finding]
        }
        _ => Vec::new(),
    }
}

/// Roll-over is not prepared: there is one record, for one key. Of an authority's key (usage 2) none is needed.
fn one_record(observation: &Observation, dane: &DaneJudgement) -> Option<Finding> {
    let [(only, _)] = usable(dane).collect::<Vec<_>>()[..] else { return None };
    let message = format!(
        "{} has a single TLSA record: before its key changes, the record of the new key must be published beside it.",
        observation.endpoint.host
    );
    let finding = || Finding::info(FindingId::DaneOneRecord, message).evidence(records(dane)).advised();
    (only.usage == DANE_EE).then(finding)
}

/// Where the record names the server's own key, it takes the place of everything that a certificate says: its faults are
/// facts then, and need no remedy. With usage 2 that is so only of a match.
fn excuse(observation: &Observation, dane: &DaneJudgement, diagnosis: &mut Diagnosis) {
    let names_the_key = zip(&dane.published, &dane.records)
        .any(|(record, what)| record.usage == DANE_EE && !matches!(what, RecordJudgement::Unusable(_)));
    let counts = match dane.chain {
        DaneChain::Matches => true,
        DaneChain::Mismatches => names_the_key,
        _ => false,
    };
    if !counts {
        return;
    }
    let key_is_bad = certificate::facts(observation).is_some_and(|tls| tls.faults.iter().any(is_of_the_key));
    for finding in &mut diagnosis.findings {
        if EXCUSED.contains(&finding.id) && !(key_is_bad && finding.id == FindingId::CertificateUnusable) {
            finding.severity = Severity::Info;
            finding.hint = None;
        }
        // With usage 3 dates do not count, unless a sender goes by the MTA-STS policy.
        let by_key = dane.records.contains(&RecordJudgement::Match(MatchedBy::Server)) && !is_for_mta_sts(observation);
        if by_key && finding.id == FindingId::CertificateExpiresSoon {
            finding.severity = Severity::Info;
            finding.hint = None;
        }
    }
}

/// What no TLSA record makes good: a key that programs do not accept, or that the server may not have.
const fn is_of_the_key(fault: &CertificateFault) -> bool {
    use UnusableReason::{KeyNotProven, WeakKey};
    matches!(fault, CertificateFault::Unusable(KeyNotProven(_) | WeakKey { of: None, .. }))
}

fn is_for_mta_sts(observation: &Observation) -> bool {
    let policy = observation.promised.as_deref().and_then(|promised| promised.mta_sts.as_ref());
    policy.is_some_and(|policy| policy.mode != MtaStsMode::None)
}

fn mta_sts_breach(
    observation: &Observation,
    policy: &MtaStsCoverage,
    state: State,
    at: &BrokenAt<'_>,
) -> Option<Finding> {
    let BrokenAt { host, place } = at;
    let severity = match policy.mode {
        MtaStsMode::Enforce => Severity::Error,
        MtaStsMode::Testing => Severity::Warning,
        MtaStsMode::None => return None,
    };
    let told = |id, severity, why: &str| {
        let message = match policy.mode {
            MtaStsMode::Enforce => format!("Senders who check MTA-STS defer mail to {host} now: {why}."),
            _ => format!("The MTA-STS policy, which is being tested, is not kept at {host}: {why}."),
        };
        Finding { severity, ..Finding::error(id, message) }
    };
    if policy.pattern.is_none() {
        let why = "no `mx` line of the domain's policy covers that name";
        return Some(told(FindingId::MtaStsHostNotCovered, severity, why).evidence(patterns(policy)).advised());
    }
    let lack = match state {
        State::StarttlsNotOffered => Some("does not offer STARTTLS"),
        State::StarttlsRefused => Some("refuses STARTTLS"),
        State::TlsVersionUnsupported => Some("has only versions of TLS before 1.2"),
        _ => None,
    };
    if let Some(lack) = lack {
        return Some(told(FindingId::MtaStsNoStarttls, severity, &format!("{place} {lack}")).advised());
    }
    let tls = certificate::facts(observation)?;
    let faults = distinct(tls.faults.iter().filter(|fault| !is_only_here(fault, tls)).map(fault_words));
    if faults.is_empty() {
        return None;
    }
    let severity = if is_disputed(tls) { Severity::Warning } else { severity };
    let why = format!("the certificate of {place} {}", joined(faults));
    let evidence =
        tls.certificate.as_ref().map(|facts| format!("subject: {}; issuer: {}", facts.subject, facts.issuer));
    Some(told(FindingId::MtaStsCertificateInvalid, severity, &why).evidence(evidence).advised())
}

fn patterns(policy: &MtaStsCoverage) -> String {
    let listed: Vec<&str> = policy.patterns.iter().take(MAX_LISTED).map(String::as_str).collect();
    let more = policy.patterns.len().saturating_sub(MAX_LISTED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("mx: {}{more}", listed.join(", "))
}

/// Whether it is a fault by the list of authorities alone that was chosen here, or one that mailprobe cannot judge.
fn is_only_here(fault: &CertificateFault, tls: &TlsFacts) -> bool {
    match fault {
        CertificateFault::UnknownIssuer | CertificateFault::SelfSigned => {
            tls.certificate.as_ref().is_some_and(|facts| facts.chain.trusted_by.is_some())
        }
        CertificateFault::Unusable(UnusableReason::UncheckedSignature { .. }) => true,
        _ => false,
    }
}

/// Whether programs do not agree on its only fault: the name stands in the common name alone.
fn is_disputed(tls: &TlsFacts) -> bool {
    let near_miss = tls.certificate.as_ref().and_then(|facts| facts.near_miss.as_ref());
    tls.faults == [CertificateFault::WrongName] && matches!(near_miss, Some(NearMiss::CommonNameOnly(_)))
}

/// A fault of the certificate, as the end of a sentence about it.
const fn fault_words(fault: &CertificateFault) -> &'static str {
    match fault {
        CertificateFault::Expired => "has expired",
        CertificateFault::NotYetValid => "is not valid yet",
        CertificateFault::WrongName => "does not name the host",
        CertificateFault::SelfSigned => "is self-signed",
        CertificateFault::UnknownIssuer => "has no chain to a public CA",
        CertificateFault::IssuerExpired => "has an expired one above it",
        CertificateFault::IssuerNotYetValid => "has one above it that is not valid yet",
        CertificateFault::WrongPurpose => "is not for servers",
        CertificateFault::Unusable(_) => "cannot be used",
    }
}
