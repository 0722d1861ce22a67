//! Which certificates of clients are taken.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::file::ClientAuth;

/// Judges the certificates of clients.
pub(super) struct ClientCertificates {
    /// `None`: any certificate will do, as long as the client has its key.
    issued: Option<Arc<dyn ClientCertVerifier>>,
    required: bool,
    /// One of these must be among the certificate's names, where there are any.
    allowed_names: Vec<String>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertificates {
    /// `None`: clients are not asked for one.
    pub(super) fn new(
        wanted: ClientAuth,
        authorities: Option<RootCertStore>,
        allowed_names: Vec<String>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Option<Arc<Self>>, String> {
        let (required, verified) = match wanted {
            ClientAuth::NoClientCert if authorities.is_some() => {
                return Err(
                    "client_ca_file is there, but client_auth_type says that no client certificate is wanted: \
                    write client_auth_type: RequireAndVerifyClientCert"
                        .to_owned(),
                );
            }
            ClientAuth::NoClientCert if !allowed_names.is_empty() => {
                return Err("client_allowed_sans needs client_auth_type: RequireAndVerifyClientCert".to_owned());
            }
            ClientAuth::NoClientCert => return Ok(None),
            ClientAuth::RequestClientCert => (false, false),
            ClientAuth::RequireAnyClientCert => (true, false),
            ClientAuth::VerifyClientCertIfGiven => (false, true),
            ClientAuth::RequireAndVerifyClientCert => (true, true),
        };
        let issued = if verified {
            let authorities = authorities.ok_or_else(|| {
                "whose client certificates are taken? name the authority's certificate with client_ca_file".to_owned()
            })?;
            let judge =
                WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), Arc::clone(provider)).build();
            Some(judge.map_err(|error| format!("client_ca_file cannot be used: {error}"))?)
        } else {
            None
        };
        let algorithms = provider.signature_verification_algorithms;
        Ok(Some(Arc::new(Self { issued, required, allowed_names, algorithms })))
    }
}

impl fmt::Debug for ClientCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificates").field("required", &self.required).finish_non_exhaustive()
    }
}

impl ClientCertVerifier for ClientCertificates {
    fn client_auth_mandatory(&self) -> bool {
        self.required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.issued.as_ref().map_or(&[], |issued| issued.root_hint_subjects())
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if let Some(issued) = &self.issued {
            issued.verify_client_cert(certificate, intermediates, now)?;
        }
        if self.allowed_names.is_empty() || has_one_of(certificate, &self.allowed_names) {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Whether one of the names stands in the certificate: a host, a mail address, an address or a URI, letter for letter.
fn has_one_of(certificate: &CertificateDer<'_>, allowed: &[String]) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return false };
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return false };
    names.value.general_names.iter().any(|name| match name {
        GeneralName::DNSName(name) | GeneralName::RFC822Name(name) | GeneralName::URI(name) => {
            allowed.iter().any(|allowed| allowed == name)
        }
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            address.is_ok_and(|address| allowed.iter().any(|allowed| allowed.parse() == Ok(address)))
        }
        _ => false,
    })
}
