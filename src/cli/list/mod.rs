//! `--targets FILE`: a list, read as a stream, and what bounds a run of many targets.

mod choices;
mod lines;
#[expect(clippy::module_inception, reason = "the list itself, among what is done with it")]
mod list;
mod reader;
mod results;
mod run;
mod shard;
mod worker;
mod workers;
mod writer;

pub(super) use choices::ListChoices;
pub(super) use list::{List, ListError};
pub(super) use run::run;
