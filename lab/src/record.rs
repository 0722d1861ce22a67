//! What the clients did: evidence for tests about manners.

use std::net::SocketAddr;
use std::time::Duration;

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
