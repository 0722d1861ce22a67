//! Keeps a secret out of everything that is kept.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER};
use memchr::memmem;
use zeroize::Zeroizing;

use super::scram::prepared;
use super::views::{LineView, views};

/// What stands in the place of a secret.
const MARK: &[u8] = b"<blotted>";
/// A shorter secret stands in too many words that have nothing to do with it.
const SHORTEST: usize = 4;
/// How many messages of exchanges are looked for, the last ones: many more than the logins of a run have.
const MOST_MESSAGES: usize = 32;

/// Replaces a secret by `<blotted>`, in whatever form a server sends it back: as it is, in base64, in the escapes of URLs,
/// JSON, HTML and mail, and in capitals or not. Its clones share what they know.
#[derive(Clone)]
pub struct Blotter {
    secret: Arc<[Needle]>,
    messages: Arc<RwLock<Vec<Needle>>>,
}

/// One form of the secret.
struct Needle {
    /// In small letters; base64 in its usual alphabet.
    text: Zeroizing<Vec<u8>>,
    kind: NeedleKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum NeedleKind {
    Anywhere,
    /// Only where no letter or digit is beside it.
    Word,
    /// A piece of base64: all the base64 around it goes, too.
    Base64,
    /// Base64 that must stand alone.
    Base64Word,
}

impl Blotter {
    pub(super) fn new(user: &str, secret: &str) -> Self {
        let mut needles = Vec::new();
        let latin_1 = secret.chars().map(|c| u8::try_from(c).ok()).collect::<Option<Vec<u8>>>();
        let prepared = prepared(secret);
        let mut spellings = vec![Zeroizing::new(secret.as_bytes().to_vec())];
        let others = [
            Some(prepared.as_bytes().to_vec()),
            latin_1,
            // Of ASCII, capitals are found as it is.
            (!secret.is_ascii()).then(|| secret.to_uppercase().into_bytes()),
            (!secret.is_ascii()).then(|| secret.to_lowercase().into_bytes()),
        ];
        for other in others.into_iter().flatten().map(Zeroizing::new) {
            if !spellings.contains(&other) {
                spellings.push(other);
            }
        }
        for spelling in &spellings {
            let hex = Zeroizing::new(HEXLOWER.encode(spelling));
            let (plain, encoded) = if spelling.len() < SHORTEST {
                (NeedleKind::Word, NeedleKind::Base64Word)
            } else {
                (NeedleKind::Anywhere, NeedleKind::Base64)
            };
            needles.push(Needle::new(spelling, plain));
            needles.push(Needle::new(hex.as_bytes(), plain));
            if encoded == NeedleKind::Base64 {
                needles.extend((0..3).map(|shift| Needle::new(&inner_base64(spelling, shift), encoded)));
            } else {
                let plain_message = [b"\0", user.as_bytes(), b"\0", spelling].concat();
                let with_colon = [user.as_bytes(), b":", spelling].concat();
                for message in [spelling, &plain_message, &with_colon] {
                    needles.push(Needle::new(BASE64.encode(message).as_bytes(), encoded));
                    needles.push(Needle::new(BASE64_NOPAD.encode(message).as_bytes(), encoded));
                }
            }
        }
        Self { secret: needles.into(), messages: Arc::default() }
    }

    /// Has a message of the client's replaced as well, one from which the secret could be found out by trying: as it is,
    /// and in base64.
    pub(super) fn also(&self, message: &[u8]) {
        let mut messages = self.messages.write().unwrap_or_else(PoisonError::into_inner);
        messages.push(Needle::new(message, NeedleKind::Anywhere));
        messages.push(Needle::new(&inner_base64(message, 0), NeedleKind::Base64));
        let surplus = messages.len().saturating_sub(2 * MOST_MESSAGES);
        messages.drain(..surplus);
    }

    /// A line, or any other piece of text, without the secret.
    pub fn blot<'a>(&self, line: &'a [u8]) -> Cow<'a, [u8]> {
        let messages = self.messages.read().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<Range<usize>> = Vec::new();
        for view in views(line) {
            found.extend(self.secret.iter().chain(messages.iter()).flat_map(|needle| needle.places(&view)));
        }
        if found.is_empty() {
            return Cow::Borrowed(line);
        }
        found.sort_unstable_by_key(|range| range.start);
        let (mut without, mut done) = (Vec::new(), 0);
        for range in found {
            if range.start >= done {
                without.extend_from_slice(&line[done..range.start]);
                without.extend_from_slice(MARK);
            }
            done = done.max(range.end);
        }
        without.extend_from_slice(&line[done..]);
        Cow::Owned(without)
    }
}

impl fmt::Debug for Blotter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blotter")
    }
}

impl Needle {
    fn new(text: &[u8], kind: NeedleKind) -> Self {
        Self { text: Zeroizing::new(text.to_ascii_lowercase()), kind }
    }

    /// Where in the line it is.
    fn places(&self, view: &LineView) -> Vec<Range<usize>> {
        let is_base64 = matches!(self.kind, NeedleKind::Base64 | NeedleKind::Base64Word);
        let text = if is_base64 { &view.base64 } else { &view.text };
        let mut places = Vec::new();
        let mut done = 0;
        // The code of a reply and its hyphen might be base64, and are not: they stay.
        let code = match view.text.split_at_checked(3) {
            Some((code, [b'-', ..])) if code.iter().all(u8::is_ascii_digit) => 4,
            _ => 0,
        };
        for start in memmem::find_iter(text, &*self.text) {
            let end = start + self.text.len();
            if start < done {
                continue;
            }
            let place = match self.kind {
                NeedleKind::Anywhere => start..end,
                NeedleKind::Base64 => {
                    let between = &text[done.max(code).min(start)..start];
                    let before = between.iter().rev().take_while(|byte| is_of_base64(**byte)).count();
                    let behind = text[end..].iter().take_while(|byte| is_of_base64(**byte)).count();
                    start - before..end + behind
                }
                NeedleKind::Word
                    if stands_alone(text, &(start..end), |byte| byte.is_ascii_alphanumeric() || byte >= 0x80) =>
                {
                    start..end
                }
                NeedleKind::Base64Word if stands_alone(text, &(start..end), is_of_base64) => start..end,
                NeedleKind::Word | NeedleKind::Base64Word => continue,
            };
            done = place.end;
            places.push(view.in_line(place));
        }
        places
    }
}

fn stands_alone(text: &[u8], place: &Range<usize>, is_part: impl Fn(u8) -> bool) -> bool {
    let before = place.start.checked_sub(1).and_then(|before| text.get(before));
    !before.into_iter().chain(text.get(place.end)).any(|byte| is_part(*byte))
}

fn is_of_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// What stands in the base64 of anything that has `shift` bytes, and any multiple of three, before `text`: the characters
/// that are made of `text` alone.
fn inner_base64(text: &[u8], shift: usize) -> Zeroizing<Vec<u8>> {
    let shifted = Zeroizing::new([&[0; 2][..shift], text].concat());
    let encoded = Zeroizing::new(BASE64_NOPAD.encode(&shifted));
    Zeroizing::new(encoded.as_bytes()[(8 * shift).div_ceil(6)..8 * shifted.len() / 6].to_vec())
}
