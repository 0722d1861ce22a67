//! How to write for a person: width, colour, characters; and the page that text is laid out on.

use std::borrow::Cow;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style as Ansi};
use textwrap::{WordSeparator, WordSplitter, WrapAlgorithm};
use unicode_width::UnicodeWidthStr as _;

use super::sanitize::{Charset, escape, orders};

/// The narrowest page: below it a table makes no sense.
pub const MIN_WIDTH: usize = 40;

/// The widest page: longer lines are hard to read.
pub const MAX_WIDTH: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours may be used. They never carry meaning alone.
    pub colour: bool,
    /// Whether the terminal shows Unicode; plain ASCII otherwise.
    pub unicode: bool,
    /// The terminal's width in columns; kept between [`MIN_WIDTH`] and [`MAX_WIDTH`].
    pub width: usize,
}

impl Style {
    pub(super) fn columns(self) -> usize {
        self.width.clamp(MIN_WIDTH, MAX_WIDTH)
    }

    pub(super) fn charset(self) -> Charset {
        if self.unicode { Charset::Unicode } else { Charset::Ascii }
    }

    /// What stands between two remarks on one line.
    pub(super) fn separator(self) -> &'static str {
        if self.unicode { " · " } else { " - " }
    }
}

/// What a piece of text is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Strong,
    Faint,
    Good,
    Caution,
    Bad,
    Unclear,
}

impl Ink {
    fn ansi(self) -> Ansi {
        match self {
            Self::Plain => Ansi::new(),
            Self::Strong => Ansi::new().bold(),
            Self::Faint => Ansi::new().dimmed(),
            Self::Good => AnsiColor::Green.on_default().bold(),
            Self::Caution => AnsiColor::Yellow.on_default().bold(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Unclear => AnsiColor::Magenta.on_default().bold(),
        }
    }
}

/// Text of one kind. Fit for the terminal only once it is on a [`Page`], which escapes it.
pub(super) type Span<'a> = (Ink, &'a str);

/// Lines laid out for a terminal. All text is escaped on the way in, and no line begins as an order to a CI system.
pub(super) struct Page {
    style: Style,
    text: String,
    /// Whether something other than blanks stands on the last line.
    has_begun: bool,
}

