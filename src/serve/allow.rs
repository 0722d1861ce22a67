//! Who may be checked on request.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};

use crate::target::{Host, Quoted, Target, TargetSpec};

/// Who may be checked on request: nobody else is, so that the daemon is not everybody's port scanner.
///
/// It is about what is asked for. Where a name leads to (its addresses, the mail hosts of a domain) is up to the name's
/// owner: `no-private` keeps that off one's own networks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList(pub Vec<AllowPattern>);

/// What a target may be: `mail.example.org`, `*.example.org`, `@example.org`, `192.0.2.0/24`, `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowPattern {
    /// Everything.
    Any,
    /// This name, as a host and as a mail domain.
    Name(String),
    /// This mail domain, and the mail addresses in it.
    MailDomain(String),
    /// The names below this domain, but not the domain itself.
    Below(String),
    /// These addresses. What a name leads to does not count: its owner may change it at any time.
    Network(IpNet),
}

impl AllowList {
    /// Whether a target may be checked.
    pub fn allows(&self, target: &Target) -> bool {
        self.0.iter().any(|pattern| pattern.allows(target))
    }
}

impl AllowPattern {
    fn allows(&self, target: &Target) -> bool {
        match &target.spec {
            TargetSpec::Domain(domain) => {
                self.allows_name(&domain.name) || matches!(self, Self::MailDomain(allowed) if *allowed == domain.name)
            }
            TargetSpec::Host(host) => self.allows_host(host),
            TargetSpec::Endpoint(endpoint) => self.allows_host(&endpoint.host),
        }
    }

    fn allows_host(&self, host: &Host) -> bool {
        match (self, host) {
            (_, Host::Name(name)) => self.allows_name(name),
            (Self::Any, Host::Address(_)) => true,
            (Self::Network(network), Host::Address(address)) => network.contains(&address.to_canonical()),
            (Self::Name(_) | Self::MailDomain(_) | Self::Below(_), Host::Address(_)) => false,
        }
    }

    /// Both names are in the form that [`Host`] gives them: ASCII, lower case, no final dot.
    fn allows_name(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Name(allowed) => name == allowed,
            Self::Below(domain) => name.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.')),
            Self::MailDomain(_) | Self::Network(_) => false,
        }
    }
}

impl fmt::Display for AllowPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Name(name) => f.write_str(name),
            Self::MailDomain(domain) => write!(f, "@{domain}"),
            Self::Below(domain) => write!(f, "*.{domain}"),
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => network.addr().fmt(f),
            Self::Network(network) => network.fmt(f),
        }
    }
}

/// What is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} allows nobody: write a host (mail.example.org), all below a domain (*.example.org), a mail domain \
     (@example.org), addresses (192.0.2.0/24), or * for everybody"
)]
pub struct NoPattern(Quoted);

impl FromStr for AllowPattern {
    type Err = NoPattern;

    fn from_str(text: &str) -> Result<Self, NoPattern> {
        let mistake = || NoPattern(Quoted::new(text));
        let name_of = |text: &str| match Host::from_str(text) {
            Ok(Host::Name(name)) => Ok(name),
            _ => Err(mistake()),
        };
        if text == "*" {
            Ok(Self::Any)
        } else if let Ok(network) = text.parse() {
            Ok(Self::Network(canonical(network)))
        } else if let Some(domain) = text.strip_prefix("*.") {
            name_of(domain).map(Self::Below)
        } else if let Some(domain) = text.strip_prefix('@') {
            name_of(domain).map(Self::MailDomain)
        } else {
            match Host::from_str(text).map_err(|_| mistake())? {
                Host::Address(address) => Ok(Self::Network(canonical(address.into()))),
                Host::Name(name) => Ok(Self::Name(name)),
            }
        }
    }
}

/// The network of IPv4 addresses that one of IPv4-mapped IPv6 addresses stands for; another as it is.
fn canonical(network: IpNet) -> IpNet {
    /// `::ffff:0:0/96`
    const MAPPED_BITS: u8 = 96;
    let mapped = match network {
        IpNet::V6(network) => as_ipv4(network.addr()).zip(network.prefix_len().checked_sub(MAPPED_BITS)),
        IpNet::V4(_) => None,
    };
    let mapped = mapped.and_then(|(address, bits)| Ipv4Net::new(address, bits).ok());
    mapped.map_or(network, IpNet::V4).trunc()
}

