//! The judgement of the certificates that a server sent: facts and every fault, without a handshake. Pure: no I/O, no
//! clock.

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::EndEntityCert;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use crate::observation::{CertificateFacts, CertificateFault, ChainEnd, Peculiarity, UnusableReason};
use crate::words::distinct;

use super::certificate;
use super::chain;
use super::issuers::{self, Issuers};
use super::lenient::{self, Changed};
use super::reason;
use super::signature::{self, Fit};
use super::trust::Trust;

/// What a server sent, and the name that it was asked for.
pub(super) struct Presented<'a> {
    pub(super) end_entity: &'a CertificateDer<'a>,
    pub(super) intermediates: &'a [CertificateDer<'a>],
    pub(super) server_name: &'a ServerName<'a>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Judgement {
    /// The certificate, where one came and could be read.
    pub(super) certificate: Option<CertificateFacts>,
    pub(super) faults: Vec<CertificateFault>,
}

/// What is true of the certificates whatever name the server was asked for: nearly all that takes time.
#[derive(Debug, Clone, Default)]
pub(super) struct ChainJudgement {
    judgement: Judgement,
    /// The server's own certificate, so that WebPKI can read it; `None` where it cannot.
    readable: Option<CertificateDer<'static>>,
}

impl ChainJudgement {
    /// Adds what depends on the name.
    pub(super) fn for_name(self, presented: &Presented<'_>) -> Judgement {
        let Self { mut judgement, readable } = self;
        let Some(facts) = &mut judgement.certificate else { return judgement };
        facts.checked_name = presented.server_name.to_str().into_owned();
        let readable = readable.as_ref().and_then(|certificate| EndEntityCert::try_from(certificate).ok());
        let is_wrong = match readable {
            Some(end_entity) => end_entity.verify_is_valid_for_subject_name(presented.server_name).is_err(),
            // Without alternative names there is none to match, whatever else is wrong.
            None => facts.names.is_empty(),
        };
        if is_wrong {
            let parsed = X509Certificate::from_der(presented.end_entity).ok();
            facts.near_miss = parsed.and_then(|(_, parsed)| certificate::near_miss(&parsed, &facts.checked_name));
            judgement.faults.insert(dates(facts).len(), CertificateFault::WrongName);
        }
        judgement
    }
}

/// Checks dates, strength and chain one by one: WebPKI alone stops at the first fault.
pub(super) fn judge_chain(
    presented: &Presented<'_>,
    trust: &Trust,
    algorithms: &WebPkiSupportedAlgorithms,
    now: UnixTime,
) -> ChainJudgement {
    let Ok((_, parsed)) = X509Certificate::from_der(presented.end_entity) else {
        let faults = vec![CertificateFault::Unusable(UnusableReason::Malformed)];
        return ChainJudgement { judgement: Judgement { certificate: None, faults }, readable: None };
    };
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let chain_length = presented.intermediates.len() + 1;
    let above = chain::parsed(presented.intermediates);
    let chain = chain::facts(&parsed, &above, &trust.roots);
    let mut facts = certificate::facts(presented.end_entity, &parsed, chain_length, now, chain);
    let mut faults = dates(&facts);

    let pinned = trust.pinned.iter().any(|pinned| pinned == presented.end_entity);
    let self_signed =
        chain::is_self_issued(&parsed) && signature::fit(&parsed, parsed.public_key(), algorithms) != Fit::No;
    let copy = lenient::copied(presented.end_entity, &parsed, true);
    let unreadable = EndEntityCert::try_from(&copy.der).err();
    match &unreadable {
        None => {
            facts.chain.peculiarities.extend(issuers::peculiarities(&copy));
            if !pinned {
                let copies: Vec<_> = above.iter().map(|one| lenient::copied(one.as_raw(), one, false)).collect();
                let issuers = Issuers {
                    leaf: &parsed,
                    leaf_copy: &copy,
                    above: &above,
                    copies: &copies,
                    trust,
                    known_algorithms: algorithms,
                    now,
                    leads_nowhere: facts.chain.end.is_some(),
                    self_signed,
                };
                judge_issuers(&issuers, &mut facts, &mut faults);
                if copy.changed.contains(&Changed::IsCa) && !faults.contains(&CertificateFault::SelfSigned) {
                    faults.push(CertificateFault::Unusable(UnusableReason::IsCa));
                }
            }
        }
        Some(error) => {
            if self_signed && !pinned {
                faults.push(CertificateFault::SelfSigned);
            }
            faults.push(CertificateFault::Unusable(reason::of(error, &parsed)));
        }
    }
    faults.extend(weakness(&parsed, pinned).map(CertificateFault::Unusable));
    if parsed.key_usage().ok().flatten().is_some_and(|usage| !usage.value.digital_signature()) {
        facts.chain.peculiarities.push(Peculiarity::NoDigitalSignature);
    }
    facts.chain.peculiarities = distinct(std::mem::take(&mut facts.chain.peculiarities));
    let readable = unreadable.is_none().then(|| copy.der.into_owned());
    ChainJudgement { judgement: Judgement { certificate: Some(facts), faults }, readable }
}

fn dates(facts: &CertificateFacts) -> Vec<CertificateFault> {
    let expired = (facts.not_after < facts.checked_at).then_some(CertificateFault::Expired);
    let early = (facts.not_before > facts.checked_at).then_some(CertificateFault::NotYetValid);
    expired.into_iter().chain(early).collect()
}

fn judge_issuers(issuers: &Issuers<'_>, facts: &mut CertificateFacts, faults: &mut Vec<CertificateFault>) {
    // The moment nearest to now at which the certificate is valid, so that its own dates do not hide its chain.
    let time = facts.checked_at.min(facts.not_after).max(facts.not_before);
    match issuers.check(time, faults) {
        Some(path) => {
            facts.chain.issuers = path.issuers;
            facts.chain.peculiarities.extend(path.peculiarities);
        }
        None => facts.chain.issuers = issuers.by_name(),
    }
    if faults.contains(&CertificateFault::UnknownIssuer)
        && let Some(name) = issuers.signed_with_another_key()
    {
        facts.chain.end = Some(ChainEnd::OtherKey(name));
        facts.chain.needless_root = None;
    }
    let unknown = |fault| matches!(fault, &CertificateFault::UnknownIssuer | &CertificateFault::SelfSigned);
    if faults.iter().any(unknown) {
        facts.chain.trusted_by = issuers.trusted_by_the_other_list(time);
    }
}

/// What is too weak in the certificate itself. The signature of one that is trusted as it is proves nothing.
fn weakness(certificate: &X509Certificate<'_>, pinned: bool) -> impl Iterator<Item = UnusableReason> {
    let key = signature::weak_bits(certificate.public_key()).map(|bits| UnusableReason::WeakKey { of: None, bits });
    let hash = signature::weak_hash(certificate).filter(|_| !pinned).map(str::to_owned);
    key.into_iter().chain(hash.map(|hash| UnusableReason::WeakSignature { of: None, hash }))
}
