//! The service from its start to its end.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::Stream;

use super::daemon::{Daemon, Load};
use super::exposure;
use super::http::{self, ServeError, Sockets};
use super::options::{Order, ServeOptions};
use super::watch;
use super::web_config::WebConfig;

/// Serves until it is ordered to stop; then what runs is answered, and no more is taken.
pub async fn serve(
    options: ServeOptions,
    load: Load,
    orders: impl Stream<Item = Order> + Unpin,
) -> Result<(), ServeError> {
    let ServeOptions { listen, inherited, server_names, web_config, limits, .. } = options;
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
    let daemon = Daemon::start(limits, load).map_err(ServeError::Settings)?;
    let sockets = inherited.bind(&listen)?;
    let watching = tokio::spawn(watch::watch(Arc::clone(&daemon)));
    let served = http::serve(sockets, &addresses, server_names, daemon, orders).await;
    watching.abort();
    served
}
