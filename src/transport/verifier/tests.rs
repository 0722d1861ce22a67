//! Which list of authorities is named beside a fault.

use crate::observation::TrustStore;
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
