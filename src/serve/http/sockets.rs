//! The sockets that requests come in by: bound, all of them, before anything else is done.

use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// Why the daemon cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("{0}")]
    Settings(String),
    #[error("cannot listen on {address}: {}", .error.kind())]
    Listen { address: SocketAddr, error: io::Error },
    #[error("the socket that this process was started with cannot be used: {0}")]
    Inherited(io::Error),
    #[error("{0}")]
    Broken(#[from] io::Error),
}

/// Sockets that listen.
#[derive(Debug, Default)]
pub(in crate::serve) struct Sockets(pub(super) Vec<TcpListener>);

/// How many connections may wait until they are taken.
const BACKLOG: i32 = 1024;

impl Sockets {
    /// Those that this process was started with.
    pub(in crate::serve) fn inherited(sockets: Vec<std::net::TcpListener>) -> Result<Self, ServeError> {
        let take = |socket: std::net::TcpListener| {
            socket.set_nonblocking(true)?;
            TcpListener::from_std(socket)
        };
        sockets.into_iter().map(take).collect::<io::Result<_>>().map(Self).map_err(ServeError::Inherited)
    }

    pub(in crate::serve) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.0.iter().filter_map(|socket| socket.local_addr().ok())
    }

    /// With these besides.
    pub(in crate::serve) fn bind(mut self, addresses: &[SocketAddr]) -> Result<Self, ServeError> {
        for &address in addresses {
            let bound = bind(address, takes_ipv4_too(address, addresses));
            self.0.push(bound.map_err(|error| ServeError::Listen { address, error })?);
        }
        Ok(self)
    }
}

/// `[::]` stands for all addresses of both families, unless one of IPv4 is given with the same port.
fn takes_ipv4_too(address: SocketAddr, all: &[SocketAddr]) -> bool {
    let is_wildcard = matches!(address.ip(), IpAddr::V6(ip) if ip.is_unspecified());
    is_wildcard && !all.iter().any(|other| other.is_ipv4() && other.port() == address.port())
}

fn bind(address: SocketAddr, ipv4_too: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // Said either way: what holds otherwise is the system's choice.
        socket.set_only_v6(!ipv4_too)?;
    }
    // On Windows it would let others take the address over.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket.into())
}
