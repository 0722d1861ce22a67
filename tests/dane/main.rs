//! Chains of certificates, held against TLSA records of every kind: as SMTP's senders judge them.
//!
//! OpenSSL, with which Postfix and Exim check DANE, judges each row too, where this machine has it.

#![cfg(feature = "net")]

mod chains;
mod openssl;
mod properties;
mod rows;

use mailprobe::internals::observation::promises::{MatchedBy, RecordJudgement, TlsaRecord, UnusableTlsa};
use mailprobe::internals::transport::dane::{PresentedChain, judge, right_record};
use mailprobe_lab::skips::{skip, this_test};

use chains::{Chain, Chains, MX, NEXT_HOP, now};
use openssl::Told;
use rows::{Expected, Row};

/// What is made of these records for this chain.
fn judged(chain: &Chain, records: &[TlsaRecord]) -> Vec<RecordJudgement> {
    let names = [MX.to_owned(), NEXT_HOP.to_owned()];
    judge(records, PresentedChain { certificates: &chain.sent, names: &names, now: now() })
}

fn matches(judged: &[RecordJudgement]) -> bool {
    judged.iter().any(|one| matches!(one, RecordJudgement::Match(_)))
}

#[test]
fn every_kind_of_record_is_held_against_the_chain() {
    let chains = Chains::new();
    let rows = rows::all(&chains);
    assert!(rows.len() >= 60, "{}", rows.len());
    let mut wrong = Vec::new();
    for Row { what, chain, record, expected, .. } in &rows {
        let judged = judged(chain, std::slice::from_ref(record)).remove(0);
        let is_right = match (expected, &judged) {
            (Expected::Match(by), RecordJudgement::Match(found)) => by == found,
            (Expected::NoMatch(""), RecordJudgement::NoMatch(None)) => true,
            (Expected::NoMatch(words), RecordJudgement::NoMatch(Some(found))) => {
                !words.is_empty() && found.contains(words)
            }
            (Expected::Unusable(why), RecordJudgement::Unusable(found)) => why == found,
            _ => false,
        };
        if !is_right {
            wrong.push(format!("{what}: {judged:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn openssl_agrees_or_the_row_says_why_not() {
    let Some(openssl) = openssl::OpenSsl::find() else {
        return skip(&this_test(), "there is no openssl to judge the same chains");
    };
    let chains = Chains::new();
    let mut wrong = Vec::new();
    for (name, chain) in chains.iter() {
        let server = openssl.serve(chain);
        for row in rows::all(&chains).iter().filter(|row| std::ptr::eq(row.chain, chain)) {
            let told = server.judged_by_client(std::slice::from_ref(&row.record));
            let ours = match row.expected {
                Expected::Match(_) => Told::Match,
                Expected::NoMatch(_) => Told::NoMatch,
                Expected::Unusable(_) => Told::Unusable,
            };
            if (told == ours) == row.differs.is_some() {
                wrong.push(format!("{name}, {}: {told:?}, and mailprobe {ours:?} ({:?})", row.what, row.differs));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn weak_and_old_certificates_are_taken_as_openssl_takes_them() {
    let Some(openssl) = openssl::OpenSsl::find() else {
        return skip(&this_test(), "there is no openssl to make the certificates");
    };
    for (what, chain) in openssl.odd_chains() {
        let authority = chain.sent.last().unwrap();
        let records = [
            (rows::record(3, 1, 1, &chain.sent[0]), MatchedBy::Server),
            (rows::record(3, 0, 1, &chain.sent[0]), MatchedBy::Server),
            (rows::record(2, 0, 1, authority), MatchedBy::Authority(1)),
            (rows::record(2, 1, 1, authority), MatchedBy::Authority(1)),
        ];
        let server = openssl.serve(&chain);
        for (record, by) in records {
            assert_eq!(
                judged(&chain, std::slice::from_ref(&record)),
                [RecordJudgement::Match(by)],
                "{what} {record:?}"
            );
            assert_eq!(server.judged_by_client(std::slice::from_ref(&record)), Told::Match, "{what} {record:?}");
        }
    }
}

#[test]
fn one_record_of_several_is_enough() {
    let chains = Chains::new();
    let (old, new) = (&chains.self_signed, &chains.good);
    let [old_key, new_key] = [old, new].map(|chain| rows::record(3, 1, 1, &chain.sent[0]));
    let rolled = [old_key.clone(), new_key];
    let none = RecordJudgement::NoMatch(None);
    let server = RecordJudgement::Match(MatchedBy::Server);
    // Both keys are published before the new one is used, and until the old one is gone everywhere.
    assert_eq!(judged(new, &rolled), [none.clone(), server.clone()]);
    assert_eq!(judged(old, &rolled), [server, none.clone()]);
    // The new key came and its record did not.
    assert_eq!(judged(new, std::slice::from_ref(&old_key)), std::slice::from_ref(&none));
    // A record of the authority carries over a change of keys.
    let with_authority = [old_key, rows::record(2, 1, 1, &new.sent[1])];
    assert_eq!(judged(new, &with_authority), [none, RecordJudgement::Match(MatchedBy::Authority(1))]);
    // Each record that cannot be used, for its own reason, and one that can.
    let of_pkix = rows::record(1, 1, 1, &new.sent[0]);
    let cut = TlsaRecord { data: vec![0; 31], ..rows::record(3, 1, 1, &new.sent[0]) };
    let unusable = judged(new, &[of_pkix.clone(), cut]);
    let expected = [UnusableTlsa::Usage, UnusableTlsa::Length].map(RecordJudgement::Unusable);
    assert_eq!(unusable, expected);
    assert!(matches(&judged(new, &[of_pkix, rows::record(3, 0, 2, &new.sent[0])])));
}

#[test]
fn of_two_hashes_of_the_same_thing_the_stronger_alone_counts() {
    let chains = Chains::new();
    let chain = &chains.good;
    let openssl = openssl::OpenSsl::find();
    let server = openssl.as_ref().map(|openssl| openssl.serve(chain));
    let old = &chains.self_signed.sent[0];
    let [own, authority] = [&chain.sent[0], &chain.sent[1]];
    let cut = TlsaRecord { data: vec![0; 32], ..rows::record(3, 1, 2, old) };
    for (what, records, expected) in [
        ("both new", vec![rows::record(3, 1, 1, own), rows::record(3, 1, 2, own)], true),
        ("the weaker one new", vec![rows::record(3, 1, 1, own), rows::record(3, 1, 2, old)], false),
        ("the stronger one new", vec![rows::record(3, 1, 1, old), rows::record(3, 1, 2, own)], true),
        (
            "both keys by the weaker one",
            vec![rows::record(3, 1, 1, old), rows::record(3, 1, 1, own), rows::record(3, 1, 2, old)],
            false,
        ),
        ("of other things", vec![rows::record(3, 1, 1, own), rows::record(3, 0, 2, old)], true),
        ("for other usages", vec![rows::record(2, 1, 1, authority), rows::record(3, 1, 2, old)], true),
        ("of an authority", vec![rows::record(2, 1, 1, authority), rows::record(2, 1, 2, old)], false),
        ("whole", vec![rows::record(3, 1, 0, own), rows::record(3, 1, 2, old)], true),
        ("the stronger one cannot be used", vec![rows::record(3, 1, 1, own), cut], true),
    ] {
        let judged = judged(chain, &records);
        assert_eq!(matches(&judged), expected, "{what}: {judged:?}");
        if !expected {
            let passed_over = |one: &RecordJudgement| match one {
                RecordJudgement::NoMatch(Some(words)) => words.contains("its weaker hash does not count"),
                _ => false,
            };
            assert!(judged.iter().any(passed_over), "{what}: {judged:?}");
        }
        if let Some(server) = &server {
            assert_eq!(server.judged_by_client(&records) == Told::Match, expected, "{what}");
        }
    }
}

#[test]
fn the_record_that_would_be_right_is_that_of_the_server_s_own_key() {
    let chains = Chains::new();
    for (name, chain) in chains.iter() {
        let right = right_record(&chain.sent).unwrap();
        assert_eq!(right, rows::record(3, 1, 1, &chain.sent[0]), "{name}");
        assert!(matches(&judged(chain, &[right])), "{name}");
    }
    assert_eq!(right_record(&[]), None);
    assert_eq!(right_record(&[b"no certificate".to_vec()]), None);
}

#[test]
fn a_certificate_that_cannot_be_read_still_has_its_bytes() {
    let chain = Chain::of_bytes(vec![b"no certificate".to_vec()]);
    for matching_type in 0..=2 {
        let record = rows::record_of(3, 0, matching_type, &chain.sent[0]);
        assert_eq!(judged(&chain, &[record]), [RecordJudgement::Match(MatchedBy::Server)], "{matching_type}");
    }
    let of_key = rows::record_of(3, 1, 1, b"a key");
    let of_authority = rows::record_of(2, 0, 1, b"an authority");
    assert_eq!(
        judged(&chain, &[of_key, of_authority]),
        [RecordJudgement::NoMatch(None), RecordJudgement::NoMatch(None)]
    );
}
