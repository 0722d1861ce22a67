//! What a handshake shows: parameters, certificate facts, and why it failed.

use std::io::Write as _;

use crate::server::*;
use mailprobe::internals::observation::TlsFailureKind;
use mailprobe::internals::target::Host;
use mailprobe::internals::transport::tap::Tap;
use mailprobe::internals::transport::tls::{Hello, TlsClient};
use mailprobe::internals::transport::trust::{TrustError, TrustSettings};
use rcgen::{DnType, KeyPair, date_time_ymd};
use rustls::version::TLS12;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn host() -> Host {
    Host::Name(NAME.to_owned())
}

#[tokio::test]
async fn parameters_bear_iana_names() {
    let identity = Identity::self_signed(&params(&[NAME]));
    let full = handshake(&client(&[]), &Server::new(&identity)).await;
    assert_eq!(full.version.as_deref(), Some("TLSv1.3"));
    assert_eq!(full.cipher_suite.as_deref(), Some("TLS_AES_256_GCM_SHA384"));
    assert_eq!(full.key_exchange.as_deref(), Some("X25519MLKEM768"));

    let old = handshake(&client(&[]), &Server::with_versions(&identity, &[&TLS12])).await;
    assert_eq!(old.version.as_deref(), Some("TLSv1.2"));
    assert_eq!(old.cipher_suite.as_deref(), Some("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"));
}

#[tokio::test]
async fn a_classic_hello_is_small_and_has_no_post_quantum_group() {
    let server = Server::new(&Identity::self_signed(&params(&[NAME])));
    let session = client(&[]).handshake(server.start(), &host(), Hello::Classic).await.unwrap();
    assert_eq!(session.facts.key_exchange.as_deref(), Some("x25519"));
}

#[tokio::test]
async fn certificate_facts_are_read() {
    let mut params = params(&[NAME, "*.example.org", "192.0.2.5"]);
    params.distinguished_name.push(DnType::OrganizationName, " Ex+ample\u{202e}\n");
    params.not_before = date_time_ymd(2024, 1, 1);
    params.not_after = date_time_ymd(2124, 1, 1);
    let ca = authority("the issuer");
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let chain = vec![params.signed_by(&key, &ca).unwrap().der().clone()];
    let facts = handshake(&client(&[]), &Server::new(&Identity { chain, key })).await.certificate.unwrap();
    assert_eq!(facts.subject, "O=\\ Ex\\+ample\u{202e}\n,CN=test server");
    assert_eq!(facts.issuer, "CN=the issuer");
    assert_eq!(facts.names, [NAME, "*.example.org", "192.0.2.5"]);
    assert_eq!((facts.not_before, facts.not_after), (1_704_067_200, 4_859_740_800));
    assert_eq!(facts.key, "EC P-384");
    assert_eq!(facts.checked_name, NAME);
    assert_eq!(facts.sha256.len(), 64);
    assert!(facts.days_left() > 0);
}

#[tokio::test]
async fn the_certificates_are_known_as_they_were_sent_also_where_the_handshake_fails_after_them() {
    let ca = authority("the issuer");
    let mut identity = Identity::issued_by(&ca, &params(&[NAME]));
    identity.chain.push(ca.der().clone());
    let sent: Vec<_> = identity.chain.iter().map(|der| der.to_vec()).collect();
    let server = Server::new(&identity);
    assert_eq!(handshake(&client(&[]), &server).await.presented, sent);

    let server = server.that_wants_a_certificate_of(&ca);
    let failed = client(&[]).handshake(server.start(), &host(), Hello::Full).await;
    let Err((failure, facts)) = failed else { panic!("it wants a certificate") };
    assert!(matches!(failure.kind, TlsFailureKind::Alert(_)), "{failure:?}");
    assert_eq!(facts.presented, sent);
}

#[tokio::test]
async fn plaintext_is_not_tls_and_the_tap_keeps_it() {
    for words in
        ["220 mail.example.org ESMTP\r\n", "+OK ready\r\n", "* OK IMAP4rev1\r\n", "HTTP/1.1 400 Bad Request\r\n"]
    {
        let (near, mut far) = tokio::io::duplex(64 * 1024);
        far.write_all(words.as_bytes()).await.unwrap();
        let tap = Tap::new(near);
        let record = tap.record();
        let (failure, _) = client(&[]).handshake(tap, &host(), Hello::Full).await.unwrap_err();
        assert_eq!(failure.kind, TlsFailureKind::NotTls, "{words}");
        assert_eq!(record.first_bytes(), words.as_bytes());
        assert!(far.read(&mut [0]).await.unwrap() > 0, "a hello was sent");
    }
}

