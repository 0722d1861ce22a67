//! What a client says, and where an answer ends. Nothing is understood beyond that.

use crate::Protocol;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Greeting,
    Capabilities,
    StartTls,
    Goodbye,
}

/// The name that EHLO gives: the address is a valid one whoever the client is.
pub(super) const HELLO: &str = "[127.0.0.1]";

/// The command, empty for the greeting, which comes by itself.
pub(super) fn command(protocol: Protocol, ask: Ask) -> String {
    match (protocol, ask) {
        (_, Ask::Greeting) => String::new(),
        (Protocol::Smtp, Ask::Capabilities) => format!("EHLO {HELLO}\r\n"),
        (Protocol::Smtp, Ask::StartTls) => "STARTTLS\r\n".to_owned(),
        (Protocol::Smtp | Protocol::Pop3, Ask::Goodbye) => "QUIT\r\n".to_owned(),
        (Protocol::Imap, Ask::Capabilities) => "a CAPABILITY\r\n".to_owned(),
        (Protocol::Imap, Ask::StartTls) => "a STARTTLS\r\n".to_owned(),
        (Protocol::Imap, Ask::Goodbye) => "a LOGOUT\r\n".to_owned(),
        (Protocol::Pop3, Ask::Capabilities) => "CAPA\r\n".to_owned(),
        (Protocol::Pop3, Ask::StartTls) => "STLS\r\n".to_owned(),
    }
}

/// Whether the answer is complete.
pub(super) fn is_whole(protocol: Protocol, ask: Ask, answer: &[u8]) -> bool {
    let Some(lines) = answer.strip_suffix(b"\r\n") else { return false };
    let last = lines.iter().rposition(|&byte| byte == b'\n').map_or(lines, |end| &lines[end + 1..]);
    match (protocol, ask) {
        (Protocol::Smtp, _) => last.get(3) == Some(&b' '),
        (Protocol::Imap, Ask::Greeting) => true,
        (Protocol::Imap, _) => last.starts_with(b"a "),
        (Protocol::Pop3, Ask::Capabilities) => last == b"." || lines.starts_with(b"-"),
        (Protocol::Pop3, _) => true,
    }
}

/// Whether the answer says yes.
pub(super) fn is_yes(protocol: Protocol, answer: &[u8]) -> bool {
    match protocol {
        Protocol::Smtp => answer.starts_with(b"2"),
        Protocol::Pop3 => answer.starts_with(b"+"),
        Protocol::Imap => answer.starts_with(b"* OK") || answer.windows(5).any(|word| word == b"a OK "),
    }
}
