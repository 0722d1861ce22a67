//! A list: its targets one after the other, and its lines that are no targets.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use futures_util::{Stream, StreamExt as _, stream};
use indicatif::ProgressBar;
use tokio::sync::mpsc;

use super::earlier::Done;
use super::lines::{BadLine, Lines, ListSource};
use super::resumed;
use super::shard::Shard;
use crate::cli::console::{complain, fail};
use crate::cli::exit;
use crate::target::Target;

/// How many targets of a list are kept where the results need them all at the end.
const MOST_KEPT: usize = 10_000;

/// How many bad lines are told; the others are counted.
const MOST_TOLD: usize = 20;

/// How many targets are handed over at once, where as many are there: each handing over wakes a thread.
const BATCH: usize = 64;

/// How many batches are read ahead.
const READ_AHEAD: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct List {
    pub(super) source: ListSource,
    pub(super) shard: Option<Shard>,
    /// The results to go on with: what is done there is left out.
    pub(super) resume: Option<PathBuf>,
}

/// Why a list was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum ListError {
    /// It cannot be read, or there is nothing in it. What to tell.
    Unreadable(String),
    /// Whoever takes the targets wants no more, and ends with this exit code.
    Stopped(u8),
}

/// What was read of a list so far.
#[derive(Debug, Clone, Default)]
pub(super) struct ReadSoFar {
    /// Whether there are targets, be they for other shares.
    pub(super) has_targets: bool,
    pub(super) bad_lines: usize,
    /// Whether it cannot be read any further.
    pub(super) is_broken: bool,
}

impl List {
    /// Hands every target of the share that is not done to `each`, and tells bad lines. Says how many of those there are.
    pub(in super::super) fn read(&self, mut each: impl FnMut(Target) -> Result<(), u8>) -> Result<usize, ListError> {
        let read = Mutex::default();
        let lines = self.source.open().map_err(ListError::Unreadable)?;
        let done = self.resume.as_deref().map(resumed::done).transpose().map_err(ListError::Unreadable)?;
        self.read_on(lines, &read, &ProgressBar::hidden(), done.unwrap_or_default(), |target, _| {
            target.map_or(Ok(()), &mut each)
        })?;
        let read = read.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.tell_the_rest(&read);
        if read.has_targets { Ok(read.bad_lines) } else { Err(ListError::Unreadable(self.names_nothing())) }
    }

    /// All targets of the share, where they can be kept, and the number of bad lines.
    pub(in super::super) fn keep(&self) -> Result<(Vec<Target>, usize), ListError> {
        let mut targets = Vec::new();
        let bad_lines = self.read(|target| {
            targets.push(target);
            if targets.len() <= MOST_KEPT {
                return Ok(());
            }
            let message = format!(
                "the list has more than {MOST_KEPT} targets: with so many, results are written as they come, in --format \
                 human, jsonl or csv, without --output, --wait and --retries"
            );
            Err(fail(message, exit::USAGE))
        })?;
        Ok((targets, bad_lines))
    }

    /// Calls `each` for every line, with the target if there is one of the share that is not done, and whether another line
    /// is there already.
    /// `bar` is taken off the screen to tell of bad lines.
    fn read_on(
        &self,
        mut lines: Lines,
        read: &Mutex<ReadSoFar>,
        bar: &ProgressBar,
        mut done: Done,
        mut each: impl FnMut(Option<Target>, bool) -> Result<(), u8>,
    ) -> Result<(), ListError> {
        while let Some(line) = lines.next() {
            let line = line.map_err(|error| ListError::Unreadable(self.source.cannot(&error)))?;
            let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
            let target = match line {
                Ok(target) => {
                    read.has_targets = true;
                    Some(target).filter(|target| self.is_ours(target) && !done.takes(target))
                }
                Err(bad) => {
                    bar.suspend(|| self.tell(&mut read, &bad));
                    None
                }
            };
            drop(read);
            each(target, lines.has_more_at_once()).map_err(ListError::Stopped)?;
        }
        Ok(())
    }

    /// The targets of the share that are not done, read in a thread of their own: standard input knows no other way.
    pub(super) fn stream(
        self,
        lines: Lines,
        read: Arc<Mutex<ReadSoFar>>,
        bar: ProgressBar,
        done: Done,
    ) -> impl Stream<Item = Target> + Send + 'static {
        let (sender, mut batches) = mpsc::channel::<Vec<Target>>(READ_AHEAD);
        thread::spawn(move || {
            let mut batch = Vec::new();
            let end = self.read_on(lines, &read, &bar, done, |target, has_more| {
                batch.extend(target);
                if batch.is_empty() || (has_more && batch.len() < BATCH) {
                    return Ok(());
                }
                // It fails when the run is over.
                sender.blocking_send(std::mem::take(&mut batch)).map_err(|_| exit::LOCAL)
            });
            if let Err(ListError::Unreadable(message)) = end {
                bar.suspend(|| complain(message));
                read.lock().unwrap_or_else(PoisonError::into_inner).is_broken = true;
            }
            let _ = sender.blocking_send(batch);
        });
        stream::poll_fn(move |context| batches.poll_recv(context)).flat_map(stream::iter)
    }

    /// How many targets of the share are not done, where the list can be read twice.
    pub(super) fn count(&self, mut done: Done) -> Option<u64> {
        let lines = self.source.is_regular().then(|| self.source.open().ok()).flatten()?;
        u64::try_from(lines.flatten().flatten().filter(|target| self.is_ours(target) && !done.takes(target)).count())
            .ok()
    }

    fn is_ours(&self, target: &Target) -> bool {
        self.shard.is_none_or(|shard| shard.has(target))
    }

    pub(super) fn names_nothing(&self) -> String {
        format!("{} contains no target: write one per line, as in mail.example.org", self.source.name())
    }

    fn tell(&self, read: &mut ReadSoFar, bad: &BadLine) {
        read.bad_lines += 1;
        if read.bad_lines <= MOST_TOLD {
            complain(format!("{}:{}: {}", self.source.name(), bad.number, bad.why));
        }
    }

    /// Counts the bad lines that were not told.
    pub(super) fn tell_the_rest(&self, read: &ReadSoFar) {
        if read.bad_lines > MOST_TOLD {
            complain(format!("{}: {} more lines are not targets", self.source.name(), read.bad_lines - MOST_TOLD));
        }
    }
}
