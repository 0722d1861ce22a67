//! A TCP connection, or the reason why there is none.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use socket2::{Domain, Socket};
use tokio::io::Interest;
use tokio::net::TcpStream;

use crate::observation::{ConnectFailure, ConnectFailureKind, Icmp};

use super::platform::{self, QueuedIcmp};

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The network, the server or a rule on this machine kept it from being made.
    #[error("{}", .0.message)]
    Failure(ConnectFailure),
    /// It was made, and the other side reset it before anybody could use it.
    #[error("the connection was made, and reset at once")]
    ResetAtOnce,
    /// This machine lacks descriptors, ports or memory: never the server's fault. The system's words.
    #[error("{0}")]
    Local(String),
}

impl ConnectError {
    /// Nothing came back in time.
    pub(crate) fn unanswered() -> Self {
        let late = io::Error::other("the connection was not answered in time");
        Self::Failure(failure(ConnectFailureKind::TimedOut, &late))
    }
}

/// Opens a TCP connection within `limit`. Small segments are sent at once (`TCP_NODELAY`): a dialogue waits for every
/// reply, so there is nothing to gather.
///
/// On Linux (5.9 and later) the failure names the ICMP message that ended the attempt, and who sent it. Elsewhere
/// `icmp` is `None`.
///
/// Must be called within a tokio runtime.
pub async fn connect(address: SocketAddr, limit: Duration) -> Result<TcpStream, ConnectError> {
    connect_from(None, address, limit).await
}

/// As [`connect`], from this address of this machine, where it is of the same family.
pub async fn connect_from(
    source: Option<IpAddr>,
    address: SocketAddr,
    limit: Duration,
) -> Result<TcpStream, ConnectError> {
    opened(request(address, source, Packets::default(), limit).await, address)
}

/// Whether the system lets the size of segments be limited.
pub const CAN_LIMIT_SEGMENTS: bool = platform::CAN_LIMIT_SEGMENTS;

/// As [`connect_from`], with segments so small (`TCP_MAXSEG`) that neither side sends packets of more than `packet` bytes:
/// ours are limited, and the server is told to limit its own.
pub async fn connect_with_small_segments(
    source: Option<IpAddr>,
    address: SocketAddr,
    limit: Duration,
    packet: u16,
) -> Result<TcpStream, ConnectError> {
    let packets = Packets { hop_limit: None, largest: Some(packet) };
    opened(request(address, source, packets, limit).await, address)
}

fn opened(outcome: ConnectOutcome, address: SocketAddr) -> Result<TcpStream, ConnectError> {
    match outcome {
        ConnectOutcome::Established(stream) => {
            // Without it the dialogue is slower, not wrong.
            let _ = stream.set_nodelay(true);
            Ok(stream)
        }
        ConnectOutcome::Icmp(queued, promptness) => Err(answered_by_icmp(&queued, promptness)),
        ConnectOutcome::RefusedHere(error) => Err(refused_here(address, &error)),
        ConnectOutcome::Failed(error) => Err(ConnectError::Failure(failure(kind_of(&error), &error))),
        ConnectOutcome::ResetAtOnce => Err(ConnectError::ResetAtOnce),
        ConnectOutcome::Silence => Err(ConnectError::unanswered()),
        ConnectOutcome::Local(words) => Err(ConnectError::Local(words)),
    }
}

pub(super) enum ConnectOutcome {
    /// The connection. ICMP messages no longer end it.
    Established(TcpStream),
    Icmp(QueuedIcmp, Promptness),
    /// An error before anything was sent: this machine's own doing, or a refusal of its own loopback.
    RefusedHere(io::Error),
    /// An error without an ICMP message.
    Failed(io::Error),
    /// A connection, reset before anybody could use it.
    ResetAtOnce,
    /// Nothing within the limit.
    Silence,
    /// The runtime could not take the socket. The system's words.
    Local(String),
}

/// What is special about a connection's packets.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Packets {
    /// How many hops ours travel at most; `None`: as many as the system lets them.
    pub(super) hop_limit: Option<u8>,
    /// How large they may be, both ways; `None`: as large as the network takes them.
    pub(super) largest: Option<u16>,
}

