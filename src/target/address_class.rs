//! Where addresses mean something, and which names the whole world may look up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::host::Host;

/// Where an address means something (RFC 6890 and the registries that it began).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum AddressClass {
    /// The same host, or nobody, for the whole Internet.
    Public,
    /// Carrier-grade NAT, between a provider and its customers (RFC 6598).
    SharedSpace,
    /// Private networks: RFC 1918 and RFC 4193, and the site-local addresses before it.
    Private,
    /// One link: RFC 3927, RFC 4291.
    LinkLocal,
    /// Examples in documentation: RFC 5737, RFC 3849, RFC 9637.
    Documentation,
    /// No host's address: "this network", multicast, benchmarks, discarded, reserved.
    Reserved,
    /// Whatever machine asks.
    Loopback,
    /// `0.0.0.0` and `::`. A connection there reaches the machine that makes it.
    Unspecified,
}

impl AddressClass {
    /// The class of `address`. One that stands for an IPv4 address (mapped, NAT64, 6to4) is of that address's class.
    pub(crate) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => of_v4(v4),
            IpAddr::V6(v6) => embedded(v6).map_or_else(|| of_v6(v6), of_v4),
        }
    }

    /// Whether it means something only inside a network, or on one machine.
    pub(crate) const fn is_internal(self) -> bool {
        matches!(self, Self::SharedSpace | Self::Private | Self::LinkLocal | Self::Loopback)
    }

    /// What kind of address it is, to stand before "address": `a private`.
    pub(crate) const fn article_and_name(self) -> &'static str {
        match self {
            Self::Public => "a public",
            Self::SharedSpace => "a carrier-grade NAT",
            Self::Private => "a private",
            Self::LinkLocal => "a link-local",
            Self::Documentation => "a documentation",
            Self::Reserved => "a reserved",
            Self::Loopback => "a loopback",
            Self::Unspecified => "an unspecified",
        }
    }

    /// The same to stand before "addresses": `private`.
    pub(crate) fn name(self) -> &'static str {
        self.article_and_name().split_once(' ').map_or("", |(_, name)| name)
    }
}

fn of_v4(address: Ipv4Addr) -> AddressClass {
    match address.octets() {
        [0, 0, 0, 0] => AddressClass::Unspecified,
        [127, ..] => AddressClass::Loopback,
        [169, 254, ..] => AddressClass::LinkLocal,
        [100, 64..=127, ..] => AddressClass::SharedSpace,
        _ if address.is_private() => AddressClass::Private,
        _ if address.is_documentation() => AddressClass::Documentation,
        // Of 192.0.0.0/24, two addresses are anycast services for everybody (RFC 7723, RFC 8155).
        [192, 0, 0, last] if last != 9 && last != 10 => AddressClass::Reserved,
        [0 | 224.., ..] | [198, 18..=19, ..] => AddressClass::Reserved,
        _ => AddressClass::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> AddressClass {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressClass::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressClass::Loopback,
        // The last are NAT64 prefixes of a network's own (RFC 8215).
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] | [0x64, 0xff9b, 1, ..] => AddressClass::Private,
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => AddressClass::Documentation,
        // Benchmarks (RFC 5180). Nothing but 2000::/3 has been given to anybody.
        [0x2001, 2, 0, ..] => AddressClass::Reserved,
        [0x2000..=0x3fff, ..] => AddressClass::Public,
        _ => AddressClass::Reserved,
    }
}

/// The IPv4 address that packets to this one end up at: mapped (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(of(high, low))
        }
        _ => None,
    }
}

/// The ends of names that mean something only inside a network, or nothing at all: RFC 6761 and its registry (with the
/// names for examples and tests), RFC 8375, RFC 9476, the `.internal` of ICANN, and what home routers and companies use.
const NOT_PUBLIC: [&str; 18] = [
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "private",
    "corp",
    "lan",
    "home",
    "home.arpa",
    "alt",
    "onion",
    "test",
    "invalid",
    "example",
    "example.com",
    "example.net",
    "example.org",
];

impl Host {
    /// Whether it is a name that the public DNS has, or may have, for everybody.
    pub(crate) fn is_public_name(&self) -> bool {
        let Self::Name(name) = self else { return false };
        let is_within = |end: &str| name.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        name.contains('.') && !NOT_PUBLIC.into_iter().any(is_within)
    }
}

#[cfg(test)]
mod tests {
    use super::AddressClass::{
        Documentation, LinkLocal, Loopback, Private, Public, Reserved, SharedSpace, Unspecified,
    };
    use super::*;

    #[test]
    fn every_address_has_its_class() {
        for (class, addresses) in [
            (
                Public,
                &["1.1.1.1", "172.32.0.1", "100.128.0.1", "192.0.0.9", "198.20.0.1", "2a00::1", "2001:4860::1"][..],
            ),
            (SharedSpace, &["100.64.0.1", "100.127.255.255", "::ffff:100.64.0.1"]),
            (Private, &["10.0.0.1", "172.16.0.1", "192.168.0.1", "fc00::1", "fd00::1", "fec0::1", "::ffff:10.0.0.1"]),
            (Private, &["64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:a00:1::1"]),
            (LinkLocal, &["169.254.169.254", "fe80::1", "febf::1"]),
            (Documentation, &["192.0.2.1", "198.51.100.1", "203.0.113.9", "2001:db8::1", "3fff::1"]),
            (Reserved, &["0.0.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "ff02::1", "100::1"]),
            (Reserved, &["::2", "::127.0.0.1", "2001:2::1"]),
            (Loopback, &["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]),
            (Unspecified, &["0.0.0.0", "::", "::ffff:0.0.0.0"]),
        ] {
            for address in addresses {
                assert_eq!(AddressClass::of(address.parse().unwrap()), class, "{address}");
            }
        }
    }

    #[test]
    fn names_of_a_network_or_of_nobody_are_not_public() {
        let is_public = |name: &str| name.parse::<Host>().unwrap().is_public_name();
        for name in ["mail.gmx.net", "localhost.de", "mylocal.dev", "contest.org", "counterexample.org"] {
            assert!(is_public(name), "{name}");
        }
        for name in [
            "localhost",
            "mail",
            "a.localhost",
            "nas.local",
            "mx.corp.internal",
            "router.home.arpa",
            "mail.test",
            "mail.example.org",
            "example.com",
            "192.0.2.1",
            "::1",
        ] {
            assert!(!is_public(name), "{name}");
        }
    }
}
