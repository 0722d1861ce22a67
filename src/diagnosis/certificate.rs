//! Everything that is wrong with a certificate, each fault in its own words, and what deserves attention.

#[cfg(feature = "net")]
use super::default_certificate;
use super::expiry::{DAY, days, is_soon};
use super::finding::{Finding, Severity};
use super::finding_id::FindingId;
use super::issuers;
use super::unusable::unusable;
use crate::observation::{CertificateFacts, CertificateFault, ChainEnd, NearMiss, Observation, TlsFacts, TrustStore};
use crate::words::{counted, date};

/// How many of a certificate's names are listed as evidence.
const MAX_NAMES: usize = 8;

/// One finding for every fault, one when the end is near, and what is odd about the chain.
pub(super) fn remarks(observation: &Observation) -> Vec<Finding> {
    let Some(tls) = facts(observation) else { return Vec::new() };
    let certificate = tls.certificate.as_ref();
    // Why it is as the faults say. One that is accepted all the same was chosen: with --ca-file.
    let default = certificate.filter(|_| !tls.faults.is_empty()).and_then(default_finding);
    let mut findings: Vec<Finding> = tls.faults.iter().map(|fault| finding(fault, certificate)).collect();
    let dates_are_good =
        !tls.faults.iter().any(|fault| matches!(fault, CertificateFault::Expired | CertificateFault::NotYetValid));
    if dates_are_good {
        findings.extend(certificate.and_then(expires_soon));
    }
    if !tls.faults.contains(&CertificateFault::IssuerExpired) {
        findings.extend(certificate.and_then(issuers::expires_soon));
    }
    findings.extend(certificate.into_iter().flat_map(chain_remarks));
    if let Some(default) = default {
        // Nothing about that one is worth mending.
        for finding in &mut findings {
            finding.hint = None;
        }
        findings.insert(0, default);
    }
    findings
}

#[cfg(feature = "net")]
fn default_finding(facts: &CertificateFacts) -> Option<Finding> {
    default_certificate::finding(facts)
}

#[cfg(not(feature = "net"))]
const fn default_finding(_: &CertificateFacts) -> Option<Finding> {
    None
}

/// The TLS facts of the ordinary check, or else of a second look that got further.
pub(super) fn facts(observation: &Observation) -> Option<&TlsFacts> {
    observation
        .attempts
        .iter()
        .filter_map(|attempt| attempt.tls.as_ref())
        .find(|tls| tls.certificate.is_some() || !tls.faults.is_empty())
}

fn finding(fault: &CertificateFault, certificate: Option<&CertificateFacts>) -> Finding {
    match fault {
        CertificateFault::Expired => expired(certificate),
        CertificateFault::NotYetValid => not_yet_valid(certificate),
        CertificateFault::WrongName => wrong_name(certificate),
        CertificateFault::SelfSigned => self_signed(certificate),
        CertificateFault::UnknownIssuer => unknown_issuer(certificate),
        CertificateFault::IssuerExpired => issuers::outside_dates(certificate, true),
        CertificateFault::IssuerNotYetValid => issuers::outside_dates(certificate, false),
        CertificateFault::WrongPurpose => {
            Finding::error(FindingId::CertificateWrongPurpose, "The certificate is not meant for use by servers.")
                .evidence("the extended key usage does not include server authentication".to_owned())
                .advised()
        }
        CertificateFault::Unusable(reason) => unusable(reason),
    }
}

fn expired(certificate: Option<&CertificateFacts>) -> Finding {
    let message = certificate.map_or_else(
        || "The certificate has expired.".to_owned(),
        |facts| {
            let ago = days((facts.checked_at - facts.not_after).div_euclid(DAY));
            format!("The certificate expired on {}, {ago} ago.", date(facts.not_after))
        },
    );
    Finding::error(FindingId::CertificateExpired, message).evidence(certificate.map(validity)).advised()
}

fn not_yet_valid(certificate: Option<&CertificateFacts>) -> Finding {
    let message = certificate.map_or_else(
        || "The certificate is not valid yet.".to_owned(),
        |facts| format!("The certificate is not valid before {}.", date(facts.not_before)),
    );
    Finding::error(FindingId::CertificateNotYetValid, message).evidence(certificate.map(validity)).advised()
}

