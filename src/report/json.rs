//! `--format json`: one document. And the writing of JSON that a terminal may get to see.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::model::{Contents, Document};
use super::sanitize::{is_unsafe, orders};
use crate::policy::Report;

/// The document of a run, indented, with a line feed at its end.
pub fn render(run: &Report, contents: Contents) -> serde_json::Result<String> {
    document(&Document::from((run, contents)))
}

/// A value as an indented document, with a line feed at its end.
pub(super) fn document(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(escaped(serde_json::to_string_pretty(value)?) + "\n")
}

/// A table of the program's own as an indented document: the schema and its version, the program's version, and the rows
/// under a name of theirs.
pub(super) fn table(schema: &str, name: &str, rows: &impl Serialize) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Table<'a, T> {
        schema: &'a str,
        version: &'a str,
        #[serde(flatten)]
        rows: BTreeMap<&'a str, &'a T>,
    }

    document(&Table { schema, version: env!("CARGO_PKG_VERSION"), rows: BTreeMap::from([(name, rows)]) })
}

/// A value as one line, with its line feed.
pub(super) fn line(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(escaped(serde_json::to_string(value)?) + "\n")
}

/// The same JSON with `\u202e` and the like in place of every character that acts on a terminal or hides in it, or makes
/// an order to a CI system. JSON itself asks for that only up to U+001F (RFC 8259, section 7). Such characters stand
/// nowhere but in strings; the line feeds of an indented document are the exception.
fn escaped(json: String) -> String {
    let json = match orders::escape_hashes(&json, "\\u0023") {
        Cow::Borrowed(_) => json,
        Cow::Owned(escaped) => escaped,
    };
    // The usual case, in a fraction of the time: printable ASCII and line feeds, and nothing else.
    // Without an end at the first other byte, the compiler looks at many bytes at once.
    if json.bytes().fold(true, |usual, byte| usual & matches!(byte, b'\n' | b' '..=b'~')) {
        return json;
    }
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character == '\n' || !is_unsafe(character) {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing into a string cannot fail.
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_escaped_and_stays_the_same_value() {
        let hostile = "\x1b[2J \x7f \u{9b}31m \u{202e}\u{2066}\u{200b} \u{2028}\u{feff} \u{e0041} \0\r\n\t \"\\ Grüße 日本語 ##[x]##vso[";
        for text in [document(&[hostile]).unwrap(), line(&[hostile]).unwrap()] {
            assert!(!text.chars().any(|character| character != '\n' && is_unsafe(character)), "{text:?}");
            assert!(
                text.contains("\\u202e") && text.contains("\\udb40\\udc41") && text.contains("Grüße 日本語"),
                "{text}"
            );
            assert!(!text.contains("##"), "{text}");
            assert_eq!(serde_json::from_str::<[String; 1]>(&text).unwrap(), [hostile]);
        }
        assert_eq!(line(&[hostile]).unwrap().matches('\n').count(), 1);
    }
}
