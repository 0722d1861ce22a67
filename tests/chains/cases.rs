//! The chains: names, dates, usages, policies, lengths, constraints, algorithms, order.

use std::net::Ipv4Addr;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair,
    KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use rustls::pki_types::PrivateKeyDer;

use crate::maker::*;

/// What a server shows, and what is trusted for it.
pub(crate) struct Case {
    pub(crate) what: String,
    pub(crate) host: &'static str,
    pub(crate) chain: Vec<Der>,
    pub(crate) key: PrivateKeyDer<'static>,
    pub(crate) trusted: Option<Der>,
}

pub(crate) struct Cases(pub(crate) Vec<Case>);

impl Cases {
    /// The one of this name among those that need no openssl.
    pub(crate) fn only(what: &str) -> Case {
        let mut cases = Self(Vec::new());
        cases.names();
        cases.dates();
        cases.0.into_iter().find(|case| case.what == what).unwrap()
    }

    pub(crate) fn all(folder: &Path) -> Vec<Case> {
        let mut cases = Self(Vec::new());
        cases.names();
        cases.dates();
        cases.usages();
        cases.extensions();
        cases.lengths();
        cases.constraints();
        cases.keys();
        cases.old_and_new_algorithms(folder);
        cases.order();
        cases.0
    }

    fn add(&mut self, what: &str, leaf: Leaf, above: &[&Ca], trusted: Option<&Ca>) {
        let chain = std::iter::once(leaf.der).chain(above.iter().map(|ca| ca.der.clone())).collect();
        let trusted = trusted.map(|root| root.der.clone());
        self.0.push(Case { what: what.to_owned(), host: NAME, chain, key: leaf.key, trusted });
    }

    /// A leaf below an intermediate below a trusted root, each changed.
    fn three(
        &mut self,
        what: &str,
        of_root: impl FnOnce(&mut CertificateParams),
        of_intermediate: impl FnOnce(&mut CertificateParams),
        of_leaf: impl FnOnce(&mut CertificateParams),
    ) {
        // Names of their own: all roots are trusted at once.
        let number = self.0.len();
        let root = root(&format!("root {number}"), of_root);
        let intermediate = root.sub(&format!("intermediate {number}"), of_intermediate);
        self.add(what, intermediate.leaf(of_leaf), &[&intermediate], Some(&root));
    }

    fn leaf(&mut self, what: &str, of_leaf: impl FnOnce(&mut CertificateParams)) {
        self.three(what, |_| (), |_| (), of_leaf);
    }

    fn intermediate(&mut self, what: &str, of_intermediate: impl FnOnce(&mut CertificateParams)) {
        self.three(what, |_| (), of_intermediate, |_| ());
    }

    fn root(&mut self, what: &str, of_root: impl FnOnce(&mut CertificateParams)) {
        self.three(what, of_root, |_| (), |_| ());
    }

    fn for_address(&mut self) {
        if let Some(case) = self.0.last_mut() {
            case.host = ADDRESS;
        }
    }