fn wrong_name(certificate: Option<&CertificateFacts>) -> Finding {
    let Some(facts) = certificate else {
        return Finding::error(FindingId::CertificateWrongName, "The certificate is not for this name.")
            .hint("Have it issued for the name that mail programs use.");
    };
    let asked = &facts.checked_name;
    let error = |message| Finding::error(FindingId::CertificateWrongName, message).evidence(names(facts));
    match &facts.near_miss {
        Some(NearMiss::AddressAsDnsName) => {
            error(format!("The certificate has {asked} as a DNS name, not as an IP address: clients do not accept that."))
                .evidence(format!("as DNS name: {asked}"))
            .hint(format!("Have it reissued with the address as an IP address (subjectAltName=IP:{asked}), or use a host name."))
        }
        Some(NearMiss::TrailingDot(name)) => {
            error(format!("The certificate has \"{name}\", with a dot at its end: most clients do not accept that for {asked}."))
                .hint("Have it reissued with the name without the dot.")
        }
        Some(NearMiss::PartialWildcard(name)) => error(format!(
            "The certificate has {name}, a wildcard for only a part of a label. OpenSSL, Node.js and Java take that for \
             {asked}; GnuTLS, Python and programs that use rustls do not."
        ))
        .hint("Have it reissued with the whole name, or with a wildcard for the whole label."),
        Some(NearMiss::CommonNameOnly(_)) if !facts.names.is_empty() => error(format!(
            "The certificate has {asked} only as its common name, beside addresses as alternative names. OpenSSL, Python, \
             Node.js and Java still accept it; GnuTLS, Go and programs that use rustls do not."
        ))
        .hint("Have it reissued with this name as a subject alternative name."),
        Some(NearMiss::CommonNameOnly(_)) => Finding::warning(
            FindingId::CertificateWrongName,
            format!(
                "The certificate has {asked} only as its common name, not as a subject alternative name. Most programs still \
                 accept it; strict ones do not. Accepted by OpenSSL 3.0 and 3.5, GnuTLS 3.8.9, Python, curl 8.14, Node.js 20 \
                 and Java 17; refused by Go and by programs that use rustls."
            ),
        )
        .evidence(names(facts))
        .hint("Have it reissued with this name as a subject alternative name."),
        None if facts.names.is_empty() => error(format!(
            "The certificate is not for {asked}: it has no subject alternative name, so it is valid for no host."
        ))
        .hint(if is_address(asked) { BY_NAME } else { "Have it reissued with this name as a subject alternative name." }),
        None => error(format!("The certificate is not for {asked}."))
            .hint(if is_address(asked) { BY_NAME } else { "Use a name that the certificate is for, or have it reissued with this name added." }),
    }
}

const BY_NAME: &str = "Probe the host by its name: certificates are seldom issued for addresses.";

fn is_address(name: &str) -> bool {
    name.parse::<std::net::IpAddr>().is_ok()
}

fn names(facts: &CertificateFacts) -> String {
    if facts.names.is_empty() {
        return format!("no subject alternative name; subject: {}", facts.subject);
    }
    // A dot at the end is the fault, and would look like the end of a sentence.
    let quoted = |name: &String| if name.ends_with('.') { format!("\"{name}\"") } else { name.clone() };
    let listed: Vec<String> = facts.names.iter().take(MAX_NAMES).map(quoted).collect();
    let more = facts.names.len().saturating_sub(MAX_NAMES);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("it is for {}{more}", listed.join(", "))
}

/// What to do about a certificate that fails only because of the list of authorities that counts: this one trusts it.
const fn trust(store: TrustStore) -> &'static str {
    match store {
        TrustStore::System => "This machine's own certificate store trusts it: use --trust system.",
        TrustStore::WebPki => {
            "The built-in list of public CAs trusts it: update this machine's store (on Linux, the package \
             ca-certificates), or use --trust webpki."
        }
    }
}

fn self_signed(certificate: Option<&CertificateFacts>) -> Finding {
    let finding = Finding::usual(FindingId::CertificateSelfSigned, Severity::Error)
        .evidence(certificate.map(|facts| format!("subject and issuer: {}", facts.subject)));
    match certificate.and_then(|facts| facts.chain.trusted_by) {
        Some(store) => finding.hint(trust(store)),
        None => finding,
    }
}

