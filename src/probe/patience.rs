//! How long to wait: the stage's, the endpoint's and the run's limits, and Ctrl-C.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::driver::RunContext;
use super::limits;
use crate::observation::{Cause, Limit, Purpose, Stage};

/// When to stop waiting.
#[derive(Debug, Clone)]
pub(super) struct Patience {
    /// The end of the endpoint's time.
    endpoint_end: Instant,
    /// When a first connection on which nothing happens must leave the rest of the time to a second look.
    reserve_begins: Option<Instant>,
    /// The end of the run's time.
    run_end: Option<Instant>,
    /// Becomes true when the run is interrupted.
    interrupt: watch::Receiver<bool>,
}

impl Patience {
    /// For an endpoint that may take `timeout` from now on.
    pub(super) fn for_endpoint(context: &RunContext, timeout: Duration) -> Self {
        let now = Instant::now();
        Self {
            endpoint_end: now + timeout,
            reserve_begins: Some(now + timeout - (timeout / 4).min(limits::RESERVE)),
            run_end: context.run_end,
            interrupt: context.interrupt.clone(),
        }
    }

    /// From now on the whole of the endpoint's time may be used.
    pub(super) fn spend_the_reserve(&mut self) {
        self.reserve_begins = None;
    }

    /// When a stage that began at `since` must be done.
    pub(super) fn stage_end(&self, purpose: Purpose, stage: Stage, since: Instant) -> Instant {
        let end = since + limits::of_stage(stage, purpose);
        match (stage, self.reserve_begins) {
            // These two are the ones that a second look can explain.
            (Stage::Greeting | Stage::Tls, Some(reserve)) => end.min(reserve),
            _ => end,
        }
    }

    /// Waits for `work` until `stage_end` at most. It is given pinned, because it would be held twice.
    pub(super) async fn wait<T>(
        &mut self,
        stage_end: Instant,
        work: impl Future<Output = T> + Unpin,
    ) -> Result<T, Cause> {
        let mut end = (stage_end, Limit::Stage);
        if self.endpoint_end < end.0 {
            end = (self.endpoint_end, Limit::Endpoint);
        }
        if let Some(run_end) = self.run_end.filter(|&run_end| run_end < end.0) {
            end = (run_end, Limit::Run);
        }
        tokio::select! {
            biased;
            result = work => Ok(result),
            _ = self.interrupt.wait_for(|&interrupted| interrupted) => Err(Cause::Interrupted),
            () = sleep_until(end.0) => Err(Cause::TimedOut(end.1)),
        }
    }
}
