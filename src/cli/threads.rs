//! The threads that a command runs in.

use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Runtime};

use super::console::fail;
use super::exit;

/// Starts a runtime. The error is an exit code, after a complaint.
pub(super) fn start(mut runtime: Builder) -> Result<Runtime, u8> {
    runtime.enable_all().build().map_err(|error| refused(&error))
}

/// Does `work` in a runtime of its own. Errors are exit codes.
pub(super) fn run_in<T>(runtime: Builder, work: impl Future<Output = Result<T, u8>>) -> Result<T, u8> {
    drive(start(runtime)?, work)
}

/// Drives a runtime until `work` is done.
pub(super) fn drive<T>(runtime: Runtime, work: impl Future<Output = T>) -> T {
    let outcome = runtime.block_on(work);
    // A name lookup of the operating system's may still hang in a thread: nobody waits for it.
    runtime.shutdown_background();
    outcome
}

/// Complains that the system lends no thread. Gives the exit code.
pub(super) fn refused(error: &io::Error) -> u8 {
    fail(format!("this machine could not start mailprobe's threads: {error}"), exit::LOCAL)
}
