//! Whether the chain holds from the server's own certificate up to an authority that a TLSA record names: signatures,
//! dates, what the certificates are for, and the server's name (RFC 7671, section 5.2).

use std::collections::HashMap;
use std::time::Duration;

use rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::pki_types::{CertificateDer, Der, ServerName, TrustAnchor, UnixTime};
use x509_parser::asn1_rs::{Any, FromDer as _};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::x509::X509Version;

use crate::observation::promises::RIGHT_AUTHORITY;
use crate::observation::{CertificateFacts, CertificateFault, IssuerFacts, NearMiss, UnusableReason};
use crate::words;

use super::super::authority::{is_ca, may_sign, parse, validity};
use super::super::chain;
use super::super::judgement::{Judgement, Presented, judge_chain};
use super::super::signature::{self, Fit};
use super::super::trust::Trust;
use super::presented::{PresentedChain, name_of};

/// How many steps up the authority is, where the chain holds.
pub(super) type Steps = Result<usize, NotAnchored>;

/// Why the chain does not hold, where more can be told than that it does not lead there.
#[derive(Debug, Clone)]
pub(super) struct NotAnchored(pub(super) Option<String>);

/// What a chain is to authorities.
pub(super) struct Anchored<'a> {
    chain: PresentedChain<'a>,
    algorithms: WebPkiSupportedAlgorithms,
    certificates: Vec<CertificateDer<'a>>,
    /// What was found at certificates that were sent, by their places: several records may name the same.
    known: HashMap<usize, Steps>,
}

/// An authority that a record names.
struct Authority<'a> {
    anchor: TrustAnchor<'a>,
    /// `None`: the record names a key.
    certificate: Option<&'a [u8]>,
    /// Its name, where it was sent. What a record holds whole, it need not be of this chain at all.
    sent_as: Option<String>,
}

impl<'a> Anchored<'a> {
    pub(super) fn new(chain: PresentedChain<'a>) -> Self {
        let certificates = chain.certificates.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
        Self { chain, algorithms, certificates, known: HashMap::new() }
    }

    /// The authority is the certificate that was sent at this place.
    pub(super) fn at_sent(&mut self, position: usize) -> Steps {
        if let Some(known) = self.known.get(&position) {
            return known.clone();
        }
        let found = self
            .certificates
            .get(position)
            .map_or(Err(NotAnchored(None)), |der| self.at_authority(der, Some(name_of(der))));
        self.known.insert(position, found.clone());
        found
    }

    /// The authority is this certificate, which the server did not send.
    pub(super) fn at_certificate(&self, der: &[u8]) -> Steps {
        let is_issuer = parse(der).is_some_and(|authority| self.is_issuer(&authority));
        if is_issuer { self.at_authority(der, None) } else { Err(NotAnchored(None)) }
    }

    /// The authority is this key, and the server need not have sent its certificate: it signed the last certificate that
    /// the chain leads to, which may be the server's own, and that may be self-signed.
    pub(super) fn at_key(&self, key: &[u8]) -> Steps {
        let nowhere = NotAnchored(None);
        let last = self.last().ok_or(nowhere.clone())?;
        let signed = signature::key(key).map(|key| signature::fit(&last, &key, &self.algorithms));
        if signed != Some(Fit::Yes) {
            return Err(nowhere);
        }
        let (Some(subject), Some(content)) = (content(last.issuer().as_raw()), content(key)) else {
            return Err(nowhere);
        };
        let anchor = TrustAnchor {
            subject: Der::from_slice(subject),
            subject_public_key_info: Der::from_slice(content),
            name_constraints: None,
        };
        self.up_to(&Authority { anchor, certificate: None, sent_as: None })
    }

    fn at_authority(&self, der: &[u8], sent_as: Option<String>) -> Steps {
        let certificate = CertificateDer::from(der);
        let anchor = webpki::anchor_from_trusted_cert(&certificate)
            .map_err(|error| NotAnchored(Some(format!("its authority's certificate cannot be used: {error}"))))?;
        self.up_to(&Authority { anchor, certificate: Some(der), sent_as })
    }

