//! Parting in good manners: the farewell, a half-close, and a short wait for the other side, in the background.

use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::limits;
use super::wire::Wire;

/// Lets connections part in the background and knows when all of them have.
#[derive(Debug)]
pub(super) struct Farewells {
    presence: Arc<Presence>,
    parted: Arc<Notify>,
}

/// That somebody still holds it says that there may be a connection to part from.
#[derive(Debug)]
struct Presence {
    parted: Arc<Notify>,
}

impl Drop for Presence {
    fn drop(&mut self) {
        // Kept for whoever waits later.
        self.parted.notify_one();
    }
}

/// Held by whoever may have a connection to part from.
#[derive(Debug, Clone)]
pub(super) struct Parting {
    presences: Vec<Arc<Presence>>,
}

impl Farewells {
    pub(super) fn new() -> Self {
        let parted = Arc::new(Notify::new());
        Self { presence: Arc::new(Presence { parted: Arc::clone(&parted) }), parted }
    }

    pub(super) fn parting(&self) -> Parting {
        Parting { presences: vec![Arc::clone(&self.presence)] }
    }

    /// Waits until every connection has parted: at most [`limits::DRAIN`] after the last one began to.
    pub(super) async fn all(self) {
        drop(self.presence);
        self.parted.notified().await;
    }
}

impl Parting {
    /// The same, and known to `others` as well.
    pub(super) fn known_to(&self, others: &Farewells) -> Self {
        let mut presences = Vec::with_capacity(self.presences.len() + 1);
        presences.extend(self.presences.iter().cloned());
        presences.push(Arc::clone(&others.presence));
        Self { presences }
    }

    /// Says `farewell`, half-closes, and reads what still comes until the other side closes. What the system takes at once
    /// is said before this returns: the process may end soon.
    pub(super) fn begin<S>(&self, mut wire: Wire<S>, farewell: Vec<u8>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut parting = Box::pin(timeout(limits::DRAIN, async move {
            if !farewell.is_empty() {
                wire.write(&farewell).await?;
            }
            wire.half_close().await?;
            let mut drained = 0;
            while drained < limits::DIALOGUE_BYTES {
                match wire.read(|_| ()).await? {
                    0 => break,
                    count => drained += count,
                }
            }
            std::io::Result::Ok(())
        }));
        if parting.as_mut().now_or_never().is_none() {
            let held = self.clone();
            tokio::spawn(async move {
                let _ = parting.await;
                drop(held);
            });
        }
    }
}
