//! Certificate authorities, each with one certificate.

use std::time::SystemTime;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

/// Ten years each way.
const VALID_DAYS: i64 = 3650;

/// An authority: its certificate and what it signs with.
#[derive(Debug)]
pub(super) struct Authority {
    pub(super) certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// An authority that vouches for itself.
    pub(super) fn root(organization: &str, name: &str) -> Self {
        let params = params(organization, name);
        let key = generate(&rcgen::PKCS_ECDSA_P256_SHA256);
        Self { certificate: self_signed(&params, &key), issuer: Issuer::new(params, key) }
    }

    /// An authority that this one vouches for.
    pub(super) fn intermediate(&self, organization: &str, name: &str) -> Self {
        self.vouch_for(params(organization, name))
    }

    /// An authority that this one vouches for, since so many days ago.
    pub(super) fn young_intermediate(&self, organization: &str, name: &str, days: i64) -> Self {
        let mut params = params(organization, name);
        params.not_before = days_from_now(-days);
        self.vouch_for(params)
    }

    fn vouch_for(&self, params: CertificateParams) -> Self {
        let key = generate(&rcgen::PKCS_ECDSA_P256_SHA256);
        Self { certificate: self.issue(&params, &key), issuer: Issuer::new(params, key) }
    }

    /// A certificate for this key, signed by this authority.
    pub(super) fn issue(&self, params: &CertificateParams, key: &KeyPair) -> Certificate {
        params.signed_by(key, &self.issuer).expect("a certificate from fixed parameters")
    }
}

/// A certificate signed with its own key.
pub(super) fn self_signed(params: &CertificateParams, key: &KeyPair) -> Certificate {
    params.self_signed(key).expect("a certificate from fixed parameters")
}

pub(super) fn distinguished_name(organization: &str, name: &str) -> DistinguishedName {
    let mut distinguished_name = DistinguishedName::new();
    distinguished_name.push(DnType::OrganizationName, organization);
    distinguished_name.push(DnType::CommonName, name);
    distinguished_name
}

fn params(organization: &str, name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(organization, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = days_from_now(-VALID_DAYS);
    params.not_after = days_from_now(VALID_DAYS);
    params
}

pub(super) fn days_from_now(days: i64) -> OffsetDateTime {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let now = i64::try_from(since_epoch).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    now.unwrap_or(OffsetDateTime::UNIX_EPOCH) + Duration::days(days)
}

pub(super) fn generate(algorithm: &'static rcgen::SignatureAlgorithm) -> KeyPair {
    KeyPair::generate_for(algorithm).expect("a key of a supported kind")
}
