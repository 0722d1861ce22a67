//! Systems that do not tell which ICMP message ended a connection.

use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

use super::QueuedIcmp;

#[cfg(windows)]
pub(in super::super) const IN_PROGRESS: i32 = 10036; // WSAEINPROGRESS
#[cfg(not(windows))]
pub(in super::super) const IN_PROGRESS: i32 = 36; // EINPROGRESS on macOS and the BSDs

#[cfg(windows)]
pub(in super::super) const FAMILY_UNSUPPORTED: i32 = 10047; // WSAEAFNOSUPPORT
#[cfg(not(windows))]
pub(in super::super) const FAMILY_UNSUPPORTED: i32 = 47; // EAFNOSUPPORT on macOS and the BSDs

#[cfg(windows)]
pub(in super::super) const EXHAUSTION: [i32; 2] = [10024, 10055]; // WSAEMFILE, WSAENOBUFS
#[cfg(not(windows))]
pub(in super::super) const EXHAUSTION: [i32; 3] = [24, 23, 55]; // EMFILE, ENFILE, ENOBUFS

pub(in super::super) fn nonblocking_stream(domain: Domain) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Always false: the system does not tell.
pub(in super::super) fn queue_icmp<S>(_: &S, _: SocketAddr) -> bool {
    false
}

pub(in super::super) fn forget_icmp<S>(_: &S, _: SocketAddr) {}

/// Always `None`: the system does not tell.
pub(in super::super) fn queued_icmp<S>(_: &S) -> Option<QueuedIcmp> {
    None
}

/// Does nothing: other systems delay less, or are not told otherwise for one connection.
pub(in super::super) fn acknowledge_at_once<S>(_: &S) {}

/// Only asked about the sender of an ICMP message, which is never known here.
pub(in super::super) fn is_own_address(_: IpAddr) -> bool {
    false
}
