//! How far a check is, for all who wait for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::limits::{Busy, LEAST_TIME, TO_SUM_UP};
use crate::collector::Collector;
use crate::probe::RunEnd;
use crate::serve::answer::{CheckAnswer, CheckResult};

pub(super) type Answered = Result<Arc<CheckAnswer>, Busy>;

/// How far a check is. Who carries it out and who waits for it share it.
#[derive(Debug)]
pub(super) struct CheckProgress {
    module: String,
    /// As typed.
    target: String,
    /// When it must be over.
    pub(super) end: RunEnd,
    phase: watch::Sender<CheckPhase>,
    /// What is known of the ports, as soon as the check runs.
    collector: Mutex<Option<Collector>>,
}

#[derive(Debug, Clone)]
enum CheckPhase {
    Queued,
    Running(Beginning),
    Over(Answered),
}

/// When a check was begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beginning {
    pub(super) started: SystemTime,
    pub(super) began: Instant,
}

impl Beginning {
    fn now() -> Self {
        Self { started: SystemTime::now(), began: Instant::now() }
    }
}

impl CheckProgress {
    pub(super) fn new(module: &str, target: &str, end: RunEnd) -> Self {
        let phase = watch::Sender::new(CheckPhase::Queued);
        Self { module: module.to_owned(), target: target.to_owned(), end, phase, collector: Mutex::default() }
    }

    pub(super) fn begin(&self) -> Beginning {
        let beginning = Beginning::now();
        self.phase.send_replace(CheckPhase::Running(beginning));
        beginning
    }

    pub(super) fn end(&self, answered: Answered) {
        self.phase.send_replace(CheckPhase::Over(answered));
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(*self.phase.borrow(), CheckPhase::Over(_))
    }

    /// When it was begun, while it runs.
    pub(super) fn beginning(&self) -> Option<Beginning> {
        match *self.phase.borrow() {
            CheckPhase::Running(beginning) => Some(beginning),
            CheckPhase::Queued | CheckPhase::Over(_) => None,
        }
    }

    pub(super) fn collector(&self) -> MutexGuard<'_, Option<Collector>> {
        self.collector.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the answer; until then at most, and takes what is known by then.
    pub(super) async fn answer(&self, until: Instant) -> Answered {
        let mut phase = self.phase.subscribe();
        let begun = phase.wait_for(|phase| !matches!(phase, CheckPhase::Queued));
        // One that runs already is asked for what it knows, however late it is.
        if timeout_at(before(until, LEAST_TIME), begun).await.is_err() {
            return Err(Busy::NoTime);
        }
        let over = phase.wait_for(|phase| matches!(phase, CheckPhase::Over(_)));
        match timeout_at(before(until, TO_SUM_UP), over).await.as_ref().map(Result::as_deref) {
            Ok(Ok(CheckPhase::Over(answered))) => return answered.clone(),
            Ok(_) => return Err(Busy::Unusable),
            Err(_) => {}
        }
        self.so_far(phase, until).await
    }

    /// What is known of a check that goes on.
    async fn so_far(&self, mut phase: watch::Receiver<CheckPhase>, until: Instant) -> Answered {
        let beginning = self.beginning();
        let so_far = self.collector().clone();
        if let Some((beginning, collector)) = beginning.zip(so_far) {
            let Beginning { started, began } = beginning;
            let report = collector.cut_off().judge(started, began.elapsed());
            let limit = until.saturating_duration_since(began);
            return Ok(self.answer_of(CheckResult::Ports(Box::new(report)), beginning, limit, false));
        }
        // It is being judged at this moment.
        let over = phase.wait_for(|phase| matches!(phase, CheckPhase::Over(_)));
        match timeout_at(until, over).await.as_ref().map(Result::as_deref) {
            Ok(Ok(CheckPhase::Over(answered))) => answered.clone(),
            _ => Err(Busy::Unusable),
        }
    }

    /// How long a check might have taken that was begun then, where its run had to end so long before the answer.
    pub(super) fn limit(&self, beginning: Beginning, margin: Duration) -> Duration {
        let end = self.end.get().map(|end| end + margin);
        end.unwrap_or_else(Instant::now).saturating_duration_since(beginning.began)
    }

    pub(super) fn answer_of(
        &self,
        result: CheckResult,
        beginning: Beginning,
        limit: Duration,
        finished: bool,
    ) -> Arc<CheckAnswer> {
        let Beginning { started, began } = beginning;
        let (module, target) = (self.module.clone(), self.target.clone());
        Arc::new(CheckAnswer { module, target, started, took: began.elapsed(), limit, finished, result })
    }
}

/// So long before, or at the beginning of all clocks.
pub(super) fn before(until: Instant, time: Duration) -> Instant {
    until.checked_sub(time).unwrap_or(until)
}
