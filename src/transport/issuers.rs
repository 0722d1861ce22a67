//! The path from a server's certificate to a trusted authority: the TLS library's verdict on it, and what other programs
//! look at beyond that.

use std::cell::Cell;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter, KeyUsage, VerifiedPath};
use x509_parser::certificate::X509Certificate;

use crate::observation::{CertificateFault, IssuerFacts, Peculiarity, TrustStore, UnusableReason};

use super::authority::{constrains_names, is_ca, issuer_facts, leaves_room, may_sign, name, parse, validity};
use super::certificate::distinguished_name;
use super::chain;
use super::lenient::{self, AsSent, Changed, Copied};
use super::reason;
use super::signature::{self, Fit};
use super::trust::Trust;

/// The TLS library goes over no more intermediates than this. Others go over ten at least.
const MAX_INTERMEDIATES: usize = 6;

/// What decides whether a path that the TLS library takes is the one to take.
type Approval<'a> = &'a dyn Fn(&VerifiedPath<'_>) -> Result<(), webpki::Error>;

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

/// A server's certificate with those above it.
pub(super) struct Issuers<'a> {
    pub(super) leaf: &'a X509Certificate<'a>,
    pub(super) leaf_copy: &'a Copied,
    /// The certificates above that can be read, in the order in which they were sent.
    pub(super) above: &'a [X509Certificate<'a>],
    pub(super) copies: &'a [Copied],
    pub(super) trust: &'a Trust,
    pub(super) known_algorithms: &'a WebPkiSupportedAlgorithms,
    /// The present, in seconds since 1970.
    pub(super) now: i64,
    /// Whether by the names in it, the chain ends before a trusted authority.
    pub(super) leads_nowhere: bool,
    pub(super) self_signed: bool,
}

/// A path to a trusted authority, as it was found.
#[derive(Debug, Default)]
pub(super) struct TrustedPath {
    /// What is wrong with it that the TLS library does not look at.
    faults: Vec<CertificateFault>,
    pub(super) issuers: Vec<IssuerFacts>,
    pub(super) peculiarities: Vec<Peculiarity>,
}

