//! A server that follows a script.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::service::{Protocol, Security};

#[derive(Debug, Clone)]
pub(super) enum Act {
    Say(Vec<u8>),
    /// Sends one byte after the other, with a pause before each.
    Trickle(Vec<u8>, Duration),
    /// Sends this again and again, until the other side has had enough.
    Flood(Vec<u8>),
    /// Waits until something comes, for a while.
    Hear,
    Pause(Duration),
    Secure,
    /// Never does anything any more.
    Freeze,
}

/// A word that stands for what each protocol has for it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Word {
    Greeting,
    Capabilities,
    Ready,
    Refusal,
    Leave,
    Noise,
}

/// An act, before it is known which protocol is spoken.
#[derive(Debug, Clone)]
pub(super) enum Seed {
    Word(Word),
    Act(Act),
}

/// Acts in a sensible order or in none.
pub(super) fn script() -> impl Strategy<Value = Vec<Seed>> {
    use Word::{Capabilities, Greeting, Leave, Noise, Ready, Refusal};
    let words = prop::sample::select(&[Greeting, Capabilities, Ready, Refusal, Leave, Noise][..]);
    let pause = (0_u64..40_000).prop_map(Duration::from_millis);
    let bytes = vec(any::<u8>(), 0..200);
    let act = prop_oneof![
        6 => words.prop_map(Seed::Word),
        4 => Just(Seed::Act(Act::Hear)),
        3 => Just(Seed::Act(Act::Secure)),
        1 => bytes.clone().prop_map(|bytes| Seed::Act(Act::Say(bytes))),
        1 => (bytes.clone(), pause.clone()).prop_map(|(bytes, pause)| Seed::Act(Act::Trickle(bytes, pause))),
        1 => bytes.prop_map(|bytes| Seed::Act(Act::Flood(bytes))),
        1 => pause.prop_map(|pause| Seed::Act(Act::Pause(pause))),
        1 => Just(Seed::Act(Act::Freeze)),
    ];
    let chaos = vec(act, 0..12);
    // The usual order, up to a point.
    let sensible = prop::sample::select(vec![seeds("ghchrshc"), seeds("sghc")]);
    (sensible, 0_usize..10, chaos)
        .prop_map(|(sensible, kept, chaos)| sensible.into_iter().take(kept).chain(chaos).collect())
}

/// The script in a protocol's words.
pub(super) fn in_words_of(protocol: Protocol, script: &[Seed]) -> Vec<Act> {
    // The number of the command that a tagged response of IMAP answers.
    let mut heard = 0;
    let act = |seed: &Seed| match seed {
        Seed::Act(act) => {
            heard += usize::from(matches!(act, Act::Hear));
            act.clone()
        }
        Seed::Word(word) => Act::Say(words(protocol, *word, heard).into_bytes()),
    };
    script.iter().map(act).collect()
}

pub(super) fn good(protocol: Protocol, security: Security) -> Vec<Act> {
    let script = match security {
        Security::Implicit => "sghch",
        Security::StartTls => "ghchrshch",
        Security::Plaintext => "ghch",
    };
    in_words_of(protocol, &seeds(script))
}

/// A script as a word: `g` greeting, `c` capabilities, `r` ready for TLS, `s` the handshake, `h` hears.
fn seeds(script: &str) -> Vec<Seed> {
    let seed = |letter| match letter {
        'g' => Seed::Word(Word::Greeting),
        'c' => Seed::Word(Word::Capabilities),
        'r' => Seed::Word(Word::Ready),
        's' => Seed::Act(Act::Secure),
        _ => Seed::Act(Act::Hear),
    };
    script.chars().map(seed).collect()
}

pub(super) fn hostile() -> Vec<Vec<Act>> {
    let flood = |bytes: &[u8]| Act::Flood(bytes.to_vec());
    let greeting = || Act::Say(b"220 mx\r\n".to_vec());
    let imap = || Act::Say(b"* OK mx\r\n".to_vec());
    let pop3 = || Act::Say(b"+OK mx\r\n".to_vec());
    vec![
        vec![flood(b"x")],
        vec![flood(b"220-x\r\n")],
        vec![flood(b"\0\xff\r")],
        vec![greeting(), Act::Hear, flood(b"250-x\r\n")],
        vec![greeting(), Act::Hear, flood(&[b'x'; 1000])],
        vec![imap(), flood(b"* CAPABILITY X\r\n")],
        vec![imap(), Act::Hear, flood(b"* OK still here\r\n")],
        vec![pop3(), Act::Hear, Act::Say(b"+OK\r\n".to_vec()), flood(b"X\r\n")],
        vec![Act::Trickle(vec![b'x'; 100], Duration::from_secs(1))],
        vec![greeting(), Act::Hear, Act::Trickle(b"250-x\r\n".repeat(100), Duration::from_secs(2))],
        vec![Act::Secure, flood(b"220-x\r\n")],
        vec![Act::Secure, Act::Trickle(b"220 x".to_vec(), Duration::from_secs(9)), Act::Freeze],
        vec![flood(&[22, 3, 3, 0x40, 0])],
        vec![Act::Say(vec![22, 3, 3, 0x40, 0]), Act::Freeze],
        vec![Act::Freeze],
        vec![],
    ]
}

