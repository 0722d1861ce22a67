//! How a client proves who it is, as far as a dialogue takes part in it: the dialogue carries messages that it cannot read.

use std::fmt;

use zeroize::Zeroizing;

/// A message of the client's in a login. It is wiped when it is dropped, and never shown.
pub type Secret = Zeroizing<Vec<u8>>;

/// The client's side of one SASL exchange (RFC 4422), without any encoding.
pub trait Sasl: Send {
    /// The registered name of the mechanism: `SCRAM-SHA-256`.
    fn mechanism(&self) -> &str;

    /// What the client says before the server has said anything; `None` where the server begins.
    fn initial_response(&mut self) -> Result<Option<Secret>, SaslError>;

    /// The answer to a challenge, which may be empty.
    fn respond(&mut self, challenge: &[u8]) -> Result<Secret, SaslError>;

    /// The server says that the login has succeeded: an error where the mechanism has the server prove that it knows the
    /// password, too, and it has not (RFC 5802, section 3).
    fn succeeded(&mut self) -> Result<(), SaslError>;
}

/// Why an exchange cannot go on, in words without a secret: a challenge that breaks the rules of the mechanism, a server
/// that failed to prove itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SaslError(pub String);

impl SaslError {
    /// A server says that a login succeeded which was not made.
    pub fn early_success() -> Self {
        Self("the server said that the login succeeded before it had been told the password".to_owned())
    }
}

/// How to log in.
pub enum Way {
    /// With a SASL mechanism that the server offers: AUTH, AUTHENTICATE.
    Sasl(Box<dyn Sasl>),
    /// With the protocol's own command: IMAP's LOGIN, POP3's USER and PASS. SMTP has none.
    Password { user: String, password: Secret },
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sasl(sasl) => f.debug_tuple("Sasl").field(&sasl.mechanism()).finish(),
            Self::Password { .. } => f.debug_struct("Password").finish_non_exhaustive(),
        }
    }
}
