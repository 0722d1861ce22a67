//! A responder: good mail servers for crowds. They answer many thousand connections and remember only their number.
//!
//! [`Server`](crate::Server) records what each client sent and can misbehave in every way; that costs time, and would be
//! measured along with the client. A responder is light, so that what is measured is the client.

mod dialogue;
mod role;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::sign::SingleCertAndKey;
use rustls::version::TLS13;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::TlsAcceptor;

use crate::Security;
use crate::pki::Pki;
use dialogue::Ending;

pub use role::{Mode, Role};

/// What the certificate of every responder covers: the names of [`dns::crowd`](crate::dns::crowd), loopback, and the far
/// end of a [`link`](crate::link).
pub const NAMES: [&str; 7] = ["*.lab.example", "lab.example", "localhost", "127.0.0.1", "::1", "10.77.0.2", "fd77::2"];

/// As long as the system allows: a client that starts thousands at once must not wait for SYNs to be sent again.
const BACKLOG: u32 = 65_535;
/// How long to wait after a failed `accept`.
const ACCEPT_RETRY: Duration = Duration::from_millis(5);

/// Listening servers. They stop when it is dropped.
#[derive(Debug)]
pub struct Responder {
    runtime: Option<Runtime>,
    tls: Arc<ServerConfig>,
    ports: Vec<(SocketAddr, Arc<AtomicU64>)>,
}

impl Responder {
    /// A responder that works with so many threads and listens nowhere yet.
    pub fn new(threads: usize) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(threads.max(1)).enable_all().build()?;
        let mut tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&TLS13])
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(Pki::shared().key_below_root(&NAMES))));
        // Tickets are work for both sides, and no client here comes back.
        tls.send_tls13_tickets = 0;
        Ok(Self { runtime: Some(runtime), tls: Arc::new(tls), ports: Vec::new() })
    }

    /// What a client must trust: PEM.
    pub fn ca_pem() -> String {
        Pki::shared().ca_pem()
    }

    /// Listens on `address` in this role and says where: port 0 takes a free one.
    pub fn listen(&mut self, role: Role, address: SocketAddr) -> io::Result<SocketAddr> {
        let Some(runtime) = &self.runtime else { return Err(io::ErrorKind::NotConnected.into()) };
        let listener = {
            let _context = runtime.enter();
            let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            socket.listen(BACKLOG)?
        };
        let address = listener.local_addr()?;
        let accepted = Arc::new(AtomicU64::new(0));
        self.ports.push((address, Arc::clone(&accepted)));
        runtime.spawn(accept(listener, role, TlsAcceptor::from(Arc::clone(&self.tls)), accepted));
        Ok(address)
    }

    /// How many connections each port has accepted, in the order of [`listen`](Self::listen).
    pub fn accepted(&self) -> Vec<(SocketAddr, u64)> {
        self.ports.iter().map(|(address, accepted)| (*address, accepted.load(Ordering::Relaxed))).collect()
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn accept(listener: TcpListener, role: Role, tls: TlsAcceptor, accepted: Arc<AtomicU64>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                accepted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, role, tls.clone()));
            }
            Err(_) => tokio::time::sleep(ACCEPT_RETRY).await,
        }
    }
}

/// One connection. How it fails is the client's to tell.
async fn serve(mut stream: TcpStream, role: Role, tls: TlsAcceptor) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match role.mode {
        Mode::Good | Mode::StallTls => {}
        Mode::Late(pause) => tokio::time::sleep(pause).await,
        Mode::Silent => return hear_out(&mut stream).await,
    }
    if role.security != Security::Implicit {
        let secure = role.security == Security::StartTls;
        if dialogue::hold(&mut stream, role.protocol, dialogue::Part::InTheClear { secure }).await? == Ending::Over {
            stream.shutdown().await?;
            return hear_out(&mut stream).await;
        }
    }
    if role.mode == Mode::StallTls {
        return hear_out(&mut stream).await;
    }
    let mut stream = tls.accept(stream).await?;
    let greet = role.security == Security::Implicit;
    dialogue::hold(&mut stream, role.protocol, dialogue::Part::Secured { greet }).await?;
    stream.shutdown().await?;
    hear_out(&mut stream).await
}

/// Reads until the client closes: closing on unread bytes would reset it.
async fn hear_out(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    let mut buffer = [0; 64];
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}
