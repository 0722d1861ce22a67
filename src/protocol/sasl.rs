//! How a client proves who it is, as far as a dialogue takes part in it: the dialogue carries messages that it cannot read.

use std::fmt;
use std::io;
use std::ops::Deref;

use zeroize::Zeroizing;

/// A message of the client's in a login. It is wiped when it is dropped, and never shown. It can grow, and leaves nothing
/// behind where it does: a plain vector would leave what it held in the memory that it moves away from.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes as they are, with their memory.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A secret that is put together of these pieces.
    pub fn of(pieces: &[&[u8]]) -> Self {
        Self::new(pieces.concat())
    }

    /// Adds bytes at the end.
    pub fn extend(&mut self, bytes: &[u8]) {
        let length = self.0.len() + bytes.len();
        if self.0.capacity() < length {
            let mut moved = Zeroizing::new(Vec::with_capacity(length.max(2 * self.0.capacity())));
            moved.extend_from_slice(&self.0);
            self.0 = moved;
        }
        self.0.extend_from_slice(bytes);
    }
}

impl Deref for Secret {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl io::Write for Secret {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::new(b"correct-horse".to_vec());
        let way = Way::Password { user: "user".to_owned(), password: secret.clone() };
        let shown = format!("{secret:?} {secret:#?} {way:?}");
        assert!(!shown.contains("correct") && !shown.contains("99") && !shown.contains("user"), "{shown}");
    }

    #[test]
    fn a_secret_grows() {
        let mut secret = Secret::of(&[b"AUTH PLAIN", b" "]);
        for _ in 0..100 {
            secret.extend(b"abcd");
        }
        assert_eq!(*secret, [b"AUTH PLAIN ".to_vec(), b"abcd".repeat(100)].concat());
    }
}
