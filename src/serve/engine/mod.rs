//! Through here goes every check, whoever asks for it.
//!
//! A check first waits in the [queue](queue), then it is [carried out](carrying_out) in a task of its own. Whoever asks for
//! one that is queued or under way [joins](register) it; who cannot wait for its end gets what is [known](progress) so far.

mod carrying_out;
mod limits;
mod pace;
mod progress;
mod queue;
mod register;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

use self::carrying_out::carry_out;
use self::limits::LEAST_TIME;
pub use self::limits::{Busy, EngineLimits};
use self::pace::JudgingPace;
use self::progress::{Answered, CheckProgress, before};
use self::queue::CheckQueue;
use self::register::CheckRegister;
use super::answer::CheckAnswer;
use super::settings::Module;
use crate::target::Target;

/// Through here goes every check, whoever asks for it. It does nothing by itself.
#[derive(Debug)]
pub struct Engine {
    queue: Arc<CheckQueue>,
    register: Arc<CheckRegister>,
    pace: Arc<JudgingPace>,
    coalesced: AtomicU64,
    refused_full: AtomicU64,
    refused_no_time: AtomicU64,
    refused_unusable: AtomicU64,
}

impl Engine {
    pub fn new(limits: EngineLimits) -> Self {
        Self {
            queue: CheckQueue::new(limits),
            register: Arc::default(),
            pace: Arc::default(),
            coalesced: AtomicU64::new(0),
            refused_full: AtomicU64::new(0),
            refused_no_time: AtomicU64::new(0),
            refused_unusable: AtomicU64::new(0),
        }
    }

    /// Checks `targets`, which were typed as `typed`, and answers until then, with what is known. Dropped, it does not wait
    /// any more; a check that nobody waits for is cancelled.
    ///
    /// The same target by the same module, asked for meanwhile, is the same check: it gets time enough for the one who has
    /// most of it, and who has less gets what is known by then. An investigation of port 25, of which nothing is known
    /// before its end, is shared only with who has time enough for it.
    pub async fn check(
        &self,
        module: &Arc<Module>,
        typed: &str,
        targets: Vec<Target>,
        until: Instant,
    ) -> Result<Arc<CheckAnswer>, Busy> {
        let answered = self.share(module, typed, targets, until).await;
        if let Err(busy) = answered {
            self.refusals(busy).fetch_add(1, Ordering::Relaxed);
        }
        answered
    }

    async fn share(&self, module: &Arc<Module>, typed: &str, targets: Vec<Target>, until: Instant) -> Answered {
        // Checks that run at the same time may end at the same time, and their answers are made one after the other. So
        // the more there are, the earlier the next one ends.
        let for_others = self.pace.for_answers(self.queue.ahead());
        let begin = |progress: Arc<CheckProgress>| {
            if progress.is_too_late() || before(until, LEAST_TIME) < Instant::now() {
                return Err(Busy::NoTime);
            }
            let place = self.queue.enter()?;
            Ok(tokio::spawn(carry_out(progress, place, Arc::clone(module), targets)).abort_handle())
        };
        let (check, is_new) = self.register.join(module, typed, until, (&self.pace, for_others), begin)?;
        if !is_new {
            self.coalesced.fetch_add(1, Ordering::Relaxed);
        }
        check.progress.answer(until).await
    }

    /// How many checks are being carried out.
    pub fn running(&self) -> usize {
        self.queue.running()
    }

    /// How many wait for their turn.
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    /// How often a check was asked for that was queued or under way already, and became one with it.
    pub fn coalesced(&self) -> u64 {
        self.coalesced.load(Ordering::Relaxed)
    }

    /// How often there was no answer, for this reason.
    pub fn refused(&self, busy: Busy) -> u64 {
        self.refusals(busy).load(Ordering::Relaxed)
    }

    fn refusals(&self, busy: Busy) -> &AtomicU64 {
        match busy {
            Busy::Full => &self.refused_full,
            Busy::NoTime => &self.refused_no_time,
            Busy::Unusable => &self.refused_unusable,
        }
    }
}
