//! One handshake lists everything that is wrong with a certificate, and still shows what the server says inside TLS.

use std::net::IpAddr;
use std::time::Duration;

use crate::server::*;
use mailprobe::internals::observation::CertificateFault::{self, *};
use mailprobe::internals::observation::ChainEnd;
use mailprobe::internals::target::Host;
use rcgen::{CertificateParams, CertifiedIssuer, CustomExtension, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, UnixTime};

/// The faults of a certificate issued by a trusted authority.
async fn faults_of(params: &CertificateParams) -> Vec<CertificateFault> {
    let ca = authority("trusted");
    let file = ca_file(ca.der());
    let server = Server::new(&Identity::issued_by(&ca, params));
    handshake(&client(&[&file]), &server).await.faults
}

fn expired(mut params: CertificateParams) -> CertificateParams {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
    params
}

fn not_yet_valid(mut params: CertificateParams) -> CertificateParams {
    params.not_before = date_time_ymd(3000, 1, 1);
    params.not_after = date_time_ymd(3001, 1, 1);
    params
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/certificates/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn unusable(faults: &[CertificateFault]) -> Vec<String> {
    faults.iter().filter_map(|fault| if let Unusable(why) = fault { Some(why.to_string()) } else { None }).collect()
}

#[tokio::test]
async fn a_good_certificate_has_no_fault() {
    assert_eq!(faults_of(&params(&[NAME])).await, []);
}

#[tokio::test]
async fn a_wildcard_covers_one_label() {
    assert_eq!(faults_of(&params(&["*.example.org"])).await, []);
    assert_eq!(faults_of(&params(&["*.org"])).await, [WrongName]);
}

#[tokio::test]
async fn dates_and_name_are_listed_together() {
    assert_eq!(faults_of(&expired(params(&[NAME]))).await, [Expired]);
    assert_eq!(faults_of(&not_yet_valid(params(&[NAME]))).await, [NotYetValid]);
    assert_eq!(faults_of(&params(&["other.example.org"])).await, [WrongName]);
    assert_eq!(faults_of(&expired(params(&["other.example.org"]))).await, [Expired, WrongName]);
}

#[tokio::test]
async fn expiry_and_name_do_not_hide_an_unknown_issuer() {
    let server = Server::new(&Identity::issued_by(&authority("stranger"), &expired(params(&["other.example.org"]))));
    assert_eq!(handshake(&client(&[]), &server).await.faults, [Expired, WrongName, UnknownIssuer]);
}

#[tokio::test]
async fn an_address_must_be_in_the_certificate_and_is_not_sent_as_a_name() {
    let ca = authority("trusted");
    let file = ca_file(ca.der());
    let server = Server::new(&Identity::issued_by(&ca, &params(&["192.0.2.5", "2001:db8::5"])));
    for (address, expected) in [("192.0.2.5", vec![]), ("2001:db8::5", vec![]), ("192.0.2.6", vec![WrongName])] {
        let host = Host::Address(address.parse::<IpAddr>().unwrap());
        assert_eq!(handshake_as(&client(&[&file]), &server, &host).await.faults, expected, "{address}");
        assert_eq!(server.asked_for(), None);
    }
    handshake(&client(&[&file]), &server).await;
    assert_eq!(server.asked_for().as_deref(), Some(NAME));
}

#[tokio::test]
async fn a_self_signed_certificate_is_not_an_unknown_issuer() {
    let plain = Identity::self_signed(&params(&[NAME]));
    assert_eq!(handshake(&client(&[]), &Server::new(&plain)).await.faults, [SelfSigned]);

    // As `openssl req -x509` makes it: marked as an authority.
    let mut marked = authority_params("self");
    marked.subject_alt_names = params(&[NAME]).subject_alt_names;
    let marked = Identity::self_signed(&marked);
    assert_eq!(handshake(&client(&[]), &Server::new(&marked)).await.faults, [SelfSigned]);
}

#[tokio::test]
async fn a_self_signed_certificate_in_the_ca_file_is_trusted_and_still_checked() {
    for (params, expected) in [
        (params(&[NAME]), vec![]),
        (authority_params("no names"), vec![WrongName]),
        (expired(params(&["other.example.org"])), vec![Expired, WrongName]),
    ] {
        let identity = Identity::self_signed(&params);
        let file = ca_file(&identity.chain[0]);
        assert_eq!(handshake(&client(&[&file]), &Server::new(&identity)).await.faults, expected);
    }
}

#[tokio::test]
async fn a_chain_needs_its_intermediate() {
    let root = authority("root");
    let file = ca_file(root.der());
    let key = KeyPair::generate().unwrap();
    let intermediate = CertifiedIssuer::signed_by(authority_params("intermediate"), key, &root).unwrap();
    let mut identity = Identity::issued_by(&intermediate, &params(&[NAME]));
    assert_eq!(handshake(&client(&[&file]), &Server::new(&identity)).await.faults, [UnknownIssuer]);

    identity.chain.push(intermediate.der().clone());
    let facts = handshake(&client(&[&file]), &Server::new(&identity)).await;
    assert_eq!(facts.faults, []);
    assert_eq!(facts.certificate.unwrap().chain_length, 2);
}

#[tokio::test]
async fn an_authority_made_anew_is_not_the_one_that_is_trusted() {
    let (old, new) = (authority("private"), authority("private"));
    let key = KeyPair::generate().unwrap();
    let intermediate = CertifiedIssuer::signed_by(authority_params("intermediate"), key, &new).unwrap();
    let alone = Identity::issued_by(&new, &params(&[NAME]));
    let mut with_root = Identity::issued_by(&new, &params(&[NAME]));
    with_root.chain.push(new.der().clone());
    let mut with_intermediate = Identity::issued_by(&intermediate, &params(&[NAME]));
    with_intermediate.chain.push(intermediate.der().clone());
    for identity in [alone, with_root, with_intermediate] {
        let server = Server::new(&identity);
        let facts = handshake(&client(&[&ca_file(old.der())]), &server).await;
        assert_eq!(facts.faults, [UnknownIssuer]);
        let chain = facts.certificate.unwrap().chain;
        assert!(matches!(&chain.end, Some(ChainEnd::OtherKey(name)) if name.contains("private")), "{chain:?}");
        assert_eq!(chain.needless_root, None);
        assert_eq!(handshake(&client(&[&ca_file(new.der())]), &server).await.faults, []);
    }
}

#[tokio::test]
async fn an_intermediate_that_did_not_sign_is_no_matter_of_trust() {
    let root = authority("root");
    let sub = |params| CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &root).unwrap();
    let (signer, sent) = (sub(authority_params("intermediate")), sub(authority_params("intermediate")));
    let mut identity = Identity::issued_by(&signer, &params(&[NAME]));
    identity.chain.push(sent.der().clone());
    let facts = handshake(&client(&[&ca_file(root.der())]), &Server::new(&identity)).await;
    assert_eq!(unusable(&facts.faults), ["its signature does not verify with the issuer's key"]);
}

