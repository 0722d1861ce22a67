//! What a certificate says, read without judging it.

use std::net::IpAddr;

use aws_lc_rs::digest;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension, X509Extension};
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::oid_registry::{self as oid, Oid};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{AttributeTypeAndValue, SubjectPublicKeyInfo, X509Name};

use crate::observation::{CertificateFacts, ChainFacts, NearMiss};
use crate::words::hex;

/// Reads the facts. `der` is the certificate as it was sent, `certificate` the same one parsed.
pub(super) fn facts(
    der: &[u8],
    certificate: &X509Certificate<'_>,
    chain_length: usize,
    checked_at: i64,
    chain: ChainFacts,
) -> CertificateFacts {
    CertificateFacts {
        subject: distinguished_name(certificate.subject()),
        issuer: distinguished_name(certificate.issuer()),
        names: names(certificate),
        not_before: certificate.validity().not_before.timestamp(),
        not_after: certificate.validity().not_after.timestamp(),
        checked_at,
        key: key(certificate.public_key()),
        sha256: hex(digest::digest(&digest::SHA256, der).as_ref()),
        extensions: extensions(certificate),
        chain_length,
        // These depend on the name that is looked for.
        near_miss: None,
        checked_name: String::new(),
        chain,
    }
}

fn extensions(certificate: &X509Certificate<'_>) -> Vec<String> {
    let named = |extension: &X509Extension<'_>| match extension.parsed_extension() {
        ParsedExtension::BasicConstraints(constraints) if constraints.ca => "basicConstraints=CA:TRUE".to_owned(),
        ParsedExtension::BasicConstraints(_) => "basicConstraints=CA:FALSE".to_owned(),
        _ => oid2abbrev(&extension.oid, oid_registry()).map_or_else(|_| extension.oid.to_id_string(), str::to_owned),
    };
    certificate.extensions().iter().map(named).collect()
}

/// What looks like the name and is not: an address among the DNS names, a final dot, a common name.
pub(super) fn near_miss(certificate: &X509Certificate<'_>, wanted: &str) -> Option<NearMiss> {
    let dns_names: Vec<&str> = alternative_names(certificate)
        .filter_map(|name| if let GeneralName::DNSName(name) = name { Some(*name) } else { None })
        .collect();
    if let Ok(address) = wanted.parse::<IpAddr>() {
        return dns_names.iter().any(|name| name.parse() == Ok(address)).then_some(NearMiss::AddressAsDnsName);
    }
    let dotted = |name: &&&str| name.strip_suffix('.').is_some_and(|name| covers(name, wanted));
    if let Some(name) = dns_names.iter().find(dotted) {
        return Some(NearMiss::TrailingDot((*name).to_owned()));
    }
    if let Some(name) = dns_names.iter().find(|name| covers_in_part(name, wanted)) {
        return Some(NearMiss::PartialWildcard((*name).to_owned()));
    }
    let names = certificate.subject().iter_common_name().filter_map(|name| name.as_str().ok());
    let common = names.filter(|_| dns_names.is_empty()).find(|name| covers(name, wanted))?;
    Some(NearMiss::CommonNameOnly(common.to_owned()))
}

/// Whether a name with perhaps a wildcard in place of its first label covers another (RFC 9525, section 6.3).
fn covers(name: &str, wanted: &str) -> bool {
    let below = |name: &str| wanted.split_once('.').is_some_and(|(_, parent)| parent.eq_ignore_ascii_case(name));
    name.eq_ignore_ascii_case(wanted) || name.strip_prefix("*.").is_some_and(below)
}

