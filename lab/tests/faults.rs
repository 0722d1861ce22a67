//! Bad servers do what their names say.

mod client;

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use client::{Client, connect};
use mailprobe_lab::{Act, Behaviour, End, Fault, Moment, Protocol, Security, Server};

/// Short enough to keep the tests quick, long enough to be seen.
const PAUSE: Duration = Duration::from_millis(200);

fn start(words: &str) -> Server {
    Server::start(words.parse::<Behaviour>().expect(words).pause(PAUSE).beat(Duration::from_millis(2)))
}

/// Greeted, and STARTTLS agreed upon.
fn ready_for_tls(server: &Server) -> Client<TcpStream> {
    let mut plain = connect(server.address());
    plain.line();
    plain.send("STARTTLS\r\n");
    plain.line();
    plain
}

#[test]
fn every_fault_starts_and_sees_its_client() {
    let mut servers = Vec::new();
    for fault in Fault::all() {
        for protocol in [Protocol::Smtp, Protocol::Imap, Protocol::Pop3] {
            for security in [Security::Implicit, Security::StartTls, Security::Plaintext] {
                if fault.fits(protocol, security) {
                    let server = Server::start(Behaviour::new(protocol, security).with(fault));
                    let client = connect(server.address());
                    servers.push((fault.name(), server, client));
                }
            }
        }
    }
    assert!(servers.len() > 300, "{}", servers.len());
    for (name, server, client) in servers {
        drop(client);
        let received = server.settled();
        assert_eq!(received.len(), 1, "{name}");
        assert!(received[0].released.is_some(), "{name} stays");
    }
}

#[test]
fn silent_says_nothing_and_notes_who_speaks_first() {
    let server = start("smtp:starttls:silent");
    let mut client = connect(server.address());
    client.0.set_read_timeout(Some(PAUSE)).expect("a timeout");
    client.send("EHLO too-early\r\n");
    assert!(client.rest().is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)));
    drop(client);
    let received = server.settled().remove(0);
    assert!(received.spoke_first());
    assert!(!received.said_goodbye());
    assert_eq!(received.end.map(|(_, end)| end), Some(End::ClientClosed));
}

#[test]
fn slow_greeting_notes_who_speaks_first() {
    let server = start("smtp:starttls:slow-greeting");
    let mut client = connect(server.address());
    client.send("EHLO too-early\r\n");
    assert!(client.line().starts_with("220 "));
    assert!(server.connections()[0].spoke_first());
}

#[test]
fn teaser_pauses_between_its_lines() {
    let server = start("smtp:starttls:teaser");
    let started = Instant::now();
    let mut client = connect(server.address());
    assert!(client.line().starts_with("220-"));
    assert!(client.line().starts_with("220 "));
    assert!(started.elapsed() >= PAUSE);
}

#[test]
fn tarpit_never_ends_its_line() {
    let server = start("pop3:plaintext:tarpit");
    connect(server.address()).read_until("ready........");
}

#[test]
fn close_and_reset_differ() {
    let closed = start("smtp:plaintext:close-after-greeting");
    assert!(connect(closed.address()).rest().expect("a clean end").starts_with(b"220 "));

    let reset = start("smtp:plaintext:reset-on-capabilities");
    let mut client = connect(reset.address());
    client.line();
    client.send("EHLO client\r\n");
    assert_eq!(client.rest().expect_err("a reset").kind(), ErrorKind::ConnectionReset);
    assert_eq!(reset.settled()[0].end.as_ref().map(|(_, end)| end), Some(&End::ServerEnded));
}

#[test]
fn refusing_greetings_close() {
    for (words, start_of_line) in [
        ("smtp:starttls:greeting-554-spamhaus", "554 5.7.1 "),
        ("smtp:starttls:greeting-421-too-many", "421 4.7.0 "),
        ("imap:starttls:greeting-bye-unavailable", "* BYE [UNAVAILABLE] "),
        ("pop3:starttls:greeting-err-in-use", "-ERR [IN-USE] "),
    ] {
        let server = start(words);
        let said = connect(server.address()).rest().expect("a clean end");
        assert!(String::from_utf8_lossy(&said).starts_with(start_of_line), "{words}");
    }
}

#[test]
fn a_farewell_after_the_server_ended_is_still_noted() {
    let server = start("smtp:starttls:greeting-554-other");
    let mut client = connect(server.address());
    client.rest().expect("a clean end");
    client.send("QUIT\r\n");
    drop(client);
    assert!(server.settled()[0].said_goodbye());
}

#[test]
fn injected_plaintext_follows_the_consent_at_once() {
    let server = start("imap:starttls:inject-lines");
    let mut client = connect(server.address());
    client.line();
    client.send("a7 STARTTLS\r\n");
    assert!(client.line().starts_with("a7 OK Begin TLS"));
    assert!(client.line().starts_with("* CAPABILITY"));
    assert_eq!(client.line(), "a7 OK injected\r\n");
    assert!(client.secure("localhost").is_ok(), "and then TLS as usual");
}

