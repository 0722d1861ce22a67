//! A row of the table: a mail domain, its records and servers, and what is expected of it.

use std::net::Ipv4Addr;

use mailprobe_lab::{Behaviour, Leaf, Mention, Security};

use crate::judges::Verdict;
use crate::tlsa::{Of, Tlsa};
use crate::zones::Damage;

/// A mail domain and its servers.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// What is particular about it.
    pub(crate) what: String,
    /// Its domain.
    pub(crate) domain: String,
    pub(crate) places: Vec<Place>,
    /// Records beside those of the usual domain; `{d}` stands for the domain, `{a}` and `{b}` for the addresses.
    extra: Vec<String>,
    tlsa: Vec<(String, Tlsa)>,
    is_usual: bool,
    damages: Vec<Damage>,
    pub(crate) expected: Expected,
}

/// A server at an address.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The name that the MX record has.
    pub(crate) host: String,
    pub(crate) leaf: Leaf,
    /// The names in its certificate.
    pub(crate) names: Vec<String>,
    pub(crate) starttls: bool,
}

/// What is expected of mailprobe, and why another tool may say otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Expected {
    /// `targets[].policies.dane.outcome`
    pub(crate) outcome: &'static str,
    /// `promised.dane.result` of each endpoint; `-` where DANE does not apply.
    pub(crate) results: &'static [&'static str],
    /// Why another tool says otherwise.
    pub(crate) reason: &'static str,
}

impl Expected {
    /// What it comes to for the place of this number.
    pub(crate) fn verdict(&self, place: usize) -> Verdict {
        match (self.outcome, self.results.get(place).copied()) {
            (_, Some("match")) => Verdict::Kept,
            (_, Some("mismatch" | "bogus" | "lookup-failed" | "no-tls")) | ("broken", None) => Verdict::Refused,
            (_, Some("unusable")) => Verdict::Unusable,
            (_, Some("-")) | ("none", None) => Verdict::NoDane,
            other => panic!("{other:?} is no expectation"),
        }
    }
}

/// A usual domain: one MX host with one address and a good certificate.
pub(crate) fn row(domain: &str, what: impl Into<String>) -> Row {
    let host = format!("mx.{domain}");
    let place = Place { names: vec![host.clone()], host, leaf: Leaf::Good, starttls: true };
    Row {
        what: what.into(),
        domain: domain.to_owned(),
        places: vec![place],
        extra: Vec::new(),
        tlsa: Vec::new(),
        is_usual: true,
        damages: Vec::new(),
        expected: Expected::default(),
    }
}

impl Row {
    /// These TLSA records at the usual place.
    pub(crate) fn tlsa(self, records: &[Tlsa]) -> Self {
        self.tlsa_at("_25._tcp.mx.{d}", records)
    }

    /// These TLSA records elsewhere.
    pub(crate) fn tlsa_at(mut self, owner: &str, records: &[Tlsa]) -> Self {
        self.tlsa.extend(records.iter().map(|&record| (owner.to_owned(), record)));
        self
    }

    /// The server's certificate.
    pub(crate) fn shows(mut self, leaf: Leaf) -> Self {
        self.places[0].leaf = leaf;
        self
    }

