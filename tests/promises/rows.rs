//! The rows of the table.

use mailprobe_lab::Leaf;

use crate::row::{Row, row};
use crate::tlsa::Of::{Before, Issuer, Root, Server, Stranger};
use crate::tlsa::{Of, tlsa};
use crate::zones::Damage;

const KEPT: &str = "kept";
const BROKEN: &str = "broken";
const NONE: &str = "none";
/// `promised.dane.result` of one endpoint.
const MATCHES: &[&str] = &["match"];
const MISMATCHES: &[&str] = &["mismatch"];
const UNUSABLE: &[&str] = &["unusable"];
const BOGUS: &[&str] = &["bogus"];
const LOOKUP_FAILED: &[&str] = &["lookup-failed"];
const NO_TLS: &[&str] = &["no-tls"];
const NOT_CONCERNED: &[&str] = &["-"];

const PKIX: &str = "Usages 0 and 1 cannot be used for SMTP (RFC 7672, section 3.1.3); ldns-dane knows no such rule.";

const NAME: &str = "ldns-dane wants the name in the certificate even for usage 3, unless told otherwise (`-n`); senders do not \
                    (RFC 7671, section 5.1).";
const NEXT_HOP: &str =
    "ldns-dane knows nothing of the domain, whose name is as good as the host's (RFC 7672, section 3.2.2).";
const ALIAS: &str = "ldns-dane does not follow the host's alias.";
const ADDRESS: &str = "ldns-dane was given the chain and did not ask for the address.";

/// All of them, by what they are about.
pub(crate) fn all() -> Vec<(&'static str, Vec<Row>)> {
    vec![
        ("Usage 3: the server's certificate or key", usage_3()),
        ("Usage 2: an authority", usage_2()),
        ("Usages 0 and 1, and records that cannot be used", unusable()),
        ("Renewals and several records", renewals()),
        ("Names, dates and issuers", certificates()),
        ("Where the records are", places()),
        ("What DNSSEC says", dnssec()),
        ("Several servers, and none", servers()),
    ]
}

/// Each selector and matching type, right and wrong.
fn forms(usage: u8, of: Of, wrong: Of) -> Vec<Row> {
    let mut rows = Vec::new();
    for (selector, matching_type) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] {
        let numbers = format!("{usage}{selector}{matching_type}");
        let right = row(&format!("right-{numbers}.test"), "right");
        rows.push(right.tlsa(&[tlsa(usage, selector, matching_type, of)]).expect(KEPT, MATCHES));
        let other = row(&format!("wrong-{numbers}.test"), "wrong");
        rows.push(other.tlsa(&[tlsa(usage, selector, matching_type, wrong)]).expect(BROKEN, MISMATCHES));
    }
    rows
}

fn usage_3() -> Vec<Row> {
    forms(3, Server, Before)
}

fn usage_2() -> Vec<Row> {
    let mut rows = forms(2, Issuer, Stranger);
    rows.extend([
        row("root-sent.test", "the root is sent")
            .shows(Leaf::SuperfluousRoot)
            .tlsa(&[tlsa(2, 1, 1, Root)])
            .expect(KEPT, MATCHES),
        row("root-missing.test", "the root is not sent").tlsa(&[tlsa(2, 0, 1, Root)]).expect(BROKEN, MISMATCHES),
        row("root-key-missing.test", "the root is not sent").tlsa(&[tlsa(2, 1, 2, Root)]).expect(BROKEN, MISMATCHES),
        row("root-in-dns.test", "the root is not sent, but is in the record")
            .tlsa(&[tlsa(2, 0, 0, Root)])
            .expect(KEPT, MATCHES),
        row("root-key-in-dns.test", "the root is not sent, but its key is in the record")
            .tlsa(&[tlsa(2, 1, 0, Root)])
            .expect(KEPT, MATCHES),
        row("issuer-missing.test", "the issuer is not sent")
            .shows(Leaf::MissingIntermediate)
            .tlsa(&[tlsa(2, 1, 1, Root)])
            .expect(BROKEN, MISMATCHES),
        row("authority-is-server.test", "the server's own key, called an authority")
            .tlsa(&[tlsa(2, 1, 1, Server)])
            .expect(BROKEN, MISMATCHES),
        row("self-signed-authority.test", "a self-signed certificate, called an authority")
            .shows(Leaf::SelfSigned)
            .tlsa(&[tlsa(2, 0, 1, Server)])
            .expect(BROKEN, MISMATCHES),
        row("unknown-authority.test", "an authority that nobody trusts otherwise")
            .shows(Leaf::UnknownRoot)
            .tlsa(&[tlsa(2, 0, 1, Stranger)])
            .expect(KEPT, MATCHES),
        row("domain-in-certificate.test", "the certificate has the domain's name, not the host's")
            .named("{d}")
            .tlsa(&[tlsa(2, 0, 1, Issuer)])
            .expect(KEPT, MATCHES)
            .because(NEXT_HOP),
    ]);
    rows
}

