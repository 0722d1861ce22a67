//! What the probes of one run share.

use std::future::{Future, pending};
use std::sync::Arc;

use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::observation::{Cause, Limit};

/// What the probes of one run share.
#[derive(Debug, Clone, Default)]
pub(super) struct RunContext {
    /// This machine's own name, where it has a good one. Looked up beside the first connections.
    pub(super) own_name: Arc<OnceCell<Option<String>>>,
    /// When the run must end.
    pub(super) run_end: Option<Instant>,
    /// Cancelled when the run is interrupted.
    pub(super) interrupted: CancellationToken,
    /// What must be done before the run is: connections that are being closed among it.
    pub(super) tasks: TaskTracker,
}

impl RunContext {
    /// Waits for `work`, unless the run is interrupted or its time is over.
    pub(super) async fn unless_over<T>(&self, work: impl Future<Output = T>) -> Result<T, Cause> {
        let end = async {
            match self.run_end {
                Some(end) => sleep_until(end).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.interrupted.cancelled() => Err(Cause::Interrupted),
            () = end => Err(Cause::TimedOut(Limit::Run)),
            result = work => Ok(result),
        }
    }
}
