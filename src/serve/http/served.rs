//! What answering needs.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::serve::daemon::Daemon;

/// What answering needs.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) daemon: Arc<Daemon>,
    /// Where requests come in.
    pub(super) listen: Arc<[SocketAddr]>,
    /// Names by which a loopback address may be asked, besides `localhost`.
    pub(super) names: Arc<[String]>,
}
