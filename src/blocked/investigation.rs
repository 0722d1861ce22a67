//! An investigation under way, as whoever started it sees it.

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::inquiry::Inquiry;
use super::options::{InvestigationEvent, InvestigationOptions};
use crate::transport::trust::TrustError;

/// An investigation under way.
#[derive(Debug)]
pub struct Investigation {
    events: mpsc::UnboundedReceiver<InvestigationEvent>,
    interrupt: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Investigation {
    /// Begins. Nothing but files is touched before it returns.
    ///
    /// # Errors
    ///
    /// A file of trusted certificates that cannot be read.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled.
    pub fn start(options: InvestigationOptions) -> Result<Self, TrustError> {
        let (sender, events) = mpsc::unbounded_channel();
        let (interrupt, interrupted) = watch::channel(false);
        let inquiry = Inquiry::new(options, sender, interrupted)?;
        let task = tokio::spawn(inquiry.carry_out());
        Ok(Self { events, interrupt, task })
    }

    /// The next event; `None` after the last.
    pub async fn next(&mut self) -> Option<InvestigationEvent> {
        self.events.recv().await
    }

    /// Ends what is under way. The answer still comes, from what is known so far.
    pub fn interrupt(&self) {
        self.interrupt.send_replace(true);
    }

    /// Waits until every connection is closed in good manners: a second at most.
    pub async fn close(self) {
        drop(self.events);
        // It fails only if the task panicked or the runtime ended; either way nothing is left to wait for.
        let _ = self.task.await;
    }
}
