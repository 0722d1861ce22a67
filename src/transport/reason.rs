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
        E::UnsupportedCriticalExtension => R::CriticalExtension { of: None, oid: unknown_critical(leaf) },
        E::RequiredEkuNotFoundContext(_) | E::EmptyEkuExtension => R::IssuerNotForServers,
        E::BadDer
        | E::BadDerTime
        | E::ExtensionValueInvalid
        | E::MalformedExtensions
        | E::InvalidSerialNumber
        | E::SignatureAlgorithmMismatch
        | E::MalformedNameConstraint
        | E::InvalidNetworkMaskConstraint
        | E::TrailingData(_) => R::Malformed,
        E::MaximumPathDepthExceeded => R::Refused("it has too many intermediate certificates".to_owned()),
        E::MaximumPathBuildCallsExceeded
        | E::MaximumSignatureChecksExceeded
        | E::MaximumNameConstraintComparisonsExceeded => {
            R::Refused("there are too many ways up to a trusted CA, or too many names, to check them all".to_owned())
        }
        E::UnsupportedNameType => R::Refused("it has a kind of name that the library does not know".to_owned()),
        other => R::Refused(other.to_string()),
    }
}

/// The critical extension that is not among those of RFC 5280 which the TLS library processes.
pub(super) fn unknown_critical(certificate: &X509Certificate<'_>) -> Option<String> {
    /// The arc of the extensions of X.509 (`id-ce`), with key usage, alternative names, basic constraints, name
    /// constraints, distribution points, policies (which are made readable before) and extended key usage.
    const KNOWN: [&str; 7] =
        ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.31", "2.5.29.32", "2.5.29.37"];
    let oids = certificate.extensions().iter().filter(|one| one.critical).map(|one| one.oid.to_id_string());
    oids.into_iter().find(|oid| !KNOWN.contains(&oid.as_str()))
}
