//! What ties a login to the TLS connection that it is made in.

use std::fmt;

use zeroize::Zeroizing;

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
