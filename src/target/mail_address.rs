//! A mail address as the envelope of a message has it (RFC 5321, section 4.1.2; RFC 6531, section 3.3).

use std::fmt;
use std::str::FromStr;

use super::error::Quoted;
use super::host::{Host, name_or_ipv4};

/// RFC 5321, section 4.5.3.1.1, in octets.
const MAX_LOCAL_PART_BYTES: usize = 64;

/// RFC 5321, section 4.5.3.1.3: 256 octets with the angle brackets.
const MAX_ADDRESS_BYTES: usize = 254;

/// A mail address that can stand between the angle brackets of MAIL FROM and RCPT TO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAddress {
    /// The part before the `@`, as typed: what it means is the receiving server's business.
    local_part: String,
    /// The domain in its ASCII form, lower case.
    pub domain: String,
}

/// Why a text is no mail address. Every message goes on after "the address …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailAddressError {
    #[error("{0} is no mail address: write it with its domain, as in anna@example.org")]
    NoDomain(Quoted),
    #[error("{0} has nothing before the @: write one address, as in anna@example.org")]
    NoLocalPart(Quoted),
    #[error("{0} has angle brackets: write the address alone, as in anna@example.org")]
    AngleBrackets(Quoted),
    #[error("{0} holds a control character or an invisible one: type it again instead of copying it")]
    Invisible(Quoted),
    #[error("{0} is more than one address, or has a comma: write one address, as in anna@example.org")]
    Several(Quoted),
    #[error("{typed} has {character:?} before the @, which is only allowed in quotes, as in \"anna b\"@example.org")]
    NeedsQuotes { typed: Quoted, character: char },
    #[error("{0} has a dot at the beginning or end of what stands before the @, or two in a row: check the spelling")]
    Dots(Quoted),
    #[error("{0} has quotes that are not closed, or that hold what quotes may not hold: check the spelling")]
    Quotes(Quoted),
    #[error("{0} has more than {MAX_LOCAL_PART_BYTES} bytes before the @: no server need take that (RFC 5321)")]
    LongLocalPart(Quoted),
    #[error("{0} is longer than {MAX_ADDRESS_BYTES} bytes: no server need take that (RFC 5321)")]
    TooLong(Quoted),
    #[error("{0} has an IP address after the @: write a domain, and to ask a server of your choice --server HOST")]
    AddressAsDomain(Quoted),
    #[error("the domain of {0} is no domain name: check the spelling")]
    BadDomain(Quoted),
}

impl FromStr for MailAddress {
    type Err = MailAddressError;

    fn from_str(typed: &str) -> Result<Self, MailAddressError> {
        let quoted = || Quoted::new(typed);
        if typed.contains(['<', '>']) {
            return Err(MailAddressError::AngleBrackets(quoted()));
        }
        if typed.contains(super::parse::is_invisible) || typed.contains(['\t', '\r', '\n', '\u{b}', '\u{c}', '\u{85}'])
        {
            return Err(MailAddressError::Invisible(quoted()));
        }
        let (local_part, domain) = typed.rsplit_once('@').ok_or_else(|| MailAddressError::NoDomain(quoted()))?;
        check_local_part(local_part, typed)?;
        if domain.starts_with('[') {
            return Err(MailAddressError::AddressAsDomain(quoted()));
        }
        let domain = match name_or_ipv4(domain, typed) {
            Ok(Host::Name(name)) => name,
            Ok(Host::Address(_)) => return Err(MailAddressError::AddressAsDomain(quoted())),
            Err(_) if domain.contains([',', ';']) => return Err(MailAddressError::Several(quoted())),
            Err(_) => return Err(MailAddressError::BadDomain(quoted())),
        };
        let address = Self { local_part: local_part.to_owned(), domain };
        if address.to_string().len() > MAX_ADDRESS_BYTES {
            return Err(MailAddressError::TooLong(quoted()));
        }
        Ok(address)
    }
}

