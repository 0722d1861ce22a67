//! Capabilities that are refused, unknown, missing or masked.

use super::fault::{CLEAR_AT_FIRST, Fault, IMAP, POP3, SMTP, WITH_STARTTLS, at_any_capabilities};
use crate::behaviour::{Behaviour, Mention};
use crate::script::{Act, Moment};

/// Answers to EHLO that find fault with its argument.
const HELLO_REFUSALS: [(&str, &str); 4] = [
    ("ehlo-refused-501", "501 5.5.4 Syntactically invalid EHLO argument(s)"),
    ("ehlo-refused-504", "504 5.5.2 Helo command rejected: need fully-qualified hostname"),
    ("ehlo-refused-550", "550 5.7.1 Helo command rejected: Host not found"),
    ("ehlo-refused-450", "450 4.7.1 Helo command rejected: Host not found"),
];

/// Answers to EHLO of servers that know only HELO.
const HELLO_UNKNOWN: [(&str, &str); 2] =
    [("ehlo-unknown-500", "500 Command unrecognized"), ("ehlo-unknown-502", "502 Command not implemented")];

pub(super) fn faults() -> Vec<Fault> {
    let mut faults: Vec<Fault> = HELLO_REFUSALS
        .into_iter()
        .map(|(name, text)| {
            Fault::new(name, format!("answers EHLO and HELO with {text:?}"), move |behaviour| {
                let reply = Act::send(format!("{text}\r\n"));
                at_any_capabilities(behaviour, std::slice::from_ref(&reply)).at(Moment::Helo, [reply])
            })
            .of(SMTP)
        })
        .collect();
    faults.extend(HELLO_UNKNOWN.into_iter().map(|(name, text)| {
        Fault::new(name, format!("answers EHLO with {text:?}, and HELO as it should"), move |behaviour| {
            at_any_capabilities(behaviour, &[Act::send(format!("{text}\r\n"))]).starttls(Mention::Absent)
        })
        .of(SMTP)
    }));
    faults.extend([
        Fault::new("ehlo-421", "closes with 421 when it hears EHLO", |behaviour| {
            at_any_capabilities(behaviour, &[Act::send("421 4.3.0 Try again later, closing channel\r\n"), Act::Close])
        })
        .of(SMTP),
        Fault::new("capa-unknown", "does not know CAPA (RFC 2449), and has no STLS", |behaviour| {
            at_any_capabilities(behaviour, &[Act::send("-ERR Unknown command\r\n")]).starttls(Mention::Absent)
        })
        .of(POP3),
        Fault::new("capa-unknown-stls-works", "does not know CAPA, but takes STLS", |behaviour| {
            at_any_capabilities(behaviour, &[Act::send("-ERR Unknown command\r\n")])
        })
        .of(POP3)
        .secured(WITH_STARTTLS),
        Fault::new("capability-bad", "answers CAPABILITY with BAD", |behaviour| {
            at_any_capabilities(behaviour, &[Act::send("{tag} BAD Unknown command\r\n")]).plain_greeting()
        })
        .of(IMAP),
        Fault::new("plain-greeting", "leaves the capabilities out of its greeting", Behaviour::plain_greeting).of(IMAP),
        Fault::new("login-in-the-clear", "offers login outside TLS", Behaviour::login_in_the_clear)
            .secured(CLEAR_AT_FIRST),
        Fault::new("no-starttls", "does not offer STARTTLS and does not know it", |behaviour| {
            behaviour.starttls(Mention::Absent)
        })
        .secured(WITH_STARTTLS),
        Fault::new("hidden-starttls", "does not offer STARTTLS, but takes it", |behaviour| {
            behaviour.starttls(Mention::Hidden)
        })
        .secured(WITH_STARTTLS),
        Fault::new("masked-starttls", "has X in place of STARTTLS in its EHLO reply, and takes it", |behaviour| {
            behaviour.starttls(Mention::Masked)
        })
        .of(SMTP)
        .secured(WITH_STARTTLS),
        Fault::new(
            "masked-starttls-refused",
            "has X in place of STARTTLS in its EHLO reply, and refuses it",
            |behaviour| {
                behaviour
                    .starttls(Mention::Masked)
                    .at(Moment::StartTls, [Act::send("500 5.5.1 Command unrecognized\r\n")])
            },
        )
        .of(SMTP)
        .secured(WITH_STARTTLS),
    ]);
    faults
}
