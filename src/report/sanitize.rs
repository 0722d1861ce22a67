//! Hostile text made fit for a terminal, and for the log of a CI system.
//!
//! What a server says may hold sequences that move the cursor, rename the window, reorder a line or hide in it. Every
//! such character is shown by its escape instead (`\x1b`, `\u{202e}`), and everything printable stays, but for what would
//! be an order to a CI system (`orders`). A backslash is left alone, so that escaping twice changes nothing; where the
//! exact text matters, JSON has it.

pub mod orders;

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter, Write as _};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    Unicode,
    /// ASCII alone: everything else is escaped too.
    Ascii,
}

/// Escapes everything in `text` that a terminal would not show as it is.
pub fn escape(text: &str, charset: Charset) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for piece in pieces(text, charset) {
        piece.push_to(&mut shown);
    }
    Cow::Owned(shown)
}

/// Escapes `text` and cuts it to `width` columns; a cut is marked with an ellipsis where there is room for one.
///
/// Takes no longer than the visible part asks for, however long the text is.
pub fn fit(text: &str, width: usize, charset: Charset) -> String {
    let ellipsis = match charset {
        Charset::Unicode if width >= 1 => "…",
        Charset::Ascii if width >= 3 => "...",
        _ => "",
    };
    let room = width - ellipsis.width();

    let mut shown = String::new();
    let mut used = 0;
    // Where the text is cut should it turn out too long.
    let mut cut = 0;
    for piece in pieces(text, charset) {
        used += piece.width();
        if used > width {
            shown.truncate(cut);
            shown.push_str(ellipsis);
            return shown;
        }
        piece.push_to(&mut shown);
        if used <= room {
            cut = shown.len();
        }
    }
    shown
}

/// How many marks may stand on one base character: enough for any living script's ordinary text. A heap of them would
/// paint over the lines above and below.
const MAX_MARKS: usize = 3;

fn pieces(text: &str, charset: Charset) -> impl Iterator<Item = Piece> + '_ {
    // A mark at the very start would land on our own text.
    let mut marks = MAX_MARKS;
    let mut previous = None;
    text.char_indices().map(move |(at, character)| {
        let is_order = orders::is_second_hash(previous.replace(character), text.get(at..).unwrap_or_default());
        if is_order || is_unsafe(character) || (charset == Charset::Ascii && !character.is_ascii()) {
            return Piece::Escaped(character);
        }
        if character.width() != Some(0) {
            marks = 0;
            return Piece::Plain(character);
        }
        marks += 1;
        if marks > MAX_MARKS { Piece::Escaped(character) } else { Piece::Plain(character) }
    })
}

#[derive(Clone, Copy)]
enum Piece {
    Plain(char),
    Escaped(char),
}

impl Piece {
    fn width(self) -> usize {
        match self {
            Self::Plain(character) => character.width().unwrap_or(0),
            Self::Escaped(_) => self.to_string().len(),
        }
    }

    fn push_to(self, shown: &mut String) {
        // Writing into a string cannot fail.
        let _ = write!(shown, "{self}");
    }
}

impl Display for Piece {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Plain(character) => f.write_char(character),
            Self::Escaped(character @ ('\t' | '\n' | '\r')) => write!(f, "{}", character.escape_default()),
            Self::Escaped(character @ '\0'..='\x7f') => write!(f, "\\x{:02x}", u32::from(character)),
            Self::Escaped(character) => write!(f, "{}", character.escape_unicode()),
        }
    }
}

/// Whether a character acts on the terminal or on the text around it, or cannot be seen: C0, DEL and C1; line and
/// paragraph separators; and Unicode's `Default_Ignorable_Code_Point`, in which are the bidirectional controls, the
/// zero-width characters, the variation selectors and the tags; interlinear annotation; and the two that are no characters
/// and stand in no XML.
pub(super) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{fffe}'..='\u{ffff}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn printable_text_stays() {
        for text in ["220 mail.example.org ESMTP", "Grüße aus Köln", "日本語", "e\u{301}", "back\\slash"] {
            assert_eq!(escape(text, Charset::Unicode), text);
        }
    }

    #[test]
    fn what_acts_on_a_terminal_is_shown_by_its_escape() {
        for (hostile, shown) in [
            ("\x1b[2J", "\\x1b[2J"),
            ("a\tb\r\n", "a\\tb\\r\\n"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\x7f", "\\x7f"),
            ("user\u{202e}gro", "user\\u{202e}gro"),
            ("zero\u{200b}width", "zero\\u{200b}width"),
            ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"),
            ("\u{e0041}", "\\u{e0041}"),
            ("\u{feff}", "\\u{feff}"),
            ("220 ##vso[task]x ##[error]", "220 #\\x23vso[task]x #\\x23[error]"),
        ] {
            assert_eq!(escape(hostile, Charset::Unicode), shown);
        }
    }

    #[test]
    fn heaped_marks_are_shown_one_by_one() {
        assert_eq!(escape("\u{301}a", Charset::Unicode), "\\u{301}a");
        let heap = "a".to_owned() + &"\u{301}".repeat(5);
        assert_eq!(escape(&heap, Charset::Unicode), "a\u{301}\u{301}\u{301}\\u{301}\\u{301}");
    }

    #[test]
    fn ascii_terminals_get_ascii() {
        assert_eq!(escape("Grüße", Charset::Ascii), "Gr\\u{fc}\\u{df}e");
        assert_eq!(fit("Grüße aus Köln", 10, Charset::Ascii), "Gr...");
    }

    #[test]
    fn a_cut_is_marked_and_counts_columns() {
        assert_eq!(fit("hello", 5, Charset::Unicode), "hello");
        assert_eq!(fit("hello!", 5, Charset::Unicode), "hell…");
        assert_eq!(fit("日本語日本語", 6, Charset::Unicode), "日本…");
        assert_eq!(fit("a\x1bb", 4, Charset::Unicode), "a…");
        assert_eq!(fit("hello", 2, Charset::Ascii), "he");
        assert_eq!(fit("hello", 0, Charset::Unicode), "");
    }

    fn hostile() -> impl Strategy<Value = String> {
        let nasty =
            "##[\x1b\0\n\x7f\u{85}\u{9b}\u{202e}\u{2066}\u{200b}\u{200d}\u{301}\u{fe0f}\u{1f600}日\u{e0001}\u{2028}\\";
        let nasty = prop::sample::select(nasty.chars().collect::<Vec<_>>());
        prop::collection::vec(prop_oneof![nasty, any::<char>()], 0..80)
            .prop_map(|characters| characters.iter().collect())
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text in hostile()) {
            let shown = escape(&text, Charset::Unicode);
            prop_assert!(!shown.chars().any(is_unsafe), "{shown:?}");
            prop_assert!(!shown.contains("##["), "{shown:?}");
            prop_assert!(escape(&text, Charset::Ascii).chars().all(|character| matches!(character, ' '..='~')));
        }

        #[test]
        fn escaping_twice_changes_nothing(text in hostile()) {
            for charset in [Charset::Unicode, Charset::Ascii] {
                let once = escape(&text, charset).into_owned();
                prop_assert_eq!(escape(&once, charset), once.as_str());
            }
        }

        #[test]
        fn fitting_keeps_to_the_width(text in hostile(), width in 0..40_usize) {
            for charset in [Charset::Unicode, Charset::Ascii] {
                let shown = fit(&text, width, charset);
                prop_assert!(shown.width() <= width, "{shown:?} is {} columns", shown.width());
                let kept = shown.trim_end_matches(['…', '.']);
                prop_assert!(escape(&text, charset).starts_with(kept));
            }
        }
    }
}
