//! What SCRAM needs beside rsasl: a bound on the work that a server may ask for, and messages that can be read.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{self, Algorithm, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256};
use stringprep::saslprep;
use zeroize::Zeroizing;

use crate::protocol::sasl::SaslError;

/// How many rounds of hashing a server may ask for. Servers keep 4,096 to 600,000, and the most that OWASP advises for any
/// of these hashes is 1,300,000: about a second of work, which the client does before it knows whether the server is honest.
pub(super) const MOST_ROUNDS: u32 = 1_500_000;

/// Which hash a SCRAM mechanism is built on.
#[derive(Clone, Copy)]
pub(super) enum ScramHash {
    Sha1,
    Sha256,
}

impl ScramHash {
    /// Of a mechanism's name; `None` where it is not SCRAM.
    pub(super) fn of(mechanism: &str) -> Option<Self> {
        match mechanism {
            "SCRAM-SHA-1" | "SCRAM-SHA-1-PLUS" => Some(Self::Sha1),
            "SCRAM-SHA-256" | "SCRAM-SHA-256-PLUS" => Some(Self::Sha256),
            _ => None,
        }
    }

    /// `SaltedPassword` (RFC 5802, section 3). rsasl would compute it as well, however many rounds a server asks for.
    pub(super) fn salted(self, password: &str, salt: &[u8], rounds: u32) -> Result<Zeroizing<Vec<u8>>, SaslError> {
        let Some(rounds) = NonZeroU32::new(rounds).filter(|rounds| rounds.get() <= MOST_ROUNDS) else {
            return Err(SaslError(format!(
                "the server asks for {rounds} rounds of hashing, and mailprobe does 1 to {MOST_ROUNDS}"
            )));
        };
        let (algorithm, length): (Algorithm, usize) = match self {
            Self::Sha1 => (PBKDF2_HMAC_SHA1, 20),
            Self::Sha256 => (PBKDF2_HMAC_SHA256, 32),
        };
        let mut key = Zeroizing::new(vec![0; length]);
        pbkdf2::derive(algorithm, rounds, salt, prepared(password).as_bytes(), &mut key);
        Ok(key)
    }
}

/// A password or user name as SCRAM wants it (RFC 5802, section 5.1): prepared by RFC 4013. What that does not take, as
/// characters younger than Unicode 3.2, is left as it is: servers that took it as a password did so, too.
pub(super) fn prepared(text: &str) -> Zeroizing<String> {
    Zeroizing::new(saslprep(text).unwrap_or(text.into()).into_owned())
}

/// Whether a message consists of attributes, as `r=…,s=…,i=…`. rsasl panics on shorter ones.
pub(super) fn has_shape(message: &[u8]) -> bool {
    message
        .split(|byte| *byte == b',')
        .all(|attribute| matches!(attribute, [name, b'=', ..] if name.is_ascii_alphabetic()))
}
