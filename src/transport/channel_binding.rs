//! What ties a login to the TLS connection that it is made in (RFC 5056).

use aws_lc_rs::digest;
use rustls::{ClientConnection, ProtocolVersion};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// The label of `tls-exporter` (RFC 9266, section 4).
const EXPORTER_LABEL: &[u8] = b"EXPORTER-Channel-Binding";

/// `tls-exporter`, which only TLS 1.3 makes safe by itself (RFC 9266, section 3).
pub fn exporter(connection: &ClientConnection) -> Option<Vec<u8>> {
    if connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return None;
    }
    connection.export_keying_material(vec![0; 32], EXPORTER_LABEL, Some(&[])).ok()
}

/// `tls-server-end-point`: the certificate's hash by the hash function of its signature, or by SHA-256 where that is MD5 or
/// SHA-1 (RFC 5929, section 4.1). `None` where the signature has no hash function of its own.
pub fn server_end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let algorithm = match parsed.signature_algorithm.algorithm.to_id_string().as_str() {
        // MD5 and SHA-1 with RSA, ECDSA with SHA-1; SHA-256 with RSA and ECDSA (RFC 3279, RFC 4055, RFC 5758).
        "1.2.840.113549.1.1.4"
        | "1.2.840.113549.1.1.5"
        | "1.2.840.10045.4.1"
        | "1.2.840.113549.1.1.11"
        | "1.2.840.10045.4.3.2" => &digest::SHA256,
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => &digest::SHA384,
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => &digest::SHA512,
        _ => return None,
    };
    Some(digest::digest(algorithm, certificate).as_ref().to_vec())
}
