//! Looks names up: in the hosts file, in the DNS, and with the operating system's own resolver.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::answers::{Answers, Families};
use super::dns::Dns;
use super::dnssec::ValidatedDns;
use super::hosts::HostsFile;
use super::search::SearchList;
use super::system;
use super::trust_anchor::TrustAnchor;
use crate::observation::{LookupFailure, Resolution, Via};
use crate::target::Host;

/// Nobody waits longer, and points in time can be computed without overflow.
const MAX_LOOKUP_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// How names are looked up.
#[derive(Debug, Clone)]
pub struct ResolverSettings {
    /// Ask exactly this name server, and neither the hosts file nor the operating system.
    pub dns_server: Option<SocketAddr>,
    /// How long one lookup may take, all fallbacks included; an hour at most.
    pub lookup_timeout: Duration,
    /// What DNSSEC validation starts from.
    pub trust_anchor: TrustAnchor,
}

impl Default for ResolverSettings {
    fn default() -> Self {
        Self { dns_server: None, lookup_timeout: Duration::from_secs(10), trust_anchor: TrustAnchor::default() }
    }
}

/// Looks names up. Making one is cheap: the system's configuration is read with the first lookup that needs it.
#[derive(Debug)]
pub struct Resolver {
    pub(super) settings: ResolverSettings,
    pub(super) hosts: OnceLock<HostsFile>,
    pub(super) dns: OnceLock<Result<Dns, LookupFailure>>,
    pub(super) validated: OnceLock<ValidatedDns>,
}

impl Resolver {
    /// How long one lookup may take.
    pub fn patience(&self) -> Duration {
        self.settings.lookup_timeout
    }

    pub fn new(mut settings: ResolverSettings) -> Self {
        settings.lookup_timeout = settings.lookup_timeout.min(MAX_LOOKUP_TIMEOUT);
        Self { settings, hosts: OnceLock::new(), dns: OnceLock::new(), validated: OnceLock::new() }
    }

    /// The addresses of a host that a person typed, for whom the machine's search domains count. How each family's lookup
    /// went is told on its own.
    pub async fn addresses(&self, host: &Host, families: Families) -> Resolution {
        self.look_up(host, true, families).await
    }

    /// The addresses of a host that a record names, or whose name was typed with a final dot: no search domain counts.
    pub async fn absolute_addresses(&self, host: &Host, families: Families) -> Resolution {
        self.look_up(host, false, families).await
    }

    async fn look_up(&self, host: &Host, as_typed: bool, families: Families) -> Resolution {
        let start = Instant::now();
        let answers = match host {
            Host::Address(address) => Answers::literal(*address, families),
            // Boxed: an address needs nothing of it.
            Host::Name(name) => Box::pin(self.name(name, as_typed, families, start)).await,
        };
        answers.into_resolution(host.to_string(), start.elapsed())
    }

    async fn name(&self, name: &str, as_typed: bool, families: Families, start: Instant) -> Answers {
        let exclusive = self.settings.dns_server.is_some();
        let mut in_hosts_file = None;
        if !exclusive {
            let known = self.hosts.get_or_init(HostsFile::of_system).addresses(name);
            let answers = Answers::known(Via::Hosts, &known, families, "the hosts file");
            if answers.found() {
                return answers;
            }
            in_hosts_file = Some(answers).filter(|_| !known.is_empty());
        }
        let answers = self.beyond_the_hosts_file(name, as_typed, families, start).await;
        // A name that the hosts file knows exists, be it with an address of the other family alone.
        in_hosts_file.filter(|_| answers.is_no_name()).unwrap_or(answers)
    }

    async fn beyond_the_hosts_file(&self, name: &str, as_typed: bool, families: Families, start: Instant) -> Answers {
        let limit = self.settings.lookup_timeout;
        if is_localhost(name) {
            let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            return Answers::known(Via::System, &loopback, families, "RFC 6761");
        }
        let from_dns = match self.dns() {
            Ok(dns) => dns.addresses(name, as_typed, families, self.dns_limit()).await,
            Err(unknown) => Answers::failed(Via::Dns, families, unknown),
        };
        if from_dns.found() || self.settings.dns_server.is_some() {
            return from_dns;
        }
        let is_absolute = !as_typed || name.contains('.');
        let from_system = system::addresses(name, is_absolute, families, limit.saturating_sub(start.elapsed())).await;
        // What the DNS said explains a failure better than the system's resolver can.
        if from_system.found() { from_system.in_spite_of(&from_dns) } else { from_dns }
    }

    /// How long the DNS may take; the rest is for the operating system's own resolver.
    fn dns_limit(&self) -> Duration {
        let limit = self.settings.lookup_timeout;
        if self.settings.dns_server.is_some() { limit } else { limit.mul_f64(DNS_SHARE) }
    }

    /// The name servers; else why they are not known.
    pub(super) fn dns(&self) -> Result<&Dns, &LookupFailure> {
        let open = || match self.settings.dns_server {
            Some(server) => Dns::with_servers(&[server], SearchList::none(), self.dns_limit()),
            None => Dns::of_system(self.dns_limit()),
        };
        self.dns.get_or_init(open).as_ref()
    }
}

/// How much of the time for a lookup belongs to the DNS; the rest is for the operating system's own resolver.
const DNS_SHARE: f64 = 0.7;

/// Whether a name always means this machine (RFC 6761, section 6.3).
fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}