fn unusable() -> Vec<Row> {
    vec![
        row("right-001.test", "right").tlsa(&[tlsa(0, 0, 1, Issuer)]).expect(NONE, UNUSABLE).because(PKIX),
        row("wrong-001.test", "wrong").tlsa(&[tlsa(0, 0, 1, Stranger)]).expect(NONE, UNUSABLE).because(PKIX),
        row("right-111.test", "right").tlsa(&[tlsa(1, 1, 1, Server)]).expect(NONE, UNUSABLE).because(PKIX),
        row("wrong-111.test", "wrong").tlsa(&[tlsa(1, 1, 1, Before)]).expect(NONE, UNUSABLE).because(PKIX),
        row("usage-4.test", "an undefined usage").tlsa(&[tlsa(4, 1, 1, Server)]).expect(NONE, UNUSABLE),
        row("selector-2.test", "an undefined selector").tlsa(&[tlsa(3, 2, 1, Server)]).expect(NONE, UNUSABLE),
        row("type-3.test", "an undefined matching type").tlsa(&[tlsa(3, 1, 3, Server)]).expect(NONE, UNUSABLE),
        row("short-hash.test", "a hash of 20 bytes").tlsa(&[tlsa(3, 1, 1, Server).cut(20)]).expect(NONE, UNUSABLE),
        row("cut-certificate.test", "a certificate that was cut")
            .tlsa(&[tlsa(3, 0, 0, Server).cut(200)])
            .expect(NONE, UNUSABLE),
        row("unusable-and-right.test", "one cannot be used, one is right")
            .tlsa(&[tlsa(1, 1, 1, Before), tlsa(3, 1, 1, Server)])
            .expect(KEPT, MATCHES),
        row("unusable-and-wrong.test", "one cannot be used, one is wrong")
            .tlsa(&[tlsa(1, 1, 1, Server), tlsa(3, 1, 1, Before)])
            .expect(BROKEN, MISMATCHES)
            .because(PKIX),
    ]
}

fn renewals() -> Vec<Row> {
    vec![
        row("renewed.test", "renewed with a new key, the record is the old one")
            .tlsa(&[tlsa(3, 1, 1, Before)])
            .expect(BROKEN, MISMATCHES),
        row("both-keys.test", "both keys, before or after the renewal")
            .tlsa(&[tlsa(3, 1, 1, Before), tlsa(3, 1, 1, Server)])
            .expect(KEPT, MATCHES),
        row("key-and-issuer.test", "the old key, and the issuer")
            .tlsa(&[tlsa(3, 1, 1, Before), tlsa(2, 1, 1, Issuer)])
            .expect(KEPT, MATCHES),
        row("issuer-and-issuer.test", "two authorities, one of them the issuer")
            .tlsa(&[tlsa(2, 1, 1, Stranger), tlsa(2, 1, 1, Issuer)])
            .expect(KEPT, MATCHES),
        row(
            "weak-renewed.test",
            "the SHA-256 is renewed, the SHA-512 is not: only the stronger counts (RFC 7671, section 9)",
        )
        .tlsa(&[tlsa(3, 1, 1, Server), tlsa(3, 1, 2, Before)])
        .expect(BROKEN, MISMATCHES),
        row("strong-renewed.test", "the SHA-512 is renewed, the SHA-256 is not")
            .tlsa(&[tlsa(3, 1, 1, Before), tlsa(3, 1, 2, Server)])
            .expect(KEPT, MATCHES),
        row(
            "weak-key-renewed.test",
            "the SHA-512 that is not renewed is of the certificate: it counts among its like alone",
        )
        .tlsa(&[tlsa(3, 1, 1, Server), tlsa(3, 0, 2, Before)])
        .expect(KEPT, MATCHES),
        row("weak-issuer.test", "the SHA-256 is the issuer's, the SHA-512 is not")
            .tlsa(&[tlsa(2, 0, 1, Issuer), tlsa(2, 0, 2, Stranger)])
            .expect(BROKEN, MISMATCHES),
        row("whole-renewed.test", "the whole key is renewed, its SHA-512 is not: what is whole always counts")
            .tlsa(&[tlsa(3, 1, 0, Server), tlsa(3, 1, 2, Before)])
            .expect(KEPT, MATCHES),
    ]
}

