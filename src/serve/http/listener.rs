//! Where requests come in.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::routes;
use crate::serve::ServeOptions;
use crate::serve::daemon::Daemon;

/// Why the daemon cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("{0}")]
    Settings(String),
    #[error("cannot listen on {address}: {error}")]
    Listen { address: SocketAddr, error: io::Error },
    #[error("{0}")]
    Broken(#[from] io::Error),
}

/// Serves until `stop` is done; then what runs is answered, and no more is taken.
pub(in crate::serve) async fn serve(
    options: &ServeOptions,
    daemon: Arc<Daemon>,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let router = routes::router(daemon);
    let (stopping, _) = watch::channel(false);
    let mut serving = tokio::task::JoinSet::new();
    for &address in &options.listen {
        let listener = TcpListener::bind(address).await.map_err(|error| ServeError::Listen { address, error })?;
        tracing::info!("listening on {}", listener.local_addr()?);
        let mut stopped = stopping.subscribe();
        let stopped = async move {
            let _ = stopped.changed().await;
        };
        let serve = axum::serve(listener, router.clone()).with_graceful_shutdown(stopped);
        serving.spawn(async move { serve.await });
    }
    stop.await;
    stopping.send_replace(true);
    while serving.join_next().await.is_some() {}
    Ok(())
}