impl Page {
    pub(super) fn new(style: Style) -> Self {
        Self { style, text: String::new(), has_begun: false }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What stands between two remarks on one line.
    pub(super) fn separator(&self) -> &'static str {
        self.style.separator()
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A line that is known to fit.
    pub(super) fn line(&mut self, spans: &[Span<'_>]) {
        for &(ink, text) in spans {
            let shown = escape(text, self.style.charset());
            self.put(ink, &shown);
        }
        self.end_line();
    }

    /// Text that is wrapped; its first line begins after `lead`, all lines in column `indent`.
    pub(super) fn paragraph(&mut self, lead: &[Span<'_>], indent: usize, ink: Ink, text: &str) {
        let shown = escape(text, self.style.charset());
        let mut used = 0;
        for &(ink, text) in lead {
            let shown = escape(text, self.style.charset());
            used += shown.width();
            self.put(ink, &shown);
        }
        let started = orders::line_start(&shown);
        let shown = if self.has_begun { &shown } else { &started };
        let columns = self.style.columns();
        for line in wrap(shown, columns.saturating_sub(used.max(indent)), columns.saturating_sub(indent)) {
            self.text.extend(std::iter::repeat_n(' ', indent.saturating_sub(used)));
            self.put(ink, &line);
            self.end_line();
            used = 0;
        }
    }

    /// A paragraph with advice. A piece of code with blanks in it (a DNS record) that is wider than the page stands in a line
    /// of its own, from the first column on and unbroken, so that it can be copied.
    pub(super) fn advice(&mut self, indent: usize, text: &str) {
        let room = self.style.columns().saturating_sub(indent);
        let mut before = String::new();
        for (number, piece) in text.split('`').enumerate() {
            let is_code = number % 2 == 1;
            if !is_code {
                before.push_str(piece.trim_start_matches(if before.is_empty() && number > 0 { ". " } else { "" }));
            } else if piece.contains(' ') && piece.width() > room {
                if !before.trim().is_empty() {
                    self.paragraph(&[], indent, Ink::Plain, before.trim());
                }
                self.line(&[(Ink::Plain, piece)]);
                before.clear();
            } else {
                before.extend(["`", piece, "`"]);
            }
        }
        if !before.trim().is_empty() {
            self.paragraph(&[], indent, Ink::Plain, before.trim());
        }
    }

    /// A line across the page, between things that stand for themselves.
    pub(super) fn rule(&mut self) {
        let stroke = if self.style.unicode { "─" } else { "-" };
        self.put(Ink::Faint, &stroke.repeat(self.style.columns()));
        self.end_line();
    }

    fn put(&mut self, ink: Ink, shown: &str) {
        let ansi = ink.ansi();
        let shown = if self.has_begun { Cow::Borrowed(shown) } else { orders::line_start(shown) };
        let is_blank = shown.trim().is_empty();
        self.has_begun |= !is_blank;
        if self.style.colour && ink != Ink::Plain && !is_blank {
            // Writing into a string cannot fail.
            let _ = write!(self.text, "{ansi}{shown}{ansi:#}");
        } else {
            self.text.push_str(&shown);
        }
    }

    fn end_line(&mut self) {
        let end = self.text.trim_end_matches(' ').len();
        self.text.truncate(end);
        self.text.push('\n');
        self.has_begun = false;
    }
}

/// Breaks text into lines of at most `room` columns, the first of at most `first_room`: at blanks, and inside a word
/// only when the word alone is longer. There is always at least one line, and none below the first begins as an order to
/// a CI system; what the first begins with is up to what stands before it.
pub(super) fn wrap(text: &str, first_room: usize, room: usize) -> Vec<String> {
    let lines = broken(text, first_room, room);
    if lines.iter().skip(1).all(|line| matches!(orders::line_start(line), Cow::Borrowed(_))) {
        return lines;
    }
    // Another start is a little longer: leave room for it.
    let less = |room: usize| room.saturating_sub(orders::LONGER_BY).max(1);
    let lines = broken(text, less(first_room), less(room));
    let start = |(number, line): (usize, String)| {
        if number == 0 { line } else { orders::line_start(&line).into_owned() }
    };
    lines.into_iter().enumerate().map(start).collect()
}

fn broken(text: &str, first_room: usize, room: usize) -> Vec<String> {
    let taken = " ".repeat(room.saturating_sub(first_room));
    let options = textwrap::Options::new(room)
        .initial_indent(&taken)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    let mut lines: Vec<String> = textwrap::wrap(text.trim_end(), options).into_iter().map(Into::into).collect();
    if let Some(first) = lines.first_mut() {
        *first = first.split_off(taken.len().min(first.len()));
    }
    lines
}

/// Pads to a width in columns, blanks after the text.
pub(super) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// Pads to a width in columns, blanks before the text.
pub(super) fn pad_left(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_broken_at_blanks() {
        assert_eq!(wrap("one two three", 7, 7), ["one two", "three"]);
        assert_eq!(wrap("one two three", 8, 8), ["one two", "three"]);
        assert_eq!(wrap("one  two", 4, 4), ["one", "two"]);
        assert_eq!(wrap("", 8, 8), [""]);
        assert_eq!(wrap("one two three", 3, 9), ["one", "two three"]);
    }

    #[test]
    fn a_record_that_is_wider_than_the_page_stands_alone_and_whole() {
        let advice = |text: &str| {
            let mut page = Page::new(Style { colour: false, unicode: true, width: 40 });
            page.advice(4, text);
            page.into_text()
        };
        let record = format!("_25._tcp.mx.example.org. IN TLSA 3 1 1 {}", "c".repeat(64));
        assert_eq!(
            advice(&format!("hint: Publish this: `{record}`. Or use the old key again (certbot: `--reuse-key`).")),
            format!("    hint: Publish this:\n{record}\n    Or use the old key again (certbot:\n    `--reuse-key`).\n")
        );
        assert_eq!(
            advice(&format!("hint: These: `{record}` `{record}`")),
            format!("    hint: These:\n{record}\n{record}\n")
        );
        assert_eq!(advice("hint: `mailprobe blocked` tells."), "    hint: `mailprobe blocked` tells.\n");
    }

    #[test]
    fn a_long_word_is_broken_where_it_must_be() {
        assert_eq!(wrap("abcdefgh", 3, 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("日本語", 4, 4), ["日本", "語"]);
        assert_eq!(wrap("a bcdefgh", 3, 3), ["a", "bcd", "efg", "h"]);
    }

    #[test]
    fn a_line_below_the_first_begins_as_no_order() {
        assert_eq!(
            wrap("seen: 554 ::set-output name=a::b", 12, 12),
            ["seen: 554", "\\x3a:set-out", "put", "name=a::b"]
        );
        assert_eq!(wrap("listens at ::1 alone", 10, 10), ["listens", "at ::1", "alone"]);
        assert_eq!(wrap("it listens at ::1", 13, 13), ["it listens", "at ::1"]);
        assert_eq!(wrap("it answers ::1 only", 11, 11), ["it", "answers", "0::1 only"]);
        assert!(wrap(&"a::b ".repeat(20), 4, 4).iter().all(|line| line.width() <= 4 && !line.starts_with("::")));
    }

    #[test]
    fn a_page_has_no_line_that_begins_as_an_order() {
        for colour in [false, true] {
            let mut page = Page::new(Style { colour, unicode: true, width: 80 });
            page.line(&[(Ink::Plain, "  "), (Ink::Plain, "::error::x")]);
            page.line(&[(Ink::Plain, "a "), (Ink::Plain, "::1")]);
            page.paragraph(&[], 4, Ink::Plain, "::1 answers");
            assert_eq!(page.into_text(), "  \\x3a:error::x\na ::1\n    0::1 answers\n");
        }
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_and_no_word_is_lost(text in "[a-z 日é]{0,60}", room in 2..20_usize) {
            let lines = wrap(&text, room, room);
            for line in &lines {
                prop_assert!(line.width() <= room);
            }
            let letters = |text: &str| text.replace(' ', "");
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
