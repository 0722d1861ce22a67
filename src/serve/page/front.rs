//! The front page: what is wrong first.

use std::collections::BTreeSet;
use std::time::SystemTime;

use maud::{Markup, html};

use super::card::{card, name};
use super::changes;
use super::frame::PageFrame;
use super::when::rhythm;
use crate::policy::Verdict;
use crate::report::html::{count, mark, moment};
use crate::serve::daemon::Daemon;
use crate::serve::history::{Change, CheckedSubject, SubjectKey};
use crate::serve::settings::WatchedTarget;

/// The groups, what needs attention first.
const GROUPS: [(Verdict, &str); 4] = [
    (Verdict::Fail, "Failing"),
    (Verdict::Warn, "Warnings"),
    (Verdict::Inconclusive, "Cannot tell"),
    (Verdict::Pass, "All well"),
];

type KnownSubject<'a> = (&'a SubjectKey, &'a CheckedSubject);

/// The page at `/`.
pub(in crate::serve) fn front(daemon: &Daemon) -> String {
    let now = SystemTime::now();
    let history = daemon.history();
    let subjects: Vec<KnownSubject<'_>> = history.subjects().collect();
    let settings = daemon.settings();
    let known: BTreeSet<&SubjectKey> = subjects.iter().map(|(key, _)| *key).collect();
    let waiting: Vec<(SubjectKey, &WatchedTarget)> = settings
        .watched
        .iter()
        .map(|watched| (SubjectKey { target: watched.typed.clone(), module: watched.module.name.clone() }, watched))
        .filter(|(key, _)| !known.contains(key))
        .collect();
    let of =
        |verdict| subjects.iter().filter(move |(_, subject)| subject.latest.outline().verdict() == verdict).copied();
    let heading = heading(&subjects);
    let changed: Vec<&Change> = history.changes().rev().take(changes::MOST).collect();
    let contents = html! {
        h1 { (heading) }
        p.faint { "As of " (moment(now)) span.rhythm {} }
        @if subjects.is_empty() && waiting.is_empty() {
            (nothing_yet())
        }
        @if !subjects.is_empty() {
            ul.standings.counts aria-label="Targets by verdict" {
                @for (verdict, title) in GROUPS {
                    @let number = of(verdict).count();
                    @if number > 0 {
                        li class=(verdict) { a href={ "#" (verdict) } { (mark(verdict)) " " (title) ": " (number) } }
                    }
                }
            }
        }
        @for (verdict, title) in GROUPS {
            @if of(verdict).next().is_some() {
                section aria-labelledby=(verdict) {
                    h2 id=(verdict) { (title) }
                    @for (number, (key, subject)) in of(verdict).enumerate() {
                        (card(&format!("{verdict}-{number}"), key, subject, now))
                    }
                }
            }
        }
        @if !waiting.is_empty() {
            section aria-labelledby="waiting" {
                h2 #waiting { "Not checked yet" }
                ul.plain {
                    @for (key, watched) in &waiting { li { (name(key)) ", " (rhythm(watched.interval)) } }
                }
            }
        }
        @if !changed.is_empty() {
            section aria-labelledby="changes" {
                h2 #changes { "Latest changes" }
                (changes::list(&changed, now, true))
            }
        }
    };
    drop(history);
    PageFrame::general(heading, now).around(daemon, &contents)
}

/// `2 failing, 1 warning`
fn heading(subjects: &[KnownSubject<'_>]) -> String {
    let of = |verdict| subjects.iter().filter(|(_, subject)| subject.latest.outline().verdict() == verdict).count();
    let warnings = of(Verdict::Warn);
    let counts = [
        (of(Verdict::Fail), format!("{} failing", of(Verdict::Fail))),
        (warnings, format!("{warnings} with warnings")),
        (of(Verdict::Inconclusive), format!("{} unclear", of(Verdict::Inconclusive))),
    ];
    let told: Vec<String> = counts.into_iter().filter(|(number, _)| *number > 0).map(|(_, words)| words).collect();
    match subjects.len() {
        0 => "Nothing checked yet".to_owned(),
        all if told.is_empty() => format!("All well: {}", count(all, "target")),
        _ => told.join(", "),
    }
}

/// What to do, for somebody who has just started the service.
fn nothing_yet() -> Markup {
    html! {
        p { "Check a target with the form above, or let it be checked by itself:" }
        h2 { "Targets in the configuration" }
        p { "Write them in the file that " code { "--config" } " names, and have it read again:" }
        pre {
            "[[targets]]\n"
            "target = \"mail.example.org\"\n"
            "interval = \"5m\"\n"
        }
        h2 { "Targets from Prometheus" }
        p { "Let it ask here, as it asks blackbox_exporter:" }
        pre { "/probe?target=mail.example.org&module=default" }
    }
}
