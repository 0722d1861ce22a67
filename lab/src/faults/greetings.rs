//! Greetings that are slow, refuse, or were tampered with.

use super::fault::{Fault, IMAP, POP3, SMTP};
use crate::behaviour::{Behaviour, Mention, Protocol};
use crate::script::{Act, Moment};

/// What SMTP servers say to a client they will not serve: name, text. All but 421 are what blocklists and policies say.
const SMTP_REFUSALS: [(&str, &str); 9] = [
    (
        "greeting-554-spamhaus",
        "554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org; \
         https://www.spamhaus.org/query/ip/203.0.113.9",
    ),
    (
        "greeting-554-reputation",
        "554-mail.test.example\r\n554 Your access to this mail system has been rejected due to the sending MTA's poor \
         reputation.",
    ),
    ("greeting-554-other", "554 5.7.1 You are not welcome here"),
    ("greeting-550-banned", "550 5.7.606 Access denied, banned sending IP [203.0.113.9]"),
    ("greeting-450-no-ptr", "450 4.7.1 Client host rejected: cannot find your reverse hostname, [203.0.113.9]"),
    ("greeting-521-no-mail", "521 5.3.2 mail.test.example does not accept mail"),
    ("greeting-554-no-service", "554 No SMTP service here"),
    ("greeting-421-too-many", "421 4.7.0 mail.test.example Error: too many connections from 203.0.113.9"),
    ("greeting-421-host-limit", "421 #4.4.5 Too many connections from your host."),
];

const IMAP_REFUSALS: [(&str, &str); 3] = [
    ("greeting-bye", "* BYE Connection refused by policy"),
    ("greeting-bye-unavailable", "* BYE [UNAVAILABLE] Temporary failure, try again later"),
    ("greeting-bye-too-many", "* BYE Too many connections from your address"),
];

const POP3_REFUSALS: [(&str, &str); 4] = [
    ("greeting-err", "-ERR Access denied"),
    ("greeting-err-temporary", "-ERR [SYS/TEMP] Authentication server is down, try again later"),
    ("greeting-err-permanent", "-ERR [SYS/PERM] No service for this address"),
    ("greeting-err-in-use", "-ERR [IN-USE] Too many sessions"),
];

pub(super) fn faults() -> Vec<Fault> {
    let mut faults = slow();
    faults.extend(SMTP_REFUSALS.into_iter().map(|(name, text)| refusal(name, text).of(SMTP)));
    faults.extend(IMAP_REFUSALS.into_iter().map(|(name, text)| refusal(name, text).of(IMAP)));
    faults.extend(POP3_REFUSALS.into_iter().map(|(name, text)| refusal(name, text).of(POP3)));
    faults.extend(tampered());
    faults.push(
        Fault::new("greeting-preauth", "greets with PREAUTH: the session is logged in already", |behaviour| {
            behaviour
                .at(Moment::Greeting, [Act::send("* PREAUTH mail.test.example logged in as test\r\n")])
                // RFC 9051, section 6.2.1: STARTTLS is for the state before login only.
                .starttls(Mention::Absent)
        })
        .of(IMAP),
    );
    for (name, code) in [("greeting-250", "250"), ("greeting-354", "354")] {
        let about = format!("greets with {code}, which answers something that nobody asked, and is a good server then");
        faults.push(
            Fault::new(name, about, move |behaviour| {
                let greeting = format!("{code} {} ESMTP ready\r\n", behaviour.host);
                behaviour.at(Moment::Greeting, [Act::send(greeting)])
            })
            .of(SMTP),
        );
    }
    faults.push(
        Fault::new("greeting-554-stays", "refuses in its greeting, and then waits for QUIT", |behaviour| {
            behaviour
                .at(Moment::Greeting, [Act::send("554 mail.test.example No SMTP service here\r\n")])
                .at(Moment::Capabilities, [Act::send("503 5.5.1 bad sequence of commands\r\n")])
                .at(Moment::SecuredCapabilities, [Act::send("503 5.5.1 bad sequence of commands\r\n")])
        })
        .of(SMTP),
    );
    faults
}

fn refusal(name: &str, text: &'static str) -> Fault {
    Fault::new(name, format!("greets with {text:?} and closes"), move |behaviour| {
        behaviour.at(Moment::Greeting, [Act::send(format!("{text}\r\n")), Act::Close])
    })
}

