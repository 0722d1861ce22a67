//! `--state FILE`: what is known survives the process, by whatever death.
//!
//! A thread of its own writes, so that no check ever waits for a disk. A change, and the state that it led to, are one
//! transaction; the event is sent after that. Where nothing can be written, what is known stays in memory, events are sent
//! all the same, and writing is tried again.

mod database;
mod pending;

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

pub(super) use database::{Remembered, StoreError};

use super::history::{Change, Noted};
use database::Database;
use pending::Pending;

/// What became of an event that was to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settlement {
    Acknowledged,
    GivenUp,
}

/// What the writing thread tells the others.
pub(super) trait StoreListener: Send + 'static {
    /// This event cannot be lost any more, or cannot be kept: it is time to send it.
    fn hand_on(&self, change: Change);
    /// Nothing could be written.
    fn write_failed(&self);
}

#[derive(Debug)]
pub(super) struct Store {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<WriterState>,
    wake: Condvar,
    written: Condvar,
}

#[derive(Debug, Default)]
struct WriterState {
    pending: Pending,
    /// Something waits for being written at once.
    is_urgent: bool,
    is_writing: bool,
    is_closing: bool,
    trouble: Option<String>,
}

/// How long what changes nothing may wait to be written.
const AT_LEISURE: Duration = Duration::from_secs(5);

/// How soon writing is tried again where it failed.
const TRY_AGAIN: Duration = Duration::from_secs(5);

const PRUNE_EVERY: Duration = Duration::from_secs(10 * 60);

/// How long the end of the service waits for the disk.
const LAST_WRITE: Duration = Duration::from_secs(5);

impl Store {
    /// Opens the file, for this process alone, and begins to write.
    pub(super) fn open(path: &Path, listener: impl StoreListener) -> Result<(Self, Remembered), StoreError> {
        let mut database = Database::open(path)?;
        let remembered = database.read(SystemTime::now())?;
        let shared = Arc::new(Shared::default());
        let of_writer = Arc::clone(&shared);
        let writer = std::thread::Builder::new().name("state".to_owned());
        let writer = writer.spawn(move || of_writer.write_until_closed(&mut database, &listener))?;
        Ok((Self { shared, writer: Mutex::new(Some(writer)) }, remembered))
    }

    /// Takes in what a check did. An event is handed on when it has been written.
    pub(super) fn note(&self, noted: &Noted, for_webhook: bool) {
        let mut state = self.shared.state();
        state.pending.note(noted, for_webhook);
        if noted.change.is_some() {
            state.is_urgent = true;
            self.shared.wake.notify_one();
        }
    }

    /// Notes what became of an event.
    pub(super) fn settle(&self, change: &Change, settlement: Settlement) {
        let mut state = self.shared.state();
        match settlement {
            Settlement::Acknowledged => state.pending.acknowledged.push(change.id),
            Settlement::GivenUp => state.pending.given_up.push(change.id),
        }
        state.is_urgent = true;
        self.shared.wake.notify_one();
    }

    /// Why nothing can be written, where that is so.
    pub(super) fn trouble(&self) -> Option<String> {
        self.shared.state().trouble.clone()
    }

    /// Waits until all is written, as far as that can be.
    pub(super) fn flush(&self) {
        let mut state = self.shared.state();
        state.is_urgent = true;
        self.shared.wake.notify_one();
        let is_busy =
            |state: &mut WriterState| (!state.pending.is_empty() || state.is_writing) && state.trouble.is_none();
        drop(self.shared.written.wait_timeout_while(state, LAST_WRITE, is_busy));
    }

    /// Writes what is left, and ends.
    pub(super) fn close(&self) {
        self.flush();
        self.shared.state().is_closing = true;
        self.shared.wake.notify_one();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let has_trouble = self.trouble().is_some();
        // A disk that hangs would keep the service from ending.
        if let Some(writer) = writer.filter(|_| !has_trouble) {
            let _ = writer.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, WriterState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_until_closed(&self, database: &mut Database, listener: &impl StoreListener) {
        let mut pruned: Option<Instant> = None;
        let mut pause = AT_LEISURE;
        loop {
            let (batch, is_closing) = self.next_batch(pause);
            let now = SystemTime::now();
            let mut written = if batch.is_empty() { Ok(()) } else { database.write(&batch, now) };
            if written.is_ok() && pruned.is_none_or(|pruned| pruned.elapsed() >= PRUNE_EVERY) {
                written = database.prune(now);
                pruned = Some(Instant::now());
            }
            pause = if written.is_ok() { AT_LEISURE } else { TRY_AGAIN };
            self.took(batch, written, listener);
            if is_closing {
                return;
            }
        }
    }

    /// What is to be written next: at once where something is urgent, else after a while.
    fn next_batch(&self, pause: Duration) -> (Pending, bool) {
        let state = self.state();
        let may_wait = |state: &mut WriterState| !state.is_urgent && !state.is_closing;
        let waited = self.wake.wait_timeout_while(state, pause, may_wait);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_urgent = false;
        state.is_writing = true;
        (std::mem::take(&mut state.pending), state.is_closing)
    }

    /// Hands events on, and keeps what could not be written.
    fn took(&self, mut batch: Pending, written: rusqlite::Result<()>, listener: &impl StoreListener) {
        // An event that cannot be kept is better sent than lost.
        for event in batch.events.iter_mut().filter(|event| !event.handed_on) {
            event.handed_on = true;
            if event.for_webhook {
                listener.hand_on(event.change.clone());
            }
        }
        let mut state = self.state();
        match written {
            Ok(()) => {
                if state.trouble.take().is_some() {
                    tracing::info!("the state file is written again");
                }
            }
            Err(error) => {
                listener.write_failed();
                let trouble = format!("the state file cannot be written: {error}");
                if state.trouble.as_ref() != Some(&trouble) {
                    tracing::error!("{trouble}; what is seen is kept in memory, and writing is tried again");
                }
                state.trouble = Some(trouble);
                state.pending.put_back(batch);
            }
        }
        state.is_writing = false;
        self.written.notify_all();
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.shared.state().is_closing = true;
        self.shared.wake.notify_one();
    }
}

#[cfg(test)]
mod tests;
