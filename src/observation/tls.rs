//! What was seen of TLS: the session, the certificate with its chain, and how a handshake failed.

use super::failure::Limit;

/// What is known of a TLS session. Names are IANA's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TlsFacts {
    /// `TLSv1.3`
    pub version: Option<String>,
    /// `TLS_AES_256_GCM_SHA384`
    pub cipher_suite: Option<String>,
    /// `X25519MLKEM768`
    pub key_exchange: Option<String>,
    /// The server's certificate, where it could be read.
    pub certificate: Option<CertificateFacts>,
    /// Everything that is wrong with the certificate and its chain.
    pub faults: Vec<CertificateFault>,
    /// What speaks inside TLS in place of a mail server, where a second look asked and was told.
    pub inside: Option<InsideTls>,
}

/// What speaks inside TLS where a mail server was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum InsideTls {
    /// A web server: the first line of its answer.
    Http(String),
    /// TLS once more: what answered, `ServerHello` or `alert protocol_version`.
    Tls(String),
}

/// What a server's certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct CertificateFacts {
    /// The subject's distinguished name.
    pub subject: String,
    /// The issuer's distinguished name.
    pub issuer: String,
    /// The subject alternative names: DNS names and IP addresses.
    pub names: Vec<String>,
    /// Seconds since 1970 (UTC).
    pub not_before: i64,
    /// Seconds since 1970 (UTC).
    pub not_after: i64,
    /// When it was looked at, in seconds since 1970 (UTC).
    pub checked_at: i64,
    /// `RSA 2048`, `EC P-256`, `Ed25519`
    pub key: String,
    /// The SHA-256 of the certificate, in lower-case hexadecimal.
    pub sha256: String,
    /// How many certificates the server sent.
    pub chain_length: usize,
    /// The name or address that it was checked for.
    pub checked_name: String,
    /// Where the certificates that the server sent lead.
    pub chain: ChainFacts,
}

/// What the certificates that a server sent say together, by the names in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ChainFacts {
    /// Where the chain ends, where that is not at a trusted authority.
    pub end: Option<ChainEnd>,
    /// Whether a certificate stands before one that it vouches for.
    pub out_of_order: bool,
    /// The name of a trusted root that the server sent, which every client has already.
    pub needless_root: Option<String>,
    /// Where the missing issuer's certificate is said to be (RFC 5280, section 4.2.2.1). Never fetched.
    pub issuer_url: Option<String>,
    /// The other list of authorities, where that one trusts it and the one that counts does not.
    pub trusted_by: Option<TrustStore>,
}

/// Where trusted authorities come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TrustStore {
    /// Mozilla's list, built in.
    #[default]
    WebPki,
    /// The operating system's list.
    System,
}

/// Where a chain that reaches no trusted authority ends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum ChainEnd {
    /// At a certificate that issued itself and that nobody here trusts: its name.
    UnknownRoot(String),
    /// At a certificate whose issuer the server did not send and nobody here trusts: the issuer's name.
    IssuerNotSent(String),
    /// At a certificate whose issuer bears the name of an authority that is trusted here, and signed with another key
    /// than that one has: the issuer's name.
    OtherKey(String),
}

impl CertificateFacts {
    /// Whole days until it expires; negative when it has.
    pub fn days_left(&self) -> i64 {
        self.not_after.saturating_sub(self.checked_at).div_euclid(24 * 60 * 60)
    }
}

/// A fault of a certificate or its chain. Every one that holds is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum CertificateFault {
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It is not for the name that was asked for.
    WrongName,
    /// Issuer and subject are the same and its own key signed it, and nobody here trusts it.
    SelfSigned,
    /// No trusted authority stands at the end of the chain.
    UnknownIssuer,
    /// A certificate between it and the trusted authority has expired.
    IssuerExpired,
    /// A certificate between it and the trusted authority is not valid yet.
    IssuerNotYetValid,
    /// It is not for servers: the extended key usage says so.
    WrongPurpose,
    /// It cannot be used: its version, key, signature or encoding. The reason.
    Unusable(String),
}

/// Why a TLS handshake failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TlsFailure {
    /// What kind of failure it is.
    pub kind: TlsFailureKind,
    /// The TLS library's words.
    pub message: String,
}

/// What kind of failure ended a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum TlsFailureKind {
    /// The server sent a fatal alert: its IANA name, for example `protocol_version`.
    Alert(String),
    /// What came is not TLS.
    NotTls,
    /// There is no version, suite or group that both sides accept.
    Incompatible,
    /// The server broke the protocol.
    Misbehaved,
    /// The server ended the stream.
    Closed,
    /// The connection was reset.
    Reset,
    /// A time limit was met.
    TimedOut(Limit),
    /// Anything else.
    Other,
}
