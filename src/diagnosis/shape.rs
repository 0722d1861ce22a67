//! Which protocol speaks, by the shape of its first line: never by a word inside a host name, and never by what comes
//! after that line. Once the client has spoken, which it does first on a port for TLS, the server answers it, and many
//! servers repeat in their answer what they were sent.

/// What the first bytes look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A TLS alert or handshake record.
    Tls,
    Http,
    Ssh,
    Ftp,
    Lmtp,
    Nntp,
    Smtp,
    Imap,
    Pop3,
    ManageSieve,
    Vnc,
    Telnet,
    /// Control characters: no text protocol at all.
    Binary,
    /// Text of no known shape.
    Text,
}

impl Shape {
    /// The name in a sentence: "speaks …".
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Tls => "TLS",
            Self::Http => "HTTP, as a web server",
            Self::Ssh => "SSH",
            Self::Ftp => "FTP",
            Self::Lmtp => "LMTP",
            Self::Nntp => "NNTP",
            Self::Smtp => "SMTP",
            Self::Imap => "IMAP",
            Self::Pop3 => "POP3",
            Self::ManageSieve => "ManageSieve",
            Self::Vnc => "VNC",
            Self::Telnet => "Telnet",
            Self::Binary => "a binary protocol",
            Self::Text => "another protocol",
        }
    }
}

/// Recognises the first bytes that a server sent; `None` when there are none.
pub(super) fn shape_of(bytes: &[u8]) -> Option<Shape> {
    if bytes.is_empty() {
        return None;
    }
    if is_tls(bytes) {
        return Some(Shape::Tls);
    }
    // IAC (255) followed by WILL, WONT, DO or DONT (RFC 854).
    if matches!(bytes, [0xff, 0xfb..=0xfe, ..]) {
        return Some(Shape::Telnet);
    }
    let line = first_line(bytes);
    if is_tagged_refusal(line) {
        return Some(Shape::Imap);
    }
    Some(match text_shape(String::from_utf8_lossy(line).trim_end()) {
        // Of a line that begins as a protocol's lines do, the rest may be what the client sent, repeated.
        Shape::Text if line.iter().copied().any(is_control) => Shape::Binary,
        shape => shape,
    })
}

/// The first line that is not blank; where none has ended yet, what there is of it.
pub(super) fn first_line(bytes: &[u8]) -> &[u8] {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    lines.find(|line| !line.trim_ascii().is_empty()).unwrap_or_default()
}

fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\r' | b'\t' | 0x1b)
}

/// A TLS alert or handshake record: content type, then major version 3. A client's hello that comes back with a refusal
/// is none.
pub(super) fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x15 | 0x16, 3, 0..=4, ..]) && !is_refused_hello(bytes)
}

/// Our own hello up to a blank, taken for the tag of a command, and refused. That an IMAP server says such a thing first
/// means that it does not greet, or greets late. The hello of a server (handshake type 2) may hold any text.
fn is_refused_hello(bytes: &[u8]) -> bool {
    let is_server_hello = matches!(bytes, [_, _, _, _, _, 2, ..]);
    bytes.starts_with(&[0x16, 3]) && !is_server_hello && is_tagged_refusal(first_line(bytes))
}

/// A tag that only a client's TLS hello can be, then `BAD` (RFC 9051, section 7.1.3).
fn is_tagged_refusal(line: &[u8]) -> bool {
    let has_word = line
        .windows(4)
        .position(|word| word == b" BAD")
        .is_some_and(|at| line.get(at + 4).is_none_or(|after| matches!(after, b' ' | b'\r')));
    line.starts_with(&[0x16]) && has_word
}

