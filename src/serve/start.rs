//! The service from its start to its end.

use std::sync::Arc;

use super::daemon::{Daemon, Load};
use super::http::{self, ServeError};
use super::options::ServeOptions;
use super::watch;

/// Serves until `stop` is done; then what runs is answered, and no more is taken.
pub async fn serve(options: ServeOptions, load: Load, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
    let daemon = Daemon::start(options.limits, load).map_err(ServeError::Settings)?;
    let watching = tokio::spawn(watch::watch(Arc::clone(&daemon)));
    let served = http::serve(&options, daemon, stop).await;
    watching.abort();
    served
}