fn check_local_part(local_part: &str, typed: &str) -> Result<(), MailAddressError> {
    let quoted = || Quoted::new(typed);
    if local_part.is_empty() {
        return Err(MailAddressError::NoLocalPart(quoted()));
    }
    if local_part.len() > MAX_LOCAL_PART_BYTES {
        return Err(MailAddressError::LongLocalPart(quoted()));
    }
    if local_part.starts_with('"') {
        let is_good = is_quoted_string(local_part);
        return if is_good { Ok(()) } else { Err(MailAddressError::Quotes(quoted())) };
    }
    match local_part.chars().find(|&c| c != '.' && !is_atom_text(c)) {
        Some(',' | ';' | '@') => return Err(MailAddressError::Several(quoted())),
        Some(character) => return Err(MailAddressError::NeedsQuotes { typed: quoted(), character }),
        None => {}
    }
    if local_part.split('.').any(str::is_empty) { Err(MailAddressError::Dots(quoted())) } else { Ok(()) }
}

/// RFC 5322, section 3.2.3; beyond ASCII, everything that can be seen (RFC 6531).
fn is_atom_text(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii() && !c.is_whitespace()
}

/// RFC 5321, section 4.1.2: a backslash stands before a quote, a backslash, or anything else that can be seen.
fn is_quoted_string(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        let is_good = match character {
            '"' => false,
            '\\' => characters.next().is_some_and(|escaped| matches!(escaped, ' '..='~')),
            _ => true,
        };
        if !is_good {
            return false;
        }
    }
    text.len() > 1
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local_part, self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_can_be_sent() {
        for (typed, sent) in [
            ("anna@example.org", "anna@example.org"),
            ("Anna.B+tag@Example.ORG", "Anna.B+tag@example.org"),
            ("anna@example.org.", "anna@example.org"),
            ("o'brien/x=y@example.org", "o'brien/x=y@example.org"),
            ("\"anna b\"@example.org", "\"anna b\"@example.org"),
            ("\"a@b\\\"c\"@example.org", "\"a@b\\\"c\"@example.org"),
            ("\"\"@example.org", "\"\"@example.org"),
            ("j\u{f6}rg@b\u{fc}cher.example", "j\u{f6}rg@xn--bcher-kva.example"),
        ] {
            assert_eq!(typed.parse::<MailAddress>().map(|address| address.to_string()).as_deref(), Ok(sent), "{typed}");
        }
        let longest = format!("{}@example.org", "x".repeat(MAX_LOCAL_PART_BYTES));
        assert!(longest.parse::<MailAddress>().is_ok());
    }

    #[test]
    fn others_are_refused_with_the_reason() {
        let long_domain = format!("{}.example", ["x".repeat(60).as_str(); 3].join("."));
        for (typed, words) in [
            ("", "no mail address"),
            ("anna", "no mail address"),
            ("@example.org", "nothing before the @"),
            ("<anna@example.org>", "angle brackets"),
            ("\"a>b\"@example.org", "angle brackets"),
            ("anna@example.org\r\nDATA", "control character"),
            ("an\u{202e}na@example.org", "invisible"),
            ("an\tna@example.org", "control character"),
            ("anna b@example.org", "only allowed in quotes"),
            ("anna:b@example.org", "only allowed in quotes"),
            ("a@b@example.org", "more than one"),
            ("anna@example.org,ben@example.org", "more than one"),
            ("ben;anna@example.org", "more than one"),
            ("anna@example.org,", "more than one"),
            (".anna@example.org", "dot"),
            ("anna.@example.org", "dot"),
            ("an..na@example.org", "dot"),
            ("\"anna@example.org", "quotes"),
            ("\"an\"na\"@example.org", "quotes"),
            ("\"anna\\\"@example.org", "quotes"),
            ("anna@", "no domain name"),
            ("anna@exa mple.org", "no domain name"),
            ("anna@192.0.2.1", "IP address"),
            ("anna@[192.0.2.1]", "IP address"),
            (&format!("{}@example.org", "x".repeat(MAX_LOCAL_PART_BYTES + 1)), "bytes before the @"),
            (&format!("{}@{long_domain}", "x".repeat(MAX_LOCAL_PART_BYTES)), "longer than"),
        ] {
            let error = typed.parse::<MailAddress>().map_err(|error| error.to_string());
            let Err(error) = error else { panic!("{typed:?} is taken") };
            assert!(error.contains(words) && !error.contains('\n'), "{typed:?}: {error}");
        }
    }
}
