//! What a server's reply means by its text alone: `mailprobe explain "554 5.7.1 ..."`.

use super::finding_id::FindingId;
use super::login_reply::LoginMade;
use super::{envelope_reply, login_reply, refusal};
use crate::protocol::{Reply, Status, imap, pop3, smtp};
use crate::service::Protocol;

/// A reply, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyMeaning {
    pub protocol: Protocol,
    /// The codes as they stand in it: `554`, `554 5.7.1`, `5.7.1`, `NO [UNAVAILABLE]`.
    pub codes: String,
    /// The reply code alone; the enhanced one where there is no other.
    pub code: String,
    pub class: ReplyClass,
    /// What the code stands for, in a few words.
    pub code_meaning: Option<&'static str>,
    /// The enhanced status code, and what it is about.
    pub enhanced_topic: Option<(String, &'static str)>,
    /// What the check makes of it, the most likely first.
    pub readings: Vec<ReplyReading>,
    pub ground: Ground,
}

/// What the check makes of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyReading {
    pub finding: FindingId,
    /// What the reply must answer for that.
    pub occasions: Vec<Occasion>,
}

/// What a reply answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// A connection, EHLO or STARTTLS.
    Connection,
    Login,
    /// A sender or a recipient.
    Mail,
}

/// The first digit, or the word that stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyClass {
    Success,
    Continue,
    Temporary,
    Permanent,
}

/// On what the findings rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// There are none: it is no refusal.
    Well,
    /// The words were there to be read.
    ByItsWords,
    /// The code alone, which stands for different things.
    ByItsCode,
}

/// Reads a reply code, an enhanced status code, or a whole reply; `None` where the text is none of these.
pub fn read(text: &str) -> Option<ReplyMeaning> {
    let text = text.trim();
    let (protocol, reply) = parse(text)?;
    let code: Option<u16> = reply.word.parse().ok();
    let class = match (reply.status, code) {
        (Status::Temporary, _) => ReplyClass::Temporary,
        (Status::Permanent, _) => ReplyClass::Permanent,
        (Status::Positive, Some(300..400)) => ReplyClass::Continue,
        (Status::Positive, _) => ReplyClass::Success,
    };
    let known = code.and_then(|code| CODES.iter().find(|(known, ..)| *known == code));
    let usual = known.map(|(_, occasion, _)| *occasion);
    let (ground, readings) = if reply.status == Status::Positive {
        (Ground::Well, Vec::new())
    } else if reply.text.trim().is_empty() && reply.response_code.is_none() {
        (Ground::ByItsCode, by_code(&reply, usual))
    } else {
        (Ground::ByItsWords, by_words(&reply, protocol, usual))
    };
    let response_code = reply.response_code.as_ref().map(|code| format!("[{code}]"));
    let codes: Vec<&str> = [Some(reply.word.as_str()), reply.enhanced.as_deref(), response_code.as_deref()]
        .into_iter()
        .flatten()
        .filter(|code| !code.is_empty())
        .collect();
    Some(ReplyMeaning {
        protocol,
        code: codes.first().copied().unwrap_or_default().to_owned(),
        codes: codes.join(" "),
        class,
        code_meaning: known.map(|(_, _, meaning)| *meaning),
        enhanced_topic: reply.enhanced.as_ref().and_then(|code| topic(code).map(|topic| (code.clone(), topic))),
        readings,
        ground,
    })
}

/// A reply in one of the three protocols.
fn parse(text: &str) -> Option<(Protocol, Reply)> {
    if let Some(reply) = smtp::read_reply(text).or_else(|| enhanced_alone(text)) {
        return Some((Protocol::Smtp, reply));
    }
    if let Some(reply) = pop3::read_reply(text) {
        return Some((Protocol::Pop3, reply));
    }
    // In lower case it may be any two words.
    let is_response = text.split(' ').nth(1).is_some_and(|word| ["OK", "NO", "BAD", "BYE"].contains(&word));
    is_response.then(|| imap::read_reply(text)).flatten().map(|reply| (Protocol::Imap, reply))
}

/// What the words make of it on each occasion. Where they say why on one of them, the others do not matter.
fn by_words(reply: &Reply, protocol: Protocol, usual: Option<Occasion>) -> Vec<ReplyReading> {
    let login = login_reply::meaning(reply, LoginMade::default()).finding;
    let mail = envelope_reply::meaning(reply, envelope_reply::Asked::Recipient).map(|meaning| meaning.finding);
    let mut told = vec![(Occasion::Login, login)];
    if protocol == Protocol::Smtp && usual != Some(Occasion::Login) {
        told.insert(0, (Occasion::Connection, connection(reply)));
        told.extend(mail.map(|finding| (Occasion::Mail, finding)));
    }
    let says_why = |finding: &FindingId| {
        !matches!(
            finding,
            FindingId::ServiceRejected
                | FindingId::ServiceUnavailable
                | FindingId::LoginRefused
                | FindingId::LoginUnavailable
                | FindingId::MailRefused
                | FindingId::MailDeferred
        )
    };
    if told.iter().any(|(_, finding)| says_why(finding)) {
        told.retain(|(_, finding)| says_why(finding));
    } else if let Some(usual) = usual {
        told.retain(|(occasion, _)| *occasion == usual || usual == Occasion::Connection && *occasion == Occasion::Mail);
    }
    grouped(told)
}

