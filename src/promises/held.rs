//! Promises held against what was seen at an endpoint.

use std::time::SystemTime;

use crate::observation::promises::{
    Dane, DaneChain, DaneJudgement, DnssecStatus, HostTlsa, Promised, Promises, Proven, RecordJudgement, TlsaAnswer,
    TlsaRecord,
};
use crate::observation::{LookupFailureKind, Observation, Reply, Stop, TlsFacts};
use crate::service::Service;
use crate::target::Endpoint;
use crate::transport::dane::{self, PresentedChain};

use super::coverage;

/// What the promises say of an endpoint, held against what was seen there; `None` where they say nothing of it.
pub fn held(promises: &Promises, observation: &Observation) -> Option<Box<Promised>> {
    if observation.endpoint.service != Service::Smtp {
        return None;
    }
    let here = Promised {
        dane: promises.dane.as_ref().and_then(|dane| by_dane(promises, dane, observation)),
        mta_sts: promises.mta_sts.as_ref().and_then(|mta_sts| coverage::of(mta_sts, &observation.endpoint)),
    };
    (here != Promised::default()).then(|| Box::new(here))
}

/// What there is to hold a chain against.
enum Applies<'a> {
    Records(&'a [TlsaRecord]),
    /// There is no telling, and senders who check DANE wait.
    Nothing(DaneChain),
}

fn by_dane(promises: &Promises, dane: &Dane, observation: &Observation) -> Option<DaneJudgement> {
    let tlsa = dane.hosts.iter().find(|tlsa| tlsa.host == observation.endpoint.host)?;
    let name = name_of_records(tlsa, &observation.endpoint)?;
    let is_binding = dane.exchangers.as_ref().is_none_or(|proven| proven.status != DnssecStatus::Insecure);
    let records = match applies(dane, tlsa)? {
        Applies::Nothing(_) if !is_binding => return None,
        Applies::Records(records) => records,
        Applies::Nothing(chain) => {
            let right = shown(observation).and_then(|tls| dane::right_record(&tls.presented));
            let (published, records) = (Vec::new(), Vec::new());
            return Some(DaneJudgement { name: tlsa.asked.clone(), chain, is_binding, published, records, right });
        }
    };
    let published = records.to_vec();
    let Some(tls) = shown(observation) else {
        let chain = if has_no_tls(observation) { DaneChain::NoTls } else { DaneChain::NotSeen };
        let records = Vec::new();
        return Some(DaneJudgement { name: tlsa.asked.clone(), chain, is_binding, published, records, right: None });
    };
    let next_hop = promises.is_domain.then_some(&promises.name).filter(|domain| domain.as_str() != name);
    let names: Vec<String> = std::iter::once(name.to_owned()).chain(next_hop.cloned()).collect();
    let presented = PresentedChain { certificates: &tls.presented, names: &names, now: seen_at(tls) };
    let judged = dane::judge(records, presented);
    Some(DaneJudgement {
        name: tlsa.asked.clone(),
        chain: together(&judged),
        is_binding,
        published,
        records: judged,
        right: dane::right_record_beside(&tls.presented, records),
    })
}

/// The name that the records were asked for, without port and protocol: what a certificate below an authority is to be for
/// (RFC 7672, section 3.2.2). `None` where they are those of another port.
fn name_of_records<'a>(tlsa: &'a HostTlsa, endpoint: &Endpoint) -> Option<&'a str> {
    let name = tlsa.asked.strip_prefix('_')?.strip_prefix(&endpoint.port.to_string())?.strip_prefix("._tcp.")?;
    Some(name.strip_suffix('.').unwrap_or(name))
}

/// `None`: DANE does not apply, or nobody here can tell.
fn applies<'a>(dane: &Dane, tlsa: &'a HostTlsa) -> Option<Applies<'a>> {
    use DnssecStatus::{Insecure, Secure};
    if let Some(proven) = &dane.exchangers
        && !matches!(proven.status, Secure | Insecure)
    {
        return bogus(proven, "the MX records");
    }
    if tlsa.addresses.status != Secure {
        return bogus(&tlsa.addresses, "the addresses");
    }
    match &tlsa.answer {
        TlsaAnswer::Records { proven: Proven { status: Secure, .. }, records } => {
            (!records.is_empty()).then_some(Applies::Records(records))
        }
        TlsaAnswer::Records { proven, .. } => bogus(proven, "the TLSA records"),
        TlsaAnswer::None(proven) => bogus(proven, "the proof that there are no TLSA records"),
        TlsaAnswer::Failed(failure) => match failure.kind {
            // That is about this machine.
            LookupFailureKind::Local | LookupFailureKind::NoNetwork | LookupFailureKind::Unreachable => None,
            _ => {
                let why = format!("the TLSA records could not be looked up: {}", failure.message);
                Some(Applies::Nothing(DaneChain::Unknown(why)))
            }
        },
        TlsaAnswer::NotAsked(_) => None,
    }
}

fn bogus(proven: &Proven, what: &str) -> Option<Applies<'static>> {
    (proven.status == DnssecStatus::Bogus).then(|| {
        let why = proven.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        Applies::Nothing(DaneChain::Bogus(format!("DNSSEC does not confirm {what}{why}")))
    })
}

/// The certificates that count: of the ordinary check, or of the first second look that saw any.
fn shown(observation: &Observation) -> Option<&TlsFacts> {
    let seen = observation.attempts.iter().filter_map(|attempt| attempt.tls.as_ref());
    seen.into_iter().find(|tls| !tls.presented.is_empty())
}

/// When the certificates were looked at, in seconds since 1970.
fn seen_at(tls: &TlsFacts) -> i64 {
    tls.certificate.as_ref().map_or_else(
        || {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
        },
        |certificate| certificate.checked_at,
    )
}

/// Whether the server itself has no TLS for senders. Where something rewrites the dialogue on the way, nobody knows what the
/// server offers to others.
fn has_no_tls(observation: &Observation) -> bool {
    /// The service is closing the channel (RFC 5321, section 3.8): that is about the connection and not about TLS.
    const CLOSING: &str = "421";
    let Some(conversation) = observation.probe().map(|probe| &probe.conversation) else { return false };
    match &conversation.stop {
        Some(Stop::StarttlsNotOffered) => conversation.marks_of_inspection().is_none(),
        Some(Stop::StarttlsRefused(Reply { word, .. })) => word != CLOSING,
        _ => false,
    }
}

/// One record that matches is enough; those that cannot be used do not count (RFC 7672, section 2.2).
fn together(judged: &[RecordJudgement]) -> DaneChain {
    if judged.iter().any(|one| matches!(one, RecordJudgement::Match(_))) {
        DaneChain::Matches
    } else if judged.iter().all(|one| matches!(one, RecordJudgement::Unusable(_))) {
        DaneChain::AllUnusable
    } else {
        DaneChain::Mismatches
    }
}

#[cfg(test)]
mod tests;
