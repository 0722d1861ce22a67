//! DANE for SMTP (RFC 7672): whether the mail hosts show what their TLSA records promise.

use super::hosts::every;
use crate::diagnosis::{Finding, FindingId};
use crate::observation::LookupFailureKind;
use crate::observation::promises::{DnssecPassage, DnssecStatus, HostTlsa, Promises, Proven, TlsaAnswer};
use crate::policy::judged::JudgedEndpoint;
use crate::policy::kept::{JudgedPolicy, PolicyKind, PolicyOutcome};
use crate::target::Host;
use crate::words::{distinct, joined};

pub(super) fn judge(promises: &Promises, endpoints: &[JudgedEndpoint]) -> (JudgedPolicy, Vec<Finding>) {
    let Some(dane) = &promises.dane else { return unknown(promises) };
    if promises.passage != DnssecPassage::Passed {
        // Where there are no records, nobody needs a proof; a host on its own is asked for them first.
        let has_none = dane.hosts.iter().all(|host| matches!(host.answer, TlsaAnswer::None(_)));
        if !promises.is_domain && promises.passage_detail.is_none() && !dane.hosts.is_empty() && has_none {
            return (told(PolicyOutcome::None, "none", None), Vec::new());
        }
        return unknown(promises);
    }
    let name = &promises.name;
    match dane.exchangers.as_ref().map(|proven| (proven.status, proven)) {
        Some((DnssecStatus::Bogus, proven)) => {
            let what = format!("Senders who check DNSSEC defer mail to {name} now");
            let finding = bogus(format!("{what}: the signatures of its MX records do not hold."), proven);
            let sentence = "the DNSSEC signatures of the MX records do not hold, so senders who check them defer mail";
            return (told(PolicyOutcome::Broken, sentence, Some(finding.id)), vec![finding]);
        }
        Some((DnssecStatus::CannotTell, _)) => {
            let why = format!("cannot tell, since too little came to prove the MX records of {name}");
            return (told(PolicyOutcome::CannotTell, why, None), Vec::new());
        }
        _ => {}
    }
    let is_insecure = dane.exchangers.as_ref().is_some_and(|proven| proven.status == DnssecStatus::Insecure);
    let of_host = |asked| {
        if is_insecure { HostPromise::without_signed_mx(asked, endpoints) } else { HostPromise::of(asked, endpoints) }
    };
    let hosts: Vec<(&Host, HostPromise)> = dane.hosts.iter().map(|asked| (&asked.host, of_host(asked))).collect();
    let policy = told_of(&hosts, is_insecure);
    (policy, hosts.into_iter().filter_map(|(_, standing)| standing.finding).collect())
}

fn told(outcome: PolicyOutcome, clause: impl Into<String>, finding: Option<FindingId>) -> JudgedPolicy {
    JudgedPolicy { kind: PolicyKind::Dane, outcome, clause: clause.into(), finding }
}

/// Nothing can be told here: that is a matter of this machine and its network.
fn unknown(promises: &Promises) -> (JudgedPolicy, Vec<Finding>) {
    let detail = promises.passage_detail.as_deref();
    let why = match (promises.passage, promises.name_server) {
        (DnssecPassage::Stripped, Some(server)) => {
            format!("no DNSSEC from the name server {server}")
        }
        (DnssecPassage::Stripped, None) => "no DNSSEC from the name servers in use".to_owned(),
        (DnssecPassage::Passed, _) => "it was not looked up to the end".to_owned(),
        (DnssecPassage::Unknown, Some(server)) => {
            format!("no answer about DNSSEC from the name server {server}")
        }
        (DnssecPassage::Unknown, None) => {
            detail.unwrap_or("no name server could be asked for DNSSEC signatures").to_owned()
        }
    };
    // The line says it all: this is nothing to worry about, and nothing about the domain.
    let policy = told(PolicyOutcome::CannotTell, format!("cannot tell: {why}"), Some(FindingId::DaneCannotTell));
    (policy, Vec::new())
}

/// How a mail host stands.
struct HostPromise {
    outcome: PolicyOutcome,
    /// What is the case, as a clause; of a host where it is kept, nothing.
    clause: String,
    id: Option<FindingId>,
    /// What no endpoint's findings tell.
    finding: Option<Finding>,
}

