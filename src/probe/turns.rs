//! One connection at a time to each address and port: a mail domain may lead to the same server by several names, and
//! some servers turn away who comes twice at once.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// Whose turn it is at each server.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<SocketAddr, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// Waits until nobody else is connected to this server. The turn ends with the value.
    pub(super) async fn take(&self, server: SocketAddr) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(server).or_default())
        };
        turn.lock_owned().await
    }
}
