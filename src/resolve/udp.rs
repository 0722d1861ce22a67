//! How the DNS crate gets its sockets.
//!
//! Its own UDP sockets are not connected, so the system cannot tell them of an ICMP message, and a name server that
//! is down looks like one that is silent. These are connected: "refused" arrives at once.
//!
//! Each question has a socket of its own, on a port chosen at random, beside an ID chosen at random: whoever wants to
//! forge an answer has to guess both (RFC 5452, section 9.2). Many questions over one socket would save six system calls
//! of the thirty that a probe of a name makes, and leave the ID alone to guess. The C library shares a socket only between the two
//! families of one name.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use hickory_resolver::net::runtime::{DnsUdpSocket, RuntimeProvider, TokioHandle, TokioRuntimeProvider, TokioTime};
use tokio::io::{Interest, ReadBuf};
use tokio::net::UdpSocket;

/// tokio's sockets, those for UDP connected.
#[derive(Clone)]
pub(super) struct ConnectedSockets {
    tokio: TokioRuntimeProvider,
    /// The one server that they are connected to. The DNS crate knows it, too, but not the zone of a link-local address.
    server: SocketAddr,
    /// The system's words on why there was no socket, once there was none. The DNS crate only tells that no server can be reached.
    pub(super) exhausted: Arc<OnceLock<String>>,
}

impl ConnectedSockets {
    pub(super) fn to(server: SocketAddr) -> Self {
        Self { tokio: TokioRuntimeProvider::default(), server, exhausted: Arc::default() }
    }
}

/// Whether this machine is short of descriptors: EMFILE and ENFILE on every Unix, and WSAEMFILE.
pub(super) fn is_exhaustion(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24 | 10024))
}

impl RuntimeProvider for ConnectedSockets {
    type Handle = TokioHandle;
    type Timer = TokioTime;
    type Udp = ConnectedUdp;
    type Tcp = <TokioRuntimeProvider as RuntimeProvider>::Tcp;

    fn create_handle(&self) -> Self::Handle {
        self.tokio.create_handle()
    }

    fn connect_tcp(
        &self,
        _: SocketAddr,
        bind: Option<SocketAddr>,
        timeout: Option<Duration>,
    ) -> BoxFuture<'static, io::Result<Self::Tcp>> {
        let exhausted = Arc::clone(&self.exhausted);
        let connecting = self.tokio.connect_tcp(self.server, bind, timeout);
        Box::pin(async move { connecting.await.inspect_err(|error| note(&exhausted, error)) })
    }

    fn bind_udp(&self, local: SocketAddr, known_as: SocketAddr) -> BoxFuture<'static, io::Result<Self::Udp>> {
        let exhausted = Arc::clone(&self.exhausted);
        let server = self.server;
        Box::pin(async move {
            let socket = UdpSocket::bind(local).await.inspect_err(|error| note(&exhausted, error))?;
            socket.connect(server).await?;
            Ok(ConnectedUdp { socket, server: known_as })
        })
    }
}

fn note(exhausted: &OnceLock<String>, error: &io::Error) {
    if is_exhaustion(error) {
        exhausted.get_or_init(|| error.to_string());
    }
}

/// A UDP socket that speaks with one server only.
pub(super) struct ConnectedUdp {
    socket: UdpSocket,
    /// As the DNS crate knows it.
    server: SocketAddr,
}

impl DnsUdpSocket for ConnectedUdp {
    type Time = TokioTime;

    fn poll_recv_from(&self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        let mut buffer = ReadBuf::new(buffer);
        self.socket.poll_recv(context, &mut buffer).map_ok(|()| (buffer.filled().len(), self.server))
    }

    // Replaces the default, which waits for data only and so would miss the ICMP message. (Written as `async_trait`
    // writes it.)
    fn recv_from<'life0, 'life1, 'async_trait>(
        &'life0 self,
        buffer: &'life1 mut [u8],
    ) -> BoxFuture<'async_trait, io::Result<(usize, SocketAddr)>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            loop {
                let ready = self.socket.ready(Interest::READABLE | Interest::ERROR).await?;
                if ready.is_error() {
                    if let Some(error) = self.socket.take_error()? {
                        return Err(error);
                    }
                    // Nothing there after all: "would block" makes tokio wait for the next one.
                    let nothing = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
                    let _ = self.socket.try_io(Interest::ERROR, nothing);
                }
                match self.socket.try_recv(buffer) {
                    Ok(length) => return Ok((length, self.server)),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
        })
    }

    // Some systems refuse an address on a connected socket, and there is only one it could be.
    fn poll_send_to(&self, context: &mut Context<'_>, bytes: &[u8], _: SocketAddr) -> Poll<io::Result<usize>> {
        self.socket.poll_send(context, bytes)
    }
}
