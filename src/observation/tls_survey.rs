//! What a server wants whose TLS the library does not speak.

/// What the answers to bare hellos show together. Names are IANA's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TlsSurvey {
    /// The version that the server chose: `TLSv1.2`.
    pub version: String,
    /// Whether that version is retired (RFC 8996).
    pub retired_version: bool,
    /// The cipher suite that it chose.
    pub cipher_suite: String,
    /// The group that it chose or asked for.
    pub group: Option<String>,
    /// The algorithm with which it signed, where that was sent in the clear.
    pub signature_algorithm: Option<String>,
    /// The length of the prime, with finite-field Diffie-Hellman.
    pub dh_bits: Option<usize>,
    /// What of it the server insists on and the library does not offer.
    pub lacking: Vec<TlsPart>,
    /// What it means for common clients, in the order of the table.
    pub clients: Vec<ClientOutcome>,
}

/// What both sides must have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsPart {
    /// The cipher suite.
    CipherSuite,
    /// The group of the key exchange.
    Group,
    /// The algorithm of the server's signature.
    SignatureAlgorithm,
    /// The curve of the key in the server's certificate, before TLS 1.3: it must be among the groups that are offered.
    KeyCurve,
}

/// Whether a common client and the server have everything in common.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ClientOutcome {
    /// The client and its version: `OpenSSL 3.5`.
    pub client: String,
    /// `None` where that was not found out.
    pub agrees: Option<bool>,
}
