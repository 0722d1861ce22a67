//! What the metrics of a run say of its endpoints, whoever asks for them.

use crate::diagnosis::State;
use crate::observation::promises::DaneChain;
use crate::observation::{Attempt, Observation, TlsFacts};
use crate::policy::{About, JudgedEndpoint, Verdict};
use crate::report::known::first;

/// Whether the port works, or is as expected; `None` where there was nothing to ask: where the DNS says that there is no
/// such service, nobody is missed.
///
/// A closed port is not well, even if it fails nothing: a service that is down must not look like one that was never
/// there. Whoever wants it closed says so.
pub fn is_well(judged: &JudgedEndpoint) -> Option<bool> {
    let state = judged.diagnosis.state;
    if state == State::DnsNoMail && judged.verdict == Verdict::Pass {
        return None;
    }
    let is_as_expected = judged.expectations.iter().any(|compared| compared.about == About::Port && compared.holds());
    Some(matches!(judged.verdict, Verdict::Pass | Verdict::Warn) && (!state.is_closed() || is_as_expected))
}

/// From when and until when the certificate of the chain is valid that expires first, in Unix time.
pub fn certificate_life(observation: &Observation) -> Option<(i64, i64)> {
    let life = |attempt: &Attempt| {
        let certificate = attempt.tls.as_ref()?.certificate.as_ref()?;
        let own = (certificate.not_before, certificate.not_after);
        Some(certificate.chain_ends_with().map_or(own, |issuer| (issuer.not_before, issuer.not_after)))
    };
    first(observation, life)
}

/// The first TLS session that came about.
pub fn tls_session(observation: &Observation) -> Option<&TlsFacts> {
    first(observation, |attempt| attempt.tls.as_ref().filter(|tls| tls.version.is_some()))
}

/// `TLS 1.3`, as `blackbox_exporter` writes it.
pub fn tls_version(session: &TlsFacts) -> String {
    session.version.as_deref().unwrap_or_default().replace("TLSv", "TLS ")
}

/// Whether senders who check DANE deliver to the endpoint; `None` where no certificates were held against records.
pub fn dane_matches(observation: &Observation) -> Option<bool> {
    match observation.promised.as_deref()?.dane.as_ref()?.chain {
        DaneChain::Matches => Some(true),
        DaneChain::Mismatches | DaneChain::NoTls => Some(false),
        DaneChain::AllUnusable | DaneChain::Bogus(_) | DaneChain::Unknown(_) | DaneChain::NotSeen => None,
    }
}
