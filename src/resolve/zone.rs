//! The zone of a link-local address (RFC 4007, section 11): the interface at whose link it means something.

use std::net::{Ipv6Addr, SocketAddr};

/// The number of a zone that is written behind `%`: the name of an interface or a number, as the C library reads it.
pub(super) fn scope_id(address: Ipv6Addr, zone: &str) -> Option<u32> {
    let is_of_a_link = address.is_unicast_link_local() || address.octets().starts_with(&[0xff, 0x02]);
    let named = if is_of_a_link { number_of(zone) } else { None };
    named.or_else(|| zone.parse().ok().filter(|_| zone.bytes().all(|byte| byte.is_ascii_digit())))
}

/// As [`SocketAddr`] is written, with the name of the interface in place of its number: `[fe80::1%eth0]:53`.
pub(super) fn written(server: SocketAddr) -> String {
    match server {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => match name_of(v6.scope_id()) {
            Some(name) => format!("[{}%{name}]:{}", v6.ip(), v6.port()),
            None => server.to_string(),
        },
        _ => server.to_string(),
    }
}

/// Whether it is an address of a link, and of which is not said.
pub(super) fn lacks_zone(server: SocketAddr) -> bool {
    matches!(server, SocketAddr::V6(v6) if v6.ip().is_unicast_link_local() && v6.scope_id() == 0)
}

#[cfg(target_os = "linux")]
fn number_of(interface: &str) -> Option<u32> {
    nix::net::if_::if_nametoindex(interface).ok()
}

#[cfg(target_os = "linux")]
fn name_of(interface: u32) -> Option<String> {
    nix::net::if_::if_indextoname(interface).ok()?.into_string().ok()
}

/// Elsewhere a zone is known by its number alone.
#[cfg(not(target_os = "linux"))]
const fn number_of(_: &str) -> Option<u32> {
    None
}

#[cfg(not(target_os = "linux"))]
const fn name_of(_: u32) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn an_interface_has_a_name_and_a_number() {
        let link_local: Ipv6Addr = "fe80::1".parse().unwrap();
        let number = scope_id(link_local, "lo").expect("there is a loopback interface");
        assert_eq!(scope_id(link_local, &number.to_string()), Some(number));
        assert_eq!(written(format!("[fe80::1%{number}]:53").parse().unwrap()), "[fe80::1%lo]:53");
        assert_eq!(scope_id("2001:db8::1".parse().unwrap(), "lo"), None);
        for wrong in ["", "nosuchlink", "+1", "1x"] {
            assert_eq!(scope_id(link_local, wrong), None, "{wrong}");
        }
        assert!(lacks_zone("[fe80::1]:53".parse().unwrap()) && !lacks_zone("[fe80::1%1]:53".parse().unwrap()));
    }
}
