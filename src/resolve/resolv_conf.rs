//! `/etc/resolv.conf`, read as the GNU C library reads it (resolv.conf(5) and glibc's `res_init.c`): what it does not
//! understand it passes over, line by line and word by word, and what is missing has a default.
//!
//! Every program on a machine follows that reading. A stricter one would call names unknown that all others find.

use std::ffi::OsStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::unix::ffi::OsStrExt as _;
use std::{fs, io};

use hickory_resolver::proto::rr::Name;

use super::dns_server::DNS_PORT;
use super::search::{SearchList, absolute};
use super::udp::is_exhaustion;
use super::zone::scope_id;

const PATH: &str = "/etc/resolv.conf";

/// glibc's `MAXNS`: the servers behind the third are never asked.
const MAX_SERVERS: usize = 3;

/// glibc's `RES_MAXNDOTS`.
const MAX_NDOTS: usize = 15;

/// How this machine resolves names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResolvConf {
    pub(super) servers: Vec<SocketAddr>,
    pub(super) search: SearchList,
    /// `edns0`: questions carry an OPT record.
    pub(super) edns0: bool,
    /// `use-vc`: every question goes over TCP.
    pub(super) tcp_only: bool,
    /// `no-aaaa`: IPv6 addresses are not asked for.
    pub(super) no_aaaa: bool,
}

/// What counts beside the file.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// `LOCALDOMAIN`, which stands in for `domain` and `search`.
    local_domain: Option<Vec<u8>>,
    /// `RES_OPTIONS`, which adds to `options`.
    options: Option<Vec<u8>>,
    /// The machine's own name. Where nothing names a search domain, its domain is one.
    host_name: String,
}

impl Surroundings {
    fn of_system() -> Self {
        let variable = |name: &str| std::env::var_os(name).map(|value| OsStr::as_bytes(&value).to_vec());
        Self {
            local_domain: variable("LOCALDOMAIN"),
            options: variable("RES_OPTIONS"),
            host_name: dns_lookup::get_hostname().unwrap_or_default(),
        }
    }
}

impl ResolvConf {
    /// Reads the system's file. One that is missing or may not be read is an empty one; only where this machine has no
    /// descriptor left is nothing known.
    pub(super) fn of_system() -> io::Result<Self> {
        let text = match fs::read(PATH) {
            Ok(text) => text,
            Err(error) if is_exhaustion(&error) => return Err(error),
            Err(error) => {
                tracing::debug!(%error, "{PATH} cannot be read: as the C library does, 127.0.0.1 is asked");
                Vec::new()
            }
        };
        Ok(Self::parse(&text, &Surroundings::of_system()))
    }

    fn parse(text: &[u8], surroundings: &Surroundings) -> Self {
        let mut read = Reading::default();
        let lines = text.split(|&byte| byte == b'\n');
        lines.for_each(|line| read.line(line));
        if let Some(domains) = &surroundings.local_domain {
            let first_line = domains.split(|&byte| byte == b'\n').next().unwrap_or_default();
            read.search = words(first_line).map(<[u8]>::to_vec).collect();
        }
        if read.search.is_empty()
            && let Some((_, domain)) = surroundings.host_name.split_once('.')
        {
            read.search = vec![domain.as_bytes().to_vec()];
        }
        if let Some(options) = &surroundings.options {
            read.options(options);
        }
        if read.servers.is_empty() {
            read.servers.push(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), DNS_PORT));
        }
        read.servers.truncate(MAX_SERVERS);
        let Reading { servers, search, ndots, edns0, tcp_only, no_aaaa } = read;
        let domains = search.iter().take_while(|domain| is_expressible(domain));
        let domains = domains.filter_map(|domain| search_domain(domain)).collect();
        Self { servers, search: SearchList::new(domains, ndots.unwrap_or(1)), edns0, tcp_only, no_aaaa }
    }
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    servers: Vec<SocketAddr>,
    search: Vec<Vec<u8>>,
    ndots: Option<usize>,
    edns0: bool,
    tcp_only: bool,
    no_aaaa: bool,
}

impl Reading {
    /// A keyword begins its line: behind a blank, or a byte order mark, it is none.
    fn line(&mut self, line: &[u8]) {
        let Some(end) = line.iter().position(|byte| is_blank(*byte)) else { return };
        let (keyword, rest) = line.split_at(end);
        let mut words = words(rest).peekable();
        match keyword {
            b"nameserver" => self.servers.extend(words.next().and_then(server)),
            // The last of these lines counts, unless it is empty.
            b"domain" if words.peek().is_some() => self.search = words.take(1).map(<[u8]>::to_vec).collect(),
            b"search" if words.peek().is_some() => self.search = words.map(<[u8]>::to_vec).collect(),
            b"options" => self.options(rest),
            _ => {}
        }
    }

