//! What is said of one target.

use unicode_width::UnicodeWidthStr as _;

use super::detail::Detail;
use super::group::{Group, groups};
use super::noted::TargetChanges;
use super::{details, findings, path, promises, settings, table, words};
use crate::diagnosis::State;
use crate::policy::JudgedTarget;
use crate::report::sanitize::{escape, orders};
use crate::report::style::{Ink, Page, Style};

pub(super) fn write(
    page: &mut Page,
    target: &JudgedTarget,
    style: Style,
    detail: Detail,
    changes: Option<&TargetChanges>,
) {
    if detail != Detail::Verbose
        && target.findings.is_empty()
        && let Some(state) = unresolved(target)
    {
        return nothing_to_probe(page, target, state, style);
    }
    let groups = groups(target, detail, changes);
    heading(page, target, &groups, style);
    table::write(page, &groups, style);
    promises::write(page, target, style, detail);
    if detail == Detail::Verbose {
        details::write(page, target, &groups, style);
    }
    path::write(page, target, style, detail);
    findings::write(page, target, style, detail);
    page.blank();
    conclusion(page, target, style);
    if detail != Detail::Quiet
        && let Some(recommended) = &target.recommended
    {
        settings::write(page, recommended, style);
    }
}

/// The table and the conclusion.
#[cfg(feature = "cli")]
pub(super) fn overview(
    page: &mut Page,
    target: &JudgedTarget,
    style: Style,
    detail: Detail,
    changes: Option<&TargetChanges>,
) {
    if unresolved(target).is_none() {
        let groups = groups(target, detail, changes);
        heading(page, target, &groups, style);
        table::write(page, &groups, style);
    }
    let verdict = verdict_words(target, style);
    let indent = verdict.chars().count();
    page.paragraph(&[(words::ink(target.verdict), &verdict)], indent, Ink::Strong, &target.conclusion);
}

/// The state that every endpoint shares because the name gave no address.
fn unresolved(target: &JudgedTarget) -> Option<State> {
    let mut states = target.endpoints.iter().map(|judged| {
        let lookup = judged.observation.lookup.as_ref();
        lookup.filter(|_| judged.observation.attempts.is_empty()).map(|_| judged.diagnosis.state)
    });
    let first = states.next()??;
    states.all(|state| state == Some(first)).then_some(first)
}

/// One sentence does for all ports. Where name servers failed, what they said may help.
fn nothing_to_probe(page: &mut Page, target: &JudgedTarget, state: State, style: Style) {
    conclusion(page, target, style);
    let seen = target.endpoints.first().and_then(|judged| judged.observation.lookup.as_ref());
    let mut remark = state.name().to_owned();
    if let (State::DnsFailed | State::DnsTimeout, Some(failure)) = (state, seen) {
        remark.push_str(style.separator());
        remark.push_str(&failure.message);
    }
    let indent = verdict_words(target, style).chars().count();
    page.paragraph(&[], indent, Ink::Faint, &remark);
}

/// What was typed, and beside it where it led, unless that is a matter of several groups.
fn heading(page: &mut Page, target: &JudgedTarget, groups: &[Group<'_>], style: Style) {
    let [only] = groups else {
        page.paragraph(&[], 0, Ink::Strong, &target.typed);
        return;
    };
    let label = format!("  {}", only.label);
    // As they are shown: escapes are longer.
    let [typed, beside] = [&target.typed, &label].map(|text| escape(text, style.charset()));
    if orders::line_start(&[typed, beside].concat()).width() <= style.columns() {
        page.line(&[(Ink::Strong, &target.typed), (Ink::Plain, &label)]);
    } else {
        page.paragraph(&[], 0, Ink::Strong, &target.typed);
        page.paragraph(&[], 2, Ink::Plain, &only.label);
    }
    if let Some(named_by) = &only.named_by {
        page.paragraph(&[], 2, Ink::Faint, named_by);
    }
}

/// What the eye finds last: the verdict, the sentence, what to do.
fn conclusion(page: &mut Page, target: &JudgedTarget, style: Style) {
    let verdict = verdict_words(target, style);
    let indent = verdict.chars().count();
    page.paragraph(&[(words::ink(target.verdict), &verdict)], indent, Ink::Strong, &target.conclusion);
    for hint in &target.hints {
        page.advice(indent, &format!("hint: {hint}"));
    }
}

fn verdict_words(target: &JudgedTarget, style: Style) -> String {
    format!("{} {}  ", words::mark(target.verdict, style), target.verdict.name().to_uppercase())
}
