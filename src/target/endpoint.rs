//! What is probed: a port of a host, and who named it.

use std::net::IpAddr;

use super::host::Host;
use crate::named::named_enum;
use crate::service::{Security, Service};

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
        /// The domain's file for mail programs whose digest the DNS gives (draft-ietf-mailmaint-pacc).
        Pacc = "pacc",
        /// The autoconfiguration file of the domain, or of the operator of its mail exchanger.
        Autoconfig = "autoconfig",
        /// The public collection of autoconfiguration files.
        Ispdb = "ispdb",
        /// The built-in provider table.
        Builtin = "builtin",
        /// A usual name, tried on request.
        Guess = "guess",
    }
}

impl Source {
    /// Whether it stands for what the user typed.
    #[cfg(feature = "net")]
    pub(crate) fn is_typed(self) -> bool {
        matches!(self, Self::User | Self::Default)
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
    /// What endpoints are put in order by: host, address, the place in the port table.
    pub(crate) fn order(&self) -> (&Host, Option<IpAddr>, Service, u16) {
        (&self.host, self.address, self.service, self.port)
    }

    /// Whose service is the one of the port's role that uses `security`.
    pub(super) fn new(host: &Host, port: ServicePort, security: Security, sources: Vec<Source>) -> Self {
        let ServicePort { port, service } = port;
        let unsecured = Self { host: host.clone(), address: None, port, service, security, sources };
        unsecured.secured_by(security)
    }

    /// What stands for a mail domain whose servers are not known: the domain itself, on the port that takes mail.
    pub fn of_domain(name: &str, sources: Vec<Source>) -> Self {
        Self::new(&Host::Name(name.to_owned()), Service::Smtp.into(), Service::Smtp.security(), sources)
    }

    /// The same, secured in this way, whatever its port or whoever named it says.
    #[must_use]
    pub fn secured_by(self, security: Security) -> Self {
        let service = Service::of(self.service.protocol(), self.service.role(), security);
        Self { service, security, ..self }
    }
}

impl From<Service> for ServicePort {
    /// A service on its registered port.
    fn from(service: Service) -> Self {
        Self { port: service.port(), service }
    }
}