fn certificates() -> Vec<Row> {
    let (key, issuer) = (tlsa(3, 1, 1, Server), tlsa(2, 0, 1, Issuer));
    vec![
        row("self-signed.test", "self-signed").shows(Leaf::SelfSigned).tlsa(&[key]).expect(KEPT, MATCHES),
        row("all-wrong.test", "self-signed, expired, for another name")
            .shows(Leaf::AllWrong)
            .tlsa(&[key])
            .expect(KEPT, MATCHES)
            .because(NAME),
        row("expired-key.test", "expired").shows(Leaf::Expired).tlsa(&[key]).expect(KEPT, MATCHES),
        row("expired-issuer.test", "expired").shows(Leaf::Expired).tlsa(&[issuer]).expect(BROKEN, MISMATCHES),
        row("future-key.test", "not valid yet").shows(Leaf::NotYetValid).tlsa(&[key]).expect(KEPT, MATCHES),
        row("future-issuer.test", "not valid yet").shows(Leaf::NotYetValid).tlsa(&[issuer]).expect(BROKEN, MISMATCHES),
        row("name-key.test", "for another name")
            .shows(Leaf::WrongName)
            .tlsa(&[key])
            .expect(KEPT, MATCHES)
            .because(NAME),
        row("name-issuer.test", "for another name").shows(Leaf::WrongName).tlsa(&[issuer]).expect(BROKEN, MISMATCHES),
        row("wildcard-issuer.test", "for `*.` and the domain").named("*.{d}").tlsa(&[issuer]).expect(KEPT, MATCHES),
        row("unknown-issuer.test", "of an unknown authority")
            .shows(Leaf::UnknownIssuer)
            .tlsa(&[key])
            .expect(KEPT, MATCHES),
    ]
}

fn places() -> Vec<Row> {
    let key = tlsa(3, 1, 1, Server);
    let alias = |domain, what| row(domain, what).only("mx.{d}").record("{d} MX 10 mx.{d}");
    vec![
        row("wildcard-record.test", "at a wildcard").tlsa_at("*._tcp.mx.{d}", &[key]).expect(KEPT, MATCHES),
        row("record-alias.test", "behind an alias of their own name")
            .record("_25._tcp.mx.{d} CNAME tlsa.{d}")
            .tlsa_at("tlsa.{d}", &[key])
            .expect(KEPT, MATCHES),
        row("at-domain.test", "at the domain, not at its host")
            .tlsa_at("_25._tcp.{d}", &[key])
            .expect(NONE, NOT_CONCERNED),
        row("other-port.test", "for port 465 alone").tlsa_at("_465._tcp.mx.{d}", &[key]).expect(NONE, NOT_CONCERNED),
        row("no-mx.test", "a domain without MX records")
            .only("{d}")
            .record("{d} A {a}")
            .tlsa_at("_25._tcp.{d}", &[key])
            .expect(KEPT, MATCHES),
        alias("alias-end.test", "the MX host is an alias, the records are at its end")
            .record("mx.{d} CNAME real.{d}")
            .record("real.{d} A {a}")
            .tlsa_at("_25._tcp.real.{d}", &[key])
            .expect(KEPT, MATCHES)
            .because(ALIAS),
        alias("alias-start.test", "the MX host is an alias, the records are at its start")
            .record("mx.{d} CNAME real.{d}")
            .record("real.{d} A {a}")
            .tlsa_at("_25._tcp.mx.{d}", &[key])
            .expect(KEPT, MATCHES),
        alias("alias-out.test", "the MX host is an alias for a host in an unsigned zone, the records are at its start")
            .record("mx.{d} CNAME end-of-alias.unsigned.test.")
            .record("end-of-alias.unsigned.test. A {a}")
            .tlsa_at("_25._tcp.mx.{d}", &[key])
            .expect(KEPT, MATCHES),
    ]
}

