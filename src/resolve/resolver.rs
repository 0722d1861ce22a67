//! Looks names up: in the hosts file, in the DNS, and with the operating system's own resolver.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::answers::{Answers, Families};
use super::dns::Dns;
use super::hosts::HostsFile;
use super::system;
use crate::observation::{Resolution, Via};
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
}

impl Default for ResolverSettings {
    fn default() -> Self {
        Self { dns_server: None, lookup_timeout: Duration::from_secs(10) }
    }
}

/// Looks names up. Making one is cheap: the system's configuration is read with the first lookup that needs it, and
/// where it is missing or broken the operating system's own resolver is asked instead.
#[derive(Debug)]
pub struct Resolver {
    pub(super) settings: ResolverSettings,
    pub(super) hosts: OnceLock<HostsFile>,
    pub(super) dns: OnceLock<Option<Dns>>,
}

impl Resolver {
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
            let known = self.hosts.get_or_init(HostsFile::of_system).addresses(name);
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
        let from_dns = match self.dns() {
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

    /// The name servers; `None` where this machine has none.
    pub(super) fn dns(&self) -> Option<&Dns> {
        let open = || match self.settings.dns_server {
            Some(server) => Dns::with_servers(&[server], Vec::new(), self.dns_limit()),
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
