//! Servers that try a client's limits: replies without end, odd bytes, odd segments.

use super::fault::{Fault, SMTP, WITH_TLS, at_any_capabilities};
use super::greetings::opening;
use crate::behaviour::{Behaviour, Delivery, Protocol};
use crate::script::{Act, Moment};

/// Bytes that must never reach a terminal as they are: name, description, bytes.
const ODD_TEXTS: [(&str, &str, &[u8]); 5] = [
    ("nul-in-greeting", "a NUL", b" a\0b"),
    ("escapes-in-greeting", "terminal escape sequences", b" \x1b[2J\x1b[31mred\x1b]0;title\x07\x9b1m"),
    ("bidi-in-greeting", "bidirectional and zero-width characters", " a\u{202e}b\u{2066}c\u{200b}d".as_bytes()),
    ("8bit-greeting", "Latin-1 letters", b" gr\xfc\xdfe"),
    ("carriage-return-in-greeting", "a carriage return in the middle", b" one\rtwo"),
];

pub(super) fn faults() -> Vec<Fault> {
    let mut faults: Vec<Fault> = ODD_TEXTS.into_iter().map(|(name, what, text)| odd(name, what, text)).collect();
    faults.extend([
        Fault::new("endless-line", "greets with a line that never ends", |behaviour| {
            let start = opening(&behaviour);
            behaviour.at(Moment::Greeting, [Act::send(start), Act::Flood(b"a".to_vec())])
        }),
        Fault::new("endless-greeting", "greets with line after line and never comes to the last", |behaviour| {
            let line = match behaviour.protocol {
                Protocol::Smtp => "220-welcome\r\n",
                Protocol::Imap => "* welcome\r\n",
                Protocol::Pop3 => "+ welcome\r\n",
            };
            behaviour.at(Moment::Greeting, [Act::Flood(line.into())])
        }),
        Fault::new("endless-capabilities", "lists capabilities and never comes to the last", |behaviour| {
            let acts = endless_capabilities(&behaviour);
            at_any_capabilities(behaviour, &acts)
        }),
        Fault::new("endless-greetings", "greets over and over", |behaviour| {
            let line = format!("{}\r\n", opening(&behaviour));
            behaviour.at(Moment::Greeting, [Act::Flood(line.into())])
        }),
        Fault::new("bytewise", "sends every byte in a segment of its own", |behaviour| {
            behaviour.delivery(Delivery::Bytewise)
        }),
        Fault::new("bare-line-feeds", "ends its lines with LF alone", Behaviour::bare_line_feeds),
        Fault::new("empty-greeting", "greets with an empty line", |behaviour| {
            behaviour.at(Moment::Greeting, [Act::send("\r\n")])
        }),
        Fault::new("mixed-codes", "changes its mind about the code within a reply", |behaviour| {
            at_any_capabilities(behaviour, &[Act::send("250-mail.test.example\r\n550-STARTTLS\r\n250 HELP\r\n")])
        })
        .of(SMTP),
    ]);
    faults.extend(in_handshake());
    faults
}

/// Handshakes without end.
fn in_handshake() -> [Fault; 3] {
    // A record of 16 KiB, the most there may be (RFC 8446, section 5.1).
    const FULL_RECORD: [u8; 5] = [0x16, 3, 3, 0x40, 0];
    const RECORD_BYTES: usize = 0x4000;
    // The header of a ServerHello that claims 16 MiB less one byte.
    const HUGE_HELLO: [u8; 4] = [2, 0xff, 0xff, 0xff];
    let record = |start: &[u8]| [&FULL_RECORD[..], start, &vec![0; RECORD_BYTES - start.len()]].concat();
    let (first, next) = (record(&HUGE_HELLO), record(&[]));
    let answering = |name: &str, about: &str, acts: Vec<Act>| {
        Fault::new(name, about, move |behaviour| behaviour.at(Moment::Handshake, acts.clone())).secured(WITH_TLS)
    };
    [
        answering(
            "endless-hello",
            "answers a TLS hello with one of 16 MiB, which goes on for ever",
            vec![Act::Send(first), Act::Flood(next)],
        ),
        answering(
            "endless-empty-records",
            "answers a TLS hello with empty records without end",
            vec![Act::Flood([0x16, 3, 3, 0, 0].repeat(1024))],
        ),
        answering(
            "dripped-handshake",
            "answers a TLS hello with one byte per beat, and never comes to an end",
            vec![Act::Drip(FULL_RECORD.to_vec()), Act::Tarpit(HUGE_HELLO.to_vec())],
        ),
    ]
}

fn odd(name: &str, what: &str, text: &'static [u8]) -> Fault {
    Fault::new(name, format!("greets with {what} in its text"), move |behaviour| {
        let greeting = [opening(&behaviour).as_bytes(), text, b"\r\n"].concat();
        behaviour.at(Moment::Greeting, [Act::Send(greeting)])
    })
}

fn endless_capabilities(behaviour: &Behaviour) -> [Act; 2] {
    let (start, line) = match behaviour.protocol {
        Protocol::Smtp => ("250-mail.test.example\r\n", "250-X-MORE\r\n"),
        Protocol::Imap => ("* CAPABILITY IMAP4rev1\r\n", "* CAPABILITY X-MORE\r\n"),
        Protocol::Pop3 => ("+OK Capability list follows\r\n", "X-MORE\r\n"),
    };
    [Act::send(start), Act::Flood(line.into())]
}