pub(super) async fn play(stream: DuplexStream, script: Vec<Act>) {
    let mut stream: Box<dyn Stream> = Box::new(stream);
    for act in script {
        if let Act::Secure = act {
            match timeout(PATIENCE, ACCEPTOR.accept(stream)).await {
                Ok(Ok(secured)) => stream = Box::new(secured),
                _ => return,
            }
        } else if perform(&mut stream, &act).await.is_err() {
            return;
        }
    }
    let _ = stream.shutdown().await;
}

/// Longer than any client waits.
const PATIENCE: Duration = Duration::from_secs(120);

/// The name in [`certificate`].
pub(super) const NAME: &str = "mail.test.example";

static IDENTITY: LazyLock<CertifiedKey<KeyPair>> =
    LazyLock::new(|| generate_simple_self_signed([NAME.to_owned()]).expect("a certificate"));

/// What every server presents (DER).
pub(super) fn certificate() -> Vec<u8> {
    IDENTITY.cert.der().to_vec()
}

static ACCEPTOR: LazyLock<TlsAcceptor> = LazyLock::new(|| {
    let key = IDENTITY.signing_key.serialize_der().try_into().expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![IDENTITY.cert.der().clone()], key)
        .expect("they fit");
    TlsAcceptor::from(Arc::new(config))
});

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

async fn perform(stream: &mut Box<dyn Stream>, act: &Act) -> std::io::Result<()> {
    match act {
        Act::Say(bytes) => {
            stream.write_all(bytes).await?;
            stream.flush().await?;
        }
        Act::Trickle(bytes, pause) => {
            for byte in bytes {
                sleep(*pause).await;
                stream.write_u8(*byte).await?;
                stream.flush().await?;
            }
        }
        Act::Flood(bytes) => {
            // An empty flood would never be noticed to be one.
            let wave = if bytes.is_empty() { b"x".repeat(1000) } else { bytes.repeat(1 + 1000 / bytes.len()) };
            loop {
                stream.write_all(&wave).await?;
            }
        }
        Act::Hear => {
            let heard = timeout(PATIENCE, stream.read(&mut [0; 1000])).await;
            if matches!(heard, Ok(Ok(0))) {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        Act::Pause(pause) => sleep(*pause).await,
        Act::Freeze => sleep(PATIENCE).await,
        Act::Secure => {}
    }
    Ok(())
}

fn words(protocol: Protocol, word: Word, heard: usize) -> String {
    let tag = format!("a{heard}");
    match (protocol, word) {
        (Protocol::Smtp, Word::Greeting) => "220 mx.test.example ESMTP\r\n".into(),
        (Protocol::Smtp, Word::Capabilities) => "250-mx.test.example\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n".into(),
        (Protocol::Smtp, Word::Ready) => "220 2.0.0 go ahead\r\n".into(),
        (Protocol::Smtp, Word::Refusal) => "502 5.5.1 what?\r\n".into(),
        (Protocol::Smtp, Word::Leave) => "421 4.3.2 closing\r\n".into(),
        (Protocol::Imap, Word::Greeting) => "* OK ready\r\n".into(),
        (Protocol::Imap, Word::Capabilities) => {
            format!("* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n{tag} OK done\r\n")
        }
        (Protocol::Imap, Word::Ready) => format!("{tag} OK go ahead\r\n"),
        (Protocol::Imap, Word::Refusal) => format!("{tag} NO what?\r\n"),
        (Protocol::Imap, Word::Leave) => "* BYE closing\r\n".into(),
        (Protocol::Pop3, Word::Greeting | Word::Ready) => "+OK ready\r\n".into(),
        (Protocol::Pop3, Word::Capabilities) => "+OK list\r\nSTLS\r\nSASL PLAIN\r\n.\r\n".into(),
        (Protocol::Pop3, Word::Refusal) => "-ERR what?\r\n".into(),
        (Protocol::Pop3, Word::Leave) => "-ERR [SYS/TEMP] closing\r\n".into(),
        (_, Word::Noise) => "\0\u{202e}\x1b[2J noise\r\n".into(),
    }
}
