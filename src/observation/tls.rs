//! What was seen of TLS: the session, the certificate with its chain, and how a handshake failed.

use super::chain::{ChainFacts, IssuerFacts, NearMiss, UnusableReason};
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
    /// The certificates that the server sent, its own first, in DER; empty where no policy is held against them.
    #[doc(hidden)]
    pub presented: Vec<Vec<u8>>,
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
    /// Its extensions in order, by their names in RFC 5280, `basicConstraints` with its value: `basicConstraints=CA:FALSE`.
    pub extensions: Vec<String>,
    /// How many certificates the server sent.
    pub chain_length: usize,
    /// The name or address that it was checked for.
    pub checked_name: String,
    /// What in it looks like that name, and does not count.
    pub near_miss: Option<NearMiss>,
    /// Where the certificates that the server sent lead.
    pub chain: ChainFacts,
}

impl CertificateFacts {
    /// Whole days until it expires; negative when it has.
    pub fn days_left(&self) -> i64 {
        self.days_until(self.not_after)
    }

    /// Whole days until the chain is valid no longer: until the first of its certificates expires. Reports give this number,
    /// and [`Self::days_left`] only under its own name: the two differ where one above the server's own ends first.
    pub fn chain_days_left(&self) -> i64 {
        self.days_until(self.chain_ends_with().map_or(self.not_after, |issuer| issuer.not_after))
    }

    /// The certificate above the server's own that ends first, where one does so before the server's.
    pub(crate) fn chain_ends_with(&self) -> Option<&IssuerFacts> {
        let first = self.chain.issuers.iter().min_by_key(|issuer| issuer.not_after);
        first.filter(|issuer| issuer.not_after < self.not_after)
    }

    fn days_until(&self, end: i64) -> i64 {
        end.saturating_sub(self.checked_at).div_euclid(24 * 60 * 60)
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
    /// A certificate above it, the trusted root's included, has expired: [`ChainFacts::issuers`] tells which.
    IssuerExpired,
    /// A certificate above it, the trusted root's included, is not valid yet.
    IssuerNotYetValid,
    /// It is not for servers: the extended key usage says so.
    WrongPurpose,
    /// It cannot be used: its version, key, signature or encoding. The reason.
    Unusable(UnusableReason),
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