    /// The last certificate that the chain leads to by its names.
    fn last(&self) -> Option<X509Certificate<'_>> {
        let (own, above) = self.certificates.split_first()?;
        let own = parse(own)?;
        let mut above = chain::parsed(above);
        let last = chain::path(&own, &above).pop();
        Some(last.map_or(own, |position| above.swap_remove(position)))
    }

    /// Whether by its name, it issued one of the certificates that the chain leads over.
    fn is_issuer(&self, authority: &X509Certificate<'_>) -> bool {
        let Some((own, above)) = self.certificates.split_first() else { return false };
        let Some(own) = parse(own) else { return false };
        let above = chain::parsed(above);
        let path = chain::path(&own, &above).into_iter().filter_map(|position| above.get(position));
        std::iter::once(&own).chain(path).any(|one| one.issuer().as_raw() == authority.subject().as_raw())
    }

    fn up_to(&self, authority: &Authority<'_>) -> Steps {
        let Some((end_entity, intermediates)) = self.certificates.split_first() else { return Err(NotAnchored(None)) };
        let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(self.chain.now).unwrap_or(0)));
        let certificate = authority.certificate.map(|der| CertificateDer::from(der.to_vec()));
        let trust = Trust::of_one(authority.anchor.to_owned(), certificate);
        let names: Vec<_> =
            self.chain.names.iter().filter_map(|name| ServerName::try_from(name.as_str()).ok()).collect();
        let for_name = |server_name| Presented { end_entity, intermediates, server_name };
        let Some(first) = names.first() else { return Err(NotAnchored(None)) };
        let judged = judge_chain(&for_name(first), &trust, &self.algorithms, now);
        let by_name = names.iter().map(|name| counted(judged.clone().for_name(&for_name(name))));
        // One of the names is enough.
        let best = by_name.min_by_key(|judgement| judgement.faults.contains(&CertificateFault::WrongName));
        let Some(Judgement { certificate: Some(facts), mut faults }) = best else {
            return Err(NotAnchored(Some("the server's own certificate cannot be read".to_owned())));
        };
        let is_unchecked = faults.iter().any(is_unchecked);
        faults.retain(|fault| !is_taken(fault));
        if is_unchecked && faults.is_empty() && !self.holds_by_hand(authority) {
            faults.push(CertificateFault::UnknownIssuer);
        }
        if let Some(certificate) = authority.certificate.and_then(parse) {
            if is_no_authority(&certificate) {
                let of = authority.certificate.map(name_of);
                faults.push(CertificateFault::Unusable(UnusableReason::IssuerIsNoCa { of }));
            }
            if !chain::is_self_issued(&certificate) && self.is_valid_below(&facts) {
                // OpenSSL looks at the dates of an authority that is a root, and not at those of an intermediate.
                let is_dates = |fault: &CertificateFault| {
                    matches!(fault, CertificateFault::IssuerExpired | CertificateFault::IssuerNotYetValid)
                };
                faults.retain(|fault| !is_dates(fault));
            }
        }
        if faults.is_empty() {
            let unnamed = usize::from(authority.certificate.is_none());
            return Ok((facts.chain.issuers.len() + unnamed).max(1));
        }
        Err(NotAnchored(self.words(authority, &facts, &faults)))
    }

    /// Whether between the server's own certificate and the authority, all are valid at present.
    fn is_valid_below(&self, facts: &CertificateFacts) -> bool {
        let is_valid = |one: &IssuerFacts| (one.not_before..=one.not_after).contains(&self.chain.now);
        facts.chain.issuers.split_last().is_none_or(|(_, below)| below.iter().all(is_valid))
    }

    /// What the TLS library does not check (a certificate of version 1, old keys and hashes) and senders take: by names,
    /// signatures and dates.
    fn holds_by_hand(&self, authority: &Authority<'_>) -> bool {
        let Some((own, above)) = self.certificates.split_first() else { return false };
        let Some(own) = parse(own) else { return false };
        let above = chain::parsed(above);
        let key = signature::anchor_key(&authority.anchor);
        let Some(key) = signature::key(&key) else { return false };
        let mut current = &own;
        let mut path = chain::path(&own, &above).into_iter().filter_map(|position| above.get(position));
        loop {
            let is_above = content(current.issuer().as_raw()) == Some(authority.anchor.subject.as_ref());
            if is_above && signature::fit(current, &key, &self.algorithms) != Fit::No {
                return true;
            }
            let Some(issuer) = path.next() else { return false };
            let (not_before, not_after) = validity(issuer);
            let is_valid = (not_before..=not_after).contains(&self.chain.now) && is_ca(issuer) && may_sign(issuer);
            if !is_valid || signature::fit(current, issuer.public_key(), &self.algorithms) == Fit::No {
                return false;
            }
            current = issuer;
        }
    }

    /// What is wrong, where the authority is one of the chain's; `None` where nothing shows that it is.
    fn words(
        &self,
        authority: &Authority<'_>,
        facts: &CertificateFacts,
        faults: &[CertificateFault],
    ) -> Option<String> {
        let leads_nowhere = |fault| matches!(fault, &CertificateFault::UnknownIssuer | &CertificateFault::SelfSigned);
        if faults.iter().any(leads_nowhere) {
            let name = authority.sent_as.as_ref()?;
            return Some(format!("{name} is sent, and the server's own certificate does not lead up to it"));
        }
        let faults = words::distinct(faults.iter().map(|fault| self.fault_words(fault, facts)));
        Some(format!("{RIGHT_AUTHORITY} {}", faults.join(", and ")))
    }

    fn fault_words(&self, fault: &CertificateFault, facts: &CertificateFacts) -> String {
        let now = self.chain.now;
        let issuer = |is_it: &dyn Fn(i64, i64) -> bool| {
            let mut issuers = facts.chain.issuers.iter();
            issuers.find(|issuer| is_it(issuer.not_before, issuer.not_after))
        };
        match fault {
            CertificateFault::Expired => {
                format!("the server's certificate expired on {}", words::date(facts.not_after))
            }
            CertificateFault::NotYetValid => {
                format!("the server's certificate is not valid before {}", words::date(facts.not_before))
            }
            CertificateFault::WrongName => {
                format!("the server's certificate is not for {}", self.chain.names.join(" or "))
            }
            CertificateFault::IssuerExpired => match issuer(&|_, not_after| not_after < now) {
                Some(issuer) => {
                    format!("the certificate of {} expired on {}", issuer.subject, words::date(issuer.not_after))
                }
                None => "a certificate above the server's own has expired".to_owned(),
            },
            CertificateFault::IssuerNotYetValid => match issuer(&|not_before, _| not_before > now) {
                Some(issuer) => {
                    let date = words::date(issuer.not_before);
                    format!("the certificate of {} is not valid before {date}", issuer.subject)
                }
                None => "a certificate above the server's own is not valid yet".to_owned(),
            },
            CertificateFault::WrongPurpose => {
                "the extended key usage of the server's certificate does not include server authentication".to_owned()
            }
            CertificateFault::Unusable(reason) => format!("the server's certificate cannot be used: {reason}"),
            CertificateFault::SelfSigned | CertificateFault::UnknownIssuer => "the chain ends elsewhere".to_owned(),
        }
    }
}

