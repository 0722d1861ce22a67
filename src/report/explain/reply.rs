//! A server's reply, explained.

use super::super::article::Block;
use crate::diagnosis::reference::Subject;
use crate::diagnosis::reply::{Ground, Occasion, ReplyClass, ReplyMeaning};
use crate::service::Protocol;
use crate::words;

pub(super) fn blocks(reply: &ReplyMeaning) -> Vec<Block> {
    let server = match reply.protocol {
        Protocol::Smtp => "an SMTP",
        Protocol::Imap => "an IMAP",
        Protocol::Pop3 => "a POP3",
    };
    let mut blocks = vec![Block::heading(format!("{}: a reply of {server} server", reply.codes))];
    blocks.push(Block::text(class(reply)));
    if let Some(meaning) = reply.code_meaning {
        blocks.push(Block::text(format!("{} means: {meaning}.", reply.code)));
    }
    if let Some((code, topic)) = &reply.enhanced_topic {
        blocks.push(Block::text(format!("{code} says what it is about: {topic} (RFC 3463).")));
    }
    blocks.push(Block::heading("What mailprobe makes of it"));
    blocks.extend(ground(reply).map(Block::text));
    let certain = reply.ground == Ground::ByItsWords;
    let mut said: &[Occasion] = &[];
    for reading in &reply.readings {
        if reading.occasions != said {
            said = &reading.occasions;
            blocks.push(Block::text(occasions(said, certain)));
        }
        let subject = Subject::from(reading.finding);
        let meaning = if certain { subject.entry.advice } else { subject.entry.title };
        blocks.push(Block::Term(subject.name().to_owned(), meaning.to_owned()));
    }
    if let Some(reading) = reply.readings.first() {
        blocks.push(Block::heading(format!("More: mailprobe explain {}", reading.finding)));
    }
    blocks
}

fn class(reply: &ReplyMeaning) -> &'static str {
    match (reply.protocol, reply.class) {
        (Protocol::Smtp, ReplyClass::Success) => "The first digit 2: done, all is well.",
        (Protocol::Smtp, ReplyClass::Continue) => "The first digit 3: the server waits for the rest.",
        (Protocol::Smtp, ReplyClass::Temporary) => {
            "The first digit 4: refused for now. Mail servers try again by themselves, for days."
        }
        (Protocol::Smtp, ReplyClass::Permanent) => {
            "The first digit 5: refused for good. The sender is told, and nothing tries again."
        }
        (_, ReplyClass::Success | ReplyClass::Continue) => "OK: done, all is well.",
        (_, ReplyClass::Temporary) => "A refusal that is for now, as its code in brackets says.",
        (_, ReplyClass::Permanent) => {
            "A refusal. Whether it is for good, only its code in brackets or its words can say."
        }
    }
}

/// On what occasions it becomes the findings that follow.
fn occasions(occasions: &[Occasion], certain: bool) -> String {
    let names = words::joined(occasions.iter().map(|occasion| {
        let name = match occasion {
            Occasion::Connection => "a connection, to EHLO or to STARTTLS",
            Occasion::Login => "a login",
            Occasion::Mail => "a sender or a recipient (MAIL FROM, RCPT TO)",
        };
        format!("to {name}")
    }));
    let what = if certain { "this finding" } else { "the first of these findings" };
    format!("In answer {names} it becomes {what}:")
}

fn ground(reply: &ReplyMeaning) -> Option<&'static str> {
    match reply.ground {
        Ground::Well => Some("Nothing: it is what a server that works says."),
        Ground::ByItsWords => None,
        Ground::ByItsCode => Some(
            "The code alone stands for different things, and the words after it tell them apart. To have them read as \
             well, write the whole reply in quotation marks.",
        ),
    }
}
