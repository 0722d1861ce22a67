//! Where to listen, as people write it.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::target::Quoted;

/// Reads `127.0.0.1:9725`, `[::1]:9725`, `localhost:9725`, and `:9725` for all addresses.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if let Ok(port) = text.parse::<u16>() {
        return Err(format!("write where the port is, as in 127.0.0.1:{port}, or :{port} for all addresses"));
    }
    let quoted = Quoted::new(text);
    let hint = || format!("{quoted} is no place to listen: write an address and a port, as in 127.0.0.1:9725");
    let (host, port) = text.rsplit_once(':').ok_or_else(hint)?;
    let port: u16 = port.parse().map_err(|_| hint())?;
    if host.is_empty() {
        // IPv4 comes in there, too.
        Ok(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)))
    } else if host.eq_ignore_ascii_case("localhost") {
        Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    } else {
        Err(hint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_to_listen_has_an_address_and_a_port() {
        for (text, read) in [
            ("127.0.0.1:9725", "127.0.0.1:9725"),
            ("[::1]:9725", "[::1]:9725"),
            (":9725", "[::]:9725"),
            ("localhost:9725", "127.0.0.1:9725"),
            ("LocalHost:0", "127.0.0.1:0"),
        ] {
            assert_eq!(address(text).map(|address| address.to_string()).as_deref(), Ok(read), "{text}");
        }
        for (text, word) in [
            ("9725", "127.0.0.1:9725, or :9725 for all"),
            ("", "127.0.0.1:9725"),
            ("127.0.0.1", "an address and a port"),
            ("::1", "an address and a port"),
            ("::1:9725", "an address and a port"),
            (":70000", "an address and a port"),
            ("mail.example.org:9725", "an address and a port"),
            ("http://127.0.0.1:9725", "an address and a port"),
        ] {
            let error = address(text).expect_err(text);
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
