//! Whose turn it is: so many checks at once, and the others wait in the order in which they came.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::{Busy, EngineLimits};

#[derive(Debug)]
pub(super) struct CheckQueue {
    limits: EngineLimits,
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// A place in the queue. Whoever drops it has left.
#[derive(Debug)]
pub(super) struct QueuePlace {
    slots: Arc<Semaphore>,
    held: Held,
}

#[derive(Debug)]
enum Held {
    /// Its turn had come at once.
    Slot(Slot),
    /// It waits, and is counted.
    Place { _waiting: InQueue },
}

/// The right to run. It ends with the value.
#[derive(Debug)]
pub(super) struct Slot(#[allow(dead_code, reason = "it is held")] OwnedSemaphorePermit);

#[derive(Debug)]
struct InQueue(Arc<CheckQueue>);

impl CheckQueue {
    pub(super) fn new(limits: EngineLimits) -> Arc<Self> {
        let running = limits.running.clamp(1, Semaphore::MAX_PERMITS);
        let limits = EngineLimits { running, ..limits };
        Arc::new(Self { limits, slots: Arc::new(Semaphore::new(running)), waiting: AtomicUsize::new(0) })
    }

    pub(super) fn running(&self) -> usize {
        self.limits.running - self.slots.available_permits()
    }

    /// How many checks may be running when it is the turn of the next one.
    pub(super) fn ahead(&self) -> usize {
        (self.running() + self.waiting()).min(self.limits.running)
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Lines up, where there is room.
    pub(super) fn enter(self: &Arc<Self>) -> Result<QueuePlace, Busy> {
        let slots = Arc::clone(&self.slots);
        if let Ok(permit) = Arc::clone(&slots).try_acquire_owned() {
            return Ok(QueuePlace { slots, held: Held::Slot(Slot(permit)) });
        }
        let one_more = |waiting: usize| (waiting < self.limits.waiting).then_some(waiting + 1);
        match self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more) {
            Ok(_) => Ok(QueuePlace { slots, held: Held::Place { _waiting: InQueue(Arc::clone(self)) } }),
            Err(_) => Err(Busy::Full),
        }
    }
}

impl QueuePlace {
    /// Waits until it is its turn.
    pub(super) async fn turn(self) -> Option<Slot> {
        match self.held {
            Held::Slot(slot) => Some(slot),
            // It is never closed.
            Held::Place { _waiting } => self.slots.acquire_owned().await.ok().map(Slot),
        }
    }
}

impl Drop for InQueue {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn who_came_first_is_first_and_who_leaves_is_forgotten() {
        let queue = CheckQueue::new(EngineLimits { running: 1, waiting: 2 });
        let first = queue.enter().expect("nobody is there").turn().await.expect("its turn");
        let mut second = Box::pin(queue.enter().expect("room").turn());
        let mut third = Box::pin(queue.enter().expect("room").turn());
        assert!((&mut second).now_or_never().is_none());
        assert!((&mut third).now_or_never().is_none());
        assert_eq!(queue.enter().expect_err("full"), Busy::Full);
        assert_eq!((queue.running(), queue.waiting()), (1, 2));

        drop(second);
        assert_eq!(queue.waiting(), 1);
        let mut fourth = Box::pin(queue.enter().expect("room again").turn());
        assert!((&mut fourth).now_or_never().is_none());
        drop(first);
        assert!((&mut fourth).now_or_never().is_none(), "the third came first");
        let third = third.now_or_never().flatten().expect("its turn");
        drop(third);
        assert!(fourth.now_or_never().flatten().is_some());
        assert_eq!((queue.running(), queue.waiting()), (0, 0));
    }
}
