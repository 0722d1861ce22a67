//! A behaviour written in words: `smtp:starttls:expired:slow-greeting`.

use std::fmt;
use std::str::FromStr;

use crate::behaviour::{Behaviour, Protocol, Security};
use crate::faults::Fault;
use crate::pki::Leaf;

/// A word that the lab does not know, or that does not fit the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    word: String,
    expected: &'static str,
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is not {}", self.word, self.expected)
    }
}

impl std::error::Error for UnknownWord {}

impl FromStr for Behaviour {
    type Err = UnknownWord;

    /// Reads `protocol:security` and then any number of certificates and faults, by name, applied in this order.
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let unknown = |word: &str, expected| UnknownWord { word: word.to_owned(), expected };
        let mut words = text.split(':');
        let protocol = match words.next().unwrap_or_default() {
            "smtp" => Protocol::Smtp,
            "imap" => Protocol::Imap,
            "pop3" => Protocol::Pop3,
            word => return Err(unknown(word, "a protocol: smtp, imap or pop3")),
        };
        let security = match words.next().unwrap_or_default() {
            "implicit" => Security::Implicit,
            "starttls" => Security::StartTls,
            "plaintext" => Security::Plaintext,
            word => return Err(unknown(word, "a security: implicit, starttls or plaintext")),
        };
        words.try_fold(Behaviour::new(protocol, security), |behaviour, word| {
            if let Some(leaf) = Leaf::from_name(word) {
                return Ok(behaviour.certificate(leaf));
            }
            match Fault::from_name(word) {
                Some(fault) if fault.fits(protocol, security) => Ok(behaviour.with(fault)),
                Some(_) => Err(unknown(word, "a fault that this protocol and security can have")),
                None => Err(unknown(word, "the name of a certificate or a fault")),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        text.parse::<Behaviour>().map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
    }

    #[test]
    fn certificates_and_faults_go_together() {
        assert_eq!(refusal("imap:implicit:expired:greeting-bye"), "accepted");
    }

    #[test]
    fn a_wrong_word_is_named() {
        assert_eq!(refusal("nntp:implicit"), "\"nntp\" is not a protocol: smtp, imap or pop3");
        assert_eq!(refusal("smtp:tls"), "\"tls\" is not a security: implicit, starttls or plaintext");
        assert_eq!(refusal("smtp:implicit:expird"), "\"expird\" is not the name of a certificate or a fault");
        assert!(refusal("smtp:implicit:greeting-bye").contains("can have"));
    }
}
