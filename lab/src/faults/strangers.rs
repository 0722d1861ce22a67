//! Other protocols on a mail port.

use super::fault::{Fault, SMTP, at_any_capabilities};
use crate::behaviour::{Behaviour, Protocol};
use crate::script::{Act, Moment};

const HTTP_REFUSAL: &str = "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\n\
    Content-Length: 39\r\nConnection: close\r\n\r\n<html><h1>400 Bad Request</h1></html>\r\n";

pub(super) fn faults() -> Vec<Fault> {
    let mut faults: Vec<Fault> = [
        ("speaks-smtp", Protocol::Smtp, &[Protocol::Imap, Protocol::Pop3]),
        ("speaks-imap", Protocol::Imap, &[Protocol::Smtp, Protocol::Pop3]),
        ("speaks-pop3", Protocol::Pop3, &[Protocol::Smtp, Protocol::Imap]),
    ]
    .into_iter()
    .map(|(name, protocol, where_expected): (_, _, &'static [Protocol; 2])| {
        let about = format!("speaks {protocol:?} in place of the protocol expected");
        Fault::new(name, about, move |behaviour| behaviour.protocol(protocol)).of(where_expected)
    })
    .collect();
    faults.extend([
        Fault::new("http", "waits for a request and answers anything with 400", |behaviour| {
            behaviour.at(Moment::Greeting, [Act::AwaitInput, Act::send(HTTP_REFUSAL), Act::Close])
        }),
        Fault::new("http-greeting", "sends a page about logging in as soon as the connection is there", |behaviour| {
            let page = "HTTP/1.0 302 Found\r\nLocation: http://login.hotspot.test.example/\r\n\r\n";
            behaviour.at(Moment::Greeting, [Act::send(page), Act::Close])
        }),
        Fault::new("ssh", "greets as an SSH server", |behaviour| {
            behaviour.at(
                Moment::Greeting,
                [
                    Act::send("SSH-2.0-OpenSSH_9.6\r\n"),
                    Act::AwaitInput,
                    Act::send("Invalid SSH identification string.\r\n"),
                    Act::Close,
                ],
            )
        }),
        Fault::new("ftp", "greets as an FTP server: 220, as SMTP does", |behaviour| {
            refusing(behaviour, "220 (FTP server ready)\r\n", "530 Please login with USER and PASS.\r\n")
        }),
        Fault::new("nntp", "greets as a news server", |behaviour| {
            refusing(behaviour, "201 news.test.example NNTP service ready, posting prohibited\r\n", "500 What?\r\n")
        }),
        Fault::new("lmtp", "is an LMTP server (RFC 2033): EHLO is unknown", |behaviour| {
            refusing(behaviour, "220 mail.test.example LMTP ready\r\n", "500 5.5.1 Unknown command, LHLO expected\r\n")
        })
        .of(SMTP),
        Fault::new("noise", "greets with binary noise", |behaviour| {
            let noise: Vec<u8> = (0u8..=255).map(|byte| byte.wrapping_mul(167).wrapping_add(13)).collect();
            behaviour.at(Moment::Greeting, [Act::Send(noise), Act::Stall])
        }),
    ]);
    faults
}

/// Greets with one text and answers every command but QUIT with another.
fn refusing(behaviour: Behaviour, greeting: &str, refusal: &str) -> Behaviour {
    let reply = Act::send(refusal);
    at_any_capabilities(behaviour, std::slice::from_ref(&reply))
        .at(Moment::Greeting, [Act::send(greeting)])
        .at(Moment::Helo, [reply.clone()])
        .at(Moment::StartTls, [reply.clone()])
        .at(Moment::Other, [reply])
        .at(Moment::Quit, [Act::send("221 Goodbye.\r\n"), Act::Close])
}
