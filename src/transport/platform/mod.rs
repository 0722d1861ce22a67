//! What only the operating system can tell. Linux names the ICMP message that ended a connection and its sender; the
//! other systems keep that to themselves, and `queued_icmp` is always `None` there.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::*;
#[cfg(target_os = "linux")]
pub(super) use linux::*;

use std::net::IpAddr;

use crate::observation::Icmp;

/// An ICMP message that the system kept for a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QueuedIcmp {
    pub(super) icmp: Icmp,
    /// The error number that the system made of it.
    pub(super) os_error: i32,
}

/// A network interface.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) name: String,
    /// Whether it leads to one other end alone, as tunnels and PPP do.
    pub(super) is_point_to_point: bool,
    /// Whether it has no link layer, and so no neighbours, as TUN devices and the tunnels of VPNs.
    pub(super) is_tunnel: bool,
    pub(super) addresses: Vec<InterfaceAddress>,
}

/// An address of an interface, and how much of it names the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InterfaceAddress {
    pub(super) ip: IpAddr,
    pub(super) netmask: IpAddr,
}

impl InterfaceAddress {
    pub(super) fn network_has(self, other: IpAddr) -> bool {
        match (self.ip, self.netmask, other) {
            (IpAddr::V4(own), IpAddr::V4(mask), IpAddr::V4(other)) => own & mask == other & mask,
            (IpAddr::V6(own), IpAddr::V6(mask), IpAddr::V6(other)) => own & mask == other & mask,
            _ => false,
        }
    }
}