fn dnssec() -> Vec<Row> {
    let key = tlsa(3, 1, 1, Server);
    vec![
        row("none.test", "none, proven by NSEC3").expect(NONE, NOT_CONCERNED),
        row("none.example", "none, proven by NSEC").expect(NONE, NOT_CONCERNED),
        row("nsec.example", "in a zone with NSEC").tlsa(&[key]).expect(KEPT, MATCHES),
        row("a.unsigned.test", "in an unsigned zone").tlsa(&[key]).expect(NONE, NOT_CONCERNED),
        row("a.island.test", "in a signed zone whose parent has no DS").tlsa(&[key]).expect(NONE, NOT_CONCERNED),
        row("unsigned-host.test", "a host in an unsigned zone")
            .only("unsigned-host.unsigned.test")
            .record("{d} MX 10 unsigned-host.unsigned.test.")
            .record("unsigned-host.unsigned.test. A {a}")
            .tlsa_at("_25._tcp.unsigned-host.unsigned.test.", &[key])
            .expect(NONE, NOT_CONCERNED),
        row("unsigned-domain.unsigned.test", "an unsigned domain, its host in a signed zone")
            .only("signed-host.test")
            .record("{d} MX 10 signed-host.test.")
            .record("signed-host.test. A {a}")
            .tlsa_at("_25._tcp.signed-host.test.", &[key])
            .expect(NONE, MATCHES),
        row("unsigned-renewed.unsigned.test", "an unsigned domain, its host in a signed zone")
            .only("renewed-host.test")
            .record("{d} MX 10 renewed-host.test.")
            .record("renewed-host.test. A {a}")
            .tlsa_at("_25._tcp.renewed-host.test.", &[tlsa(3, 1, 1, Before)])
            .expect(NONE, MISMATCHES),
        row("unsigned-records.test", "the records alone in an unsigned zone").tlsa(&[key]).expect(NONE, NOT_CONCERNED),
        row("forged.test", "their signature is not genuine")
            .tlsa(&[key])
            .damaged(Damage::Forged("_25._tcp.mx.{d}".to_owned(), "TLSA"))
            .expect(BROKEN, BOGUS),
        row("expired-records.test", "their signature has expired")
            .tlsa(&[key])
            .damaged(Damage::Expired("_25._tcp.mx.{d}".to_owned(), "TLSA"))
            .expect(BROKEN, BOGUS),
        row("forged-address.test", "the signature of the host's address is not genuine")
            .tlsa(&[key])
            .damaged(Damage::Forged("mx.{d}".to_owned(), "A"))
            .expect(BROKEN, &[])
            .because(ADDRESS),
        row("a.expired.test", "all signatures of the zone have expired").tlsa(&[key]).expect(BROKEN, &[]),
        row("a.bogus.test", "the parent's DS is of another key").tlsa(&[key]).expect(BROKEN, &[]),
        row("denial.example", "none, and the proof of that is not genuine (NSEC)")
            .record("_143._tcp.mx.{d} TXT denial")
            .damaged(Damage::Forged("_143._tcp.mx.{d}".to_owned(), "NSEC"))
            .expect(BROKEN, BOGUS),
        row("a.denial.test", "none, and no proof in the zone is genuine (NSEC3)")
            .damaged(Damage::NoProof("denial.test."))
            .expect(BROKEN, BOGUS),
        row("refused.test", "their own name server refuses to answer").expect(BROKEN, LOOKUP_FAILED),
    ]
}

fn servers() -> Vec<Row> {
    let key = tlsa(3, 1, 1, Server);
    vec![
        row("two-addresses.test", "two addresses, one shows an old certificate")
            .tlsa(&[key])
            .also_shows(Leaf::EcdsaP384)
            .expect(BROKEN, &["match", "mismatch"]),
        row("two-hosts.test", "two hosts, one without records")
            .tlsa(&[key])
            .second_host(Leaf::Good)
            .expect(KEPT, &["match", "-"]),
        row("two-hosts-old.test", "two hosts, the second shows another certificate than its record says")
            .tlsa(&[key])
            .second_host(Leaf::Good)
            .tlsa_at("_25._tcp.mx2.{d}", &[tlsa(3, 1, 1, Before)])
            .expect(BROKEN, &["match", "mismatch"]),
        row("no-starttls.test", "no STARTTLS").tlsa(&[key]).without_tls().expect(BROKEN, NO_TLS),
        row("no-starttls-unusable.test", "no STARTTLS")
            .tlsa(&[tlsa(3, 1, 3, Server)])
            .without_tls()
            .expect(BROKEN, NO_TLS),
    ]
}
