//! Well-known mail providers and their servers: the table behind `mailprobe providers`.
//!
//! The table is `data/providers.toml`, built in and read when it is first needed.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::service::{LoginNeed, Protocol, Security, Service};
use crate::words::distinct;

mod login;

pub use login::{Day, LoginRule};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The short name that the command line takes.
    pub name: String,
    /// The name that people use.
    pub title: String,
    /// Its mail domains, not necessarily all; none where it serves its customers' own domains.
    pub domains: Vec<String>,
    pub servers: Vec<ProviderServer>,
    /// What it asks for before a mail program can log in, on whatever day.
    pub login: Vec<LoginRule>,
    pub not_offered: Vec<HostPort>,
    pub remarks: Vec<String>,
    pub citations: Vec<Citation>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderServer {
    /// The host's name. A part in capitals stands for something that differs from user to user.
    pub host: String,
    pub port: u16,
    pub service: Service,
    pub security: Security,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostPort {
    pub host: String,
    pub port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    pub name: String,
    /// When it was looked at: a year, month or day.
    pub date: String,
}

impl Provider {
    /// What it asks for on this day before a mail program can log in with this protocol.
    pub fn login_on(&self, today: &Day, protocol: Protocol) -> impl Iterator<Item = &LoginRule> {
        self.login.iter().filter(move |rule| rule.is_for(protocol) && rule.holds_on(today))
    }

    /// Whether a password, of whatever kind, can do at a server of this protocol; where it wants `OAuth`, none does.
    pub fn takes_password(&self, today: &Day, protocol: Protocol) -> bool {
        self.login_on(today, protocol).all(|rule| rule.needs != LoginNeed::OAuth)
    }

    /// Whether any of its servers takes a password.
    pub fn takes_password_somewhere(&self, today: &Day) -> bool {
        self.protocols().into_iter().any(|protocol| self.takes_password(today, protocol))
    }

    /// The protocols that it has servers for.
    pub fn protocols(&self) -> Vec<Protocol> {
        distinct(self.servers.iter().map(|server| server.service.protocol()))
    }

    /// Whether the name of one of its servers ends with this domain.
    pub fn has_server_below(&self, domain: &str) -> bool {
        let is_below = |server: &ProviderServer| {
            server.host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.') && domain.contains('.'))
        };
        self.servers.iter().any(is_below)
    }

    fn has_server(&self, host: &str, port: u16) -> bool {
        self.servers.iter().any(|server| server.port == port && server.host == host)
    }
}

pub fn all() -> &'static [Provider] {
    static TABLE: OnceLock<Vec<Provider>> = OnceLock::new();
    TABLE.get_or_init(|| {
        // A test reads the same file: what is built in can be read.
        read(include_str!("../data/providers.toml"))
            .inspect_err(|error| tracing::error!(%error, "the built-in provider table cannot be read"))
            .unwrap_or_default()
    })
}

/// The provider of this short name, or that a mail domain or a mail address belongs to.
pub fn find(name: &str) -> Option<&'static Provider> {
    let name = name.rsplit_once('@').map_or(name, |(_, domain)| domain).to_ascii_lowercase();
    all().iter().find(|provider| provider.name == name).or_else(|| by_domain(&name))
}

/// The provider that a mail domain belongs to; `domain` in lower case.
pub fn by_domain(domain: &str) -> Option<&'static Provider> {
    all().iter().find(|provider| provider.domains.iter().any(|own| own == domain))
}

/// The provider that is known not to offer this port of its host.
pub fn known_not_to_offer(host: &str, port: u16) -> Option<&'static Provider> {
    all().iter().find(|provider| provider.not_offered.iter().any(|known| known.port == port && known.host == host))
}

/// The provider that this server belongs to, for the addresses of a mail domain; host and domain in lower case. Two
/// providers may share a server: the domain's own comes first, then one for domains of its customers' own.
pub fn by_server(host: &str, port: u16, domain: &str) -> Option<&'static Provider> {
    let owners = all().iter().filter(|provider| provider.has_server(host, port));
    owners.min_by_key(|provider| (!provider.domains.iter().any(|own| own == domain), !provider.domains.is_empty()))
}

fn read(text: &str) -> Result<Vec<Provider>, toml::de::Error> {
    Ok(toml::from_str::<File>(text)?.provider.into_iter().map(Provider::from).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    provider: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    title: String,
    #[serde(default)]
    domains: Vec<String>,
    smtp: Option<Hosts>,
    imap: Option<Hosts>,
    pop3: Option<Hosts>,
    #[serde(default)]
    login: Vec<LoginRule>,
    #[serde(default)]
    not_offered: Vec<HostPort>,
    #[serde(default)]
    remarks: Vec<String>,
    sources: Vec<Citation>,
}

/// Mostly one host.
#[derive(Deserialize)]
#[serde(untagged)]
enum Hosts {
    One(Ports),
    Several(Vec<Ports>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ports {
    host: String,
    #[serde(default)]
    implicit: Vec<u16>,
    #[serde(default)]
    starttls: Vec<u16>,
}

impl From<Row> for Provider {
    fn from(row: Row) -> Self {
        let groups = [(Protocol::Smtp, row.smtp), (Protocol::Imap, row.imap), (Protocol::Pop3, row.pop3)];
        let mut servers = Vec::new();
        let groups = groups.into_iter().flat_map(|(protocol, hosts)| {
            let hosts = match hosts {
                None => Vec::new(),
                Some(Hosts::One(ports)) => vec![ports],
                Some(Hosts::Several(hosts)) => hosts,
            };
            hosts.into_iter().map(move |ports| (protocol, ports))
        });
        for (protocol, Ports { host, implicit, starttls }) in groups {
            for (ports, security) in [(implicit, Security::Implicit), (starttls, Security::StartTls)] {
                servers.extend(ports.into_iter().map(|port| {
                    let service = Service::for_client(protocol, port, security);
                    ProviderServer { host: host.clone(), port, service, security }
                }));
            }
        }
        Self {
            servers,
            name: row.name,
            title: row.title,
            domains: row.domains,
            login: row.login,
            not_offered: row.not_offered,
            remarks: row.remarks,
            citations: row.sources,
        }
    }
}

#[cfg(test)]
mod tests;