fn slow() -> Vec<Fault> {
    vec![
        Fault::new("slow-greeting", "greets after a pause", |behaviour| {
            behaviour.at(Moment::Greeting, [Act::Pause, Act::Usual])
        }),
        Fault::new("teaser", "greets as Postfix's postscreen does: one line, a pause, the last line", |behaviour| {
            let first = format!("220-{} ESMTP\r\n", behaviour.host);
            behaviour.at(Moment::Greeting, [Act::send(first), Act::Pause, Act::Usual])
        })
        .of(SMTP),
        Fault::new("dripped-greeting", "sends its greeting one byte per beat", |behaviour| {
            let greeting = format!("{}\r\n", opening(&behaviour));
            behaviour.at(Moment::Greeting, [Act::Drip(greeting.into())])
        }),
        Fault::new("tarpit", "sends one byte of its greeting per beat and never comes to an end", |behaviour| {
            let greeting = opening(&behaviour);
            behaviour.at(Moment::Greeting, [Act::Drip(greeting.into()), Act::Tarpit(b".".to_vec())])
        }),
        Fault::new("half-greeting", "sends a greeting without its line end, and then nothing", |behaviour| {
            let greeting = opening(&behaviour);
            behaviour.at(Moment::Greeting, [Act::send(greeting), Act::Stall])
        }),
    ]
}

fn tampered() -> Vec<Fault> {
    vec![
        Fault::new("asterisk-greeting", "greets as through Cisco's SMTP inspection", |behaviour| {
            behaviour.at(Moment::Greeting, [Act::send("220 **2****0*0*************2******200**0*00\r\n")])
        })
        .of(SMTP),
        Fault::new("mail-shield-greeting", "greets in the name of a local mail scanner", |behaviour| {
            let text = format!("{} (avast! Mail Shield)\r\n", opening(&behaviour));
            behaviour.at(Moment::Greeting, [Act::send(text)])
        }),
        Fault::new("alert", "greets with an alert, which IMAP clients must show", |behaviour| {
            behaviour.at(Moment::Greeting, [Act::send("* OK [ALERT] Mailboxes move on Sunday at 6.\r\n")])
        })
        .of(IMAP),
        Fault::new("banner", "greets with sentences for people in front of its greeting", |behaviour| {
            let host = behaviour.host.clone();
            let text = format!(
                "220-{host} ESMTP\r\n220-We do not authorize the use of this system to transport bulk mail.\r\n220 Logs are kept.\r\n"
            );
            behaviour.at(Moment::Greeting, [Act::send(text)])
        })
        .of(SMTP),
        Fault::new(
            "mail-shield-without-server",
            "greets as a local mail scanner does that cannot reach the server, and closes",
            |behaviour| {
                let (code, name, port) = match behaviour.protocol {
                    Protocol::Smtp => ("421", "SMTP", 25),
                    Protocol::Imap => ("* BYE", "IMAP", 143),
                    Protocol::Pop3 => ("-ERR", "POP", 110),
                };
                let text = format!(
                    "{code} Cannot connect to {name} server 192.0.2.1 (192.0.2.1:{port}), connect error 10060\r\n"
                );
                behaviour.at(Moment::Greeting, [Act::send(text), Act::Close])
            },
        ),
        Fault::new(
            "captive-portal-greeting",
            "greets with a demand to log in on a web page, and closes",
            |behaviour| {
                let (code, _) = opening_parts(behaviour.protocol);
                let text =
                    format!("{code} Please log in to this network first: http://login.hotspot.test.example/\r\n");
                behaviour.at(Moment::Greeting, [Act::send(text), Act::Close])
            },
        ),
    ]
}

/// A good greeting up to its line end.
pub(super) fn opening(behaviour: &Behaviour) -> String {
    let (code, service) = opening_parts(behaviour.protocol);
    format!("{code} {} {service} ready", behaviour.host)
}

fn opening_parts(protocol: Protocol) -> (&'static str, &'static str) {
    match protocol {
        Protocol::Smtp => ("220", "ESMTP"),
        Protocol::Imap => ("* OK", "IMAP"),
        Protocol::Pop3 => ("+OK", "POP3"),
    }
}