#[tokio::test]
async fn an_expired_intermediate_is_not_the_servers_expiry_and_hides_nothing() {
    let root = authority("root");
    let file = ca_file(root.der());
    let key = KeyPair::generate().unwrap();
    let intermediate = CertifiedIssuer::signed_by(expired(authority_params("intermediate")), key, &root).unwrap();
    let mut identity = Identity::issued_by(&intermediate, &params(&[NAME]));
    identity.chain.push(intermediate.der().clone());
    let server = Server::new(&identity);
    assert_eq!(handshake(&client(&[&file]), &server).await.faults, [IssuerExpired]);
    assert_eq!(handshake(&client(&[]), &server).await.faults, [IssuerExpired, UnknownIssuer]);
}

/// The faults of a leaf and its issuing CA on 28 November 2026; whether their root is trusted then.
fn faults_on_the_day(leaf: &CertificateParams, issuer: CertificateParams, trusted: bool) -> Vec<CertificateFault> {
    let root = authority("root");
    let issuer = CertifiedIssuer::signed_by(issuer, KeyPair::generate().unwrap(), &root).unwrap();
    let identity = Identity::issued_by(&issuer, leaf);
    let file = ca_file(root.der());
    let trusted: &[_] = if trusted { &[&file] } else { &[] };
    let day = date_time_ymd(2026, 11, 28).unix_timestamp().try_into().unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(day));
    let host = Host::Name(NAME.to_owned());
    client(trusted).judge(&identity.chain[0], &[issuer.der().clone()], &host, now).faults
}

#[test]
fn a_chain_is_judged_at_the_present_moment() {
    let valid = |mut params: CertificateParams, from, to| {
        (params.not_before, params.not_after) = (from, to);
        params
    };
    let next_year = date_time_ymd(2027, 11, 27);
    let leaf = valid(params(&[NAME]), date_time_ymd(2026, 8, 1), date_time_ymd(2026, 10, 31));
    let issuer = |from, to| valid(authority_params("issuing"), from, to);
    let renewed = || issuer(date_time_ymd(2026, 11, 27), next_year);
    assert_eq!(faults_on_the_day(&leaf, renewed(), true), [Expired], "the issuer is valid today");
    assert_eq!(faults_on_the_day(&leaf, renewed(), false), [Expired, UnknownIssuer], "and that hides nothing");

    let not_yet = issuer(date_time_ymd(2026, 12, 24), next_year);
    assert_eq!(faults_on_the_day(&leaf, not_yet, true), [Expired, IssuerNotYetValid]);

    let long_gone = issuer(date_time_ymd(2026, 8, 1), date_time_ymd(2026, 9, 1));
    assert_eq!(faults_on_the_day(&leaf, long_gone, true), [Expired, IssuerExpired]);
}