    /// Only how an option begins counts.
    fn options(&mut self, text: &[u8]) {
        for option in words(text) {
            if let Some(number) = option.strip_prefix(b"ndots:") {
                self.ndots = Some(leading_number(number).min(MAX_NDOTS));
            }
            self.edns0 |= option.starts_with(b"edns0");
            self.tcp_only |= option.starts_with(b"use-vc");
            self.no_aaaa |= option.starts_with(b"no-aaaa");
        }
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| is_blank(*byte)).filter(|word| !word.is_empty())
}

/// As C's `atoi`, where there is no sign.
fn leading_number(text: &[u8]) -> usize {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number: usize, digit| number.saturating_mul(10).saturating_add(usize::from(digit - b'0')))
}

/// `192.0.2.53`, `2001:db8::53`, `fe80::1%eth0`
fn server(word: &[u8]) -> Option<SocketAddr> {
    let word = str::from_utf8(word).ok()?;
    if let Some(address) = classic_ipv4(word) {
        return Some(SocketAddr::new(IpAddr::V4(address), DNS_PORT));
    }
    let (address, zone) = word.split_once('%').map_or((word, None), |(address, zone)| (address, Some(zone)));
    let address: Ipv6Addr = address.parse().ok()?;
    let scope = zone.and_then(|zone| scope_id(address, zone)).unwrap_or(0);
    Some(SocketAddrV6::new(address, DNS_PORT, 0, scope).into())
}

/// As C's `inet_aton`: one to four parts, the last of which fills what is left, decimal, octal or hexadecimal.
fn classic_ipv4(text: &str) -> Option<Ipv4Addr> {
    let part = |text: &str| match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => number(digits, 16),
        None if text.len() > 1 && text.starts_with('0') => number(&text[1..], 8),
        None => number(text, 10),
    };
    let parts = text.split('.').map(part).collect::<Option<Vec<u32>>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) {
        return None;
    }
    let bits_left = 32 - 8 * u32::try_from(first.len()).ok()?;
    if u64::from(*last) >= 1 << bits_left {
        return None;
    }
    let leading = first.iter().fold(0_u64, |address, part| (address << 8) | u64::from(*part)) << bits_left;
    u32::try_from(leading | u64::from(*last)).ok().map(Ipv4Addr::from)
}

/// Digits and nothing else: Rust's parser also takes a sign.
fn number(digits: &str, radix: u32) -> Option<u32> {
    digits.chars().all(|digit| digit.is_digit(radix)).then(|| u32::from_str_radix(digits, radix).ok())?
}

/// Whether a question can hold a search domain: no empty label, and none that is too long. With one that it cannot, the C
/// library gives up searching.
fn is_expressible(domain: &[u8]) -> bool {
    let bare = domain.strip_suffix(b".").unwrap_or(domain);
    bare.is_empty() || bare.split(|byte| *byte == b'.').all(|label| (1..=63).contains(&label.len()))
}

