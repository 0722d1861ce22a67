//! The bare ClientHello: made by hand, because it offers what no TLS library of today offers any more, so that a server
//! that speaks only retired versions and suites can be told from one whose TLS is broken.
//!
//! No handshake follows: the answer's first message names version and suite, or says why not.

use std::io;

use aws_lc_rs::rand;
use rustls::{AlertDescription, CipherSuite, NamedGroup, SignatureScheme};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::tls::alert_name;
use crate::target::Host;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BareHelloReply {
    /// A ServerHello: the server would go on with this version and suite.
    ServerHello {
        /// `TLSv1.0`
        version: String,
        cipher_suite: String,
    },
    /// A fatal alert: its IANA name.
    Alert(String),
    NotTls,
    /// The server ended the stream.
    Closed,
}

/// Sends the bare hello and reads until the answer is clear. There is no time limit here; dropping the future ends it.
pub async fn send_bare_hello<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    host: &Host,
) -> io::Result<BareHelloReply> {
    let mut random = [0; 32];
    rand::fill(&mut random).map_err(|_| io::Error::other("this machine has no random numbers"))?;
    stream.write_all(&client_hello(host, random)).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    let mut buffer = [0; 1024];
    while answer.len() < MAX_ANSWER_BYTES {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(BareHelloReply::Closed);
        }
        answer.extend(buffer.iter().take(count));
        if let Some(answer) = read_reply(&answer) {
            return Ok(answer);
        }
    }
    Ok(BareHelloReply::NotTls)
}

/// The most bytes of an answer that are looked at: a ServerHello has about a hundred, and the certificates behind it are
/// not read.
const MAX_ANSWER_BYTES: usize = 4096;

const HANDSHAKE_RECORD: u8 = 22;
const ALERT_RECORD: u8 = 21;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;

/// The suites offered: elliptic-curve and modern ones first, then what RFC 9325 tells nobody to use any more (plain RSA,
/// finite-field DHE, CBC with SHA-1, 3DES, RC4).
const SUITES: [CipherSuite; 28] = [
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
    CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_DHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_DHE_RSA_WITH_AES_256_CBC_SHA256,
    CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_DHE_RSA_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA256,
    CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_RC4_128_SHA,
    CipherSuite::TLS_RSA_WITH_RC4_128_MD5,
];

const GROUPS: [NamedGroup; 3] = [NamedGroup::secp256r1, NamedGroup::secp384r1, NamedGroup::X25519];

const SIGNATURES: [SignatureScheme; 9] = [
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::ECDSA_SHA1_Legacy,
    SignatureScheme::RSA_PKCS1_SHA1,
];

