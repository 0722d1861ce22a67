//! A listening server: its start, its limits, its record and its end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::behaviour::Behaviour;
use crate::conversation::Conversation;
use crate::pki::Pki;
use crate::record::{End, Log, Received, Record};
use crate::tls;
use crate::wire::Wire;

/// How long a drop waits for the port to be free again; only a starved machine needs more than an instant.
const STOP_PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait after a failed `accept`.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);
/// How long [`Server::settled`] waits for open connections to end.
const SETTLE_PATIENCE: Duration = Duration::from_secs(5);

/// What a server may use, so that a leaked one ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long it listens.
    pub lifetime: Duration,
    /// How long one connection may last.
    pub connection: Duration,
    /// How many connections may be open at a time. More are closed unheard, and recorded.
    pub open_connections: usize,
    /// How many connections are served and recorded in all. Then it stops listening.
    pub connections: usize,
}

impl Default for Limits {
    /// Ten minutes, two for a connection, 64 at a time, 10,000 in all.
    fn default() -> Self {
        Self {
            lifetime: Duration::from_secs(600),
            connection: Duration::from_secs(120),
            open_connections: 64,
            connections: 10_000,
        }
    }
}

/// A running server. It stops when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    record: Record,
    task: AbortHandle,
    stopped: mpsc::Receiver<()>,
}

impl Server {
    /// Listens on 127.0.0.1, on a port the system chooses.
    ///
    /// # Panics
    ///
    /// When this machine has no loopback or no free port.
    pub fn start(behaviour: Behaviour) -> Self {
        match Self::start_at(behaviour, (Ipv4Addr::LOCALHOST, 0).into()) {
            Ok(server) => server,
            Err(error) => panic!("no server on loopback: {error}"),
        }
    }

    /// Listens on this address; port 0 lets the system choose.
    ///
    /// # Errors
    ///
    /// What `bind` says: address in use, not of this machine, not permitted.
    pub fn start_at(behaviour: Behaviour, address: SocketAddr) -> io::Result<Self> {
        Self::start_with(behaviour, address, Limits::default())
    }

    /// Listens on this address within these limits.
    ///
    /// # Errors
    ///
    /// As [`Server::start_at`].
    pub fn start_with(behaviour: Behaviour, address: SocketAddr, limits: Limits) -> io::Result<Self> {
        let runtime = runtime()?;
        let listener = StdListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = {
            let _context = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let record = Record::new();
        let mut post = Post { roles: Vec::new(), limits, record: record.clone() };
        let mut next = Some(Box::new(behaviour));
        while let Some(mut behaviour) = next {
            next = behaviour.next.take();
            let tls = tls::server_config(&behaviour, Pki::shared()).map_err(io::Error::other)?;
            post.roles.push(Role { behaviour: Arc::from(behaviour), tls });
        }
        let (stopping, stopped) = mpsc::channel();
        let task = runtime.spawn(async move {
            // Dropped with this task, after the listener, when the task ends or is aborted.
            let _stopping = stopping;
            let _ = timeout(limits.lifetime, post.serve(listener)).await;
        });
        Ok(Self { address, record, task: task.abort_handle(), stopped })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as a URL with this scheme.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    /// The connections so far, in the order of their acceptance, as they are now.
    pub fn connections(&self) -> Vec<Received> {
        self.record.connections().clone()
    }

    /// The connections so far, once the server has let go of all of them; after 5 seconds, as they are then.
    pub fn settled(&self) -> Vec<Received> {
        const GLANCE: Duration = Duration::from_millis(1);
        let deadline = Instant::now() + SETTLE_PATIENCE;
        loop {
            let connections = self.connections();
            if connections.iter().all(|one| one.released.is_some()) || Instant::now() >= deadline {
                return connections;
            }
            thread::sleep(GLANCE);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        // The channel never carries anything: its end says that the port is free.
        let _ = self.stopped.recv_timeout(STOP_PATIENCE);
    }
}

/// One runtime serves every server of the process, so that hundreds of them cost two threads.
pub(crate) fn runtime() -> io::Result<&'static Runtime> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let built = RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("lab").enable_all().build()
    });
    built.as_ref().map_err(|error| io::Error::new(error.kind(), error.to_string()))
}

/// What the accepting task needs.
struct Post {
    /// One for each connection in turn; the last one is for all that follow.
    roles: Vec<Role>,
    limits: Limits,
    record: Record,
}

/// What one connection gets.
struct Role {
    behaviour: Arc<Behaviour>,
    tls: Arc<rustls::ServerConfig>,
}

impl Post {
    async fn serve(&self, listener: TcpListener) {
        let mut open = JoinSet::new();
        for _ in 0..self.limits.connections {
            let Ok((tcp, peer)) = listener.accept().await else {
                // Out of descriptors, most likely: give the open connections time to end.
                sleep(ACCEPT_RETRY).await;
                continue;
            };
            while open.try_join_next().is_some() {}
            let log = self.record.begin(peer);
            match self.roles.get(log.index()).or(self.roles.last()) {
                Some(role) if open.len() < self.limits.open_connections => {
                    open.spawn(self.converse(role, tcp, peer, log));
                }
                _ => {
                    drop(tcp);
                    log.end(End::LimitMet);
                    log.released();
                }
            }
        }
        drop(listener);
        while open.join_next().await.is_some() {}
    }

    fn converse(&self, role: &Role, tcp: TcpStream, peer: SocketAddr, log: Log) -> impl Future<Output = ()> + use<> {
        let wire = Wire::new(tcp, role.behaviour.delivery, log.clone());
        let conversation = Conversation::new(Arc::clone(&role.behaviour), Arc::clone(&role.tls), peer, wire);
        let lifetime = self.limits.connection;
        async move {
            if timeout(lifetime, conversation.hold()).await.is_err() {
                log.end(End::LimitMet);
            }
            log.released();
        }
    }
}
