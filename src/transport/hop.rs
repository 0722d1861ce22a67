//! Connection requests that may only travel so far, and who answered them.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::TcpStream;

use super::platform;
use super::tcp::{self, ConnectOutcome, Packets};
use crate::observation::Icmp;
use crate::observation::path::Untraceable;

/// What came back to a connection request that may only travel so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// A router says that the packet has travelled far enough (ICMP 11/0, `ICMPv6` 3/0). Its address, where the system
    /// tells.
    TimeExceeded(Option<IpAddr>),
    Connected,
    Refused,
    Icmp {
        icmp: Icmp,
        /// Whether one of this machine's own addresses sent it.
        from_here: bool,
    },
    /// Nothing within the limit.
    Silence,
    /// It was not asked for.
    NotTried,
}

/// Why such a request tells nothing: the system ended the attempt and does not say which message made it do so.
pub const NOT_TOLD: Untraceable = Untraceable::System("This system does not report which router answered.");

/// What packets may travel once a connection is made, where the system's own setting is not known.
const USUAL_HOP_LIMIT: u32 = 64;

/// Whether this system tells an ordinary process which router answered. Nothing is sent.
pub fn is_told(address: IpAddr) -> bool {
    let address = SocketAddr::new(address, 0);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP));
    // That there is no socket says something else, which the attempt itself will tell.
    socket.ok().is_none_or(|socket| platform::queue_icmp(&socket, address))
}

/// Asks for a connection with packets that travel `hop_limit` hops at most, and waits up to `limit` for an answer. With
/// a limit below 1 s a single SYN is sent (RFC 6298 repeats it after 1 s). A connection that was made, and not reset at
/// once, is to be closed without a word.
///
/// Must be called within a tokio runtime.
pub async fn connect_with_hop_limit(
    address: SocketAddr,
    hop_limit: u8,
    limit: Duration,
) -> Result<(Said, Option<TcpStream>), Untraceable> {
    let packets = Packets { hop_limit: Some(hop_limit), ..Packets::default() };
    let said = match tcp::request(address, None, packets, limit).await {
        ConnectOutcome::Established(stream) => {
            // The farewell shall arrive whichever way it takes.
            let socket = SockRef::from(&stream);
            let _ = match address {
                SocketAddr::V4(_) => socket.set_ttl_v4(USUAL_HOP_LIMIT),
                SocketAddr::V6(_) => socket.set_unicast_hops_v6(USUAL_HOP_LIMIT),
            };
            return Ok((Said::Connected, Some(stream)));
        }
        ConnectOutcome::ResetAtOnce => Said::Connected,
        ConnectOutcome::Icmp(queued, promptness) => match queued.icmp {
            Icmp { v6: false, icmp_type: 11, code: 0, from } | Icmp { v6: true, icmp_type: 3, code: 0, from } => {
                Said::TimeExceeded(from)
            }
            icmp if tcp::is_silent_neighbour(icmp, promptness) => Said::Silence,
            icmp => Said::Icmp { icmp, from_here: icmp.from.is_some_and(tcp::is_own_address) },
        },
        // This machine's own loopback answers within the call.
        ConnectOutcome::RefusedHere(error) | ConnectOutcome::Failed(error)
            if error.kind() == io::ErrorKind::ConnectionRefused =>
        {
            Said::Refused
        }
        ConnectOutcome::RefusedHere(error) => return Err(Untraceable::Local(error.to_string())),
        ConnectOutcome::Failed(error) if error.kind() == io::ErrorKind::TimedOut => Said::Silence,
        ConnectOutcome::Failed(_) => return Err(NOT_TOLD),
        ConnectOutcome::Local(words) => return Err(Untraceable::Local(words)),
        ConnectOutcome::Silence => Said::Silence,
    };
    Ok((said, None))
}
