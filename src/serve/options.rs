//! What the service is started with.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::engine::EngineLimits;

/// What `mailprobe serve` is started with: what does not change while it runs.
#[derive(Debug)]
pub struct ServeOptions {
    /// Where requests come in.
    pub listen: Vec<SocketAddr>,
    /// TLS and logins, in the format of Prometheus' exporters.
    pub web_config: Option<PathBuf>,
    /// The database of what was seen; `None`: it is kept in memory alone.
    pub state: Option<PathBuf>,
    /// How much is done at once.
    pub limits: EngineLimits,
}