impl HostPromise {
    fn of(asked: &HostTlsa, endpoints: &[JudgedEndpoint]) -> Self {
        let own = endpoints.iter().filter(|judged| judged.observation.endpoint.host == asked.host);
        let own: Vec<&JudgedEndpoint> = own.collect();
        if let Some(broken) = Self::broken(asked, &own) {
            return broken;
        }
        let host = &asked.host;
        match (asked.addresses.status, &asked.answer) {
            (DnssecStatus::Bogus, _) => {
                Self::bogus(host, "the DNSSEC signatures of its addresses do not hold", &asked.addresses)
            }
            (_, TlsaAnswer::Records { proven, .. } | TlsaAnswer::None(proven))
                if proven.status == DnssecStatus::Bogus =>
            {
                let words = "the DNSSEC signatures that its TLSA records depend on do not hold";
                Self::bogus(host, words, proven)
            }
            (DnssecStatus::Secure | DnssecStatus::CannotTell, TlsaAnswer::NotAsked(why)) => Self::unclear(why.clone()),
            (DnssecStatus::CannotTell, _) => Self::unclear(format!("too little came to prove the addresses of {host}")),
            (_, TlsaAnswer::Records { proven, .. } | TlsaAnswer::None(proven))
                if proven.status == DnssecStatus::CannotTell =>
            {
                Self::unclear(format!("too little came to prove the TLSA records of {host}"))
            }
            (_, TlsaAnswer::Records { proven, .. }) if proven.status == DnssecStatus::Insecure => {
                Self::unsigned(asked, proven)
            }
            (DnssecStatus::Secure, TlsaAnswer::Failed(failure)) => match failure.kind {
                LookupFailureKind::Local | LookupFailureKind::NoNetwork | LookupFailureKind::Unreachable => {
                    Self::unclear(failure.message.clone())
                }
                _ => Self::failed(asked, &failure.message),
            },
            (_, TlsaAnswer::Records { .. }) => Self::seen(host, &own),
            _ => Self::none(format!("{host} has no TLSA records")),
        }
    }

    /// Where the MX records are not signed, DANE does not apply; a sender may go by the host's records all the same.
    fn without_signed_mx(asked: &HostTlsa, endpoints: &[JudgedEndpoint]) -> Self {
        let own = endpoints.iter().filter(|judged| judged.observation.endpoint.host == asked.host);
        let broken = Self::broken(asked, &own.collect::<Vec<_>>());
        broken.map_or_else(|| Self::none(String::new()), |broken| Self { outcome: PolicyOutcome::None, ..broken })
    }

    /// What the findings of its endpoints tell.
    fn broken(asked: &HostTlsa, own: &[&JudgedEndpoint]) -> Option<Self> {
        use FindingId::{DaneBogus, DaneLookupFailed, DaneMismatch, DaneNoStarttls};
        let is_of_dane = |id: FindingId| matches!(id, DaneMismatch | DaneNoStarttls | DaneBogus | DaneLookupFailed);
        let found =
            |judged: &JudgedEndpoint| judged.diagnosis.findings.iter().map(|one| one.id).find(|id| is_of_dane(*id));
        let broken: Vec<&JudgedEndpoint> = own.iter().copied().filter(|judged| found(judged).is_some()).collect();
        let id = broken.first().and_then(|judged| found(judged))?;
        let host = &asked.host;
        let at = joined(distinct(broken.iter().filter_map(|judged| judged.observation.endpoint.address)));
        let clause = match id {
            FindingId::DaneMismatch => format!("what {host} shows at {at} does not match its TLSA records"),
            FindingId::DaneNoStarttls => format!("{host} has TLSA records and no STARTTLS at {at}"),
            FindingId::DaneBogus => format!("the DNSSEC signatures for {host} do not hold"),
            _ => format!("the TLSA records of {host} cannot be looked up"),
        };
        Some(Self { outcome: PolicyOutcome::Broken, clause, id: Some(id), finding: None })
    }

    fn bogus(host: &Host, words: &str, proven: &Proven) -> Self {
        let finding = bogus(format!("Senders who check DANE defer mail to {host} now: {words}."), proven);
        let clause = format!("the DNSSEC signatures for {host} do not hold");
        Self { outcome: PolicyOutcome::Broken, clause, id: Some(finding.id), finding: Some(finding) }
    }

