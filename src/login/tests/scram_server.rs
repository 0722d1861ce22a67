//! A server of SCRAM by the book, which has nothing of rsasl's.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};
use data_encoding::BASE64;

#[derive(Clone, Copy)]
pub(super) struct ScramServer<'a> {
    pub(super) is_sha_256: bool,
    pub(super) password: &'a str,
    pub(super) salt: &'a str,
    pub(super) rounds: u32,
    pub(super) nonce: &'a str,
    /// What the client's connection is bound to.
    pub(super) binding: &'a [u8],
}

impl ScramServer<'_> {
    /// The server's first message.
    pub(super) fn challenge(&self, client_first: &str) -> String {
        let (_, client_nonce) = client_first.split_once(",r=").unwrap();
        format!("r={client_nonce}{},s={},i={}", self.nonce, self.salt, self.rounds)
    }

    /// The server's last message; `None` where the client has not proven that it knows the password, or is at the end of
    /// another connection.
    pub(super) fn verdict(&self, client_first: &str, client_final: &str) -> Option<String> {
        let mut header_end = client_first.match_indices(',').skip(1).map(|(at, _)| at + 1);
        let (header, bare) = client_first.split_at(header_end.next().unwrap());
        let (without_proof, proof) = client_final.rsplit_once(",p=").unwrap();

        let bound = without_proof.strip_prefix("c=").unwrap().split(',').next().unwrap();
        let bound = BASE64.decode(bound.as_bytes()).unwrap();
        let data: &[u8] = if header.starts_with("p=") { self.binding } else { b"" };
        if bound != [header.as_bytes(), data].concat() {
            return None;
        }

        let (kdf, hmac_kind, digest_kind, length) = if self.is_sha_256 {
            (pbkdf2::PBKDF2_HMAC_SHA256, hmac::HMAC_SHA256, &digest::SHA256, 32)
        } else {
            (pbkdf2::PBKDF2_HMAC_SHA1, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &digest::SHA1_FOR_LEGACY_USE_ONLY, 20)
        };
        let sign = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac_kind, key), text);
        let mut salted = vec![0; length];
        let salt = BASE64.decode(self.salt.as_bytes()).unwrap();
        pbkdf2::derive(kdf, NonZeroU32::new(self.rounds).unwrap(), &salt, self.password.as_bytes(), &mut salted);
        let client_key = sign(&salted, b"Client Key");
        let stored_key = digest::digest(digest_kind, client_key.as_ref());
        let said = format!("{bare},{},{without_proof}", self.challenge(client_first));
        let signature = sign(stored_key.as_ref(), said.as_bytes());
        let expected: Vec<u8> = client_key.as_ref().iter().zip(signature.as_ref()).map(|(a, b)| a ^ b).collect();
        if BASE64.decode(proof.as_bytes()).ok()? != expected {
            return None;
        }
        let server_key = sign(&salted, b"Server Key");
        Some(format!("v={}", BASE64.encode(sign(server_key.as_ref(), said.as_bytes()).as_ref())))
    }
}

/// RFC 5802, section 5, and RFC 7677, section 3: this server is one by the book.
#[test]
fn examples_of_the_standards() {
    let sha_1 = ScramServer {
        is_sha_256: false,
        password: "pencil",
        salt: "QSXCR+Q6sek8bf92",
        rounds: 4096,
        nonce: "3rfcNHYJY1ZVvWVs7j",
        binding: b"",
    };
    let first = "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL";
    let last = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=";
    assert_eq!(sha_1.challenge(first), "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
    assert_eq!(sha_1.verdict(first, last).as_deref(), Some("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));

    let sha_256 = ScramServer {
        is_sha_256: true,
        salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
        nonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
        ..sha_1
    };
    let first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    let last = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    assert_eq!(sha_256.verdict(first, last).as_deref(), Some("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
}
