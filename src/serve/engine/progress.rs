//! How far a check is, for all who wait for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::limits::{Busy, LATEST, LEAST_RUN, LEAST_TIME, TO_SUM_UP};
use super::pace::JudgingPace;
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
    /// How long that is before the answer must be there.
    pub(super) margin: Duration,
    pub(super) pace: Arc<JudgingPace>,
    phase: watch::Sender<CheckPhase>,
    /// What was known last of a check that goes on, and when: many may ask at the same moment.
    summed_up: Mutex<Option<(Instant, Arc<CheckAnswer>)>>,
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
    pub(super) fn new(module: &str, target: &str, end: RunEnd, margin: Duration, pace: Arc<JudgingPace>) -> Self {
        let phase = watch::Sender::new(CheckPhase::Queued);
        let (module, target) = (module.to_owned(), target.to_owned());
        let (collector, summed_up) = (Mutex::default(), Mutex::default());
        Self { module, target, end, margin, pace, phase, summed_up, collector }
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
        if let Some(known) = self.sum_up(until) {
            return Ok(known);
        }
        // It is being judged at this moment, after which there is nothing to wait for: a little late is better than never,
        // and the scraper still waits.
        let over = phase.wait_for(|phase| matches!(phase, CheckPhase::Over(_)));
        match timeout_at(until + LATEST, over).await.as_ref().map(Result::as_deref) {
            Ok(Ok(CheckPhase::Over(answered))) => answered.clone(),
            Ok(_) => Err(Busy::Unusable),
            Err(_) => Err(Busy::NoTime),
        }
    }

    /// Judges what is known so far, unless that was done a moment ago.
    fn sum_up(&self, until: Instant) -> Option<Arc<CheckAnswer>> {
        let mut summed_up = self.summed_up.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = summed_up.as_ref().filter(|(when, _)| when.elapsed() < TO_SUM_UP) {
            return Some(Arc::clone(known));
        }
        let beginning = self.beginning()?;
        let collector = self.collector().clone()?;
        let report = self.pace.time(|| collector.cut_off().judge(beginning.started, beginning.began.elapsed()));
        let limit = until.saturating_duration_since(beginning.began);
        let known = self.answer_of(CheckResult::Ports(Box::new(report)), beginning, limit, false);
        *summed_up = Some((Instant::now(), Arc::clone(&known)));
        Some(known)
    }

    /// Whether there is no time left for it to be begun.
    pub(super) fn is_too_late(&self) -> bool {
        self.end.get().is_some_and(|end| before(end, LEAST_RUN) < Instant::now())
    }

    /// How long a check might have taken that was begun then, whose run had to end before the answer by its margin.
    pub(super) fn limit(&self, beginning: Beginning) -> Duration {
        let end = self.end.get().map(|end| end + self.margin);
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
