//! Parting in good manners: the farewell, a half-close, and a short wait for the other side, in the background.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::limits;
use super::wire::Wire;

/// Lets connections part in the background and knows when all of them have.
#[derive(Debug)]
pub(super) struct Farewells {
    parting: mpsc::Sender<()>,
    parted: mpsc::Receiver<()>,
}

/// Held by whoever may have a connection to part from.
#[derive(Debug, Clone)]
pub(super) struct Parting {
    /// Never sent through: that they exist says that somebody is still there.
    presences: Vec<mpsc::Sender<()>>,
}

impl Farewells {
    pub(super) fn new() -> Self {
        let (parting, parted) = mpsc::channel(1);
        Self { parting, parted }
    }

    pub(super) fn parting(&self) -> Parting {
        Parting { presences: vec![self.parting.clone()] }
    }

    /// Waits until every connection has parted: at most [`limits::DRAIN`] after the last one began to.
    pub(super) async fn all(mut self) {
        drop(self.parting);
        while self.parted.recv().await.is_some() {}
    }
}

impl Parting {
    /// The same, and known to `others` as well.
    pub(super) fn known_to(mut self, others: &Farewells) -> Self {
        self.presences.push(others.parting.clone());
        self
    }

    /// Says `farewell`, half-closes, and reads what still comes until the other side closes.
    pub(super) fn begin<S>(&self, mut wire: Wire<S>, farewell: Vec<u8>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let held = self.clone();
        tokio::spawn(async move {
            let _ = timeout(limits::DRAIN, async {
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
            })
            .await;
            drop(held);
        });
    }
}
