//! What the service is started with.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use super::engine::EngineLimits;

/// What `mailprobe serve` is started with: what does not change while it runs.
#[derive(Debug)]
pub struct ServeOptions {
    /// Where requests come in.
    pub listen: Vec<SocketAddr>,
    /// The same, bound already by who started this process (systemd).
    pub inherited: Vec<TcpListener>,
    /// Names besides `localhost` by which a loopback address is asked, as by a reverse proxy.
    pub server_names: Vec<String>,
    /// TLS and logins, in the format of Prometheus' exporters.
    pub web_config: Option<PathBuf>,
    /// The database of what was seen; `None`: it is kept in memory alone.
    pub state: Option<PathBuf>,
    /// How much is done at once.
    pub limits: EngineLimits,
}

/// What whoever runs the service wants of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Read the configuration again.
    Reload,
    /// Answer what runs, and end. The second time: end at once.
    Stop,
}
