//! The names of what a hello offers, and their numbers, as IANA registers them ("TLS Parameters").

use std::collections::HashMap;
use std::sync::OnceLock;

use rustls::CipherSuite;

/// One kind of parameter: its names and numbers.
type Registry = &'static [(u16, &'static str)];

pub(super) const TLS_1_2: u16 = 0x0303;
pub(super) const TLS_1_3: u16 = 0x0304;

pub(super) const VERSIONS: Registry =
    &[(0x0300, "SSLv3"), (0x0301, "TLSv1.0"), (0x0302, "TLSv1.1"), (TLS_1_2, "TLSv1.2"), (TLS_1_3, "TLSv1.3")];

pub(super) const X25519: u16 = 29;

/// "TLS Supported Groups", best known first: a server may follow the order in which they are offered.
pub(super) const GROUPS: Registry = &[
    (X25519, "x25519"),
    (23, "secp256r1"),
    (24, "secp384r1"),
    (0x11ec, "X25519MLKEM768"),
    (25, "secp521r1"),
    (30, "x448"),
    (256, "ffdhe2048"),
    (257, "ffdhe3072"),
    (258, "ffdhe4096"),
    (259, "ffdhe6144"),
    (260, "ffdhe8192"),
    (0x11eb, "SecP256r1MLKEM768"),
    (0x11ed, "SecP384r1MLKEM1024"),
    (31, "brainpoolP256r1tls13"),
    (32, "brainpoolP384r1tls13"),
    (33, "brainpoolP512r1tls13"),
    (26, "brainpoolP256r1"),
    (27, "brainpoolP384r1"),
    (28, "brainpoolP512r1"),
    (22, "secp256k1"),
    (21, "secp224r1"),
    (19, "secp192r1"),
];

/// "TLS `SignatureScheme`". Those that TLS 1.2 alone has are put together from hash and signature (RFC 5246, section
/// 7.4.1.4.1), and named as the others are.
pub(super) const SIGNATURES: Registry = &[
    (0x0403, "ecdsa_secp256r1_sha256"),
    (0x0804, "rsa_pss_rsae_sha256"),
    (0x0401, "rsa_pkcs1_sha256"),
    (0x0503, "ecdsa_secp384r1_sha384"),
    (0x0805, "rsa_pss_rsae_sha384"),
    (0x0501, "rsa_pkcs1_sha384"),
    (0x0603, "ecdsa_secp521r1_sha512"),
    (0x0806, "rsa_pss_rsae_sha512"),
    (0x0601, "rsa_pkcs1_sha512"),
    (0x0807, "ed25519"),
    (0x0808, "ed448"),
    (0x0809, "rsa_pss_pss_sha256"),
    (0x080a, "rsa_pss_pss_sha384"),
    (0x080b, "rsa_pss_pss_sha512"),
    (0x081a, "ecdsa_brainpoolP256r1tls13_sha256"),
    (0x081b, "ecdsa_brainpoolP384r1tls13_sha384"),
    (0x081c, "ecdsa_brainpoolP512r1tls13_sha512"),
    (0x0904, "mldsa44"),
    (0x0905, "mldsa65"),
    (0x0906, "mldsa87"),
    (0x0303, "ecdsa_sha224"),
    (0x0301, "rsa_sha224"),
    (0x0203, "ecdsa_sha1"),
    (0x0201, "rsa_pkcs1_sha1"),
    (0x0402, "dsa_sha256"),
    (0x0502, "dsa_sha384"),
    (0x0602, "dsa_sha512"),
    (0x0302, "dsa_sha224"),
    (0x0202, "dsa_sha1"),
];

/// The number of a name; `None` for a name that is not in the registry.
pub(super) fn number(registry: Registry, name: &str) -> Option<u16> {
    registry.iter().find(|(_, known)| *known == name).map(|(number, _)| *number)
}

/// The name of a number, or the number itself.
pub(super) fn name(registry: Registry, number: u16) -> String {
    registry.iter().find(|(known, _)| *known == number).map_or_else(|| unnamed(number), |(_, name)| (*name).to_owned())
}

pub(super) fn suite_name(number: u16) -> String {
    // rustls marks the suites of TLS 1.3 by a prefix that IANA does not have.
    let known = CipherSuite::from(number).as_str().map(|name| name.replacen("TLS13_", "TLS_", 1));
    known.unwrap_or_else(|| unnamed(number))
}

pub(super) fn suite_number(name: &str) -> Option<u16> {
    static NUMBERS: OnceLock<HashMap<String, u16>> = OnceLock::new();
    let numbers = NUMBERS.get_or_init(|| (0..=u16::MAX).map(|number| (suite_name(number), number)).collect());
    numbers.get(name).copied()
}

fn unnamed(number: u16) -> String {
    format!("0x{number:04x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_belong_together() {
        assert_eq!(suite_name(0x1302), "TLS_AES_256_GCM_SHA384");
        assert_eq!(suite_number("TLS_RSA_WITH_AES_128_CBC_SHA"), Some(0x002f));
        assert_eq!(number(GROUPS, "secp521r1"), Some(25));
        assert_eq!(name(SIGNATURES, 0x0808), "ed448");
        assert_eq!(name(GROUPS, 0xfafa), "0xfafa");
        for registry in [VERSIONS, GROUPS, SIGNATURES] {
            for (known, named) in registry {
                assert_eq!((number(registry, named), name(registry, *known)), (Some(*known), (*named).to_owned()));
            }
        }
    }
}
