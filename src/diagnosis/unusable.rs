//! Why a certificate cannot be used, who says so, and what to do. The programs and versions are those of docs/chains.md.

use super::finding::Finding;
use super::finding_id::FindingId;
use crate::observation::UnusableReason;

/// The finding for a reason: what it is about, the reason itself as evidence, and advice for just that.
pub(super) fn unusable(reason: &UnusableReason) -> Finding {
    Finding::error(FindingId::CertificateUnusable, message(reason)).evidence(reason.to_string()).hint(hint(reason))
}

fn message(reason: &UnusableReason) -> String {
    use UnusableReason as R;
    let requirements = "The certificate does not meet the requirements of current TLS.";
    match reason {
        R::WeakKey { of: Some(of), .. } => format!(
            "The chain depends on a key that is too short, the one of {of}. Python, and OpenSSL as Debian sets it up, refuse \
             that; GnuTLS 3.7, Node.js 20 and Java 17 still take 1024 bits."
        ),
        R::WeakSignature { of: Some(of), .. } => format!(
            "The chain depends on a signature with a broken hash, the one in the certificate of {of}. Nearly all programs \
             refuse that."
        ),
        R::UncheckedSignature { algorithm, .. } => format!(
            "mailprobe's TLS library does not take {algorithm}, so the chain could not be checked{}. Nothing is known against \
             the certificate.",
            takers(algorithm)
        ),
        R::WrongSignature { .. } => {
            "A signature in the chain is not that of the issuer whose certificate the server sends. All programs refuse it."
                .to_owned()
        }
        R::KeyNotProven(_) => {
            "The server did not prove that it holds the certificate's key. All programs refuse that.".to_owned()
        }
        R::IsCa => "The certificate is a CA's own. Programs that use rustls refuse it, and so does Thunderbird; OpenSSL, \
                    GnuTLS, Node.js and Java take it."
            .to_owned(),
        R::IssuerMayNotSign { of } => {
            format!("The key usage of {of} does not let it sign certificates, and it signed one. All other programs refuse that.")
        }
        R::IssuerIsNoCa { of: Some(of) } => {
            format!("{of} signed a certificate and is not marked as a CA. All programs refuse that.")
        }
        R::IssuerIsNoCa { of: None } => "A certificate was signed by one that is not a CA's. All programs refuse that.".to_owned(),
        R::NameNotPermitted => {
            "The CA above the certificate is limited to other names than it has. Nearly all programs refuse it.".to_owned()
        }
        R::PathTooLong => "There are more intermediate certificates than a CA of the chain allows. Nearly all programs refuse it.".to_owned(),
        R::CriticalExtension { .. } => {
            "A critical extension is one that programs do not know. They must refuse the certificate, and do.".to_owned()
        }
        R::IssuerNotForServers => "A CA of the chain may not issue certificates for servers.".to_owned(),
        R::Refused(_) => "mailprobe's TLS library does not take the chain; other programs may.".to_owned(),
        R::Malformed | R::OldVersion | R::WeakKey { .. } | R::WeakSignature { .. } | R::ReversedDates => {
            requirements.to_owned()
        }
    }
}

/// Who takes an algorithm that mailprobe's TLS library does not.
fn takers(algorithm: &str) -> &'static str {
    match algorithm {
        "Ed448" | "SHA-224" => "; OpenSSL and GnuTLS do, and so do Node.js and Java",
        "the elliptic curve secp256k1" => "; OpenSSL and Node.js do, GnuTLS and Java do not",
        _ => "; other programs may",
    }
}

const fn hint(reason: &UnusableReason) -> &'static str {
    use UnusableReason as R;
    match reason {
        R::Malformed => {
            "Check the certificate file of the server (openssl x509 -in FILE -noout -text). If it is whole, have the certificate issued anew."
        }
        R::OldVersion => {
            "Have a new one issued as X.509 version 3, with the host's name as a subject alternative name."
        }
        R::WeakKey { of: None, .. } => {
            "Make a new key, RSA with at least 2048 bits or an elliptic curve, and have a certificate issued for it."
        }
        R::WeakKey { .. } => {
            "Have the CA renewed with an RSA key of at least 2048 bits or an elliptic-curve key, and the server's certificate issued by that."
        }
        R::WeakSignature { of: None, .. } => "Have a new one issued that is signed with SHA-256.",
        R::WeakSignature { .. } => {
            "Have the CA's certificate issued anew with SHA-256, and make the server send that one."
        }
        R::UncheckedSignature { .. } => {
            "Check the chain with `openssl s_client`. For a certificate that every program takes, have it signed with SHA-256 by an RSA, P-256 or P-384 key."
        }
        R::WrongSignature { .. } => {
            "Make the server send the intermediate certificate that belongs to its own: probably the CA has another one of the same name."
        }
        R::KeyNotProven(_) => {
            "Compare the server's certificate and key files: the key must be that of the certificate. Then look for a device that changes the handshake."
        }
        R::IsCa => {
            "Have a certificate issued for the server itself, without CA:TRUE. A self-signed one needs no CA:TRUE either."
        }
        R::IssuerIsNoCa { .. } => "Have the CA's certificate issued anew with CA:TRUE in its basic constraints.",
        R::IssuerMayNotSign { .. } => {
            "Have the CA's certificate issued anew with keyCertSign in its key usage, or without a key usage."
        }
        R::ReversedDates => "Have a new one issued with dates in their order.",
        R::NameNotPermitted => "Have it issued by a CA that may do so, or for a name that this one is allowed.",
        R::PathTooLong => {
            "Have it issued by a CA higher up, or have the path length in the CA's basic constraints raised."
        }
        R::CriticalExtension { .. } => "Have it issued without that extension, or with the extension not critical.",
        R::IssuerNotForServers => "Have it issued by a CA whose extended key usage includes servers, or has none.",
        R::Refused(_) => "Compare with `openssl s_client`, and have the part that is named issued anew.",
    }
}
