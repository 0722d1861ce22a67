//! Certificates, good and bad, from an authority made anew in every process.

mod authority;
mod fixtures;
mod leaf;
mod weak_key;

pub use leaf::Leaf;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rcgen::{
    Certificate, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use time::Duration;

use authority::{Authority, days_from_now, generate, self_signed};
use weak_key::WeakKey;

/// The names and addresses that the good certificate covers.
pub const NAMES: [&str; 4] = ["localhost", "mail.test.example", "127.0.0.1", "::1"];
/// The names that a certificate for another host covers.
pub const OTHER_NAMES: [&str; 1] = ["other.test.example"];
/// Where [`Leaf::MissingIntermediate`] says that its issuer's certificate is. Nobody is there.
pub const ISSUER_URL: &str = "http://issuer.test.example/intermediate.der";
/// The name of the wildcard certificate: one label deep.
pub const WILDCARD: &str = "*.test.example";

/// How long a good certificate is valid, and how long it has been: as those of Let's Encrypt.
const VALID_DAYS: i64 = 90;
const AGE_DAYS: i64 = 1;
/// Far enough from now that no clock's error matters.
const FAR_DAYS: i64 = 30;

/// The authorities, and the key of most leaves. Making them takes a few milliseconds.
#[derive(Debug)]
pub struct Pki {
    root: Authority,
    intermediate: Authority,
    second_intermediate: Authority,
    renewed_intermediate: Authority,
    unknown_root: Authority,
    unknown: Authority,
    mail_shield: Authority,
    namesake: Authority,
    key: KeyPair,
    /// What was issued so far: a server shows the same certificate each time it is asked for, as servers do.
    issued: Mutex<HashMap<Wanted, Arc<Issued>>>,
}

/// A kind of leaf, and the names it is to cover.
type Wanted = (Leaf, Vec<String>);

/// A leaf with what a server needs to show it.
#[derive(Debug)]
struct Issued {
    pem: String,
    shown: Arc<CertifiedKey>,
}

impl Issued {
    fn new(leaf: &Certificate, above: &[&Authority], key: &KeyPair) -> Self {
        let chain = std::iter::once(leaf).chain(above.iter().map(|one| &one.certificate));
        let chain = chain.map(|one| one.der().clone()).collect();
        Self { pem: leaf.pem(), shown: Arc::new(CertifiedKey::new(chain, signing_key(key))) }
    }

    fn fixture(pem: &str, key: Arc<dyn SigningKey>) -> Self {
        let chain = vec![fixtures::certificate(pem)];
        Self { pem: pem.to_owned(), shown: Arc::new(CertifiedKey::new(chain, key)) }
    }
}

impl Pki {
    /// The one that all servers of this process use.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Pki> = OnceLock::new();
        SHARED.get_or_init(Self::new)
    }

    /// What a client must trust, to trust the good certificate: PEM, the root and the authority of the fixtures.
    pub fn ca_pem(&self) -> String {
        format!("{}{}", self.root.certificate.pem(), fixtures::CA)
    }

    /// The same as DER, one element per authority.
    pub fn ca_certificates(&self) -> Vec<CertificateDer<'static>> {
        vec![self.root.certificate.der().clone(), fixtures::certificate(fixtures::CA)]
    }

    /// What a server with this certificate sends, the leaf first.
    pub fn chain(&self, leaf: Leaf) -> Vec<CertificateDer<'static>> {
        self.issued(leaf, &NAMES.map(str::to_owned)).shown.cert.clone()
    }

    /// The same for a certificate that covers these names.
    pub fn chain_for(&self, leaf: Leaf, names: &[String]) -> Vec<CertificateDer<'static>> {
        self.issued(leaf, names).shown.cert.clone()
    }

    /// The leaf alone as PEM: what a client must trust to trust a self-signed certificate.
    pub fn leaf_pem(&self, leaf: Leaf) -> String {
        self.issued(leaf, &NAMES.map(str::to_owned)).pem.clone()
    }

    /// The certificate and its key, for a server.
    pub(crate) fn certified_key(&self, leaf: Leaf, names: &[String]) -> Arc<CertifiedKey> {
        Arc::clone(&self.issued(leaf, names).shown)
    }

    /// A good certificate straight below the root, and its key: the least that a server can show.
    pub(crate) fn key_below_root(&self, names: &[&str]) -> CertifiedKey {
        let leaf = self.root.issue(&params(Leaf::Good.name(), names.iter().copied()), &self.key);
        CertifiedKey::new(vec![leaf.der().clone()], signing_key(&self.key))
    }

    fn issued(&self, leaf: Leaf, names: &[String]) -> Arc<Issued> {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = issued.entry((leaf, names.to_vec()));
        Arc::clone(entry.or_insert_with(|| Arc::new(self.issue(leaf, names))))
    }

    fn new() -> Self {
        let root = Authority::root("mailprobe lab", "mailprobe lab root");
        let intermediate = root.intermediate("mailprobe lab", "mailprobe lab intermediate");
        let unknown_root = Authority::root("Nobody Ltd", "Nobody's root");
        Self {
            second_intermediate: intermediate.intermediate("mailprobe lab", "mailprobe lab second intermediate"),
            renewed_intermediate: root.young_intermediate(
                "mailprobe lab",
                "mailprobe lab renewed intermediate",
                AGE_DAYS,
            ),
            unknown: unknown_root.intermediate("Nobody Ltd", "Nobody's intermediate"),
            unknown_root,
            mail_shield: Authority::root("AVAST Software", "Avast Web/Mail Shield Root"),
            namesake: Authority::root("Palo Alto Library, Philosophos Branch", "Fortinetti root"),
            root,
            intermediate,
            key: generate(&rcgen::PKCS_ECDSA_P256_SHA256),
            issued: Mutex::default(),
        }
    }

    fn issue(&self, leaf: Leaf, names: &[String]) -> Issued {
        let good = || params(leaf.name(), names.iter().map(String::as_str));
        let other = || params(leaf.name(), OTHER_NAMES);
        let expired = |params| valid(params, -FAR_DAYS - VALID_DAYS, -FAR_DAYS);
        let below = |issuer: &Authority, params: CertificateParams, above: &[&Authority]| {
            Issued::new(&issuer.issue(&params, &self.key), above, &self.key)
        };
        let usual = |params| below(&self.intermediate, params, &[&self.intermediate]);
        let with_key = |key: &KeyPair| Issued::new(&self.intermediate.issue(&good(), key), &[&self.intermediate], key);
        match leaf {
            Leaf::Good => usual(good()),
            Leaf::Expired => usual(expired(good())),
            Leaf::ExpiredBeforeRenewal => {
                below(&self.renewed_intermediate, expired(good()), &[&self.renewed_intermediate])
            }
            Leaf::NotYetValid => usual(valid(good(), FAR_DAYS, FAR_DAYS + VALID_DAYS)),
            // Near its end, of a life as usual: one that is made for a few days is not renewed before.
            Leaf::ExpiresIn(days) => {
                let days = i64::from(days);
                usual(valid(good(), (days - VALID_DAYS).min(-AGE_DAYS), days))
            }
            Leaf::WrongName => usual(other()),
            Leaf::ExpiredWrongName => usual(expired(other())),
            Leaf::Wildcard => usual(params(leaf.name(), [WILDCARD])),
            Leaf::IpOnly => usual(params(leaf.name(), ["127.0.0.1", "::1"])),
            Leaf::NoNames => usual(params("mail.test.example", [])),
            Leaf::ClientAuthOnly => {
                let mut params = good();
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
                usual(params)
            }
            Leaf::SelfSigned => Issued::new(&self_signed(&good(), &self.key), &[], &self.key),
            Leaf::UnknownIssuer => below(&self.unknown, good(), &[&self.unknown]),
            Leaf::UnknownRoot => below(&self.unknown, good(), &[&self.unknown, &self.unknown_root]),
            Leaf::MailShield => below(&self.mail_shield, good(), &[]),
            Leaf::Namesake => below(&self.namesake, good(), &[]),
            Leaf::MissingIntermediate => {
                let mut params = good();
                params.custom_extensions = vec![authority_information_access()];
                below(&self.intermediate, params, &[])
            }
            Leaf::WrongOrder => {
                below(&self.second_intermediate, good(), &[&self.intermediate, &self.second_intermediate])
            }
            Leaf::SuperfluousRoot => below(&self.intermediate, good(), &[&self.intermediate, &self.root]),
            Leaf::AllWrong => {
                let mut params = expired(other());
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
                Issued::new(&self_signed(&params, &self.key), &[], &self.key)
            }
            Leaf::EcdsaP384 => with_key(&generate(&rcgen::PKCS_ECDSA_P384_SHA384)),
            Leaf::Ed25519 => with_key(&generate(&rcgen::PKCS_ED25519)),
            Leaf::Rsa2048 => with_key(&fixtures::rsa_2048()),
            Leaf::X509V1 => Issued::fixture(fixtures::X509_V1, signing_key(&fixtures::rsa_2048())),
            Leaf::Sha1 => Issued::fixture(fixtures::SHA1, signing_key(&fixtures::rsa_2048())),
            Leaf::Rsa1024 => Issued::fixture(fixtures::RSA_1024, Arc::new(WeakKey)),
        }
    }
}

