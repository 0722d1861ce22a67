//! What a hello offers.

use rustls::CipherSuite;
use rustls::crypto::aws_lc_rs;

use super::clients::Client;
use super::names::{self, GROUPS, SIGNATURES, TLS_1_2, TLS_1_3, VERSIONS};

/// Versions, cipher suites, groups and signature algorithms, by their numbers, in the order in which they are offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub(super) versions: Vec<u16>,
    pub(super) suites: Vec<u16>,
    pub(super) groups: Vec<u16>,
    pub(super) signatures: Vec<u16>,
}

/// The parts of an offer, but for the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Suites,
    Groups,
    Signatures,
}

impl Offer {
    /// Everything that servers are known to want, retired or not. What the TLS library offers comes first, so that a server
    /// that follows the order chooses something else only for want of it.
    pub fn everything() -> Self {
        let numbers = |registry: &[(u16, &str)]| registry.iter().map(|(number, _)| *number).collect::<Vec<_>>();
        Self {
            // SSL 3.0 has no place in the list: a server that knows nothing newer answers with it all the same.
            versions: numbers(VERSIONS).into_iter().rev().filter(|&version| version > 0x0300).collect(),
            suites: SUITES.map(u16::from).to_vec(),
            groups: numbers(GROUPS),
            signatures: numbers(SIGNATURES),
        }
    }

    /// Everything, up to TLS 1.2: there the certificate comes in the clear.
    pub fn everything_before_tls13() -> Self {
        let mut offer = Self::everything();
        offer.versions.retain(|&version| version <= TLS_1_2);
        offer
    }

    /// What the TLS library offers in the ordinary check.
    pub fn of_the_library() -> Self {
        let provider = aws_lc_rs::default_provider();
        let schemes = provider.signature_verification_algorithms.supported_schemes();
        Self {
            versions: vec![TLS_1_3, TLS_1_2],
            suites: provider.cipher_suites.iter().map(|suite| u16::from(suite.suite())).collect(),
            groups: provider.kx_groups.iter().map(|group| u16::from(group.name())).collect(),
            signatures: schemes.into_iter().map(u16::from).collect(),
        }
    }

    /// What a client of the table offers.
    pub fn of_client(client: &Client) -> Self {
        let numbers = |names: &[String], number: &dyn Fn(&str) -> Option<u16>| {
            names.iter().filter_map(|name| number(name)).collect::<Vec<_>>()
        };
        Self {
            versions: numbers(&client.versions, &|name| names::number(VERSIONS, name)),
            suites: numbers(&client.suites, &names::suite_number),
            groups: numbers(&client.groups, &|name| names::number(GROUPS, name)),
            signatures: numbers(&client.signatures, &|name| names::number(SIGNATURES, name)),
        }
    }

    /// The same, with one part as `other` has it.
    #[must_use]
    pub fn with(mut self, part: Part, other: &Self) -> Self {
        match part {
            Part::Suites => self.suites.clone_from(&other.suites),
            Part::Groups => self.groups.clone_from(&other.groups),
            Part::Signatures => self.signatures.clone_from(&other.signatures),
        }
        self
    }

    /// Whether all of it is in `other`, too.
    pub fn is_within(&self, other: &Self) -> bool {
        let within = |mine: &[u16], theirs: &[u16]| mine.iter().all(|one| theirs.contains(one));
        within(&self.versions, &other.versions)
            && within(&self.suites, &other.suites)
            && within(&self.groups, &other.groups)
            && self.has_signatures_within(other)
    }

    /// Whether all its signature algorithms are in `other`, too.
    pub fn has_signatures_within(&self, other: &Self) -> bool {
        self.signatures.iter().all(|one| other.signatures.contains(one))
    }

    /// The oldest version in it.
    pub(super) fn oldest_version(&self) -> u16 {
        self.versions.iter().copied().min().unwrap_or(u16::MAX)
    }
}

