//! What a server answers to a bare hello, as far as it comes in the clear.

use rustls::AlertDescription;
use rustls::pki_types::CertificateDer;

use super::super::tls::alert_name;
use super::clients::Client;
use super::message::HANDSHAKE_RECORD;
use super::names::{self, GROUPS, SIGNATURES, TLS_1_2, TLS_1_3, VERSIONS};
use super::offer::Offer;
use crate::observation::TlsFacts;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BareHelloReply {
    /// A ServerHello: the server would go on with this.
    Chosen(Box<ServerChoice>),
    /// A fatal alert: its IANA name.
    Alert(String),
    NotTls,
}

/// What a server chose of an offer. In TLS 1.3 its signature and certificate are encrypted; before, they come in the clear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerChoice {
    pub(super) version: u16,
    pub(super) suite: u16,
    pub(super) group: Option<u16>,
    pub(super) signature: Option<u16>,
    /// The length of the prime, with finite-field Diffie-Hellman.
    pub(super) dh_bits: Option<usize>,
    /// The server's certificate first.
    pub(super) certificates: Vec<CertificateDer<'static>>,
    /// Whether the server went on to the end of what it says in the clear.
    pub(super) is_complete: bool,
}

impl ServerChoice {
    pub fn is_tls13(&self) -> bool {
        self.version >= TLS_1_3
    }

    pub fn has_retired_version(&self) -> bool {
        self.version < TLS_1_2
    }

    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }

    pub fn dh_bits(&self) -> Option<usize> {
        self.dh_bits
    }

    pub fn signature_algorithm(&self) -> Option<String> {
        self.signature.map(|signature| names::name(SIGNATURES, signature))
    }

    /// All but the certificate.
    pub fn facts(&self) -> TlsFacts {
        TlsFacts {
            version: Some(names::name(VERSIONS, self.version)),
            cipher_suite: Some(names::suite_name(self.suite)),
            key_exchange: self.group.map(|group| names::name(GROUPS, group)),
            ..TlsFacts::default()
        }
    }

    /// Whether the suite, the group and the signature algorithm are in the offer, each where it is known.
    pub fn parts_within(&self, offer: &Offer) -> (bool, bool, Option<bool>) {
        let group = self.group.is_none_or(|group| self.dh_bits.is_some() || offer.groups.contains(&group));
        let signature = match self.signature {
            Some(signature) => Some(offer.signatures.contains(&signature)),
            None if self.is_tls13() => None,
            // The key exchange of the suite has no signature, or the version has no choice of it.
            None => Some(true),
        };
        (offer.suites.contains(&self.suite), group, signature)
    }

    /// Whether a client with this offer would have got the same answer, where the server gave it to a hello that offered
    /// `to`.
    pub fn would_suit(&self, offer: &Offer, to: &Offer) -> bool {
        let (suite, group, signature) = self.parts_within(offer);
        offer.versions.contains(&self.version)
            && suite
            && group
            && signature.unwrap_or_else(|| to.has_signatures_within(offer))
    }

    /// Whether a client would not hang up on the length of the Diffie-Hellman prime.
    pub fn has_dh_for(&self, client: &Client) -> bool {
        match (self.dh_bits, client.least_dh_bits) {
            (Some(bits), Some(least)) => bits >= least,
            (Some(_), None) => false,
            (None, _) => true,
        }
    }

    /// Whether the server has nothing new enough for a client with this offer, where it had the choice of every version.
    pub fn is_too_old_for(&self, offer: &Offer) -> bool {
        self.version < offer.oldest_version()
    }
}

const ALERT_RECORD: u8 = 21;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
const SERVER_KEY_EXCHANGE: u8 = 12;
const SERVER_HELLO_DONE: u8 = 14;

