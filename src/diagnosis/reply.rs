//! What an SMTP server's reply means by its text alone: `mailprobe explain "554 5.7.1 ..."`.

use super::finding_id::FindingId;
use super::refusal;
use crate::protocol::{Reply, Status, smtp};

/// A reply, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyMeaning {
    /// The codes as they stand in it: `554`, `554 5.7.1`, `5.7.1`.
    pub codes: String,
    /// The reply code alone; the enhanced one where there is no other.
    pub code: String,
    pub class: ReplyClass,
    /// What the code stands for, in a few words.
    pub code_meaning: Option<&'static str>,
    /// The enhanced status code, and what it is about.
    pub enhanced_topic: Option<(String, &'static str)>,
    /// What the check makes of it, the most likely first.
    pub findings: Vec<FindingId>,
    pub ground: Ground,
}

/// The first digit.
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
    /// It answers something that mailprobe never does.
    NeverMet,
}

/// Reads a reply code, an enhanced status code, or a whole reply; `None` where the text is none of these.
pub fn read(text: &str) -> Option<ReplyMeaning> {
    let text = text.trim();
    let reply = smtp::read_reply(text).or_else(|| enhanced_alone(text))?;
    let code: Option<u16> = reply.word.parse().ok();
    let enhanced = reply.enhanced.clone();
    let class = match (reply.status, code) {
        (Status::Temporary, _) => ReplyClass::Temporary,
        (Status::Permanent, _) => ReplyClass::Permanent,
        (Status::Positive, Some(300..400)) => ReplyClass::Continue,
        (Status::Positive, _) => ReplyClass::Success,
    };
    let known = code.and_then(|code| CODES.iter().find(|(known, ..)| *known == code));
    let is_refusal = reply.status != Status::Positive;
    let (ground, findings) = if !is_refusal {
        (Ground::Well, Vec::new())
    } else if !reply.text.trim().is_empty() {
        (Ground::ByItsWords, vec![by_words(&reply)])
    } else if known.is_some_and(|(_, occasion, _)| *occasion == Occasion::Mail) {
        (Ground::NeverMet, Vec::new())
    } else {
        let likely = by_words(&reply);
        let others = refusal::TOLD_BY_WORDS.into_iter().filter(|id| *id != likely);
        (Ground::ByItsCode, std::iter::once(likely).chain(others).collect())
    };
    let codes: Vec<&str> = [Some(reply.word.as_str()), enhanced.as_deref()]
        .into_iter()
        .flatten()
        .filter(|code| !code.is_empty())
        .collect();
    Some(ReplyMeaning {
        code: codes.first().copied().unwrap_or_default().to_owned(),
        codes: codes.join(" "),
        class,
        code_meaning: known.map(|(_, _, meaning)| *meaning),
        enhanced_topic: enhanced.and_then(|enhanced| topic(&enhanced).map(|topic| (enhanced, topic))),
        findings,
        ground,
    })
}

/// The finding that a refusal with these words becomes.
fn by_words(reply: &Reply) -> FindingId {
    // 454 is what a server says that cannot do TLS (RFC 3207, section 4).
    if reply.word == "454" && !refusal::is_about_the_connection(reply) {
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

/// What a reply answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// The connection, the client's name, or TLS: what mailprobe asks.
    Connection,
    /// A login, an address or a message.
    Mail,
}

/// The reply codes (RFC 5321, section 4.2.3; RFC 3207, RFC 4954, RFC 7504).
const CODES: &[(u16, Occasion, &str)] = &[
    (211, Occasion::Connection, "a report of the server's status"),
    (214, Occasion::Connection, "a help text"),
    (220, Occasion::Connection, "the server is ready; in answer to STARTTLS, begin with TLS"),
    (221, Occasion::Connection, "the server closes the connection, as it was asked to"),
    (235, Occasion::Mail, "the login has succeeded"),
    (250, Occasion::Connection, "done as asked"),
    (251, Occasion::Mail, "the recipient is elsewhere, and the server passes the message on"),
    (252, Occasion::Mail, "the server does not say whether the address exists"),
    (334, Occasion::Mail, "the server waits for the next part of the login"),
    (354, Occasion::Mail, "the server waits for the message"),
    (421, Occasion::Connection, "the service is not available, and the server closes the connection"),
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
    (534, Occasion::Mail, "the login method is too weak for this user"),
    (535, Occasion::Mail, "the login has failed: wrong name or password, or an app password is needed"),
    (538, Occasion::Mail, "the login method needs encryption"),
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
        (meaning.ground, meaning.findings.iter().map(|id| id.name()).collect())
    }

    #[test]
    fn words_decide_where_there_are_any() {
        for (text, finding) in [
            (
                "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
                "address-blocklisted",
            ),
            ("421 4.7.0 too many connections from 192.0.2.1", "rate-limited"),
            ("554 no mail here", "no-mail-service"),
            ("554 go away", "service-rejected"),
            ("501 5.5.4 invalid argument", "helo-refused"),
            ("454 4.7.0 TLS not available due to local problem", "starttls-refused"),
            ("5.7.25 no PTR record", "no-reverse-name"),
        ] {
            assert_eq!(read_as(text), (Ground::ByItsWords, vec![finding]), "{text}");
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
        for (text, first) in
            [("554", "service-rejected"), ("421", "service-unavailable"), ("5.7.1", "service-rejected")]
        {
            let (ground, findings) = read_as(text);
            assert_eq!((ground, findings[0]), (Ground::ByItsCode, first), "{text}");
            assert!(findings.contains(&"address-blocklisted"), "{findings:?}");
        }
        assert_eq!(read_as("535"), (Ground::NeverMet, Vec::new()));
        assert_eq!(read_as("220"), (Ground::Well, Vec::new()));
    }

    #[test]
    fn other_texts_are_no_replies() {
        for text in ["", "25", "999", "hello", "5.7", "1.2.3", "554abc", "5.x.1"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
