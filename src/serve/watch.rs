//! Checking what the configuration names, when its time comes.

use std::sync::Arc;

use tokio::time::{Instant, sleep_until};

use super::daemon::Daemon;
use super::settings::WatchedTarget;

/// Checks the targets of the configuration, until it is dropped. After a reload, the new ones.
pub(super) async fn watch(daemon: Arc<Daemon>) {
    let mut reloads = daemon.reloads();
    loop {
        let watched = daemon.settings().watched.clone();
        let mut tasks = tokio::task::JoinSet::new();
        for target in watched {
            tasks.spawn(watch_target(Arc::clone(&daemon), target));
        }
        if reloads.changed().await.is_err() {
            return;
        }
    }
}

async fn watch_target(daemon: Arc<Daemon>, watched: WatchedTarget) {
    let mut next = Instant::now();
    loop {
        sleep_until(next).await;
        let until = next + watched.module.limit;
        let checked = daemon.engine.check(&watched.module, &watched.typed, watched.targets.clone(), until).await;
        if let Ok(answer) = checked {
            daemon.telemetry.checked(answer.verdict().name());
            let _change = daemon.history().take(&answer, Some(watched.interval));
        }
        next = (next + watched.interval).max(Instant::now());
    }
}
