//! A line as those read it who undo one kind of escape.

use std::ops::Range;

use zeroize::Zeroizing;

/// A line with its escapes undone, in small letters.
pub(super) struct LineView {
    pub(super) text: Zeroizing<Vec<u8>>,
    /// The same with the base64 of URLs in its usual alphabet.
    pub(super) base64: Zeroizing<Vec<u8>>,
    /// Where in the line each byte comes from; `None`: from where it stands.
    origins: Option<Vec<Range<usize>>>,
}

/// Reads the escape that something begins with: the bytes that it stands for, and how long it is.
type EscapeReader = fn(&[u8]) -> Option<(Unescaped, usize)>;

/// A byte, or the UTF-8 of a character.
enum Unescaped {
    Byte(u8),
    Character(char),
}

/// The kinds of escapes, each with the sign that it does not occur without.
const ESCAPES: [(u8, EscapeReader); 5] =
    [(b'%', of_url), (b'+', of_form), (b'=', of_quoted_printable), (b'\\', of_json), (b'&', of_html)];

impl LineView {
    fn new(text: Zeroizing<Vec<u8>>, origins: Option<Vec<Range<usize>>>) -> Self {
        let usual = |byte: &u8| match byte {
            b'-' => b'+',
            b'_' => b'/',
            byte => *byte,
        };
        let base64 = Zeroizing::new(text.iter().map(usual).collect());
        Self { text, base64, origins }
    }

    /// Where in the line a place of this view is. It holds a byte at least.
    pub(super) fn in_line(&self, place: Range<usize>) -> Range<usize> {
        match &self.origins {
            Some(origins) => origins[place.start].start..origins[place.end - 1].end,
            None => place,
        }
    }
}

/// The line as it is, and as it is for those who undo an escape that may be in it.
pub(super) fn views(line: &[u8]) -> Vec<LineView> {
    let as_it_is = LineView::new(Zeroizing::new(line.to_ascii_lowercase()), None);
    let undone = ESCAPES.iter().filter(|(sign, _)| line.contains(sign)).map(|(_, read)| undo(line, *read));
    std::iter::once(as_it_is).chain(undone).collect()
}

fn undo(line: &[u8], read: EscapeReader) -> LineView {
    let mut text = Zeroizing::new(Vec::with_capacity(line.len()));
    let mut origins = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(&first) = rest.first() {
        let (unescaped, length) = read(rest).unwrap_or((Unescaped::Byte(first), 1));
        match unescaped {
            Unescaped::Byte(byte) => text.push(byte),
            Unescaped::Character(character) => {
                text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        let at = line.len() - rest.len();
        origins.resize(text.len(), at..at + length);
        rest = &rest[length..];
    }
    text.make_ascii_lowercase();
    LineView::new(text, Some(origins))
}

/// `%2F`
fn of_url(rest: &[u8]) -> Option<(Unescaped, usize)> {
    Some((Unescaped::Byte(hexadecimal_byte(rest.strip_prefix(b"%")?)?), 3))
}

/// As in URLs, and `+` is a blank.
fn of_form(rest: &[u8]) -> Option<(Unescaped, usize)> {
    if rest.starts_with(b"+") { Some((Unescaped::Byte(b' '), 1)) } else { of_url(rest) }
}

/// `=2F`
fn of_quoted_printable(rest: &[u8]) -> Option<(Unescaped, usize)> {
    Some((Unescaped::Byte(hexadecimal_byte(rest.strip_prefix(b"=")?)?), 3))
}

/// `\u002f`, `\x2f`, `\/`; so are IMAP's quoted strings.
fn of_json(rest: &[u8]) -> Option<(Unescaped, usize)> {
    let escaped = rest.strip_prefix(b"\\")?;
    let unit = |from: &[u8]| u16::try_from(number(from.strip_prefix(b"u")?.get(..4)?, 16)?).ok();
    if let Some(first) = unit(escaped) {
        let second = escaped.get(5..).and_then(|next| unit(next.strip_prefix(b"\\")?));
        let units = [first, second.unwrap_or_default()];
        let character = char::decode_utf16(units).next()?.ok()?;
        return Some((Unescaped::Character(character), 6 * character.len_utf16()));
    }
    if let Some(byte) = escaped.strip_prefix(b"x").and_then(hexadecimal_byte) {
        return Some((Unescaped::Byte(byte), 4));
    }
    let byte = match escaped.first()? {
        b'b' => 0x08,
        b'f' => 0x0c,
        b't' => b'\t',
        byte if byte.is_ascii_alphanumeric() => return None,
        byte => *byte,
    };
    Some((Unescaped::Byte(byte), 2))
}

/// `&#x2f;`, `&#47;`, `&amp;`
fn of_html(rest: &[u8]) -> Option<(Unescaped, usize)> {
    let inside = rest.strip_prefix(b"&")?;
    let end = inside.iter().take(10).position(|byte| *byte == b';')?;
    let character = match &inside[..end] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        _ => return None,
    };
    Some((Unescaped::Character(character), end + 2))
}

/// What the first two digits stand for.
fn hexadecimal_byte(digits: &[u8]) -> Option<u8> {
    u8::try_from(number(digits.get(..2)?, 16)?).ok()
}

/// Digits alone, without a sign.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u32::from_str_radix(digits, radix).ok()
}
