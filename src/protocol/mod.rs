//! The dialogues, sans-IO: no sockets, no clock.
//!
//! A dialogue is a value that says what it wants. It begins by waiting for the greeting; the driver hands it an
//! [`Input`] and does what the returned [`Step`] says. What was learnt is in the [`Conversation`].

mod envelope;
mod exchange;
pub mod imap;
mod inspection;
pub mod line;
mod login;
pub mod pop3;
mod reply;
pub mod sasl;
pub mod smtp;
#[cfg(test)]
mod test_talk;

use sasl::{Secret, Way};

pub use envelope::{Envelope, EnvelopeTalk, RecipientTalk, Refrained};
pub use login::{LoginOutcome, LoginTalk, Withheld};
pub use reply::{Capabilities, Reply, Status};

/// What the driver tells a dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input<'a> {
    /// One line, without its line end.
    Line(&'a [u8]),
    /// A line over [`line::MAX_LINE_BYTES`]: its beginning.
    LineTooLong(&'a [u8]),
    /// The server ended the stream.
    EndOfStream,
    /// The handshake asked for by [`Step::StartTls`] is done.
    TlsUp,
}

/// What a dialogue wants next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Wait for more input.
    Read,
    /// Send these bytes, then wait for input.
    Write(Vec<u8>),
    /// Hand the stream to TLS, then say [`Input::TlsUp`].
    StartTls {
        /// The first command inside TLS. It is to leave with the end of the client's handshake, so that it costs no round
        /// trip of its own. Where the handshake fails it is never said.
        then: Vec<u8>,
    },
    /// Send these bytes, which are secret, then wait for input.
    WriteSecret(Box<SecretLine>),
    /// Ask whether this may be done now, and say so with [`Dialogue::permit`].
    AskLeave(Errand),
    /// The dialogue is over. `farewell` is what to send before closing (QUIT, LOGOUT); empty when nothing should be said.
    Done {
        /// Bytes to send before closing.
        farewell: Vec<u8>,
    },
}

/// Something secret to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretLine {
    /// What is sent.
    pub bytes: Secret,
    /// What may be shown of it: `AUTH PLAIN <blotted>`.
    pub shown: String,
}

/// What is done beyond looking, and not without leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// A login.
    LogIn,
    /// An envelope.
    Envelope,
}

/// Whether an errand may be done.
#[derive(Debug)]
pub enum Permission {
    /// A login, in this way; or why it is not to be tried.
    LogIn(Result<Way, Withheld>),
    /// An envelope; or why it is not to be asked for.
    Envelope(Result<(), Refrained>),
}

/// What the dialogue is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The server's first reply.
    Greeting,
    /// The capabilities before TLS, or the only ones where no TLS is wanted.
    Capabilities,
    /// The answer to STARTTLS or STLS.
    Starttls,
    /// The capabilities inside TLS.
    SecuredCapabilities,
    /// A login.
    Login,
    /// The answers to an envelope.
    Envelope,
}

/// When a dialogue asks for TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upgrade {
    /// Not at all: the stream is inside TLS already, or no TLS is wanted.
    Never,
    /// When the server offers it. POP3 servers that do not know CAPA are asked all the same.
    WhenOffered,
    /// Even when it is not offered: something on the way may have removed the offer.
    Always,
}

/// How a dialogue is to be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether the stream is inside TLS from the start.
    pub secured: bool,
    /// When to ask for TLS.
    pub upgrade: Upgrade,
    /// The argument of EHLO and HELO: a domain name or an address literal (RFC 5321, section 4.1.1.1), without blanks
    /// and control characters: it is sent as it stands.
    pub hello: String,
    /// What is wanted beyond the capabilities.
    pub wants: Wants,
}

/// What is wanted of a server beyond its capabilities, once they are known and TLS is up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wants {
    /// Whether the null sender is named in place of STARTTLS, where the server offers that: does it insist on TLS? Nothing
    /// else is asked then. SMTP.
    pub sender_in_the_clear: bool,
    /// Whether to log in.
    pub login: bool,
    /// What the server is asked to take, after the login. SMTP.
    pub envelope: Option<Envelope>,
}

/// A protocol's dialogue, from the greeting to the farewell.
pub trait Dialogue: Send {
    /// Takes one input and says what to do next. After [`Step::Done`] it keeps answering `Done`.
    fn input(&mut self, input: Input<'_>) -> Step;

    /// Says what EHLO is to name instead of [`Settings::hello`], as long as it was not said. POP3 and IMAP name nobody.
    fn introduce(&mut self, _hello: String) {}

    /// Whether this line would be taken for a challenge of a SASL exchange, of which nothing is kept as it came.
    fn is_challenge(&self, line: &[u8]) -> bool;

    /// Says whether what was asked for by [`Step::AskLeave`] may be done.
    fn permit(&mut self, permission: Permission) -> Step;

    /// What the dialogue is waiting for, or was waiting for when it ended.
    fn phase(&self) -> Phase;

    /// What was learnt so far.
    fn conversation(&self) -> &Conversation;

    /// The same when nothing more is to be learnt: nothing of it is kept.
    fn take_conversation(&mut self) -> Conversation;
}

/// What a dialogue learnt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Conversation {
    /// The server's first reply; where it broke off, the lines that came.
    pub greeting: Option<Reply>,
    /// What the server offered before TLS.
    pub plaintext: Option<Capabilities>,
    /// The answer to STARTTLS or STLS.
    pub starttls: Option<Reply>,
    /// What the server offered inside TLS.
    pub secured: Option<Capabilities>,
    /// The answer to a sender in place of STARTTLS, where that was wanted.
    pub sender_in_the_clear: Option<Reply>,
    /// What became of the login, where one was wanted and the dialogue came that far.
    pub login: Option<LoginTalk>,
    /// What became of the envelope, where one was wanted and the dialogue came that far.
    pub envelope: Option<EnvelopeTalk>,
    /// What the server said for people to read, beside its replies: IMAP's `[ALERT]`, which clients must show (RFC 9051,
    /// section 7.1), and untagged `NO` and `BAD`. The first few of them.
    pub notices: Vec<String>,
    /// Why the dialogue ended early; `None` when it went to its end.
    pub stop: Option<Stop>,
}

/// Why a dialogue ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Stop {
    /// The server answered the greeting or the capabilities with a refusal, or took leave: 421, an untagged `BYE`.
    Rejected(Reply),
    /// STARTTLS or STLS is not among the capabilities, or cannot be used because the greeting was `PREAUTH`. Where it was
    /// tried all the same (POP3 without CAPA, a second look), the refusal is in [`Conversation::starttls`]. The
    /// phase is that of STARTTLS: what came before was completed.
    StarttlsNotOffered,
    /// The server offered the upgrade and then refused it.
    StarttlsRefused(Reply),
    /// The first line has not the shape of this protocol.
    ForeignGreeting(String),
    /// A later line has not the shape of a reply.
    Malformed(String),
    /// A line, or a reply, was longer than any honest server sends.
    TooLong,
    /// The server ended the stream where a reply was due.
    EndOfStream,
}
