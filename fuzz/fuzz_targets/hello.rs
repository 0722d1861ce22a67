//! The answers to our hellos: the bare one, read by our own code, and the TLS library's.

#![no_main]

use futures_util::FutureExt as _;
use libfuzzer_sys::fuzz_target;
use mailprobe::internals::target::Host;
use mailprobe::internals::transport::hello::{BareHelloReply, send_bare_hello};
use mailprobe::internals::transport::tls::{Hello, TlsClient};
use mailprobe::internals::transport::trust::TrustSettings;
use mailprobe_fuzz::Played;
use std::sync::LazyLock;

static CLIENT: LazyLock<TlsClient> = LazyLock::new(|| TlsClient::new(&TrustSettings::default()).unwrap());

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    let host = Host::Name("mail.test.example".into());
    let play = |piece| Played::new(bytes, usize::from(piece));
    let reply = |piece| send_bare_hello(play(piece), &host).now_or_never().expect("nothing to wait for").unwrap();
    let first = reply(piece);
    // How the bytes are cut makes no difference.
    assert_eq!(first, reply(u8::MAX));
    if let BareHelloReply::ServerHello { version, cipher_suite } = first {
        assert!(!version.is_empty() && !cipher_suite.is_empty());
    }
    let shaken = CLIENT.handshake(play(piece), &host, Hello::Classic).now_or_never().expect("nothing to wait for");
    // Nobody knows our random numbers beforehand.
    assert!(shaken.is_err());
});
