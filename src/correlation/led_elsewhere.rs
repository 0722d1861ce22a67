//! Public names that lead to addresses which are not: what is told of them.

use std::net::IpAddr;

use crate::diagnosis::{Finding, FindingId, Severity};
use crate::observation::{Resolution, Via};
use crate::target::{AddressClass, Endpoint, Host, Source};
use crate::words::{distinct, joined};

/// A host that leads to addresses of one class that is not public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedElsewhere {
    pub host: Host,
    pub addresses: Vec<IpAddr>,
    /// What is told about it.
    pub finding: Finding,
    /// The sentence about it, where nothing could be connected to for that reason; `None` where the user named the host.
    pub(super) summary: Option<String>,
}

/// Who of a domain names a host that must be reachable from everywhere.
#[derive(Clone, Copy)]
enum Publisher<'a> {
    /// An MX record, or the domain itself for want of one.
    Exchanger(&'a str),
    /// What mail programs are to find: SRV records, PACC, autoconfiguration.
    Programs(&'a str, Source),
    /// The user, the built-in table or a guess.
    Nobody { is_typed: bool },
}

/// Which of the names that were looked up in the DNS lead elsewhere. What the hosts file says is this machine's own affair.
pub fn led_elsewhere(resolutions: &[Resolution], endpoints: &[&Endpoint], domain: Option<&str>) -> Vec<LedElsewhere> {
    let mut led = Vec::new();
    for resolution in resolutions.iter().filter(|resolution| resolution.via == Via::Dns) {
        let Ok(host) = resolution.host.parse::<Host>() else { continue };
        // In a search domain of this machine it is that domain's name.
        let found_as = resolution.found_as.as_ref().and_then(|name| name.parse().ok());
        if !found_as.as_ref().unwrap_or(&host).is_public_name() {
            continue;
        }
        let classes = distinct(resolution.addresses.iter().map(|address| AddressClass::of(*address)));
        // Then its endpoints say so themselves.
        if classes == [AddressClass::Unspecified] {
            continue;
        }
        let of_host = endpoints.iter().filter(|endpoint| endpoint.host == host);
        let sources: Vec<Source> = of_host.flat_map(|endpoint| endpoint.sources.clone()).collect();
        let publisher = publisher(&sources, domain);
        for class in classes.into_iter().filter(|class| *class != AddressClass::Public) {
            let of_class = |address: &IpAddr| AddressClass::of(*address) == class;
            let addresses: Vec<IpAddr> = resolution.addresses.iter().copied().filter(of_class).collect();
            led.push(told(host.clone(), addresses, class, publisher));
        }
    }
    led
}

fn publisher<'a>(sources: &[Source], domain: Option<&'a str>) -> Publisher<'a> {
    let named_by = |source| sources.contains(&source);
    let is_typed = named_by(Source::User) || named_by(Source::Default);
    match domain {
        Some(domain) if named_by(Source::Mx) || named_by(Source::ImplicitMx) => Publisher::Exchanger(domain),
        Some(domain) if named_by(Source::Srv) => Publisher::Programs(domain, Source::Srv),
        Some(domain) if named_by(Source::Pacc) => Publisher::Programs(domain, Source::Pacc),
        Some(domain) if named_by(Source::Autoconfig) => Publisher::Programs(domain, Source::Autoconfig),
        _ => Publisher::Nobody { is_typed },
    }
}

fn told(host: Host, addresses: Vec<IpAddr>, class: AddressClass, publisher: Publisher<'_>) -> LedElsewhere {
    let what = named(&addresses, class);
    let lead = match publisher {
        Publisher::Exchanger(domain) if host.to_string() == domain => {
            format!("Mail for {domain} goes to {host} itself, which has {what}")
        }
        Publisher::Exchanger(domain) => format!("An MX record of {domain} names {host}, which has {what}"),
        Publisher::Programs(domain, Source::Srv) => format!("An SRV record of {domain} names {host}, which has {what}"),
        Publisher::Programs(domain, Source::Pacc) => {
            format!("The PACC file of {domain} names {host}, which has {what}")
        }
        Publisher::Programs(domain, _) => format!("The autoconfiguration of {domain} names {host}, which has {what}"),
        Publisher::Nobody { .. } => format!("{host} has {what}"),
    };
    let who = match publisher {
        Publisher::Exchanger(_) => Some("mail servers elsewhere"),
        Publisher::Programs(..) => Some("mail programs elsewhere"),
        Publisher::Nobody { .. } => None,
    };
    let message = format!("{lead}: {}.", effect(class, who));
    let finding = Finding {
        hint: hint(class, &host, who.is_some()),
        ..Finding::info(FindingId::ServerAtPrivateAddress, message)
    };
    let is_fault = match publisher {
        Publisher::Exchanger(_) | Publisher::Programs(..) => class != AddressClass::SharedSpace,
        // Whoever looks for a server and finds this machine is misled. Other addresses are usual inside a network.
        Publisher::Nobody { is_typed } => is_typed && class == AddressClass::Loopback,
    };
    let severity = if is_fault { Severity::Warning } else { Severity::Info };
    let summary = who.is_some().then(|| format!("{lead}."));
    LedElsewhere { host, addresses, finding: Finding { severity, ..finding }, summary }
}

/// More addresses than this are only counted.
const MAX_NAMED: usize = 3;

/// `the private address 10.0.0.5`
fn named(addresses: &[IpAddr], class: AddressClass) -> String {
    let noun = if addresses.len() == 1 { "address" } else { "addresses" };
    let mut named: Vec<String> = addresses.iter().take(MAX_NAMED).map(ToString::to_string).collect();
    let more = addresses.len() - named.len();
    named.extend((more > 0).then(|| format!("{more} more")));
    format!("the {} {noun} {}", class.name(), joined(named))
}

fn effect(class: AddressClass, who: Option<&str>) -> String {
    match (class, who) {
        (AddressClass::Loopback, Some(who)) => {
            format!("{who} would connect to themselves, and what was checked here is this machine")
        }
        (AddressClass::Loopback, None) => "what was checked is this machine".to_owned(),
        (AddressClass::Unspecified, _) => {
            "no server has such an address, and nothing was connected to there".to_owned()
        }
        (AddressClass::Documentation | AddressClass::Reserved, _) => {
            "no server on the Internet has such an address".to_owned()
        }
        (_, Some(who)) => format!("{who} cannot reach it"),
        (_, None) => "outside its own network that is another machine, or none".to_owned(),
    }
}

fn hint(class: AddressClass, host: &Host, is_published: bool) -> Option<String> {
    match class {
        AddressClass::Loopback | AddressClass::Unspecified => Some(format!(
            "Ask another name server with --dns-server: DNS blockers answer so, too. If it answers the same, give {host} \
             the server's public address."
        )),
        _ if is_published => Some(format!(
            "Give {host} the server's public address in the DNS. If name servers outside this network have it already, \
             nothing is wrong."
        )),
        AddressClass::Documentation | AddressClass::Reserved => {
            Some(format!("Give {host} the server's public address."))
        }
        _ => None,
    }
}
