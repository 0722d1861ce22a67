//! By which network interface this machine sends to an address. Nothing is sent.

use std::net::IpAddr;

use super::platform::{self, Interface};
use super::tcp;

/// How packets leave this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayOut {
    /// The interface, where it is a tunnel's.
    pub tunnel: Option<String>,
    /// Whether an interface is in the network of the address: then a single hop leads to the host itself.
    pub on_link: bool,
}

/// How packets to `address` leave this machine. `None` where the system does not tell which interfaces there are, or the
/// address is this machine's own.
///
/// The interface is known by the source address, unless several have the same.
pub fn way_out(address: IpAddr) -> Option<WayOut> {
    let source = tcp::source_address(address).filter(|_| !tcp::is_own_address(address))?;
    let interfaces = platform::interfaces()?;
    let mut used = interfaces.iter().filter(|interface| interface.addresses.iter().any(|own| own.ip == source));
    let (first, second) = (used.next(), used.next());
    let tunnel = first.filter(|interface| second.is_none() && interface.is_tunnel);
    let on_link = interfaces.iter().any(|interface| interface.shares_network_with(address));
    Some(WayOut { tunnel: tunnel.map(|interface| interface.name.clone()), on_link })
}

impl Interface {
    fn shares_network_with(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|own| own.network_has(address))
    }
}
