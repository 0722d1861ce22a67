//! Standard output, written to by a thread of its own: whoever reads it may be slow, and no probe must wait for that.

use std::io::{self, IsTerminal as _};
use std::thread;

use indicatif::ProgressBar;
use tokio::sync::mpsc::{self, error::SendError};
use tokio::sync::oneshot;

use super::printer::Frame;
use crate::cli::{exit, output};

/// How many texts may wait; then the run waits, too.
const WAITING: usize = 64;

/// Writes what its pens are given, in order.
pub(super) struct Writer {
    pen: Pen,
    /// How it ended: well, or with an exit code, after complaining.
    ended: oneshot::Receiver<Result<(), u8>>,
}

/// Hands texts to the [`Writer`].
#[derive(Debug, Clone)]
pub(super) struct Pen(mpsc::Sender<String>);

impl Writer {
    /// `bar` is taken off the screen while something is written there.
    pub(super) fn start(bar: ProgressBar, frame: Frame) -> Self {
        let (texts, mut waiting) = mpsc::channel::<String>(WAITING);
        let (sender, ended) = oneshot::channel();
        let shares_screen = io::stdout().is_terminal();
        thread::spawn(move || {
            let Frame { heading, between } = frame;
            let mut before = Some(heading);
            let mut outcome = Ok(());
            while let Some(text) = waiting.blocking_recv() {
                let before = before.take().unwrap_or_else(|| if text.is_empty() { "" } else { &between }.to_owned());
                let write = || output::write((before + &text).as_bytes());
                outcome = if shares_screen { bar.suspend(write) } else { write() };
                if outcome.is_err() {
                    break;
                }
            }
            // Before the channel closes: whoever finds it closed asks why.
            let _ = sender.send(outcome);
        });
        Self { pen: Pen(texts), ended }
    }

    /// Another hand that may write.
    pub(super) fn pen(&self) -> Pen {
        self.pen.clone()
    }

    /// Writes the last text; if it is empty, only what stands before the first. Waits until all is written. The error is an
    /// exit code.
    pub(super) async fn finish(self, last: String) -> Result<(), u8> {
        let Self { pen, ended } = self;
        // If this fails, the end says why.
        let _ = pen.0.send(last).await;
        drop(pen);
        ended.await.unwrap_or(Err(exit::LOCAL))
    }

    /// Why nothing more could be written, as an exit code.
    pub(super) async fn failure(self) -> u8 {
        self.ended.await.ok().and_then(Result::err).unwrap_or(exit::LOCAL)
    }
}

impl Pen {
    /// Hands text over. Waits while much is waiting already. Where it fails nothing more can be written, and the writer
    /// knows why.
    pub(super) async fn write(&self, text: String) -> Result<(), SendError<String>> {
        if text.is_empty() { Ok(()) } else { self.0.send(text).await }
    }
}
