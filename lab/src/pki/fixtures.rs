//! The certificates and keys under `fixtures/`: what rcgen cannot make, or not quickly.

use rcgen::KeyPair;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The authority that signed the other three.
pub(super) const CA: &str = include_str!("../../fixtures/ca.pem");
/// X.509 version 1: no extensions, so no names; WebPKI refuses it.
pub(super) const X509_V1: &str = include_str!("../../fixtures/x509-v1.pem");
/// Signed with SHA-1.
pub(super) const SHA1: &str = include_str!("../../fixtures/sha1.pem");
/// A key of 1,024 bits.
pub(super) const RSA_1024: &str = include_str!("../../fixtures/rsa-1024.pem");

/// The key of [`X509_V1`] and [`SHA1`].
pub(super) fn rsa_2048() -> KeyPair {
    KeyPair::from_pem(include_str!("../../fixtures/rsa-2048.key")).expect("a key in the lab's fixtures")
}

/// Reads one of the certificates above.
pub(super) fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate in the lab's fixtures")
}
