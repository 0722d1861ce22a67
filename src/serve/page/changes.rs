//! What changed last.

use std::time::SystemTime;

use maud::{Markup, html};

use super::link::detail_path;
use super::when::ago;
use crate::report::html::{badge, shown};
use crate::serve::history::Change;

/// How many are shown.
pub(super) const MOST: usize = 20;

/// Changes as a list, in the order in which they come; with the names of their subjects where these are not clear.
pub(super) fn list(changes: &[&Change], now: SystemTime, with_subject: bool) -> Markup {
    html! {
        ol.changes {
            @for change in changes {
                li {
                    p.faint { (ago(change.at, now)) }
                    p {
                        @if with_subject {
                            a href=(detail_path(&change.subject)) { (super::card::name(&change.subject)) } ": "
                        }
                        @if let Some(before) = change.before { (badge(before)) " became " } @else { "First seen: " }
                        (badge(change.after)) " " (shown(&change.conclusion))
                    }
                }
            }
        }
    }
}
