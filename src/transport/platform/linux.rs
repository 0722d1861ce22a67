//! Linux: `IP_RECVERR` and the socket's error queue (ip(7), ipv6(7)). No privilege is needed.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd};

use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc::{SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6, sock_extended_err, sockaddr_in6};
use nix::net::if_::InterfaceFlags;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::{Interface, InterfaceAddress, QueuedIcmp};
use crate::observation::Icmp;

/// What a non-blocking connect answers while it goes on.
pub(in super::super) const IN_PROGRESS: i32 = Errno::EINPROGRESS as i32;
/// The kernel was built or booted without the address family.
pub(in super::super) const FAMILY_UNSUPPORTED: i32 = Errno::EAFNOSUPPORT as i32;
/// Too few descriptors, here or in the whole system, or too little buffer space.
pub(in super::super) const EXHAUSTION: [i32; 3] = [Errno::EMFILE as i32, Errno::ENFILE as i32, Errno::ENOBUFS as i32];

/// A TCP socket that blocks nobody.
pub(in super::super) fn nonblocking_stream(domain: Domain) -> io::Result<Socket> {
    Socket::new(domain, Type::STREAM.nonblocking(), Some(Protocol::TCP))
}

pub(in super::super) const CAN_LIMIT_SEGMENTS: bool = true;

/// Limits the segments of a socket that is not yet connected, both ways (`TCP_MAXSEG`, tcp(7)).
pub(in super::super) fn limit_segments(socket: &Socket, bytes: u16) -> io::Result<()> {
    socket.set_tcp_mss(bytes.into())
}

/// Asks the kernel to keep ICMP errors for this socket; whether it agrees. Kernels before 5.9 agree and keep none.
pub(in super::super) fn queue_icmp(socket: &impl AsFd, address: SocketAddr) -> bool {
    set_queueing(socket, address, true).is_ok()
}

/// Ends [`queue_icmp`]: on an established connection a later ICMP message would end a healthy session.
pub(in super::super) fn forget_icmp(socket: &impl AsFd, address: SocketAddr) {
    let _ = set_queueing(socket, address, false);
}

/// The last ICMP message that was kept for the socket; the queue is empty afterwards.
pub(in super::super) fn queued_icmp<S: AsFd>(socket: &S) -> Option<QueuedIcmp> {
    /// A connection attempt sends a handful of SYNs; each can be answered once by every hop.
    const MAX_QUEUED: usize = 64;
    (0..MAX_QUEUED).map_while(|_| next_queued(socket).ok()).flatten().last()
}

/// Sends the acknowledgement that is due, and the next one without delay (`TCP_QUICKACK`, tcp(7)). The kernel goes back to
/// delaying by itself. Without it the dialogue is slower, not wrong.
pub(in super::super) fn acknowledge_at_once(socket: &impl AsFd) {
    let _ = SockRef::from(socket).set_tcp_quickack(true);
}

/// Whether the address is on the list of this machine's own, which the system may keep from this process.
pub(in super::super) fn is_own_address(address: IpAddr) -> bool {
    nix::ifaddrs::getifaddrs().is_ok_and(|mut all| all.any(|one| one.address.as_ref().and_then(ip) == Some(address)))
}

/// The network interfaces, where the system lets this process list them.
pub(in super::super) fn interfaces() -> Option<Vec<Interface>> {
    let mut interfaces: Vec<Interface> = Vec::new();
    for entry in nix::ifaddrs::getifaddrs().ok()? {
        let known = interfaces.iter().position(|known| known.name == entry.interface_name);
        let place = known.unwrap_or_else(|| {
            let is_point_to_point = entry.flags.contains(InterfaceFlags::IFF_POINTOPOINT);
            interfaces.push(Interface {
                name: entry.interface_name.clone(),
                is_point_to_point,
                is_tunnel: is_point_to_point && !entry.interface_name.starts_with("ppp"),
                addresses: Vec::new(),
            });
            interfaces.len() - 1
        });
        let (Some(interface), Some(address)) = (interfaces.get_mut(place), &entry.address) else { continue };
        // What has a link-layer address is no tunnel. PPP has none either, and is a line to the internet as a rule.
        if address.as_link_addr().is_some() {
            interface.is_tunnel = false;
        } else if let (Some(ip), Some(netmask)) = (ip(address), entry.netmask.as_ref().and_then(ip)) {
            interface.addresses.push(InterfaceAddress { ip, netmask });
        }
    }
    Some(interfaces)
}

fn ip(address: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
}

fn set_queueing(socket: &impl AsFd, address: SocketAddr, wanted: bool) -> nix::Result<()> {
    match address {
        SocketAddr::V4(_) => setsockopt(socket, sockopt::Ipv4RecvErr, &wanted),
        SocketAddr::V6(_) => setsockopt(socket, sockopt::Ipv6RecvErr, &wanted),
    }
}

/// Takes one entry from the error queue; `None` when it is not an ICMP message. An empty queue is an error.
fn next_queued(socket: &impl AsFd) -> nix::Result<Option<QueuedIcmp>> {
    let mut control = cmsg_space!(sock_extended_err, sockaddr_in6);
    let mut offending_packet = [0; 64];
    let mut data = [IoSliceMut::new(&mut offending_packet)];
    let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
    let message = recvmsg::<SockaddrStorage>(socket.as_fd().as_raw_fd(), &mut data, Some(&mut control), flags)?;
    Ok(message.cmsgs().ok().and_then(|mut all| all.find_map(|one| icmp_in(&one))))
}

fn icmp_in(message: &ControlMessageOwned) -> Option<QueuedIcmp> {
    let (error, from) = match message {
        ControlMessageOwned::Ipv4RecvErr(error, from) => {
            (error, from.map(|from| IpAddr::from(from.sin_addr.s_addr.to_ne_bytes())))
        }
        ControlMessageOwned::Ipv6RecvErr(error, from) => (error, from.map(|from| IpAddr::from(from.sin6_addr.s6_addr))),
        _ => return None,
    };
    let v6 = match error.ee_origin {
        SO_EE_ORIGIN_ICMP => false,
        SO_EE_ORIGIN_ICMP6 => true,
        _ => return None,
    };
    let icmp =
        Icmp { v6, icmp_type: error.ee_type, code: error.ee_code, from: from.filter(|from| !from.is_unspecified()) };
    Some(QueuedIcmp { icmp, os_error: i32::try_from(error.ee_errno).ok()? })
}