/// A search domain in which a host may be: nothing that no host name has, such as the end of a line as in DOS.
fn search_domain(word: &[u8]) -> Option<Name> {
    let text = str::from_utf8(word).ok()?;
    let bare = text.strip_suffix('.').unwrap_or(text);
    if bare.is_empty() {
        return Some(Name::root());
    }
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if bare.bytes().all(is_usual) { absolute(bare) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ResolvConf {
        ResolvConf::parse(text.as_bytes(), &Surroundings::default())
    }

    fn search(conf: &ResolvConf, name: &str) -> Vec<String> {
        conf.search.candidates(name, true).iter().map(Name::to_ascii).collect()
    }

    /// What glibc 2.41 makes of each was seen with `getent ahosts` beside servers that told what they were asked.
    #[test]
    fn servers_are_those_that_the_c_library_asks() {
        for (text, servers) in [
            ("", &["127.0.0.1:53"][..]),
            ("# nameserver 192.0.2.1\n; nameserver 192.0.2.2\n", &["127.0.0.1:53"]),
            ("search example.org\n", &["127.0.0.1:53"]),
            ("nameserver 192.0.2.1", &["192.0.2.1:53"]),
            ("nameserver\t192.0.2.1\t# the router\n", &["192.0.2.1:53"]),
            ("nameserver  \t 192.0.2.1 192.0.2.2\n", &["192.0.2.1:53"]),
            ("nameserver 192.0.2.1\nnameserver 2001:db8::1\n", &["192.0.2.1:53", "[2001:db8::1]:53"]),
            (
                "nameserver 192.0.2.4\nnameserver 192.0.2.3\nnameserver 192.0.2.2\nnameserver 192.0.2.1\n",
                &["192.0.2.4:53", "192.0.2.3:53", "192.0.2.2:53"],
            ),
            // One that cannot be used does not count.
            ("nameserver ns.example.org\nnameserver 192.0.2.1\n", &["192.0.2.1:53"]),
            ("nameserver 192.0.2.1:5353\n", &["127.0.0.1:53"]),
            ("nameserver\nnameserver 192.0.2.1\n", &["192.0.2.1:53"]),
            // A byte order mark, a blank or a capital letter makes another keyword of it.
            ("\u{feff}nameserver 192.0.2.1\nnameserver 192.0.2.2\n", &["192.0.2.2:53"]),
            (" nameserver 192.0.2.1\n", &["127.0.0.1:53"]),
            ("Nameserver 192.0.2.1\n", &["127.0.0.1:53"]),
            // The end of a line as in DOS belongs to the word before it.
            ("nameserver 192.0.2.1\r\n", &["127.0.0.1:53"]),
            ("nameserver 192.0.2.1 \r\n", &["192.0.2.1:53"]),
            (
                "nameserver 127.1\nnameserver 0x7f000003\nnameserver 0300.0.2.1\n",
                &["127.0.0.1:53", "127.0.0.3:53", "192.0.2.1:53"],
            ),
            ("nameserver 192.0.2.256\nnameserver 1.2.3.4.5\nnameserver 09.1.1.1\n", &["127.0.0.1:53"]),
            // A zone by its number; a name is looked up, and this one belongs to no interface.
            ("nameserver fe80::1%7\n", &["[fe80::1%7]:53"]),
            ("nameserver fe80::1%nosuchlink\n", &["[fe80::1]:53"]),
        ] {
            let servers: Vec<SocketAddr> = servers.iter().map(|server| server.parse().unwrap()).collect();
            assert_eq!(read(text).servers, servers, "{text:?}");
        }
    }

    #[test]
    fn the_last_search_line_counts_up_to_what_no_question_can_hold() {
        let long = format!("search a.test {:064}.example.org example.org\n", 0);
        for (text, names) in [
            ("search a.test b.test\n", &["x.a.test.", "x.b.test.", "x."][..]),
            ("search\ta.test\tb.test.\t\n", &["x.a.test.", "x.b.test.", "x."]),
            ("domain a.test\nsearch b.test\n", &["x.b.test.", "x."]),
            ("search b.test\ndomain a.test c.test\n", &["x.a.test.", "x."]),
            ("search b.test\nsearch\ndomain  \n", &["x.b.test.", "x."]),
            ("search a.test a..b example.org\n", &["x.a.test.", "x."]),
            (&long, &["x.a.test.", "x."]),
            ("search .\n", &["x."]),
            ("search b.test a.test\r\n", &["x.b.test.", "x."]),
            ("search a.test\noptions ndots:0\n", &["x.", "x.a.test."]),
            ("", &["x."]),
        ] {
            assert_eq!(search(&read(text), "x"), names, "{text:?}");
        }
    }

    #[test]
    fn options_count_by_how_they_begin() {
        let conf = read("options no-aaaa  use-vc\tedns0 ndots:3 rotate unheard-of\n");
        assert!(conf.no_aaaa && conf.tcp_only && conf.edns0);
        let conf = read("options ndots:x\n#options no-aaaa\noptions\n");
        assert!(!conf.no_aaaa && !conf.tcp_only && !conf.edns0);
    }

    #[test]
    fn the_environment_overrides_the_file_and_the_hosts_own_domain_stands_in() {
        let surroundings = |local_domain: Option<&str>, options: Option<&str>, host_name: &str| Surroundings {
            local_domain: local_domain.map(|text| text.as_bytes().to_vec()),
            options: options.map(|text| text.as_bytes().to_vec()),
            host_name: host_name.to_owned(),
        };
        let file = b"search file.test\nnameserver 192.0.2.1\n";
        let conf = ResolvConf::parse(file, &surroundings(Some("a.test b.test\nc.test"), Some("no-aaaa"), "h.own.test"));
        assert_eq!(search(&conf, "x"), ["x.a.test.", "x.b.test.", "x."]);
        assert!(conf.no_aaaa);
        assert_eq!(
            search(&ResolvConf::parse(file, &surroundings(None, None, "h.own.test")), "x"),
            ["x.file.test.", "x."]
        );
        assert_eq!(
            search(&ResolvConf::parse(b"", &surroundings(None, None, "h.own.test")), "x"),
            ["x.own.test.", "x."]
        );
        assert_eq!(search(&ResolvConf::parse(b"", &surroundings(None, None, "h")), "x"), ["x."]);
    }
}
