//! The name server that a user names: `IP` or `IP:PORT`.

use std::net::{IpAddr, SocketAddr};

use crate::target::Quoted;

/// The port of the DNS (RFC 1035, section 4.2).
pub(super) const DNS_PORT: u16 = 53;

/// A text is not the address of a name server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not the address of a name server: write 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353")]
pub struct DnsServerError(Quoted);

/// Reads `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]` or `[2001:db8::53]:5353`.
pub fn parse_dns_server(text: &str) -> Result<SocketAddr, DnsServerError> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let server = match bare.parse::<IpAddr>() {
        Ok(address) => Some(SocketAddr::new(address, DNS_PORT)),
        Err(_) => text.parse().ok(),
    };
    server.filter(|server| server.port() > 0).ok_or_else(|| DnsServerError(Quoted::new(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation() {
        for (text, server) in [
            ("192.0.2.53", "192.0.2.53:53"),
            ("192.0.2.53:5353", "192.0.2.53:5353"),
            ("2001:db8::53", "[2001:db8::53]:53"),
            ("[2001:db8::53]", "[2001:db8::53]:53"),
            ("[2001:db8::53]:5353", "[2001:db8::53]:5353"),
        ] {
            assert_eq!(parse_dns_server(text), Ok(server.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_an_example() {
        for text in ["", "ns.example.org", "192.0.2.53:0", "192.0.2.53:99999", "[", "192.0.2", "\u{1b}[31m"] {
            let message = parse_dns_server(text).unwrap_err().to_string();
            assert!(message.contains("write 192.0.2.53"), "{message}");
            assert!(!message.contains('\u{1b}'));
        }
    }
}
