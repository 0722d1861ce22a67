//! The service from its start to its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use futures_util::Stream;

use super::daemon::{Daemon, Load};
use super::exposure;
use super::http::{self, ServeError, Sockets};
use super::options::{Order, ServeOptions};
use super::web_config::WebConfig;
use super::{watch, webhook};

/// How long the end waits for events that are being sent. What is not through then is sent after the next start, where there
/// is a state file.
const LAST_EVENTS: Duration = Duration::from_secs(2);

/// Serves until it is ordered to stop; then what runs is answered, and no more is taken.
pub async fn serve(
    options: ServeOptions,
    load: Load,
    orders: impl Stream<Item = Order> + Unpin,
) -> Result<(), ServeError> {
    let ServeOptions { listen, inherited, server_names, web_config, state, limits } = options;
    let inherited = Sockets::inherited(inherited)?;
    let addresses: Arc<[SocketAddr]> = listen.iter().copied().chain(inherited.addresses()).collect();
    let known = Arc::clone(&addresses);
    let load = Load(Box::new(move || {
        let mut settings = (load.0)()?;
        if let Some(path) = &web_config {
            settings.web = Arc::new(WebConfig::load(path)?);
        }
        exposure::check(&known, &settings)?;
        Ok(settings)
    }));
    let daemon = Daemon::start_with_state(limits, load, state.as_deref()).map_err(ServeError::Settings)?;
    warn_of_plain_webhook(&daemon);
    let sockets = inherited.bind(&listen)?;
    let sending = daemon.events_to_send().map(|events| tokio::spawn(webhook::deliver(Arc::clone(&daemon), events)));
    let watching = tokio::spawn(watch::watch(Arc::clone(&daemon)));
    let served = http::serve(sockets, &addresses, server_names, Arc::clone(&daemon), orders).await;
    watching.abort();
    end(&daemon).await;
    if let Some(sending) = sending {
        sending.abort();
    }
    served
}

/// Writes what is known, sends what is to be sent, and notes what became of that.
async fn end(daemon: &Arc<Daemon>) {
    on_disk(daemon, Daemon::flush).await;
    let _ = timeout(LAST_EVENTS, daemon.outbox.emptied()).await;
    on_disk(daemon, Daemon::close).await;
}

async fn on_disk(daemon: &Arc<Daemon>, act: impl FnOnce(&Daemon) + Send + 'static) {
    let daemon = Arc::clone(daemon);
    let _ = tokio::task::spawn_blocking(move || act(&daemon)).await;
}

/// Whoever is on the way to it can read what it is told, and answer in its place.
fn warn_of_plain_webhook(daemon: &Daemon) {
    let settings = daemon.settings();
    let Some(url) = settings.webhook.as_ref().map(|webhook| &webhook.url) else { return };
    let is_here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if url.scheme() == "http" && !is_here {
        tracing::warn!("events are sent to the webhook without TLS: use https unless its network is your own");
    }
}
