//! What a client is to connect to.

use std::net::IpAddr;
use std::str::FromStr;

use crate::{Protocol, Security};

/// A server, as in `smtp://t7.lab.example:2525`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// A name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What it speaks.
    pub protocol: Protocol,
    /// Where TLS begins.
    pub security: Security,
}

impl Target {
    /// Every port of the usual seven, of one host.
    pub fn seven(host: &str) -> Vec<Self> {
        SCHEMES
            .iter()
            .map(|&(_, protocol, security, port)| Self { host: host.to_owned(), port, protocol, security })
            .collect()
    }

    /// The host, where it is an address.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }
}

/// Scheme, protocol, security and usual port. In this order they are the seven.
const SCHEMES: [(&str, Protocol, Security, u16); 7] = [
    ("smtp", Protocol::Smtp, Security::StartTls, 25),
    ("submissions", Protocol::Smtp, Security::Implicit, 465),
    ("submission", Protocol::Smtp, Security::StartTls, 587),
    ("pop3", Protocol::Pop3, Security::StartTls, 110),
    ("pop3s", Protocol::Pop3, Security::Implicit, 995),
    ("imap", Protocol::Imap, Security::StartTls, 143),
    ("imaps", Protocol::Imap, Security::Implicit, 993),
];

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not SCHEME://HOST[:PORT]");
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let known = SCHEMES.iter().find(|known| known.0 == scheme).ok_or_else(wrong)?;
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| wrong())?),
            _ => (rest, known.3),
        };
        Ok(Self { host: host.to_owned(), port, protocol: known.1, security: known.2 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_targets() {
        let target: Target = "smtp://t7.lab.example:2525".parse().expect("a target");
        assert_eq!((target.host.as_str(), target.port, target.security), ("t7.lab.example", 2525, Security::StartTls));
        let target: Target = "imaps://[::1]".parse().expect("a target");
        assert_eq!((target.address(), target.port), (Some("::1".parse().expect("an address")), 993));
        assert!("mail.example".parse::<Target>().is_err());
    }
}
