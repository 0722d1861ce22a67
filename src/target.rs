//! What the user typed, and what it means: [`Target`] → [`Endpoint`].

use std::fmt;
use std::net::IpAddr;

use crate::named::named_enum;
use crate::service::{Security, Service};

/// A host: a name that must be resolved, or an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// A domain name in its ASCII form, lower case, without a final dot.
    Name(String),
    /// An IP address.
    Address(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
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
