//! What is known while the probes are under way: who waits for a connection, and how long one takes here.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::service::Service;

/// An endpoint, by its target's number and its own.
pub(super) type EndpointKey = (usize, usize);

/// How much longer than another connection one to port 25 may take before it is worth a look at the way.
const SLOWER: u32 = 3;

const LEAST_PATIENCE: Duration = Duration::from_millis(250);
const MOST_PATIENCE: Duration = Duration::from_secs(1);

/// When the system repeats a request for a connection (RFC 6298).
const REPEATED_AFTER: Duration = Duration::from_secs(1);

/// How long the answer to the repeated request may take: twice what another connection took, and this at least.
const LEAST_REST: Duration = Duration::from_millis(400);

#[derive(Debug, Default)]
pub(super) struct Board(watch::Sender<KnownTimes>);

#[derive(Debug, Default)]
struct KnownTimes {
    connecting: BTreeMap<EndpointKey, (SocketAddr, Instant)>,
    connected: BTreeSet<EndpointKey>,
    /// The ports other than 25 that gave a connection, with how long it took.
    open: BTreeMap<SocketAddr, Duration>,
    relays_are_done: bool,
}

impl Board {
    /// An endpoint begins to connect.
    pub(super) fn connects(&self, key: EndpointKey, server: SocketAddr) {
        self.0.send_modify(|known| {
            // A second look at one that was connected already tells nothing new.
            if !known.connected.contains(&key) {
                known.connecting.insert(key, (server, Instant::now()));
            }
        });
    }

    pub(super) fn is_connected(&self, key: EndpointKey) {
        self.0.send_modify(|known| {
            known.connected.insert(key);
            if let Some((server, since)) = known.connecting.remove(&key)
                && server.port() != Service::Smtp.port()
            {
                known.open.insert(server, since.elapsed());
            }
        });
    }

    pub(super) fn is_finished(&self, key: EndpointKey) {
        self.0.send_modify(|known| {
            known.connecting.remove(&key);
        });
    }

    /// A port beside the probed ones gave a connection.
    pub(super) fn is_open(&self, server: SocketAddr, round_trip: Duration) {
        self.0.send_modify(|known| {
            known.open.insert(server, round_trip);
        });
    }

    /// Nobody waits for a port 25 any more.
    pub(super) fn relays_are_done(&self) {
        self.0.send_modify(|known| known.relays_are_done = true);
    }

    /// The other ports of this address that gave a connection.
    pub(super) fn open_ports(&self, address: IpAddr) -> Vec<u16> {
        self.0.borrow().open.keys().filter(|open| open.ip() == address).map(SocketAddr::port).collect()
    }

    /// Waits until a port 25 is silent for longer than connections of this family take elsewhere: its address. `None` where
    /// that does not happen.
    pub(super) async fn overdue(&self, v4: bool) -> Option<IpAddr> {
        let mut known = self.0.subscribe();
        loop {
            let (done, next) = {
                let known = known.borrow_and_update();
                (known.relays_are_done, known.next_overdue(v4))
            };
            match next {
                _ if done => return None,
                Some((due, address)) if due <= Instant::now() => return Some(address),
                Some((due, _)) => tokio::select! {
                    _ = known.changed() => {}
                    () = sleep_until(due) => {}
                },
                None => known.changed().await.ok()?,
            }
        }
    }

    /// How long a connection of this family is waited for where all else says that there will be none: until the repeated
    /// request, too, could have been answered twice.
    pub(super) fn enough(&self, v4: bool) -> Duration {
        let round_trip = self.0.borrow().slowest(v4).unwrap_or(MOST_PATIENCE);
        REPEATED_AFTER + (round_trip * 2).max(LEAST_REST)
    }
}

impl KnownTimes {
    /// The longest that a connection of this family took.
    fn slowest(&self, v4: bool) -> Option<Duration> {
        self.open.iter().filter(|(server, _)| server.is_ipv4() == v4).map(|(_, round_trip)| *round_trip).max()
    }

    /// The port 25 that has been waited for longest, and when that is too long.
    fn next_overdue(&self, v4: bool) -> Option<(Instant, IpAddr)> {
        let patience = (self.slowest(v4)? * SLOWER).clamp(LEAST_PATIENCE, MOST_PATIENCE);
        let relays = self.connecting.values();
        let relays = relays.filter(|(server, _)| server.port() == Service::Smtp.port() && server.is_ipv4() == v4);
        relays.map(|(server, since)| (*since + patience, server.ip())).min()
    }
}

#[cfg(test)]
#[path = "tests/board.rs"]
mod tests;