/// The retired version (RFC 8996) that a server's hello chose, where the bytes begin with one.
pub(super) fn retired_version(bytes: &[u8]) -> Option<&'static str> {
    // Record: type 22, version, length (5 bytes). Handshake: type 2, length (4 bytes). Then the version chosen.
    match bytes {
        [0x16, 3, _, _, _, 2, _, _, _, 3, 0, ..] => Some("SSLv3"),
        [0x16, 3, _, _, _, 2, _, _, _, 3, 1, ..] => Some("TLSv1.0"),
        [0x16, 3, _, _, _, 2, _, _, _, 3, 2, ..] => Some("TLSv1.1"),
        _ => None,
    }
}

/// How an IMAP server's first line begins: with a greeting, or with an answer to something that it could not read.
const IMAP_RESPONSES: [&str; 5] = ["* OK", "* BYE", "* PREAUTH", "* BAD", "* NO"];

/// Recognises a line of text.
pub(super) fn text_shape(line: &str) -> Shape {
    let starts = |prefix: &str| line.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    if starts("HTTP/") || starts("<html") || starts("<!doctype html") {
        Shape::Http
    } else if line.starts_with("SSH-") {
        Shape::Ssh
    } else if line.starts_with("RFB 0") {
        Shape::Vnc
    } else if line.starts_with("\"IMPLEMENTATION\" ") {
        Shape::ManageSieve
    } else if IMAP_RESPONSES.iter().any(|response| starts(response)) {
        Shape::Imap
    } else if first_word_is(line, "+OK") || first_word_is(line, "-ERR") {
        Shape::Pop3
    } else if let Some(text) = after_code(line) {
        coded_shape(line, text)
    } else {
        Shape::Text
    }
}

/// A three-digit code begins the lines of several protocols: the words after it tell them apart.
fn coded_shape(line: &str, text: &str) -> Shape {
    if names_smtp(text) {
        Shape::Smtp
    } else if words(text).any(|word| word.eq_ignore_ascii_case("LMTP")) {
        Shape::Lmtp
    } else if words(text).any(|word| matches!(word.to_ascii_lowercase().as_str(), "nntp" | "innd" | "internetnews")) {
        Shape::Nntp
    } else if words(text).any(|word| word.to_ascii_lowercase().contains("ftp") || word.starts_with("FileZilla")) {
        Shape::Ftp
    } else if line.starts_with('2') && !line.starts_with("220") {
        Shape::Text
    } else {
        Shape::Smtp
    }
}

/// Whether the text names SMTP itself.
pub(super) fn names_smtp(text: &str) -> bool {
    words(text).any(|word| word.eq_ignore_ascii_case("SMTP") || word.eq_ignore_ascii_case("ESMTP"))
}

/// The words of a text, brackets and signs around them taken off; names with a dot inside are left out.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty() && !word.contains('.'))
}

/// Whether it is made as host names are: labels of letters, digits and hyphens, at least two.
pub(super) fn is_host_name(word: &str) -> bool {
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    word.contains('.') && word.split('.').all(is_label)
}

fn first_word_is(line: &str, word: &str) -> bool {
    line.split(' ').next().is_some_and(|first| first.eq_ignore_ascii_case(word))
}