    fn names(&mut self) {
        let with = |list: &'static [&'static str]| move |params: &mut CertificateParams| names(params, list);
        self.leaf("all good", |_| ());
        self.leaf("name: another one", with(&["other.test.example"]));
        self.leaf("name: in upper case", with(&["MAIL.TEST.EXAMPLE"]));
        self.leaf("name: wildcard for one label", with(&["*.test.example"]));
        self.leaf("name: wildcard for two labels", with(&["*.example"]));
        self.leaf("name: wildcard inside a label", with(&["ma*.test.example"]));
        self.leaf("name: with a dot at its end", with(&["mail.test.example."]));
        self.leaf("name: in the common name alone", |params| {
            names(params, &[]);
            params.distinguished_name = named(NAME);
        });
        self.leaf("name: in the common name, another alternative name", |params| {
            names(params, &["other.test.example"]);
            params.distinguished_name = named(NAME);
        });
        self.leaf("name: in the common name, an address as alternative name", |params| {
            names(params, &["192.0.2.1"]);
            params.distinguished_name = named(NAME);
        });
        self.leaf("name: none at all", with(&[]));
        self.leaf("name: second of two", with(&["other.test.example", NAME]));
        self.leaf("address: as IP address", with(&[ADDRESS]));
        self.for_address();
        self.leaf("address: another one", with(&["192.0.2.1"]));
        self.for_address();
        self.leaf("address: as DNS name", |params| {
            params.subject_alt_names = vec![rcgen::SanType::DnsName(ADDRESS.try_into().unwrap())];
        });
        self.for_address();
        self.leaf("address: in the common name alone", |params| {
            names(params, &[]);
            params.distinguished_name = named(ADDRESS);
        });
        self.for_address();
    }

    fn dates(&mut self) {
        let between = |from, to| move |params: &mut CertificateParams| valid(params, from, to);
        self.leaf("dates: leaf expired", between(-90, -1));
        self.leaf("dates: leaf not valid yet", between(2, 90));
        self.leaf("dates: leaf expired, and for another name", |params| {
            valid(params, -90, -1);
            names(params, &["other.test.example"]);
        });
        self.leaf("dates: leaf begins before 1970", |params| params.not_before = date_time_ymd(1960, 1, 1));
        self.leaf("dates: leaf ends after 2050", |params| params.not_after = date_time_ymd(2060, 1, 1));
        self.leaf("dates: leaf ends in the year 9999", |params| params.not_after = date_time_ymd(9999, 12, 31));
        self.leaf("dates: leaf ends before it begins", between(-1, -3));
        self.intermediate("dates: intermediate expired", between(-90, -1));
        self.intermediate("dates: intermediate not valid yet", between(2, 90));
        self.intermediate("dates: intermediate begins before 1970", |params| {
            params.not_before = date_time_ymd(1960, 1, 1);
        });
        self.intermediate("dates: intermediate ends in a week", between(-90, 7));
        self.three("dates: leaf expired, intermediate renewed since", |_| (), between(-1, 90), between(-90, -2));
        self.three("dates: leaf not valid yet, good intermediate", |_| (), between(-90, 30), between(40, 90));
        self.root("dates: root expired", between(-90, -1));
        self.root("dates: root not valid yet", between(2, 900));
        self.root("dates: root begins before 1970", |params| params.not_before = date_time_ymd(1960, 1, 1));
        self.root("dates: root ends in a week", between(-90, 7));
    }

    fn usages(&mut self) {
        use ExtendedKeyUsagePurpose as Purpose;
        use KeyUsagePurpose as Usage;
        let usages = |list: &'static [Usage]| move |params: &mut CertificateParams| params.key_usages = list.to_vec();
        let purposes = |list: Vec<Purpose>| move |params: &mut CertificateParams| params.extended_key_usages = list;
        self.leaf("usage: leaf without key usage", usages(&[]));
        self.leaf("usage: leaf for key agreement only", usages(&[Usage::KeyAgreement]));
        self.leaf("usage: leaf for key encipherment only", usages(&[Usage::KeyEncipherment]));
        self.leaf(
            "usage: leaf for signatures and key encipherment",
            usages(&[Usage::DigitalSignature, Usage::KeyEncipherment]),
        );
        self.leaf("purpose: leaf without any", purposes(vec![]));
        self.leaf("purpose: leaf for clients only", purposes(vec![Purpose::ClientAuth]));
        self.leaf("purpose: leaf for servers and clients", purposes(vec![Purpose::ServerAuth, Purpose::ClientAuth]));
        self.leaf("purpose: leaf for any", purposes(vec![Purpose::Any]));
        self.intermediate("usage: intermediate without key usage", usages(&[]));
        self.intermediate("usage: intermediate may not sign certificates", usages(&[Usage::CrlSign]));
        self.intermediate("purpose: intermediate for servers", purposes(vec![Purpose::ServerAuth]));
        self.intermediate("purpose: intermediate for clients only", purposes(vec![Purpose::ClientAuth]));
        self.root("usage: root without key usage", usages(&[]));
        self.root("usage: root may not sign certificates", usages(&[Usage::CrlSign]));
    }

    fn extensions(&mut self) {
        const UNKNOWN: [u64; 8] = [1, 3, 6, 1, 4, 1, 32473, 1];
        let with = |extension| move |params: &mut CertificateParams| params.custom_extensions.push(extension);
        self.leaf("policies: leaf, not critical", with(policies(false)));
        self.leaf("policies: leaf, critical", with(policies(true)));
        self.leaf("policies: leaf, critical, and for another name", |params| {
            params.custom_extensions.push(policies(true));
            names(params, &["other.test.example"]);
        });
        self.leaf("policies: leaf, critical, and expired", |params| {
            params.custom_extensions.push(policies(true));
            valid(params, -90, -1);
        });
        self.intermediate("policies: intermediate, critical", with(policies(true)));
        self.three("policies: leaf and intermediate, critical", |_| (), with(policies(true)), with(policies(true)));
        self.leaf("extension: leaf, unknown", with(extension(&UNKNOWN, false, &[5, 0])));
        self.leaf("extension: leaf, unknown and critical", with(extension(&UNKNOWN, true, &[5, 0])));
        self.leaf("extension: leaf, policies and an unknown one, both critical", |params| {
            params.custom_extensions = vec![policies(true), extension(&UNKNOWN, true, &[5, 0])];
        });
        self.intermediate("extension: intermediate, unknown and critical", with(extension(&UNKNOWN, true, &[5, 0])));
    }

    fn lengths(&mut self) {
        let most =
            |count| move |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(count));
        self.intermediate("path: intermediate allows none below it", most(0));
        self.root("path: root allows none below it, and there is one", most(0));
        self.root("path: root allows one below it, and there is one", most(1));
        self.leaf("path: leaf is a CA's certificate", |params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages.push(KeyUsagePurpose::KeyCertSign);
        });
        self.leaf("path: leaf is a CA's certificate, for another name", |params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages.push(KeyUsagePurpose::KeyCertSign);
            names(params, &["other.test.example"]);
        });
        self.intermediate("path: intermediate says that it is no CA", |params| params.is_ca = IsCa::ExplicitNoCa);
        self.intermediate("path: intermediate does not say that it is a CA", |params| params.is_ca = IsCa::NoCa);
        self.root("path: root says that it is no CA", |params| params.is_ca = IsCa::ExplicitNoCa);
        self.root("path: root does not say that it is a CA", |params| params.is_ca = IsCa::NoCa);
        for count in [2, 6, 7, 8, 9, 10] {
            self.long(&format!("path: {count} intermediates"), count, |_, _| ());
        }
        self.long("path: 8 intermediates, the second allows none below it", 8, |position, params| {
            if position == 1 {
                params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            }
        });
        self.long("path: 8 intermediates, the first may not sign certificates", 8, |position, params| {
            if position == 0 {
                params.key_usages = vec![KeyUsagePurpose::CrlSign];
            }
        });
        self.long("path: 8 intermediates, the last expired", 8, |position, params| {
            if position == 7 {
                valid(params, -90, -1);
            }
        });
    }

    /// Intermediates counted from the root downwards.
    fn long(&mut self, what: &str, count: usize, change: impl Fn(usize, &mut CertificateParams)) {
        let number = self.0.len();
        let root = root(&format!("root {number}"), |_| ());
        let mut path: Vec<Ca> = Vec::new();
        for position in 0..count {
            let issuer = path.last().unwrap_or(&root);
            let next = issuer.sub(&format!("intermediate {number}.{position}"), |params| change(position, params));
            path.push(next);
        }
        let leaf = path.last().unwrap_or(&root).leaf(|_| ());
        self.add(what, leaf, &path.iter().rev().collect::<Vec<_>>(), Some(&root));
    }

    fn constraints(&mut self) {
        let dns = |name: &str| vec![GeneralSubtree::DnsName(name.to_owned())];
        let constraints = |permitted_subtrees, excluded_subtrees| {
            move |params: &mut CertificateParams| {
                params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees });
            }
        };
        self.intermediate("names: intermediate for this domain", constraints(dns("test.example"), vec![]));
        self.intermediate("names: intermediate for another domain", constraints(dns("other.example"), vec![]));
        self.intermediate("names: intermediate not for this domain", constraints(vec![], dns("test.example")));
        self.root("names: root for this domain", constraints(dns("test.example"), vec![]));
        self.root("names: root for another domain", constraints(dns("other.example"), vec![]));
        let network = vec![GeneralSubtree::IpAddress(CidrSubnet::V4(
            Ipv4Addr::new(192, 0, 2, 0).octets(),
            Ipv4Addr::new(255, 255, 255, 0).octets(),
        ))];
        self.three(
            "names: intermediate for another network",
            |_| (),
            constraints(network, vec![]),
            |params| {
                names(params, &[ADDRESS]);
            },
        );
        self.for_address();
    }

    fn keys(&mut self) {
        for (what, algorithm) in [
            ("key: leaf, P-384", &rcgen::PKCS_ECDSA_P384_SHA384),
            ("key: leaf, P-521", &rcgen::PKCS_ECDSA_P521_SHA512),
            ("key: leaf, Ed25519", &rcgen::PKCS_ED25519),
            ("key: leaf, RSA 2048", &rcgen::PKCS_RSA_SHA256),
        ] {
            let root = root(&format!("root {}", self.0.len()), |_| ());
            let leaf = root.leaf_with(&KeyPair::generate_for(algorithm).unwrap(), |_| ());
            self.add(what, leaf, &[], Some(&root));
        }
        let root = root(&format!("root {}", self.0.len()), |_| ());
        let leaf = root.leaf_with(&KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap(), |params| {
            params.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
        });
        self.add("usage: leaf with an RSA key for key encipherment only", leaf, &[], Some(&root));
    }

    /// The key and hash of the root, of the intermediate and in the leaf's signature.
    fn old_and_new_algorithms(&mut self, folder: &Path) {
        let ec = "ec -pkeyopt ec_paramgen_curve:P-256";
        for (what, of_root, of_intermediate, hashes) in [
            ("signature: by an Ed448 root", "ed448", ec, ["", "-sha256"]),
            ("signature: by an Ed448 intermediate", ec, "ed448", ["-sha256", ""]),
            ("signature: leaf with SHA-224", "rsa:2048", "rsa:2048", ["-sha256", "-sha224"]),
            ("signature: intermediate with SHA-224", "rsa:2048", "rsa:2048", ["-sha224", "-sha256"]),
            ("signature: leaf with SHA-1", "rsa:2048", "rsa:2048", ["-sha256", "-sha1"]),
            ("signature: intermediate with SHA-1", "rsa:2048", "rsa:2048", ["-sha1", "-sha256"]),
            ("signature: by a root with RSA 1024", "rsa:1024", ec, ["-sha256", "-sha256"]),
            ("signature: by an intermediate with RSA 1024", ec, "rsa:1024", ["-sha256", "-sha256"]),
            ("signature: by a secp256k1 root", "ec -pkeyopt ec_paramgen_curve:secp256k1", ec, ["-sha256", "-sha256"]),
        ] {
            let number = self.0.len();
            std::fs::write(
                folder.join("ext"),
                format!("[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n[leaf]\nsubjectAltName=DNS:{NAME}\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\n"),
            )
            .unwrap();
            let request = |name: &str, key: &str, subject: &str| {
                openssl(
                    folder,
                    &format!(
                        "req -new -newkey {key} -nodes -keyout {name}.key -out {name}.csr -subj /CN={subject}-{number}"
                    ),
                );
            };
            request("root", of_root, "root");
            request("sub", of_intermediate, "intermediate");
            request("leaf", ec, "server");
            let days = "-days 60 -extfile ext";
            let own = if of_root == "ed448" { "" } else { "-sha256" };
            openssl(
                folder,
                &format!("x509 -req -in root.csr -signkey root.key -out root.pem {days} -extensions ca {own}"),
            );
            let [of_sub, of_leaf] = hashes;
            openssl(
                folder,
                &format!(
                    "x509 -req -in sub.csr -CA root.pem -CAkey root.key -CAcreateserial -out sub.pem {days} -extensions ca {of_sub}"
                ),
            );
            openssl(
                folder,
                &format!(
                    "x509 -req -in leaf.csr -CA sub.pem -CAkey sub.key -CAcreateserial -out leaf.pem {days} -extensions leaf {of_leaf}"
                ),
            );
            self.0.push(Case {
                what: what.to_owned(),
                host: NAME,
                chain: vec![certificate(folder, "leaf.pem"), certificate(folder, "sub.pem")],
                key: key(folder, "leaf.key"),
                trusted: Some(certificate(folder, "root.pem")),
            });
        }
    }

    fn order(&mut self) {
        let number = self.0.len();
        let name = |what: &str| format!("{what} {number}");
        let top = root(&name("root"), |_| ());
        let first = top.sub(&name("first"), |_| ());
        let second = first.sub(&name("second"), |_| ());
        let unrelated = root(&name("unrelated"), |_| ());
        let leaf = || second.leaf(|_| ());
        self.add("order: two intermediates", leaf(), &[&second, &first], Some(&top));
        self.add("order: two intermediates, the wrong way round", leaf(), &[&first, &second], Some(&top));
        self.add("order: the root sent, too", leaf(), &[&second, &first, &top], Some(&top));
        self.add("order: an unrelated certificate between", leaf(), &[&second, &unrelated, &first], Some(&top));
        self.add("order: an intermediate twice", leaf(), &[&second, &second, &first], Some(&top));
        self.add("order: the lower intermediate missing", leaf(), &[&first], Some(&top));
        self.add("order: the upper intermediate missing", leaf(), &[&second], Some(&top));
        self.add("order: only the leaf", leaf(), &[], Some(&top));

        let old = top.sub(&name("renewed"), |params| valid(params, -90, -1));
        let new = top.sub(&name("renewed"), |_| ());
        self.add("order: an expired namesake of the intermediate first", new.leaf(|_| ()), &[&old, &new], Some(&top));
        self.add("order: a namesake of the intermediate with another key", new.leaf(|_| ()), &[&old], Some(&top));

        let stranger = root(&name("stranger"), |_| ());
        self.add("trust: unknown root", stranger.leaf(|_| ()), &[], None);
        self.add("trust: unknown root, sent", stranger.leaf(|_| ()), &[&stranger], None);
        let (made, anew) = (root(&name("made anew"), |_| ()), root(&name("made anew"), |_| ()));
        self.add("trust: root made anew, the old one trusted", anew.leaf(|_| ()), &[], Some(&made));
        self.add("trust: self-signed", self_signed(|_| ()), &[], None);
        let own = self_signed(|params| params.distinguished_name = named(&name("self-signed")));
        let trusted = own.der.clone();
        self.add("trust: self-signed and trusted", own, &[], None);
        if let Some(case) = self.0.last_mut() {
            case.trusted = Some(trusted);
        }
    }
}
