//! Names become addresses, domains mail hosts, addresses names; and the machine's own name.
//!
//! The DNS is asked directly, because only so is it known what failed, for which address family, and which name
//! server said so. The operating system's own resolver, which answers less and knows more (`.local`, split DNS), is
//! asked where the DNS knows nothing.

mod dns;
mod dns_server;
mod hosts;
mod own_name;
mod records;
mod services;
mod system;
mod udp;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::observation::{LookupFailure, LookupFailureKind, Resolution, Via};
use crate::target::Host;

pub use dns_server::{DnsServerError, parse_dns_server};
pub use own_name::own_name;
pub use records::{MAX_RECORDS, MailExchanger, ReverseName};
pub use services::ServiceRecord;

/// How long a name lookup may take, by default.
pub const DEFAULT_LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);

/// Nobody waits longer, and points in time can be computed without overflow.
const MAX_LOOKUP_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// How many addresses of one family are kept for a name. The widest mail services publish fewer than twenty; an answer
/// over TCP has room for four thousand, and each would be connected to.
pub const MAX_ADDRESSES: usize = 32;

/// How names are looked up.
#[derive(Debug, Clone)]
pub struct ResolverSettings {
    /// Ask exactly this name server, and neither the hosts file nor the operating system.
    pub dns_server: Option<SocketAddr>,
    /// How long one lookup may take, all fallbacks included; an hour at most.
    pub lookup_timeout: Duration,
}

impl Default for ResolverSettings {
    fn default() -> Self {
        Self { dns_server: None, lookup_timeout: DEFAULT_LOOKUP_TIMEOUT }
    }
}

/// The address families to look up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Families {
    /// IPv4: A records.
    pub v4: bool,
    /// IPv6: AAAA records.
    pub v6: bool,
}

impl Families {
    /// Both families.
    pub const BOTH: Self = Self { v4: true, v6: true };
}

/// Looks names up. Making one is cheap: the system's configuration is read with the first lookup that needs it, and
/// where it is missing or broken the operating system's own resolver is asked instead.
#[derive(Debug)]
pub struct Resolver {
    settings: ResolverSettings,
    hosts: OnceLock<hosts::HostsFile>,
    dns: OnceLock<Option<dns::Dns>>,
}

impl Resolver {
    /// Makes a resolver.
    pub fn new(mut settings: ResolverSettings) -> Self {
        settings.lookup_timeout = settings.lookup_timeout.min(MAX_LOOKUP_TIMEOUT);
        Self { settings, hosts: OnceLock::new(), dns: OnceLock::new() }
    }

    /// The addresses of a host. How each family's lookup went is told on its own.
    ///
    /// A name with a dot is absolute: search domains are tried only for a single label.
    pub async fn addresses(&self, host: &Host, families: Families) -> Resolution {
        let start = Instant::now();
        let answers = match host {
            Host::Address(address) => Answers::literal(*address, families),
            Host::Name(name) => self.name(name, families, start).await,
        };
        answers.into_resolution(host.to_string(), start.elapsed())
    }

    async fn name(&self, name: &str, families: Families, start: Instant) -> Answers {
        let exclusive = self.settings.dns_server.is_some();
        let mut in_hosts_file = None;
        if !exclusive {
            let known = self.hosts.get_or_init(hosts::HostsFile::of_system).addresses(name);
            let answers = Answers::known(Via::Hosts, &known, families, "the hosts file");
            if answers.found() {
                return answers;
            }
            in_hosts_file = Some(answers).filter(|_| !known.is_empty());
        }
        let answers = self.beyond_the_hosts_file(name, families, start).await;
        // A name that the hosts file knows exists, be it with an address of the other family alone.
        in_hosts_file.filter(|_| answers.is_no_name()).unwrap_or(answers)
    }

    async fn beyond_the_hosts_file(&self, name: &str, families: Families, start: Instant) -> Answers {
        let limit = self.settings.lookup_timeout;
        let exclusive = self.settings.dns_server.is_some();
        if is_localhost(name) {
            let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            return Answers::known(Via::System, &loopback, families, "RFC 6761");
        }
        let dns_limit = self.dns_limit();
        let from_dns = match self.dns.get_or_init(|| self.open_dns(dns_limit)) {
            Some(dns) => Some(dns.addresses(name, families, dns_limit).await),
            None => None,
        };
        match from_dns {
            Some(answers) if exclusive || answers.found() => answers,
            from_dns => {
                let from_system = system::addresses(name, families, limit.saturating_sub(start.elapsed())).await;
                // What the DNS said explains a failure better than the system's resolver can.
                from_dns.filter(|_| !from_system.found()).unwrap_or(from_system)
            }
        }
    }

