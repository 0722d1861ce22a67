//! The service from its start to its end.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::daemon::{Daemon, Load};
use super::http::{self, ServeError};
use super::options::ServeOptions;
use super::{watch, webhook};

/// How long the end waits for events that are being sent. What is not through then is sent after the next start, where there
/// is a state file.
const LAST_EVENTS: Duration = Duration::from_secs(2);

/// Serves until `stop` is done; then what runs is answered, and no more is taken.
pub async fn serve(options: ServeOptions, load: Load, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
    let daemon = Daemon::start_with_state(options.limits, load, options.state.as_deref());
    let daemon = daemon.map_err(ServeError::Settings)?;
    warn_of_plain_webhook(&daemon);
    let sending = daemon.events_to_send().map(|events| tokio::spawn(webhook::deliver(Arc::clone(&daemon), events)));
    let watching = tokio::spawn(watch::watch(Arc::clone(&daemon)));
    let served = http::serve(&options, Arc::clone(&daemon), stop).await;
    watching.abort();
    end(&daemon).await;
    if let Some(sending) = sending {
        sending.abort();
    }
    served
}

/// Writes what is known, sends what is to be sent, and notes what became of that.
async fn end(daemon: &Arc<Daemon>) {
    on_disk(daemon, |daemon| daemon.flush()).await;
    let _ = timeout(LAST_EVENTS, daemon.outbox.emptied()).await;
    on_disk(daemon, |daemon| daemon.close()).await;
}

async fn on_disk(daemon: &Arc<Daemon>, act: impl FnOnce(&Daemon) + Send + 'static) {
    let daemon = Arc::clone(daemon);
    let _ = tokio::task::spawn_blocking(move || act(&daemon)).await;
}

/// Whoever is on the way to it can read what it is told, and answer in its place.
fn warn_of_plain_webhook(daemon: &Daemon) {
    let settings = daemon.settings();
    if settings.webhook.as_ref().is_some_and(|webhook| webhook.url.scheme() == "http") {
        tracing::warn!(
            "the webhook is asked without TLS: use https unless it is on this machine or in a network of your own"
        );
    }
}
