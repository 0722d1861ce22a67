//! What the domain promises about its servers, and whether it is kept.

use maud::{Markup, html};

use super::answer::mark;
use super::frame::cut;
use crate::correlation::Cause;
use crate::diagnosis::Severity;
use crate::policy::{JudgedTarget, PolicyOutcome, Verdict};
use crate::report::promises::{PromiseLine, lines, unanswered, unpublished};

/// `None`: nothing is to be said of any.
pub(super) fn promises(target: &JudgedTarget) -> Option<Markup> {
    let lines = lines(target);
    let others: Vec<String> = unanswered(target).into_iter().chain(unpublished(target)).collect();
    (!lines.is_empty() || !others.is_empty()).then(|| {
        html! {
            ul.plain {
                @for line in &lines {
                    li class=(class(line, target)) {
                        @if let Some(verdict) = verdict(line, target) { (mark(verdict)) " " }
                        strong { (line.kind.label()) ": " } (cut(&line.text))
                    }
                }
                @for line in &others { li { (cut(line)) } }
            }
        }
    })
}

fn class(line: &PromiseLine, target: &JudgedTarget) -> &'static str {
    verdict(line, target).map_or("absent", Verdict::name)
}

/// A promise that is not made is no fault, unless something hints at one.
fn verdict(line: &PromiseLine, target: &JudgedTarget) -> Option<Verdict> {
    let is_warning = |cause: &Cause| Some(cause.id) == line.finding && cause.severity == Severity::Warning;
    match line.outcome {
        PolicyOutcome::Kept => Some(Verdict::Pass),
        PolicyOutcome::Broken if target.causes.iter().any(is_warning) => Some(Verdict::Warn),
        PolicyOutcome::Broken => Some(Verdict::Fail),
        PolicyOutcome::CannotTell => Some(Verdict::Inconclusive),
        PolicyOutcome::None if line.finding.is_some() => Some(Verdict::Warn),
        PolicyOutcome::None => None,
    }
}
