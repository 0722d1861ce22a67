//! What a responder's port does.

use std::str::FromStr;
use std::time::Duration;

use crate::{Protocol, Security};

/// What a port of a responder does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role {
    /// What it speaks.
    pub protocol: Protocol,
    /// Where TLS begins.
    pub security: Security,
    /// How well it does so.
    pub mode: Mode,
}

/// How well a port does what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As it should.
    Good,
    /// It accepts connections and says nothing.
    Silent,
    /// It says nothing from the moment at which the client begins TLS.
    StallTls,
    /// It waits before it says its first word.
    Late(Duration),
}

impl FromStr for Role {
    type Err = String;

    /// Reads `protocol:security` or `protocol:security:mode`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split(':');
        let protocol = match words.next().unwrap_or_default() {
            "smtp" => Protocol::Smtp,
            "imap" => Protocol::Imap,
            "pop3" => Protocol::Pop3,
            word => return Err(format!("{word:?} is not a protocol: smtp, imap or pop3")),
        };
        let security = match words.next().unwrap_or_default() {
            "implicit" => Security::Implicit,
            "starttls" => Security::StartTls,
            "plaintext" => Security::Plaintext,
            word => return Err(format!("{word:?} is not a security: implicit, starttls or plaintext")),
        };
        let mode = match words.next() {
            None | Some("good") => Mode::Good,
            Some("silent") => Mode::Silent,
            Some("stall-tls") => Mode::StallTls,
            Some(word) => {
                late(word).ok_or_else(|| format!("{word:?} is not a mode: good, silent, stall-tls, late-MS"))?
            }
        };
        match words.next() {
            None => Ok(Self { protocol, security, mode }),
            Some(word) => Err(format!("{word:?} is one word too many")),
        }
    }
}

fn late(word: &str) -> Option<Mode> {
    let milliseconds = word.strip_prefix("late-")?.parse().ok()?;
    Some(Mode::Late(Duration::from_millis(milliseconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_a_role() {
        let role = |text: &str| text.parse::<Role>();
        let good = Role { protocol: Protocol::Smtp, security: Security::StartTls, mode: Mode::Good };
        assert_eq!(role("smtp:starttls"), Ok(good));
        let late = Role { mode: Mode::Late(Duration::from_millis(250)), ..good };
        assert_eq!(role("smtp:starttls:late-250"), Ok(late));
        for wrong in ["", "smtp", "smtp:tls", "smtp:starttls:lat", "smtp:starttls:good:good"] {
            assert!(role(wrong).is_err(), "{wrong}");
        }
    }
}
