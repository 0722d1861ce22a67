//! A certificate verifier that records every fault and then accepts, so that one handshake shows both the truth about
//! the certificate and what the server offers inside TLS. Nothing secret is ever sent on such a connection.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter, KeyUsage};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use crate::observation::{CertificateFacts, CertificateFault, ChainEnd, TlsFacts};

use super::certificate;
use super::chain;
use super::trust::{Trust, TrustStore};
use super::verdict_cache::{Shown, VerdictCache};

#[cfg(test)]
mod tests;

/// Accepts every certificate, and records what is wrong with it. There is one for each handshake.
#[derive(Debug)]
pub(super) struct Verifier {
    judge: Arc<Judge>,
    recorded: Mutex<Recorded>,
}

#[derive(Debug)]
pub(super) struct Judge {
    trust: Trust,
    algorithms: WebPkiSupportedAlgorithms,
    verdicts: VerdictCache<Recorded>,
}

#[derive(Debug, Clone, Default)]
struct Recorded {
    /// The certificate, where one came and could be read.
    certificate: Option<CertificateFacts>,
    faults: Vec<CertificateFault>,
}

impl Judge {
    pub(super) fn new(trust: Trust, algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self { trust, algorithms, verdicts: VerdictCache::default() }
    }

    fn judge(&self, presented: &Presented<'_>, now: UnixTime) -> Recorded {
        let Presented { end_entity, intermediates, server_name } = presented;
        let shown = Shown::new(server_name, end_entity, intermediates);
        self.verdicts.get_or(shown, now.as_secs(), || judge(presented, self, now))
    }
}

impl Verifier {
    pub(super) fn new(judge: Arc<Judge>) -> Self {
        Self { judge, recorded: Mutex::default() }
    }

    pub(super) fn facts(&self) -> TlsFacts {
        let Recorded { certificate, faults } = self.lock().clone();
        TlsFacts { certificate, faults, ..TlsFacts::default() }
    }

    /// An unusable certificate explains a signature that cannot be checked: then there is nothing new to say.
    fn record_signature(&self, outcome: Result<HandshakeSignatureValid, Error>) -> HandshakeSignatureValid {
        if let Err(error) = outcome {
            let faults = &mut self.lock().faults;
            if !faults.iter().any(|fault| matches!(fault, CertificateFault::Unusable(_))) {
                let reason = format!("the server did not prove that it holds the certificate's key: {error}");
                faults.push(CertificateFault::Unusable(reason));
            }
        }
        HandshakeSignatureValid::assertion()
    }

    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged = self.judge.judge(&Presented { end_entity, intermediates, server_name }, now);
        *self.lock() = judged;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(self.record_signature(verify_tls12_signature(message, certificate, signature, &self.judge.algorithms)))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(self.record_signature(verify_tls13_signature(message, certificate, signature, &self.judge.algorithms)))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.algorithms.supported_schemes()
    }
}

struct Presented<'a> {
    end_entity: &'a CertificateDer<'a>,
    intermediates: &'a [CertificateDer<'a>],
    server_name: &'a ServerName<'a>,
}