/// The suites of [`Offer::everything`]: the usual ones first, then what RFC 9325 tells nobody to use any more.
const SUITES: [CipherSuite; 64] = {
    use CipherSuite as S;
    [
        S::TLS13_AES_128_GCM_SHA256,
        S::TLS13_AES_256_GCM_SHA384,
        S::TLS13_CHACHA20_POLY1305_SHA256,
        S::TLS13_AES_128_CCM_SHA256,
        S::TLS13_AES_128_CCM_8_SHA256,
        S::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        S::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        S::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        S::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        S::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        S::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        S::TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
        S::TLS_ECDHE_ECDSA_WITH_AES_256_CCM,
        S::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
        S::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
        S::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
        S::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
        S::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
        S::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
        S::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
        S::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
        S::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256,
        S::TLS_DHE_RSA_WITH_AES_256_GCM_SHA384,
        S::TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        S::TLS_DHE_RSA_WITH_AES_128_CCM,
        S::TLS_DHE_RSA_WITH_AES_256_CCM,
        S::TLS_DHE_RSA_WITH_AES_128_CBC_SHA256,
        S::TLS_DHE_RSA_WITH_AES_256_CBC_SHA256,
        S::TLS_DHE_RSA_WITH_AES_128_CBC_SHA,
        S::TLS_DHE_RSA_WITH_AES_256_CBC_SHA,
        S::TLS_DHE_DSS_WITH_AES_128_GCM_SHA256,
        S::TLS_DHE_DSS_WITH_AES_256_GCM_SHA384,
        S::TLS_DHE_DSS_WITH_AES_128_CBC_SHA256,
        S::TLS_DHE_DSS_WITH_AES_256_CBC_SHA256,
        S::TLS_DHE_DSS_WITH_AES_128_CBC_SHA,
        S::TLS_DHE_DSS_WITH_AES_256_CBC_SHA,
        S::TLS_RSA_WITH_AES_128_GCM_SHA256,
        S::TLS_RSA_WITH_AES_256_GCM_SHA384,
        S::TLS_RSA_WITH_AES_128_CCM,
        S::TLS_RSA_WITH_AES_256_CCM,
        S::TLS_RSA_WITH_AES_128_CBC_SHA256,
        S::TLS_RSA_WITH_AES_256_CBC_SHA256,
        S::TLS_RSA_WITH_AES_128_CBC_SHA,
        S::TLS_RSA_WITH_AES_256_CBC_SHA,
        S::TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256,
        S::TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_CBC_SHA384,
        S::TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256,
        S::TLS_ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384,
        S::TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA256,
        S::TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA,
        S::TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA256,
        S::TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA,
        S::TLS_RSA_WITH_CAMELLIA_128_CBC_SHA256,
        S::TLS_RSA_WITH_CAMELLIA_128_CBC_SHA,
        S::TLS_RSA_WITH_CAMELLIA_256_CBC_SHA,
        S::TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA,
        S::TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA,
        S::TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA,
        S::TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA,
        S::TLS_RSA_WITH_3DES_EDE_CBC_SHA,
        S::TLS_ECDHE_ECDSA_WITH_RC4_128_SHA,
        S::TLS_ECDHE_RSA_WITH_RC4_128_SHA,
        S::TLS_RSA_WITH_RC4_128_SHA,
        S::TLS_RSA_WITH_RC4_128_MD5,
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everything_offers_the_library_first_is_all_of_it() {
        let everything = Offer::everything();
        assert!(Offer::of_the_library().is_within(&everything));
        for (part, known) in
            [(&everything.suites, Offer::of_the_library().suites), (&everything.groups, Offer::of_the_library().groups)]
        {
            let first: Vec<u16> = part.iter().copied().filter(|one| known.contains(one)).collect();
            assert_eq!(first.len(), known.len());
        }
        assert!(!Offer::everything_before_tls13().versions.contains(&TLS_1_3));
    }
}
