//! Handshakes that fail, and TLS where none is expected.

use super::fault::{CLEAR_AT_FIRST, Fault, WITH_TLS};
use crate::behaviour::{Security, TlsVersions};
use crate::hello::alert;
use crate::script::{Act, Moment};

/// A hello with a post-quantum key share is longer than this; a classic one is shorter.
const SMALL_HELLO_BYTES: usize = 1200;

/// `TLS_RSA_WITH_AES_128_CBC_SHA` (RFC 5246): no forward secrecy, so that clients of today leave it out.
const RSA_AES_128_CBC_SHA: u16 = 0x002f;

pub(super) fn faults() -> Vec<Fault> {
    let alerts = [("handshake-failure", 40), ("internal-error", 80), ("unrecognized-name", 112)];
    let mut faults: Vec<Fault> = alerts
        .into_iter()
        .map(|(name, code)| {
            in_handshake(
                &format!("alert-{name}"),
                &format!("answers a TLS hello with the fatal alert {code}"),
                alert(code),
            )
        })
        .collect();
    faults.extend([
        in_handshake("garbage-records", "answers a TLS hello with a record of noise", garbage()),
        in_handshake(
            "text-in-handshake",
            "answers a TLS hello with a line of text",
            b"454 4.7.0 TLS failed\r\n".to_vec(),
        ),
        old("tls-1-0-only", 0),
        old("tls-1-1-only", 1),
        Fault::new("old-suite-only", "knows one cipher suite, TLS_RSA_WITH_AES_128_CBC_SHA", |behaviour| {
            behaviour.at(Moment::Handshake, [Act::OnlySuite(RSA_AES_128_CBC_SHA), Act::Stall])
        })
        .secured(WITH_TLS),
        Fault::new("tls-1-2-only", "takes TLS 1.2 only", |behaviour| behaviour.tls_versions(TlsVersions::Only12))
            .secured(WITH_TLS),
        Fault::new("tls-1-3-only", "takes TLS 1.3 only", |behaviour| behaviour.tls_versions(TlsVersions::Only13))
            .secured(WITH_TLS),
        Fault::new("slow-handshake", "answers a TLS hello after a pause", |behaviour| {
            behaviour.at(Moment::Handshake, [Act::Pause, Act::Usual])
        })
        .secured(WITH_TLS),
        Fault::new("drops-large-hello", "never answers a TLS hello over 1,200 bytes", |behaviour| {
            behaviour.at(Moment::Handshake, [Act::DropHelloOver(SMALL_HELLO_BYTES), Act::Usual])
        })
        .secured(WITH_TLS),
        Fault::new("tls-twice", "expects TLS once more inside TLS, as behind a proxy that ends it", |behaviour| {
            behaviour.at(Moment::Greeting, [Act::UpgradeAgain, Act::Usual])
        })
        .secured(&[Security::Implicit]),
        Fault::new("tls-on-plaintext-port", "speaks TLS from the first byte where STARTTLS is expected", |behaviour| {
            behaviour.security(Security::Implicit)
        })
        .secured(CLEAR_AT_FIRST),
        Fault::new("plaintext-on-tls-port", "speaks plaintext where TLS is expected", |behaviour| {
            behaviour.security(Security::Plaintext)
        })
        .secured(&[Security::Implicit]),
        Fault::new("starttls-on-tls-port", "waits for STARTTLS where TLS is expected", |behaviour| {
            behaviour.security(Security::StartTls)
        })
        .secured(&[Security::Implicit]),
    ]);
    faults
}

fn in_handshake(name: &str, about: &str, answer: Vec<u8>) -> Fault {
    Fault::new(name, about, move |behaviour| behaviour.at(Moment::Handshake, [Act::Send(answer.clone()), Act::Close]))
        .secured(WITH_TLS)
}

fn old(name: &str, minor: u8) -> Fault {
    let about = format!("knows TLS up to 1.{minor}: a ServerHello to a hello so old, protocol_version to others");
    Fault::new(name, about, move |behaviour| behaviour.at(Moment::Handshake, [Act::OldTls(minor), Act::Stall]))
        .secured(WITH_TLS)
}

/// A handshake record in form, and nothing TLS knows in content.
fn garbage() -> Vec<u8> {
    let noise = (0u8..64).map(|byte| byte.wrapping_mul(151) ^ 0xa5);
    [0x16, 3, 3, 0, 64].into_iter().chain(noise).collect()
}