#[tokio::test]
async fn an_alert_bears_its_iana_name() {
    for (number, name) in [(70, "protocol_version"), (112, "unrecognized_name"), (200, "200")] {
        let (near, mut far) = tokio::io::duplex(64 * 1024);
        far.write_all(&[0x15, 3, 3, 0, 2, 2, number]).await.unwrap();
        let (failure, _) = client(&[]).handshake(near, &host(), Hello::Full).await.unwrap_err();
        assert_eq!(failure.kind, TlsFailureKind::Alert(name.to_owned()));
    }
}

#[tokio::test]
async fn an_ended_stream_is_closed() {
    let (near, mut far) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        let _ = far.read(&mut [0; 16]).await;
        let _ = far.shutdown().await;
        let _ = far.read_to_end(&mut Vec::new()).await;
    });
    let (failure, facts) = client(&[]).handshake(near, &host(), Hello::Full).await.unwrap_err();
    assert_eq!(failure.kind, TlsFailureKind::Closed);
    assert_eq!(facts.version, None);
}

#[tokio::test]
async fn a_server_hello_for_a_retired_version_is_incompatible() {
    // ServerHello, TLS 1.0, TLS_RSA_WITH_AES_128_CBC_SHA, no extensions.
    let mut hello = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    let (near, mut far) = tokio::io::duplex(64 * 1024);
    far.write_all(&hello).await.unwrap();
    let (failure, _) = client(&[]).handshake(near, &host(), Hello::Full).await.unwrap_err();
    assert_eq!(failure.kind, TlsFailureKind::Incompatible, "{}", failure.message);
}

#[tokio::test]
async fn a_name_that_tls_cannot_ask_for_is_a_failure() {
    let (near, _far) = tokio::io::duplex(1024);
    let (failure, _) =
        client(&[]).handshake(near, &Host::Name("not a name".to_owned()), Hello::Full).await.unwrap_err();
    assert_eq!(failure.kind, TlsFailureKind::Other);
}

#[tokio::test]
async fn an_authority_in_memory_is_trusted_as_one_in_a_file() {
    let ca = authority("a");
    let server = Server::new(&Identity::issued_by(&ca, &params(&[NAME])));
    for bytes in [ca.pem().into_bytes(), ca.der().to_vec()] {
        let trust = TrustSettings { ca_certificates: vec![bytes], ..TrustSettings::default() };
        assert_eq!(handshake(&TlsClient::new(&trust).unwrap(), &server).await.faults, []);
    }
    assert_ne!(handshake(&client(&[]), &server).await.faults, []);
}

#[test]
fn ca_files_that_cannot_be_used_are_named() {
    let trust = |bytes: &[u8]| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let settings = TrustSettings { ca_files: vec![file.path().to_owned()], ..TrustSettings::default() };
        let outcome = TlsClient::new(&settings).map(|_| ());
        if let Err(error) = &outcome {
            assert!(error.to_string().contains(file.path().to_str().unwrap()), "{error}");
        }
        outcome
    };
    let ca = authority("a");
    assert!(trust(ca.pem().as_bytes()).is_ok());
    assert!(trust(ca.der()).is_ok());
    assert!(matches!(trust(b""), Err(TrustError::NoCertificate { .. })));
    assert!(matches!(trust(b"nothing here"), Err(TrustError::NoCertificate { .. })));
    let damaged = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(trust(damaged), Err(TrustError::Damaged { .. })));

    let in_memory = |bytes: &[u8]| {
        let settings = TrustSettings { ca_certificates: vec![bytes.to_vec()], ..TrustSettings::default() };
        TlsClient::new(&settings).map(|_| ()).map_err(|error| error.to_string())
    };
    let both = format!("{}{}", ca.pem(), authority("b").pem());
    assert_eq!((in_memory(both.as_bytes()), in_memory(ca.der())), (Ok(()), Ok(())));
    let error = in_memory(b"nothing here").unwrap_err();
    assert!(error.contains("the CA certificates given in memory (number 1)"), "{error}");

    let missing = TrustSettings { ca_files: vec!["/nowhere/ca.pem".into()], ..TrustSettings::default() };
    let error = TlsClient::new(&missing).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("/nowhere/ca.pem"), "{error}");
}
