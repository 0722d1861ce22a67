//! The post-quantum key share (X25519MLKEM768, draft-ietf-tls-ecdhe-mlkem), kept in as little memory as it takes: the TLS
//! library's own holds each half of it two or three times while the answer is awaited, on each of thousands of connections.
//!
//! All cryptography is aws-lc's, which the library uses, too: this only says where the pieces stand. Nothing secret is
//! ever said on such a connection.

use aws_lc_rs::kem::{DecapsulationKey, ML_KEM_768};
use rustls::crypto::aws_lc_rs::kx_group::X25519;
use rustls::crypto::{ActiveKeyExchange, SharedSecret, SupportedKxGroup};
use rustls::{Error, NamedGroup, PeerMisbehaved, ProtocolVersion};

/// The group, to be offered in place of the library's.
#[derive(Debug)]
pub(super) struct X25519MlKem768;

impl SupportedKxGroup for X25519MlKem768 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let failed = |_| Error::General("no ML-KEM key could be made".into());
        let classical = X25519.start()?;
        let key = DecapsulationKey::generate(&ML_KEM_768).and_then(|key| key.key_bytes()).map_err(failed)?;
        let (before, after) =
            key.as_ref().split_at_checked(SHARE_END).ok_or_else(|| failed(aws_lc_rs::error::Unspecified))?;
        let keys = [before, classical.pub_key(), after].concat().into_boxed_slice();
        Ok(Box::new(Share { classical, keys }))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::X25519MLKEM768
    }

    fn usable_for_version(&self, version: ProtocolVersion) -> bool {
        version == ProtocolVersion::TLSv1_3
    }
}

/// Where the public key stands in an ML-KEM-768 private key (FIPS 203, algorithm 16), behind the secret vector.
const SHARE_BEGIN: usize = 1152;
const SHARE_END: usize = SHARE_BEGIN + 1184;
/// A public key of X25519.
const CLASSICAL: usize = 32;
/// An ML-KEM-768 ciphertext.
const CIPHERTEXT: usize = 1088;

/// A share that was sent.
struct Share {
    classical: Box<dyn ActiveKeyExchange>,
    /// The ML-KEM private key, and in it, behind its own public key, that of X25519: so the share is one piece of it.
    keys: Box<[u8]>,
}

impl ActiveKeyExchange for Share {
    fn complete(self: Box<Self>, answer: &[u8]) -> Result<SharedSecret, Error> {
        let invalid = || Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare);
        let (ciphertext, theirs) = answer.split_at_checked(CIPHERTEXT).ok_or_else(invalid)?;
        let (Some(before), Some(after)) = (self.keys.get(..SHARE_END), self.keys.get(SHARE_END + CLASSICAL..)) else {
            return Err(invalid());
        };
        let key = DecapsulationKey::new(&ML_KEM_768, &[before, after].concat()).map_err(|_| invalid())?;
        let classical = self.classical.complete(theirs)?;
        let post_quantum = key.decapsulate(ciphertext.into()).map_err(|_| invalid())?;
        Ok(SharedSecret::from([post_quantum.as_ref(), classical.secret_bytes()].concat()))
    }

    fn hybrid_component(&self) -> Option<(NamedGroup, &[u8])> {
        Some((self.classical.group(), self.classical.pub_key()))
    }

    fn complete_hybrid_component(self: Box<Self>, answer: &[u8]) -> Result<SharedSecret, Error> {
        self.classical.complete(answer)
    }

    fn pub_key(&self) -> &[u8] {
        self.keys.get(SHARE_BEGIN..SHARE_END + CLASSICAL).unwrap_or_default()
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::X25519MLKEM768
    }
}

#[cfg(test)]
mod tests {
    use rustls::crypto::aws_lc_rs::kx_group;

    use super::*;

    /// The library's own group, in the part of the server.
    fn answered(share: &dyn ActiveKeyExchange) -> (Vec<u8>, SharedSecret) {
        let answer = kx_group::X25519MLKEM768.start_and_complete(share.pub_key()).unwrap();
        assert_eq!(answer.group, share.group());
        (answer.pub_key, answer.secret)
    }

    #[test]
    fn both_sides_come_to_the_same_secret() {
        let share = X25519MlKem768.start().unwrap();
        let (answer, secret) = answered(&*share);
        assert_eq!(share.complete(&answer).unwrap().secret_bytes(), secret.secret_bytes());
    }

    #[test]
    fn the_classical_half_can_be_chosen_alone() {
        let share = X25519MlKem768.start().unwrap();
        let (group, ours) = share.hybrid_component().unwrap();
        assert_eq!((group, &share.pub_key()[1184..]), (NamedGroup::X25519, ours));
        let answer = X25519.start_and_complete(ours).unwrap();
        let secret = share.complete_hybrid_component(&answer.pub_key).unwrap();
        assert_eq!(secret.secret_bytes(), answer.secret.secret_bytes());
    }

    #[test]
    fn every_share_is_new() {
        let (one, other) = (X25519MlKem768.start().unwrap(), X25519MlKem768.start().unwrap());
        assert_ne!(one.pub_key()[..1184], other.pub_key()[..1184]);
        assert_ne!(one.pub_key()[1184..], other.pub_key()[1184..]);
    }

    #[test]
    fn an_answer_of_another_length_is_refused() {
        for length in [0, 32, CIPHERTEXT, CIPHERTEXT + 31, CIPHERTEXT + 33, 5000] {
            let refused = X25519MlKem768.start().unwrap().complete(&vec![9; length]);
            assert!(matches!(refused, Err(Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare))), "{length}");
        }
    }

    #[test]
    fn a_wrong_answer_gives_another_secret() {
        let share = X25519MlKem768.start().unwrap();
        let (mut answer, secret) = answered(&*share);
        answer[0] ^= 1;
        assert_ne!(share.complete(&answer).unwrap().secret_bytes(), secret.secret_bytes());
    }
}
