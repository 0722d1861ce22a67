//! Authorities and certificates of servers: good ones, and wrong in one way each.

use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

/// The mail host, and the domain whose mail it takes.
pub(crate) const MX: &str = "mx.example.test";
pub(crate) const NEXT_HOP: &str = "example.test";

/// What a server sends, its own certificate first.
pub(crate) struct Chain {
    pub(crate) sent: Vec<Vec<u8>>,
    /// The authorities above that it does not send, nearest first.
    pub(crate) not_sent: Vec<Vec<u8>>,
    /// The server's key, PKCS #8.
    pub(crate) key: Vec<u8>,
}

impl Chain {
    pub(crate) fn of_bytes(sent: Vec<Vec<u8>>) -> Self {
        Self { sent, not_sent: Vec::new(), key: Vec::new() }
    }
}

macro_rules! chains {
    ($($name:ident),+ $(,)?) => {
        pub(crate) struct Chains { $(pub(crate) $name: Chain),+ }

        impl Chains {
            pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Chain)> {
                [$((stringify!($name), &self.$name)),+].into_iter()
            }
        }
    };
}

chains! {
    good, with_root, alone, out_of_order, for_next_hop, by_wildcard, by_common_name, other_name, expired, not_yet_valid,
    intermediate_expired, root_expired, other_issuer, for_clients, marked_as_authority, intermediate_is_no_authority,
    root_says_nothing, room_for_none, self_signed, self_signed_and_all_wrong, sent_twice,
}

impl Chains {
    pub(crate) fn new() -> Self {
        let root = Ca::root(|_| {});
        let intermediate = root.sub(|_| {});
        let below = |change: fn(&mut CertificateParams)| intermediate.leaf(change).chain(&[&intermediate], &[&root]);
        let expired = root.sub(|params| valid(params, -50, -1));
        let old_root = Ca::root(|params| valid(params, -50, -1));
        let namesake = root.sub(|_| {});
        let no_authority = root.sub(|params| {
            params.is_ca = IsCa::ExplicitNoCa;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        });
        let silent = Ca::root(|params| {
            params.is_ca = IsCa::NoCa;
            params.key_usages = Vec::new();
        });
        let narrow = Ca::root(|params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
        let below_narrow = narrow.sub(|_| {});
        let good = intermediate.leaf(|_| {});
        let twice = Leaf::self_signed(|_| {});
        Self {
            with_root: intermediate.leaf(|_| {}).chain(&[&intermediate, &root], &[]),
            alone: intermediate.leaf(|_| {}).chain(&[], &[&intermediate, &root]),
            out_of_order: intermediate.leaf(|_| {}).chain(&[&root, &namesake, &intermediate], &[]),
            good: good.chain(&[&intermediate], &[&root]),
            for_next_hop: below(|params| names(params, &[NEXT_HOP])),
            by_wildcard: below(|params| names(params, &["*.example.test"])),
            by_common_name: below(|params| {
                params.subject_alt_names.clear();
                params.distinguished_name = named(MX);
            }),
            other_name: below(|params| names(params, &["other.example.test"])),
            expired: below(|params| valid(params, -50, -1)),
            not_yet_valid: below(|params| valid(params, 10, 50)),
            intermediate_expired: expired.leaf(|_| {}).chain(&[&expired, &root], &[]),
            root_expired: {
                let intermediate = old_root.sub(|_| {});
                intermediate.leaf(|_| {}).chain(&[&intermediate, &old_root], &[])
            },
            // Its issuer has the name of the one that is sent, and another key.
            other_issuer: namesake.leaf(|_| {}).chain(&[&intermediate, &root], &[]),
            for_clients: below(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
            marked_as_authority: below(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
            intermediate_is_no_authority: no_authority.leaf(|_| {}).chain(&[&no_authority, &root], &[]),
            root_says_nothing: silent.leaf(|_| {}).chain(&[&silent], &[]),
            room_for_none: below_narrow.leaf(|_| {}).chain(&[&below_narrow, &narrow], &[]),
            self_signed: Leaf::self_signed(|_| {}).chain(&[], &[]),
            self_signed_and_all_wrong: Leaf::self_signed(|params| {
                names(params, &["localhost"]);
                valid(params, -50, -1);
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            })
            .chain(&[], &[]),
            sent_twice: {
                let mut chain = twice.chain(&[], &[]);
                chain.sent.push(chain.sent[0].clone());
                chain
            },
        }
    }
}

struct Ca {
    der: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

impl Ca {
    fn root(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let (params, key) = (Self::params("root", change), KeyPair::generate().unwrap());
        Self { der: params.self_signed(&key).unwrap().der().to_vec(), issuer: Issuer::new(params, key) }
    }

    fn sub(&self, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let (params, key) = (Self::params("intermediate", change), KeyPair::generate().unwrap());
        Self { der: params.signed_by(&key, &self.issuer).unwrap().der().to_vec(), issuer: Issuer::new(params, key) }
    }

    fn params(name: &str, change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.use_authority_key_identifier_extension = true;
        valid(&mut params, -100, 3650);
        change(&mut params);
        params
    }

    fn leaf(&self, change: impl FnOnce(&mut CertificateParams)) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let der = Leaf::params(change).signed_by(&key, &self.issuer).unwrap().der().to_vec();
        Leaf { der, key: key.serialize_der() }
    }
}

struct Leaf {
    der: Vec<u8>,
    key: Vec<u8>,
}

impl Leaf {
    fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        Self { der: Self::params(change).self_signed(&key).unwrap().der().to_vec(), key: key.serialize_der() }
    }

    fn params(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = named("a mail server");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        names(&mut params, &[MX]);
        params.use_authority_key_identifier_extension = true;
        valid(&mut params, -1, 60);
        change(&mut params);
        params
    }

    fn chain(self, sent: &[&Ca], not_sent: &[&Ca]) -> Chain {
        let authorities = |of: &[&Ca]| of.iter().map(|ca| ca.der.clone()).collect::<Vec<_>>();
        Chain { sent: [vec![self.der], authorities(sent)].concat(), not_sent: authorities(not_sent), key: self.key }
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn names(params: &mut CertificateParams, names: &[&str]) {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    params.subject_alt_names = CertificateParams::new(names).unwrap().subject_alt_names;
}

/// Valid between these days, counted from now.
fn valid(params: &mut CertificateParams, from: i64, to: i64) {
    let day = |days: i64| {
        let seconds = u64::try_from(now() + days * 24 * 60 * 60 + 3600).unwrap();
        date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
    };
    (params.not_before, params.not_after) = (day(from), day(to));
}

pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()).unwrap()
}
