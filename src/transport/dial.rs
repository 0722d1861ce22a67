//! How connections are made: the seam for whoever brings connections of their own, a proxy's or a test's.

use std::fmt;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::quick_ack::QuickAckStream;
use super::tcp::{self, ConnectError};
use crate::observation::{ConnectFailure, ConnectFailureKind};
use crate::target::AddressClass;

/// Makes connections.
pub trait Dialer: fmt::Debug + Send + Sync {
    /// Connects to `server` within `limit`. Called within a tokio runtime.
    fn dial(&self, server: SocketAddr, limit: Duration) -> Dialing<'_>;

    /// As [`dial`](Self::dial), and neither side sends packets of more than `packet` bytes, IP header included. `None`
    /// where this cannot be arranged; then nothing is learnt about packets that get lost for their size.
    fn dial_with_small_segments(&self, server: SocketAddr, limit: Duration, packet: u16) -> Option<Dialing<'_>> {
        let _ = (server, limit, packet);
        None
    }
}

/// A connection that is being made. Dropping it gives it up.
pub type Dialing<'a> = Pin<Box<dyn Future<Output = Result<Connection, ConnectError>> + Send + 'a>>;

/// What bytes travel over, both ways.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for S {}

/// A connection that was made.
pub struct Connection {
    /// What travels over it.
    pub stream: Box<dyn ByteStream>,
    /// The address of our own end, where it is known.
    pub local: Option<IpAddr>,
}

/// Connects over TCP.
#[derive(Debug, Clone, Copy, Default)]
pub struct TcpDialer {
    /// The address of this machine to connect from, for servers of the same family; `None`: as the system chooses.
    pub source: Option<IpAddr>,
}

impl Dialer for TcpDialer {
    fn dial(&self, server: SocketAddr, limit: Duration) -> Dialing<'_> {
        Box::pin(async move { Ok(connection(tcp::connect_from(self.source, server, limit).await?)) })
    }

    fn dial_with_small_segments(&self, server: SocketAddr, limit: Duration, packet: u16) -> Option<Dialing<'_>> {
        tcp::CAN_LIMIT_SEGMENTS.then(|| -> Dialing<'_> {
            Box::pin(async move {
                Ok(connection(tcp::connect_with_small_segments(self.source, server, limit, packet).await?))
            })
        })
    }
}

fn connection(stream: TcpStream) -> Connection {
    let local = stream.local_addr().ok().map(|local| local.ip());
    Connection { stream: Box::new(QuickAckStream::new(stream)), local }
}

/// Connects to public addresses alone. What a name leads to is judged when the connection is made, so no answer of a name
/// server can change in between.
#[derive(Debug)]
pub(crate) struct PublicDialer(pub(crate) Arc<dyn Dialer>);

impl Dialer for PublicDialer {
    fn dial(&self, server: SocketAddr, limit: Duration) -> Dialing<'_> {
        match AddressClass::of(server.ip()) {
            AddressClass::Public => self.0.dial(server, limit),
            class => Box::pin(async move { Err(ConnectError::Failure(refused(server.ip(), class))) }),
        }
    }

    fn dial_with_small_segments(&self, server: SocketAddr, limit: Duration, packet: u16) -> Option<Dialing<'_>> {
        match AddressClass::of(server.ip()) {
            AddressClass::Public => self.0.dial_with_small_segments(server, limit, packet),
            _ => None,
        }
    }
}

fn refused(address: IpAddr, class: AddressClass) -> ConnectFailure {
    let class = class.article_and_name();
    ConnectFailure {
        kind: ConnectFailureKind::RefusedByOption,
        icmp: None,
        on_this_machine: true,
        route_exists: false,
        os_error: None,
        message: format!("{address} is {class} address, and --no-private refuses those"),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn the_source_is_for_servers_of_its_family() {
        for (source, from) in [("127.0.0.2", "127.0.0.2"), ("::1", "127.0.0.1")] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let dialer = TcpDialer { source: Some(source.parse().unwrap()) };
            let dialing = dialer.dial(listener.local_addr().unwrap(), Duration::from_secs(5));
            let (connection, accepted) = tokio::join!(dialing, listener.accept());
            let from: IpAddr = from.parse().unwrap();
            assert_eq!((connection.unwrap().local, accepted.unwrap().1.ip()), (Some(from), from));
        }
    }
}
