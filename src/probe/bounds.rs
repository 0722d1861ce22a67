//! What bounds the connections of a run: how many at once, to whom, and how fast.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

use super::answers::AnswersByAddress;
use super::ask_again::IcmpPace;
use super::connection_limits::{ConnectionLimits, Permit};
use super::descriptors;
use super::rate::{Rate, RateLimiter};
use crate::target::Host;

#[derive(Debug)]
pub(super) struct Bounds {
    /// One for each connection that is being made, used or closed.
    pub(super) places: Arc<Semaphore>,
    /// One for each target whose names are being looked up.
    pub(super) lookups: Semaphore,
    pub(super) limits: ConnectionLimits,
    pub(super) rate: RateLimiter,
    pub(super) icmp_pace: IcmpPace,
    /// What has come back from the addresses that are being connected to.
    pub(super) answers: Arc<AnswersByAddress>,
    /// Held by who traces: routers limit how often they answer, so that goes host by host.
    pub(super) tracing: Mutex<()>,
}

/// Bounds that several runs share, whoever starts them: all of a service's.
#[derive(Debug, Clone)]
pub struct SharedBounds(pub(super) Arc<Bounds>);

impl SharedBounds {
    /// So many connections at once, as far as this process has descriptors for them, and so many to one address; `None`: as
    /// many as come. To one address and port it is one.
    pub fn new(connections: usize, per_address: Option<usize>, rate: Option<Rate>) -> Self {
        let at_once = descriptors::affordable(connections);
        let bounds = Bounds::new(at_once.connections, at_once.lookups, None, per_address, rate);
        Self(Arc::new(Bounds { rate: bounds.rate.of_service(), ..bounds }))
    }

    /// Waits until nobody else traces a route. The turn ends with the value.
    pub async fn turn_to_trace(&self) -> impl Send + use<'_> {
        self.0.tracing.lock().await
    }
}

/// The right to one more connection to a server that one is open to. It ends with the value.
#[derive(Debug)]
pub(super) struct SecondConnection {
    _permit: Permit,
    _place: Option<OwnedSemaphorePermit>,
}

impl Bounds {
    /// So many connections and lookups at once, to one host and to one address; `None`: as many as come.
    pub(super) fn new(
        connections: usize,
        lookups: usize,
        per_host: Option<usize>,
        per_address: Option<usize>,
        rate: Option<Rate>,
    ) -> Self {
        Self {
            places: Arc::new(Semaphore::new(connections)),
            lookups: Semaphore::new(lookups),
            limits: ConnectionLimits::new(per_host, per_address),
            rate: RateLimiter::new(rate),
            icmp_pace: IcmpPace::default(),
            answers: Arc::default(),
            tracing: Mutex::new(()),
        }
    }

    /// Waits until a second connection to the server of an endpoint is within all bounds but the one that there be only one
    /// to a port at a time.
    pub(super) async fn admit_second(&self, host: &Host, server: SocketAddr) -> SecondConnection {
        let permit = self.limits.acquire_second(host, server).await;
        SecondConnection { _permit: permit, _place: self.admit(server.ip()).await }
    }

    /// Waits until one more connection may be begun to this address, by who has a permit for it. It ends with the value.
    pub(super) async fn admit(&self, address: IpAddr) -> Option<OwnedSemaphorePermit> {
        self.rate.wait(address).await;
        // It is never closed.
        Arc::clone(&self.places).acquire_owned().await.ok()
    }
}