/// What senders take nonetheless: OpenSSL at the security level that Postfix sets looks at no length of keys and at no
/// hash, and a server's certificate may be marked as an authority's, or be of version 1.
fn is_taken(fault: &CertificateFault) -> bool {
    matches!(fault, CertificateFault::Unusable(UnusableReason::IsCa)) || is_unchecked(fault)
}

/// What hides from the TLS library whether the signatures hold.
fn is_unchecked(fault: &CertificateFault) -> bool {
    use UnusableReason::{OldVersion, UncheckedSignature, WeakKey, WeakSignature};
    let CertificateFault::Unusable(reason) = fault else { return false };
    matches!(reason, OldVersion | UncheckedSignature { .. } | WeakKey { .. } | WeakSignature { .. })
}

/// Without alternative names, the common name counts (RFC 7672, section 3.2.3).
fn counted(mut judgement: Judgement) -> Judgement {
    let near_miss = judgement.certificate.as_ref().and_then(|facts| facts.near_miss.as_ref());
    if matches!(near_miss, Some(NearMiss::CommonNameOnly(_))) {
        judgement.faults.retain(|fault| *fault != CertificateFault::WrongName);
    }
    judgement
}

/// Whether a certificate of version 3 does not say by any extension that it is an authority's.
fn is_no_authority(certificate: &X509Certificate<'_>) -> bool {
    let signs = |extension: &ParsedExtension<'_>| match extension {
        ParsedExtension::KeyUsage(usage) => usage.key_cert_sign(),
        _ => false,
    };
    certificate.version() == X509Version::V3
        && !is_ca(certificate)
        && !certificate.extensions().iter().any(|extension| signs(extension.parsed_extension()))
}

/// What is inside the outermost tag.
fn content(der: &[u8]) -> Option<&[u8]> {
    Any::from_der(der).ok().map(|(_, any)| any.data)
}
