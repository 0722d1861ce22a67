//! The TXT records of MTA-STS and TLS reporting.

use super::super::{mta_sts, tls_reporting};
use crate::observation::promises::{PolicyRecord, RecordFault as Fault};
use crate::observation::{LookupFailure, LookupFailureKind};

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn faulty<T>(about: &[&str], faults: &[Fault]) -> PolicyRecord<T> {
    PolicyRecord::Faulty { texts: texts(about), faults: faults.to_vec() }
}

fn bad(field: &'static str, value: &str, allowed: &'static str) -> Fault {
    Fault::BadValue { field, value: value.to_owned(), allowed }
}

#[test]
fn a_record_of_mta_sts_announces_its_policy_or_tells_why_not() {
    const ID: &str = "1 to 32 letters and digits";
    let long = ["v=STSv1; id=abcdefghijklmnopqrstuvwxyz1234567"];
    let good = |text: &str, id: &str, remarks: &[Fault]| PolicyRecord::Good {
        text: text.to_owned(),
        record: id.to_owned(),
        remarks: remarks.to_vec(),
    };
    let malformed = |text: &str| Fault::Malformed(text.to_owned());
    let foreign = |text: &str| Fault::Foreign(text.to_owned());
    let rows: Vec<(&[&str], PolicyRecord<String>)> = vec![
        (&["v=STSv1; id=20260101T000000;"], good("v=STSv1; id=20260101T000000;", "20260101T000000", &[])),
        (&["v=STSv1;id=1"], good("v=STSv1;id=1", "1", &[])),
        (&["v=STSv1 \t; \t id=1 ; note=x ; "], good("v=STSv1 \t; \t id=1 ; note=x ; ", "1", &[])),
        (&["verification=abc", "v=STSv1; id=1;", "v=spf1 -all"], good("v=STSv1; id=1;", "1", &[])),
        (&["v=STSv1; id=1; id=2"], good("v=STSv1; id=1; id=2", "1", &[Fault::Twice("id".to_owned())])),
        (&["v=STSv1;; id=1"], good("v=STSv1;; id=1", "1", &[malformed(";;")])),
        (&[], PolicyRecord::None),
        (&["verification=abc", ""], PolicyRecord::None),
        (&["v=STSv1; id=1;", "v=STSv1; id=2;"], faulty(&["v=STSv1; id=1;", "v=STSv1; id=2;"], &[Fault::Several(2)])),
        (&["v=STSv1"], faulty(&["v=STSv1"], &[Fault::Missing("id")])),
        (&["v=STSv1; ID=1"], faulty(&["v=STSv1; ID=1"], &[Fault::Missing("id")])),
        (&["v=STSv1; id="], faulty(&["v=STSv1; id="], &[bad("id", "", ID)])),
        (&["v=STSv1; id=2026-01-01"], faulty(&["v=STSv1; id=2026-01-01"], &[bad("id", "2026-01-01", ID)])),
        (&long, faulty(&long, &[bad("id", "abcdefghijklmnopqrstuvwxyz1234567", ID)])),
        (&["v=STSv1; id = 1"], faulty(&["v=STSv1; id = 1"], &[malformed("id = 1"), Fault::Missing("id")])),
        (&["v=STSv1; id=1; more"], faulty(&["v=STSv1; id=1; more"], &[malformed("more")])),
        (&["v=STSv1, id=1"], faulty(&["v=STSv1, id=1"], &[Fault::BadVersion])),
        (&["v=stsv1; id=1"], faulty(&["v=stsv1; id=1"], &[Fault::BadVersion])),
        (&[" v=STSv1; id=1"], faulty(&[" v=STSv1; id=1"], &[Fault::BadVersion])),
        (&["\"v=STSv1; id=1\""], faulty(&["\"v=STSv1; id=1\""], &[Fault::BadVersion])),
        (&["v=STSv2; id=1"], faulty(&["v=STSv2; id=1"], &[Fault::BadVersion])),
        (&["id=1; v=STSv1"], faulty(&["id=1; v=STSv1"], &[Fault::BadVersion])),
        (&["v=spf1 -all"], faulty(&["v=spf1 -all"], &[foreign("v=spf1")])),
        (
            &["v=TLSRPTv1; rua=mailto:a@example.org"],
            faulty(&["v=TLSRPTv1; rua=mailto:a@example.org"], &[Fault::WrongName("_smtp._tls")]),
        ),
    ];
    for (published, expected) in rows {
        assert_eq!(mta_sts::record(Ok(texts(published))), expected, "{published:?}");
    }
}

