//! Words that a CI system would take for an order.
//!
//! Continuous integration systems read what a job prints and obey what looks like a command of theirs. A server chooses
//! some of the words in our lines, so it must not get to write one:
//!
//! - GitHub's runner cuts the output at line feeds and carriage returns, drops the blanks before a line, and takes what
//!   then begins with `::` for a command if a further `::` follows and the word in between is the name of one
//!   (`ActionCommand.TryParseV2` in actions/runner). It reads standard error as well.
//! - What is no such command it searches for `##[` anywhere in the line (`ActionCommand.TryParse`).
//! - The agent of Azure Pipelines searches for `##vso[` anywhere, and formats lines at `##[` (`Command.TryParse` in
//!   microsoft/azure-pipelines-agent).
//!
//! So no line begins with `::`, whatever follows, and neither of the others stands anywhere. Only `--format github` writes
//! commands, its own.

use std::borrow::Cow;
use std::net::Ipv6Addr;

/// What follows the two `#` of an order; in capitals, too.
const BEHIND_HASHES: [&str; 2] = ["[", "vso["];

/// Whether `rest`, which stands behind `previous`, begins with the second `#` of an order. Where that character is
/// escaped, the order is none.
pub(in crate::report) fn is_second_hash(previous: Option<char>, rest: &str) -> bool {
    let Some(behind) = rest.strip_prefix('#').filter(|_| previous == Some('#')) else { return false };
    BEHIND_HASHES.iter().any(|word| behind.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
}

/// The start of a line so that it is no order: an IPv6 address there is written with its leading zero (`0::1`), which is
/// the same address; any other `::` with its first colon escaped (`\x3a:`).
pub(in crate::report) fn line_start(text: &str) -> Cow<'_, str> {
    let begin = text.len() - text.trim_start().len();
    let Some((blanks, words)) = text.split_at_checked(begin) else { return Cow::Borrowed(text) };
    let Some(behind) = words.strip_prefix("::") else { return Cow::Borrowed(text) };
    let colons = if begins_with_address(words) { "0::" } else { "\\x3a:" };
    Cow::Owned(format!("{blanks}{colons}{behind}"))
}

/// By how many columns [`line_start`] lengthens a line at most.
pub(in crate::report) const LONGER_BY: usize = 3;

/// `::1`, `::ffff:192.0.2.1.`, `::1:`, but not `::add-mask`.
fn begins_with_address(words: &str) -> bool {
    let end = words.find(|c: char| !c.is_ascii_hexdigit() && !matches!(c, ':' | '.')).unwrap_or(words.len());
    let Some((address, behind)) = words.split_at_checked(end) else { return false };
    let goes_on = behind.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_'));
    let is_address = |text: &str| text.parse::<Ipv6Addr>().is_ok();
    !goes_on && (is_address(address) || is_address(address.trim_end_matches('.').trim_end_matches(':')))
}

/// Lines of a log, none of which is an order. Nothing else in them changes: their colours and ends stay.
pub fn disarm(text: &str) -> Cow<'_, str> {
    if !text.contains("::") && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive(['\n', '\r']);
    Cow::Owned(lines.map(|line| escape_hashes(&line_start(line), "\\x23").into_owned()).collect())
}

/// The same text with `escaped` in place of the second `#` of every order.
pub(in crate::report) fn escape_hashes<'a>(text: &'a str, escaped: &str) -> Cow<'a, str> {
    if !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut previous = None;
    for (at, character) in text.char_indices() {
        if is_second_hash(previous, text.get(at..).unwrap_or_default()) {
            shown.push_str(escaped);
        } else {
            shown.push(character);
        }
        previous = Some(character);
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_would_begin_with_an_order_begins_otherwise() {
        for (line, shown) in [
            ("::set-output name=a::b", "\\x3a:set-output name=a::b"),
            ("  ::error::x", "  \\x3a:error::x"),
            ("\u{a0}::add-mask::x", "\u{a0}\\x3a:add-mask::x"),
            (":::debug::x", "\\x3a::debug::x"),
            ("::debug::x", "\\x3a:debug::x"),
            ("a ::b::c", "a ::b::c"),
            (": b", ": b"),
        ] {
            assert_eq!(line_start(line), shown);
        }
    }

    #[test]
    fn an_address_stays_one() {
        for (line, shown) in [
            ("::1", "0::1"),
            ("::", "0::"),
            ("    ::1, and more", "    0::1, and more"),
            ("::ffff:192.0.2.1. The", "0::ffff:192.0.2.1. The"),
            ("::25: refused", "0::25: refused"),
            ("2001:db8::25", "2001:db8::25"),
        ] {
            assert_eq!(line_start(line), shown);
        }
        assert_eq!("0::1".parse::<Ipv6Addr>(), "::1".parse());
    }

    #[test]
    fn a_log_is_disarmed_line_by_line() {
        assert_eq!(disarm("a\n::stop-commands::x\r::error::y\n"), "a\n\\x3a:stop-commands::x\r\\x3a:error::y\n");
        assert_eq!(disarm("\x1b[2mTRACE\x1b[0m 220 ##[error]x\n"), "\x1b[2mTRACE\x1b[0m 220 #\\x23[error]x\n");
        assert_eq!(disarm("###vso[x]##VSO[y]## [z]"), "##\\x23vso[x]#\\x23VSO[y]## [z]");
    }
}
