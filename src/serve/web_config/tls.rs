//! TLS as a server. A certificate that was renewed is taken without a reload, as exporter toolkit does.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};

use super::client_certificates::ClientCertificates;
use super::file::{ClientAuth, TlsTable, TlsVersion};

/// TLS as a server.
#[derive(Debug)]
pub struct ServerTls {
    wanted: TlsTable,
    loaded: Mutex<LoadedTls>,
}

#[derive(Debug)]
struct LoadedTls {
    /// What the files were like when they were read.
    stamps: Vec<Option<(SystemTime, u64)>>,
    config: Arc<ServerConfig>,
}

/// No chain of certificates is larger; a device or a log file has no end.
const MOST_BYTES: u64 = 1024 * 1024;

impl ServerTls {
    /// Paths are relative to `folder`.
    pub(super) fn load(mut wanted: TlsTable, folder: &Path) -> Result<Self, String> {
        for path in [&mut wanted.cert_file, &mut wanted.key_file, &mut wanted.client_ca_file].into_iter().flatten() {
            *path = folder.join(&*path);
        }
        let stamps = stamps(&wanted);
        let config = server_config(&wanted)?;
        Ok(Self { wanted, loaded: Mutex::new(LoadedTls { stamps, config }) })
    }

    /// For the next handshake. Where a file has changed, it is read; where it is not usable, what was read before stays.
    pub fn config(&self) -> Arc<ServerConfig> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let now = stamps(&self.wanted);
        if now != loaded.stamps {
            match server_config(&self.wanted) {
                Ok(config) => loaded.config = config,
                Err(mistake) => tracing::warn!("the certificate that was read before stays in use: {mistake}"),
            }
            loaded.stamps = now;
        }
        Arc::clone(&loaded.config)
    }

    /// Whether only clients with a certificate of a known authority are answered.
    pub(super) fn requires_known_clients(&self) -> bool {
        self.wanted.client_auth_type == ClientAuth::RequireAndVerifyClientCert
    }
}

fn stamps(wanted: &TlsTable) -> Vec<Option<(SystemTime, u64)>> {
    let stamp = |path: &PathBuf| {
        let seen = fs::metadata(path).ok()?;
        Some((seen.modified().ok()?, seen.len()))
    };
    [&wanted.cert_file, &wanted.key_file, &wanted.client_ca_file].into_iter().flatten().map(stamp).collect()
}

fn server_config(wanted: &TlsTable) -> Result<Arc<ServerConfig>, String> {
    let provider = Arc::new(provider(wanted)?);
    let chain = certificates(wanted.cert_file.as_deref(), wanted.cert.as_deref(), "cert")?
        .ok_or("tls_server_config needs a certificate: name its file with cert_file")?;
    let key = private_key(wanted)?;
    let authorities = match certificates(wanted.client_ca_file.as_deref(), wanted.client_ca.as_deref(), "client_ca")? {
        None => None,
        Some(given) => {
            let mut store = RootCertStore::empty();
            for certificate in given {
                store.add(certificate).map_err(|error| format!("client_ca_file cannot be used: {error}"))?;
            }
            Some(store)
        }
    };
    let names = wanted.client_allowed_sans.clone();
    let clients = ClientCertificates::new(wanted.client_auth_type, authorities, names, &provider)?;
    let (least, most) =
        (wanted.min_version.unwrap_or(TlsVersion::Tls12), wanted.max_version.unwrap_or(TlsVersion::Tls13));
    if least > most {
        return Err("min_version is above max_version".to_owned());
    }
    let versions = [(TlsVersion::Tls12, &rustls::version::TLS12), (TlsVersion::Tls13, &rustls::version::TLS13)];
    let versions: Vec<_> =
        versions.into_iter().filter(|(version, _)| (least..=most).contains(version)).map(|(_, known)| known).collect();
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions)
        .map_err(|error| format!("these cipher_suites and versions of TLS do not go together: {error}"))?;
    let builder = match clients {
        Some(clients) => builder.with_client_cert_verifier(clients),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|error| format!("the certificate and its key cannot be used together: {error}"))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.ignore_client_order = wanted.prefer_server_cipher_suites;
    Ok(Arc::new(config))
}

