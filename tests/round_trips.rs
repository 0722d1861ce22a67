//! What leaves together: no command waits for an answer that it does not need.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mailprobe::Checker;
use mailprobe::internals::observation::{Observation, Speaker};
use mailprobe::internals::transport::quick_ack::QuickAckStream;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs;
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Longer than any answer takes, so that a broken test ends.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that notes what arrives together.
struct Server {
    stream: TcpStream,
    tls: Option<ServerConnection>,
}

impl Server {
    /// The bytes that came together; inside TLS, the text in them, which may be none.
    fn hear(&mut self) -> String {
        let mut buffer = vec![0; 64 * 1024];
        let count = self.stream.read(&mut buffer).unwrap();
        let mut bytes = &buffer[..count];
        let Some(tls) = &mut self.tls else { return String::from_utf8_lossy(bytes).into_owned() };
        let mut text = Vec::new();
        while !bytes.is_empty() {
            tls.read_tls(&mut bytes).unwrap();
            let state = tls.process_new_packets().unwrap();
            text.resize(state.plaintext_bytes_to_read(), 0);
            tls.reader().read_exact(&mut text).unwrap();
        }
        self.flush();
        String::from_utf8(text).unwrap()
    }

    fn say(&mut self, text: &str) {
        match &mut self.tls {
            Some(tls) => tls.writer().write_all(text.as_bytes()).unwrap(),
            None => self.stream.write_all(text.as_bytes()).unwrap(),
        }
        self.flush();
    }

    fn flush(&mut self) {
        while let Some(tls) = self.tls.as_mut().filter(|tls| tls.wants_write()) {
            tls.write_tls(&mut self.stream).unwrap();
        }
    }

    /// Makes the handshake, and hands back the text that came with its end.
    fn secure(&mut self, version: &'static SupportedProtocolVersion) -> String {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = signing_key.serialize_der().try_into().unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        self.tls = Some(ServerConnection::new(Arc::new(config)).unwrap());
        let mut text = String::new();
        while self.tls.as_ref().is_some_and(|tls| tls.is_handshaking()) {
            text = self.hear();
        }
        text
    }

    fn is_left_in_peace(&mut self) -> bool {
        self.stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let outcome = self.stream.read(&mut [0]);
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        outcome.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    }
}

/// Probes the server that `play` makes of one connection, as `scheme`. With what was seen comes what `play` hands back.
fn probe<T: Send + 'static>(scheme: &str, play: impl FnOnce(&mut Server) -> T + Send + 'static) -> (Observation, T) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("{scheme}://{}", listener.local_addr().unwrap());
    let server: JoinHandle<T> = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        play(&mut Server { stream, tls: None })
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let checker = Checker::builder().helo("probe.test.example".parse().unwrap()).build().unwrap();
    let mut run = runtime.block_on(checker.check([url.parse().unwrap()]));
    let observation = run.targets.remove(0).endpoints.remove(0).observation;
    (observation, server.join().unwrap())
}

fn said(observation: &Observation) -> Vec<&str> {
    let transcript = observation.attempts[0].transcript.iter();
    transcript.filter(|line| line.from == Speaker::Client).map(|line| line.text.as_str()).collect()
}

/// A scheme, the commands before TLS with their replies, the first command inside it and the reply to that.
type Dialogue = (&'static str, &'static [(&'static str, &'static str)], &'static str, &'static str);

#[test]
fn the_first_command_inside_tls_leaves_with_the_end_of_the_handshake() {
    let dialogues: [Dialogue; 3] = [
        (
            "smtp",
            &[
                ("", "220 mx\r\n"),
                ("EHLO probe.test.example\r\n", "250-mx\r\n250 STARTTLS\r\n"),
                ("STARTTLS\r\n", "220 go\r\n"),
            ],
            "EHLO probe.test.example\r\n",
            "250 mx\r\n",
        ),
        (
            "imap",
            &[("", "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"), ("a1 STARTTLS\r\n", "a1 OK go\r\n")],
            "a2 CAPABILITY\r\n",
            "* CAPABILITY IMAP4rev1\r\na2 OK\r\n",
        ),
        (
            "pop3",
            &[("", "+OK\r\n"), ("CAPA\r\n", "+OK\r\nSTLS\r\n.\r\n"), ("STLS\r\n", "+OK go\r\n")],
            "CAPA\r\n",
            "+OK\r\nUSER\r\n.\r\n",
        ),
    ];
    for (scheme, plaintext, first, answer) in dialogues {
        let (observation, together) = probe(scheme, move |server| {
            for (command, reply) in plaintext {
                if !command.is_empty() {
                    assert_eq!(server.hear(), *command);
                }
                server.say(reply);
            }
            let together = server.secure(&TLS13);
            server.say(answer);
            server.hear();
            together
        });
        assert_eq!(together, first, "{scheme}");
        let secured = observation.attempts[0].conversation.secured.as_ref();
        assert!(secured.is_some(), "{scheme}: {observation:#?}");
        let lines: Vec<&str> = observation.attempts[0].transcript.iter().map(|line| line.text.as_str()).collect();
        let tls = lines.iter().position(|line| line.starts_with("TLS is up")).unwrap();
        assert_eq!(lines[tls + 1], first.trim_end(), "{scheme}: {lines:?}");
    }
}