#[test]
fn refused_starttls_leaves_the_session_usable() {
    let server = start("smtp:starttls:starttls-refused-454");
    let mut client = connect(server.address());
    client.line();
    client.send("STARTTLS\r\nQUIT\r\n");
    assert!(client.line().starts_with("454 "));
    assert!(client.line().starts_with("221 "));
}

#[test]
fn masked_starttls_works_all_the_same() {
    let server = start("smtp:starttls:masked-starttls");
    let mut client = connect(server.address());
    client.line();
    client.send("EHLO client\r\n");
    let reply = client.read_until("250 SMTPUTF8\r\n");
    assert!(reply.contains("250-XXXXXXXA\r\n") && !reply.contains("STARTTLS"), "{reply}");
    client.send("STARTTLS\r\n");
    client.line();
    assert!(client.secure("localhost").is_ok());
}

#[test]
fn handshakes_fail_in_their_own_way() {
    for (words, expected) in [
        ("smtp:starttls:alert-internal-error", "InternalError"),
        ("smtp:starttls:alert-unrecognized-name", "UnrecognisedName"),
        ("smtp:starttls:tls-1-1-only", "ProtocolVersion"),
        ("smtp:starttls:text-in-handshake", "InvalidMessage"),
    ] {
        let server = start(words);
        let Err(error) = ready_for_tls(&server).secure("localhost") else { panic!("{words}: TLS is up") };
        assert!(format!("{error:?}").contains(expected), "{words}: {error:?}");
    }
}

#[test]
fn an_old_server_answers_an_old_hello() {
    let server = start("smtp:implicit:tls-1-0-only");
    let mut client = connect(server.address());
    // A ClientHello of TLS 1.0 with one cipher suite and nothing else.
    let mut hello = vec![0x16, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0, 0x2f, 1, 0]);
    client.send(std::str::from_utf8(&hello).expect("bytes below 128"));
    let mut answer = [0; 6];
    std::io::Read::read_exact(&mut client.0, &mut answer).expect("an answer");
    assert_eq!(answer, [0x16, 3, 1, 0, 42, 2]);
}

#[test]
fn a_large_hello_is_dropped_and_noted() {
    let server = start("smtp:implicit:drops-large-hello");
    let client = connect(server.address());
    client.0.set_read_timeout(Some(PAUSE)).expect("a timeout");
    assert!(client.secure("localhost").is_err());
    let length = server.settled()[0].client_hello.as_ref().map(|hello| hello.length);
    assert!(length.is_some_and(|length| length > 1200), "{length:?}");
}

#[test]
fn strangers_speak_their_own_protocol() {
    let http = start("imap:starttls:http");
    let mut client = connect(http.address());
    client.send("a1 CAPABILITY\r\n");
    assert!(client.rest().expect("a clean end").starts_with(b"HTTP/1.1 400"));

    let lmtp = start("smtp:starttls:lmtp");
    let mut client = connect(lmtp.address());
    client.line();
    client.send("EHLO client\r\n");
    assert!(client.line().starts_with("500 "));
}

#[test]
fn bytewise_and_bare_line_feeds_say_the_same() {
    let usual = "220 mail.test.example ESMTP ready";
    assert_eq!(connect(start("smtp:plaintext:bytewise").address()).line(), format!("{usual}\r\n"));
    assert_eq!(connect(start("smtp:plaintext:bare-line-feeds").address()).line(), format!("{usual}\n"));
}

#[test]
fn a_flood_outruns_any_limit() {
    let server = start("smtp:plaintext:endless-capabilities");
    let mut client = connect(server.address());
    client.line();
    client.send("EHLO client\r\n");
    let mut megabyte = vec![0; 1024 * 1024];
    std::io::Read::read_exact(&mut client.0, &mut megabyte).expect("a megabyte");
    assert!(!megabyte.windows(4).any(|window| window == b"250 "), "no last line");
}

#[test]
fn a_script_is_played_in_order() {
    let server = Server::start(
        Behaviour::smtp(Security::Plaintext)
            .at(Moment::Greeting, [Act::send("220 one\r\n"), Act::AwaitInput, Act::send("220 two\r\n"), Act::Close]),
    );
    let mut client = connect(server.address());
    assert_eq!(client.line(), "220 one\r\n");
    client.send("NOOP\r\n");
    assert_eq!(client.rest().expect("a clean end"), b"220 two\r\n");
}

#[test]
fn connections_can_differ() {
    let good = Behaviour::smtp(Security::Plaintext);
    let server = Server::start(
        good.clone().fault("reset-on-accept").then(good.clone().fault("greeting-421-host-limit")).then(good),
    );
    assert!(connect(server.address()).rest().is_err());
    assert!(connect(server.address()).line().starts_with("421 "));
    for _ in 0..2 {
        assert!(connect(server.address()).line().starts_with("220 "));
    }
    assert_eq!(server.settled().len(), 4);
}
