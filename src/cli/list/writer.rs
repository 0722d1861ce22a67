//! Standard output, written to by a thread of its own: whoever reads it may be slow, and no probe must wait for that.

use std::io::{self, IsTerminal as _};
use std::sync::{Arc, OnceLock};
use std::thread;

use indicatif::ProgressBar;
use tokio::sync::{mpsc, oneshot};

use super::results::Separators;
use crate::cli::{console, exit};

/// How many texts may wait; then the run waits, too.
const WAITING: usize = 64;

/// Hands texts to the thread that writes them, in order. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    texts: mpsc::Sender<String>,
    /// Why nothing more could be written, as an exit code, after a complaint.
    failure: Arc<OnceLock<u8>>,
}

/// Is ready when the thread has ended, which it does when nobody holds a [`Writer`] any more.
pub(super) type Ended = oneshot::Receiver<()>;

impl Writer {
    /// `bar` is taken off the screen while something is written there.
    pub(super) fn start(bar: ProgressBar, separators: Separators) -> (Self, Ended) {
        let (texts, mut waiting) = mpsc::channel::<String>(WAITING);
        let (sender, ended) = oneshot::channel();
        let failure = Arc::new(OnceLock::new());
        let shares_screen = io::stdout().is_terminal();
        let writer = Self { texts, failure: Arc::clone(&failure) };
        thread::spawn(move || {
            let Separators { heading, between } = separators;
            let mut before = Some(heading);
            while let Some(text) = waiting.blocking_recv() {
                let before = before.take().unwrap_or_else(|| if text.is_empty() { "" } else { &between }.to_owned());
                let write = || console::write((before + &text).as_bytes());
                if let Err(code) = if shares_screen { bar.suspend(write) } else { write() } {
                    // Before the channel closes: whoever finds it closed asks why.
                    let _ = failure.set(code);
                    break;
                }
            }
            let _ = sender.send(());
        });
        (writer, ended)
    }

    /// Hands text over. Waits while much is waiting already. The error is an exit code: nothing more can be written.
    pub(super) async fn write(&self, text: String) -> Result<(), u8> {
        if text.is_empty() {
            return Ok(());
        }
        self.texts.send(text).await.map_err(|_| self.failure().unwrap_or(exit::LOCAL))
    }

    /// Writes the last text; if it is empty, only what stands before the first. Waits until all is written.
    pub(super) async fn finish(self, last: String, ended: Ended) -> Result<(), u8> {
        let Self { texts, failure } = self;
        // If this fails, the failure says why.
        let _ = texts.send(last).await;
        drop(texts);
        let _ = ended.await;
        failure.get().map_or(Ok(()), |&code| Err(code))
    }

    fn failure(&self) -> Option<u8> {
        self.failure.get().copied()
    }
}