#[test]
fn in_tls_1_2_it_follows_the_server_s_end_of_the_handshake() {
    let (observation, (together, next)) = probe("smtp", |server| {
        server.say("220 mx\r\n");
        server.hear();
        server.say("250-mx\r\n250 STARTTLS\r\n");
        server.hear();
        server.say("220 go\r\n");
        let together = server.secure(&TLS12);
        let next = server.hear();
        server.say("250 mx\r\n");
        server.hear();
        (together, next)
    });
    assert_eq!((together.as_str(), next.as_str()), ("", "EHLO probe.test.example\r\n"));
    assert!(observation.attempts[0].conversation.secured.is_some(), "{observation:#?}");
}

#[test]
fn inside_tls_from_the_start_nothing_is_said_before_the_greeting() {
    for version in [&TLS13, &TLS12] {
        let (observation, (together, silent)) = probe("submissions", move |server| {
            let together = server.secure(version);
            let silent = server.is_left_in_peace();
            server.say("220 mx\r\n");
            server.hear();
            server.say("250 mx\r\n");
            server.hear();
            server.say("530 5.7.0 Authentication required\r\n");
            server.hear();
            (together, silent)
        });
        assert!(together.is_empty() && silent, "{together:?}: {observation:#?}");
        // Whether a login is wanted costs one round trip more.
        assert_eq!(said(&observation), ["EHLO probe.test.example", "MAIL FROM:<>", "QUIT"]);
    }
}

#[test]
fn a_sender_that_is_taken_is_taken_back_by_the_farewell() {
    let (observation, heard) = probe("submissions", |server| {
        server.secure(&TLS13);
        server.say("220 mx\r\n");
        let replies = ["250 mx\r\n", "250 ok\r\n"];
        let mut heard: Vec<String> = replies
            .iter()
            .map(|reply| {
                let command = server.hear();
                server.say(reply);
                command
            })
            .collect();
        heard.push(server.hear());
        heard
    });
    assert_eq!(heard, ["EHLO probe.test.example\r\n", "MAIL FROM:<>\r\n", "QUIT\r\n"], "{observation:#?}");
}

#[test]
fn what_never_left_because_the_handshake_failed_was_not_said() {
    let (observation, ()) = probe("smtp", |server| {
        server.say("220 mx\r\n");
        server.hear();
        server.say("250-mx\r\n250 STARTTLS\r\n");
        server.hear();
        server.say("220 go\r\n");
        server.hear();
        // A fatal alert: handshake_failure.
        server.stream.write_all(&[21, 3, 3, 0, 2, 2, 40]).unwrap();
    });
    assert_eq!(said(&observation), ["EHLO probe.test.example", "STARTTLS"]);
    assert!(observation.attempts[0].conversation.secured.is_none(), "{observation:#?}");
}

/// A server that gathers small segments sends the second only when the first is acknowledged, and the kernel's own delay
/// for that is 40 ms: 100 rounds would take 4 s.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_is_read_is_acknowledged_before_more_is_waited_for() {
    const ROUNDS: usize = 100;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        while stream.read(&mut [0]).is_ok_and(|count| count > 0) {
            stream.write_all(b"x").unwrap();
            stream.write_all(b"y").unwrap();
        }
    });
    let mut client = QuickAckStream::new(tokio::net::TcpStream::connect(address).await.unwrap());
    let began = Instant::now();
    for _ in 0..ROUNDS {
        client.write_all(b"?").await.unwrap();
        client.read_exact(&mut [0; 2]).await.unwrap();
    }
    let took = began.elapsed();
    drop(client);
    server.join().unwrap();
    assert!(took < Duration::from_secs(2), "{ROUNDS} rounds took {took:?}");
}