/// Suites and groups in the order of the file, which has Go's names for them.
fn provider(wanted: &TlsTable) -> Result<CryptoProvider, String> {
    let mut provider = aws_lc_rs::default_provider();
    if !wanted.cipher_suites.is_empty() {
        // The list is for TLS 1.2, in Go and so in the toolkit: the three suites of TLS 1.3 are always there.
        let (mut chosen, classic): (Vec<_>, Vec<_>) =
            provider.cipher_suites.iter().copied().partition(|suite| suite.tls13().is_some());
        for name in &wanted.cipher_suites {
            // Go has its own name for the suites of TLS 1.3.
            let is_named = |known: Option<&str>| {
                known.is_some_and(|known| known == name || known.replacen("TLS13_", "TLS_", 1) == *name)
            };
            if chosen.iter().any(|suite| is_named(suite.suite().as_str())) {
                continue;
            }
            let suite = classic.iter().find(|suite| is_named(suite.suite().as_str()));
            let suite = suite.ok_or_else(|| {
                let known: Vec<_> = classic.iter().filter_map(|suite| suite.suite().as_str()).collect();
                format!(
                    "the cipher suite {name} of cipher_suites is not to be had here; there are {}",
                    known.join(", ")
                )
            })?;
            chosen.push(*suite);
        }
        provider.cipher_suites = chosen;
    }
    if !wanted.curve_preferences.is_empty() {
        let all = std::mem::take(&mut provider.kx_groups);
        for name in &wanted.curve_preferences {
            let standard = match name.as_str() {
                "CurveP256" => "secp256r1",
                "CurveP384" => "secp384r1",
                other => other,
            };
            let group = all.iter().find(|group| group.name().as_str() == Some(standard)).ok_or_else(|| {
                format!("the curve {name} of curve_preferences is not to be had here; there are {CURVES}")
            })?;
            provider.kx_groups.push(*group);
        }
    }
    Ok(provider)
}

const CURVES: &str = "X25519MLKEM768, X25519, CurveP256, CurveP384";

/// From a file, or from the web configuration itself; not from both.
fn certificates(
    file: Option<&Path>,
    text: Option<&str>,
    key: &str,
) -> Result<Option<Vec<CertificateDer<'static>>>, String> {
    let Some((pem, named)) = pem(file, text, key)? else { return Ok(None) };
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match read {
        Ok(chain) if !chain.is_empty() => Ok(Some(chain)),
        Ok(_) => Err(format!("there is no certificate in {named}; it must be PEM")),
        Err(error) => Err(format!("a certificate in {named} is damaged: {error}")),
    }
}

fn private_key(wanted: &TlsTable) -> Result<PrivateKeyDer<'static>, String> {
    let text = wanted.key.as_ref().map(|secret| secret.0.as_str());
    let (pem, named) = pem(wanted.key_file.as_deref(), text, "key")?
        .ok_or("tls_server_config needs the certificate's key: name its file with key_file")?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| format!("there is no private key in {named}; it must be PEM"))
}

/// The text, and what to call where it stands.
fn pem(file: Option<&Path>, text: Option<&str>, key: &str) -> Result<Option<(Vec<u8>, String)>, String> {
    match (file, text) {
        (Some(_), Some(_)) => Err(format!("{key}_file and {key} are both there: keep one")),
        (None, None) => Ok(None),
        (None, Some(text)) => Ok(Some((text.as_bytes().to_vec(), key.to_owned()))),
        (Some(path), None) => match read_bounded(path) {
            Ok(bytes) => Ok(Some((bytes, path.display().to_string()))),
            Err(error) => Err(format!("cannot read the {key}_file {}: {error}", path.display())),
        },
    }
}

/// Reads a file that cannot be large.
pub(super) fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {MOST_BYTES} bytes")));
    }
    Ok(bytes)
}
