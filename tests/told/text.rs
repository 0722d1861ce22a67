//! Patterns, and the text that they are matched on.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

/// Whether a pattern is found, regardless of case.
pub(crate) fn holds(pattern: &str, text: &str) -> bool {
    expression(pattern).is_match(text)
}

pub(crate) fn expression(pattern: &str) -> Regex {
    let built = RegexBuilder::new(pattern).case_insensitive(true).build();
    built.unwrap_or_else(|error| panic!("{error}"))
}

/// On one line, with single blanks: where a line was broken does not matter.
pub(crate) fn flat(text: &str) -> String {
    static BLANKS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\s+").expect("a pattern"));
    BLANKS.replace_all(text, " ").trim().to_owned()
}

pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 400;
    let mut short: String = text.chars().take(MOST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
