//! `--web-config`: logins, TLS and client certificates.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::service::{Answer, Service, ask, ask_raw};

struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
struct Identity {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(parameters, key).expect("a certificate"))
    }

    fn issue(&self, name: &str) -> Identity {
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters.signed_by(&key, &self.0).expect("a certificate");
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    fn write(&self, folder: &Path, server: &Identity) {
        fs::write(folder.join("ca.pem"), self.0.pem()).expect("a file");
        fs::write(folder.join("cert.pem"), &server.certificate).expect("a file");
        fs::write(folder.join("key.pem"), &server.key).expect("a file");
    }
}

/// Asks by TLS. The error is that of the session.
fn get(service: &Service, authority: &Authority, client: Option<&Identity>) -> std::io::Result<Answer> {
    let mut trusted = RootCertStore::empty();
    trusted.add(authority.0.der().clone()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(trusted);
    let config = match client {
        None => config.with_no_client_auth(),
        Some(Identity { certificate, key }) => {
            let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect::<Result<_, _>>();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
            config.with_client_auth_cert(chain.expect("a certificate"), key).expect("a key")
        }
    };
    let session = ClientConnection::new(Arc::new(config), "localhost".try_into().expect("a name")).expect("a session");
    let mut stream: StreamOwned<_, TcpStream> = StreamOwned::new(session, service.connect());
    stream.write_all(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut first = [0; 1];
    stream.read_exact(&mut first)?;
    let mut rest = String::new();
    let _ = stream.read_to_string(&mut rest);
    Ok(ask_raw(std::io::Cursor::new(Vec::new()), "").with(&format!("{}{rest}", char::from(first[0]))))
}

impl Answer {
    fn with(mut self, text: &str) -> Self {
        self.status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        text.clone_into(&mut self.body);
        self
    }
}

fn start(folder: &Path, web: &str) -> Service {
    let path = folder.join("web.yml");
    fs::write(&path, web).expect("a file");
    Service::start(&["--web-config", path.to_str().expect("a name")])
}

const WITH_CERTIFICATE: &str = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n";

#[test]
fn tls_is_spoken_and_a_renewed_certificate_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let (before, after) = (Authority::new(), Authority::new());
    before.write(folder.path(), &before.issue("localhost"));
    let service = start(folder.path(), WITH_CERTIFICATE);
    assert_eq!(get(&service, &before, None).expect("an answer").status, 200);
    service.get("/").line(400, "speaks TLS only");
    // Not usable yet: the certificate is the new one, the key is the old one.
    let renewed = after.issue("localhost");
    fs::write(folder.path().join("cert.pem"), &renewed.certificate).expect("a file");
    assert_eq!(get(&service, &before, None).expect("an answer").status, 200);
    fs::write(folder.path().join("key.pem"), &renewed.key).expect("a file");
    assert_eq!(get(&service, &after, None).expect("an answer").status, 200);
    assert!(get(&service, &before, None).is_err());
}

#[test]
fn a_handshake_that_does_not_come_to_its_end_is_given_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new();
    authority.write(folder.path(), &authority.issue("localhost"));
    let service = start(folder.path(), WITH_CERTIFICATE);
    let mut slow: Vec<_> = (0..50).map(|_| service.connect()).collect();
    for stream in &mut slow {
        stream.write_all(&[0x16, 3, 1]).expect("it is taken");
    }
    let begun = Instant::now();
    assert_eq!(get(&service, &authority, None).expect("an answer").status, 200);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    for stream in &mut slow {
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn clients_show_the_certificates_that_are_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ours, another) = (Authority::new(), Authority::new());
    ours.write(folder.path(), &ours.issue("localhost"));
    let (known, unknown, other) = (
        ours.issue("prometheus.example.org"),
        another.issue("prometheus.example.org"),
        ours.issue("other.example.org"),
    );
    let none = None;
    for (settings, allowed, refused) in [
        ("client_auth_type: RequestClientCert", vec![none, Some(&unknown)], vec![]),
        ("client_auth_type: RequireAnyClientCert", vec![Some(&unknown)], vec![none]),
        (
            "client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.pem",
            vec![none, Some(&known)],
            vec![Some(&unknown)],
        ),
        (
            "client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem",
            vec![Some(&known), Some(&other)],
            vec![none, Some(&unknown)],
        ),
        (
            "client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n  client_allowed_sans: [prometheus.example.org]",
            vec![Some(&known)],
            vec![none, Some(&other)],
        ),
    ] {
        let service = start(folder.path(), &format!("{WITH_CERTIFICATE}  {settings}\n"));
        for client in allowed {
            assert_eq!(get(&service, &ours, client).expect(settings).status, 200, "{settings}");
        }
        for client in refused {
            assert!(get(&service, &ours, client).is_err(), "{settings}");
        }
    }
}

#[test]
fn a_login_is_asked_for_everywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let hash = bcrypt::hash("rightly", 5).expect("a hash");
    let service = start(folder.path(), &format!("basic_auth_users:\n  prometheus: {hash}\n"));
    let ask_as = |login: &str, path: &str| {
        let header = format!("Authorization: Basic {}", BASE64.encode(login.as_bytes()));
        // With a login the name that is asked does not matter: a page of another site has no login.
        ask(service.connect(), "checks.example.org", "GET", path, &[&header])
    };
    for path in ["/", "/-/healthy", "/metrics", "/nosuch"] {
        let answer = service.get(path);
        answer.line(401, "A name and a password are needed.");
        assert!(answer.head.contains("www-authenticate: basic realm="), "{answer:#?}");
        for login in ["prometheus:wrongly", "prometheus", "nobody:rightly", ":", "prometheus:"] {
            ask_as(login, path).line(401, "A name and a password are needed.");
        }
    }
    for _ in 0..3 {
        ask_as("prometheus:rightly", "/-/healthy").line(200, "healthy");
    }
}
