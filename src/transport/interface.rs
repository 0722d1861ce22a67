//! By which network interface this machine sends to an address. Nothing is sent.

use std::net::IpAddr;

use super::platform::{self, Interface};
use super::tcp;
use crate::observation::OutgoingInterface;

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
pub fn way_out(address: IpAddr) -> Option<WayOut> {
    let source = tcp::source_address(address).filter(|_| !tcp::is_own_address(address))?;
    let interfaces = platform::interfaces()?;
    let tunnel = only_one_with(source, &interfaces).filter(|interface| interface.is_tunnel);
    let on_link = interfaces.iter().any(|interface| interface.shares_network_with(address));
    Some(WayOut { tunnel: tunnel.map(|interface| interface.name.clone()), on_link })
}

/// The interface by which this machine sends to `address`, where the system tells.
pub fn outgoing_interface(address: IpAddr) -> Option<OutgoingInterface> {
    let interfaces = platform::interfaces()?;
    let Interface { name, is_point_to_point, .. } = only_one_with(tcp::source_address(address)?, &interfaces)?;
    Some(OutgoingInterface { name: name.clone(), is_point_to_point: *is_point_to_point })
}

/// The interface that has this address of the machine's own, unless several have it.
fn only_one_with(own: IpAddr, interfaces: &[Interface]) -> Option<&Interface> {
    let mut with_it = interfaces.iter().filter(|interface| interface.addresses.iter().any(|one| one.ip == own));
    let (first, second) = (with_it.next(), with_it.next());
    first.filter(|_| second.is_none())
}

impl Interface {
    fn shares_network_with(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|own| own.network_has(address))
    }
}