fn as_ipv4(address: Ipv6Addr) -> Option<std::net::Ipv4Addr> {
    match IpAddr::V6(address).to_canonical() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, target: &str) -> bool {
        let list = AllowList(vec![pattern.parse().expect(pattern)]);
        list.allows(&Target::parse(target).expect(target))
    }

    #[test]
    fn a_target_is_allowed_however_it_is_written() {
        for (pattern, target) in [
            ("mail.example.org", "mail.example.org"),
            ("mail.example.org", "MAIL.Example.ORG."),
            ("Mail.Example.Org.", "mail.example.org"),
            ("mail.example.org", "mail.example.org:25"),
            ("mail.example.org", "smtps://mail.example.org"),
            ("mail.example.org", "smtp://mail.example.org:2525/"),
            ("example.org", "@example.org"),
            ("example.org", "anna@example.org"),
            ("@example.org", "@example.org"),
            ("@Example.org.", "mailto:anna@EXAMPLE.org"),
            ("*.example.org", "mx1.example.org"),
            ("*.example.org.", "a.b.Example.org.:587"),
            ("*.example.org", "me@sub.example.org"),
            ("*.bücher.example", "mail.xn--bcher-kva.example"),
            ("xn--bcher-kva.example", "BÜCHER.example"),
            ("@bücher.example", "@xn--bcher-kva.example"),
            ("192.0.2.0/24", "192.0.2.7"),
            ("192.0.2.9/24", "192.0.2.7:25"),
            ("192.0.2.7", "smtp://192.0.2.7"),
            ("192.0.2.0/24", "[::ffff:192.0.2.7]:25"),
            ("::ffff:192.0.2.0/120", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::/32", "imaps://[2001:DB8::5]"),
            ("*", "mail.example.org"),
            ("*", "@example.org"),
            ("*", "192.0.2.7"),
        ] {
            assert!(allows(pattern, target), "{pattern} {target}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_not_allowed() {
        for (pattern, target) in [
            ("mail.example.org", "mail.example.org.example.net"),
            ("mail.example.org", "xmail.example.org"),
            ("mail.example.org", "example.org"),
            ("mail.example.org", "mail.example.org@example.net"),
            ("*.example.org", "example.org"),
            ("*.example.org", "badexample.org"),
            ("*.example.org", "@example.org"),
            ("*.example.org", "mx.example.org.example.net"),
            ("*.example.org", "a.example.org@example.net"),
            ("*.example.org", "192.0.2.7"),
            ("@example.org", "example.org"),
            ("@example.org", "mail.example.org"),
            ("@example.org", "@sub.example.org"),
            ("@example.org", "smtp://example.org"),
            ("192.0.2.0/24", "192.0.3.7"),
            ("192.0.2.0/24", "mail.example.org"),
            ("192.0.2.0/24", "@example.org"),
            ("192.0.2.0/24", "[2001:db8::1]:25"),
            ("0.0.0.0/0", "2001:db8::1"),
            ("2001:db8::/32", "192.0.2.7"),
        ] {
            assert!(!allows(pattern, target), "{pattern} {target}");
        }
        assert!(!AllowList::default().allows(&Target::parse("mail.example.org").expect("a host")));
    }

    #[test]
    fn what_is_no_pattern_is_told_with_what_to_write() {
        for text in [
            "",
            " ",
            "*.",
            "*.*",
            "**",
            "mx*.example.org",
            "*example.org",
            "*.192.0.2.7",
            "@192.0.2.7",
            "@",
            "me@example.org",
            "mail.example.org:25",
            "smtp://mail.example.org",
            "192.0.2.0/33",
            "192.0.2",
            "10.0.0.0/-1",
            "a..example",
            "exam ple.org",
            "mail.example.org,mx.example.org",
        ] {
            let error = AllowPattern::from_str(text).expect_err(text).to_string();
            assert!(error.contains("*.example.org") && error.lines().count() == 1, "{error}");
        }
    }

    #[test]
    fn a_pattern_reads_back_as_it_is_shown() {
        for (typed, shown) in [
            ("*", "*"),
            ("Mail.Example.org.", "mail.example.org"),
            ("*.Example.org", "*.example.org"),
            ("@Example.org", "@example.org"),
            ("192.0.2.9/24", "192.0.2.0/24"),
            ("192.0.2.9", "192.0.2.9"),
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
            ("2001:DB8::1", "2001:db8::1"),
        ] {
            let pattern: AllowPattern = typed.parse().expect(typed);
            assert_eq!(pattern.to_string(), shown);
            assert_eq!(shown.parse(), Ok(pattern));
        }
    }
}
