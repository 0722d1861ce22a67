//! The events that are on their way to the webhook.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{mpsc, watch};

use super::history::Change;

/// Takes events for the webhook in, and counts them until something has become of them.
#[derive(Debug, Clone)]
pub(super) struct Outbox {
    sender: mpsc::UnboundedSender<Change>,
    waiting: watch::Sender<usize>,
}

/// The other end of the [`Outbox`], until somebody takes it.
#[derive(Debug)]
pub(super) struct ToSend(Mutex<Option<mpsc::UnboundedReceiver<Change>>>);

impl Outbox {
    pub(super) fn new() -> (Self, ToSend) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self { sender, waiting: watch::Sender::default() }, ToSend(Mutex::new(Some(receiver))))
    }

    pub(super) fn push(&self, change: Change) {
        if self.sender.send(change).is_ok() {
            self.waiting.send_modify(|waiting| *waiting += 1);
        }
    }

    /// Something has become of an event.
    pub(super) fn settled(&self) {
        self.waiting.send_modify(|waiting| *waiting = waiting.saturating_sub(1));
    }

    /// Until no event is on its way.
    pub(super) async fn emptied(&self) {
        let _ = self.waiting.subscribe().wait_for(|waiting| *waiting == 0).await;
    }
}

impl ToSend {
    pub(super) fn take(&self) -> Option<mpsc::UnboundedReceiver<Change>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