/// What the code alone may be.
fn by_code(reply: &Reply, usual: Option<Occasion>) -> Vec<ReplyReading> {
    let with_first = |first: FindingId, others: &[FindingId]| -> Vec<FindingId> {
        std::iter::once(first).chain(others.iter().copied().filter(|id| *id != first)).collect()
    };
    let (occasion, findings) = match usual {
        Some(Occasion::Login) => {
            let first = login_reply::meaning(reply, LoginMade::default()).finding;
            (Occasion::Login, with_first(first, login_reply::by_code(reply)))
        }
        Some(Occasion::Mail) => {
            let first = envelope_reply::meaning(reply, envelope_reply::Asked::Recipient).map(|meaning| meaning.finding);
            (Occasion::Mail, first.map_or_else(Vec::new, |first| with_first(first, envelope_reply::by_code(reply))))
        }
        Some(Occasion::Connection) | None => {
            (Occasion::Connection, with_first(connection(reply), &refusal::TOLD_BY_WORDS))
        }
    };
    grouped(findings.into_iter().map(|finding| (occasion, finding)).collect())
}

/// The same finding on several occasions is one reading.
fn grouped(told: Vec<(Occasion, FindingId)>) -> Vec<ReplyReading> {
    let mut readings: Vec<ReplyReading> = Vec::new();
    for (occasion, finding) in told {
        match readings.iter_mut().find(|reading| reading.finding == finding) {
            Some(reading) => reading.occasions.push(occasion),
            None => readings.push(ReplyReading { finding, occasions: vec![occasion] }),
        }
    }
    readings
}

/// The finding that a refusal of the connection, of EHLO or of STARTTLS with these words becomes.
fn connection(reply: &Reply) -> FindingId {
    // 454 is what a server says that cannot do TLS (RFC 3207, section 4).
    if reply.word == "454" && !refusal::is_about_the_connection(reply) && reply.text.to_lowercase().contains("tls") {
        return FindingId::StarttlsRefused;
    }
    refusal::finding_of(reply)
}

/// `5.7.1` without a reply code before it.
fn enhanced_alone(text: &str) -> Option<Reply> {
    let class = text.get(..2)?;
    let code = match class {
        "2." => "250",
        "4." => "450",
        "5." => "550",
        _ => return None,
    };
    let reply = smtp::read_reply(&format!("{code} {text}"))?;
    reply.enhanced.is_some().then(|| Reply { word: String::new(), ..reply })
}

/// What the second number of an enhanced status code is about (RFC 3463, section 3).
fn topic(enhanced: &str) -> Option<&'static str> {
    let subject = enhanced.split('.').nth(1)?;
    Some(match subject {
        "0" => "nothing in particular",
        "1" => "an address",
        "2" => "a mailbox",
        "3" => "the mail system, its disk or its settings",
        "4" => "the network, the DNS or the route",
        "5" => "the dialogue between the servers",
        "6" => "the contents of the message",
        "7" => "security or a policy: who may send what, from where",
        _ => return None,
    })
}

