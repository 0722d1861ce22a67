//! What a certificate says of itself as an issuer: when it is valid, and what it may sign.

use x509_parser::certificate::X509Certificate;

use crate::observation::IssuerFacts;

use super::certificate::distinguished_name;

pub(super) fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    Some(x509_parser::parse_x509_certificate(der).ok()?.1)
}

pub(super) fn name(certificate: &X509Certificate<'_>) -> String {
    distinguished_name(certificate.subject())
}

pub(super) fn validity(certificate: &X509Certificate<'_>) -> (i64, i64) {
    (certificate.validity().not_before.timestamp(), certificate.validity().not_after.timestamp())
}

pub(super) fn issuer_facts(certificate: &X509Certificate<'_>, is_root: bool) -> IssuerFacts {
    let (not_before, not_after) = validity(certificate);
    IssuerFacts { subject: name(certificate), not_before, not_after, is_root }
}

pub(super) fn is_ca(certificate: &X509Certificate<'_>) -> bool {
    certificate.basic_constraints().ok().flatten().is_some_and(|constraints| constraints.value.ca)
}

/// Whether an authority allows so many intermediates below its own certificate.
pub(super) fn leaves_room(certificate: &X509Certificate<'_>, below: usize) -> bool {
    let most = certificate.basic_constraints().ok().flatten().and_then(|one| one.value.path_len_constraint);
    most.is_none_or(|most| usize::try_from(most).is_ok_and(|most| most >= below))
}

pub(super) fn constrains_names(certificate: &X509Certificate<'_>) -> bool {
    !matches!(certificate.name_constraints(), Ok(None))
}

/// RFC 5280, section 4.2.1.3: without a key usage, a key may be used for everything.
pub(super) fn may_sign(certificate: &X509Certificate<'_>) -> bool {
    certificate.key_usage().ok().flatten().is_none_or(|usage| usage.value.key_cert_sign())
}