/// Requests a connection.
pub(super) async fn request(
    address: SocketAddr,
    source: Option<IpAddr>,
    packets: Packets,
    limit: Duration,
) -> ConnectOutcome {
    let socket = match open(address, source, packets) {
        Ok(socket) => socket,
        Err(error) => return ConnectOutcome::RefusedHere(error),
    };
    // An error here means that nothing was sent, a refusal by this very machine aside.
    let begun = socket.connect(&address.into()).or_else(|error| {
        let in_progress =
            error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(platform::IN_PROGRESS);
        if in_progress { Ok(()) } else { Err(error) }
    });
    // Where this machine itself answers the SYN, the message is in the queue before the call returns.
    if let Some(queued) = platform::queued_icmp(&socket) {
        return ConnectOutcome::Icmp(queued, Promptness::AtOnce);
    }
    if let Err(error) = begun {
        return ConnectOutcome::RefusedHere(error);
    }
    let stream = match TcpStream::from_std(socket.into()) {
        Ok(stream) => stream,
        Err(error) => return ConnectOutcome::Local(error.to_string()),
    };
    let outcome = tokio::time::timeout(limit, established(&stream)).await;
    if let Ok(Ok(())) = outcome {
        platform::forget_icmp(&stream, address);
        return ConnectOutcome::Established(stream);
    }
    if let Some(queued) = platform::queued_icmp(&stream) {
        return ConnectOutcome::Icmp(queued, Promptness::Later);
    }
    match outcome {
        Ok(Ok(())) | Err(_) => ConnectOutcome::Silence,
        // To a SYN a RST is an answer of its own, "refused": a reset ends a connection that was there.
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionReset => ConnectOutcome::ResetAtOnce,
        Ok(Err(error)) => ConnectOutcome::Failed(error),
    }
}

/// The address of its own from which this machine would send to `address`. Nothing is sent.
pub fn source_address(address: IpAddr) -> Option<IpAddr> {
    let source = route_probe(address).ok()?.local_addr().ok()?.ip();
    (!source.is_unspecified()).then_some(source)
}

/// Whether this machine has a route to `address` and an address of its own to send from. Nothing is sent.
///
/// Only what is proven counts as missing: an unknown error is taken for a route.
pub fn has_route(address: IpAddr) -> bool {
    !route_probe(address).is_err_and(|error| {
        matches!(error.kind(), io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable)
            || is_unsupported_family(&error)
    })
}

/// Whether this machine has a route beyond its own networks, for either family. Nothing is sent.
pub fn has_default_route() -> bool {
    /// Addresses of a root name server (a.root-servers.net): on no private network, and far away.
    const FAR: [IpAddr; 2] =
        [IpAddr::V4(Ipv4Addr::new(198, 41, 0, 4)), IpAddr::V6(Ipv6Addr::new(0x2001, 0x503, 0xba3e, 0, 0, 0, 2, 0x30))];
    FAR.into_iter().any(has_route)
}

/// Whether an address is one of this machine's own. Nothing is sent.
///
/// The list of addresses is not known to every process (on Linux it takes a netlink socket, which services are often
/// denied), and not on every system. What is sent to an own address comes from that same address.
pub fn is_own_address(address: IpAddr) -> bool {
    address.is_loopback() || platform::is_own_address(address) || source_address(address) == Some(address)
}

fn open(address: SocketAddr, source: Option<IpAddr>, packets: Packets) -> io::Result<Socket> {
    let socket = platform::nonblocking_stream(Domain::for_address(address))?;
    // Where the kernel will not, the sender of an ICMP message stays unknown.
    let _ = platform::queue_icmp(&socket, address);
    if let Some(largest) = packets.largest {
        platform::limit_segments(&socket, segment_within(largest, address.ip()))?;
    }
    match (address, packets.hop_limit) {
        (_, None) => {}
        (SocketAddr::V4(_), Some(hops)) => socket.set_ttl_v4(hops.into())?,
        (SocketAddr::V6(_), Some(hops)) => socket.set_unicast_hops_v6(hops.into())?,
    }
    if let Some(source) = source.filter(|source| source.is_ipv4() == address.is_ipv4()) {
        socket.bind(&SocketAddr::new(source, 0).into())?;
    }
    Ok(socket)
}

/// The maximum segment size for packets of this size: what the headers of IP (20 or 40 bytes) and TCP (20 bytes) leave.
fn segment_within(packet: u16, address: IpAddr) -> u16 {
    packet.saturating_sub(if address.is_ipv4() { 40 } else { 60 })
}