impl Issuers<'_> {
    /// Adds every fault of the chain, and returns the path where there is one. A fault that hides the ones behind it
    /// (dates, purpose) is recorded, and the check made again without it. `time` need not be the present; what is
    /// recorded holds at present.
    pub(super) fn check(&self, mut time: i64, faults: &mut Vec<CertificateFault>) -> Option<TrustedPath> {
        let mut purpose = RequiredUsage::Server;
        loop {
            let error = match self.verify(&self.trust.roots, time, purpose) {
                Ok(path) => {
                    let new = path.faults.iter().filter(|fault| !faults.contains(fault)).cloned().collect::<Vec<_>>();
                    faults.extend(new);
                    return Some(path);
                }
                Err(error) => error,
            };
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
                        return None;
                    };
                    time = common;
                }
                webpki::Error::RequiredEkuNotFoundContext(_) | webpki::Error::EmptyEkuExtension
                    if purpose == RequiredUsage::Server =>
                {
                    faults.push(if self.is_for_servers() {
                        CertificateFault::Unusable(UnusableReason::IssuerNotForServers)
                    } else {
                        CertificateFault::WrongPurpose
                    });
                    purpose = RequiredUsage::Any;
                }
                error => {
                    faults.extend(self.faults(&error));
                    return None;
                }
            }
        }
    }

    /// The list that is not used, where it has the authority that the used one lacks.
    pub(super) fn trusted_by_the_other_list(&self, time: i64) -> Option<TrustStore> {
        let (store, roots) = self.trust.other();
        self.verify(roots, time, RequiredUsage::Any).is_ok().then_some(store)
    }

    pub(super) fn signed_with_another_key(&self) -> Option<String> {
        chain::signed_with_another_key(self.leaf, self.above, &self.trust.roots, self.known_algorithms)
    }

    /// The certificates above the server's own as their names lead, with the trusted one that bears the last name.
    pub(super) fn by_name(&self) -> Vec<IssuerFacts> {
        let path = self.named_path();
        let last = path.last().copied().unwrap_or(self.leaf);
        let roots: Vec<_> = chain::anchors(last.issuer(), &self.trust.roots).collect();
        let mut issuers: Vec<_> = path.iter().map(|one| issuer_facts(one, false)).collect();
        if let Some((root, _)) = roots.first().and_then(|anchor| self.root(anchor, 0)) {
            if chain::is_self_issued(last) {
                issuers.pop();
            }
            issuers.push(root);
        }
        issuers
    }

    fn verify(&self, roots: &RootCertStore, time: i64, purpose: RequiredUsage) -> Result<TrustedPath, webpki::Error> {
        let copies: Vec<&Copied> = std::iter::once(self.leaf_copy).chain(self.copies).collect();
        let ders: Vec<CertificateDer<'_>> = self.copies.iter().map(|copy| copy.der.clone()).collect();
        let algorithms = lenient::algorithms(self.known_algorithms, &copies);
        let end_entity = EndEntityCert::try_from(&self.leaf_copy.der)?;
        let any_faulty = Cell::new(false);
        let blameless = |path: &VerifiedPath<'_>| {
            if self.seen(path, 0).faults.is_empty() {
                return Ok(());
            }
            any_faulty.set(true);
            Err(webpki::Error::UnknownIssuer)
        };
        let verify = |look: Option<Approval<'_>>| {
            let path = verified(&end_entity, &algorithms, &roots.roots, &ders, (time, purpose), look)?;
            Ok(self.seen(&path, 0))
        };
        let is_long = chain::path(self.leaf, self.above).len() > MAX_INTERMEDIATES;
        // Where one path has faults that only others see, another may have none.
        verify(Some(&blameless))
            .or_else(|error| if any_faulty.get() { verify(None) } else { Err(error) })
            .or_else(|error| if is_long { self.verify_long(&algorithms, roots, (time, purpose)) } else { Err(error) })
    }

    /// A chain that the TLS library finds too long, in two parts: up to an intermediate as if that were trusted, and from
    /// there. What the upper part demands of the lower one must be little enough to be looked at here.
    fn verify_long(
        &self,
        algorithms: &[AsSent],
        roots: &RootCertStore,
        required: (i64, RequiredUsage),
    ) -> Result<TrustedPath, webpki::Error> {
        let too_long = webpki::Error::MaximumPathDepthExceeded;
        let positions = chain::path(self.leaf, self.above);
        let certificates: Vec<_> = positions.iter().filter_map(|&position| self.above.get(position)).collect();
        let ders: Vec<_> =
            positions.iter().filter_map(|&position| Some(self.copies.get(position)?.der.clone())).collect();
        let joint_place = MAX_INTERMEDIATES - 1;
        let (Some((lower, upper)), Some(joint_certificate)) =
            (ders.split_at_checked(joint_place), certificates.get(joint_place))
        else {
            return Err(too_long);
        };
        let Some((joint, upper)) = upper.split_first() else { return Err(too_long) };
        let end_entity = EndEntityCert::try_from(&self.leaf_copy.der)?;
        let anchor = [webpki::anchor_from_trusted_cert(joint)?];
        verified(&end_entity, algorithms, &anchor, lower, required, None)?;

        if !is_ca(joint_certificate) {
            return Err(webpki::Error::EndEntityUsedAsCa);
        }
        if certificates.iter().enumerate().any(|(below, one)| !leaves_room(one, below)) {
            return Err(webpki::Error::PathLenConstraintViolated);
        }
        if certificates.iter().skip(joint_place + 1).any(|one| constrains_names(one)) {
            return Err(too_long);
        }
        let as_leaf = lenient::copied(joint_certificate.as_raw(), joint_certificate, true);
        let copies: Vec<&Copied> = std::iter::once(&as_leaf).chain(self.copies).collect();
        let algorithms = lenient::algorithms(self.known_algorithms, &copies);
        let end_entity = EndEntityCert::try_from(&as_leaf.der)?;
        let path = verified(&end_entity, &algorithms, &roots.roots, upper, required, None)?;
        if path.anchor().name_constraints.is_some() {
            return Err(too_long);
        }
        let below = certificates.iter().take(joint_place + 1);
        let upper = self.seen(&path, joint_place + 1);
        let refused = below.clone().filter(|one| !may_sign(one)).map(|one| may_not_sign(one));
        let mut peculiarities = upper.peculiarities;
        peculiarities.push(Peculiarity::LongChain(positions.len()));
        Ok(TrustedPath {
            faults: refused.chain(upper.faults).collect(),
            issuers: below.map(|one| issuer_facts(one, false)).chain(upper.issuers).collect(),
            peculiarities,
        })
    }

    /// What other programs see in a path that the TLS library takes, with so many intermediates below it.
    fn seen(&self, path: &VerifiedPath<'_>, below: usize) -> TrustedPath {
        let mut seen = TrustedPath::default();
        let mut intermediates = below;
        for one in path.intermediate_certificates() {
            intermediates += 1;
            let der = one.der();
            if let Some(copy) = self.copies.iter().find(|copy| copy.der == der) {
                seen.peculiarities.extend(peculiarities(copy));
            }
            let Ok((_, parsed)) = x509_parser::parse_x509_certificate(&der) else { continue };
            seen.issuers.push(issuer_facts(&parsed, false));
            if !may_sign(&parsed) {
                seen.faults.push(may_not_sign(&parsed));
            }
        }
        if let Some((root, faults)) = self.root(path.anchor(), intermediates) {
            seen.faults.extend(faults);
            seen.issuers.push(root);
        }
        seen
    }

    /// The certificate of a trusted authority with what is wrong with it: of several, the best one.
    fn root(&self, anchor: &TrustAnchor<'_>, below: usize) -> Option<(IssuerFacts, Vec<CertificateFault>)> {
        let known = self.trust.certificates_of(anchor).filter_map(parse);
        let judged = known.map(|one| (issuer_facts(&one, true), self.faults_of_root(&one, below)));
        judged.min_by_key(|(facts, faults)| (faults.len(), i64::MAX.saturating_sub(facts.not_after)))
    }

    /// What the TLS library does not look at: to it, an authority is a name and a key.
    fn faults_of_root(&self, root: &X509Certificate<'_>, below: usize) -> Vec<CertificateFault> {
        let (not_before, not_after) = validity(root);
        let unusable = CertificateFault::Unusable;
        let is_no_ca = root.basic_constraints().ok().flatten().is_some_and(|constraints| !constraints.value.ca);
        [
            (not_after < self.now).then_some(CertificateFault::IssuerExpired),
            (not_before > self.now).then_some(CertificateFault::IssuerNotYetValid),
            (!may_sign(root)).then(|| may_not_sign(root)),
            is_no_ca.then(|| unusable(UnusableReason::IssuerIsNoCa { of: Some(name(root)) })),
            (!leaves_room(root, below)).then(|| unusable(UnusableReason::PathTooLong)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn faults(&self, error: &webpki::Error) -> Vec<CertificateFault> {
        use webpki::Error as E;
        if self.self_signed {
            // It is often marked as an authority's, which hides that nobody trusts it.
            return vec![CertificateFault::SelfSigned];
        }
        match error {
            E::UnknownIssuer => vec![CertificateFault::UnknownIssuer],
            E::InvalidSignatureForPublicKey
            | E::UnsupportedSignatureAlgorithmContext(_)
            | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
                if self.signed_with_another_key().is_some() {
                    return vec![CertificateFault::UnknownIssuer];
                }
                let reasons = self.signatures();
                let nowhere = self.leads_nowhere.then_some(CertificateFault::UnknownIssuer);
                if reasons.is_empty() && nowhere.is_none() && signature::weak_hash(self.leaf).is_none() {
                    return vec![CertificateFault::Unusable(UnusableReason::WrongSignature { of: None })];
                }
                nowhere.into_iter().chain(reasons.into_iter().map(CertificateFault::Unusable)).collect()
            }
            _ => vec![CertificateFault::Unusable(self.reason(error))],
        }
    }

    /// The reason, with the name of the certificate where that can be told.
    fn reason(&self, error: &webpki::Error) -> UnusableReason {
        let path = self.named_path();
        match reason::of(error, self.leaf) {
            UnusableReason::IssuerIsNoCa { of: None } => {
                UnusableReason::IssuerIsNoCa { of: path.iter().find(|one| !is_ca(one)).map(|one| name(one)) }
            }
            UnusableReason::CriticalExtension { of: None, oid: None } => {
                let found = path.iter().find_map(|one| Some((name(one), reason::unknown_critical(one)?)));
                let (of, oid) = found.unzip();
                UnusableReason::CriticalExtension { of, oid }
            }
            other => other,
        }
    }

    /// Each signature of the chain that the TLS library does not take, with the true reason. A weak one of the server's
    /// own certificate is told anyway.
    fn signatures(&self) -> Vec<UnusableReason> {
        let path = self.named_path();
        let mut reasons = Vec::new();
        let certificates = std::iter::once(self.leaf).chain(path.iter().copied());
        for (position, certificate) in certificates.enumerate() {
            let of = (position > 0).then(|| name(certificate));
            let sent = path.get(position);
            let anchor = chain::anchors(certificate.issuer(), &self.trust.roots).next();
            let key = match (sent, anchor) {
                // A root that was sent is not needed.
                (_, Some(anchor)) => signature::anchor_key(anchor),
                (Some(issuer), None) => issuer.public_key().raw.to_vec(),
                (None, None) => break,
            };
            let Some(key) = signature::key(&key) else { break };
            let fit = signature::fit(certificate, &key, self.known_algorithms);
            let issuer = Some(distinguished_name(certificate.issuer()));
            if let Some(bits) = signature::weak_bits(&key) {
                reasons.push(UnusableReason::WeakKey { of: issuer, bits });
            }
            if let Some(hash) = signature::weak_hash(certificate) {
                reasons
                    .extend(of.clone().map(|of| UnusableReason::WeakSignature { of: Some(of), hash: hash.to_owned() }));
            } else if signature::weak_bits(&key).is_none()
                && let Some(algorithm) = signature::unchecked(certificate, &key)
            {
                reasons.push(UnusableReason::UncheckedSignature { of: of.clone(), algorithm });
            }
            if fit == Fit::No {
                reasons.push(UnusableReason::WrongSignature { of });
            }
            if anchor.is_some() {
                break;
            }
        }
        reasons
    }

    fn named_path(&self) -> Vec<&X509Certificate<'_>> {
        chain::path(self.leaf, self.above).into_iter().filter_map(|position| self.above.get(position)).collect()
    }

    fn is_for_servers(&self) -> bool {
        let usage = self.leaf.extended_key_usage().ok().flatten();
        usage.is_none_or(|usage| usage.value.server_auth)
    }

    /// Whether a certificate above the server's own has expired by now, or else is not valid yet.
    fn an_issuer_is(&self, expired: bool) -> bool {
        self.named_path()
            .into_iter()
            .map(validity)
            .any(|(not_before, not_after)| if expired { not_after < self.now } else { not_before > self.now })
    }

    /// A moment at which everything the server sent is valid, where there is one.
    fn common_time(&self) -> Option<i64> {
        let validities = std::iter::once(self.leaf).chain(self.above).map(validity);
        let (begin, end) = validities.fold((i64::MIN, i64::MAX), |(begin, end), (not_before, not_after)| {
            (begin.max(not_before), end.min(not_after))
        });
        (begin <= end).then_some(end)
    }
}

