//! A server's reply, explained.

use super::super::article::Block;
use crate::diagnosis::reference::Subject;
use crate::diagnosis::reply::{Ground, ReplyClass, ReplyMeaning};

pub(super) fn blocks(reply: &ReplyMeaning) -> Vec<Block> {
    let mut blocks = vec![Block::heading(format!("{}: a reply of an SMTP server", reply.codes))];
    blocks.push(Block::text(class(reply.class)));
    if let Some(meaning) = reply.code_meaning {
        blocks.push(Block::text(format!("{} means: {meaning}.", reply.code)));
    }
    if let Some((code, topic)) = &reply.enhanced_topic {
        blocks.push(Block::text(format!("{code} says what it is about: {topic} (RFC 3463).")));
    }
    blocks.push(Block::heading("What mailprobe makes of it"));
    blocks.push(Block::text(ground(reply)));
    for &finding in &reply.findings {
        let subject = Subject::from(finding);
        let certain = reply.ground == Ground::ByItsWords;
        let meaning = if certain { subject.entry.advice } else { subject.entry.title };
        blocks.push(Block::Term(subject.name().to_owned(), meaning.to_owned()));
    }
    if let Some(finding) = reply.findings.first() {
        blocks.push(Block::heading(format!("More: mailprobe explain {finding}")));
    }
    blocks
}

fn class(class: ReplyClass) -> &'static str {
    match class {
        ReplyClass::Success => "The first digit 2: done, all is well.",
        ReplyClass::Continue => "The first digit 3: the server waits for the rest.",
        ReplyClass::Temporary => "The first digit 4: refused for now. Mail servers try again by themselves, for days.",
        ReplyClass::Permanent => "The first digit 5: refused for good. The sender is told, and nothing tries again.",
    }
}

fn ground(reply: &ReplyMeaning) -> String {
    let text = match reply.ground {
        Ground::Well => "Nothing: it is what a server that works says.",
        Ground::ByItsWords => "In answer to a connection, to EHLO or to STARTTLS it becomes this finding:",
        Ground::ByItsCode => {
            "In answer to a connection, to EHLO or to STARTTLS it becomes the first of these findings; the words after \
             the code may make it one of the others. To have them read as well, write the whole reply in quotation marks."
        }
        Ground::NeverMet => {
            "Nothing: it answers a login, a sender, a recipient or a message, and mailprobe never logs in and sends no \
             mail. Where you met it, the words after the code say what is wrong."
        }
    };
    text.to_owned()
}