    /// How long the DNS may take; the rest is for the operating system's own resolver.
    fn dns_limit(&self) -> Duration {
        let limit = self.settings.lookup_timeout;
        if self.settings.dns_server.is_some() { limit } else { limit.mul_f64(DNS_SHARE) }
    }

    fn open_dns(&self, limit: Duration) -> Option<dns::Dns> {
        match self.settings.dns_server {
            Some(server) => dns::Dns::with_servers(&[server], Vec::new(), limit),
            None => dns::Dns::of_system(limit),
        }
    }
}

/// How much of the time for a lookup belongs to the DNS; the rest is for the operating system's own resolver.
const DNS_SHARE: f64 = 0.7;

/// Whether a name always means this machine (RFC 6761, section 6.3).
fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

/// The addresses of one family, or why there are none.
type FamilyAnswer = Result<Vec<IpAddr>, LookupFailure>;

/// What one source knows of a name. A family that was not asked for is `None`.
#[derive(Debug, Clone)]
struct Answers {
    via: Via,
    ipv4: Option<FamilyAnswer>,
    ipv6: Option<FamilyAnswer>,
}

impl Answers {
    /// The addresses that a source without failures gave. `source` names it in the message for a family that is missing.
    fn known(via: Via, addresses: &[IpAddr], families: Families, source: &str) -> Self {
        let family = |wanted: bool, v4: bool, family: &str| {
            let of_family = addresses.iter().copied().filter(|address| address.is_ipv4() == v4);
            wanted.then(|| {
                bounded(of_family).ok_or_else(|| LookupFailure {
                    kind: LookupFailureKind::NoAddress,
                    message: format!("{source} gives no {family} address"),
                })
            })
        };
        Self { via, ipv4: family(families.v4, true, "IPv4"), ipv6: family(families.v6, false, "IPv6") }
    }

    /// An address needs no lookup, and its other family is nobody's question.
    fn literal(address: IpAddr, families: Families) -> Self {
        let own = Families { v4: families.v4 && address.is_ipv4(), v6: families.v6 && address.is_ipv6() };
        let asked = if own.v4 || own.v6 { own } else { families };
        Self::known(Via::Literal, &[address], asked, "the address itself")
    }

    /// The same failure for every family asked for.
    fn failed(via: Via, families: Families, failure: &LookupFailure) -> Self {
        let answer = |wanted: bool| wanted.then(|| Err(failure.clone()));
        Self { via, ipv4: answer(families.v4), ipv6: answer(families.v6) }
    }

    /// Whether there is any address.
    fn found(&self) -> bool {
        [&self.ipv4, &self.ipv6].into_iter().flatten().any(Result::is_ok)
    }

    /// Whether every family's answer is that there is no such name.
    fn is_no_name(&self) -> bool {
        !self.found() && self.failures().all(|failure| failure.kind == LookupFailureKind::NoSuchName)
    }

    /// The failures of the families asked for.
    fn failures(&self) -> impl Iterator<Item = &LookupFailure> {
        [&self.ipv4, &self.ipv6].into_iter().flatten().filter_map(|answer| answer.as_ref().err())
    }

    fn into_resolution(self, host: String, duration: Duration) -> Resolution {
        let mut addresses = Vec::new();
        let mut take = |answer: Option<FamilyAnswer>| answer.map(|answer| answer.map(|found| addresses.extend(found)));
        let (ipv4, ipv6) = (take(self.ipv4), take(self.ipv6));
        Resolution { host, addresses, via: self.via, ipv4, ipv6, duration }
    }
}

/// The first [`MAX_ADDRESSES`] different addresses; `None` when there is none.
fn bounded(addresses: impl Iterator<Item = IpAddr>) -> Option<Vec<IpAddr>> {
    let mut kept = Vec::new();
    for address in addresses {
        if kept.len() < MAX_ADDRESSES && !kept.contains(&address) {
            kept.push(address);
        }
    }
    (!kept.is_empty()).then_some(kept)
}

#[cfg(test)]
mod tests;
