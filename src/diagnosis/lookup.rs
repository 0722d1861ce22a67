//! The name gave no address.

use super::finding::{Diagnosis, Finding};
use super::finding_id::FindingId;
use super::findings::local_error;
use super::state::State;
use crate::observation::{LookupFailure, LookupFailureKind, Stage};
use crate::target::{Endpoint, Host, Source};
use crate::words::capitalised;

/// Judges a name lookup that failed.
pub(super) fn failed(endpoint: &Endpoint, failure: &LookupFailure) -> Diagnosis {
    let host = &endpoint.host;
    let (state, finding) = match failure.kind {
        LookupFailureKind::NoSuchName => (
            State::DnsNoSuchName,
            Finding::error(FindingId::DnsNoSuchName, format!("The name {host} does not exist."))
                .hint(no_name_hint(endpoint)),
        ),
        LookupFailureKind::NoAddress => (
            State::DnsNoAddress,
            Finding::error(
                FindingId::DnsNoAddress,
                format!("The name {host} exists but has no address to connect to."),
            )
            .hint(no_address_hint(endpoint)),
        ),
        LookupFailureKind::NoIpv4Address => (State::DnsNoAddress, not_of_the_family(host, "IPv4", "IPv6", "-4")),
        LookupFailureKind::NoIpv6Address => (State::DnsNoAddress, not_of_the_family(host, "IPv6", "IPv4", "-6")),
        LookupFailureKind::NameBlocked => (
            State::DnsNoAddress,
            Finding::error(
                FindingId::NameBlocked,
                format!(
                    "{}, which is no server's address: most likely a DNS blocker that this machine or its network uses \
                     answers for that name. Nothing was connected to: that address would be this machine itself.",
                    capitalised(&failure.message)
                ),
            )
            .advised(),
        ),
        LookupFailureKind::NoMail => (
            State::DnsNoMail,
            Finding::error(FindingId::DnsNoMail, no_mail_message(endpoint))
                .hint("This is intentional: ask the owner of the domain which other address or service to use."),
        ),
        LookupFailureKind::TimedOut => (
            State::DnsTimeout,
            Finding::error(FindingId::DnsTimeout, format!("No name server answered in time for {host}."))
                .hint("Check this machine's network and its name servers, then try again."),
        ),
        LookupFailureKind::NoNetwork => (
            State::DnsFailed,
            Finding::error(
                FindingId::NoNetwork,
                format!("This machine has no network: no name server could be asked for {host}."),
            )
            .advised(),
        ),
        LookupFailureKind::Failed => (
            State::DnsFailed,
            Finding::error(FindingId::DnsFailed, format!("The name servers could not answer for {host}.")).advised(),
        ),
        LookupFailureKind::Unreachable => (
            State::DnsFailed,
            Finding::error(
                FindingId::NameServerUnreachable,
                format!("No name server could be reached, so nothing is known about {host}."),
            )
            .advised(),
        ),
        LookupFailureKind::Ipv6Off => (
            State::DnsNoAddress,
            Finding::error(
                FindingId::DnsNoAddress,
                format!(
                    "The name {host} has no address that this machine looks up: its resolv.conf turns IPv6 lookups off."
                ),
            )
            .hint("Take no-aaaa out of the options in /etc/resolv.conf, or name a server with --dns-server."),
        ),
        LookupFailureKind::Local => (State::LocalError, local_error()),
    };
    Diagnosis::stopped(state, Stage::Resolve, finding.evidence(failure.message.clone()))
}

/// The user asked for one family alone.
fn not_of_the_family(host: &Host, family: &str, other: &str, option: &str) -> Finding {
    let (message, hint) = match host {
        Host::Address(_) => (
            format!("{host} is an {other} address, but only {family} was asked for."),
            format!("Omit {option} to probe it."),
        ),
        Host::Name(_) => (
            format!("The name {host} has no {family} address, but only {family} was asked for."),
            format!("Omit {option} to use {other} as well."),
        ),
    };
    Finding::error(FindingId::DnsNoAddress, message).hint(hint)
}

fn no_name_hint(endpoint: &Endpoint) -> &'static str {
    if endpoint.sources.contains(&Source::Mx) {
        "An MX record names this host: correct it, or give the name an address."
    } else {
        "Check the spelling, or ask whoever runs the domain's DNS."
    }
}

fn no_address_hint(endpoint: &Endpoint) -> String {
    let typed = endpoint.sources.iter().any(|source| matches!(source, Source::User | Source::Default));
    if endpoint.sources.contains(&Source::ImplicitMx) {
        return "The domain has neither an MX record nor an address, so it cannot receive mail. Publish an MX record if it should."
            .to_owned();
    }
    if typed {
        format!("The mail host may have another name. To look it up, probe the mail domain: @{}", endpoint.host)
    } else {
        "Tell whoever runs the domain's DNS: it names a mail host that has no address.".to_owned()
    }
}

fn no_mail_message(endpoint: &Endpoint) -> String {
    let host = &endpoint.host;
    if endpoint.sources.contains(&Source::Srv) {
        format!("The domain {host} says that it does not offer {}.", endpoint.service)
    } else {
        format!("The domain {host} says that it accepts no mail.")
    }
}
