//! Where on the route to a host a port is blocked, and by whom: without privileges, by connections whose packets may only
//! travel so far, compared with another port of the same host.
//!
//! Only Linux (5.9 and later) tells an ordinary process which router answered.

mod answers;
mod doubt;
mod evidence;
mod locate;
mod nearby;
mod sweep;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

pub use crate::observation::path::{Path, Untraceable};

use crate::observation::path::{Hop, HopReply, Place};
use crate::transport::hop::{NOT_TOLD, Said, connect_with_hop_limit, is_told};
use crate::transport::tcp;
use evidence::HopEvidence;
use locate::locate;
use nearby::taken_nearby;
use sweep::{Network, SweepRequest, sweep};

/// The ports that are compared with where none of the host is known to be open, best first: hosts that take mail often
/// serve the web too. Routers on the route answer whether or not the port is open, and a refusal tells the distance too.
const CONTROL_PORTS: [u16; 2] = [443, 80];

/// The port to compare `port` with. One that is known to be open says most: how far away the host is.
pub fn control_port(port: u16, known_open: &[u16]) -> u16 {
    let [usual, otherwise] = CONTROL_PORTS;
    let open = known_open.iter().copied().find(|&open| open != port);
    open.unwrap_or(if port == usual { otherwise } else { usual })
}

/// Traces the route to `port` of `address`, beside that to `control_port`. Usually a few round trips; under 5 s where
/// routers are slow to answer, never over 10 s.
///
/// A handful of connections are under way at a time; one that is made is closed at once, and nothing is said on it.
/// Trace one host after the other: routers limit how often they answer.
pub async fn trace(address: IpAddr, port: u16, control_port: u16) -> Result<Path, Untraceable> {
    let paths = trace_ports(address, &[port], control_port).await?;
    paths.into_iter().next().ok_or(Untraceable::System("The route was not traced."))
}

/// As [`trace`], for several ports of one host in the same time. The paths come in the order of the ports.
pub async fn trace_ports(address: IpAddr, ports: &[u16], control_port: u16) -> Result<Vec<Path>, Untraceable> {
    if !is_told(address) {
        return Err(NOT_TOLD);
    }
    let is_here = tcp::is_own_address(address);
    let network = RealNetwork { address, closing: Mutex::default() };
    let request = SweepRequest { address, is_here, ports, control: control_port };
    let swept = sweep(&network, &request).await;
    let located = swept.map(|answers| {
        let path = |&port: &u16| locate(&request.of(port), &answers.pairs(port, control_port));
        ports.iter().map(path).collect::<Vec<Path>>()
    });
    let paths = match located {
        Ok(paths) => Ok(network.or_taken_nearby(paths).await),
        Err(untraceable) => Err(untraceable),
    };
    network.close().await;
    paths
}

/// Looks whether something close by takes every connection in the place of the host at `address`: then the ways to these
/// ports, else nothing. Usually takes a few milliseconds, never over 2 s.
pub async fn look_nearby(address: IpAddr, ports: &[u16]) -> Vec<Path> {
    if !is_told(address) {
        return Vec::new();
    }
    let network = RealNetwork { address, closing: Mutex::default() };
    let paths = taken_nearby(address, ports, |server| network.first_hop(server.port())).await;
    network.close().await;
    paths
}

/// Whether both ports seem to be a single hop away, and open.
fn is_at_hand(path: &Path) -> bool {
    let open = |hop: &Hop| [hop.port, hop.control].iter().all(|answer| answer.reply == HopReply::Connected);
    path.place == Place::Nowhere && path.hops.first().is_some_and(open)
}

struct RealNetwork {
    address: IpAddr,
    /// Connections that are being closed; all of them are waited for.
    closing: Mutex<JoinSet<()>>,
}

impl RealNetwork {
    /// These paths, unless something close by takes all connections.
    async fn or_taken_nearby(&self, mut paths: Vec<Path>) -> Vec<Path> {
        let at_hand: Vec<u16> = paths.iter().filter(|path| is_at_hand(path)).map(|path| path.port).collect();
        if at_hand.is_empty() {
            return paths;
        }
        for taken in taken_nearby(self.address, &at_hand, |server| self.first_hop(server.port())).await {
            if let Some(path) = paths.iter_mut().find(|path| path.port == taken.port) {
                *path = taken;
            }
        }
        paths
    }

    /// What comes back for `port` from a single hop away.
    async fn first_hop(&self, port: u16) -> HopEvidence {
        self.connect(port, 1, NEARBY_PATIENCE).await.unwrap_or(HopEvidence::NOT_TRIED)
    }

    /// Waits until every connection is closed.
    async fn close(self) {
        let mut closing = self.closing.into_inner().unwrap_or_else(PoisonError::into_inner);
        while closing.join_next().await.is_some() {}
    }
}

/// Below 1 s a single SYN is sent.
const NEARBY_PATIENCE: Duration = Duration::from_millis(900);

impl Network for RealNetwork {
    async fn connect(&self, port: u16, ttl: u8, patience: Duration) -> Result<HopEvidence, Untraceable> {
        let began = Instant::now();
        let (said, stream) = connect_with_hop_limit(SocketAddr::new(self.address, port), ttl, patience).await?;
        let rtt = (said != Said::Silence).then(|| began.elapsed());
        if let Some(stream) = stream {
            self.closing.lock().unwrap_or_else(PoisonError::into_inner).spawn(close(stream));
        }
        Ok(HopEvidence { said, rtt })
    }
}

/// How long the other side may take to close. Closing on an unread greeting would reset it.
const DRAIN: Duration = Duration::from_secs(1);

/// More than any greeting.
const DRAINED_BYTES: u64 = 64 * 1024;

/// Closes a connection in good manners: says nothing, half-closes, and lets what comes pass by.
async fn close(mut stream: TcpStream) {
    // Whatever goes wrong here, the connection ends.
    let _ = timeout(DRAIN, async {
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(DRAINED_BYTES), &mut tokio::io::sink()).await
    })
    .await;
}
