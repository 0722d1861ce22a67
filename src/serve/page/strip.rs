//! The last 24 hours of a subject as a strip: a bar for a quarter of an hour, a gap where nothing was checked.
//!
//! The height of a bar says what its colour says: the worse, the higher. Words say it beside it.

use std::time::SystemTime;

use maud::{Markup, html};

use crate::policy::Verdict;
use crate::report::html::{count, moment};
use crate::serve::history::{CheckedSubject, SLOTS};

type Slots = [Option<Verdict>; SLOTS];

/// The strip, with what it shows in words.
pub(super) fn strip(subject: &CheckedSubject, now: SystemTime) -> Markup {
    let slots = subject.strip(now);
    let words = words(&slots);
    html! {
        figure.day {
            // Its units are a quarter of an hour across, and a tenth of its height.
            svg viewBox="0 0 96 10" preserveAspectRatio="none" role="img" aria-label={ "Last 24 hours: " (words) } {
                @for stretch in stretches(&slots) {
                    rect class=(stretch.verdict) x=(stretch.start) y=(10 - height(stretch.verdict)) width=(stretch.length)
                        height=(height(stretch.verdict));
                }
            }
            figcaption {
                span aria-hidden="true" { "24 hours ago" } span { (words) } span aria-hidden="true" { "now" }
            }
        }
    }
}

/// Quarters of an hour in a row that came to the same.
struct Stretch {
    start: usize,
    length: usize,
    verdict: Verdict,
}

fn stretches(slots: &Slots) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for (start, verdict) in slots.iter().enumerate().filter_map(|(start, slot)| Some((start, (*slot)?))) {
        match stretches.last_mut() {
            Some(stretch) if stretch.verdict == verdict && stretch.start + stretch.length == start => {
                stretch.length += 1;
            }
            _ => stretches.push(Stretch { start, length: 1, verdict }),
        }
    }
    stretches
}

const fn height(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 4,
        Verdict::Warn => 6,
        Verdict::Inconclusive => 8,
        Verdict::Fail => 10,
    }
}

/// `Failing in 3 of 40 quarter hours checked`
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
    let told = crate::words::capitalised(&crate::words::joined(&parts));
    if checked.is_empty() {
        "Not checked in the last 24 hours".to_owned()
    } else if parts.is_empty() {
        format!("Well in all of {all} checked")
    } else {
        format!("{told} of {all} checked")
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
        assert_eq!(words(&slots), "Not checked in the last 24 hours");
        slots[90] = Some(Verdict::Pass);
        assert_eq!(words(&slots), "Well in all of 1 quarter hour checked");
        slots[95] = Some(Verdict::Fail);
        slots[94] = Some(Verdict::Warn);
        assert_eq!(words(&slots), "Failing in 1 and with warnings in 1 of 3 quarter hours checked");
        assert_eq!(
            stretches(&slots).iter().map(|stretch| (stretch.start, stretch.length)).collect::<Vec<_>>(),
            [(90, 1), (94, 1), (95, 1)]
        );
    }
}