/// The random of a ServerHello that asks for another hello (RFC 8446, section 4.1.3). It says as much as any other.
#[cfg(test)]
pub(super) const HELLO_RETRY_REQUEST: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// Reads an answer, and whether it is over: no more of it would tell more.
pub(super) fn read(bytes: &[u8]) -> (Option<BareHelloReply>, bool) {
    let mut messages = Vec::new();
    let mut rest = bytes;
    let mut ended = false;
    while let Some(&kind) = rest.first() {
        let foreign = !matches!(kind, HANDSHAKE_RECORD | ALERT_RECORD) || rest.get(1).is_some_and(|&major| major != 3);
        if foreign && messages.is_empty() {
            return (Some(BareHelloReply::NotTls), true);
        }
        let Some(body) = rest.get(3..5).and_then(|length| {
            let length = usize::from(u16::from_be_bytes([*length.first()?, *length.get(1)?]));
            rest.get(5..5 + length)
        }) else {
            break;
        };
        if kind == ALERT_RECORD && messages.is_empty() {
            let named = |&description| BareHelloReply::Alert(alert_name(AlertDescription::from(description)));
            return (body.get(1).map(named), true);
        }
        if foreign || kind == ALERT_RECORD {
            ended = true;
            break;
        }
        messages.extend_from_slice(body);
        rest = rest.get(5 + body.len()..).unwrap_or_default();
    }
    if messages.first().is_some_and(|&kind| kind != SERVER_HELLO) {
        return (Some(BareHelloReply::NotTls), true);
    }
    let mut choice = None;
    let mut messages = Reader(&messages);
    let mut finished = false;
    while !finished && let Some((kind, body)) = messages.message() {
        match (kind, &mut choice) {
            (SERVER_HELLO, None) => {
                let Some(read) = server_hello(body) else { return (Some(BareHelloReply::NotTls), true) };
                // What follows is encrypted.
                finished = read.is_tls13();
                choice = Some(read);
            }
            (CERTIFICATE, Some(choice)) => choice.certificates = certificates(body).unwrap_or_default(),
            (SERVER_KEY_EXCHANGE, Some(choice)) => {
                // What cannot be read is not known.
                let _ = key_exchange(body, choice);
            }
            (SERVER_HELLO_DONE, _) => finished = true,
            _ => {}
        }
    }
    let ended = ended || finished;
    let chosen = |choice| BareHelloReply::Chosen(Box::new(ServerChoice { is_complete: ended, ..choice }));
    (choice.map(chosen), ended)
}

fn server_hello(body: &[u8]) -> Option<ServerChoice> {
    let mut body = Reader(body);
    let mut version = body.number()?;
    body.take(32)?;
    let session_id = body.byte()?;
    body.take(session_id.into())?;
    let suite = body.number()?;
    body.byte()?;
    let mut group = None;
    let length = body.number().unwrap_or(0);
    let mut extensions = Reader(body.take(length.into())?);
    while let Some((kind, mut extension)) = extensions.extension() {
        match kind {
            43 => version = extension.number()?,
            51 => group = extension.number(),
            _ => {}
        }
    }
    (0x0300..=TLS_1_3).contains(&version).then(|| ServerChoice { version, suite, group, ..ServerChoice::default() })
}

fn certificates(body: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let mut body = Reader(body);
    let length = body.long_number()?;
    let mut list = Reader(body.take(length)?);
    let mut found = Vec::new();
    while let Some(length) = list.long_number() {
        found.push(CertificateDer::from(list.take(length)?.to_vec()));
    }
    Some(found)
}

/// RFC 8422, section 5.4, and RFC 5246, section 7.4.3.
fn key_exchange(body: &[u8], choice: &mut ServerChoice) -> Option<()> {
    const NAMED_CURVE: u8 = 3;
    let suite = names::suite_name(choice.suite);
    let mut body = Reader(body);
    if suite.starts_with("TLS_ECDHE_") {
        if body.byte()? != NAMED_CURVE {
            return None;
        }
        choice.group = Some(body.number()?);
        let point = body.byte()?;
        body.take(point.into())?;
    } else if suite.starts_with("TLS_DHE_") {
        let length = body.number()?;
        let prime = body.take(length.into())?;
        let bits = bits(prime);
        choice.dh_bits = Some(bits);
        choice.group = names::number(GROUPS, &format!("ffdhe{bits}")).filter(|_| prime.starts_with(&FFDHE_PRIME));
        for _ in ["the generator", "the public value"] {
            let length = body.number()?;
            body.take(length.into())?;
        }
    } else {
        return None;
    }
    if choice.version == TLS_1_2 {
        choice.signature = Some(body.number()?);
    }
    Some(())
}

/// How the primes of RFC 7919 begin, and no others.
const FFDHE_PRIME: [u8; 16] =
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xad, 0xf8, 0x54, 0x58, 0xa2, 0xbb, 0x4a, 0x9a];