/// Checks dates, name, strength and chain one by one: WebPKI alone stops at the first fault.
fn judge(presented: &Presented<'_>, judge: &Judge, now: UnixTime) -> Recorded {
    let Judge { trust, algorithms, .. } = judge;
    let Ok((_, parsed)) = X509Certificate::from_der(presented.end_entity) else {
        let reason = "it is not a well-formed X.509 certificate".to_owned();
        return Recorded { certificate: None, faults: vec![CertificateFault::Unusable(reason)] };
    };
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let name = presented.server_name.to_str().into_owned();
    let chain_length = presented.intermediates.len() + 1;
    let chain = chain::facts(&parsed, presented.intermediates, &trust.roots);
    let mut facts = certificate::facts(presented.end_entity, &parsed, chain_length, name, seconds, chain);

    let mut faults = Vec::new();
    if facts.not_after < seconds {
        faults.push(CertificateFault::Expired);
    }
    if facts.not_before > seconds {
        faults.push(CertificateFault::NotYetValid);
    }
    let pinned = trust.pinned.iter().any(|pinned| pinned == presented.end_entity);
    let weak_key = weak_key(&parsed);
    let weak_signature = weak_signature(&parsed).filter(|_| !pinned);
    let self_signed = is_self_signed(&parsed, algorithms, weak_key.is_some() || weak_signature.is_some());

    match EndEntityCert::try_from(presented.end_entity) {
        Ok(end_entity) => {
            if end_entity.verify_is_valid_for_subject_name(presented.server_name).is_err() {
                faults.push(CertificateFault::WrongName);
            }
            if !pinned {
                let weak_signature = weak_signature.is_some();
                let leads_nowhere = facts.chain.end.is_some();
                let chain = Chain {
                    end_entity,
                    leaf: &parsed,
                    presented,
                    judge,
                    now: seconds,
                    leads_nowhere,
                    self_signed,
                    weak_signature,
                };
                // The moment nearest to now at which the certificate is valid, so that its own dates do not hide its chain.
                let time = seconds.min(facts.not_after).max(facts.not_before);
                chain.check(time, &mut faults);
                if faults.contains(&CertificateFault::UnknownIssuer)
                    && let Some(name) = chain.signed_with_another_key()
                {
                    facts.chain.end = Some(ChainEnd::OtherKey(name));
                    facts.chain.needless_root = None;
                }
                let unknown = |fault| matches!(fault, &CertificateFault::UnknownIssuer | &CertificateFault::SelfSigned);
                if faults.iter().any(unknown) {
                    facts.chain.trusted_by = chain.trusted_by_the_other_list(time);
                }
            }
        }
        Err(error) => {
            // Without alternative names there is none to match, whatever else is wrong.
            if facts.names.is_empty() {
                faults.push(CertificateFault::WrongName);
            }
            if self_signed && !pinned {
                faults.push(CertificateFault::SelfSigned);
            }
            faults.push(CertificateFault::Unusable(in_words(&error)));
        }
    }
    faults.extend(weak_key.into_iter().chain(weak_signature).map(CertificateFault::Unusable));
    Recorded { certificate: Some(facts), faults }
}

fn unix_time(seconds: i64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// The path from the certificate to a trusted authority.
struct Chain<'a> {
    end_entity: EndEntityCert<'a>,
    leaf: &'a X509Certificate<'a>,
    presented: &'a Presented<'a>,
    judge: &'a Judge,
    /// The present, in seconds since 1970.
    now: i64,
    /// Whether by the names in it, it ends before a trusted authority.
    leads_nowhere: bool,
    self_signed: bool,
    weak_signature: bool,
}

impl Chain<'_> {
    /// Adds every fault of the chain. A fault that hides the ones behind it (dates, purpose) is recorded, and the
    /// check made again without it. `time` need not be the present; what is recorded holds at present.
    fn check(&self, mut time: i64, faults: &mut Vec<CertificateFault>) {
        let mut purpose = RequiredUsage::Server;
        loop {
            let Err(error) = self.verify(&self.judge.trust.roots, time, purpose) else { return };
            match error {
                webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => {
                    let expired = matches!(error, webpki::Error::CertExpired { .. });
                    if time == self.now || self.an_issuer_is(expired) {
                        faults.push(if expired {
                            CertificateFault::IssuerExpired
                        } else {
                            CertificateFault::IssuerNotYetValid
                        });
                    }
                    let Some(common) = self.common_time().filter(|common| *common != time) else {
                        // No moment would show it, but the names do.
                        faults.extend(self.leads_nowhere.then_some(CertificateFault::UnknownIssuer));
                        return;
                    };
                    time = common;
                }
                webpki::Error::RequiredEkuNotFoundContext(_) | webpki::Error::EmptyEkuExtension
                    if purpose == RequiredUsage::Server =>
                {
                    faults.push(CertificateFault::WrongPurpose);
                    purpose = RequiredUsage::Any;
                }
                error => {
                    faults.extend(self.fault(&error));
                    return;
                }
            }
        }
    }

    fn verify(&self, roots: &RootCertStore, time: i64, purpose: RequiredUsage) -> Result<(), webpki::Error> {
        let (algorithms, above) = (self.judge.algorithms.all, self.presented.intermediates);
        let verified =
            self.end_entity.verify_for_usage(algorithms, &roots.roots, above, unix_time(time), purpose, None, None);
        verified.map(|_| ())
    }

    /// The list that is not used, where it has the authority that the used one lacks.
    fn trusted_by_the_other_list(&self, time: i64) -> Option<TrustStore> {
        let (store, roots) = self.judge.trust.other();
        self.verify(roots, time, RequiredUsage::Any).is_ok().then_some(store)
    }

    fn fault(&self, error: &webpki::Error) -> Option<CertificateFault> {
        match error {
            // A self-signed certificate is often marked as an authority, which hides that nobody trusts it.
            _ if self.self_signed => Some(CertificateFault::SelfSigned),
            webpki::Error::UnknownIssuer => Some(CertificateFault::UnknownIssuer),
            // The key of the authority's namesake does not fit, or is not even of the signature's kind.
            webpki::Error::InvalidSignatureForPublicKey
            | webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
                if self.signed_with_another_key().is_some() =>
            {
                Some(CertificateFault::UnknownIssuer)
            }
            // The weakness has a fault of its own.
            webpki::Error::UnsupportedSignatureAlgorithmContext(_) if self.weak_signature => None,
            _ => Some(CertificateFault::Unusable(in_words(error))),
        }
    }

    fn signed_with_another_key(&self) -> Option<String> {
        let Judge { trust, algorithms, .. } = self.judge;
        chain::signed_with_another_key(self.leaf, self.presented.intermediates, &trust.roots, algorithms)
    }

    /// Whether a certificate above the server's own has expired by now, or else is not valid yet.
    fn an_issuer_is(&self, expired: bool) -> bool {
        chain::validities_above(self.leaf, self.presented.intermediates)
            .into_iter()
            .any(|(not_before, not_after)| if expired { not_after < self.now } else { not_before > self.now })
    }

    /// A moment at which everything the server sent is valid, where there is one.
    fn common_time(&self) -> Option<i64> {
        let validities = std::iter::once(self.presented.end_entity)
            .chain(self.presented.intermediates)
            .filter_map(|der| X509Certificate::from_der(der).ok())
            .map(|(_, parsed)| (parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp()));
        let (begin, end) = validities.fold((i64::MIN, i64::MAX), |(begin, end), (not_before, not_after)| {
            (begin.max(not_before), end.min(not_after))
        });
        (begin <= end).then_some(end)
    }
}

