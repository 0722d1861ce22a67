//! `--format html`: a run as one file to attach to a ticket, complete in itself: no script, and nothing from elsewhere.
//!
//! Its parts also make the pages of `mailprobe serve`. They read from answer to evidence, since a page is read from its
//! top: what is wrong and what to do, then every port, then certificates, the way there, and what was said. Whatever
//! came from a server is written by `shown`: what acts or cannot be seen is shown by its escape, and `maud` escapes
//! what would be markup.

mod answer;
mod blocked;
mod certificates;
mod document;
mod frame;
mod names;
mod ports;
mod promises;
mod route;
mod settings;
mod talk;
mod target;

pub(crate) use answer::{answer, badge, causes, mark};
pub(crate) use blocked::{blocked_answer, blocked_evidence};
pub use document::{render, render_blocked};
pub(crate) use frame::{count, moment, shown};
pub(crate) use ports::{days_left, standings};
pub(crate) use target::{target_answer, target_evidence, was_said};

/// How the pages look: light and dark, on paper, and on a narrow screen.
pub(crate) const STYLE: &str = include_str!("page.css");
