//! The page as a file of its own.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::answer::badge;
use super::blocked::{blocked_answer, blocked_evidence};
use super::frame::{count, moment, shown};
use super::target::target_parts;
use crate::blocked::BlockedRun;
use crate::policy::{JudgedTarget, Report, Verdict};
use crate::report::time;

/// A run as a page: the worst target first.
pub fn render(run: &Report) -> String {
    let mut targets: Vec<(usize, &JudgedTarget)> = run.targets.iter().enumerate().collect();
    targets.sort_by_key(|(_, target)| std::cmp::Reverse(target.verdict.gravity()));
    let heading = match run.targets.as_slice() {
        [only] => shown(&only.typed).into_owned(),
        _ => summary(&run.targets),
    };
    let title = format!("{}: {heading}", run.verdict.name().to_uppercase());
    let body = html! {
        @if let Some(count) = run.bad_lines.filter(|count| *count > 0) {
            p { (self::count(count, "line")) " of the list name no target." }
        }
        @if let [(_, only)] = targets.as_slice() {
            section aria-labelledby="t0" {
                h2 #t0 { "What was found" }
                (target_parts(only, "t0"))
            }
        } @else {
            nav aria-label="Targets" {
                ul.plain {
                    @for (index, target) in &targets {
                        li { (badge(target.verdict)) " " a href={ "#t" (index) } { (shown(&target.typed)) } }
                    }
                }
            }
            @for (index, target) in &targets {
                section aria-labelledby={ "t" (index) } {
                    h2 id={ "t" (index) } { (shown(&target.typed)) }
                    (target_parts(target, &format!("t{index}")))
                }
            }
        }
    };
    page(run, &title, &heading, &body)
}

/// The answer of `mailprobe blocked` as a page.
pub fn render_blocked(outcome: &BlockedRun) -> String {
    let heading = "Is port 25 blocked from here?";
    let conclusion = outcome.answer.facts.conclusions.overall.name().replace('-', " ").to_uppercase();
    let body = html! {
        section aria-labelledby="t0" {
            h2 #t0 { "What was found" }
            (blocked_answer(&outcome.answer))
            (blocked_evidence(outcome, "t0"))
        }
    };
    page(&outcome.run, &format!("{conclusion}: {heading}"), heading, &body)
}

/// `2 of 5 targets fail`
fn summary(targets: &[JudgedTarget]) -> String {
    let of = |verdict| targets.iter().filter(|target| target.verdict == verdict).count();
    match of(Verdict::Fail) {
        0 => count(targets.len(), "target"),
        1 => format!("1 of {} fails", count(targets.len(), "target")),
        failing => format!("{failing} of {} fail", count(targets.len(), "target")),
    }
}

fn page(run: &Report, title: &str, heading: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "mailprobe " (env!("CARGO_PKG_VERSION")) };
                title { (title) " – mailprobe" }
                style { (PreEscaped(super::STYLE)) }
            }
            body.file {
                header {
                    h1 { (heading) }
                    p.faint {
                        "Checked by mailprobe " (env!("CARGO_PKG_VERSION")) " at " (moment(run.started)) ", in "
                        (time::short(run.duration)) "."
                    }
                }
                main { (body) }
            }
        }
    }
    .into_string()
        + "\n"
}
