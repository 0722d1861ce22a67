//! What the domain promises about its servers, and whether it is kept.

use unicode_width::UnicodeWidthStr as _;

use super::detail::Detail;
use super::{evidence, words};
use crate::correlation::Cause;
use crate::diagnosis::Severity;
use crate::policy::{JudgedTarget, PolicyOutcome, Verdict};
use crate::report::promises::{PromiseLine, lines, unanswered, unpublished};
use crate::report::style::{Ink, Page, Style, pad};

/// Writes a line for each kind of promise; with everything told, also what was published.
pub(super) fn write(page: &mut Page, target: &JudgedTarget, style: Style, detail: Detail) {
    let Some(promises) = target.promises.as_ref().filter(|_| !target.policies.is_empty()) else { return };
    let is_shown = |line: &PromiseLine| detail != Detail::Quiet || line.outcome == PolicyOutcome::Broken;
    let lines: Vec<PromiseLine> = lines(target).into_iter().filter(is_shown).collect();
    let [unanswered, unpublished] =
        [unanswered(target), unpublished(target)].map(|line| line.filter(|_| detail != Detail::Quiet));
    if !lines.is_empty() || unanswered.is_some() || unpublished.is_some() {
        page.blank();
    }
    // One line needs no heading.
    if !lines.is_empty() && promises.is_domain {
        page.paragraph(&[], 0, Ink::Strong, "Promises");
    }
    let label_width = lines.iter().map(|line| line.kind.label().width()).max().unwrap_or_default();
    for line in &lines {
        let (mark, ink) = mark(line, target, style);
        let label = pad(line.kind.label(), label_width);
        let lead = format!("  {mark} ");
        let indent = lead.width() + label.width() + GAP;
        let label = format!("{label}{}", " ".repeat(GAP));
        page.paragraph(&[(ink, &lead), (Ink::Strong, &label)], indent, Ink::Plain, &line.text);
    }
    if let Some(unanswered) = unanswered {
        let lead = format!("  {} ", words::mark(Verdict::Inconclusive, style));
        page.paragraph(&[(words::ink(Verdict::Inconclusive), &lead)], 4, Ink::Plain, &unanswered);
    }
    if let Some(unpublished) = unpublished {
        let (lead, indent) = if lines.is_empty() { ("", 2) } else { ("  - ", 4) };
        page.paragraph(&[(Ink::Faint, lead)], indent, Ink::Faint, &unpublished);
    }
    if detail == Detail::Verbose {
        evidence::write(page, promises, style);
    }
}

/// What stands between the kind of promise and what became of it.
const GAP: usize = 2;

/// The signs and colours that verdicts have. A promise that is not made is no fault, unless something hints at one.
fn mark(line: &PromiseLine, target: &JudgedTarget, style: Style) -> (&'static str, Ink) {
    let is_warning = |cause: &Cause| Some(cause.id) == line.finding && cause.severity == Severity::Warning;
    let verdict = match line.outcome {
        PolicyOutcome::Kept => Verdict::Pass,
        PolicyOutcome::Broken if target.causes.iter().any(is_warning) => Verdict::Warn,
        PolicyOutcome::Broken => Verdict::Fail,
        PolicyOutcome::CannotTell => Verdict::Inconclusive,
        PolicyOutcome::None if line.finding.is_some() => Verdict::Warn,
        PolicyOutcome::None => return ("-", Ink::Faint),
    };
    (words::mark(verdict, style), words::ink(verdict))
}