/// Whether a name whose first label has a wildcard beside other characters would cover another.
fn covers_in_part(name: &str, wanted: &str) -> bool {
    let (name, wanted) = (name.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    let parts = name.split_once('.').zip(wanted.split_once('.'));
    parts.is_some_and(|((pattern, parent), (label, parent_of_wanted))| {
        let around = pattern.split_once('*').filter(|around| *around != ("", ""));
        let fits = |(begin, end)| label.strip_prefix(begin).is_some_and(|rest: &str| rest.ends_with(end));
        parent == parent_of_wanted && around.is_some_and(fits)
    })
}

/// The length of an RSA key in bits; `None` for other keys.
pub(super) fn rsa_bits(key: &SubjectPublicKeyInfo<'_>) -> Option<usize> {
    let Ok(PublicKey::RSA(rsa)) = key.parsed() else { return None };
    let mut modulus = rsa.modulus.iter().skip_while(|byte| **byte == 0);
    let first = modulus.next()?;
    Some(modulus.count() * 8 + (u8::BITS - first.leading_zeros()) as usize)
}

/// The subject alternative names (RFC 5280, section 4.2.1.6) that a server can be checked for.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    alternative_names(certificate)
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
            _ => None,
        })
        .collect()
}

fn alternative_names<'a>(certificate: &'a X509Certificate<'a>) -> impl Iterator<Item = &'a GeneralName<'a>> {
    certificate
        .extensions()
        .iter()
        .filter_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
            _ => None,
        })
        .flatten()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(bytes).map(IpAddr::from).or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// A name's string form as in RFC 4514: the most specific part first, special characters escaped.
pub(super) fn distinguished_name(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> =
        name.iter_rdn().map(|rdn| rdn.iter().map(attribute).collect::<Vec<_>>().join("+")).collect();
    parts.reverse();
    parts.join(",")
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let kind = attribute.attr_type();
    let kind = oid2abbrev(kind, oid_registry()).map_or_else(|_| kind.to_id_string(), str::to_owned);
    match attribute.as_str() {
        Ok(value) => format!("{kind}={}", escaped(value)),
        Err(_) => format!("{kind}=#{}", hex(attribute.as_slice())),
    }
}

/// RFC 4514, section 2.4. Other characters, hostile ones included, stay as they are: escaping for a terminal is the
/// renderer's.
fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut text = String::with_capacity(value.len());
    for (position, character) in value.chars().enumerate() {
        match character {
            '\0' => text.push_str("\\00"),
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => text.extend(['\\', character]),
            '#' if position == 0 => text.push_str("\\#"),
            ' ' if position == 0 || position == last => text.push_str("\\ "),
            _ => text.push(character),
        }
    }
    text
}

fn key(key: &SubjectPublicKeyInfo<'_>) -> String {
    let algorithm = key.algorithm.oid();
    if let Some(bits) = rsa_bits(key) {
        return format!("RSA {bits}");
    }
    if *algorithm == oid::OID_KEY_TYPE_EC_PUBLIC_KEY {
        return format!("EC {}", curve(key));
    }
    named(algorithm, [(oid::OID_SIG_ED25519, "Ed25519"), (oid::OID_SIG_ED448, "Ed448"), (oid::OID_KEY_TYPE_DSA, "DSA")])
}

/// The curve's name (FIPS 186-5), or its object identifier.
fn curve(key: &SubjectPublicKeyInfo<'_>) -> String {
    let Some(curve) = key.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok()) else {
        return "(no named curve)".to_owned();
    };
    let of_nist = [(oid::OID_EC_P256, "P-256"), (oid::OID_NIST_EC_P384, "P-384"), (oid::OID_NIST_EC_P521, "P-521")];
    let name = named(&curve, of_nist);
    let other = OTHER_CURVES.iter().find(|(identifier, _)| *identifier == name);
    other.map_or(name, |(_, name)| (*name).to_owned())
}

/// By object identifier: RFC 5639, and SEC 2.
const OTHER_CURVES: [(&str, &str); 4] = [
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"),
    ("1.3.132.0.10", "secp256k1"),
];

/// The name among `names`, or the object identifier itself.
fn named(identifier: &Oid<'_>, names: [(Oid<'_>, &str); 3]) -> String {
    let known = names.into_iter().find(|(known, _)| known == identifier);
    known.map_or_else(|| identifier.to_id_string(), |(_, name)| name.to_owned())
}