/// The reply codes (RFC 5321, section 4.2.3; RFC 3207, RFC 4954, RFC 7504).
const CODES: &[(u16, Occasion, &str)] = &[
    (211, Occasion::Connection, "a report of the server's status"),
    (214, Occasion::Connection, "a help text"),
    (220, Occasion::Connection, "the server is ready; in answer to STARTTLS, begin with TLS"),
    (221, Occasion::Connection, "the server closes the connection, as it was asked to"),
    (235, Occasion::Login, "the login has succeeded"),
    (250, Occasion::Connection, "done as asked"),
    (251, Occasion::Mail, "the recipient is elsewhere, and the server passes the message on"),
    (252, Occasion::Mail, "the server does not say whether the address exists"),
    (334, Occasion::Login, "the server waits for the next part of the login"),
    (354, Occasion::Mail, "the server waits for the message"),
    (421, Occasion::Connection, "the service is not available, and the server closes the connection"),
    (432, Occasion::Login, "too many connections for this login, or its password must be changed"),
    (435, Occasion::Login, "the server cannot check the login for now"),
    (450, Occasion::Mail, "the mailbox is not available for now, or the sender shall try again later (greylisting)"),
    (451, Occasion::Mail, "an error of the server for now"),
    (452, Occasion::Mail, "the server has no room for now, or takes no more recipients at once"),
    (454, Occasion::Connection, "TLS, or the login, is not available for now"),
    (455, Occasion::Mail, "the parameters cannot be granted for now"),
    (500, Occasion::Connection, "the command is not known"),
    (501, Occasion::Connection, "the command has a wrong argument, often the name after EHLO"),
    (502, Occasion::Connection, "the command is not offered"),
    (503, Occasion::Connection, "the commands came in a wrong order"),
    (504, Occasion::Connection, "the command has an argument that is not supported"),
    (521, Occasion::Connection, "the host accepts no mail, or none from this address"),
    (523, Occasion::Mail, "the message is too large for the recipient"),
    (530, Occasion::Mail, "a login, or TLS, is required first"),
    (534, Occasion::Login, "the login method is too weak for this user"),
    (535, Occasion::Login, "the login has failed: wrong name or password, or an app password is needed"),
    (538, Occasion::Login, "the login method needs encryption"),
    (550, Occasion::Mail, "the mailbox does not exist, or a policy refuses the message"),
    (551, Occasion::Mail, "the recipient is elsewhere"),
    (552, Occasion::Mail, "the mailbox is full, or the message too large"),
    (553, Occasion::Mail, "the address is not allowed or not well-formed"),
    (554, Occasion::Connection, "the transaction has failed; as a greeting, no service for this client"),
    (555, Occasion::Mail, "the parameters of an address are not known"),
    (556, Occasion::Mail, "the recipient's domain accepts no mail"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as(text: &str) -> (Ground, Vec<&'static str>) {
        let meaning = read(text).unwrap_or_else(|| panic!("{text} is a reply"));
        (meaning.ground, meaning.readings.iter().map(|reading| reading.finding.name()).collect())
    }

    #[test]
    fn words_decide_where_there_are_any() {
        for (text, findings) in [
            (
                "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
                &["address-blocklisted"] as &[_],
            ),
            ("421 4.7.0 too many connections from 192.0.2.1", &["rate-limited", "login-throttled", "mail-throttled"]),
            ("554 no mail here", &["no-mail-service"]),
            ("554 go away", &["service-rejected", "mail-refused"]),
            ("504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname", &["helo-refused"]),
            ("454 4.7.0 TLS not available due to local problem", &["starttls-refused"]),
            ("5.7.25 no PTR record", &["no-reverse-name"]),
            ("550 5.1.1 <user@example.org>: User unknown", &["recipient-unknown"]),
            ("550 5.1.1 <user@example.org>: Relay access denied", &["mail-refused"]),
            ("454 4.7.1 <user@example.org>: Relay access denied", &["relay-denied"]),
            ("535 5.7.8 Authentication failed", &["login-wrong-password"]),
            ("534 5.7.9 Application-specific password required", &["login-app-password-wanted"]),
            ("535 5.7.8 Mailbox full", &["login-refused"]),
            ("454 4.7.0 Temporary authentication failure", &["login-backend-down"]),
            ("530 5.7.0 Must issue a STARTTLS command first", &["tls-wanted"]),
            ("a1 NO [UNAVAILABLE] Temporary authentication failure.", &["login-backend-down"]),
            ("a1 NO [AUTHENTICATIONFAILED] Authentication failed.", &["login-wrong-password"]),
            ("-ERR [IN-USE] Mailbox is locked by another POP3 session.", &["login-throttled"]),
        ] {
            assert_eq!(read_as(text), (Ground::ByItsWords, findings.to_vec()), "{text}");
        }
    }

    #[test]
    fn an_enhanced_code_alone_has_the_class_of_its_first_number() {
        for (text, class) in [("2.1.5", "250"), ("4.7.1", "450"), ("5.7.1", "550")] {
            let with_code = read(&format!("{class} {text}")).expect("a reply").class;
            assert_eq!(read(text).map(|meaning| meaning.class), Some(with_code), "{text}");
        }
    }

    #[test]
    fn a_code_alone_gives_all_that_it_may_be() {
        for (text, first, other) in [
            ("554", "service-rejected", "address-blocklisted"),
            ("421", "service-unavailable", "address-blocklisted"),
            ("5.7.1", "service-rejected", "address-blocklisted"),
            ("535", "login-refused", "login-app-password-wanted"),
            ("452", "mail-deferred", "recipient-mailbox-full"),
        ] {
            let (ground, findings) = read_as(text);
            assert_eq!((ground, findings[0]), (Ground::ByItsCode, first), "{text}");
            assert!(findings.contains(&other), "{text}: {findings:?}");
        }
        assert_eq!(read_as("550 5.1.1"), (Ground::ByItsCode, vec!["recipient-unknown", "recipient-disabled"]));
        assert_eq!(read_as("220"), (Ground::Well, Vec::new()));
        assert_eq!(read_as("a1 OK Logged in"), (Ground::Well, Vec::new()));
    }

    #[test]
    fn other_texts_are_no_replies() {
        for text in ["", "25", "999", "hello", "5.7", "1.2.3", "554abc", "5.x.1", "tls ok", "say no", "NO"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
