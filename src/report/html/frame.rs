//! What every part of a page is written with.

use std::borrow::Cow;
use std::time::SystemTime;

use maud::{Markup, html};

use crate::report::sanitize::{Charset, escape, fit};
use crate::report::style::Style;
use crate::report::time;
use crate::words;

/// As texts of the report for a terminal are asked for.
pub(super) const STYLE: Style = Style { colour: false, unicode: true, width: 80 };

/// Text with everything visible that acts or hides: one line, whatever a server sent. Not yet escaped for HTML.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    escape(text, Charset::Unicode)
}

/// The same, of what a server may make as long as it likes.
pub(super) fn cut(text: &str) -> String {
    fit(text, MAX_LINE, Charset::Unicode)
}

/// The same, of what is told elsewhere in full.
pub(super) fn brief(text: &str) -> String {
    fit(text, 300, Charset::Unicode)
}

/// Twice the longest reply line of RFC 5321, section 4.5.3.1.5. More is in the JSON.
const MAX_LINE: usize = 1024;

/// `1 target`, `2 targets`
pub(crate) fn count(number: usize, noun: &str) -> String {
    words::counted(number, noun)
}

/// How long a certificate is valid: `62 days left`. How long ago it ended is told with its cause, to the day.
pub(super) fn validity(days: i64) -> String {
    if days < 0 { "expired".to_owned() } else { words::counted(days.unsigned_abs(), "day") + " left" }
}

/// A time, for people and programs: `2026-11-28 12:30:05 UTC`.
pub(crate) fn moment(at: SystemTime) -> Markup {
    let machine = time::moment(at);
    let person = machine.replacen('T', " ", 1).replace('Z', " UTC");
    html! { time datetime=(machine) { (person) } }
}

/// Facts side by side with their names.
pub(super) fn facts<'a>(facts: impl IntoIterator<Item = (&'a str, String)>) -> Markup {
    html! {
        dl.facts {
            @for (name, text) in facts {
                div { dt { (name) } dd { (cut(&text)) } }
            }
        }
    }
}