#[test]
fn a_record_of_tls_reporting_names_addresses_or_tells_why_not() {
    let rows: Vec<(&str, &[&str], Vec<Fault>)> = vec![
        ("v=TLSRPTv1; rua=mailto:tls@example.org", &["mailto:tls@example.org"], vec![]),
        (
            "v=TLSRPTv1;rua=mailto:tls@example.org , https://reports.example.org/v1?a=b;",
            &["mailto:tls@example.org", "https://reports.example.org/v1?a=b"],
            vec![],
        ),
        ("v=TLSRPTv1; rua=mailto:a%21b@example.org; ext=1", &["mailto:a%21b@example.org"], vec![]),
        ("v=TLSRPTv1", &[], vec![Fault::Missing("rua")]),
        ("v=TLSRPTv1; ruf=mailto:tls@example.org", &[], vec![Fault::Missing("rua")]),
        (
            "v=TLSRPTv1; rua=tls@example.org",
            &[],
            vec![bad("rua", "tls@example.org", "mailto: with a mail address, or https: with a URL")],
        ),
        (
            "v=TLSRPTv1; rua=http://example.org/tls",
            &[],
            vec![bad("rua", "http://example.org/tls", "mailto: or https:")],
        ),
        ("v=TLSRPTv1; rua=mailto:", &[], vec![bad("rua", "mailto:", "mailto: with a mail address")]),
        (
            "v=TLSRPTv1; rua=mailto:example.org",
            &[],
            vec![bad("rua", "mailto:example.org", "mailto: with a mail address")],
        ),
        (
            "v=TLSRPTv1; rua=mailto: tls@example.org",
            &[],
            vec![bad("rua", "mailto: tls@example.org", "an address without spaces, in ASCII")],
        ),
        (
            "v=TLSRPTv1; rua=mailto:tls@example.org!10m",
            &[],
            vec![bad("rua", "mailto:tls@example.org!10m", "an address with every \"!\" written as %21")],
        ),
        (
            "v=TLSRPTv1; rua=https://",
            &[],
            vec![bad("rua", "https://", "mailto: with a mail address, or https: with a URL")],
        ),
        (
            "v=TLSRPTv1; rua=mailto:a@example.org,",
            &["mailto:a@example.org"],
            vec![bad("rua", "", "mailto: with a mail address, or https: with a URL")],
        ),
        (
            "v=TLSRPTv1; rua=ftp://example.org,mailto:a@example.org",
            &["mailto:a@example.org"],
            vec![bad("rua", "ftp://example.org", "mailto: or https:")],
        ),
        (
            "v=TLSRPTv1; rua=mailto:a@example.org; rua=mailto:b@example.org",
            &["mailto:a@example.org"],
            vec![Fault::Twice("rua".to_owned())],
        ),
        ("v=TLSRPTv1; rua=mailto:a@example.org?subject=a;b", &[], vec![Fault::Malformed("b".to_owned())]),
        ("v=TLSRPT1; rua=mailto:a@example.org", &[], vec![Fault::BadVersion]),
        ("v=tlsrptv1; rua=mailto:a@example.org", &[], vec![Fault::BadVersion]),
        ("v=DMARC1; p=none", &[], vec![Fault::Foreign("v=DMARC1".to_owned())]),
    ];
    for (published, addresses, faults) in rows {
        let expected = if addresses.is_empty() {
            faulty(&[published], &faults)
        } else {
            let record = texts(addresses);
            PolicyRecord::Good { text: published.to_owned(), record, remarks: faults }
        };
        assert_eq!(tls_reporting::record(Ok(texts(&[published]))), expected, "{published}");
    }
    let two = ["v=TLSRPTv1; rua=mailto:a@example.org", "v=TLSRPTv1; rua=mailto:b@example.org"];
    assert_eq!(tls_reporting::record(Ok(texts(&two))), faulty(&two, &[Fault::Several(2)]));
}

#[test]
fn a_record_that_does_not_exist_is_none_and_one_that_cannot_be_looked_up_is_unknown() {
    let failure = |kind| LookupFailure::new(kind, "words".to_owned());
    for kind in [LookupFailureKind::NoSuchName, LookupFailureKind::NoAddress] {
        assert_eq!(mta_sts::record(Err(failure(kind))), PolicyRecord::None);
    }
    for kind in [LookupFailureKind::TimedOut, LookupFailureKind::Failed, LookupFailureKind::Unreachable] {
        assert_eq!(mta_sts::record(Err(failure(kind))), PolicyRecord::Failed(failure(kind)));
    }
}
