//! Whether an issuer's key made a certificate's signature, also where the TLS library does not say: old keys and hashes
//! are too weak for it, and some new algorithms it does not know.

use aws_lc_rs::signature::{
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, UnparsedPublicKey,
};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::TrustAnchor;
use x509_parser::asn1_rs::FromDer as _;
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry as oid;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::certificate;

/// NIST SP 800-131A and the CA/Browser Forum's baseline requirements: shorter RSA keys are no longer accepted.
const LEAST_RSA_BITS: usize = 2048;

// Dotted object identifiers of RFC 3279, 4055, 5758 and 8410, and of the OIW's older name for RSA with SHA-1.
const RSA: &str = "1.2.840.113549.1.1.";
const RSA_MD5: &str = "1.2.840.113549.1.1.4";
const RSA_SHA1: &str = "1.2.840.113549.1.1.5";
const RSA_SHA256: &str = "1.2.840.113549.1.1.11";
const RSA_SHA512: &str = "1.2.840.113549.1.1.13";
const RSA_SHA224: &str = "1.2.840.113549.1.1.14";
const OIW_SHA1: &str = "1.3.14.3.2.29";
const DSA_SHA1: &str = "1.2.840.10040.4.3";
const ECDSA: &str = "1.2.840.10045.4.";
const ECDSA_SHA1: &str = "1.2.840.10045.4.1";
const ECDSA_SHA224: &str = "1.2.840.10045.4.3.1";
const ED25519: &str = "1.3.101.112";
const ED448: &str = "1.3.101.113";

/// Whether a key made a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Yes,
    No,
    /// Nothing here can check a signature of that kind.
    Unknown,
}

/// Whether this key signed the certificate. Names are not looked at, nor whether anybody still accepts it.
pub(super) fn fit(
    certificate: &X509Certificate<'_>,
    key: &SubjectPublicKeyInfo<'_>,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Fit {
    let message = certificate.tbs_certificate.as_ref();
    let signature = &certificate.signature_value.data;
    let bytes = &key.subject_public_key.data;
    let algorithm = algorithm(certificate);
    let old = match algorithm.as_str() {
        RSA_SHA1 | OIW_SHA1 => Some(&RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
        RSA_SHA256 => Some(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
        RSA_SHA512 => Some(&RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
        _ => None,
    };
    let holds_by_old = || old.is_some_and(|old| UnparsedPublicKey::new(old, bytes).verify(message, signature).is_ok());
    if algorithms.all.iter().any(|one| one.verify_signature(bytes, message, signature).is_ok()) || holds_by_old() {
        Fit::Yes
    } else if is_too_short(key)
        || (old.is_none() && (weak_hash(certificate).is_some() || unchecked(certificate, key).is_some()))
    {
        Fit::Unknown
    } else {
        Fit::No
    }
}

/// The key of a trusted authority, which holds it without its outermost tag.
pub(super) fn anchor_key(anchor: &TrustAnchor<'_>) -> Vec<u8> {
    const SEQUENCE: u8 = 0x30;
    let content = anchor.subject_public_key_info.as_ref();
    let length = content.len().to_be_bytes();
    let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let short = |length: &[u8]| matches!(length, [] | [..0x80]);
    let header = if short(&length) {
        vec![SEQUENCE, length.first().copied().unwrap_or(0)]
    } else {
        let count = u8::try_from(length.len()).unwrap_or(u8::MAX);
        [vec![SEQUENCE, 0x80 | count], length].concat()
    };
    [header, content.to_vec()].concat()
}

/// Whether this trusted authority's key signed the certificate.
pub(super) fn fit_anchor(
    certificate: &X509Certificate<'_>,
    anchor: &TrustAnchor<'_>,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Fit {
    key(&anchor_key(anchor)).map_or(Fit::Unknown, |key| fit(certificate, &key, algorithms))
}

pub(super) fn key(der: &[u8]) -> Option<SubjectPublicKeyInfo<'_>> {
    Some(SubjectPublicKeyInfo::from_der(der).ok()?.1)
}

/// Whether it is an RSA key of a length that nothing here checks.
fn is_too_short(key: &SubjectPublicKeyInfo<'_>) -> bool {
    certificate::rsa_bits(key).is_some_and(|bits| bits < 1024)
}

/// The length of an RSA key that nobody should accept any more.
pub(super) fn weak_bits(key: &SubjectPublicKeyInfo<'_>) -> Option<usize> {
    certificate::rsa_bits(key).filter(|bits| *bits < LEAST_RSA_BITS)
}

/// The broken hash that a certificate is signed with.
pub(super) fn weak_hash(certificate: &X509Certificate<'_>) -> Option<&'static str> {
    match algorithm(certificate).as_str() {
        RSA_MD5 => Some("MD5"),
        RSA_SHA1 | OIW_SHA1 | DSA_SHA1 | ECDSA_SHA1 => Some("SHA-1"),
        _ => None,
    }
}

/// The name of a signature that is not weak, and that the TLS library cannot check with this key. A key of another kind
/// than the signature is no such case: it is simply not the one that signed.
pub(super) fn unchecked(certificate: &X509Certificate<'_>, key: &SubjectPublicKeyInfo<'_>) -> Option<String> {
    const CURVES: [oid::Oid<'static>; 3] = [oid::OID_EC_P256, oid::OID_NIST_EC_P384, oid::OID_NIST_EC_P521];
    let algorithm = algorithm(certificate);
    let kind = &key.algorithm.algorithm;
    let curve = || key.algorithm.parameters.as_ref()?.as_oid().ok();
    match algorithm.as_str() {
        RSA_SHA224 | ECDSA_SHA224 => Some("SHA-224".to_owned()),
        ED448 => Some("Ed448".to_owned()),
        rsa if rsa.starts_with(RSA) => {
            let weak = *kind == oid::OID_PKCS1_RSAENCRYPTION && weak_bits(key).is_some();
            weak.then(|| "a short RSA key".to_owned())
        }
        ecdsa if ecdsa.starts_with(ECDSA) => {
            let curve = curve().filter(|curve| *kind == oid::OID_KEY_TYPE_EC_PUBLIC_KEY && !CURVES.contains(curve))?;
            Some(format!("the elliptic curve {}", curve_name(&curve)))
        }
        ED25519 => None,
        other => Some(format!("the algorithm {other}")),
    }
}

/// The names of curves that other programs know (SEC 2 and RFC 5639).
fn curve_name(curve: &oid::Oid<'_>) -> String {
    match curve.to_id_string().as_str() {
        "1.3.132.0.10" => "secp256k1".to_owned(),
        "1.3.132.0.33" => "P-224".to_owned(),
        "1.3.36.3.3.2.8.1.1.7" => "brainpoolP256r1".to_owned(),
        "1.3.36.3.3.2.8.1.1.11" => "brainpoolP384r1".to_owned(),
        other => other.to_owned(),
    }
}

fn algorithm(certificate: &X509Certificate<'_>) -> String {
    certificate.signature_algorithm.oid().to_id_string()
}
