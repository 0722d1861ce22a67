//! The certificates above the server's own: which one fails by its dates, which one ends soon; and what only some programs
//! refuse. The programs and versions are those of docs/chains.md.

use super::expiry::{days, is_soon};
use super::finding::Finding;
use super::finding_id::FindingId;
use crate::observation::{CertificateFacts, IssuerFacts, Peculiarity};
use crate::words::date;

/// Above the server's certificate, one has expired, or its time has not come.
pub(super) fn outside_dates(certificate: Option<&CertificateFacts>, expired: bool) -> Finding {
    let fails = |facts: &CertificateFacts, one: &&IssuerFacts| {
        if expired { one.not_after < facts.checked_at } else { one.not_before > facts.checked_at }
    };
    let found = certificate.and_then(|facts| facts.chain.issuers.iter().find(|one| fails(facts, one)));
    if expired { has_expired(found) } else { not_valid_yet(found) }
}

fn has_expired(issuer: Option<&IssuerFacts>) -> Finding {
    let finding = |message: String| Finding::error(FindingId::CertificateIssuerExpired, message);
    match issuer {
        Some(root) if root.is_root => finding(format!(
            "The certificate of the root CA, {}, expired on {}. It is trusted here, and still nearly all programs refuse \
             the chain: OpenSSL, GnuTLS and what is built on them, Node.js, and Python's cryptography. Java takes it.",
            root.subject,
            date(root.not_after)
        ))
        .evidence(validity(root))
        .hint("Renew the root certificate, and replace the old one everywhere it is trusted, in the file of --ca-file, too."),
        Some(issuer) => finding(format!(
            "A certificate between the server's own and the trusted root CA, {}, expired on {}.",
            issuer.subject,
            date(issuer.not_after)
        ))
        .evidence(validity(issuer))
        .advised(),
        None => finding("A certificate between the server's own and the trusted root CA has expired.".to_owned()).advised(),
    }
}

fn not_valid_yet(issuer: Option<&IssuerFacts>) -> Finding {
    const CLOCK: &str = "Check this machine's clock.";
    let finding = |message: String| Finding::error(FindingId::CertificateUnusable, message);
    match issuer {
        Some(root) if root.is_root => finding(format!(
            "The certificate of the root CA, {}, is not valid before {}. It is trusted here, and still nearly all programs \
             refuse the chain: OpenSSL, GnuTLS and what is built on them, Node.js, and Python's cryptography. Java takes it.",
            root.subject,
            date(root.not_before)
        ))
        .evidence(validity(root))
        .hint(format!("{CLOCK} If it is right, have the root certificate made anew with dates that include today.")),
        Some(issuer) => finding(format!(
            "A certificate between the server's own and the trusted root CA, {}, is not valid before {}.",
            issuer.subject,
            date(issuer.not_before)
        ))
        .evidence(validity(issuer))
        .hint(format!("{CLOCK} If it is right, make the server send an intermediate certificate that is valid today.")),
        None => finding("A certificate between the server's own and the trusted root CA is not valid yet.".to_owned())
            .hint(format!("{CLOCK} If it is right, make the server send an intermediate certificate that is valid today.")),
    }
}

/// A certificate above the server's own that ends soon, and before the server's.
pub(super) fn expires_soon(facts: &CertificateFacts) -> Option<Finding> {
    let first = facts.chain_ends_with().filter(|one| is_soon(one.not_before, one.not_after, facts.checked_at))?;
    let (what, hint) = if first.is_root {
        (
            "root CA's certificate",
            "Get the CA's new root certificate, and put it wherever the old one is trusted, before that day.",
        )
    } else {
        (
            "intermediate certificate",
            "Get the CA's current intermediate certificate, and make the server send it, before that day.",
        )
    };
    let message = format!(
        "The {what} {} expires in {}, on {}: from then on the chain is not valid.",
        first.subject,
        days(facts.chain_days_left()),
        date(first.not_after)
    );
    Some(Finding::warning(FindingId::CertificateExpiresSoon, message).evidence(validity(first)).hint(hint))
}

/// What some programs refuse and others accept.
pub(super) fn peculiar(what: &Peculiarity) -> Finding {
    let info = |message: String| Finding::info(FindingId::CertificateRefusedBySome, message);
    match what {
        Peculiarity::NoDigitalSignature => Finding::warning(
            FindingId::CertificateRefusedBySome,
            "GnuTLS and Java refuse the certificate: its key usage does not allow digital signatures, which every \
             handshake of TLS 1.3 needs. OpenSSL, Python and Node.js take it.",
        )
        .evidence("key usage without digitalSignature".to_owned())
        .hint("Have it reissued with digitalSignature in its key usage."),
        Peculiarity::CriticalPolicies => info(
            "Programs that use rustls, and Python's cryptography, refuse the chain: its certificate policies are marked critical. OpenSSL, GnuTLS, \
             Python, Node.js and Java take it."
                .to_owned(),
        )
        .evidence("certificatePolicies, critical".to_owned())
        .hint("Nothing needs to be done. RFC 5280 allows it; public CAs do not mark the policies critical."),
        Peculiarity::BeginsBefore1970 => info(
            "Programs that use rustls refuse the chain: the validity of a certificate begins before 1970. OpenSSL, GnuTLS, \
             Node.js and Java take it."
                .to_owned(),
        )
        .hint("Nothing needs to be done. If the certificate is made anew, let it begin at its day."),
        Peculiarity::LongChain(count @ ..=MOST_FOR_JAVA) => info(format!(
            "Programs that use rustls refuse the chain: it has {count} intermediate certificates, and more than 6 are too \
             many for them. OpenSSL, GnuTLS, Python, Node.js and Java take it."
        ))
        .hint(FEWER),
        Peculiarity::LongChain(count) => Finding::warning(
            FindingId::CertificateRefusedBySome,
            format!(
                "Java and programs that use rustls refuse the chain: it has {count} intermediate certificates, and more than \
                 {MOST_FOR_JAVA} are too many for Java. OpenSSL, GnuTLS, Python and Node.js take it."
            ),
        )
        .hint(FEWER),
    }
}

/// Java refuses a chain of more than ten certificates, with the server's own.
const MOST_FOR_JAVA: usize = 9;

const FEWER: &str = "A CA of one or two levels is taken by all, and makes every handshake shorter.";

fn validity(issuer: &IssuerFacts) -> String {
    format!("{}: valid from {} to {}", issuer.subject, date(issuer.not_before), date(issuer.not_after))
}