/// What a certificate must be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RequiredUsage {
    Server,
    Any,
}

impl ExtendedKeyUsageValidator for RequiredUsage {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        match self {
            Self::Server => KeyUsage::server_auth().validate(purposes),
            Self::Any => Ok(()),
        }
    }
}

/// Whether issuer and subject are the same and its own key signed it. Where the key or the signature is too weak for
/// the TLS library to check, the names decide.
fn is_self_signed(certificate: &X509Certificate<'_>, algorithms: &WebPkiSupportedAlgorithms, weak: bool) -> bool {
    certificate.issuer().as_raw() == certificate.subject().as_raw()
        && (weak || chain::is_signed_by(certificate, certificate, algorithms))
}

/// NIST SP 800-131A and the CA/Browser Forum's baseline requirements: shorter RSA keys are no longer accepted.
const LEAST_RSA_BITS: usize = 2048;

fn weak_key(certificate: &X509Certificate<'_>) -> Option<String> {
    let bits = certificate::rsa_bits(certificate.public_key())?;
    (bits < LEAST_RSA_BITS)
        .then(|| format!("its RSA key has {bits} bits, and fewer than {LEAST_RSA_BITS} are not accepted"))
}

fn weak_signature(certificate: &X509Certificate<'_>) -> Option<String> {
    /// Dotted object identifiers of RFC 3279, section 2.2, and of the OIW's older name for RSA with SHA-1.
    const SHA1: [&str; 4] = ["1.2.840.113549.1.1.5", "1.3.14.3.2.29", "1.2.840.10045.4.1", "1.2.840.10040.4.3"];
    const MD5: &str = "1.2.840.113549.1.1.4";
    let algorithm = certificate.signature_algorithm.oid().to_id_string();
    let hash = match algorithm.as_str() {
        MD5 => "MD5",
        sha1 if SHA1.contains(&sha1) => "SHA-1",
        _ => return None,
    };
    Some(format!("it is signed with {hash}, which is broken and no longer accepted"))
}

fn in_words(error: &webpki::Error) -> String {
    use webpki::Error as E;
    match error {
        E::UnsupportedCertVersion => "it is not X.509 version 3".to_owned(),
        E::CaUsedAsEndEntity => "it is a CA certificate, not a server's".to_owned(),
        E::EndEntityUsedAsCa => "a certificate in its chain is not a CA certificate".to_owned(),
        E::InvalidSignatureForPublicKey => "a signature in its chain does not verify with the issuer's key".to_owned(),
        E::InvalidCertValidity => "its validity ends before it begins".to_owned(),
        E::NameConstraintViolation => "its issuer may not issue certificates for its names".to_owned(),
        E::PathLenConstraintViolated | E::MaximumPathDepthExceeded => "its chain is longer than allowed".to_owned(),
        E::UnsupportedCriticalExtension => "it has a critical extension that is not supported".to_owned(),
        E::UnsupportedSignatureAlgorithmContext(_) | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            "a signature in its chain uses an algorithm that is not accepted".to_owned()
        }
        other => format!("it was refused by the certificate check: {other}"),
    }
}