#[tokio::test]
async fn a_certificate_for_another_purpose_is_told_apart_and_hides_nothing() {
    let mut params = params(&[NAME]);
    params.insert_extended_key_usage(ExtendedKeyUsagePurpose::ClientAuth);
    assert_eq!(faults_of(&params).await, [WrongPurpose]);

    let stranger = Server::new(&Identity::issued_by(&authority("stranger"), &params));
    assert_eq!(handshake(&client(&[]), &stranger).await.faults, [WrongPurpose, UnknownIssuer]);
}

#[tokio::test]
async fn an_authoritys_own_certificate_is_unusable_for_a_server() {
    let mut params = authority_params("sub");
    params.subject_alt_names = crate::server::params(&[NAME]).subject_alt_names;
    assert_eq!(unusable(&faults_of(&params).await), ["it is a CA certificate, not a server's"]);
}

#[tokio::test]
async fn a_weak_key_is_unusable() {
    let server = Server::new(&Identity::with_foreign_key(&fixture("rsa-1024.der")));
    let facts = handshake(&client(&[]), &server).await;
    assert_eq!(unusable(&facts.faults), ["its RSA key has 1024 bits, and fewer than 2048 are not accepted"]);
    assert!(facts.faults.contains(&SelfSigned));
    assert_eq!(facts.certificate.unwrap().key, "RSA 1024");
}

#[tokio::test]
async fn a_sha1_signature_is_unusable() {
    let server = Server::new(&Identity::with_foreign_key(&fixture("sha1.der")));
    let facts = handshake(&client(&[]), &server).await;
    assert!(
        unusable(&facts.faults).contains(&"it is signed with SHA-1, which is broken and no longer accepted".to_owned())
    );
    assert!(facts.faults.contains(&SelfSigned));
    assert_eq!(facts.certificate.unwrap().key, "RSA 2048");
}

#[tokio::test]
async fn version_1_is_unusable_and_has_no_names() {
    let server = Server::new(&Identity::with_foreign_key(&fixture("version-1.der")));
    let facts = handshake(&client(&[]), &server).await;
    assert_eq!(unusable(&facts.faults), ["it is not X.509 version 3"]);
    assert!(facts.faults.contains(&WrongName) && facts.faults.contains(&SelfSigned));
    assert_eq!(facts.certificate.unwrap().subject, "CN=mail.example.org,O=Example\\, Inc.");
}

#[tokio::test]
async fn a_server_without_the_certificates_key_is_found_out() {
    let ca = authority("trusted");
    let file = ca_file(ca.der());
    let mut identity = Identity::issued_by(&ca, &params(&[NAME]));
    identity.key = KeyPair::generate().unwrap();
    for versions in [&[&rustls::version::TLS12], &[&rustls::version::TLS13]] {
        let facts = handshake(&client(&[&file]), &Server::with_versions(&identity, versions)).await;
        let [Unusable(why)] = facts.faults.as_slice() else { panic!("{:?}", facts.faults) };
        assert!(why.to_string().starts_with("the server did not prove"), "{why}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_certificate_are_unusable() {
    let mut identity = Identity::self_signed(&params(&[NAME]));
    identity.chain = vec![CertificateDer::from(b"not a certificate".to_vec())];
    let facts = handshake(&client(&[]), &Server::new(&identity)).await;
    assert_eq!(facts.certificate, None);
    assert_eq!(unusable(&facts.faults), ["it is not a well-formed X.509 certificate"]);
}

#[tokio::test]
async fn a_damaged_certificate_is_found_out_wherever_the_damage_is() {
    damaged_anywhere(&params(&[NAME])).await;
}

/// Such a certificate is read with some bytes changed; its signature is checked over those that were sent.
#[tokio::test]
async fn damage_is_found_out_where_the_tls_library_is_stricter_than_others() {
    let mut params = params(&[NAME]);
    let policy = vec![0x30, 0x0a, 0x30, 0x08, 0x06, 0x06, 0x67, 0x81, 0x0c, 0x01, 0x02, 0x01];
    let mut policies = CustomExtension::from_oid_content(&[2, 5, 29, 32], policy);
    policies.set_criticality(true);
    params.custom_extensions = vec![policies];
    params.not_before = date_time_ymd(1960, 1, 1);
    assert_eq!(faults_of(&params).await, []);
    damaged_anywhere(&params).await;
}

async fn damaged_anywhere(params: &CertificateParams) {
    let ca = authority("trusted");
    let file = ca_file(ca.der());
    let client = client(&[&file]);
    let sound = Identity::issued_by(&ca, params);
    for position in 0..sound.chain[0].len() {
        let mut damaged = sound.chain[0].to_vec();
        damaged[position] ^= 0x15;
        let key = KeyPair::try_from(sound.key.serialize_der()).unwrap();
        let identity = Identity { chain: vec![CertificateDer::from(damaged)], key };
        assert_ne!(handshake(&client, &Server::new(&identity)).await.faults, [], "byte {position}");
    }
}
