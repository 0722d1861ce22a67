//! Work that was lost to a panic, in a dependency most likely: all of them read what strangers send. It is told as a
//! fault of mailprobe's own, never passed over.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use tokio::task::JoinError;

use crate::observation::StopCause;

/// Does `work`. What it was working on must not be used any more where it panics.
pub(super) fn caught<T>(work: impl Future<Output = T>) -> impl Future<Output = Result<T, StopCause>> {
    let outcome = AssertUnwindSafe(work).catch_unwind();
    outcome.map(|outcome| outcome.map_err(|panic| StopCause::Internal(message(&*panic))))
}

/// Why a task has no result.
pub(super) fn cause(lost: JoinError) -> StopCause {
    match lost.try_into_panic() {
        Ok(panic) => StopCause::Internal(message(&*panic)),
        // The runtime is being shut down.
        Err(_) => StopCause::Interrupted,
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}
