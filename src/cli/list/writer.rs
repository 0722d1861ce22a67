//! Standard output, or the file that `--resume` names, written to by a thread of its own: whoever reads it may be slow, and no
//! probe must wait for that.

use std::io::{self, IsTerminal as _};
use std::sync::{Arc, OnceLock};

use indicatif::ProgressBar;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::format::ListFormat;
use super::resumed::KeptResults;
use crate::cli::console::{self, unwritable};
use crate::cli::exit;

/// How many texts may wait; then the run waits, too.
const WAITING: usize = 64;

/// Writes texts in the order in which they are handed over.
pub(super) struct Writer {
    pub(super) texts: Texts,
    thread: JoinHandle<()>,
}

/// Where the results of a list go.
#[derive(Debug)]
pub(super) enum ListDestination {
    Stdout,
    File(KeptResults),
}

/// Hands texts to the [`Writer`].
#[derive(Debug, Clone)]
pub(super) struct Texts {
    sender: mpsc::Sender<String>,
    /// Why nothing more can be written, as an exit code.
    failed: Arc<OnceLock<u8>>,
}

impl ListDestination {
    /// The error is an exit code, after a complaint.
    fn write(&mut self, bytes: &[u8]) -> Result<(), u8> {
        match self {
            Self::Stdout => console::write(bytes),
            Self::File(results) => results.add(bytes),
        }
    }
}

impl Writer {
    /// Writes to `destination`. `bar` is taken off the screen while something is written there. The error is an exit code,
    /// after a complaint.
    pub(super) fn start(format: ListFormat, mut destination: ListDestination, bar: ProgressBar) -> Result<Self, u8> {
        let heading = format.heading().map_err(unwritable)?;
        let separator = format.separator();
        let shares_screen = matches!(destination, ListDestination::Stdout) && io::stdout().is_terminal();
        let (sender, mut waiting) = mpsc::channel::<String>(WAITING);
        let texts = Texts { sender, failed: Arc::default() };
        let failed = Arc::clone(&texts.failed);
        let thread = spawn_blocking(move || {
            let mut heading = Some(heading);
            while let Some(text) = waiting.blocking_recv() {
                let text = match heading.take() {
                    Some(heading) => heading + text.strip_prefix(&separator).unwrap_or(&text),
                    None => text,
                };
                let mut write = || destination.write(text.as_bytes());
                if let Err(code) = if shares_screen { bar.suspend(write) } else { write() } {
                    // Before the channel closes: whoever finds it closed asks why.
                    let _ = failed.set(code);
                    break;
                }
            }
        });
        Ok(Self { texts, thread })
    }

    /// Writes the last text; if it is empty, only what stands before the first. Waits until all is written. The error is an
    /// exit code.
    pub(super) async fn finish(self, last: String) -> Result<(), u8> {
        let Self { texts: Texts { sender, failed }, thread } = self;
        // Where it fails, the thread has noted why.
        let _ = sender.send(last).await;
        drop(sender);
        thread.await.map_err(|_| exit::LOCAL)?;
        failed.get().map_or(Ok(()), |code| Err(*code))
    }
}

impl Texts {
    /// To the test that receives them.
    #[cfg(test)]
    pub(super) fn to_nowhere() -> (Self, mpsc::Receiver<String>) {
        let (sender, written) = mpsc::channel(WAITING);
        (Self { sender, failed: Arc::default() }, written)
    }

    /// Hands text over. Waits while much is waiting already. The error is an exit code: nothing more can be written.
    pub(super) async fn write(&self, text: String) -> Result<(), u8> {
        if text.is_empty() {
            return Ok(());
        }
        self.sender.send(text).await.map_err(|_| self.failed.get().copied().unwrap_or(exit::LOCAL))
    }
}
