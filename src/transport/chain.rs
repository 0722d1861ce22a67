//! Where the certificates that a server sent lead, read by their names. Whether the signatures hold is the verifier's.

use rustls::RootCertStore;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, TrustAnchor};
use x509_parser::asn1_rs::{Any, FromDer as _};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS;
use x509_parser::x509::X509Name;

use crate::observation::{ChainEnd, ChainFacts};

use super::certificate::distinguished_name;
use super::signature::{self, Fit};

/// How many certificates above the server's own are looked at: real chains have at most five, and some servers send a
/// whole bundle. Each is searched for among all the others.
const MAX_ABOVE: usize = 64;

/// The longest address of an issuer's certificate that is kept.
const MAX_URL_BYTES: usize = 200;

/// Follows the chain from the server's certificate upwards.
pub(super) fn facts(leaf: &X509Certificate<'_>, above: &[X509Certificate<'_>], roots: &RootCertStore) -> ChainFacts {
    let path = path(leaf, above);
    let last = path.last().and_then(|&position| above.get(position)).unwrap_or(leaf);
    ChainFacts {
        end: end(last, path.is_empty(), roots),
        out_of_order: !path.is_sorted(),
        needless_root: above
            .iter()
            .find(|one| is_self_issued(one) && is_trusted(one.subject(), roots))
            .map(|root| distinguished_name(root.subject())),
        issuer_url: issuer_url(last),
        ..ChainFacts::default()
    }
}

/// Where the certificates that the server sent vouch for each other, and only the trusted authority that the last one
/// names did not sign it: that authority's name. It was made anew, or somebody else took its name.
pub(super) fn signed_with_another_key(
    leaf: &X509Certificate<'_>,
    above: &[X509Certificate<'_>],
    roots: &RootCertStore,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Option<String> {
    let mut last = leaf;
    for issuer in path(leaf, above).into_iter().filter_map(|position| above.get(position)) {
        if signature::fit(last, issuer.public_key(), algorithms) == Fit::No {
            return None;
        }
        last = issuer;
    }
    let mut namesakes = anchors(last.issuer(), roots).peekable();
    namesakes.peek()?;
    namesakes
        .all(|anchor| signature::fit_anchor(last, anchor, algorithms) == Fit::No)
        .then(|| distinguished_name(last.issuer()))
}

/// Those of the certificates above the server's own that can be read.
pub(super) fn parsed<'a>(above: &'a [CertificateDer<'_>]) -> Vec<X509Certificate<'a>> {
    let whole = |der| x509_parser::parse_x509_certificate(der).ok().filter(|(rest, _)| rest.is_empty());
    above.iter().take(MAX_ABOVE).filter_map(|der| Some(whole(der)?.1)).collect()
}

/// The positions of the certificates above the server's own, each the issuer of the one before it.
pub(super) fn path(leaf: &X509Certificate<'_>, above: &[X509Certificate<'_>]) -> Vec<usize> {
    let mut path = Vec::new();
    let mut current = leaf;
    while !is_self_issued(current) {
        let issuer = above
            .iter()
            .enumerate()
            .find(|(position, one)| !path.contains(position) && one.subject().as_raw() == current.issuer().as_raw());
        let Some((position, issuer)) = issuer else { break };
        path.push(position);
        current = issuer;
    }
    path
}

fn end(last: &X509Certificate<'_>, is_leaf: bool, roots: &RootCertStore) -> Option<ChainEnd> {
    match is_self_issued(last) {
        _ if is_trusted(last.issuer(), roots) => None,
        false => Some(ChainEnd::IssuerNotSent(distinguished_name(last.issuer()))),
        true if is_leaf => None,
        true => Some(ChainEnd::UnknownRoot(distinguished_name(last.subject()))),
    }
}

pub(super) fn is_self_issued(certificate: &X509Certificate<'_>) -> bool {
    certificate.issuer().as_raw() == certificate.subject().as_raw()
}

fn is_trusted(name: &X509Name<'_>, roots: &RootCertStore) -> bool {
    anchors(name, roots).next().is_some()
}

/// The trusted authorities of this name. Trust anchors hold it without its outermost tag.
pub(super) fn anchors<'a>(
    name: &X509Name<'a>,
    roots: &'a RootCertStore,
) -> impl Iterator<Item = &'a TrustAnchor<'static>> {
    let inside = Any::from_der(name.as_raw()).ok().map(|(_, inside)| inside.data.to_vec());
    roots.roots.iter().filter(move |root| inside.as_deref() == Some(root.subject.as_ref()))
}

/// Where the issuer's certificate is said to be (RFC 5280, section 4.2.2.1). It is shown and never fetched.
fn issuer_url(certificate: &X509Certificate<'_>) -> Option<String> {
    certificate
        .extensions()
        .iter()
        .filter_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityInfoAccess(access) => Some(access),
            _ => None,
        })
        .flat_map(x509_parser::extensions::AuthorityInfoAccess::iter)
        .filter(|access| access.access_method == OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS)
        .find_map(|access| match access.access_location {
            GeneralName::URI(url) if url.len() <= MAX_URL_BYTES => Some(url.to_owned()),
            _ => None,
        })
}