/// The TLS library's verdict at a time and for a purpose.
fn verified<'p>(
    end_entity: &'p EndEntityCert<'p>,
    algorithms: &[AsSent],
    roots: &'p [TrustAnchor<'p>],
    above: &'p [CertificateDer<'p>],
    (time, purpose): (i64, RequiredUsage),
    look: Option<Approval<'_>>,
) -> Result<VerifiedPath<'p>, webpki::Error> {
    let algorithms: Vec<_> = algorithms.iter().map(|one| one as &dyn SignatureVerificationAlgorithm).collect();
    let time = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(time).unwrap_or(0)));
    end_entity.verify_for_usage(&algorithms, roots, above, time, purpose, None, look)
}

/// What was changed in a copy that other programs read as it is.
pub(super) fn peculiarities(copy: &Copied) -> impl Iterator<Item = Peculiarity> {
    copy.changed.iter().filter_map(|changed| match changed {
        Changed::CriticalPolicies => Some(Peculiarity::CriticalPolicies),
        Changed::BeginsBefore1970 => Some(Peculiarity::BeginsBefore1970),
        Changed::IsCa => None,
    })
}

fn may_not_sign(certificate: &X509Certificate<'_>) -> CertificateFault {
    CertificateFault::Unusable(UnusableReason::IssuerMayNotSign { of: name(certificate) })
}