fn bits(number: &[u8]) -> usize {
    let mut significant = number.iter().skip_while(|byte| **byte == 0);
    let Some(first) = significant.next() else { return 0 };
    significant.count() * 8 + (u8::BITS - first.leading_zeros()) as usize
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn number(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    /// A length in three bytes.
    fn long_number(&mut self) -> Option<usize> {
        self.take(3).map(|bytes| bytes.iter().fold(0, |number, &byte| number << 8 | usize::from(byte)))
    }

    fn message(&mut self) -> Option<(u8, &'a [u8])> {
        let kind = self.byte()?;
        let length = self.long_number()?;
        Some((kind, self.take(length)?))
    }

    fn extension(&mut self) -> Option<(u16, Self)> {
        let kind = self.number()?;
        let length = self.number()?;
        Some((kind, Self(self.take(length.into())?)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(messages: &[(u8, Vec<u8>)]) -> Vec<u8> {
        let mut all = Vec::new();
        for (kind, body) in messages {
            all.push(*kind);
            all.extend(&u32::try_from(body.len()).unwrap().to_be_bytes()[1..]);
            all.extend(body);
        }
        [&[22, 3, 3][..], &u16::try_from(all.len()).unwrap().to_be_bytes(), &all].concat()
    }

    fn hello(version: [u8; 2], random: [u8; 32], suite: u16, extensions: &[u8]) -> (u8, Vec<u8>) {
        let length = u16::try_from(extensions.len()).unwrap().to_be_bytes();
        let body = [&version[..], &random, &[2, 9, 9], &suite.to_be_bytes(), &[0], &length, extensions].concat();
        (SERVER_HELLO, body)
    }

    fn chosen(bytes: &[u8]) -> ServerChoice {
        match read(bytes) {
            (Some(BareHelloReply::Chosen(choice)), true) => *choice,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_answers_are_told_apart() {
        let alert = BareHelloReply::Alert("protocol_version".into());
        assert_eq!(read(&[21, 3, 1, 0, 2, 2, 70]), (Some(alert), true));
        assert_eq!(read(b"220 mail.test.example ESMTP\r\n"), (Some(BareHelloReply::NotTls), true));
        assert_eq!(read(&[22, 3, 1]), (None, false));
    }

    #[test]
    fn tls_1_2_shows_the_certificate_the_group_and_the_signature() {
        let certificate = (CERTIFICATE, vec![0, 0, 6, 0, 0, 3, 7, 7, 7]);
        let exchange = (SERVER_KEY_EXCHANGE, vec![3, 0, 25, 2, 4, 4, 8, 8, 0, 0]);
        let parts = [hello([3, 3], [0; 32], 0xc02f, &[]), certificate, exchange];
        let (partly, over) = read(&record(&parts));
        assert!(partly.is_some() && !over, "the end is still to come");
        let whole = [record(&parts), record(&[(SERVER_HELLO_DONE, Vec::new())])].concat();
        let choice = chosen(&whole);
        assert_eq!((choice.group, choice.signature), (Some(25), Some(0x0808)));
        assert_eq!(choice.certificates, [CertificateDer::from(vec![7, 7, 7])]);
    }

    #[test]
    fn finite_field_groups_are_known_by_their_prime() {
        let mut prime = FFDHE_PRIME.to_vec();
        prime.resize(256, 0xff);
        let exchange = [&[1, 0][..], &prime, &[0, 1, 2, 0, 1, 5, 4, 1, 0, 0]].concat();
        let done = (SERVER_HELLO_DONE, Vec::new());
        let parts = [hello([3, 3], [0; 32], 0x009e, &[]), (SERVER_KEY_EXCHANGE, exchange), done];
        let choice = chosen(&record(&parts));
        assert_eq!((choice.dh_bits, choice.group, choice.signature), (Some(2048), Some(256), Some(0x0401)));
    }

    #[test]
    fn tls_1_3_names_the_group_that_it_wants() {
        let extensions = [0, 43, 0, 2, 3, 4, 0, 51, 0, 2, 0, 25];
        let choice = chosen(&record(&[hello([3, 3], HELLO_RETRY_REQUEST, 0x1301, &extensions)]));
        assert_eq!((choice.version, choice.group, choice.signature), (TLS_1_3, Some(25), None));
    }

    proptest! {
        #[test]
        fn more_bytes_never_change_an_answer_that_is_over(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..200_usize) {
            let (answer, over) = read(&bytes[..cut.min(bytes.len())]);
            if over {
                prop_assert_eq!(read(&bytes), (answer, over));
            }
        }

        #[test]
        fn nothing_in_a_flight_is_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 10..16_u8) {
            let parts = [hello([3, 3], [0; 32], 0xc02f, &[]), (kind, bytes)];
            prop_assert!(matches!(read(&record(&parts)).0, Some(BareHelloReply::Chosen(_))));
        }
    }
}
