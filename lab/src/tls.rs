//! The TLS side of a behaviour.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{Error, ServerConfig};

use crate::behaviour::{Behaviour, TlsVersions};
use crate::pki::Pki;

/// The configuration for this behaviour, with its certificate from this PKI.
pub(crate) fn server_config(behaviour: &Behaviour, pki: &Pki) -> Result<Arc<ServerConfig>, Error> {
    let versions = match behaviour.tls_versions {
        TlsVersions::Both => vec![&TLS13, &TLS12],
        TlsVersions::Only12 => vec![&TLS12],
        TlsVersions::Only13 => vec![&TLS13],
    };
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&versions)?;
    let shown = Shown(pki.certified_key(behaviour.leaf, &behaviour.names));
    Ok(Arc::new(builder.with_no_client_auth().with_cert_resolver(Arc::new(shown))))
}

/// Shows one certificate to everybody, however wrong: rustls's own way would refuse X.509 v1.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}
