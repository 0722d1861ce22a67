//! Certificates and a TLS server at the far end of a pipe.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use mailprobe::internals::observation::{TlsFacts, TlsFailure};
use mailprobe::internals::target::Host;
use mailprobe::internals::transport::tls::{Hello, TlsClient, TlsSession};
use mailprobe::internals::transport::trust::TrustSettings;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio_rustls::TlsAcceptor;

/// What the tests ask for, unless they say otherwise.
pub(crate) const NAME: &str = "mail.example.org";

pub(crate) type Authority = CertifiedIssuer<'static, KeyPair>;

pub(crate) fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "test server");
    params
}

pub(crate) fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

pub(crate) fn authority(name: &str) -> Authority {
    CertifiedIssuer::self_signed(authority_params(name), KeyPair::generate().unwrap()).unwrap()
}

/// What a server presents and signs with.
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: KeyPair,
}

impl Identity {
    pub(crate) fn issued_by(authority: &Authority, params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, authority).unwrap();
        Self { chain: vec![certificate.der().clone()], key }
    }

    pub(crate) fn self_signed(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { chain: vec![certificate.der().clone()], key }
    }

    /// A certificate presented with a key that is not its own.
    pub(crate) fn with_foreign_key(certificate: &[u8]) -> Self {
        Self { chain: vec![CertificateDer::from(certificate.to_vec())], key: KeyPair::generate().unwrap() }
    }
}

/// A CA file (DER) that lasts as long as the value.
pub(crate) fn ca_file(certificate: &CertificateDer<'_>) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(certificate).unwrap();
    file
}

pub(crate) fn client(ca_files: &[&NamedTempFile]) -> TlsClient {
    let ca_files = ca_files.iter().map(|file| file.path().to_owned()).collect();
    TlsClient::new(&TrustSettings { ca_files, ..TrustSettings::default() }).unwrap()
}

/// A server that presents one identity, notes the server name asked for, and answers inside TLS.
#[derive(Clone)]
pub(crate) struct Server {
    config: Arc<ServerConfig>,
    asked_for: Arc<Mutex<Option<String>>>,
}

impl Server {
    pub(crate) fn new(identity: &Identity) -> Self {
        Self::with_versions(identity, &[&TLS13, &TLS12])
    }

    pub(crate) fn with_versions(identity: &Identity, versions: &[&'static rustls::SupportedProtocolVersion]) -> Self {
        let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
        let key = aws_lc_rs::sign::any_supported_type(&key).unwrap();
        let asked_for = Arc::new(Mutex::new(None));
        let resolver = Resolver {
            certified: Arc::new(CertifiedKey::new(identity.chain.clone(), key)),
            asked_for: asked_for.clone(),
        };
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(resolver));
        Self { config: Arc::new(config), asked_for }
    }

    /// The same, and it goes on with nobody who shows no certificate of this authority's. TLS 1.2, where it says so before
    /// the handshake is over.
    pub(crate) fn that_wants_a_certificate_of(self, authority: &Authority) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone()).build().unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS12])
            .unwrap()
            .with_client_cert_verifier(clients)
            .with_cert_resolver(self.config.cert_resolver.clone());
        Self { config: Arc::new(config), ..self }
    }

    /// The server name that the last client sent.
    pub(crate) fn asked_for(&self) -> Option<String> {
        self.asked_for.lock().unwrap().clone()
    }

    /// Starts serving the far end of a pipe; the near end is returned.
    pub(crate) fn start(&self) -> DuplexStream {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let acceptor = TlsAcceptor::from(self.config.clone());
        tokio::spawn(async move {
            if let Ok(mut stream) = acceptor.accept(far).await {
                let _ = stream.write_all(b"220 inside\r\n").await;
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        });
        near
    }
}

/// A handshake with the server, as [`NAME`].
pub(crate) async fn handshake(client: &TlsClient, server: &Server) -> TlsFacts {
    handshake_as(client, server, &Host::Name(NAME.to_owned())).await
}

/// A handshake that must come to its end, whatever the certificate: the server's words inside TLS are read.
pub(crate) async fn handshake_as(client: &TlsClient, server: &Server, host: &Host) -> TlsFacts {
    let outcome: Result<TlsSession<_>, (TlsFailure, TlsFacts)> =
        client.handshake(server.start(), host, Hello::Full).await;
    let mut session = outcome.expect("a faulty certificate does not end the handshake");
    let mut words = [0; 12];
    session.stream.read_exact(&mut words).await.unwrap();
    assert_eq!(&words, b"220 inside\r\n");
    session.facts
}

#[derive(Debug)]
struct Resolver {
    certified: Arc<CertifiedKey>,
    asked_for: Arc<Mutex<Option<String>>>,
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        *self.asked_for.lock().unwrap() = hello.server_name().map(str::to_owned);
        Some(self.certified.clone())
    }
}
