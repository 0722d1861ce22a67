//! How many connections there are at once, and which of them has to make room.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

/// All connections there are.
#[derive(Debug)]
pub(super) struct Connections {
    room: Arc<Semaphore>,
    open: Mutex<OpenConnections>,
}

#[derive(Debug, Default)]
struct OpenConnections {
    by_number: BTreeMap<u64, Arc<HttpExchange>>,
    last: u64,
}

/// What happens on a connection.
#[derive(Debug)]
pub(super) struct HttpExchange {
    phase: Mutex<HttpPhase>,
    /// The connection is to be closed, so that another can be taken.
    pub(super) make_room: Notify,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum HttpPhase {
    /// The last request was answered, and nothing has come since.
    Idle { since: Instant },
    /// A request is awaited, or has begun to come.
    Reading { since: Instant },
    /// A request is being answered.
    Answering,
}

/// A connection's place among the others, until it is dropped.
#[derive(Debug)]
pub(super) struct ConnectionPlace {
    connections: Arc<Connections>,
    number: u64,
    pub(super) exchange: Arc<HttpExchange>,
    _room: OwnedSemaphorePermit,
}

/// A request that is being answered, until this is dropped.
#[derive(Debug)]
pub(super) struct BeingAnswered(Arc<HttpExchange>);

/// Whoever keeps a connection waiting for so long has to go first when there is no room for others.
const PATIENCE: Duration = Duration::from_secs(1);

impl Connections {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { room: Arc::new(Semaphore::new(most)), open: Mutex::default() })
    }

    /// Waits until there is room for another. Where there is none, those connections are closed that have been waiting longest
    /// for their clients.
    pub(super) async fn room(&self) -> OwnedSemaphorePermit {
        loop {
            let free = Arc::clone(&self.room);
            match timeout(PATIENCE, free.acquire_owned()).await {
                Ok(Ok(room)) => return room,
                // It is never closed.
                Ok(Err(_)) => std::future::pending().await,
                Err(_) => self.close_the_slowest(),
            }
        }
    }

    /// The place of a connection that has just been accepted.
    pub(super) fn place(self: &Arc<Self>, room: OwnedSemaphorePermit) -> ConnectionPlace {
        let exchange = Arc::new(HttpExchange {
            phase: Mutex::new(HttpPhase::Reading { since: Instant::now() }),
            make_room: Notify::new(),
        });
        let mut open = self.open();
        open.last += 1;
        let number = open.last;
        open.by_number.insert(number, Arc::clone(&exchange));
        ConnectionPlace { connections: Arc::clone(self), number, exchange, _room: room }
    }

    /// Of those that have kept us waiting, the quarter that has done so longest.
    pub(super) fn close_the_slowest(&self) {
        let open = self.open();
        let mut waiting: Vec<_> = open
            .by_number
            .values()
            .filter_map(|exchange| match exchange.phase() {
                HttpPhase::Idle { since } | HttpPhase::Reading { since } => Some((since, exchange)),
                HttpPhase::Answering => None,
            })
            .filter(|(since, _)| since.elapsed() >= PATIENCE)
            .collect();
        waiting.sort_by_key(|(since, _)| *since);
        for (_, exchange) in waiting.iter().take(waiting.len().div_ceil(4)) {
            exchange.make_room.notify_one();
        }
    }

    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpExchange {
    pub(super) fn phase(&self) -> HttpPhase {
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something has come.
    pub(super) fn heard(&self) {
        if matches!(self.phase(), HttpPhase::Idle { .. }) {
            self.set(HttpPhase::Reading { since: Instant::now() });
        }
    }

    pub(super) fn answer(self: &Arc<Self>) -> BeingAnswered {
        self.set(HttpPhase::Answering);
        BeingAnswered(Arc::clone(self))
    }

    fn set(&self, phase: HttpPhase) {
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }
}

impl Drop for BeingAnswered {
    fn drop(&mut self) {
        self.0.set(HttpPhase::Idle { since: Instant::now() });
    }
}

impl Drop for ConnectionPlace {
    fn drop(&mut self) {
        self.connections.open().by_number.remove(&self.number);
    }
}
