//! The last 24 hours of a subject as a strip: a bar for a quarter of an hour, a gap where nothing was checked.
//!
//! The height of a bar says what its colour says: the worse, the higher. Words say it beside it.

use std::time::{Duration, SystemTime};

use maud::{Markup, html};

use crate::policy::Verdict;
use crate::report::html::{count, moment};
use crate::serve::history::CheckedSubject;

/// A day has so many quarters of an hour.
const SLOTS: usize = 96;
const SLOT: Duration = Duration::from_secs(15 * 60);

type Slots = [Option<Verdict>; SLOTS];

/// The worst of each quarter of an hour, oldest first; the last one is now.
fn slots(subject: &CheckedSubject, now: SystemTime) -> Slots {
    let mut slots = [None; SLOTS];
    for past in &subject.past {
        let ago = now.duration_since(past.at).unwrap_or_default().as_secs() / SLOT.as_secs();
        let place = usize::try_from(ago).ok().and_then(|ago| (SLOTS - 1).checked_sub(ago));
        if let Some(slot) = place.and_then(|place| slots.get_mut(place)) {
            *slot = slot.iter().copied().chain([past.verdict]).max_by_key(|verdict| verdict.gravity());
        }
    }
    slots
}

/// The strip, with what it shows in words.
pub(super) fn strip(subject: &CheckedSubject, now: SystemTime) -> Markup {
    let slots = slots(subject, now);
    let words = words(&slots);
    html! {
        figure.day {
            // Its units are a quarter of an hour across, and a tenth of its height.
            svg viewBox="0 0 96 10" preserveAspectRatio="none" role="img" aria-label={ "Last 24 hours: " (words) } {
                @for run in runs(&slots) {
                    rect class=(run.verdict) x=(run.start) y=(10 - height(run.verdict)) width=(run.length)
                        height=(height(run.verdict));
                }
            }
            div.hours aria-hidden="true" { span { "24 hours ago" } span { "now" } }
            figcaption { (words) }
        }
    }
}

/// Quarters of an hour in a row that came to the same.
struct Run {
    start: usize,
    length: usize,
    verdict: Verdict,
}

fn runs(slots: &Slots) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (start, verdict) in slots.iter().enumerate().filter_map(|(start, slot)| Some((start, (*slot)?))) {
        match runs.last_mut() {
            Some(run) if run.verdict == verdict && run.start + run.length == start => run.length += 1,
            _ => runs.push(Run { start, length: 1, verdict }),
        }
    }
    runs
}

const fn height(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 4,
        Verdict::Warn => 6,
        Verdict::Inconclusive => 8,
        Verdict::Fail => 10,
    }
}

/// `failing in 3 of the 40 quarter hours in which it was checked`
fn words(slots: &Slots) -> String {
    let checked: Vec<Verdict> = slots.iter().copied().flatten().collect();
    let of = |verdict| checked.iter().filter(|one| **one == verdict).count();
    let parts = [(Verdict::Fail, "failing"), (Verdict::Inconclusive, "unclear"), (Verdict::Warn, "with warnings")];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(verdict, _)| of(*verdict) > 0)
        .map(|(verdict, word)| format!("{word} in {}", of(verdict)))
        .collect();
    let all = count(checked.len(), "quarter hour");
    if checked.is_empty() {
        "not checked in the last 24 hours".to_owned()
    } else if parts.is_empty() {
        format!("well in all of the {all} in which it was checked")
    } else {
        format!("{} of the {all} in which it was checked", crate::words::joined(parts))
    }
}

/// The latest checks, one by one.
pub(super) fn table(subject: &CheckedSubject) -> Markup {
    html! {
        table.past {
            caption { "The latest checks, newest first" }
            thead { tr { th scope="col" { "When" } th scope="col" { "Verdict" } th scope="col" { "Time" } } }
            tbody {
                @for past in subject.past.iter().rev().take(MOST_CHECKS) {
                    tr {
                        th scope="row" { (moment(past.at)) }
                        td { (crate::report::html::badge(past.verdict)) }
                        td.number { (crate::words::seconds(past.took)) }
                    }
                }
            }
        }
    }
}

/// How many of them are shown.
const MOST_CHECKS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_is_told_in_words() {
        let mut slots = [None; SLOTS];
        assert_eq!(words(&slots), "not checked in the last 24 hours");
        slots[90] = Some(Verdict::Pass);
        assert_eq!(words(&slots), "well in all of the 1 quarter hour in which it was checked");
        slots[95] = Some(Verdict::Fail);
        slots[94] = Some(Verdict::Warn);
        assert_eq!(words(&slots), "failing in 1 and with warnings in 1 of the 3 quarter hours in which it was checked");
        assert_eq!(
            runs(&slots).iter().map(|run| (run.start, run.length)).collect::<Vec<_>>(),
            [(90, 1), (94, 1), (95, 1)]
        );
    }
}
