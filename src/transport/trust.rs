//! Which authorities are trusted.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, TrustAnchor};

pub use crate::observation::TrustStore;

/// What to trust: a store, and more certificates on top of it. A server that presents one of those itself is trusted too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustSettings {
    /// The store.
    pub store: TrustStore,
    /// Files with more certificates, PEM or DER.
    pub ca_files: Vec<PathBuf>,
    /// The same in memory: what such a file holds.
    pub ca_certificates: Vec<Vec<u8>>,
}

/// Where trusted certificates were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaSource {
    /// In this file.
    File(PathBuf),
    /// In memory: which of those that were given, counted from 0.
    Memory(usize),
}

impl fmt::Display for CaSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the CA file {}", path.display()),
            Self::Memory(index) => write!(f, "the CA certificates given in memory (number {})", index + 1),
        }
    }
}

/// Why the trusted certificates could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file cannot be read.
    #[error("cannot read the CA file {}: {error}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// There is no certificate where one was promised.
    #[error("there is no certificate in {0}; it must be PEM or DER")]
    NoCertificate(CaSource),
    /// A certificate is damaged.
    #[error("a certificate in {from} is damaged: {reason}")]
    Damaged {
        /// Where it is.
        from: CaSource,
        /// What is wrong with it.
        reason: String,
    },
    /// A file is larger than any list of authorities.
    #[error("the CA file {} has more than {MAX_CA_FILE_BYTES} bytes", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The system's store gave nothing.
    #[error(
        "this machine's certificate store is empty: install the package ca-certificates, or use --trust webpki{reason}"
    )]
    EmptySystemStore {
        /// What the system says, in parentheses; empty when it says nothing.
        reason: String,
    },
}

/// A file with every authority there is has a few hundred kilobytes; a device or a log file has no end.
const MAX_CA_FILE_BYTES: u64 = 16 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Trust {
    pub(super) roots: RootCertStore,
    /// The certificates on top of the store, as they were given.
    pub(super) pinned: Vec<CertificateDer<'static>>,
    /// The trusted certificates that are known as such: those given, and the system's where that store was chosen.
    known: Vec<Known>,
    store: TrustStore,
    /// The list that is not used, once it was asked for.
    other: OnceLock<RootCertStore>,
}

/// A trusted certificate, and the name and key that the TLS library knows it by.
#[derive(Debug)]
struct Known {
    anchor: TrustAnchor<'static>,
    certificate: CertificateDer<'static>,
}

impl Known {
    fn new(certificate: &CertificateDer<'static>) -> Option<Self> {
        let anchor = webpki::anchor_from_trusted_cert(certificate).ok()?.to_owned();
        Some(Self { anchor, certificate: certificate.clone() })
    }
}

impl Trust {
    pub(super) fn load(settings: &TrustSettings) -> Result<Self, TrustError> {
        let (mut roots, mut known) = match settings.store {
            TrustStore::WebPki => (built_in_roots(), Vec::new()),
            TrustStore::System => system_roots()?,
        };
        let mut pinned = Vec::new();
        for path in &settings.ca_files {
            pinned.extend(certificates(read_bounded(path)?, CaSource::File(path.clone()))?);
        }
        for (index, bytes) in settings.ca_certificates.iter().enumerate() {
            pinned.extend(certificates(bytes.clone(), CaSource::Memory(index))?);
        }
        // One that cannot be an authority (an old self-signed server certificate) is still trusted as itself.
        roots.add_parsable_certificates(pinned.iter().cloned());
        known.extend(pinned.iter().filter_map(Known::new));
        Ok(Self { roots, pinned, known, store: settings.store, other: OnceLock::new() })
    }

    /// One authority is trusted and nobody else, by either list. `certificate` is its own, where it is known.
    pub(super) fn of_one(anchor: TrustAnchor<'static>, certificate: Option<CertificateDer<'static>>) -> Self {
        let known = certificate.map(|certificate| Known { anchor: anchor.clone(), certificate });
        Self {
            roots: RootCertStore { roots: vec![anchor] },
            pinned: Vec::new(),
            known: known.into_iter().collect(),
            store: TrustStore::WebPki,
            other: OnceLock::from(RootCertStore::empty()),
        }
    }

    /// Nobody is trusted by this list, and whoever is in `other` by the one that is not used.
    #[cfg(test)]
    pub(super) fn nobody_but_by_the_other(store: TrustStore, other: RootCertStore) -> Self {
        Self {
            roots: RootCertStore::empty(),
            pinned: Vec::new(),
            known: Vec::new(),
            store,
            other: OnceLock::from(other),
        }
    }

    /// The certificates of an authority, where they are known: of its name and key.
    pub(super) fn certificates_of<'a>(&'a self, anchor: &'a TrustAnchor<'_>) -> impl Iterator<Item = &'a [u8]> {
        let is_it = |known: &&Known| {
            known.anchor.subject == anchor.subject
                && known.anchor.subject_public_key_info == anchor.subject_public_key_info
        };
        self.known.iter().filter(is_it).map(|known| known.certificate.as_ref())
    }

    /// The list that is not used, read when it is first asked for; empty where the system has none.
    pub(super) fn other(&self) -> (TrustStore, &RootCertStore) {
        match self.store {
            TrustStore::WebPki => {
                let read = || system_roots().map_or_else(|_| RootCertStore::empty(), |(roots, _)| roots);
                (TrustStore::System, self.other.get_or_init(read))
            }
            TrustStore::System => (TrustStore::WebPki, self.other.get_or_init(built_in_roots)),
        }
    }
}

fn built_in_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

fn system_roots() -> Result<(RootCertStore, Vec<Known>), TrustError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let known = found.certs.iter().filter_map(Known::new).collect();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let reason = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        return Err(TrustError::EmptySystemStore { reason });
    }
    Ok((roots, known))
}

fn certificates(bytes: Vec<u8>, from: CaSource) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let damaged = |reason| TrustError::Damaged { from: from.clone(), reason };
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let certificates = certificates.map_err(|error| damaged(error.to_string()))?;
    if certificates.is_empty() {
        let certificate = CertificateDer::from(bytes);
        return if is_certificate(&certificate) { Ok(vec![certificate]) } else { Err(TrustError::NoCertificate(from)) };
    }
    match certificates.iter().position(|certificate| !is_certificate(certificate)) {
        Some(position) => Err(damaged(format!("number {} is not an X.509 certificate", position + 1))),
        None => Ok(certificates),
    }
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, TrustError> {
    let unreadable = |error| TrustError::Unreadable { path: path.to_owned(), error };
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(MAX_CA_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_CA_FILE_BYTES {
        return Err(TrustError::TooLarge { path: path.to_owned() });
    }
    Ok(bytes)
}

fn is_certificate(certificate: &CertificateDer<'_>) -> bool {
    x509_parser::parse_x509_certificate(certificate).is_ok_and(|(rest, _)| rest.is_empty())
}
