//! What a target means.

use std::fmt;
use std::net::IpAddr;

use super::endpoint::{Endpoint, ServicePort, Source};
use super::host::{Host, host_before_port};
use crate::named::named_enum;
use crate::service::{Security, Service};

/// One thing that the user wants checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The text as it was typed.
    pub typed: String,
    /// What it means.
    pub spec: TargetSpec,
}

/// What a target means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TargetSpec {
    /// A bare host: a survey of its mail ports.
    Host(Host),
    /// A host and port, or a URL: this one endpoint.
    Endpoint(NamedEndpoint),
    /// A mail domain: whatever serves its mail.
    Domain(MailDomain),
}

named_enum! {
    /// What kind of target the user typed.
    pub enum TargetKind {
        /// A bare host: a survey.
        Host = "host",
        /// A port or URL: it must pass.
        Endpoint = "endpoint",
        /// A mail domain or address.
        Domain = "domain",
    }
}

/// An endpoint that the user named.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NamedEndpoint {
    /// The host.
    pub host: Host,
    /// The TCP port, and the service expected there.
    pub port: ServicePort,
    /// How the connection is to be secured.
    pub security: Security,
}

/// A mail domain: the part of a mail address behind the `@`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MailDomain {
    /// The domain in its ASCII form, lower case, without a final dot.
    pub name: String,
    /// The part of the mail address before the `@`, as typed; `None` for `@example.org`.
    pub local_part: Option<String>,
}

impl Target {
    /// What kind of target it is.
    pub const fn kind(&self) -> TargetKind {
        match self.spec {
            TargetSpec::Host(_) => TargetKind::Host,
            TargetSpec::Endpoint(_) => TargetKind::Endpoint,
            TargetSpec::Domain(_) => TargetKind::Domain,
        }
    }

    /// Whether it is a mail address, of which a mail program's user asks, and not a domain as a whole.
    pub(crate) fn is_mail_address(&self) -> bool {
        matches!(&self.spec, TargetSpec::Domain(MailDomain { local_part: Some(_), .. }))
    }

    /// Whether its host was typed with a final dot: then it is that name and no other, whatever the search domains.
    #[cfg(feature = "net")]
    pub(crate) fn is_absolute(&self) -> bool {
        let rest = self.typed.split_once("://").map_or(self.typed.as_str(), |(_, rest)| rest);
        rest.split([':', '/']).next().is_some_and(|host| host.ends_with('.'))
    }

    /// The endpoints that the target names, before their host is resolved: every `address` is `None`.
    ///
    /// A bare host gets `ports`, which the user named, or every service of the port table. An endpoint stays what it
    /// is. A mail domain has none of its own: its hosts must be discovered first. `security` overrides what the
    /// ports and schemes say.
    pub fn endpoints(&self, ports: Option<&[ServicePort]>, security: Option<Security>) -> Vec<Endpoint> {
        match &self.spec {
            TargetSpec::Host(host) => {
                let table: Vec<_> = Service::ALL.iter().map(|service| ServicePort::from(*service)).collect();
                let source = if ports.is_some() { Source::User } else { Source::Default };
                let endpoint = |port: &ServicePort| {
                    Endpoint::new(host, *port, security.unwrap_or_else(|| port.service.security()), vec![source])
                };
                ports.unwrap_or(&table).iter().map(endpoint).collect()
            }
            TargetSpec::Endpoint(named) => {
                let security = security.unwrap_or(named.security);
                vec![Endpoint::new(&named.host, named.port, security, vec![Source::User])]
            }
            TargetSpec::Domain(_) => Vec::new(),
        }
    }
}

/// The canonical form. It reads back as the same kind of target.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.spec {
            TargetSpec::Host(Host::Address(IpAddr::V6(address))) if host_before_port(*address).is_some() => {
                write!(f, "[{address}]")
            }
            TargetSpec::Host(host) => host.fmt(f),
            TargetSpec::Endpoint(named) => named.fmt(f),
            TargetSpec::Domain(domain) => domain.fmt(f),
        }
    }
}

/// `host:port` where the port says it all, else a URL.
impl fmt::Display for NamedEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ServicePort { port, service } = self.port;
        if Service::by_port(port) != Some(service) || service.security() != self.security {
            write!(f, "{}://", scheme(service, self.security))?;
        }
        match self.host {
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]:{port}"),
            _ => write!(f, "{}:{port}", self.host),
        }
    }
}

impl fmt::Display for MailDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local_part.as_deref().unwrap_or_default(), self.name)
    }
}

/// The URL scheme that says protocol and security.
fn scheme(service: Service, security: Security) -> &'static str {
    match (service, security) {
        (Service::Smtp, Security::Implicit) => Service::Submissions.name(),
        _ => Service::of(service.protocol(), service.role(), security).name(),
    }
}
