//! `--targets FILE`: a list, read as a stream, and what bounds a run of many targets.

mod choices;
mod earlier;
mod format;
mod lines;
mod reader;
mod resumed;
mod run;
mod shard;
mod workers;
mod writer;

pub(super) use choices::{ListChoices, PaceChoices};
pub(super) use reader::{List, ListError};
pub(super) use run::run;
