//! What a login can be made with, and what ties it to the TLS connection.

use std::fmt;

use zeroize::Zeroizing;

/// What a server offers those who want to log in, inside TLS.
#[derive(Debug, Clone)]
pub struct LoginOffer<'a> {
    /// The mechanisms, in upper case.
    pub mechanisms: &'a [String],
    /// Whether the protocol's own command takes a password: IMAP's LOGIN, POP3's USER and PASS.
    pub password_command: bool,
    /// What ties the login to this connection; `None` where the connection has nothing of the kind.
    pub binding: Option<ChannelBinding>,
    /// The server's name and port, as the user named them: OAUTHBEARER tells them (RFC 7628, section 3.1).
    pub host: &'a str,
    pub port: u16,
}

/// Channel binding data (RFC 5056) of the connection.
#[derive(Clone)]
pub struct ChannelBinding {
    pub kind: BindingKind,
    pub data: Zeroizing<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingKind {
    /// Of TLS 1.3, and of TLS 1.2 with the extended master secret: 32 bytes, exported with the label
    /// `EXPORTER-Channel-Binding` and an empty context (RFC 9266).
    TlsExporter,
    /// The hash of the server's certificate: with the hash of its signature, SHA-256 where that is MD5 or SHA-1 (RFC 5929,
    /// section 4).
    TlsServerEndPoint,
}

impl BindingKind {
    /// The registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::TlsExporter => "tls-exporter",
            Self::TlsServerEndPoint => "tls-server-end-point",
        }
    }
}

impl fmt::Debug for ChannelBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelBinding").field("kind", &self.kind).finish_non_exhaustive()
    }
}
