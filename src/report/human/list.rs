//! A list for a person: what needs attention as it comes, and counts at the end.

use std::cmp::Reverse;
use std::time::Duration;

use unicode_width::UnicodeWidthStr as _;

use super::detail::Detail;
use super::{block, words};
use crate::diagnosis::State;
use crate::policy::{Count, CountedRun, JudgedTarget, Tally, Troubled, Verdict};
use crate::report::sanitize::fit;
use crate::report::style::{Ink, Page, Style, pad, pad_left};
use crate::report::time;

/// The block of a target; empty where it needs no attention.
pub fn of_list(target: &JudgedTarget, style: Style, detail: Detail) -> String {
    let mut page = Page::new(style);
    if detail == Detail::Verbose || target.verdict != Verdict::Pass {
        block::write(&mut page, target, style, detail, None);
        page.blank();
    }
    page.into_text()
}

/// What stands between two blocks, and before the counts.
pub fn between_blocks(style: Style) -> String {
    let mut page = Page::new(style);
    page.rule();
    page.into_text()
}

/// The counts. Who wants to see only what needs attention is spared them where nothing does.
pub fn end_of_list(run: &CountedRun, style: Style, detail: Detail) -> String {
    let mut page = Page::new(style);
    if detail == Detail::Quiet && run.verdict == Verdict::Pass {
        return page.into_text();
    }
    end(&mut page, &run.tally, run.duration, style);
    let states = by_frequency(&run.tally);
    let width = states.iter().map(|(state, _)| state.name().len()).max().unwrap_or(0);
    for (state, count) in states {
        let (name, count) = (pad(state.name(), width), pad_left(&count.to_string(), COUNT_WIDTH));
        let words = if state == State::Ok { "" } else { state.words() };
        page.line(&[(Ink::Plain, &format!("{count}  {name}  ")), (Ink::Faint, words)]);
    }
    if run.bad_lines > 0 {
        let lines = words::counted(run.bad_lines, "line");
        page.paragraph(&[], 0, Ink::Bad, &format!("{lines} of the list could not be understood."));
    }
    page.into_text()
}

const COUNT_WIDTH: usize = 9;

pub fn by_frequency(tally: &Tally) -> Vec<(State, usize)> {
    let mut states: Vec<_> = tally.states.iter().map(|(&state, &count)| (state, count)).collect();
    states.sort_by_key(|&(state, count)| (Reverse(count), state));
    states
}

/// How many targets passed, and above it a line for each that did not.
pub(super) fn end(page: &mut Page, tally: &Tally, took: Duration, style: Style) {
    if tally.targets.all > 1 {
        troubled(page, tally, style);
    }
    page.paragraph(&[], 0, Ink::Strong, &totals(&tally.targets, tally.endpoints.all, took));
}

/// `✗ mail.example.org  The name mail.example.org does not exist.`
fn troubled(page: &mut Page, tally: &Tally, style: Style) {
    let room = style.columns() - MARK;
    let name = |one: &Troubled| fit(&one.typed, room / 2, style.charset());
    let width = tally.troubled.iter().map(|one| name(one).width()).max().unwrap_or(0);
    for one in &tally.troubled {
        let mark = format!("{} ", words::mark(one.verdict, style));
        let name = format!("{}  ", pad(&name(one), width));
        let sentence = fit(first_sentence(&one.conclusion), room - name.width(), style.charset());
        page.line(&[(words::ink(one.verdict), &mark), (Ink::Strong, &name), (Ink::Plain, &sentence)]);
    }
    let others = tally.targets.all - tally.targets.pass - tally.troubled.len();
    if others > 0 {
        page.line(&[(Ink::Plain, &format!("{}and {others} more", " ".repeat(MARK)))]);
    }
}

/// A mark and a blank.
const MARK: usize = 2;

/// As far as the first full stop that ends a sentence; those inside names have no blank behind them.
fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or_default().trim_end()
}

/// `3 targets: 2 pass, 1 fail. 21 endpoints checked in 1.2 s.`
fn totals(targets: &Count, endpoints: usize, took: Duration) -> String {
    let Count { all, pass, warn, fail, inconclusive } = *targets;
    let counts =
        [(pass, Verdict::Pass), (warn, Verdict::Warn), (fail, Verdict::Fail), (inconclusive, Verdict::Inconclusive)];
    let verdicts: Vec<_> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, verdict)| format!("{count} {verdict}")).collect();
    let verdicts = if verdicts.is_empty() { String::new() } else { format!(": {}", verdicts.join(", ")) };
    let endpoints = words::counted(endpoints, "endpoint");
    format!("{}{verdicts}. {endpoints} checked in {}.", words::counted(all, "target"), time::short(took))
}
