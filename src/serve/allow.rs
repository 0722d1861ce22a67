//! Who may be checked on request.

use std::str::FromStr;

use ipnet::IpNet;

use crate::target::{Host, Target, TargetSpec};

/// Who may be checked on request: nobody else is, so that the daemon is not everybody's port scanner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList(pub Vec<AllowPattern>);

/// What a target may be: `mail.example.org`, `*.example.org`, `192.0.2.0/24`, `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowPattern {
    /// Everything.
    Any,
    /// This host, or this mail domain.
    Host(String),
    /// What lies below this domain.
    Below(String),
    /// Addresses.
    Network(IpNet),
}

impl AllowList {
    /// Whether a target may be checked.
    pub fn allows(&self, target: &Target) -> bool {
        self.0.iter().any(|pattern| pattern.allows(target))
    }
}

impl AllowPattern {
    fn allows(&self, target: &Target) -> bool {
        let (name, address) = match &target.spec {
            TargetSpec::Domain(domain) => (domain.name.clone(), None),
            TargetSpec::Host(host) => named(host),
            TargetSpec::Endpoint(endpoint) => named(&endpoint.host),
        };
        match self {
            Self::Any => true,
            Self::Host(allowed) => name.eq_ignore_ascii_case(allowed),
            Self::Below(domain) => {
                let name = name.to_ascii_lowercase();
                address.is_none() && name.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'))
            }
            Self::Network(network) => address.is_some_and(|address| network.contains(&address)),
        }
    }
}

fn named(host: &Host) -> (String, Option<std::net::IpAddr>) {
    match host {
        Host::Name(name) => (name.clone(), None),
        Host::Address(address) => (String::new(), Some(*address)),
    }
}

impl FromStr for AllowPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if let Ok(network) = text.parse() {
            return Ok(Self::Network(network));
        }
        let mistake =
            || format!("{text:?} is no pattern: write a host, *.example.org, or addresses as in 192.0.2.0/24");
        match text.strip_prefix("*.") {
            Some(domain) => {
                Host::from_str(domain).map(|_| Self::Below(domain.to_ascii_lowercase())).map_err(|_| mistake())
            }
            None => match Host::from_str(text).map_err(|_| mistake())? {
                Host::Address(address) => Ok(Self::Network(address.into())),
                Host::Name(name) => Ok(Self::Host(name.to_ascii_lowercase())),
            },
        }
    }
}
