//! The envelope of a message that is never sent (RFC 5321, section 3.3): who it would be from, who it would be to.

use super::{Capabilities, Reply, Status};
use crate::named::named_enum;

/// What a server is asked to take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The argument of MAIL FROM, without angle brackets; empty for the null sender. Like the recipients without line ends
    /// and angle brackets: it is sent as it stands.
    pub sender: String,
    /// The arguments of RCPT TO, in this order, as long as they are taken. With none, only the sender is asked for.
    pub recipients: Vec<String>,
    /// Whether it is also asked for where no TLS is to be had, as a mail server would send.
    pub in_the_clear: bool,
    /// Whether [`Step::AskLeave`](super::Step::AskLeave) comes before.
    pub asks_leave: bool,
    /// Whether it is only to see whether the server relays for strangers.
    pub tests_relaying: bool,
}

/// What a server said to an envelope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct EnvelopeTalk {
    /// The sender that was named; empty for the null sender.
    pub sender: String,
    /// The answer to MAIL FROM.
    pub sender_reply: Option<Reply>,
    /// The recipients that were to be named, in order.
    pub recipients: Vec<RecipientTalk>,
    /// Why nothing was asked, where nothing was.
    pub refrained: Option<Refrained>,
    /// Whether it was only to see whether the server relays for strangers.
    pub tests_relaying: bool,
}

impl EnvelopeTalk {
    /// Before anything was said.
    pub(super) fn of(envelope: &Envelope) -> Self {
        let Envelope { sender, recipients, tests_relaying, .. } = envelope;
        let recipient = |address: &String| RecipientTalk { address: address.clone(), reply: None };
        Self {
            sender: sender.clone(),
            sender_reply: None,
            recipients: recipients.iter().map(recipient).collect(),
            refrained: None,
            tests_relaying: *tests_relaying,
        }
    }
}

/// What a server said to a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RecipientTalk {
    /// The recipient.
    pub address: String,
    /// The answer to RCPT TO; `None` where it was not asked for, or where no answer came.
    pub reply: Option<Reply>,
}

named_enum! {
    /// Why an envelope was not asked for.
    #[cfg_attr(not(feature = "internals"), non_exhaustive)]
    pub enum Refrained {
        /// It was asked for at another server or address of this run.
        AskedElsewhere = "asked-elsewhere",
        /// An address is not ASCII, and the server does not offer SMTPUTF8 (RFC 6531).
        NoUnicode = "no-unicode",
    }
}

/// An envelope on its way.
#[derive(Debug, Clone)]
pub(super) struct EnvelopeCourse {
    talk: EnvelopeTalk,
    asked: usize,
    resetting: bool,
}

/// What comes next of an envelope.
pub(super) enum Course {
    Say(String),
    /// That was all.
    Over,
}

impl EnvelopeCourse {
    /// What to say first; or why nothing is said.
    pub(super) fn begin(envelope: &Envelope, offered: &Capabilities) -> Result<(Self, String), Refrained> {
        let Envelope { sender, recipients, .. } = envelope;
        let is_ascii = sender.is_ascii() && recipients.iter().all(|recipient| recipient.is_ascii());
        let takes_unicode = offered.keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case("SMTPUTF8"));
        if !is_ascii && !takes_unicode {
            return Err(Refrained::NoUnicode);
        }
        let parameter = if is_ascii { "" } else { " SMTPUTF8" };
        let command = format!("MAIL FROM:<{sender}>{parameter}");
        Ok((Self { talk: EnvelopeTalk::of(envelope), asked: 0, resetting: false }, command))
    }

    /// Takes an answer.
    pub(super) fn answered(&mut self, reply: Reply) -> Course {
        if self.resetting {
            return Course::Over;
        }
        let is_sender = self.talk.sender_reply.is_none();
        let is_taken = reply.status == Status::Positive;
        if is_sender {
            self.talk.sender_reply = Some(reply);
            // QUIT takes back a sender alone (RFC 5321, section 4.1.1.10), a round trip sooner.
            if !is_taken || self.talk.recipients.is_empty() {
                return Course::Over;
            }
        } else if let Some(recipient) = self.talk.recipients.get_mut(self.asked) {
            recipient.reply = Some(reply);
            self.asked += 1;
        }
        if let Some(recipient) = self.talk.recipients.get(self.asked).filter(|_| is_taken) {
            return Course::Say(format!("RCPT TO:<{}>", recipient.address));
        }
        self.resetting = true;
        Course::Say("RSET".to_owned())
    }

    pub(super) fn into_talk(self) -> EnvelopeTalk {
        self.talk
    }
}
