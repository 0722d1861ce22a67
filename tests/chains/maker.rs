//! Makes authorities and certificates, good ones unless a chain says otherwise.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub(crate) const NAME: &str = "mail.test.example";
pub(crate) const ADDRESS: &str = "127.0.0.1";

pub(crate) type Der = CertificateDer<'static>;

/// An authority: its certificate, and what it signs with.
pub(crate) struct Ca {
    pub(crate) der: Der,
    issuer: Issuer<'static, KeyPair>,
}

impl Ca {
    pub(crate) fn sub(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let (params, key) = (ca_params(name, change), KeyPair::generate().unwrap());
        let der = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Self { der, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn leaf(&self, change: impl FnOnce(&mut CertificateParams)) -> Leaf {
        self.leaf_with(&KeyPair::generate().unwrap(), change)
    }

    pub(crate) fn leaf_with(&self, key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Leaf {
        let der = leaf_params(change).signed_by(key, &self.issuer).unwrap().der().clone();
        Leaf { der, key: PrivateKeyDer::try_from(key.serialize_der()).unwrap() }
    }
}

pub(crate) struct Leaf {
    pub(crate) der: Der,
    pub(crate) key: PrivateKeyDer<'static>,
}

pub(crate) fn root(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Ca {
    let (params, key) = (ca_params(name, change), KeyPair::generate().unwrap());
    let der = params.self_signed(&key).unwrap().der().clone();
    Ca { der, issuer: Issuer::new(params, key) }
}

pub(crate) fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> Leaf {
    let key = KeyPair::generate().unwrap();
    let der = leaf_params(change).self_signed(&key).unwrap().der().clone();
    Leaf { der, key: PrivateKeyDer::try_from(key.serialize_der()).unwrap() }
}

fn ca_params(name: &str, change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    valid(&mut params, -100, 3650);
    change(&mut params);
    params
}

fn leaf_params(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("a mail server");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    names(&mut params, &[NAME]);
    valid(&mut params, -1, 60);
    change(&mut params);
    params
}

pub(crate) fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

pub(crate) fn names(params: &mut CertificateParams, names: &[&str]) {
    let name = |name: &&str| match name.parse() {
        Ok(address) => SanType::IpAddress(address),
        Err(_) => SanType::DnsName((*name).try_into().unwrap()),
    };
    params.subject_alt_names = names.iter().map(name).collect();
}

/// Valid between these days, counted from now.
pub(crate) fn valid(params: &mut CertificateParams, from: i64, to: i64) {
    const DAY: i64 = 24 * 60 * 60;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let day = |days: i64| {
        let seconds = now.checked_add_signed(days * DAY + 3600).unwrap();
        date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
    };
    (params.not_before, params.not_after) = (day(from), day(to));
}

/// An extension with these bytes inside.
pub(crate) fn extension(oid: &[u64], critical: bool, content: &[u8]) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(oid, content.to_vec());
    extension.set_criticality(critical);
    extension
}

/// Certificate policies with one of them: "domain validated" of the CA/Browser Forum.
pub(crate) fn policies(critical: bool) -> CustomExtension {
    extension(&[2, 5, 29, 32], critical, &[0x30, 0x0a, 0x30, 0x08, 0x06, 0x06, 0x67, 0x81, 0x0c, 0x01, 0x02, 0x01])
}

/// Runs openssl in a folder. It makes what the other tools refuse to.
pub(crate) fn openssl(folder: &Path, arguments: &str) {
    let mut command = Command::new("openssl");
    let ran = command.current_dir(folder).args(arguments.split_whitespace()).stdin(Stdio::null()).output().unwrap();
    assert!(ran.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&ran.stderr));
}

pub(crate) fn certificate(folder: &Path, name: &str) -> Der {
    CertificateDer::from_pem_file(folder.join(name)).unwrap()
}

pub(crate) fn key(folder: &Path, name: &str) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_file(folder.join(name)).unwrap()
}
