//! Whom to ask: mail hosts of large operators for port 25, and submission hosts for the ways that may be open instead.

use std::str::FromStr;

use crate::observation::{LookupFailure, LookupFailureKind};
use crate::resolve::Resolver;
use crate::service::{Security, Service};
use crate::target::{Host, NamedEndpoint, ServicePort, Target, TargetSpec};

/// Mail domains of different operators. One that is down, or that does not like this machine, is outvoted.
pub const REFERENCES: [&str; 5] = ["gmail.com", "yahoo.com", "outlook.com", "icloud.com", "gmx.net"];

/// Hosts at which mail programs submit mail. Some offer only one of the two ports; together they offer both.
pub const SUBMISSION_HOSTS: [&str; 5] =
    ["smtp.gmail.com", "smtp.mail.yahoo.com", "smtp.office365.com", "smtp.fastmail.com", "mail.gmx.net"];

/// A mail domain to which port 25 is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub(super) domain: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write a mail domain, for example gmail.com")]
pub struct NotADomain;

impl Reference {
    pub fn defaults() -> Vec<Self> {
        REFERENCES.iter().map(|domain| Self { domain: (*domain).to_owned() }).collect()
    }

    /// The host that takes the domain's mail first. Without MX records it is the domain's own (RFC 5321, section 5.1).
    pub(super) async fn mail_host(&self, resolver: &Resolver) -> Result<Host, LookupFailure> {
        match resolver.mx(&self.domain).await {
            Ok(exchangers) => {
                exchangers.iter().find_map(crate::resolve::MailExchanger::host).ok_or_else(|| LookupFailure {
                    kind: LookupFailureKind::Failed,
                    message: format!("no MX record of {} names a host", self.domain),
                })
            }
            Err(failure) if failure.kind == LookupFailureKind::NoAddress => Ok(Host::Name(self.domain.clone())),
            Err(failure) => Err(failure),
        }
    }
}

impl FromStr for Reference {
    type Err = NotADomain;

    fn from_str(text: &str) -> Result<Self, NotADomain> {
        match text.strip_prefix('@').unwrap_or(text).parse() {
            Ok(Host::Name(domain)) => Ok(Self { domain }),
            _ => Err(NotADomain),
        }
    }
}

/// Port 25 of a mail host, as a target of its own.
pub(super) fn relay(host: Host) -> Target {
    let port = ServicePort::from(Service::Smtp);
    let named = NamedEndpoint { host, port, security: Security::StartTls };
    Target { typed: named.to_string(), spec: TargetSpec::Endpoint(named) }
}

/// The ports of a host that the prober was told to try.
pub(super) fn host(host: Host) -> Target {
    Target { typed: host.to_string(), spec: TargetSpec::Host(host) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_domain() {
        assert_eq!("@GMX.net".parse::<Reference>().unwrap().domain, "gmx.net");
        for wrong in ["192.0.2.1", "", "a b", "smtp://gmx.net"] {
            assert!(wrong.parse::<Reference>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_built_in_names_are_names() {
        for domain in REFERENCES {
            assert_eq!(domain.parse::<Reference>().unwrap().domain, domain);
        }
        for host in SUBMISSION_HOSTS {
            assert_eq!(host.parse::<Host>().unwrap(), Host::Name(host.to_owned()));
        }
    }

    // It needs the lab, which is not published: see `include` in Cargo.toml.
    #[cfg(feature = "internals")]
    #[tokio::test]
    async fn the_preferred_mail_host_is_asked_or_the_domain_itself() {
        use crate::resolve::ResolverSettings;
        use mailprobe_lab::dns::{DnsServer, Zone};

        let zone = Zone::new()
            .mx("two.test", 20, "second.test")
            .mx("two.test", 10, "first.test")
            .a("bare.test", [192, 0, 2, 1])
            .mx("odd.test", 0, "192.0.2.1")
            .mx("null.test", 0, ".");
        let server = DnsServer::start(zone).unwrap();
        let settings = ResolverSettings { dns_server: Some(server.address()), ..ResolverSettings::default() };
        let resolver = Resolver::new(settings);
        let ask = async |domain: &str| {
            let found = domain.parse::<Reference>().unwrap().mail_host(&resolver).await;
            found.map(|host| host.to_string()).map_err(|failure| failure.kind)
        };
        assert_eq!(ask("two.test").await.as_deref(), Ok("first.test"));
        assert_eq!(ask("bare.test").await.as_deref(), Ok("bare.test"));
        assert_eq!(ask("odd.test").await, Err(LookupFailureKind::Failed));
        assert_eq!(ask("null.test").await, Err(LookupFailureKind::NoMail));
        assert_eq!(ask("nowhere.test").await, Err(LookupFailureKind::NoSuchName));
    }
}
