//! The threads that work a list off: each probes, judges and tells its own share of the targets, and has nothing that another
//! one would have to wait for. What one thread makes and another throws away costs more than it brings.

use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::cli::threads;

/// More would only wait for the network.
const MOST_THREADS: usize = 8;

/// Threads with a runtime each.
pub(super) struct Workers {
    runtimes: Vec<Handle>,
    /// The threads end when these are dropped.
    _at_work: Vec<oneshot::Sender<()>>,
}

impl Workers {
    /// Starts a thread for each core. The error is an exit code, after a complaint.
    pub(super) fn start() -> Result<Self, u8> {
        let count = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let (mut runtimes, mut at_work) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let runtime = threads::start(Builder::new_current_thread())?;
            let (sender, dropped) = oneshot::channel::<()>();
            runtimes.push(runtime.handle().clone());
            at_work.push(sender);
            let work = move || drop(threads::drive(runtime, dropped));
            let thread = thread::Builder::new().name("probes".to_owned());
            thread.spawn(work).map_err(|error| threads::refused(&error))?;
        }
        Ok(Self { runtimes, _at_work: at_work })
    }

    pub(super) fn runtimes(&self) -> &[Handle] {
        &self.runtimes
    }
}
