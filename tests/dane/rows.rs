//! The table: a chain, a record, and what senders make of them.

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use mailprobe::internals::observation::promises::{MatchedBy, TlsaRecord, UnusableTlsa};
use x509_parser::parse_x509_certificate;

use crate::chains::{Chain, Chains};

pub(crate) struct Row<'a> {
    pub(crate) what: String,
    pub(crate) chain: &'a Chain,
    pub(crate) record: TlsaRecord,
    pub(crate) expected: Expected,
    /// Why OpenSSL says something else.
    pub(crate) differs: Option<&'static str>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Expected {
    Match(MatchedBy),
    /// With words that have these among them; empty for none.
    NoMatch(&'static str),
    Unusable(UnusableTlsa),
}

use Expected::{NoMatch, Unusable};

const SERVER: Expected = Expected::Match(MatchedBy::Server);

const fn authority(steps: usize) -> Expected {
    Expected::Match(MatchedBy::Authority(steps))
}

/// The record of this certificate.
pub(crate) fn record(usage: u8, selector: u8, matching_type: u8, der: &[u8]) -> TlsaRecord {
    let (_, parsed) = parse_x509_certificate(der).unwrap();
    record_of(usage, selector, matching_type, if selector == 1 { parsed.public_key().raw } else { der })
}

/// The record of these bytes.
pub(crate) fn record_of(usage: u8, selector: u8, matching_type: u8, bytes: &[u8]) -> TlsaRecord {
    let data = match matching_type {
        1 => digest(&SHA256, bytes).as_ref().to_vec(),
        2 => digest(&SHA512, bytes).as_ref().to_vec(),
        _ => bytes.to_vec(),
    };
    TlsaRecord { usage, selector, matching_type, data }
}

/// What each record of a certificate comes to, by selector and matching type.
type BySelectorAndType = [((u8, u8), Expected); 6];

const SELECTORS_AND_TYPES: [(u8, u8); 6] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)];

fn all_alike(expected: Expected) -> BySelectorAndType {
    SELECTORS_AND_TYPES.map(|kind| (kind, expected))
}

/// What only a record that holds an authority whole can do: stand for one that is not sent.
fn whole_only(steps: usize) -> BySelectorAndType {
    SELECTORS_AND_TYPES.map(|kind| (kind, if kind.1 == 0 { authority(steps) } else { NoMatch("") }))
}

struct Table<'a>(Vec<Row<'a>>);

impl<'a> Table<'a> {
    fn of(&mut self, what: &str, chain: &'a Chain, usage: u8, der: &[u8], expected: BySelectorAndType) {
        for ((selector, matching_type), expected) in expected {
            let record = record(usage, selector, matching_type, der);
            let what = format!("{what}: {usage} {selector} {matching_type}");
            self.0.push(Row { what, chain, record, expected, differs: None });
        }
    }

    fn one(&mut self, what: &str, chain: &'a Chain, record: TlsaRecord, expected: Expected) -> &mut Row<'a> {
        self.0.push(Row { what: what.to_owned(), chain, record, expected, differs: None });
        self.0.last_mut().unwrap()
    }
}

pub(crate) fn all(chains: &Chains) -> Vec<Row<'_>> {
    let mut table = Table(Vec::new());
    of_the_server(&mut table, chains);
    of_an_authority(&mut table, chains);
    below_an_authority(&mut table, chains);
    that_cannot_be_used(&mut table, chains);
    table.0
}

