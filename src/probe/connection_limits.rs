//! How many connections at once to whom: one to each address and port (a second one only while the first meets silence), because some servers turn away who comes twice at
//! once and a mail domain may lead to the same server by several names; and to a host or an address as many as is wished.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::target::Host;

#[derive(Debug)]
pub(super) struct ConnectionLimits {
    hosts: Arc<Semaphores<Host>>,
    addresses: Arc<Semaphores<IpAddr>>,
    servers: Arc<Semaphores<SocketAddr>>,
}

/// The right to connect to a server. It ends with the value.
#[derive(Debug)]
pub(super) struct Permit {
    _host: KeyPermit<Host>,
    _address: KeyPermit<IpAddr>,
    /// Of a second connection to a server there is none.
    _server: Option<KeyPermit<SocketAddr>>,
}

impl ConnectionLimits {
    /// With so many at once to each host and each address; `None`: as many as come.
    pub(super) fn new(per_host: Option<usize>, per_address: Option<usize>) -> Self {
        Self {
            hosts: Semaphores::new(per_host),
            addresses: Semaphores::new(per_address),
            servers: Semaphores::new(Some(1)),
        }
    }

    /// Waits for a permit. Everybody waits in the same order (host, address, port), so that nobody waits in a circle.
    pub(super) async fn acquire(&self, host: &Host, server: SocketAddr) -> Permit {
        Permit {
            _host: self.hosts.acquire(host.clone()).await,
            _address: self.addresses.acquire(server.ip()).await,
            _server: Some(self.servers.acquire(server).await),
        }
    }

    /// Waits for a permit to connect a second time to a server, beside a connection that has one. That may be to wait for
    /// oneself, or in a circle: whoever waits must give up when the first connection ends.
    pub(super) async fn acquire_second(&self, host: &Host, server: SocketAddr) -> Permit {
        Permit {
            _host: self.hosts.acquire(host.clone()).await,
            _address: self.addresses.acquire(server.ip()).await,
            _server: None,
        }
    }
}

/// A semaphore for each key that somebody holds a permit of, or waits for; the others are forgotten.
#[derive(Debug)]
struct Semaphores<K: Hash + Eq + Clone> {
    permits: Option<usize>,
    by_key: Mutex<HashMap<K, Arc<Semaphore>>>,
}

/// A permit for a key, held or waited for; none where there is no limit.
#[derive(Debug)]
struct KeyPermit<K: Hash + Eq + Clone> {
    key: K,
    permit: Option<OwnedSemaphorePermit>,
    semaphores: Arc<Semaphores<K>>,
}

impl<K: Hash + Eq + Clone> Semaphores<K> {
    fn new(permits: Option<usize>) -> Arc<Self> {
        Arc::new(Self {
            permits: permits.map(|permits| permits.clamp(1, Semaphore::MAX_PERMITS)),
            by_key: Mutex::default(),
        })
    }

    async fn acquire(self: &Arc<Self>, key: K) -> KeyPermit<K> {
        let mut permit = KeyPermit { key, permit: None, semaphores: Arc::clone(self) };
        if let Some(permits) = self.permits {
            let semaphore = {
                let mut by_key = self.lock();
                Arc::clone(by_key.entry(permit.key.clone()).or_insert_with(|| Arc::new(Semaphore::new(permits))))
            };
            permit.permit = semaphore.acquire_owned().await.ok();
        }
        permit
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Arc<Semaphore>>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> Drop for KeyPermit<K> {
    /// Also where it was given up while it was waited for.
    fn drop(&mut self) {
        self.permit = None;
        let mut by_key = self.semaphores.lock();
        if by_key.get(&self.key).is_some_and(|semaphore| Arc::strong_count(semaphore) == 1) {
            by_key.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::FutureExt as _;
    use futures_util::future::join_all;

    use super::*;

    fn host(name: &str) -> Host {
        Host::Name(name.to_owned())
    }

    fn server(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_at_a_time_to_an_address_and_port() {
        let limits = ConnectionLimits::new(None, None);
        let first = limits.acquire(&host("a.example"), server("192.0.2.1:25")).now_or_never().unwrap();
        assert!(limits.acquire(&host("b.example"), server("192.0.2.1:25")).now_or_never().is_none());
        assert!(limits.acquire(&host("b.example"), server("192.0.2.1:587")).now_or_never().is_some());
        drop(first);
        assert!(limits.acquire(&host("b.example"), server("192.0.2.1:25")).now_or_never().is_some());
    }

    #[test]
    fn so_many_at_once_to_an_address_and_to_a_host() {
        let limits = ConnectionLimits::new(Some(3), Some(2));
        let to = |name: &str, address: &str| limits.acquire(&host(name), server(address)).now_or_never();
        let _held = [to("a.example", "192.0.2.1:1").unwrap(), to("a.example", "192.0.2.1:2").unwrap()];
        assert!(to("b.example", "192.0.2.1:3").is_none(), "the address has its two");
        let _third = to("a.example", "192.0.2.2:1").unwrap();
        assert!(to("a.example", "192.0.2.3:1").is_none(), "the host has its three");
        assert!(to("b.example", "192.0.2.3:1").is_some());
    }

    #[test]
    fn nobody_is_remembered_who_neither_holds_nor_waits() {
        let limits = ConnectionLimits::new(Some(1), Some(1));
        for number in 0..100_u8 {
            let address = server(&format!("192.0.2.{number}:25"));
            let held = limits.acquire(&host("a.example"), address).now_or_never().unwrap();
            assert!(limits.acquire(&host("a.example"), address).now_or_never().is_none());
            drop(held);
        }
        assert!(limits.hosts.lock().is_empty());
        assert!(limits.addresses.lock().is_empty());
        assert!(limits.servers.lock().is_empty());
    }

    #[test]
    fn who_gives_up_waiting_passes_on_what_was_given() {
        let limits = ConnectionLimits::new(None, None);
        let a = host("a.example");
        let acquire = || limits.acquire(&a, server("192.0.2.1:25"));
        let held = acquire().now_or_never().unwrap();
        let (mut second, mut third) = (Box::pin(acquire()), Box::pin(acquire()));
        assert!((&mut second).now_or_never().is_none());
        assert!((&mut third).now_or_never().is_none());
        drop(held);
        // It was given to the second, which does not know yet.
        drop(second);
        let held = third.now_or_never().unwrap();
        let (mut fourth, mut fifth) = (Box::pin(acquire()), Box::pin(acquire()));
        assert!((&mut fourth).now_or_never().is_none());
        assert!((&mut fifth).now_or_never().is_none());
        // Who is no longer there is not waited for.
        drop(fourth);
        drop(held);
        assert!(fifth.now_or_never().is_some());
        assert!(limits.servers.lock().is_empty());
    }

    #[tokio::test]
    async fn all_get_their_permit() {
        let limits = ConnectionLimits::new(Some(2), Some(2));
        let (inside, most) = (Cell::new(0), Cell::new(0));
        let visits = (0..50_u16).map(async |number| {
            let address = SocketAddr::from(([192, 0, 2, 1], number % 5));
            let _permit = limits.acquire(&host("a.example"), address).await;
            inside.set(inside.get() + 1);
            most.set(most.get().max(inside.get()));
            tokio::task::yield_now().await;
            inside.set(inside.get() - 1);
        });
        join_all(visits).await;
        assert_eq!(most.get(), 2);
    }
}
