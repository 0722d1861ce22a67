//! What the certificates that a server sent come to together: where they lead, which of them fail and why, and what
//! programs do not agree on.

use std::fmt;

/// What the certificates that a server sent say together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ChainFacts {
    /// Where the chain ends, where that is not at a trusted authority.
    pub end: Option<ChainEnd>,
    /// The certificates above the server's own, each the issuer of the one before it. The last one is the trusted root,
    /// where its certificate is known: Mozilla's list has only the keys.
    pub issuers: Vec<IssuerFacts>,
    /// Whether a certificate stands before one that it vouches for.
    pub out_of_order: bool,
    /// The name of a trusted root that the server sent, which every client has already.
    pub needless_root: Option<String>,
    /// Where the missing issuer's certificate is said to be (RFC 5280, section 4.2.2.1). Never fetched.
    pub issuer_url: Option<String>,
    /// The other list of authorities, where that one trusts it and the one that counts does not.
    pub trusted_by: Option<TrustStore>,
    /// What some programs refuse and others accept.
    pub peculiarities: Vec<Peculiarity>,
}

/// A certificate above the server's own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct IssuerFacts {
    /// The subject's distinguished name.
    pub subject: String,
    /// Seconds since 1970 (UTC).
    pub not_before: i64,
    /// Seconds since 1970 (UTC).
    pub not_after: i64,
    /// Whether it is trusted here by itself: a root, as a rule.
    pub is_root: bool,
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

/// Something in a certificate that looks like the name that was asked for, and is not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum NearMiss {
    /// The address is written as a DNS name.
    AddressAsDnsName,
    /// The name ends with a dot: how it is written.
    TrailingDot(String),
    /// A wildcard takes only a part of the first label: how it is written.
    PartialWildcard(String),
    /// The name stands in the subject's common name, and there is no alternative name: how it is written.
    CommonNameOnly(String),
}

/// What some programs refuse and others accept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Peculiarity {
    /// The key usage does not allow the signature that a TLS handshake needs.
    NoDigitalSignature,
    /// A certificate has a certificate policies extension that is marked critical.
    CriticalPolicies,
    /// The validity of a certificate begins before 1970.
    BeginsBefore1970,
    /// There are this many intermediate certificates.
    LongChain(usize),
}

/// Why a certificate, or the chain above it, cannot be used. `of` names the certificate's subject, where it is not the
/// server's own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum UnusableReason {
    /// It is not X.509, or not encoded as X.509 demands.
    Malformed,
    /// It is X.509 version 1 or 2.
    OldVersion,
    /// An RSA key of this many bits.
    WeakKey {
        /// Whose.
        of: Option<String>,
        /// Its length.
        bits: usize,
    },
    /// A signature with a broken hash.
    WeakSignature {
        /// Whose.
        of: Option<String>,
        /// `SHA-1` or `MD5`.
        hash: String,
    },
    /// A signature that the TLS library cannot check. Nothing is known against it.
    UncheckedSignature {
        /// Whose.
        of: Option<String>,
        /// `Ed448`
        algorithm: String,
    },
    /// A signature that is not its issuer's.
    WrongSignature {
        /// Whose.
        of: Option<String>,
    },
    /// The server did not prove in the handshake that it holds the key.
    KeyNotProven(String),
    /// It is a CA's own certificate.
    IsCa,
    /// An issuer is not a CA.
    IssuerIsNoCa {
        /// Which, where that is known.
        of: Option<String>,
    },
    /// An issuer's key usage does not let it sign certificates.
    IssuerMayNotSign {
        /// Which.
        of: String,
    },
    /// The validity ends before it begins.
    ReversedDates,
    /// An issuer may not issue certificates for these names.
    NameNotPermitted,
    /// There are more intermediates than an issuer allows.
    PathTooLong,
    /// A critical extension that programs do not know.
    CriticalExtension {
        /// Whose.
        of: Option<String>,
        /// Its object identifier, where it is known which.
        oid: Option<String>,
    },
    /// An issuer may not issue certificates for servers.
    IssuerNotForServers,
    /// Anything else: the TLS library's words.
    Refused(String),
}

impl fmt::Display for UnusableReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let its = |of: &Option<String>, what: &str| match of {
            None => format!("its {what}"),
            Some(of) => format!("the {what} of {of}"),
        };
        match self {
            Self::Malformed => f.write_str("it is not a well-formed X.509 certificate"),
            Self::OldVersion => f.write_str("it is not X.509 version 3"),
            Self::WeakKey { of, bits } => {
                write!(f, "{} has {bits} bits, and fewer than 2048 are not accepted", its(of, "RSA key"))
            }
            Self::WeakSignature { of, hash } => {
                let it = of.as_deref().unwrap_or("it");
                write!(f, "{it} is signed with {hash}, which is broken and no longer accepted")
            }
            Self::UncheckedSignature { of, algorithm } => {
                write!(f, "{} is made with {algorithm}", its(of, "signature"))
            }
            Self::WrongSignature { of } => {
                write!(f, "{} does not verify with the issuer's key", its(of, "signature"))
            }
            Self::KeyNotProven(error) => {
                write!(f, "the server did not prove that it holds the certificate's key: {error}")
            }
            Self::IsCa => f.write_str("it is a CA certificate, not a server's"),
            Self::IssuerIsNoCa { of: None } => f.write_str("a certificate in its chain is not a CA certificate"),
            Self::IssuerIsNoCa { of: Some(of) } => write!(f, "{of} issued a certificate and is not a CA"),
            Self::IssuerMayNotSign { of } => write!(f, "the key usage of {of} does not include signing certificates"),
            Self::ReversedDates => f.write_str("its validity ends before it begins"),
            Self::NameNotPermitted => f.write_str("its issuer may not issue certificates for its names"),
            Self::PathTooLong => f.write_str("its chain is longer than allowed"),
            Self::CriticalExtension { of, oid } => {
                let (it, which) = (of.as_deref().unwrap_or("it"), oid.as_ref().map(|oid| format!(", {oid}")));
                write!(f, "{it} has a critical extension that is not supported{}", which.unwrap_or_default())
            }
            Self::IssuerNotForServers => {
                f.write_str("the extended key usage of an issuer does not include server authentication")
            }
            Self::Refused(words) => write!(f, "mailprobe's TLS library (rustls) refuses it: {words}"),
        }
    }
}
