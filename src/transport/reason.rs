//! The TLS library's verdict, as a reason why a certificate cannot be used.

use x509_parser::certificate::X509Certificate;

use crate::observation::UnusableReason;

/// `leaf` is the server's own certificate.
pub(super) fn of(error: &webpki::Error, leaf: &X509Certificate<'_>) -> UnusableReason {
    use UnusableReason as R;
    use webpki::Error as E;
    match error {
        E::UnsupportedCertVersion => R::OldVersion,
        E::CaUsedAsEndEntity => R::IsCa,
        E::EndEntityUsedAsCa => R::IssuerIsNoCa { of: None },
        E::InvalidSignatureForPublicKey => R::WrongSignature { of: None },
        E::InvalidCertValidity => R::ReversedDates,
        E::NameConstraintViolation => R::NameNotPermitted,
        E::PathLenConstraintViolated => R::PathTooLong,
        E::UnsupportedCriticalExtension => R::CriticalExtension(unknown_critical(leaf)),
        E::RequiredEkuNotFoundContext(_) | E::EmptyEkuExtension => R::IssuerNotForServers,
        E::BadDer
        | E::BadDerTime
        | E::ExtensionValueInvalid
        | E::MalformedExtensions
        | E::InvalidSerialNumber
        | E::SignatureAlgorithmMismatch
        | E::TrailingData(_) => R::Malformed,
        other => R::Refused(other.to_string()),
    }
}

/// The critical extension that is not among those of RFC 5280 which the TLS library processes.
fn unknown_critical(certificate: &X509Certificate<'_>) -> Option<String> {
    /// The arc of the extensions of X.509 (`id-ce`), with key usage, alternative names, basic constraints, name
    /// constraints, distribution points and extended key usage.
    const KNOWN: [&str; 6] = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.31", "2.5.29.37"];
    let oids = certificate.extensions().iter().filter(|one| one.critical).map(|one| one.oid.to_id_string());
    oids.into_iter().find(|oid| !KNOWN.contains(&oid.as_str()))
}