fn of_the_server<'a>(table: &mut Table<'a>, chains: &'a Chains) {
    let good = &chains.good;
    table.of("right", good, 3, &good.sent[0], all_alike(SERVER));
    table.of("another's", good, 3, &chains.self_signed.sent[0], all_alike(NoMatch("")));
    table.of(
        "the intermediate's",
        good,
        3,
        &good.sent[1],
        all_alike(NoMatch("of CN=intermediate, and a record of that begins with 2")),
    );
    // Neither name, dates, issuer nor purpose count.
    let wrong = [
        ("self-signed", &chains.self_signed),
        ("self-signed, expired, for another name and for clients", &chains.self_signed_and_all_wrong),
        ("expired", &chains.expired),
        ("not yet valid", &chains.not_yet_valid),
        ("for another name", &chains.other_name),
        ("issuer not sent", &chains.alone),
        ("signed by nobody that is sent", &chains.other_issuer),
        ("marked as an authority's", &chains.marked_as_authority),
        ("for clients", &chains.for_clients),
    ];
    for (what, chain) in wrong {
        table.one(what, chain, record(3, 1, 1, &chain.sent[0]), SERVER);
    }
    // The right data with the wrong number before them.
    let of_key = TlsaRecord { selector: 0, ..record(3, 1, 1, &good.sent[0]) };
    table.one("a key's hash as a certificate's", good, of_key, NoMatch("begins with 3 1 1"));
    let of_certificate = TlsaRecord { selector: 1, ..record(3, 0, 2, &good.sent[0]) };
    table.one("a certificate's hash as a key's", good, of_certificate, NoMatch("begins with 3 0 2"));
}

fn of_an_authority<'a>(table: &mut Table<'a>, chains: &'a Chains) {
    let good = &chains.good;
    table.of("the intermediate, sent", good, 2, &good.sent[1], all_alike(authority(1)));
    table.of("another's", good, 2, &chains.root_expired.sent[1], all_alike(NoMatch("")));
    table.of("the root, sent", &chains.with_root, 2, &chains.with_root.sent[2], all_alike(authority(2)));
    table.of("the intermediate below a root", &chains.with_root, 2, &chains.with_root.sent[1], all_alike(authority(1)));
    table.of("the root, not sent", good, 2, &good.not_sent[0], whole_only(2));
    let alone = &chains.alone;
    table.of("the intermediate, not sent", alone, 2, &alone.not_sent[0], whole_only(1));
    table.of("the root, and no intermediate is sent", alone, 2, &alone.not_sent[1], all_alike(NoMatch("")));
    // Usage 2 is not for the server's own certificate, not even for a self-signed one. As an authority's key alone, that
    // one's key did sign it.
    table.of("the server's own", good, 2, &good.sent[0], all_alike(NoMatch("begins with 3 ")));
    let own =
        SELECTORS_AND_TYPES.map(|kind| (kind, if kind == (1, 0) { authority(1) } else { NoMatch("begins with 3 ") }));
    table.of("self-signed", &chains.self_signed, 2, &chains.self_signed.sent[0], own);
    table.of("self-signed, sent twice", &chains.sent_twice, 2, &chains.sent_twice.sent[0], own);
    // The order in which they are sent does not matter.
    let out_of_order = &chains.out_of_order;
    table.of("the root, out of order", out_of_order, 2, &out_of_order.sent[1], all_alike(authority(2)));
}

