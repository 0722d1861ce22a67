//! Closing in good manners: the farewell, a half-close, and a short wait for the other side, in the background.

use futures_util::FutureExt as _;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::limits;
use super::wire::Wire;

/// A connection that may still be open.
#[derive(Debug, Default)]
pub(super) struct Closing(Option<JoinHandle<()>>);

impl Closing {
    /// Says `farewell`, half-closes, and reads what still comes until the other side closes. What the system takes at once
    /// is said before this returns: the process may end soon.
    pub(super) fn begin(mut wire: Wire, farewell: Vec<u8>) -> Self {
        let mut closing = Box::pin(timeout(limits::DRAIN, async move {
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
        let is_done = closing.as_mut().now_or_never().is_some();
        Self((!is_done).then(|| tokio::spawn(async move { drop(closing.await) })))
    }

    /// Waits until the connection is closed: [`limits::DRAIN`] at most.
    pub(super) async fn done(self) {
        if let Some(task) = self.0 {
            // Whatever went wrong there, the connection is closed.
            let _ = task.await;
        }
    }
}
