//! The page about one subject: everything that is known of it.

use std::time::SystemTime;

use maud::{Markup, html};

use super::card::{facts, name};
use super::changes;
use super::frame::PageFrame;
use super::strip::{self, strip};
use super::when::ago;
use crate::report::html::{blocked_answer, blocked_evidence, shown, target_answer, target_evidence};
use crate::serve::answer::{CheckAnswer, CheckResult};
use crate::serve::daemon::Daemon;
use crate::serve::history::{Change, KeptCheck, SubjectKey};

/// The page at `/target`; `None`: nothing is known of it.
pub(in crate::serve) fn detail(daemon: &Daemon, key: &SubjectKey) -> Option<String> {
    let now = SystemTime::now();
    let history = daemon.history();
    let (_, subject) = history.subjects().find(|(known, _)| *known == key)?;
    let latest = subject.latest.answer();
    let changed: Vec<&Change> =
        history.changes().rev().filter(|change| change.subject == *key).take(changes::MOST).collect();
    let earlier = subject.last_failure.as_ref().filter(|failure| !failure.is(&subject.latest)).map(KeptCheck::answer);
    let name = name(key);
    let contents = html! {
        nav aria-label="Breadcrumb" { a href="/" { "All targets" } }
        h1 { (name) }
        (answers(&latest, "latest"))
        (facts(subject, &latest, now))
        (strip(subject, now))
        section aria-labelledby="latest" {
            h2 #latest { "Latest check" }
            (evidence(&latest, "latest"))
        }
        @if let Some(failure) = &earlier {
            section aria-labelledby="failure" {
                h2 #failure { "Last failure" }
                p.faint { (ago(failure.started, now)) }
                (answers(failure, "failure"))
                (evidence(failure, "failure"))
            }
        }
        section aria-labelledby="history" {
            h2 #history { "History" }
            @if !changed.is_empty() {
                h3 { "Changes" }
                (changes::list(&changed, now, false))
            }
            h3 { "Checks" }
            (strip::table(subject))
        }
    };
    let title = format!("{}: {name}", latest.verdict().name().to_uppercase());
    drop(history);
    let frame = PageFrame { title, target: &key.target, module: &key.module, is_live: true, now };
    Some(frame.around(daemon, &contents))
}

/// What is wrong, target by target.
fn answers(answer: &CheckAnswer, prefix: &str) -> Markup {
    html! {
        @if !answer.finished { p { strong { "It was not finished in its time: this is what was known then." } } }
        @match &answer.result {
            CheckResult::Blocked(blocked) => (blocked_answer(&blocked.answer)),
            CheckResult::Ports(report) => {
                @for (number, target) in report.targets.iter().enumerate() {
                    @if report.targets.len() > 1 { p.which { (shown(&target.typed)) } }
                    (target_answer(target, &format!("{prefix}-{number}")))
                }
            }
        }
    }
}

/// What that rests on, target by target.
fn evidence(answer: &CheckAnswer, prefix: &str) -> Markup {
    html! {
        @match &answer.result {
            CheckResult::Blocked(blocked) => (blocked_evidence(blocked, prefix)),
            CheckResult::Ports(report) => {
                @for (number, target) in report.targets.iter().enumerate() {
                    @if report.targets.len() > 1 { p.which { (shown(&target.typed)) } }
                    (target_evidence(target, &format!("{prefix}-{number}")))
                }
            }
        }
    }
}
