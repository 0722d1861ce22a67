//! What the probes of one run share.

use std::future::Future;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::bounds::Bounds;
use super::errands::Errands;
use super::giving_up::GivingUp;
use super::run_end::RunEnd;
use crate::observation::{Limit, StopCause};

#[derive(Debug, Clone, Default)]
pub(super) struct RunContext {
    pub(super) run_end: RunEnd,
    pub(super) interrupted: CancellationToken,
    pub(super) giving_up: GivingUp,
    /// What must be done before the run is: connections that are being closed among it.
    pub(super) tasks: TaskTracker,
    /// For connections beside the one that an endpoint has by itself; `None`: without bounds.
    pub(super) bounds: Option<Arc<Bounds>>,
    /// What is done beyond looking.
    pub(super) errands: Arc<Errands>,
}

impl RunContext {
    /// Waits for `work`, unless the run is interrupted or its time is over.
    pub(super) async fn unless_over<T>(&self, work: impl Future<Output = T>) -> Result<T, StopCause> {
        tokio::select! {
            biased;
            () = self.interrupted.cancelled() => Err(StopCause::Interrupted),
            () = self.run_end.reached() => Err(StopCause::TimedOut(Limit::Run)),
            result = work => Ok(result),
        }
    }
}
