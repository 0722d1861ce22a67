//! Hosts: names and addresses.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use super::error::{Quoted, TargetError};
use crate::service::Service;

/// A host: a name that must be resolved, or an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// A domain name in its ASCII form, lower case, without a final dot.
    Name(String),
    /// An IP address.
    Address(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// Reads a name, an IPv4 address or an IPv6 address, the last with or without brackets.
impl FromStr for Host {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        if let Some(rest) = text.strip_prefix('[') {
            let (address, rest) = bracketed(rest, text)?;
            return if rest.is_empty() { Ok(address) } else { Err(TargetError::BadBrackets(Quoted::new(text))) };
        }
        match text.parse::<Ipv6Addr>() {
            Ok(address) => Ok(Self::Address(address.into())),
            Err(_) => name_or_ipv4(text, text),
        }
    }
}

/// Splits `address]rest`. `typed` is the whole text, for the message.
pub(super) fn bracketed<'a>(text: &'a str, typed: &str) -> Result<(Host, &'a str), TargetError> {
    match text.split_once(']').map(|(address, rest)| (address.parse(), address, rest)) {
        Some((Ok(address), _, rest)) => Ok((Host::Address(address), rest)),
        Some((Err(_), address, _)) if address.contains('%') => Err(TargetError::Zone(Quoted::new(typed))),
        _ => Err(TargetError::BadBrackets(Quoted::new(typed))),
    }
}

/// The address and the port of the port table that this address may be meant for, as in `::1:25`, where the colon before
/// the port reads like one of the address.
pub(super) fn host_before_port(address: Ipv6Addr) -> Option<(Ipv6Addr, u16)> {
    let text = address.to_string();
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| Service::by_port(*port).is_some())?;
    // Without `::`, or right behind it, the last group cannot be missed.
    host.parse().ok().map(|host| (host, port))
}

/// Reads a name or an IPv4 address. `typed` is the whole text, for the message.
pub(super) fn name_or_ipv4(text: &str, typed: &str) -> Result<Host, TargetError> {
    match text.parse::<Ipv4Addr>() {
        Ok(address) => Ok(Host::Address(address.into())),
        Err(_) => name(text, typed).map(Host::Name),
    }
}

/// RFC 1035, section 2.3.4: 255 octets on the wire are 253 characters.
const MAX_NAME_LENGTH: usize = 253;

/// RFC 1035, section 2.3.4.
const MAX_LABEL_LENGTH: usize = 63;

/// Reads a domain name. Beyond letters, digits and hyphens the underscore is allowed, because names with it exist.
pub(super) fn name(text: &str, typed: &str) -> Result<String, TargetError> {
    let quoted = || Quoted::new(typed);
    let ascii = to_ascii(text).ok_or_else(|| TargetError::BadInternationalName(quoted()))?;
    let name = ascii.strip_suffix('.').unwrap_or(&ascii);
    if name.is_empty() {
        return Err(TargetError::NoHost(quoted()));
    }
    for label in name.split('.') {
        if label.is_empty() {
            return Err(TargetError::EmptyLabel(quoted()));
        }
        if let Some(character) = label.chars().find(|&c| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')) {
            return Err(match character {
                ',' => TargetError::Comma(quoted()),
                _ => TargetError::BadCharacter { typed: quoted(), character },
            });
        }
        if label.len() > MAX_LABEL_LENGTH {
            return Err(TargetError::LabelTooLong(quoted()));
        }
    }
    if name.len() > MAX_NAME_LENGTH {
        return Err(TargetError::NameTooLong(quoted()));
    }
    if ends_in_number(name) {
        return Err(TargetError::UnusualAddress(quoted()));
    }
    Ok(name.to_owned())
}

/// The A-labels of a name (UTS 46), in lower case.
fn to_ascii(text: &str) -> Option<Cow<'_, str>> {
    if text.is_ascii() {
        return Some(Cow::Owned(text.to_ascii_lowercase()));
    }
    Uts46::new().to_ascii(text.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow, DnsLength::Ignore).ok()
}

/// Whether the last label is a decimal or hexadecimal number. No top-level domain is; but many programs read `1.2.3`,
/// `010.1.1.1` and `0x7f000001` as addresses, and not all as the same one.
fn ends_in_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let hexadecimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    last.bytes().all(|byte| byte.is_ascii_digit()) || last.strip_prefix("0x").is_some_and(hexadecimal)
}
