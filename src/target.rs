//! What the user typed, and what it means: [`Target`] → [`Endpoint`].

mod error;
mod helo;
mod host;
mod parse;

use std::fmt;
use std::net::IpAddr;

use crate::named::named_enum;
use crate::service::{Protocol, Security, Service};

pub use error::{Quoted, TargetError};
pub use helo::{HeloName, HeloNameError};
pub use host::Host;
pub use parse::{MAX_TARGET_LENGTH, parse_ports};

/// One thing that the user wants checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The text as it was typed.
    pub typed: String,
    /// What it means.
    pub kind: TargetKind,
}

/// What a target means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TargetKind {
    /// A bare host: a survey of its mail ports.
    Host(Host),
    /// A host and port, or a URL: this one endpoint.
    Endpoint(NamedEndpoint),
    /// A mail domain: whatever serves its mail.
    Domain(MailDomain),
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

/// A TCP port, and the service expected there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServicePort {
    /// The TCP port.
    pub port: u16,
    /// The service.
    pub service: Service,
}

named_enum! {
    /// Who named an endpoint.
    pub enum Source {
        /// The user, by port or URL.
        User = "user",
        /// The port table, for a bare host.
        Default = "default",
        /// An MX record.
        Mx = "mx",
        /// The domain itself, for want of an MX record (RFC 5321, section 5.1).
        ImplicitMx = "implicit-mx",
        /// An SRV record.
        Srv = "srv",
        /// The domain's autoconfiguration file.
        Autoconfig = "autoconfig",
        /// The built-in provider table.
        Builtin = "builtin",
        /// A usual name, tried on request.
        Guess = "guess",
    }
}

/// One thing to probe.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// The host.
    pub host: Host,
    /// The address; `None` when the name gave none.
    pub address: Option<IpAddr>,
    /// The TCP port.
    pub port: u16,
    /// The service expected there.
    pub service: Service,
    /// How the connection is to be secured.
    pub security: Security,
    /// Who named it.
    pub sources: Vec<Source>,
}

impl Endpoint {
    /// The same, secured in this way, whatever its port or whoever named it says.
    #[must_use]
    pub fn secured_by(self, security: Security) -> Self {
        let service = Service::of(self.service.protocol(), self.service.role(), security);
        Self { service, security, ..self }
    }
}

impl Target {
    /// Reads what a user typed.
    pub fn parse(typed: &str) -> Result<Self, TargetError> {
        Ok(Self { typed: typed.to_owned(), kind: parse::kind(typed)? })
    }

    /// The endpoints that the target names, before their host is resolved: every `address` is `None`.
    ///
    /// A bare host gets `ports`, which the user named, or every service of the port table. An endpoint stays what it
    /// is. A mail domain has none of its own: its hosts must be discovered first. `security` overrides what the
    /// ports and schemes say.
    pub fn endpoints(&self, ports: Option<&[ServicePort]>, security: Option<Security>) -> Vec<Endpoint> {
        match &self.kind {
            TargetKind::Host(host) => {
                let (ports, source) = match ports {
                    Some(ports) => (ports.to_vec(), Source::User),
                    None => (Service::ALL.iter().copied().map(ServicePort::from).collect(), Source::Default),
                };
                let endpoint = |port: ServicePort| {
                    endpoint(host, port, security.unwrap_or_else(|| port.service.security()), source)
                };
                ports.into_iter().map(endpoint).collect()
            }
            TargetKind::Endpoint(named) => {
                vec![endpoint(&named.host, named.port, security.unwrap_or(named.security), Source::User)]
            }
            TargetKind::Domain(_) => Vec::new(),
        }
    }
}

impl From<Service> for ServicePort {
    /// A service on its registered port.
    fn from(service: Service) -> Self {
        Self { port: service.port(), service }
    }
}

/// The canonical form. It reads back as the same kind of target.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TargetKind::Host(host) => host.fmt(f),
            TargetKind::Endpoint(named) => named.fmt(f),
            TargetKind::Domain(domain) => domain.fmt(f),
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

/// An endpoint whose service is the one of its role that uses `security`.
fn endpoint(host: &Host, port: ServicePort, security: Security, source: Source) -> Endpoint {
    let ServicePort { port, service } = port;
    Endpoint {
        host: host.clone(),
        address: None,
        port,
        service: Service::of(service.protocol(), service.role(), security),
        security,
        sources: vec![source],
    }
}

/// The URL scheme that says protocol and security.
fn scheme(service: Service, security: Security) -> &'static str {
    let implicit = security == Security::Implicit;
    match service.protocol() {
        Protocol::Smtp if implicit => "submissions",
        Protocol::Smtp if service == Service::Smtp => "smtp",
        Protocol::Smtp => "submission",
        Protocol::Imap if implicit => "imaps",
        Protocol::Imap => "imap",
        Protocol::Pop3 if implicit => "pop3s",
        Protocol::Pop3 => "pop3",
    }
}

#[cfg(test)]
mod tests;
