//! What was said, line by line: `C:` is mailprobe, `S:` the server.

use crate::observation::{Attempt, Speaker};
use crate::report::sanitize::fit;
use crate::report::style::{Ink, Page, Style, pad_left};
use crate::report::time;

/// How much of one line is shown: twice the longest reply line of RFC 5321, section 4.5.3.1.5. More is in the JSON.
const MAX_LINE_WIDTH: usize = 1024;

pub(super) fn write(page: &mut Page, attempt: &Attempt, style: Style) {
    for line in &attempt.transcript {
        let (speaker, ink) = match line.from {
            Speaker::Client => ("C: ", Ink::Strong),
            Speaker::Server => ("S: ", Ink::Plain),
            Speaker::Remark => ("-- ", Ink::Faint),
        };
        let at = format!("    {}  ", pad_left(&format!("{:.0} ms", time::milliseconds(line.at)), "45000 ms".len()));
        let indent = at.len() + speaker.len();
        let text = fit(&line.text, MAX_LINE_WIDTH, style.charset());
        page.paragraph(&[(Ink::Faint, &at), (ink, speaker)], indent, ink, &text);
    }
}
