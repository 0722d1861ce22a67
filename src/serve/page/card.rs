//! A subject on the front page: what is wrong with it, its ports, its day.

use std::time::SystemTime;

use maud::{Markup, html};

use super::link::detail_path;
use super::strip::strip;
use super::when::{Since, ago, rhythm};
use crate::policy::Verdict;
use crate::report::html::{answer, causes, days_left, shown, standings, was_said};
use crate::serve::answer::{CheckAnswer, CheckResult};
use crate::serve::history::{CheckedSubject, SubjectKey};
use crate::words::counted;

/// How many causes of a target are shown; its own page has all.
const MOST_CAUSES: usize = 3;

/// What to call a subject.
pub(super) fn name(key: &SubjectKey) -> String {
    shown(&key.to_string()).into_owned()
}

pub(super) fn card(id: &str, key: &SubjectKey, subject: &CheckedSubject, now: SystemTime) -> Markup {
    let latest = subject.latest.answer();
    let verdict = latest.verdict();
    html! {
        article.subject aria-labelledby={ "subject-" (id) } {
            h3 id={ "subject-" (id) } { a href=(detail_path(key)) { (name(key)) } }
            @match &latest.result {
                CheckResult::Ports(report) => {
                    @for target in &report.targets {
                        (answer(target.verdict, &target.conclusion, &target.hints))
                        @if let Some(causes) = causes(target, MOST_CAUSES) { (causes) }
                        (standings(target))
                    }
                }
                CheckResult::Blocked(blocked) => (answer(verdict, &blocked.answer.sentence, &blocked.answer.hints)),
            }
            @if !latest.finished { p { "It was not finished in its time: this is what was known then." } }
            (facts(subject, &latest, now))
            (strip(subject, now))
            @if verdict == Verdict::Fail && latest.report().targets.iter().any(was_said) {
                p { a href=(detail_path(key)) { "What was said" span.unseen { " by " (name(key)) } } }
            }
        }
    }
}

/// When it was checked last, since when it is as it is, and how long its certificates are good.
pub(super) fn facts(subject: &CheckedSubject, latest: &CheckAnswer, now: SystemTime) -> Markup {
    let days = latest.report().targets.iter().filter_map(days_left).min();
    html! {
        p.about {
            "Checked " (ago(latest.started, now)) ", "
            @match subject.interval {
                Some(interval) => (rhythm(interval)),
                None => "on request",
            }
            ". "
            @if subject.past.len() > 1 { "In this state " (Since::of(subject).told(now)) ". " }
            @if let Some(days) = days {
                @match u64::try_from(days) {
                    Ok(days) => { "The first certificate ends in " (counted(days, "day")) "." }
                    Err(_) => { "A certificate has expired." }
                }
            }
        }
    }
}
