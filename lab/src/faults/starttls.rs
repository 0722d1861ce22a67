//! STARTTLS and STLS: refused, and plaintext sent along with the consent.

use super::fault::{Fault, IMAP, POP3, SMTP, WITH_STARTTLS};
use crate::behaviour::Protocol;
use crate::script::{Act, Moment};

const REFUSALS: [(&str, &[Protocol], &str); 7] = [
    ("starttls-refused-454", SMTP, "454 4.7.0 TLS not available due to local problem"),
    ("starttls-refused-502", SMTP, "502 5.5.1 Command not implemented"),
    ("starttls-refused-540", SMTP, "540 TLS not available."),
    ("starttls-refused-421", SMTP, "421 4.7.0 TLS not available, closing connection"),
    ("starttls-refused-bad", IMAP, "{tag} BAD TLS support is not configured"),
    ("starttls-refused-no", IMAP, "{tag} NO STARTTLS failed"),
    ("starttls-refused-err", POP3, "-ERR TLS support is not configured"),
];

/// What is smuggled in: name, description, and the bytes of each protocol.
const INJECTIONS: [(&str, &str, [&str; 3]); 3] = [
    ("inject-line", "one line", ["250 STARTTLS injected\r\n", "* OK injected\r\n", "+OK injected\r\n"]),
    ("inject-half-line", "half a line", ["250-mail.test.ex", "* CAPABILITY IM", "+OK inj"]),
    (
        "inject-lines",
        "several lines",
        [
            "250-mail.test.example\r\n250-AUTH PLAIN\r\n250 HELP\r\n",
            "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK injected\r\n",
            "+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n",
        ],
    ),
];

pub(super) fn faults() -> Vec<Fault> {
    let refusals = REFUSALS.into_iter().map(|(name, protocols, text)| {
        Fault::new(name, format!("offers STARTTLS and answers it with {text:?}"), move |behaviour| {
            let mut acts = vec![Act::send(format!("{text}\r\n"))];
            if text.starts_with("421") {
                acts.push(Act::Close);
            }
            behaviour.at(Moment::StartTls, acts)
        })
        .of(protocols)
    });
    let injections = INJECTIONS.into_iter().map(|(name, what, [smtp, imap, pop3])| {
        let about = format!("consents to TLS and sends {what} of plaintext in the same segment");
        Fault::new(name, about, move |behaviour| {
            let bytes = match behaviour.protocol {
                Protocol::Smtp => format!("220 2.0.0 Ready to start TLS\r\n{smtp}"),
                Protocol::Imap => format!("{{tag}} OK Begin TLS negotiation now\r\n{imap}"),
                Protocol::Pop3 => format!("+OK Begin TLS negotiation\r\n{pop3}"),
            };
            behaviour.at(Moment::StartTls, [Act::send(bytes), Act::Upgrade])
        })
    });
    let failing = [
        ("starttls-then-failure", "", "says in the clear that TLS failed, after it consented"),
        (
            "starttls-then-alert-and-failure",
            "\x15\x03\x01\x00\x02\x02\x28",
            "sends a TLS alert and says why, after it consented",
        ),
    ];
    let failing = failing.map(|(name, alert, about)| {
        Fault::new(name, about, move |behaviour| {
            let (consent, failure) = match behaviour.protocol {
                Protocol::Smtp => ("220 2.0.0 Ready to start TLS", "454 STARTTLS failed: /etc/mail.pem: No such file"),
                Protocol::Imap => ("{tag} OK Begin TLS", "* NO STARTTLS failed: /etc/mail.pem: No such file"),
                Protocol::Pop3 => ("+OK Begin TLS", "-ERR STLS failed: /etc/mail.pem: No such file"),
            };
            let failure = format!("{alert}{failure}\r\n");
            behaviour.at(
                Moment::StartTls,
                [Act::send(format!("{consent}\r\n")), Act::AwaitInput, Act::send(failure), Act::Close],
            )
        })
    });
    refusals.chain(injections).chain(failing).map(|fault| fault.secured(WITH_STARTTLS)).collect()
}