fn unknown_issuer(certificate: Option<&CertificateFacts>) -> Finding {
    let (message, hint) = match certificate.map(|facts| (facts.chain.trusted_by, &facts.chain.end, facts.chain_length))
    {
        Some((Some(store), ..)) => (missing_in_the_list(store).to_owned(), trust(store)),
        Some((_, Some(ChainEnd::OtherKey(_)), _)) => (
            "A CA of that name is trusted here, but with a different key: it did not sign this certificate.".to_owned(),
            "If the CA is your own and has a new key, trust its new certificate with --ca-file. Otherwise find out who issued this one.",
        ),
        Some((_, Some(ChainEnd::UnknownRoot(_)), _)) => (
            "The chain is complete, but its root CA is not trusted here.".to_owned(),
            "If the CA is your own, trust its root certificate with --ca-file. Otherwise get a certificate from a public CA.",
        ),
        Some((_, Some(ChainEnd::IssuerNotSent(_)), 1)) => (
            format!(
                "The server sends only its own certificate, whose issuer is not trusted here. {} it omits the \
                 intermediate certificate.",
                likelihood(certificate)
            ),
            "Make the server send the full chain (often a file named fullchain). If the CA is your own, trust its root with --ca-file.",
        ),
        Some((_, Some(ChainEnd::IssuerNotSent(_)), _)) => (
            "The certificate's chain ends before it reaches a CA that is trusted here.".to_owned(),
            "If the CA is your own, trust its root certificate with --ca-file. Otherwise make the server send the full chain.",
        ),
        _ => (
            "The certificate has no chain to a trusted CA.".to_owned(),
            "If the CA is your own, trust its certificate with --ca-file. Otherwise get one from a public CA.",
        ),
    };
    Finding::error(FindingId::CertificateUnknownIssuer, message).evidence(certificate.map(chain)).hint(hint)
}

/// What the list that counts lacks, where this other one has it.
const fn missing_in_the_list(other: TrustStore) -> &'static str {
    match other {
        TrustStore::System => {
            "The certificate's CA is not in the built-in list of public CAs, which counts unless another is chosen."
        }
        TrustStore::WebPki => {
            "The certificate's CA is public, but not in this machine's own certificate store, which was chosen."
        }
    }
}

/// Certificates of public authorities tell where their issuer's is; those of private ones seldom do.
fn likelihood(certificate: Option<&CertificateFacts>) -> &'static str {
    if certificate.is_some_and(|facts| facts.chain.issuer_url.is_some()) { "Probably" } else { "Perhaps" }
}

/// How far the certificates lead, as evidence.
fn chain(facts: &CertificateFacts) -> String {
    let sent = counted(facts.chain_length, "certificate");
    let end = match &facts.chain.end {
        Some(ChainEnd::UnknownRoot(root)) => format!("root: {root}"),
        Some(ChainEnd::IssuerNotSent(issuer)) => format!("issuer, whose certificate it did not send: {issuer}"),
        Some(ChainEnd::OtherKey(issuer)) => format!("issuer, trusted here with a different key: {issuer}"),
        None => format!("issuer: {}", facts.issuer),
    };
    let url = facts.chain.issuer_url.as_ref().filter(|_| matches!(facts.chain.end, Some(ChainEnd::IssuerNotSent(_))));
    let url = url.map_or_else(String::new, |url| format!("; said to be at {url} (not fetched)"));
    format!("the server sent {sent}; {end}{url}")
}

/// What is odd about the chain and stops nobody today.
fn chain_remarks(facts: &CertificateFacts) -> Vec<Finding> {
    let chain_order = || Finding::usual(FindingId::CertificateChainOrder, Severity::Info).evidence(chain(facts));
    let needless_root =
        |root| Finding::usual(FindingId::CertificateNeedlessRoot, Severity::Info).evidence(format!("root: {root}"));
    let out_of_order = facts.chain.out_of_order.then(chain_order);
    let needless_root = facts.chain.needless_root.as_ref().map(needless_root);
    let peculiar = facts.chain.peculiarities.iter().map(issuers::peculiar);
    out_of_order.into_iter().chain(needless_root).chain(peculiar).collect()
}

fn expires_soon(facts: &CertificateFacts) -> Option<Finding> {
    if !is_soon(facts.not_before, facts.not_after, facts.checked_at) {
        return None;
    }
    let on = date(facts.not_after);
    let message = match facts.chain_ends_with() {
        // The number of days is that of the chain, and is told with the certificate that it is of.
        Some(_) => format!("The certificate expires on {on}."),
        None => format!("The certificate expires in {}, on {on}.", days(facts.chain_days_left())),
    };
    Some(Finding::warning(FindingId::CertificateExpiresSoon, message).evidence(validity(facts)).advised())
}

fn validity(facts: &CertificateFacts) -> String {
    format!("valid from {} to {}", date(facts.not_before), date(facts.not_after))
}