    fn failed(asked: &HostTlsa, words: &str) -> Self {
        let HostTlsa { host, asked, .. } = asked;
        let message = format!(
            "Senders who check DANE defer mail to {host} now: its zone is signed, and its TLSA records could not be looked up."
        );
        let id = FindingId::DaneLookupFailed;
        let finding = Finding::error(id, message).evidence(format!("{asked}: {words}")).advised();
        let clause = format!("the TLSA records of {host} cannot be looked up");
        Self { outcome: PolicyOutcome::Broken, clause, id: Some(id), finding: Some(finding) }
    }

    fn unsigned(asked: &HostTlsa, proven: &Proven) -> Self {
        let HostTlsa { host, asked, .. } = asked;
        let message = format!("{host} has TLSA records in a zone that is not signed: no sender uses them.");
        let seen = proven.reason.as_ref().map_or_else(|| asked.clone(), |reason| format!("{asked}: {reason}"));
        let id = FindingId::DaneUnsigned;
        let finding = Finding::warning(id, message).evidence(seen).advised();
        let clause = format!("the TLSA records of {host} are not signed, so that no sender uses them");
        Self { outcome: PolicyOutcome::None, clause, id: Some(id), finding: Some(finding) }
    }

    /// Of a host with records that count: whether it shows what they promise.
    fn seen(host: &Host, own: &[&JudgedEndpoint]) -> Self {
        let has = |id| own.iter().any(|judged| judged.diagnosis.findings.iter().any(|one| one.id == id));
        if has(FindingId::DaneMatch) {
            return Self { outcome: PolicyOutcome::Kept, clause: String::new(), id: None, finding: None };
        }
        if has(FindingId::DaneUnusable) {
            let standing = Self::none(format!("none of the TLSA records of {host} can be used for mail"));
            return Self { id: Some(FindingId::DaneUnusable), ..standing };
        }
        Self::unclear(format!("what {host} shows on port 25 was not seen"))
    }

    const fn unclear(clause: String) -> Self {
        Self { outcome: PolicyOutcome::CannotTell, clause, id: None, finding: None }
    }

    const fn none(clause: String) -> Self {
        Self { outcome: PolicyOutcome::None, clause, id: None, finding: None }
    }
}

fn bogus(message: String, proven: &Proven) -> Finding {
    Finding::error(FindingId::DaneBogus, message).evidence(proven.reason.clone()).advised()
}

/// All hosts together.
fn told_of(hosts: &[(&Host, HostPromise)], mx_is_insecure: bool) -> JudgedPolicy {
    let of = |outcome| hosts.iter().filter(move |(_, standing)| standing.outcome == outcome);
    let clauses = |outcome| joined(distinct(of(outcome).map(|(_, standing)| standing.clause.as_str())));
    let id = |outcome| of(outcome).find_map(|(_, standing)| standing.id);
    let is = |outcome| of(outcome).next().is_some();
    if is(PolicyOutcome::Broken) {
        let sentence = format!("{}, so senders who check it defer mail", clauses(PolicyOutcome::Broken));
        return told(PolicyOutcome::Broken, sentence, id(PolicyOutcome::Broken));
    }
    if is(PolicyOutcome::Kept) {
        let kept: Vec<&Host> = of(PolicyOutcome::Kept).map(|(host, _)| *host).collect();
        let others = hosts.iter().filter(|(_, standing)| standing.outcome != PolicyOutcome::Kept);
        let others = joined(distinct(others.map(|(_, standing)| standing.clause.as_str())));
        let sentence = if others.is_empty() {
            format!("kept at {}", every(&kept))
        } else {
            format!("kept at {}; {others}", joined(&kept))
        };
        return told(PolicyOutcome::Kept, sentence, id(PolicyOutcome::None));
    }
    if is(PolicyOutcome::CannotTell) {
        let sentence = format!("cannot tell, since {}", clauses(PolicyOutcome::CannotTell));
        return told(PolicyOutcome::CannotTell, sentence, None);
    }
    let found = id(PolicyOutcome::None);
    let sentence = match (mx_is_insecure, found) {
        (true, None) => "none, since the MX records are not signed (DNSSEC)".to_owned(),
        (true, Some(_)) => {
            let clauses: Vec<&str> =
                hosts.iter().filter(|(_, host)| host.id.is_some()).map(|(_, host)| host.clause.as_str()).collect();
            format!(
                "none, since the MX records are not signed; Postfix checks it all the same, and {}",
                joined(clauses)
            )
        }
        (false, Some(_)) => clauses(PolicyOutcome::None),
        (false, None) => "none".to_owned(),
    };
    told(PolicyOutcome::None, sentence, found)
}
