//! The dialogues, sans-IO: no sockets, no clock.
//!
//! A dialogue is a value that says what it wants. It begins by waiting for the greeting; the driver hands it an
//! [`Input`] and does what the returned [`Step`] says. What was learnt is in the [`Conversation`].

mod exchange;
pub mod imap;
mod inspection;
pub mod line;
pub mod pop3;
pub mod sasl;
pub mod smtp;
#[cfg(test)]
mod test_talk;

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
    /// The dialogue is over. `farewell` is what to send before closing (QUIT, LOGOUT); empty when nothing should be said.
    Done {
        /// Bytes to send before closing.
        farewell: Vec<u8>,
    },
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
}

/// A protocol's dialogue, from the greeting to the farewell.
pub trait Dialogue: Send {
    /// Takes one input and says what to do next. After [`Step::Done`] it keeps answering `Done`.
    fn input(&mut self, input: Input<'_>) -> Step;

    /// Says what EHLO is to name instead of [`Settings::hello`], as long as it was not said. POP3 and IMAP name nobody.
    fn introduce(&mut self, _hello: String) {}

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

/// A complete reply (SMTP), the greeting or tagged response (IMAP), or the status line (POP3).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Reply {
    /// What the reply means.
    pub status: Status,
    /// The word or number that says so: `220`, `OK`, `PREAUTH`, `BYE`, `+OK`, `-ERR`.
    pub word: String,
    /// SMTP's enhanced status code (RFC 3463), as `5.7.1`.
    pub enhanced: Option<String>,
    /// IMAP's or POP3's response code in brackets, without them and its arguments, in upper case: `UNAVAILABLE`,
    /// `SYS/TEMP`, `CAPABILITY`.
    pub response_code: Option<String>,
    /// The text for people, lines joined by a line feed, without words and codes.
    pub text: String,
    /// The lines as they came, invalid UTF-8 replaced. Once a server has said 8 KiB, only the beginnings of its lines are kept,
    /// each with an ellipsis at its end.
    pub lines: Vec<String>,
}

/// What a reply means, in the terms that the three protocols share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 2xx, 3xx, `OK`, `PREAUTH`, `+OK`.
    Positive,
    /// 4xx, `[UNAVAILABLE]`, `[SYS/TEMP]`, `[IN-USE]`, `[LOGIN-DELAY]`: later it may work.
    Temporary,
    /// 5xx, `NO`, `BAD`, `BYE`, `-ERR`.
    Permanent,
}

/// What a server offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Capabilities {
    /// Every keyword with its parameters, as the server wrote it, unknown ones included.
    pub keywords: Vec<String>,
    /// The text after the code on EHLO's first line: the server's name, and often how it sees us.
    pub hello_text: Option<String>,
    /// Whether STARTTLS or STLS is among them.
    pub starttls: bool,
    /// The SASL mechanisms, in upper case: `PLAIN`, `LOGIN`.
    pub mechanisms: Vec<String>,
    /// Whether a password login outside SASL is open: IMAP LOGIN without `LOGINDISABLED`, POP3 `USER`. Never for SMTP,
    /// and unknown where nothing was [`listed`](Self::listed).
    pub password_login: bool,
    /// IMAP's `LOGINDISABLED`.
    pub login_disabled: bool,
    /// Whether the server knew the question at all: false after HELO, and when CAPA was refused.
    pub listed: bool,
}