/// The text after `220 ` or `220-`.
fn after_code(line: &str) -> Option<&str> {
    match line.as_bytes() {
        [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9'] => Some(""),
        [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ' | b'-', ..] => line.get(4..),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_name_the_protocol() {
        let cases: &[(&[u8], Shape)] = &[
            (b"\x15\x03\x01\x00\x02\x02\x46", Shape::Tls),
            (b"\x16\x03\x03\x00\x7a\x02", Shape::Tls),
            (b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n", Shape::Http),
            (b"<!DOCTYPE HTML PUBLIC", Shape::Http),
            (b"SSH-2.0-OpenSSH_9.2p1\r\n", Shape::Ssh),
            (b"220 (vsFTPd 3.0.5)\r\n", Shape::Ftp),
            (b"220 ProFTPD Server (Debian) [::ffff:192.0.2.1]\r\n", Shape::Ftp),
            (b"220-FileZilla Server 1.7.0\r\n", Shape::Ftp),
            (b"220 mail.example.org LMTP ready\r\n", Shape::Lmtp),
            (b"200 news.example.org InterNetNews NNRP server INN ready\r\n", Shape::Nntp),
            (b"220 ftp.example.org ESMTP Postfix\r\n", Shape::Smtp),
            (b"220 ssh.ftp.example.org\r\n", Shape::Smtp),
            (b"554 go away\r\n", Shape::Smtp),
            (b"* OK IMAP4rev1 ready\r\n", Shape::Imap),
            (b"* BYE overloaded\r\n", Shape::Imap),
            (b"+OK ready\r\n", Shape::Pop3),
            (b"-ERR busy\r\n", Shape::Pop3),
            (b"\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n", Shape::ManageSieve),
            (b"RFB 003.008\n", Shape::Vnc),
            (b"\xff\xfd\x18\xff\xfd\x20", Shape::Telnet),
            (b"J\x00\x00\x00\x0a8.0.36\x00", Shape::Binary),
            (b"hello there\r\n", Shape::Text),
            (b"\r\nhello there\r\n\x00\x01", Shape::Text),
            (b"\n\x00\x01", Shape::Binary),
        ];
        for (bytes, shape) in cases {
            assert_eq!(shape_of(bytes), Some(*shape), "{}", String::from_utf8_lossy(bytes));
        }
        assert_eq!(shape_of(b""), None);
    }

    #[test]
    fn what_follows_the_first_line_changes_nothing() {
        let hello = b"\x16\x03\x01\x06\x9a\x01\x00\x06\x96\x03\x03\x7f BAD Unknown command\r\n";
        for (greeting, shape) in [
            ("* OK IMAP4rev1 ready\r\n", Shape::Imap),
            ("+OK ready\r\n", Shape::Pop3),
            ("220 mail.example.org ESMTP\r\n", Shape::Smtp),
            ("220 (vsFTPd 3.0.5)\r\n", Shape::Ftp),
            ("SSH-2.0-OpenSSH_9.2p1\r\n", Shape::Ssh),
            ("RFB 003.008\n", Shape::Vnc),
            ("\"IMPLEMENTATION\" \"Dovecot\"\r\n", Shape::ManageSieve),
            ("hello there\r\n", Shape::Text),
        ] {
            assert_eq!(shape_of(greeting.as_bytes()), Some(shape), "{greeting}");
            assert_eq!(shape_of(&[greeting.as_bytes(), hello].concat()), Some(shape), "{greeting} and an answer");
        }
    }

    #[test]
    fn a_first_line_that_repeats_our_hello_is_its_server_s() {
        let cases: &[(&[u8], Shape)] = &[
            // All of the hello up to its first blank, or up to its first zero.
            (b"\x16\x03\x01\x06\x9a\x01\x00\x06\x96\x03\x03\x7f BAD Unknown command\r\n", Shape::Imap),
            (b"\x16\x03\x01\x06 BAD\r\n* OK ready\r\n", Shape::Imap),
            (b"* BAD invalid tag \x16\x03\x01\r\n", Shape::Imap),
            (b"-ERR unknown command \x16\x03\x01\r\n", Shape::Pop3),
            (b"500 5.5.1 command unrecognized: \"\x16\x03\x01\"\r\n", Shape::Smtp),
            // A certificate may have any word in it.
            (b"\x16\x03\x03\x00\x7a\x02\x00\x00\x4d\x03\x03 BAD Example Ltd\r\n", Shape::Tls),
        ];
        for (bytes, shape) in cases {
            assert_eq!(shape_of(bytes), Some(*shape), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_server_hello_tells_the_version_it_chose() {
        assert_eq!(retired_version(b"\x16\x03\x01\x00\x31\x02\x00\x00\x2d\x03\x01abc"), Some("TLSv1.0"));
        assert_eq!(retired_version(b"\x16\x03\x03\x00\x31\x02\x00\x00\x2d\x03\x03abc"), None);
        assert_eq!(retired_version(b"\x15\x03\x01\x00\x02\x02\x46"), None);
    }
}
