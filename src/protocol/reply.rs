//! What servers say: their replies, and what they offer.

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
