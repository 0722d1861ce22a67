//! The answers to our hellos: the bare one, read by our own code, and the TLS library's.

#![no_main]

use futures_util::FutureExt as _;
use libfuzzer_sys::fuzz_target;
use mailprobe::internals::target::Host;
use mailprobe::internals::transport::hello::{BareAnswer, BareHelloReply, Offer, send_bare_hello};
use mailprobe::internals::transport::tls::{Hello, TlsClient};
use mailprobe::internals::transport::trust::TrustSettings;
use mailprobe_fuzz::Played;
use std::sync::LazyLock;
use tokio::runtime::{Builder, Runtime};

/// A line in the clear that does not end is waited for by the clock.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_time().build().unwrap());
static CLIENT: LazyLock<TlsClient> = LazyLock::new(|| TlsClient::new(&TrustSettings::default()).unwrap());

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    let host = Host::Name("mail.test.example".into());
    let play = |piece| Played::new(bytes, usize::from(piece));
    let offer = Offer::everything();
    let reply = |piece| {
        let mut answer = BareAnswer::default();
        let exchange = send_bare_hello(play(piece), &host, &offer, &mut answer).now_or_never();
        exchange.expect("nothing to wait for").unwrap();
        answer.reply()
    };
    let first = reply(piece);
    // How the bytes are cut makes no difference.
    assert_eq!(first, reply(u8::MAX));
    if let Some(BareHelloReply::Chosen(choice)) = first {
        assert!(choice.facts().version.is_some() && choice.facts().cipher_suite.is_some());
    }
    let _context = RUNTIME.enter();
    let shaken = CLIENT.handshake(play(piece), &host, Hello::Classic).now_or_never().expect("nothing to wait for");
    // Nobody knows our random numbers beforehand.
    assert!(shaken.is_err());
});
