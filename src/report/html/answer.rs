//! The answer: the verdict in a sentence, what to do, and the causes, worst first.

use maud::{Markup, html};

use super::frame::{STYLE, brief, shown};
use crate::correlation::Cause;
use crate::diagnosis::Severity;
use crate::policy::{JudgedTarget, Verdict};
use crate::report::human::{Detail, findings, words};
use crate::report::scope::CauseScope;

/// A verdict as a word, with its sign: its colour says nothing that these do not.
pub(crate) fn badge(verdict: Verdict) -> Markup {
    html! {
        span class={ "badge " (verdict) } { (mark(verdict)) " " (verdict.name().to_uppercase()) }
    }
}

/// A verdict's sign, for the eye alone: a word stands beside it.
pub(crate) fn mark(verdict: Verdict) -> Markup {
    html! { span.mark aria-hidden="true" { (words::mark(verdict, STYLE)) } }
}

/// The verdict in a sentence, and what to do.
pub(crate) fn answer(verdict: Verdict, conclusion: &str, hints: &[String]) -> Markup {
    html! {
        p.answer { (badge(verdict)) " " (shown(conclusion)) }
        @if !hints.is_empty() {
            ul.hints {
                @for hint in hints { li { strong { "Hint: " } (shown(hint)) } }
            }
        }
    }
}

/// What is wrong, worst first; `None`: nothing is. At most so many are shown.
pub(crate) fn causes(target: &JudgedTarget, most: usize) -> Option<Markup> {
    let wrong: Vec<&Cause> = told(target).filter(|cause| cause.severity < Severity::Info).collect();
    let left_out = wrong.len().saturating_sub(most);
    (!wrong.is_empty()).then(|| {
        html! {
            (list(target, wrong.into_iter().take(most)))
            @if left_out > 0 { p.more { "and " (super::count(left_out, "more cause")) } }
        }
    })
}

/// What is good to know beside it.
pub(super) fn remarks(target: &JudgedTarget) -> Option<Markup> {
    let remarks: Vec<&Cause> = told(target).filter(|cause| cause.severity == Severity::Info).collect();
    (!remarks.is_empty()).then(|| list(target, remarks))
}

/// What the report for a terminal tells.
fn told(target: &JudgedTarget) -> impl Iterator<Item = &Cause> {
    target.causes.iter().filter(|cause| findings::is_shown(cause, target, Detail::Normal))
}

fn list<'a>(target: &JudgedTarget, causes: impl IntoIterator<Item = &'a Cause>) -> Markup {
    let scope = CauseScope::of(target);
    let told = causes.into_iter().map(|cause| {
        let hint = cause.hint.as_deref().filter(|hint| !target.hints.iter().any(|told| told == hint));
        let evidence: Vec<&str> = cause.evidence.iter().map(String::as_str).collect();
        item((cause.severity, &cause.message), cause.id.name(), &scope.name(cause), &evidence, hint)
    });
    html! { ul.causes { @for item in told { (item) } } }
}

/// How many pieces of evidence are shown for one cause.
const MAX_EVIDENCE: usize = 3;

/// One thing that is wrong, or worth knowing.
pub(super) fn item(
    (severity, message): (Severity, &str),
    id: &str,
    scope: &str,
    evidence: &[&str],
    hint: Option<&str>,
) -> Markup {
    html! {
        li.cause .(severity.name()) {
            p.message { strong { (severity_word(severity)) ": " } (shown(message)) }
            p.scope {
                @if !scope.is_empty() { span { (capital(scope)) } " · " }
                code { "mailprobe explain " (id) }
            }
            @for evidence in evidence.iter().take(MAX_EVIDENCE) {
                p.seen { "Seen: " code { (brief(evidence)) } }
            }
            @if let Some(hint) = hint { p.hint { strong { "Hint: " } (shown(hint)) } }
        }
    }
}

const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
        Severity::Info => "Note",
    }
}

fn capital(scope: &str) -> String {
    crate::words::capitalised(&shown(scope))
}
