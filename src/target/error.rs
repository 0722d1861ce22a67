//! Why a text is not a target, and what to write instead.

use std::fmt;
use std::net::Ipv6Addr;

/// How long a target may be, in bytes: room for the longest mail address (RFC 5321, section 4.5.3.1) in the longest
/// UTF-8, and a bound for lists of targets that are no such lists.
pub const MAX_TARGET_LENGTH: usize = 1024;

/// Why a text is not a target. Every message is one line and says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// There is nothing.
    #[error("the target is empty: write a host such as mail.example.org")]
    Empty,
    /// It is longer than any target can be.
    #[error("the target {0} is longer than {MAX_TARGET_LENGTH} bytes: write only the host, the address or the URL")]
    TooLong(Quoted),
    /// It contains white space.
    #[error("the target {0} contains a space: write every target by itself, and a port as in mail.example.org:587")]
    Blank(Quoted),
    /// It contains a comma, and what follows is no port.
    #[error("the target {0} contains a comma: write every target by itself, and ports as in mail.example.org:25,587")]
    Comma(Quoted),
    /// It contains a character that nobody can see.
    #[error("the target {0} contains an invisible character: type it again instead of copying it")]
    Invisible(Quoted),
    /// The URL's scheme is not one of a mail protocol.
    #[error(
        "the scheme of {0} is unknown: write smtp://, submission://, submissions://, imap://, imaps://, pop3:// or pop3s://"
    )]
    UnknownScheme(Quoted),
    /// The URL holds a user name or password. It is not repeated: it may be secret.
    #[error(
        "the URL holds a user name or a password: write only the host, as in imaps://mail.example.org, and to log in --login USER"
    )]
    Credentials,
    /// The URL has a path, query or fragment.
    #[error("the URL {0} continues after the host: write only scheme, host and port, as in smtp://mail.example.org:25")]
    Path(Quoted),
    /// There is no host.
    #[error("there is no host in {0}: write one, as in mail.example.org:587")]
    NoHost(Quoted),
    /// The port is no number from 1 to 65535.
    #[error("the port in {0} is not valid: write a number from 1 to 65535, as in mail.example.org:587")]
    BadPort(Quoted),
    /// Behind the colon there is nothing.
    #[error("no port follows the colon in {0}: write it, as in mail.example.org:587, or leave out the colon")]
    NoPort(Quoted),
    /// A first and a last port.
    #[error("{0} is a range of ports, which is not supported: name each port, as in 25,465,587")]
    PortRange(Quoted),
    /// A port without its host.
    #[error("{0} is only a number: write a port behind its host, as in mail.example.org 25 or mail.example.org:25")]
    OnlyPort(Quoted),
    /// A port behind something that takes none.
    #[error(
        "{port} follows {before}, which is not just a host: write the host, then its ports, as in mail.example.org 25 587"
    )]
    PortOfNoHost {
        /// The ports.
        port: Quoted,
        /// What stands before them.
        before: Quoted,
    },
    /// The URL's scheme only says TLS, and there is no port to say the rest.
    #[error(
        "{typed} does not say which protocol is meant: write submissions://{host}, imaps://{host} or pop3s://{host}, or add a port, as in {host}:465"
    )]
    TlsWithoutPort {
        /// The URL.
        typed: Quoted,
        /// The host, in the form that a URL needs.
        host: String,
    },
    /// An IPv6 address that ends like a port.
    #[error(
        "did you mean port {port} of {host}, [{host}]:{port}? If {address} is the address itself, write [{address}]"
    )]
    AddressOrPort {
        /// The address before the last colon.
        host: Ipv6Addr,
        /// The number behind it.
        port: u16,
        /// Everything, read as an address.
        address: Ipv6Addr,
    },
    /// Nothing says what is spoken on this port.
    #[error(
        "port {port} is not a usual mail port: name its protocol, as in smtp://{host}:{port}, submissions://{host}:{port}, imaps://{host}:{port} or pop3s://{host}:{port}"
    )]
    UnknownPort {
        /// The host, in the form that a URL needs.
        host: String,
        /// The port.
        port: u16,
    },
    /// It is no list of ports.
    #[error(
        "{0} is not a list of ports: write numbers from 1 to 65535 or names of services, as in 25,587 or smtp,imaps"
    )]
    BadPortList(Quoted),
    /// An entry of a list of ports is not a usual mail port.
    #[error(
        "port {0} is not a usual mail port: use 25, 465, 587, 110, 995, 143, 993, 26, 2465, 2525 or 2587, or name it in a URL such as smtp://mail.example.org:{0}"
    )]
    UnlistedPort(u16),
    /// There are more colons than a host and a port need, and it is no IPv6 address.
    #[error(
        "{0} has too many colons: write mail.example.org:587, or put an IPv6 address in brackets as in [2001:db8::25]:587"
    )]
    TooManyColons(Quoted),
    /// What stands in brackets is no IP address, or something else than a port follows.
    #[error("the brackets in {0} must hold an IP address, and only a port may follow: write [2001:db8::25]:587")]
    BadBrackets(Quoted),
    /// An IPv6 address names a network interface.
    #[error("{0} names a network interface, which is not supported: write the address without % and what follows")]
    Zone(Quoted),
    /// It looks like an IPv4 address and programs do not agree which one.
    #[error(
        "{0} looks like an IPv4 address in an unusual notation: write four decimal numbers without leading zeros, as in 192.0.2.25"
    )]
    UnusualAddress(Quoted),
    /// A label of the name is empty.
    #[error("the host name in {0} has an empty part: write one dot between parts, as in mail.example.org")]
    EmptyLabel(Quoted),
    /// A label of the name is longer than RFC 1035 allows.
    #[error("a part of the host name {0} is longer than 63 characters, so it cannot exist: check the spelling")]
    LabelTooLong(Quoted),
    /// The name is longer than RFC 1035 allows.
    #[error("the host name {0} is longer than 253 characters, so it cannot exist: check the spelling")]
    NameTooLong(Quoted),
    /// A character is not allowed in host names.
    #[error(
        "the host name in {typed} contains {character:?}: use letters, digits, hyphens and dots, as in mail.example.org"
    )]
    BadCharacter {
        /// The whole text.
        typed: Quoted,
        /// The first such character.
        character: char,
    },
    /// The name is no valid international domain name (UTS 46).
    #[error("{0} is not a valid international host name: check the spelling, or write its xn-- form")]
    BadInternationalName(Quoted),
    /// What stands before the `@` is no part of a mail address.
    #[error("{0} is not a mail address: write user@example.org, or only @example.org")]
    BadMailAddress(Quoted),
    /// An IP address stands where a mail domain must.
    #[error("{0} has an IP address in place of a mail domain: write @example.org, or the address without the @")]
    AddressAsDomain(Quoted),
}

/// A text that somebody else wrote, fit to be shown on one line: in quotation marks, with control, bidirectional and
/// invisible characters escaped, and cut where it is long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted(String);

/// How many characters of a text are repeated in a message: enough to recognise it.
const QUOTED_LENGTH: usize = 80;

impl Quoted {
    /// Makes a text fit to be shown.
    pub fn new(text: &str) -> Self {
        let mut kept: String = text.chars().take(QUOTED_LENGTH).collect();
        if kept.len() < text.len() {
            kept.push('…');
        }
        // The debug form escapes everything that is not printable, format characters included.
        Self(format!("{kept:?}"))
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
