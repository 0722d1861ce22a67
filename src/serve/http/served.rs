//! What answering needs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::serve::answer::CheckAnswer;
use crate::serve::daemon::Daemon;
use crate::serve::engine::Busy;
use crate::serve::exposure;
use crate::serve::settings::{Module, ServeSettings};
use crate::target::Target;

/// What answering needs.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) daemon: Arc<Daemon>,
    /// Where requests come in.
    pub(super) listen: Arc<[SocketAddr]>,
    /// Names by which a loopback address may be asked, besides `localhost`.
    pub(super) names: Arc<[String]>,
}

/// Why a check that was asked for is not made.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unchecked {
    NotAllowed,
    Busy(Busy),
}

impl Served {
    /// Checks what a request asks for, and takes in what came of it. Dropped, as when the client goes away, it leaves off.
    pub(super) async fn check(
        &self,
        settings: &ServeSettings,
        module: &Arc<Module>,
        typed: &str,
        targets: Vec<Target>,
        limit: Duration,
    ) -> Result<Arc<CheckAnswer>, Unchecked> {
        if !exposure::may_be_checked(&self.listen, settings, typed, &targets) {
            return Err(Unchecked::NotAllowed);
        }
        let checked = self.daemon.engine.check(module, typed, targets, Instant::now() + limit).await;
        let answer = checked.map_err(Unchecked::Busy)?;
        self.daemon.record(&answer, None);
        Ok(answer)
    }
}