/// A leaf's parameters, valid now.
fn params<'a>(subject: &str, names: impl IntoIterator<Item = &'a str>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = authority::distinguished_name("mailprobe lab", subject);
    params.subject_alt_names = names.into_iter().filter_map(subject_alt_name).collect();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    valid(params, -AGE_DAYS, VALID_DAYS - AGE_DAYS)
}

/// RFC 5280, section 4.2.2.1: a sequence of one description, the method `caIssuers` and a URL.
fn authority_information_access() -> CustomExtension {
    const SEQUENCE: u8 = 0x30;
    const URL: u8 = 0x86;
    const CA_ISSUERS: [u8; 10] = [0x06, 8, 0x2b, 6, 1, 5, 5, 7, 48, 2];
    // All lengths are below 128 and take one byte.
    let tagged = |tag, content: Vec<u8>| [vec![tag, u8::try_from(content.len()).unwrap_or(0)], content].concat();
    let description = tagged(SEQUENCE, [CA_ISSUERS.to_vec(), tagged(URL, ISSUER_URL.into())].concat());
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], tagged(SEQUENCE, description))
}

fn subject_alt_name(name: &str) -> Option<SanType> {
    match name.parse() {
        Ok(address) => Some(SanType::IpAddress(address)),
        Err(_) => name.try_into().ok().map(SanType::DnsName),
    }
}

/// Valid between these days, counted from now.
fn valid(mut params: CertificateParams, from_days: i64, to_days: i64) -> CertificateParams {
    params.not_before = days_from_now(from_days);
    // An hour on top, so that a whole number of days is left while the tests run.
    params.not_after = days_from_now(to_days) + Duration::hours(1);
    params
}

fn signing_key(key: &KeyPair) -> Arc<dyn SigningKey> {
    let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    any_supported_type(&der).expect("a key that rustls can sign with")
}
