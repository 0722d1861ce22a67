//! Standard output, written to by a thread of its own: whoever reads it may be slow, and no probe must wait for that.

use std::io::{self, IsTerminal as _};
use std::thread;

use indicatif::ProgressBar;
use tokio::sync::{mpsc, oneshot};

use crate::cli::{exit, output};

/// How many texts may wait; then the run waits, too.
const WAITING: usize = 64;

/// Writes what it is given, in order.
pub(super) struct Writer {
    texts: mpsc::Sender<String>,
    /// How it ended: well, or with an exit code, after complaining.
    ended: oneshot::Receiver<Result<(), u8>>,
}

impl Writer {
    /// `bar` is taken off the screen while something is written there.
    pub(super) fn start(bar: ProgressBar) -> Self {
        let (texts, mut waiting) = mpsc::channel::<String>(WAITING);
        let (sender, ended) = oneshot::channel();
        let shares_screen = io::stdout().is_terminal();
        thread::spawn(move || {
            let mut outcome = Ok(());
            while let Some(text) = waiting.blocking_recv() {
                let write = || output::write(text.as_bytes());
                outcome = if shares_screen { bar.suspend(write) } else { write() };
                if outcome.is_err() {
                    break;
                }
            }
            // Before the channel closes: whoever finds it closed asks why.
            let _ = sender.send(outcome);
        });
        Self { texts, ended }
    }

    /// Hands text over. Waits while much is waiting already. The error is an exit code: nothing more can be written.
    pub(super) async fn write(&mut self, text: String) -> Result<(), u8> {
        if text.is_empty() || self.texts.send(text).await.is_ok() {
            return Ok(());
        }
        (&mut self.ended).await.unwrap_or(Err(exit::LOCAL)).and(Err(exit::LOCAL))
    }

    /// Waits until all is written.
    pub(super) async fn finish(self) -> Result<(), u8> {
        drop(self.texts);
        self.ended.await.unwrap_or(Err(exit::LOCAL))
    }
}