    /// The names in the server's certificate.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.places[0].names = vec![name.replace("{d}", &self.domain)];
        self
    }

    /// The server has no STARTTLS.
    pub(crate) fn without_tls(mut self) -> Self {
        self.places[0].starttls = false;
        self
    }

    /// Another address of the same host, where another certificate is shown.
    pub(crate) fn also_shows(mut self, leaf: Leaf) -> Self {
        self.places.push(Place { leaf, ..self.places[0].clone() });
        self.record("mx.{d} A {b}")
    }

    /// Another MX host, where this certificate is shown.
    pub(crate) fn second_host(mut self, leaf: Leaf) -> Self {
        let host = format!("mx2.{}", self.domain);
        self.places.push(Place { names: vec![host.clone()], host, leaf, starttls: true });
        self.record("{d} MX 10 mx2.{d}").record("mx2.{d} A {b}")
    }

    /// A record beside the usual ones.
    pub(crate) fn record(mut self, record: &str) -> Self {
        self.extra.push(record.to_owned());
        self
    }

    /// Only the records that are told, and where mail goes.
    pub(crate) fn only(mut self, host: &str) -> Self {
        self.is_usual = false;
        let host = host.replace("{d}", &self.domain);
        self.places[0].names = vec![host.clone()];
        self.places[0].host = host;
        self
    }

    /// What is done to its zone.
    pub(crate) fn damaged(mut self, damage: Damage) -> Self {
        self.damages.push(damage);
        self
    }

    /// What mailprobe is to say.
    pub(crate) fn expect(mut self, outcome: &'static str, results: &'static [&'static str]) -> Self {
        self.expected = Expected { outcome, results, ..self.expected };
        self
    }

    /// Why another tool says otherwise.
    pub(crate) fn because(mut self, reason: &'static str) -> Self {
        self.expected.reason = reason;
        self
    }

    /// Where its servers are: each row has a network of its own.
    pub(crate) fn addresses(&self, number: usize) -> impl Iterator<Item = Ipv4Addr> {
        let [_, _, high, low] = u32::try_from(number).expect("a number").to_be_bytes();
        assert_eq!(high, 0, "too many rows");
        (1..).take(self.places.len()).map(move |place| Ipv4Addr::new(10, 25, low, place))
    }

    /// Its servers.
    pub(crate) fn servers(&self) -> impl Iterator<Item = Behaviour> {
        self.places.iter().map(|place| {
            let mention = if place.starttls { Mention::Offered } else { Mention::Absent };
            let names = place.names.iter().map(String::as_str);
            let server = Behaviour::smtp(Security::StartTls).host(&place.host).certificate(place.leaf).names(names);
            server.starttls(mention)
        })
    }

    /// Its records, as they stand in a zone.
    pub(crate) fn records(&self, number: usize) -> Vec<String> {
        let addresses: Vec<Ipv4Addr> = self.addresses(number).collect();
        let fill = |line: &str| {
            // Domains are written without their final dot, zone files want it.
            let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            for word in words.iter_mut().filter(|word| word.contains("{d}")) {
                *word = format!("{}.", word.replace("{d}", &self.domain));
            }
            let line = words.join(" ").replace("{a}", &addresses[0].to_string());
            addresses.get(1).map_or(line.clone(), |second| line.replace("{b}", &second.to_string()))
        };
        let usual: &[&str] = if self.is_usual { &["{d} MX 10 mx.{d}", "mx.{d} A {a}"] } else { &[] };
        let mut lines: Vec<String> = usual.iter().map(|line| fill(line)).collect();
        lines.extend(self.extra.iter().map(|line| fill(line)));
        let Place { leaf, names, .. } = &self.places[0];
        for (owner, record) in &self.tlsa {
            lines.push(format!("{} TLSA {}", fill(owner), record.data(*leaf, names)));
        }
        lines
    }

    /// What is done to its zone.
    pub(crate) fn damages(&self) -> impl Iterator<Item = Damage> {
        let fill = |owner: &str| format!("{}.", owner.replace("{d}", &self.domain));
        self.damages.iter().map(move |damage| match damage {
            Damage::Forged(owner, of) => Damage::Forged(fill(owner), of),
            Damage::Expired(owner, of) => Damage::Expired(fill(owner), of),
            Damage::NoProof(zone) => Damage::NoProof(zone),
        })
    }

    /// The TLSA records in short: `3 1 1 (server)`.
    pub(crate) fn published(&self) -> String {
        let of = |of| match of {
            Of::Server => "server",
            Of::Issuer => "issuer",
            Of::Root => "root",
            Of::Before => "old key",
            Of::Stranger => "another authority",
        };
        let records: Vec<String> =
            self.tlsa.iter().map(|(_, record)| format!("{} ({})", record.numbers(), of(record.of()))).collect();
        if records.is_empty() { "none".to_owned() } else { records.join(", ") }
    }
}
