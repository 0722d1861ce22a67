//! Certificates as programs read them that are less strict than the TLS library, so that its verdict on everything else
//! is had.
//!
//! It stops at the first thing that it does not take, and says nothing of what comes behind. So it is given a copy in
//! which the few bytes that it stumbles over are changed, none moved; signatures are checked over what was really sent.

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm};
use webpki::EndEntityCert;
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_CERTIFICATE_POLICIES};

/// What was changed in a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Changed {
    /// The certificate policies are marked critical, which the TLS library does not know as one. All other programs do.
    CriticalPolicies,
    /// The validity begins before 1970, which the TLS library cannot read.
    BeginsBefore1970,
    /// A server's certificate is marked as a CA's.
    IsCa,
}

/// A certificate, changed where the TLS library is stricter than others.
pub(super) struct Copied {
    pub(super) der: CertificateDer<'static>,
    pub(super) changed: Vec<Changed>,
    signed: Signed,
}

/// What a signature covers: as the TLS library reads it, and as it was sent.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    read: Vec<u8>,
    sent: Vec<u8>,
}

/// The copy of one; `parsed` is read from `der`. That of a server's own certificate is never a CA's.
pub(super) fn copied(der: &[u8], parsed: &X509Certificate<'_>, is_leaf: bool) -> Copied {
    let mut copy = der.to_vec();
    let mut changed = Vec::new();
    for extension in parsed.extensions() {
        let Some(value) = place(der, extension.value) else { continue };
        if extension.oid == OID_X509_EXT_CERTIFICATE_POLICIES && extension.critical {
            // BOOLEAN TRUE stands before the header of the OCTET STRING.
            let Some(flag) = value.checked_sub(header(extension.value.len()) + 3) else { continue };
            if put(&mut copy, flag, &[0x01, 0x01, 0xff], &[0x01, 0x01, 0x00]) {
                changed.push(Changed::CriticalPolicies);
            }
        }
        // SEQUENCE { BOOLEAN TRUE … }
        let of_ca = &[0x01, 0x01, 0xff];
        if is_leaf
            && extension.oid == OID_X509_EXT_BASIC_CONSTRAINTS
            && put(&mut copy, value + 2, of_ca, &[0x01, 0x01, 0x00])
        {
            changed.push(Changed::IsCa);
        }
    }
    if parsed.validity().not_before.timestamp() < 0 {
        // The validity, a SEQUENCE with a short length, follows the issuer.
        let issuer = parsed.issuer().as_raw();
        let time = place(der, issuer).map_or(usize::MAX, |place| place + issuer.len() + 2);
        let (utc, general) = (b"\x17\x0d700101000000Z", b"\x18\x0f19700101000000Z");
        if put(&mut copy, time, &utc[..2], utc) || put(&mut copy, time, &general[..2], general) {
            changed.push(Changed::BeginsBefore1970);
        }
    }
    let sent = parsed.tbs_certificate.as_ref();
    let read = place(der, sent).and_then(|start| copy.get(start..start + sent.len())).unwrap_or(sent).to_vec();
    Copied { der: CertificateDer::from(copy), changed, signed: Signed { read, sent: sent.to_vec() } }
}

/// A server's own certificate so that its key can be read. The key is never changed.
pub(super) fn readable<'a>(der: &'a CertificateDer<'a>) -> CertificateDer<'a> {
    if EndEntityCert::try_from(der).is_ok() {
        return CertificateDer::from(der.as_ref());
    }
    let parsed = x509_parser::parse_x509_certificate(der);
    parsed.map_or_else(|_| der.clone(), |(_, parsed)| copied(der, &parsed, true).der)
}

/// Where a part of something stands in it.
fn place(whole: &[u8], part: &[u8]) -> Option<usize> {
    part.as_ptr().addr().checked_sub(whole.as_ptr().addr()).filter(|start| start + part.len() <= whole.len())
}

/// The length of the header of an OCTET STRING.
fn header(length: usize) -> usize {
    match length {
        ..0x80 => 2,
        0x80..0x100 => 3,
        _ => 4,
    }
}

/// Puts bytes over others, where those are what is there.
fn put(bytes: &mut [u8], at: usize, expected: &[u8], new: &[u8]) -> bool {
    let Some(there) = bytes.get_mut(at..at.saturating_add(new.len())).filter(|there| there.starts_with(expected))
    else {
        return false;
    };
    there.copy_from_slice(new);
    true
}

/// A signature algorithm that checks what was really sent.
#[derive(Debug)]
pub(super) struct AsSent {
    algorithm: &'static dyn SignatureVerificationAlgorithm,
    signed: Vec<Signed>,
}

/// The algorithms, for chains of these copies.
pub(super) fn algorithms(known: &WebPkiSupportedAlgorithms, copies: &[&Copied]) -> Vec<AsSent> {
    let signed: Vec<Signed> =
        copies.iter().filter(|copy| !copy.changed.is_empty()).map(|copy| copy.signed.clone()).collect();
    known.all.iter().map(|&algorithm| AsSent { algorithm, signed: signed.clone() }).collect()
}

impl SignatureVerificationAlgorithm for AsSent {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let sent = self.signed.iter().find(|signed| signed.read == message);
        self.algorithm.verify_signature(public_key, sent.map_or(message, |signed| &signed.sent), signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm.signature_alg_id()
    }
}
