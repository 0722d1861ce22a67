//! The name server that a user names: `IP` or `IP:PORT`.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use super::zone::scope_id;
use crate::target::Quoted;

/// The port of the DNS (RFC 1035, section 4.2).
pub(super) const DNS_PORT: u16 = 53;

/// A text is not the address of a name server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not the address of a name server: write 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353")]
pub struct DnsServerError(Quoted);

/// Reads `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]` or `[2001:db8::53]:5353`, an IPv6 address also with
/// its zone: `fe80::53%eth0`.
pub fn parse_dns_server(text: &str) -> Result<SocketAddr, DnsServerError> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let server = match bare.parse::<IpAddr>() {
        Ok(address) => Some(SocketAddr::new(address, DNS_PORT)),
        Err(_) => text.parse().ok().or_else(|| in_zone(text)),
    };
    server.filter(|server| server.port() > 0).ok_or_else(|| DnsServerError(Quoted::new(text)))
}

/// `fe80::53%eth0`, `[fe80::53%eth0]`, `[fe80::53%eth0]:5353`
fn in_zone(text: &str) -> Option<SocketAddr> {
    let (bare, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((bare, "")) => (bare, DNS_PORT),
        Some((bare, port)) => (bare, port.strip_prefix(':')?.parse().ok()?),
        None => (text, DNS_PORT),
    };
    let (address, zone) = bare.split_once('%')?;
    let address: Ipv6Addr = address.parse().ok()?;
    Some(SocketAddrV6::new(address, port, 0, scope_id(address, zone)?).into())
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
            ("fe80::53%7", "[fe80::53%7]:53"),
            ("[fe80::53%7]", "[fe80::53%7]:53"),
            ("[fe80::53%7]:5353", "[fe80::53%7]:5353"),
        ] {
            assert_eq!(parse_dns_server(text), Ok(server.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_an_example() {
        for text in [
            "",
            "ns.example.org",
            "192.0.2.53:0",
            "192.0.2.53:99999",
            "[",
            "192.0.2",
            "\u{1b}[31m",
            "fe80::1%nosuchlink",
            "[fe80::1%7]x",
        ] {
            let message = parse_dns_server(text).unwrap_err().to_string();
            assert!(message.contains("write 192.0.2.53"), "{message}");
            assert!(!message.contains('\u{1b}'));
        }
    }
}
