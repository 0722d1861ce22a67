//! Broken promises, and what DANE vouches for.

use super::*;
use crate::observation::promises::{
    DaneChain, DaneJudgement, MatchedBy, MtaStsCoverage, MtaStsMode, Promised, RecordJudgement, TlsaRecord,
};

fn with_dane(chain: DaneChain, record: RecordJudgement, key: u8, mut observation: Observation) -> Observation {
    let tlsa = |byte| TlsaRecord { usage: 3, selector: 1, matching_type: 1, data: vec![byte; 32] };
    let dane = DaneJudgement {
        name: format!("_25._tcp.{}", observation.endpoint.host),
        is_binding: true,
        chain,
        published: vec![tlsa(0xaa)],
        records: vec![record],
        right: Some(tlsa(key)),
    };
    observation.promised = Some(Box::new(Promised { dane: Some(dane), mta_sts: None }));
    observation
}

fn mismatch(key: u8, observation: Observation) -> Observation {
    with_dane(DaneChain::Mismatches, RecordJudgement::NoMatch(None), key, observation)
}

fn matching(observation: Observation) -> Observation {
    with_dane(DaneChain::Matches, RecordJudgement::Match(MatchedBy::Server), 0xaa, observation)
}

fn not_covered(mode: MtaStsMode, mut observation: Observation) -> Observation {
    let mta_sts = Some(MtaStsCoverage { mode, patterns: vec!["mx.example.net".to_owned()], pattern: None });
    observation.promised.get_or_insert_default().mta_sts = mta_sts;
    observation
}

#[test]
fn a_broken_promise_is_told_once_for_each_host() {
    use FindingId::{DaneMismatch, DaneNoStarttls, MtaStsHostNotCovered};
    let mx1 = |address, key| mismatch(key, at(address, by_mx(on("mx1.example.org", healthy(Service::Smtp)))));
    let mx2 = mismatch(0xbb, at(OTHER, by_mx(on("mx2.example.org", healthy(Service::Smtp)))));
    let cc = format!("_25._tcp.mx1.example.org. IN TLSA 3 1 1 {}", "cc".repeat(32));
    check(
        "two addresses of one host, and another host",
        &[mx1(ADDRESS, 0xcc), mx1(V6, 0xcc), mx2],
        DOMAIN_FACTS,
        &[
            (DaneMismatch, &[25], &["mx1.example.org", "port 25 at 192.0.2.5 and 2001:db8::5 shows", &cc, "!mx2"]),
            (DaneMismatch, &[25], &["mx2.example.org", OTHER, "IN TLSA 3 1 1 bb", "!mx1"]),
        ],
    );
    check(
        "two keys",
        &[mx1(ADDRESS, 0xcc), mx1(OTHER, 0xdd)],
        DOMAIN_FACTS,
        &[(DaneMismatch, &[25], &["Publish these beside the old record", "3 1 1 cc", "3 1 1 dd"])],
    );
    let bare = with_dane(DaneChain::NoTls, RecordJudgement::NoMatch(None), 0xcc, by_mx(no_tls(Service::Smtp)));
    check(
        "no STARTTLS, and mail does not get through unencrypted",
        &[bare],
        DOMAIN_FACTS,
        &[(DaneNoStarttls, &[25], &["does not offer STARTTLS", "Turn STARTTLS on", "!Mail still gets through"])],
    );
    for (mode, words) in [
        (MtaStsMode::Enforce, "Senders who check MTA-STS defer mail to mail.example.org now"),
        (MtaStsMode::Testing, "which is being tested, is not kept at mail.example.org"),
    ] {
        let left_out = not_covered(mode, by_mx(healthy(Service::Smtp)));
        check("not covered", &[left_out], DOMAIN_FACTS, &[(MtaStsHostNotCovered, &[25], &[words])]);
    }
    check("mode none", &[not_covered(MtaStsMode::None, by_mx(healthy(Service::Smtp)))], DOMAIN_FACTS, &[]);
}

#[test]
fn what_the_tlsa_record_names_is_not_to_be_replaced_before_the_record() {
    let mut old = matching(faulty(Service::Smtp, &[CertificateFault::Expired]));
    let facts = old.attempts[0].tls.as_mut().and_then(|tls| tls.certificate.as_mut()).expect("a certificate");
    "old".clone_into(&mut facts.sha256);
    let causes = causes_of(&[old, healthy(Service::Submissions), healthy(Service::Imaps)], HOST_FACTS);
    assert!(causes.iter().all(|cause| cause.severity == Severity::Info), "{causes:#?}");
    assert!(causes.iter().all(|cause| !format!("{:?}", cause.hint).contains("renewed certificate")), "{causes:#?}");

    let old = matching(with_certificate("old", 20, Service::Smtp));
    let causes = causes_of(&[old, healthy(Service::Submissions), healthy(Service::Imaps)], HOST_FACTS);
    let differ = causes.iter().find(|cause| cause.id == FindingId::CertificatesDiffer).expect("they do");
    let hint = differ.hint.as_deref().unwrap_or_default();
    assert!(hint.contains("publish the TLSA record of that key before port 25 shows it"), "{hint}");
}
