//! What the clients did: evidence for tests about manners.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How much of what one client sends is kept.
const MAX_RECORDED_BYTES: usize = 64 * 1024;

/// One connection, as the server saw it. Times count from its acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The client's address.
    pub from: SocketAddr,
    /// When the connection was accepted, counted from the server's start.
    pub accepted: Duration,
    /// When the last bytes of the greeting left.
    pub greeted: Option<Duration>,
    /// The TLS hello, where the server read one as such.
    pub client_hello: Option<ClientHelloSeen>,
    /// When the handshake was done.
    pub secured: Option<Duration>,
    /// What the client sent, in order, decrypted where TLS was up. TLS hellos that the server took as such are not here.
    pub pieces: Vec<Piece>,
    /// How many bytes `pieces` would hold without its limit (64 KiB).
    pub bytes: usize,
    /// How it ended, and when; `None` while the conversation goes on.
    pub end: Option<(Duration, End)>,
    /// When the server let go of it: after [`Received::end`], since a server that ended its stream reads on for a moment.
    pub released: Option<Duration>,
}

/// What one read gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// When it arrived.
    pub at: Duration,
    /// Whether it came inside TLS.
    pub secured: bool,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A TLS hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientHelloSeen {
    /// The length of its TLS record in bytes, with the record's header.
    pub length: usize,
    /// The name in SNI (RFC 6066).
    pub server_name: Option<String>,
    /// The newest version it offers, as on the wire: `0x0304` is TLS 1.3.
    pub newest_version: u16,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The client ended its stream first.
    ClientClosed,
    /// The client reset the connection.
    ClientReset,
    /// The server ended it: after QUIT, or because its script says so.
    ServerEnded,
    /// The TLS handshake failed, with rustls's words.
    HandshakeFailed(String),
    /// A limit of the lab was met: the connection's lifetime, or a line too long.
    LimitMet,
}

impl Received {
    /// Everything the client said, one line each, without line ends.
    pub fn lines(&self) -> Vec<String> {
        let bytes: Vec<u8> = self.pieces.iter().flat_map(|piece| piece.bytes.iter().copied()).collect();
        String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
    }

    /// Whether the client spoke before the greeting was out.
    pub fn spoke_first(&self) -> bool {
        self.pieces.first().is_some_and(|first| self.greeted.is_none_or(|greeted| first.at < greeted))
    }

    /// Whether the client's last words were QUIT or LOGOUT.
    pub fn said_goodbye(&self) -> bool {
        self.lines().last().is_some_and(|line| {
            line.split(' ')
                .next_back()
                .is_some_and(|verb| verb.eq_ignore_ascii_case("QUIT") || verb.eq_ignore_ascii_case("LOGOUT"))
        })
    }
}

/// All connections of one server.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    started: Instant,
    connections: Arc<Mutex<Vec<Received>>>,
}

impl Record {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), connections: Arc::default() }
    }

    pub(crate) fn begin(&self, from: SocketAddr) -> Log {
        let accepted = Instant::now();
        let mut connections = self.connections();
        connections.push(Received {
            from,
            accepted: accepted.duration_since(self.started),
            greeted: None,
            client_hello: None,
            secured: None,
            pieces: Vec::new(),
            bytes: 0,
            end: None,
            released: None,
        });
        Log { record: self.clone(), index: connections.len() - 1, accepted }
    }

    pub(crate) fn connections(&self) -> MutexGuard<'_, Vec<Received>> {
        // A connection that panicked leaves a record that is still worth reading.
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The record of one connection, to write to.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    record: Record,
    index: usize,
    accepted: Instant,
}

impl Log {
    /// Which connection it is, counted from 0.
    pub(crate) fn index(&self) -> usize {
        self.index
    }

    pub(crate) fn greeted(&self) {
        self.note(|received, now| received.greeted = Some(now));
    }

    pub(crate) fn secured(&self) {
        self.note(|received, now| received.secured = Some(now));
    }

    pub(crate) fn client_hello(&self, seen: ClientHelloSeen) {
        self.note(|received, _| received.client_hello = Some(seen));
    }

    pub(crate) fn piece(&self, secured: bool, bytes: &[u8]) {
        self.note(|received, at| {
            let kept = bytes.len().min(MAX_RECORDED_BYTES.saturating_sub(received.bytes));
            received.bytes += bytes.len();
            if let Some(bytes) = bytes.get(..kept).filter(|bytes| !bytes.is_empty()) {
                received.pieces.push(Piece { at, secured, bytes: bytes.to_vec() });
            }
        });
    }

    /// Notes how the connection ended. The first word on it stands.
    pub(crate) fn end(&self, end: End) {
        self.note(|received, now| {
            received.end.get_or_insert((now, end));
        });
    }

    pub(crate) fn released(&self) {
        self.note(|received, now| received.released = Some(now));
    }

    fn note(&self, change: impl FnOnce(&mut Received, Duration)) {
        let now = self.accepted.elapsed();
        if let Some(received) = self.record.connections().get_mut(self.index) {
            change(received, now);
        }
    }
}