/// The chain below the authority, and the server's own certificate.
fn below_an_authority<'a>(table: &mut Table<'a>, chains: &'a Chains) {
    let right_names = [
        ("for the next-hop domain", &chains.for_next_hop),
        ("for a wildcard", &chains.by_wildcard),
        ("for a common name", &chains.by_common_name),
        ("marked as an authority's", &chains.marked_as_authority),
    ];
    for (what, chain) in right_names {
        table.one(what, chain, record(2, 0, 1, &chain.sent[1]), authority(1));
        table.one(what, chain, record(2, 1, 0, &chain.not_sent[0]), authority(2));
    }
    let wrong = [
        ("for another name", &chains.other_name, 1, "is not for mx.example.test or example.test"),
        ("expired", &chains.expired, 1, "the server's certificate expired on 20"),
        ("not yet valid", &chains.not_yet_valid, 1, "the server's certificate is not valid before 20"),
        ("for clients", &chains.for_clients, 1, "does not include server authentication"),
        (
            "the intermediate expired",
            &chains.intermediate_expired,
            2,
            "the certificate of CN=intermediate expired on 20",
        ),
        ("the root expired", &chains.root_expired, 2, "the certificate of CN=root expired on 20"),
        ("another of its issuer's name", &chains.other_issuer, 1, "CN=intermediate is sent, and the server's own"),
        ("another of its issuer's name", &chains.other_issuer, 2, "does not verify with the issuer's key"),
        ("no authority between", &chains.intermediate_is_no_authority, 1, "is not a CA"),
        ("no authority between", &chains.intermediate_is_no_authority, 2, "is not a CA"),
        ("not said to be an authority", &chains.root_says_nothing, 1, "is not a CA"),
        ("more below than allowed", &chains.room_for_none, 2, "longer than allowed"),
    ];
    for (what, chain, place, words) in wrong {
        for selector in [0, 1] {
            table.one(what, chain, record(2, selector, 1, &chain.sent[place]), NoMatch(words));
        }
    }
    // Dates count below the authority, and where it is a root, its own.
    let below_expired = record(2, 1, 1, &chains.intermediate_expired.sent[1]);
    table.one("the intermediate expired", &chains.intermediate_expired, below_expired, authority(1));
    table.one("the root expired", &chains.root_expired, record(2, 1, 2, &chains.root_expired.sent[1]), authority(1));
}

fn that_cannot_be_used<'a>(table: &mut Table<'a>, chains: &'a Chains) {
    const IN_SMTP: &str = "OpenSSL leaves it to the program: SMTP has no use for it (RFC 7672, section 3.1.3)";
    let good = &chains.good;
    let own = &good.sent[0];
    for usage in [0, 1] {
        table.one("of the web's authorities", good, record(usage, 1, 1, own), Unusable(UnusableTlsa::Usage)).differs =
            Some(IN_SMTP);
    }
    let odd = |usage, selector, matching_type| TlsaRecord { usage, selector, matching_type, data: vec![7; 32] };
    let cut = |selector, matching_type, length| TlsaRecord { data: vec![7; length], ..odd(3, selector, matching_type) };
    let longer = |mut record: TlsaRecord| {
        record.data.push(0);
        record
    };
    let records = [
        ("unknown usage", odd(4, 1, 1), UnusableTlsa::UnknownUsage),
        ("private usage", odd(255, 1, 1), UnusableTlsa::UnknownUsage),
        ("unknown selector", odd(3, 2, 1), UnusableTlsa::Selector),
        ("private selector", odd(2, 255, 1), UnusableTlsa::Selector),
        ("unknown matching type", odd(3, 1, 3), UnusableTlsa::MatchingType),
        ("private matching type", odd(3, 1, 255), UnusableTlsa::MatchingType),
        ("SHA-256 cut", cut(1, 1, 31), UnusableTlsa::Length),
        ("SHA-256 too long", cut(1, 1, 33), UnusableTlsa::Length),
        ("SHA-1 as SHA-256", cut(0, 1, 20), UnusableTlsa::Length),
        ("SHA-256 as SHA-512", cut(1, 2, 32), UnusableTlsa::Length),
        ("no hash", cut(1, 1, 0), UnusableTlsa::Length),
        ("no key", cut(1, 0, 0), UnusableTlsa::Data),
        ("a hash as a whole key", cut(1, 0, 32), UnusableTlsa::Data),
        ("a hash as a whole certificate", cut(0, 0, 32), UnusableTlsa::Data),
        ("a certificate and more", longer(record(3, 0, 0, own)), UnusableTlsa::Data),
        ("a key and more", longer(record(2, 1, 0, &good.sent[1])), UnusableTlsa::Data),
    ];
    for (what, record, why) in records {
        table.one(what, good, record, Unusable(why));
    }
}
