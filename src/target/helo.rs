//! The name that a client gives of itself.

use std::fmt;
use std::str::FromStr;

/// What EHLO names: a host name or an address literal (RFC 5321, section 4.1.1.1). It holds nothing that could end or
/// extend the line of a command.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HeloName(String);

/// A text is no name for EHLO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a host name or an address literal, for example mail.example.org or [192.0.2.1]")]
pub struct HeloNameError;

/// RFC 5321, section 4.5.3.1.2.
const MAX_LENGTH: usize = 255;

impl FromStr for HeloName {
    type Err = HeloNameError;

    fn from_str(text: &str) -> Result<Self, HeloNameError> {
        let is_allowed = |character: char| character.is_ascii_alphanumeric() || "-._[]:".contains(character);
        let is_name = !text.is_empty() && text.len() <= MAX_LENGTH && text.chars().all(is_allowed);
        if is_name { Ok(Self(text.to_owned())) } else { Err(HeloNameError) }
    }
}

impl fmt::Display for HeloName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_and_address_literals_pass() {
        for text in ["mail.example.org", "localhost", "my_host", "[192.0.2.1]", "[IPv6:2001:db8::1]", &"a".repeat(255)]
        {
            assert_eq!(text.parse::<HeloName>().map(|name| name.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn nothing_that_could_end_or_extend_the_line_passes() {
        for text in [
            "",
            "a b",
            "x\r\nMAIL FROM:<a@example.org>",
            "a\r\nRCPT",
            "x\n",
            "x\0",
            "a\tb",
            "ü",
            "bücher.example",
            &"a".repeat(256),
        ] {
            assert_eq!(text.parse::<HeloName>(), Err(HeloNameError), "{text:?}");
        }
    }
}
