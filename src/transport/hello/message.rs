//! The bytes of a ClientHello.

use rustls::CipherSuite;

use super::names::{TLS_1_2, TLS_1_3, X25519};
use super::offer::Offer;
use crate::target::Host;

pub(super) const HANDSHAKE_RECORD: u8 = 22;

const CLIENT_HELLO: u8 = 1;

/// The bytes of a hello (RFC 5246, section 7.4.1.2; RFC 8446, section 4.1.2), with the host as SNI where it is a name
/// (RFC 6066 forbids addresses). `random` is the hello's own, and the public key of X25519 where TLS 1.3 is offered: any 32
/// bytes are one, and no secret is needed, since nothing is decrypted.
pub(super) fn client_hello(host: &Host, offer: &Offer, random: [u8; 32]) -> Vec<u8> {
    let mut extensions = Vec::new();
    if let Host::Name(name) = host {
        let mut entry = vec![0];
        entry.extend(sized(name.as_bytes()));
        extensions.extend(extension(0, &sized(&entry)));
    }
    extensions.extend(extension(10, &sized(&numbers(&offer.groups))));
    extensions.extend(extension(11, &[1, 0]));
    extensions.extend(extension(13, &sized(&numbers(&offer.signatures))));
    // Some servers want it of TLS 1.2 (RFC 7627).
    extensions.extend(extension(23, &[]));
    if offer.versions.contains(&TLS_1_3) {
        let versions = numbers(&offer.versions);
        let length = u8::try_from(versions.len()).unwrap_or(u8::MAX);
        extensions.extend(extension(43, &[&[length][..], &versions].concat()));
        let mut shares = Vec::new();
        if offer.groups.contains(&X25519) {
            shares.extend(X25519.to_be_bytes());
            shares.extend(sized(&random));
        }
        // A server that wants another group asks for it (RFC 8446, section 4.1.4), which names it.
        extensions.extend(extension(51, &sized(&shares)));
    }

    let newest = offer.versions.iter().copied().max().unwrap_or(TLS_1_2);
    let mut body = newest.min(TLS_1_2).to_be_bytes().to_vec();
    body.extend(random);
    body.push(0);
    let mut suites = numbers(&offer.suites);
    // Not a suite: says that renegotiation is secure, without which some servers refuse (RFC 5746).
    suites.extend(u16::from(CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV).to_be_bytes());
    body.extend(sized(&suites));
    body.extend([1, 0]);
    body.extend(sized(&extensions));

    let mut message = vec![CLIENT_HELLO, 0];
    message.extend(sized(&body));
    // The record says TLS 1.0, as every client's first record does (RFC 5246, appendix E.1).
    let mut record = vec![HANDSHAKE_RECORD, 3, 1];
    record.extend(sized(&message));
    record
}

fn extension(number: u16, body: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &sized(body)].concat()
}

fn numbers(values: &[u16]) -> Vec<u8> {
    values.iter().copied().flat_map(u16::to_be_bytes).collect()
}

/// `body` behind its length in two bytes. All of it is far below 64 KiB: a name has 253 bytes at most.
fn sized(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hello_is_one_record_for_one_packet_with_consistent_lengths() {
        let hello = client_hello(&Host::Name("mail.test.example".into()), &Offer::everything(), [7; 32]);
        assert_eq!(hello[..3], [22, 3, 1]);
        assert_eq!(usize::from(u16::from_be_bytes([hello[3], hello[4]])), hello.len() - 5);
        assert_eq!(usize::from(u16::from_be_bytes([hello[7], hello[8]])), hello.len() - 9);
        assert!(hello.len() < 512, "small enough for every middlebox: {}", hello.len());
        assert!(hello.windows(17).any(|window| window == b"mail.test.example"));
    }

    #[test]
    fn an_address_is_not_sent_as_a_server_name() {
        let offer = Offer::everything();
        let named = client_hello(&Host::Name("a".into()), &offer, [7; 32]);
        let addressed = client_hello(&Host::Address([192, 0, 2, 1].into()), &offer, [7; 32]);
        assert_eq!(named.len() - addressed.len(), 10);
    }

    #[test]
    fn an_offer_without_tls13_says_nothing_of_it() {
        let of = |offer: &Offer| client_hello(&Host::Address([192, 0, 2, 1].into()), offer, [7; 32]);
        let (with, without) = (of(&Offer::everything()), of(&Offer::everything_before_tls13()));
        // The list of four versions, and a key share.
        assert_eq!(with.len() - without.len(), (4 + 1 + 8) + (4 + 2 + 2 + 2 + 32));
    }
}