/// The bytes of the hello (RFC 5246, section 7.4.1.2), with the host as SNI where it is a name (RFC 6066 forbids
/// addresses).
fn client_hello(host: &Host, random: [u8; 32]) -> Vec<u8> {
    let mut extensions = Vec::new();
    if let Host::Name(name) = host {
        let mut entry = vec![0];
        entry.extend(sized(name.as_bytes()));
        extensions.extend(extension(0, &sized(&entry)));
    }
    extensions.extend(extension(10, &sized(&numbers(GROUPS.map(u16::from)))));
    extensions.extend(extension(11, &[1, 0]));
    extensions.extend(extension(13, &sized(&numbers(SIGNATURES.map(u16::from)))));

    let mut body = vec![3, 3];
    body.extend(random);
    body.push(0);
    let mut suites = numbers(SUITES.map(u16::from));
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

/// Reads an answer; `None` while more bytes are needed.
fn read_reply(bytes: &[u8]) -> Option<BareHelloReply> {
    let kind = *bytes.first()?;
    if !matches!(kind, HANDSHAKE_RECORD | ALERT_RECORD) || *bytes.get(1)? != 3 {
        return Some(BareHelloReply::NotTls);
    }
    let body = bytes.get(5..)?;
    if kind == ALERT_RECORD {
        return body.get(1).map(|&description| BareHelloReply::Alert(alert_name(AlertDescription::from(description))));
    }
    if *body.first()? != SERVER_HELLO {
        return Some(BareHelloReply::NotTls);
    }
    // After the type and three bytes of length: the version, 32 bytes of random, the session id behind its length, and
    // the suite.
    let version = u16::from_be_bytes([*body.get(4)?, *body.get(5)?]);
    let session_id = usize::from(*body.get(38)?);
    let suite = CipherSuite::from(u16::from_be_bytes([*body.get(39 + session_id)?, *body.get(40 + session_id)?]));
    let version = match version {
        0x0300 => "SSLv3",
        0x0301 => "TLSv1.0",
        0x0302 => "TLSv1.1",
        0x0303 => "TLSv1.2",
        _ => return Some(BareHelloReply::NotTls),
    };
    Some(BareHelloReply::ServerHello { version: version.to_owned(), cipher_suite: offered_name(suite) })
}

/// The IANA name of a suite that was offered; a server that chose another broke the protocol, and only its number is told.
fn offered_name(chosen: CipherSuite) -> String {
    match chosen.as_str().filter(|_| SUITES.contains(&chosen)) {
        Some(name) => name.into(),
        None => format!("0x{:04x}", u16::from(chosen)),
    }
}

fn extension(number: u16, body: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &sized(body)].concat()
}

fn numbers<const N: usize>(values: [u16; N]) -> Vec<u8> {
    values.into_iter().flat_map(u16::to_be_bytes).collect()
}

/// `body` behind its length in two bytes. All of it is far below 64 KiB: a name has 253 bytes at most.
fn sized(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], body].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_hello_is_one_small_record_with_consistent_lengths() {
        let hello = client_hello(&Host::Name("mail.test.example".into()), [7; 32]);
        assert_eq!(hello[..3], [22, 3, 1]);
        assert_eq!(usize::from(u16::from_be_bytes([hello[3], hello[4]])), hello.len() - 5);
        assert_eq!(usize::from(u16::from_be_bytes([hello[7], hello[8]])), hello.len() - 9);
        assert!(hello.len() < 512, "small enough for every middlebox: {}", hello.len());
        assert!(hello.windows(17).any(|window| window == b"mail.test.example"));
    }

    #[test]
    fn an_address_is_not_sent_as_a_server_name() {
        let named = client_hello(&Host::Name("a".into()), [7; 32]);
        let addressed = client_hello(&Host::Address([192, 0, 2, 1].into()), [7; 32]);
        assert_eq!(named.len() - addressed.len(), 10);
    }

    #[test]
    fn the_answers_are_told_apart() {
        assert_eq!(read_reply(&[21, 3, 1, 0, 2, 2, 70]), Some(BareHelloReply::Alert("protocol_version".into())));
        assert_eq!(read_reply(b"220 mail.test.example ESMTP\r\n"), Some(BareHelloReply::NotTls));
        assert_eq!(read_reply(&[22, 3, 1]), None);
        let mut hello = vec![22, 3, 1, 0, 80, 2, 0, 0, 76, 3, 1];
        hello.extend([0; 32]);
        hello.push(2);
        hello.extend([9, 9, 0, 0x2f]);
        let expected = BareHelloReply::ServerHello {
            version: "TLSv1.0".into(),
            cipher_suite: "TLS_RSA_WITH_AES_128_CBC_SHA".into(),
        };
        assert_eq!(read_reply(&hello), Some(expected));
        hello.pop();
        assert_eq!(read_reply(&hello), None);
    }

    proptest! {
        #[test]
        fn more_bytes_never_change_a_decided_answer(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..200_usize) {
            let part = &bytes[..cut.min(bytes.len())];
            if let Some(answer) = read_reply(part) {
                prop_assert_eq!(read_reply(&bytes), Some(answer));
            }
        }
    }
}
