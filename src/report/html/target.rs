//! Everything about one target, below a heading that its page gives it.

use maud::{Markup, html};

use super::answer;
use super::certificates::certificates;
use super::names::names;
use super::ports::table;
use super::promises::promises;
use super::route::routes;
use super::settings::settings;
use super::talk::{said, talks};
use crate::policy::JudgedTarget;

/// From the answer to the evidence. `prefix` tells the ids of its parts from those of others on the page.
pub(super) fn target_parts(target: &JudgedTarget, prefix: &str) -> Markup {
    html! {
        (target_answer(target, prefix))
        (target_evidence(target, prefix))
    }
}

/// What is wrong, what to do, and what is good to know.
pub(crate) fn target_answer(target: &JudgedTarget, prefix: &str) -> Markup {
    html! {
        (answer::answer(target.verdict, &target.conclusion, &target.hints))
        @if let Some(causes) = answer::causes(target, usize::MAX) { (causes) }
        @if let Some(remarks) = answer::remarks(target) {
            details id={ (prefix) "-remarks" } { summary { "Also good to know" } (remarks) }
        }
    }
}

/// What that rests on: in tables, and what is long folded away.
pub(crate) fn target_evidence(target: &JudgedTarget, prefix: &str) -> Markup {
    html! {
        @if !target.endpoints.is_empty() { h3 { "Ports" } (table(target)) }
        (part("Promises", promises(target)))
        (part("What to enter in a mail program", settings(target)))
        (part("The route", routes(target)))
        (part("Certificates", certificates(target, prefix)))
        (part("Names", names(target, prefix)))
        (part("What was said", talks(target, prefix)))
    }
}

/// Whether anything was said by any port.
pub(crate) fn was_said(target: &JudgedTarget) -> bool {
    target.endpoints.iter().any(said)
}

fn part(title: &str, body: Option<Markup>) -> Markup {
    html! { @if let Some(body) = body { h3 { (title) } (body) } }
}