/// Waits for the end of the TCP handshake: then the connection has a peer. A socket can be woken by a queued ICMP message a
/// moment before its error is set.
async fn established(stream: &TcpStream) -> io::Result<()> {
    loop {
        stream.writable().await?;
        let state = stream.try_io(Interest::WRITABLE, || match stream.peer_addr() {
            Ok(_) => Ok(Ok(())),
            Err(_) => {
                stream.take_error()?.map_or_else(|| Err(io::ErrorKind::WouldBlock.into()), |error| Ok(Err(error)))
            }
        });
        match state {
            Ok(outcome) => return outcome,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether an ICMP message was there before the call to connect returned, or came while waiting.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Promptness {
    AtOnce,
    Later,
}

/// A failure that an ICMP message tells. The message decides, not the error number: several causes share a number.
fn answered_by_icmp(queued: &QueuedIcmp, promptness: Promptness) -> ConnectError {
    let error = io::Error::from_raw_os_error(queued.os_error);
    let from_here = queued.icmp.from.is_some_and(is_own_address);
    let kind = kind_of_icmp(queued.icmp).unwrap_or_else(|| kind_of(&error));
    let silent_neighbour = is_silent_neighbour(queued.icmp, promptness);
    ConnectError::Failure(ConnectFailure {
        icmp: Some(queued.icmp),
        on_this_machine: from_here && !silent_neighbour,
        ..failure(if silent_neighbour { ConnectFailureKind::NoNeighbour } else { kind }, &error)
    })
}

/// Linux reports a silent neighbour as "host unreachable" from this machine's own address, just as it reports a
/// firewall rule that rejects with that code. The rule answers within the call, the neighbour's silence takes
/// seconds (measured: never at once, up to 3 s).
pub(super) fn is_silent_neighbour(icmp: Icmp, promptness: Promptness) -> bool {
    // ICMP host unreachable (RFC 792), ICMPv6 address unreachable (RFC 4443, section 3.1).
    let host_unreachable = matches!((icmp.v6, icmp.icmp_type, icmp.code), (false, 3, 1) | (true, 1, 3));
    promptness == Promptness::Later && host_unreachable && icmp.from.is_some_and(is_own_address)
}

/// RFC 792, RFC 1122 section 3.2.2.1 and RFC 1812 section 5.2.7.1; RFC 4443 for ICMPv6.
fn kind_of_icmp(icmp: Icmp) -> Option<ConnectFailureKind> {
    use ConnectFailureKind::{HostUnreachable, NetworkUnreachable, Prohibited, Refused};
    Some(match (icmp.v6, icmp.icmp_type, icmp.code) {
        (false, 3, 0 | 6 | 11) | (true, 1, 0 | 2) => NetworkUnreachable,
        (false, 3, 1 | 5 | 7 | 8 | 12) | (false, 11, _) | (true, 1, 3) | (true, 3, _) => HostUnreachable,
        (false, 3, 9 | 10 | 13..=15) | (true, 1, 1 | 5 | 6) => Prohibited,
        (false, 3, 3) | (true, 1, 4) => Refused,
        _ => return None,
    })
}

/// An error that came before anything was sent: this machine's own doing, or a refusal of its own loopback.
fn refused_here(address: SocketAddr, error: &io::Error) -> ConnectError {
    let no_source = error.kind() == io::ErrorKind::AddrNotAvailable && !has_route(address.ip());
    if is_exhaustion(error) && !no_source {
        return ConnectError::Local(error.to_string());
    }
    let kind = match error.kind() {
        // A blackhole, or a link-local address without its interface.
        io::ErrorKind::InvalidInput => ConnectFailureKind::NetworkUnreachable,
        _ if no_source || is_unsupported_family(error) => ConnectFailureKind::NetworkUnreachable,
        _ => kind_of(error),
    };
    let on_this_machine = !matches!(kind, ConnectFailureKind::Refused | ConnectFailureKind::TimedOut);
    let route_exists = on_this_machine && route_probe(address.ip()).is_ok();
    ConnectError::Failure(ConnectFailure { on_this_machine, route_exists, ..failure(kind, error) })
}

fn failure(kind: ConnectFailureKind, error: &io::Error) -> ConnectFailure {
    let (os_error, message) = (error.raw_os_error(), error.to_string());
    ConnectFailure { kind, icmp: None, on_this_machine: false, route_exists: false, os_error, message }
}

fn kind_of(error: &io::Error) -> ConnectFailureKind {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectFailureKind::Refused,
        io::ErrorKind::TimedOut => ConnectFailureKind::TimedOut,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => ConnectFailureKind::NetworkUnreachable,
        io::ErrorKind::HostUnreachable => ConnectFailureKind::HostUnreachable,
        io::ErrorKind::PermissionDenied => ConnectFailureKind::Prohibited,
        _ => ConnectFailureKind::Other,
    }
}

/// No descriptors, ports or memory.
fn is_exhaustion(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::OutOfMemory | io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse)
        || error.raw_os_error().is_some_and(|number| platform::EXHAUSTION.contains(&number))
}

fn is_unsupported_family(error: &io::Error) -> bool {
    error.raw_os_error() == Some(platform::FAMILY_UNSUPPORTED)
}

/// Connecting a UDP socket looks up the route and the source address, and sends nothing.
fn route_probe(address: IpAddr) -> io::Result<UdpSocket> {
    /// The discard service (RFC 863). Any port does.
    const PORT: u16 = 9;
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect((address, PORT))?;
    Ok(socket)
}
