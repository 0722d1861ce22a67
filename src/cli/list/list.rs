//! A list: where it comes from, which share of it is ours, and its bad lines.

use super::lines::{BadLine, ListSource};
use super::shard::Shard;
use crate::cli::console::complain;
use crate::cli::exit;
use crate::report::sanitize::{Charset, escape};
use crate::target::Target;

/// How many targets of a list are kept where the results need them all at the end.
const MOST_KEPT: usize = 10_000;

/// How many bad lines are told; the others are counted.
const MOST_TOLD: usize = 20;

/// A list to be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct List {
    pub(super) source: ListSource,
    pub(super) shard: Option<Shard>,
}

/// What was read of a list.
#[derive(Debug)]
pub(in crate::cli) struct Kept {
    pub(in crate::cli) targets: Vec<Target>,
    pub(in crate::cli) bad_lines: usize,
}

impl List {
    /// Hands every target of the share to `each`, and tells bad lines. Says how many of those there are.
    pub(in crate::cli) fn read(&self, mut each: impl FnMut(Target) -> Result<(), u8>) -> Result<usize, ListError> {
        let mut bad_lines = BadLines::default();
        let mut found = false;
        for line in self.source.open().map_err(ListError::Unreadable)? {
            match line.map_err(|error| ListError::Unreadable(self.source.cannot(&error)))? {
                Ok(target) => {
                    found = true;
                    if self.is_ours(&target) {
                        each(target).map_err(ListError::Stopped)?;
                    }
                }
                Err(bad) => bad_lines.tell(self, &bad),
            }
        }
        bad_lines.tell_the_rest(self);
        if found { Ok(bad_lines.count) } else { Err(ListError::Unreadable(self.names_nothing())) }
    }

    /// All targets of the share, where they can be kept.
    pub(in crate::cli) fn keep(&self) -> Result<Kept, ListError> {
        let mut targets = Vec::new();
        let bad_lines = self.read(|target| {
            targets.push(target);
            if targets.len() <= MOST_KEPT {
                return Ok(());
            }
            complain(&format!(
                "the list has more than {MOST_KEPT} targets: with so many, results are written as they come, in --format \
                 human, jsonl or csv, without --output, --wait and --retries"
            ));
            Err(exit::USAGE)
        })?;
        Ok(Kept { targets, bad_lines })
    }

    pub(super) fn is_ours(&self, target: &Target) -> bool {
        self.shard.is_none_or(|shard| shard.has(target))
    }

    /// How many targets there are in the share.
    pub(super) fn count(&self) -> u64 {
        let Ok(lines) = self.source.open() else { return 0 };
        let ours = lines.flatten().flatten().filter(|target| self.is_ours(target));
        u64::try_from(ours.count()).unwrap_or(u64::MAX)
    }

    pub(super) fn names_nothing(&self) -> String {
        format!("{} names no target: write one on each line, as in mail.example.org", self.source.name())
    }
}

/// Why a list was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum ListError {
    /// It cannot be read, or there is nothing in it. What to tell.
    Unreadable(String),
    /// Whoever takes the targets wants no more, and ends with this exit code.
    Stopped(u8),
}

/// The lines that are no targets.
#[derive(Debug, Default)]
pub(super) struct BadLines {
    pub(super) count: usize,
}

impl BadLines {
    pub(super) fn tell(&mut self, list: &List, bad: &BadLine) {
        self.count += 1;
        if self.count <= MOST_TOLD {
            complain(&escape(&format!("{}:{}: {}", list.source.name(), bad.number, bad.why), Charset::Unicode));
        }
    }

    pub(super) fn tell_the_rest(&self, list: &List) {
        if self.count > MOST_TOLD {
            complain(&format!("{}: {} more lines are no targets", list.source.name(), self.count - MOST_TOLD));
        }
    }
}
