//! How long answers are waited for.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

use crate::observation::{LookupFailure, LookupFailureKind};

/// Whoever looks promises up decides on the way how long it goes on. What has come until then counts.
#[derive(Debug, Clone, Default)]
pub struct Patience {
    spent: CancellationToken,
    over: CancellationToken,
    why: Arc<OnceLock<String>>,
}

impl Patience {
    /// From now on nothing is waited for but answers whose absence is a fault of the domain's itself: `why`, as a clause.
    pub fn spend(&self, why: &str) {
        self.why.get_or_init(|| why.to_owned());
        self.spent.cancel();
    }

    /// From now on nothing at all is waited for.
    pub fn end(&self, why: &str) {
        self.spend(why);
        self.over.cancel();
    }

    /// The answer, if it comes in time.
    pub(super) async fn wait<T>(&self, answer: impl Future<Output = T>) -> Option<T> {
        self.spent.run_until_cancelled(answer).await
    }

    /// An answer whose absence is a fault.
    pub(super) async fn insist<T>(&self, answer: impl Future<Output = T>) -> Option<T> {
        self.over.run_until_cancelled(answer).await
    }

    /// As [`Patience::wait`], where a lookup may fail anyway.
    pub(super) async fn wait_for<T>(
        &self,
        lookup: impl Future<Output = Result<T, LookupFailure>>,
    ) -> Result<T, LookupFailure> {
        let given_up = || Err(LookupFailure::new(LookupFailureKind::TimedOut, self.why()));
        self.wait(lookup).await.unwrap_or_else(given_up)
    }

    /// Whether the run is.
    pub(super) fn is_over(&self) -> bool {
        self.over.is_cancelled()
    }

    /// Why an answer was not waited for any longer.
    pub(super) fn why(&self) -> String {
        self.why.get().cloned().unwrap_or_default()
    }
}
