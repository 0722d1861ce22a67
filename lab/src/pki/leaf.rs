//! The kinds of server certificate.

/// A server's certificate and the chain it sends with it. Unless it says otherwise, the certificate covers
/// [`NAMES`](super::NAMES), is valid now and for 89 days, has an ECDSA P-256 key, and comes with the intermediate that
/// signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Leaf {
    /// Nothing wrong.
    Good,
    /// Ended 30 days ago.
    Expired,
    /// Ended 30 days ago, and its issuer's certificate has been renewed since: that one is valid from yesterday on.
    ExpiredBeforeRenewal,
    /// Begins in 30 days.
    NotYetValid,
    /// Ends in this many days (and an hour).
    ExpiresIn(u16),
    /// Covers only [`OTHER_NAMES`](super::OTHER_NAMES).
    WrongName,
    /// [`Leaf::Expired`] and [`Leaf::WrongName`] at once.
    ExpiredWrongName,
    /// Covers [`WILDCARD`](super::WILDCARD) only.
    Wildcard,
    /// Covers 127.0.0.1 and `::1` only.
    IpOnly,
    /// Has no subject alternative name; the host name is in the subject's common name, as before RFC 2818.
    NoNames,
    /// Its extended key usage allows client authentication only.
    ClientAuthOnly,
    /// Signed with its own key.
    SelfSigned,
    /// From an authority that is not in [`Pki::ca_pem`](super::Pki::ca_pem).
    UnknownIssuer,
    /// The same, sent with its intermediate and its root.
    UnknownRoot,
    /// From the kind of authority that local mail scanners install.
    MailShield,
    /// From a private authority whose name is almost that of an inspection device's maker.
    Namesake,
    /// Sent without the intermediate that signed it, and tells where that is to be had: at [`ISSUER_URL`](super::ISSUER_URL).
    MissingIntermediate,
    /// Two intermediates, in the wrong order.
    WrongOrder,
    /// Signed with its own key, ended 30 days ago, for [`OTHER_NAMES`](super::OTHER_NAMES) and for client authentication.
    AllWrong,
    /// Sent with the root as well.
    SuperfluousRoot,
    /// An ECDSA P-384 key.
    EcdsaP384,
    /// An Ed25519 key.
    Ed25519,
    /// An RSA key of 2,048 bits.
    Rsa2048,
    /// X.509 version 1, signed by an authority in `ca_pem`. It cannot have names.
    X509V1,
    /// Its signature, by an authority in `ca_pem`, is made with SHA-1.
    Sha1,
    /// An RSA key of 1,024 bits, signed by an authority in `ca_pem`. The handshake's own signature is not genuine.
    Rsa1024,
}

impl Leaf {
    /// Every kind.
    pub const ALL: [Self; 26] = [
        Self::Good,
        Self::Expired,
        Self::ExpiredBeforeRenewal,
        Self::NotYetValid,
        Self::ExpiresIn(7),
        Self::WrongName,
        Self::ExpiredWrongName,
        Self::Wildcard,
        Self::IpOnly,
        Self::NoNames,
        Self::ClientAuthOnly,
        Self::SelfSigned,
        Self::UnknownIssuer,
        Self::UnknownRoot,
        Self::MailShield,
        Self::Namesake,
        Self::MissingIntermediate,
        Self::WrongOrder,
        Self::SuperfluousRoot,
        Self::AllWrong,
        Self::EcdsaP384,
        Self::Ed25519,
        Self::Rsa2048,
        Self::X509V1,
        Self::Sha1,
        Self::Rsa1024,
    ];

    /// Its name in a behaviour written in words. Also the common name of its subject, where rcgen makes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Expired => "expired",
            Self::ExpiredBeforeRenewal => "expired-before-renewal",
            Self::NotYetValid => "not-yet-valid",
            Self::ExpiresIn(_) => "expires-soon",
            Self::WrongName => "wrong-name",
            Self::ExpiredWrongName => "expired-wrong-name",
            Self::Wildcard => "wildcard",
            Self::IpOnly => "ip-only",
            Self::NoNames => "no-names",
            Self::ClientAuthOnly => "client-auth-only",
            Self::SelfSigned => "self-signed",
            Self::UnknownIssuer => "unknown-issuer",
            Self::UnknownRoot => "unknown-root",
            Self::MailShield => "mail-shield-certificate",
            Self::Namesake => "namesake-issuer",
            Self::MissingIntermediate => "missing-intermediate",
            Self::WrongOrder => "wrong-order",
            Self::SuperfluousRoot => "superfluous-root",
            Self::AllWrong => "all-wrong",
            Self::EcdsaP384 => "ecdsa-p384",
            Self::Ed25519 => "ed25519",
            Self::Rsa2048 => "rsa-2048",
            Self::X509V1 => "x509-v1",
            Self::Sha1 => "sha1",
            Self::Rsa1024 => "rsa-1024",
        }
    }

    /// The kind of this name; `expires-soon` is in 7 days.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|leaf| leaf.name() == name)
    }
}
