//! Where connections come in, and how the service ends.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures_util::{Stream, StreamExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use super::connection::{self, ConnectionEnd};
use super::connections::Connections;
use super::routes;
use super::served::Served;
use super::sockets::{ServeError, Sockets};
use crate::serve::daemon::Daemon;
use crate::serve::options::Order;
use crate::serve::service_manager;

/// How many connections there are at once. More are not refused: they wait until there is room, and whoever keeps the service
/// waiting has to make it.
const MOST_CONNECTIONS: usize = 1024;

/// How long what runs may take to its end once the service is to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// How long nothing is accepted where the system has no more descriptors to give.
const PAUSE: Duration = Duration::from_millis(500);

/// What every listener needs.
#[derive(Clone)]
struct Reception {
    daemon: Arc<Daemon>,
    router: Router,
    connections: Arc<Connections>,
    tasks: TaskTracker,
    stopping: watch::Receiver<bool>,
}

/// Serves until it is ordered to stop; then what runs is answered, and no more is taken.
pub(in crate::serve) async fn serve(
    sockets: Sockets,
    addresses: &Arc<[SocketAddr]>,
    server_names: Vec<String>,
    daemon: Arc<Daemon>,
    mut orders: impl Stream<Item = Order> + Unpin,
) -> Result<(), ServeError> {
    let served = Served { daemon: Arc::clone(&daemon), listen: Arc::clone(addresses), names: server_names.into() };
    let (stop, stopping) = watch::channel(false);
    let reception = Reception {
        daemon: Arc::clone(&daemon),
        router: routes::router(Arc::new(served)),
        connections: Connections::new(MOST_CONNECTIONS),
        tasks: TaskTracker::new(),
        stopping,
    };
    let scheme = if daemon.settings().web.tls.is_some() { "https" } else { "http" };
    let mut listening = Vec::new();
    for address in sockets.addresses() {
        tracing::info!("listening on {scheme}://{address}");
        listening.push(format!("{scheme}://{address}"));
    }
    let status = format!("listening on {}", listening.join(", "));
    let mut listeners = JoinSet::new();
    for socket in sockets.0 {
        listeners.spawn(accept(socket, reception.clone()));
    }
    let alive = tokio::spawn(service_manager::keep_telling());
    service_manager::ready(&status);
    while let Some(Order::Reload) = orders.next().await {
        reload(&daemon, &status).await;
    }
    service_manager::stopping();
    listeners.shutdown().await;
    stop.send_replace(true);
    reception.tasks.close();
    tokio::select! {
        ended = timeout(LAST_ANSWERS, reception.tasks.wait()) => if ended.is_err() {
            tracing::warn!("{} requests were not answered within {LAST_ANSWERS:?}", reception.tasks.len());
        },
        () = stopped_again(&mut orders) => {}
    }
    alive.abort();
    Ok(())
}

async fn reload(daemon: &Arc<Daemon>, status: &str) {
    service_manager::reloading();
    let daemon = Arc::clone(daemon);
    match spawn_blocking(move || daemon.reload()).await {
        Ok(Ok(())) => {
            tracing::info!("the configuration was read again");
            service_manager::ready(status);
        }
        Ok(Err(mistake)) => {
            tracing::error!("the configuration stays as it was: {mistake}");
            service_manager::ready(&format!("the configuration stays as it was: {mistake}"));
        }
        Err(_) => service_manager::ready(status),
    }
}

/// Waits for a second wish to stop.
async fn stopped_again(orders: &mut (impl Stream<Item = Order> + Unpin)) {
    loop {
        match orders.next().await {
            Some(Order::Stop) => return,
            Some(Order::Reload) => {}
            None => std::future::pending().await,
        }
    }
}

async fn accept(socket: TcpListener, reception: Reception) {
    let mut complained = false;
    loop {
        // Before one is accepted: those that wait are kept by the system, without a descriptor of ours.
        let room = reception.connections.room().await;
        match socket.accept().await {
            Ok((stream, _)) => {
                complained = false;
                let place = reception.connections.place(room);
                let (router, stopping) = (reception.router.clone(), reception.stopping.clone());
                let reloads = reception.daemon.reloads();
                let web = Arc::clone(&reception.daemon.settings().web);
                reception.tasks.spawn(async move {
                    connection::serve(stream, web.tls.as_ref(), router, place, ConnectionEnd { stopping, reloads })
                        .await;
                });
            }
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                if !complained {
                    tracing::warn!("no connection can be taken at the moment: {error}");
                    complained = true;
                }
                reception.connections.close_the_slowest();
                sleep(PAUSE).await;
            }
        }
    }
}

/// The client has gone before it was accepted.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
