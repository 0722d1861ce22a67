//! Systems that do not tell which ICMP message ended a connection.

use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

use super::{Interface, QueuedIcmp};

// WSAEINPROGRESS; EINPROGRESS on macOS and the BSDs.
pub(in super::super) const IN_PROGRESS: i32 = if cfg!(windows) { 10036 } else { 36 };
// WSAEAFNOSUPPORT; EAFNOSUPPORT on macOS and the BSDs.
pub(in super::super) const FAMILY_UNSUPPORTED: i32 = if cfg!(windows) { 10047 } else { 47 };
// WSAEMFILE and WSAENOBUFS; EMFILE, ENFILE and ENOBUFS.
pub(in super::super) const EXHAUSTION: &[i32] = if cfg!(windows) { &[10024, 10055] } else { &[24, 23, 55] };

pub(in super::super) fn nonblocking_stream(domain: Domain) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

pub(in super::super) const CAN_LIMIT_SEGMENTS: bool = cfg!(unix);

/// Limits the segments of a socket that is not yet connected, both ways (`TCP_MAXSEG`).
#[cfg(unix)]
pub(in super::super) fn limit_segments(socket: &Socket, bytes: u16) -> io::Result<()> {
    socket.set_tcp_mss(bytes.into())
}

/// Never asked for: Windows has no such option.
#[cfg(not(unix))]
pub(in super::super) fn limit_segments(_: &Socket, _: u16) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
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

/// Always false: the addresses are not listed here.
pub(in super::super) fn is_own_address(_: IpAddr) -> bool {
    false
}

/// Always `None`: they are not listed here.
pub(in super::super) fn interfaces() -> Option<Vec<Interface>> {
    None
}
