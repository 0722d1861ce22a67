//! What is kept from one server to the next, and which list of authorities is named beside a fault.

use crate::observation::{NearMiss, TrustStore};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;

use super::*;

#[test]
fn the_list_that_is_not_used_is_named_where_it_would_do() {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let names = ["mail.test.example".to_owned()];
    let leaf = CertificateParams::new(names).unwrap().signed_by(&KeyPair::generate().unwrap(), &authority).unwrap();
    let mut knows_it = RootCertStore::empty();
    knows_it.add(authority.der().clone()).unwrap();

    let server_name = ServerName::try_from("mail.test.example").unwrap();
    let presented = Presented { end_entity: leaf.der(), intermediates: &[], server_name: &server_name };
    let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
    for (used, other) in [(TrustStore::System, TrustStore::WebPki), (TrustStore::WebPki, TrustStore::System)] {
        for (roots, expected) in [(knows_it.clone(), Some(other)), (RootCertStore::empty(), None)] {
            let judge = Judge::new(Trust::nobody_but_by_the_other(used, roots), algorithms);
            let Judgement { certificate, faults } = judge.judge(&presented, UnixTime::now());
            assert_eq!(faults, [CertificateFault::UnknownIssuer], "{used:?}");
            assert_eq!(certificate.unwrap().chain.trusted_by, expected, "{used:?}");
        }
    }
}

#[test]
fn a_chain_is_judged_once_and_each_name_for_itself() {
    let authority = CertificateParams::default().self_signed(&KeyPair::generate().unwrap()).unwrap();
    let mut params = CertificateParams::new(["*.test.example".to_owned(), "dot.example.".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let leaf = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
    let judge = Judge::new(Trust::nobody_but_by_the_other(TrustStore::WebPki, RootCertStore::empty()), algorithms);
    let now = UnixTime::now();
    for (name, names_it, near_miss) in [
        ("a.test.example", true, None),
        ("b.test.example", true, None),
        ("a.b.test.example", false, None),
        ("dot.example", false, Some(NearMiss::TrailingDot("dot.example.".to_owned()))),
        ("a.test.example", true, None),
    ] {
        let server_name = ServerName::try_from(name).unwrap();
        let intermediates = [authority.der().clone()];
        let presented = Presented { end_entity: leaf.der(), intermediates: &intermediates, server_name: &server_name };
        let Judgement { certificate, faults } = judge.judge(&presented, now);
        // In the order of their weight, and those of the chain are the same for all.
        let wrong_name = (!names_it).then_some(CertificateFault::WrongName);
        let expected: Vec<_> =
            [CertificateFault::Expired].into_iter().chain(wrong_name).chain([CertificateFault::SelfSigned]).collect();
        assert_eq!(faults, expected, "{name}");
        let facts = certificate.unwrap();
        assert_eq!((facts.checked_name.as_str(), facts.near_miss), (name, near_miss));
    }
    assert_eq!(judge.verdicts.count(now.as_secs()), 1);
}
