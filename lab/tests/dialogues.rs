//! Good servers, spoken to as a mail program would.

mod client;

use client::connect;
use mailprobe_lab::{Behaviour, End, Security, Server};

#[test]
fn smtp_offers_starttls_and_then_auth() {
    let server = Server::start(Behaviour::smtp(Security::StartTls));
    let mut plain = connect(server.address());
    assert_eq!(plain.line(), "220 mail.test.example ESMTP ready\r\n");
    plain.send("EHLO client.test.example\r\n");
    let reply = plain.read_until("250 SMTPUTF8\r\n");
    assert!(
        reply.contains("[127.0.0.1]\r\n") && reply.contains("250-STARTTLS\r\n") && !reply.contains("AUTH"),
        "{reply}"
    );
    plain.send("STARTTLS\r\n");
    assert_eq!(plain.line(), "220 2.0.0 Ready to start TLS\r\n");

    let mut secured = plain.secure("mail.test.example").expect("a good certificate");
    secured.send("EHLO client.test.example\r\n");
    let reply = secured.read_until("250 SMTPUTF8\r\n");
    assert!(reply.contains("250-AUTH PLAIN LOGIN\r\n") && !reply.contains("STARTTLS"), "{reply}");
    secured.send("QUIT\r\n");
    assert_eq!(secured.line(), "221 2.0.0 Bye\r\n");

    let received = server.settled().remove(0);
    assert_eq!(received.lines(), ["EHLO client.test.example", "STARTTLS", "EHLO client.test.example", "QUIT"]);
    assert!(!received.spoke_first() && received.said_goodbye());
    assert_eq!(received.client_hello.and_then(|hello| hello.server_name).as_deref(), Some("mail.test.example"));
    assert_eq!(received.end.map(|(_, end)| end), Some(End::ServerEnded));
}

#[test]
fn imap_disables_login_until_tls_is_up() {
    let server = Server::start(Behaviour::imap(Security::StartTls));
    let mut plain = connect(server.address());
    let greeting = plain.line();
    assert!(greeting.starts_with("* OK [CAPABILITY ") && greeting.contains("STARTTLS LOGINDISABLED]"), "{greeting}");
    plain.send("a1 LOGIN user password\r\n");
    assert!(plain.line().starts_with("a1 NO [PRIVACYREQUIRED]"));
    plain.send("a2 STARTTLS\r\n");
    assert!(plain.line().starts_with("a2 OK"));

    let mut secured = plain.secure("localhost").expect("a good certificate");
    secured.send("A3 CAPABILITY\r\n");
    let reply = secured.read_until("A3 OK Capability completed\r\n");
    assert!(reply.contains("AUTH=PLAIN") && !reply.contains("LOGINDISABLED"), "{reply}");
    secured.send("a4 LOGOUT\r\n");
    assert_eq!(secured.rest().expect("a clean end"), b"* BYE Logging out\r\na4 OK Logout completed\r\n");
}

#[test]
fn pop3_behind_implicit_tls_lists_its_capabilities() {
    let server = Server::start(Behaviour::pop3(Security::Implicit));
    let mut secured = connect(server.address()).secure("127.0.0.1").expect("a good certificate");
    assert_eq!(secured.line(), "+OK mail.test.example ready\r\n");
    secured.send("CAPA\r\n");
    let reply = secured.read_until("\r\n.\r\n");
    assert!(reply.contains("\r\nUSER\r\n") && !reply.contains("STLS"), "{reply}");
    secured.send("XYZZY\r\nQUIT\r\n");
    assert_eq!(secured.line(), "-ERR Unknown command\r\n");
    assert_eq!(secured.line(), "+OK Bye\r\n");
}

#[test]
fn plaintext_sent_along_with_starttls_counts_for_nothing() {
    let server = Server::start(Behaviour::smtp(Security::StartTls));
    let mut plain = connect(server.address());
    plain.line();
    plain.send("STARTTLS\r\nNOOP\r\n");
    assert_eq!(plain.line(), "220 2.0.0 Ready to start TLS\r\n");
    let mut secured = plain.secure("localhost").expect("a good certificate");
    secured.send("QUIT\r\n");
    assert_eq!(secured.line(), "221 2.0.0 Bye\r\n", "no reply to the NOOP");
}

#[test]
fn a_server_without_tls_refuses_starttls() {
    let server = Server::start(Behaviour::smtp(Security::Plaintext));
    let mut plain = connect(server.address());
    plain.line();
    plain.send("STARTTLS\r\n");
    assert!(plain.line().starts_with("502 "));
}

#[test]
fn a_server_listens_on_ipv6_and_leaves_its_port_when_dropped() {
    let address = "[::1]:0".parse().expect("an address");
    let server = Server::start_at(Behaviour::smtp(Security::Plaintext), address).expect("IPv6 loopback");
    let address = server.address();
    assert_eq!(server.url("smtp"), format!("smtp://[::1]:{}", address.port()));
    assert!(connect(address).line().starts_with("220 "));
    drop(server);
    assert!(std::net::TcpStream::connect(address).is_err());
}
