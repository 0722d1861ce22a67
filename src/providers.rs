//! Well-known mail providers and their servers: the table behind `mailprobe providers`.
//!
//! The table is `data/providers.toml`, built in and read when it is first needed.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::service::{Protocol, Security, Service};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The short name that the command line takes.
    pub name: String,
    /// The name that people use.
    pub title: String,
    /// Its mail domains, not necessarily all; none where it serves its customers' own domains.
    pub domains: Vec<String>,
    pub servers: Vec<ProviderServer>,
    /// Whether it takes a password; `false` where it wants `OAuth` instead.
    pub takes_password: bool,
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
    /// When it was looked at: a year, or a year and month.
    pub date: String,
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
    smtp: Option<Ports>,
    imap: Option<Ports>,
    pop3: Option<Ports>,
    #[serde(default)]
    login: Login,
    #[serde(default)]
    not_offered: Vec<HostPort>,
    #[serde(default)]
    remarks: Vec<String>,
    sources: Vec<Citation>,
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

#[derive(Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Login {
    #[default]
    Password,
    Oauth,
}

impl From<Row> for Provider {
    fn from(row: Row) -> Self {
        let groups = [(Protocol::Smtp, row.smtp), (Protocol::Imap, row.imap), (Protocol::Pop3, row.pop3)];
        let mut servers = Vec::new();
        for (protocol, ports) in groups {
            let Some(Ports { host, implicit, starttls }) = ports else { continue };
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
            takes_password: row.login == Login::Password,
            not_offered: row.not_offered,
            remarks: row.remarks,
            citations: row.sources,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::target::Host;

    fn table() -> Vec<Provider> {
        read(include_str!("../data/providers.toml")).expect("the table can be read")
    }

    #[test]
    fn every_row_is_whole() {
        assert_eq!(table().len(), 66);
        for provider in table() {
            let name = &provider.name;
            assert!(!provider.title.is_empty() && !provider.servers.is_empty(), "{name}");
            for domain in &provider.domains {
                assert!(matches!(domain.parse(), Ok(Host::Name(own)) if own == *domain), "{name}: {domain}");
            }
            for server in &provider.servers {
                assert!(server.host.parse::<Host>().is_ok(), "{name}: {}", server.host);
                let usual = Service::by_port(server.port);
                let known = usual.is_some_and(|usual| usual.protocol() == server.service.protocol());
                assert!(known || name == "proton-bridge", "{name}: {}", server.port);
                // The usual port says the security, too, except where a relay port serves mail programs.
                assert!(usual.is_none_or(|usual| usual.security() == server.security), "{name}: {}", server.port);
            }
            for HostPort { host, port } in &provider.not_offered {
                assert!(provider.servers.iter().any(|server| server.host == *host && server.port != *port), "{name}");
            }
            assert!(provider.remarks.iter().all(|remark| remark.ends_with('.')), "{name}");
        }
    }

    #[test]
    fn every_row_says_where_it_is_from_and_when() {
        for provider in table() {
            assert!(!provider.citations.is_empty(), "{}", provider.name);
            for Citation { name, date } in &provider.citations {
                let (year, month) = date.split_once('-').unwrap_or((date, "01"));
                let year: u16 = year.parse().expect("a year");
                let month: u8 = month.parse().expect("a month");
                assert!((2019..=2026).contains(&year) && (1..=12).contains(&month), "{}: {date}", provider.name);
                assert!(!name.is_empty(), "{}", provider.name);
            }
        }
    }

    #[test]
    fn nothing_is_there_twice() {
        let (mut names, mut domains) = (HashSet::new(), HashSet::new());
        for provider in table() {
            assert!(names.insert(provider.name.clone()), "{}", provider.name);
            for domain in provider.domains {
                assert!(domains.insert(domain.clone()), "{domain}");
            }
            let mut ports = HashSet::new();
            for server in provider.servers {
                assert!(ports.insert((server.host.clone(), server.port)), "{}: {}", provider.name, server.port);
            }
        }
    }

    #[test]
    fn a_provider_is_found_by_name_and_by_domain() {
        for text in ["gmail", "GMAIL", "googlemail.com", "@gmail.com"] {
            assert_eq!(find(text).map(|provider| provider.name.as_str()), Some("gmail"), "{text}");
        }
        assert_eq!(find("example.org"), None);
        assert!(!find("outlook").expect("a row").takes_password);
        assert_eq!(find("user@Gmail.com").expect("a row").name, "gmail");
    }

    #[test]
    fn what_is_known_not_to_be_offered() {
        let known = known_not_to_offer("smtp.postmarkapp.com", 465).map(|provider| provider.title.as_str());
        assert_eq!(known, Some("Postmark"));
        assert_eq!(known_not_to_offer("smtp.postmarkapp.com", 587), None);
    }
}
