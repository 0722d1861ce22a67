//! Everything about one target, below a heading that its page gives it.

use maud::{Markup, html};

use super::answer;
use super::certificates::certificates;
use super::names::names;
use super::ports::table;
use super::promises::promises;
use super::route::routes;
use super::settings::settings;
use super::talk::talks;
use crate::policy::JudgedTarget;

/// From the answer to the evidence. `prefix` tells the ids of its parts from those of others on the page.
pub(crate) fn target_parts(target: &JudgedTarget, prefix: &str) -> Markup {
    html! {
        (answer::answer(target.verdict, &target.conclusion, &target.hints))
        @if let Some(causes) = answer::causes(target, usize::MAX) { (causes) }
        @if let Some(remarks) = answer::remarks(target) {
            details id={ (prefix) "-remarks" } { summary { "Also good to know" } (remarks) }
        }
        @if !target.endpoints.is_empty() { h3 { "Ports" } (table(target)) }
        (part("Promises", promises(target)))
        (part("What to enter in a mail program", settings(target)))
        (part("The route", routes(target)))
        (evidence(target, prefix))
    }
}

/// What the answer rests on, mostly folded away.
pub(super) fn evidence(target: &JudgedTarget, prefix: &str) -> Markup {
    html! {
        (part("Certificates", certificates(target, prefix)))
        @if let Some(names) = names(target) {
            h3 { "Names" }
            details id={ (prefix) "-names" } { summary { "How names were looked up" } (names) }
        }
        (part("What was said", talks(target, prefix)))
    }
}

fn part(title: &str, body: Option<Markup>) -> Markup {
    html! { @if let Some(body) = body { h3 { (title) } (body) } }
}
