//! The report for a person at a terminal.
//!
//! A target's block reads from evidence to answer: what was typed, a row for every port, the findings, and last, next
//! to the prompt where the eye rests, the verdict in one sentence with what to do.

mod block;
#[cfg(feature = "cli")]
pub(super) mod blocked;
mod detail;
pub(super) mod details;
mod evidence;
pub(super) mod findings;
mod group;
mod list;
mod next;
mod noted;
mod path;
mod promises;
pub(super) mod remarks;
pub(super) mod settings;
mod table;
mod transcript;
pub(super) mod words;

use super::style::{Page, Style};
use crate::policy::{Policy, Report, Tally, Verdict};
#[cfg(feature = "cli")]
pub use blocked::render_blocked;
pub use detail::Detail;
pub use list::{between_blocks, by_frequency, end_of_list, of_list};
pub use noted::NotedChanges;

/// A run, as text for a terminal. Every line is at most as wide as the style says, and ends with a line feed.
pub fn render(run: &Report, style: Style, detail: Detail) -> String {
    render_noted(run, style, detail, &NotedChanges::default())
}

/// The same, where of some endpoints it is noted what changed.
pub fn render_noted(run: &Report, style: Style, detail: Detail, changes: &NotedChanges) -> String {
    let mut page = Page::new(style);
    for (place, target) in run.targets.iter().enumerate() {
        if detail == Detail::Quiet && target.verdict == Verdict::Pass {
            continue;
        }
        if !page.is_empty() {
            page.blank();
            page.rule();
        }
        block::write(&mut page, target, style, detail, changes.of_target(place));
    }
    if run.targets.len() > 1 && !page.is_empty() {
        page.blank();
        page.rule();
        let tally = Tally::of(&run.targets, &Policy::default());
        list::end(&mut page, &tally, run.duration, style);
    }
    // Below several targets stands what became of each.
    if let ([only], true) = (run.targets.as_slice(), detail != Detail::Quiet) {
        next::write(&mut page, only);
    }
    page.into_text()
}

/// Only what a glance needs: the table of each target and its conclusion, without causes, advice and settings.
#[cfg(feature = "cli")]
pub fn overview(run: &Report, style: Style, detail: Detail, changes: &NotedChanges) -> String {
    let mut page = Page::new(style);
    for (place, target) in run.targets.iter().enumerate() {
        if detail != Detail::Quiet || target.verdict != Verdict::Pass {
            block::overview(&mut page, target, style, detail, changes.of_target(place));
        }
    }
    page.into_text()
}
