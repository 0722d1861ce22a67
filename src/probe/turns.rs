//! How many connections at once to whom: one to each address and port, because some servers turn away who comes twice at
//! once and a mail domain may lead to the same server by several names; and to a host or an address as many as is wished.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::target::Host;

/// Whose turn it is.
#[derive(Debug)]
pub(super) struct Turns {
    hosts: Queues<Host>,
    addresses: Queues<IpAddr>,
    servers: Queues<SocketAddr>,
}

/// The right to connect to a server. It ends with the value.
#[derive(Debug)]
pub(super) struct Turn {
    _host: Option<Place<Host>>,
    _address: Option<Place<IpAddr>>,
    _server: Option<Place<SocketAddr>>,
}

impl Turns {
    /// With so many at once to each host and each address; `None`: as many as come.
    pub(super) fn new(per_host: Option<usize>, per_address: Option<usize>) -> Self {
        Self { hosts: Queues::new(per_host), addresses: Queues::new(per_address), servers: Queues::new(Some(1)) }
    }

    /// Waits for a turn. Everybody waits in the same order (host, address, port), so that nobody waits in a circle.
    pub(super) async fn take(&self, host: &Host, server: SocketAddr) -> Turn {
        Turn {
            _host: self.hosts.take(host).await,
            _address: self.addresses.take(&server.ip()).await,
            _server: self.servers.take(&server).await,
        }
    }
}

/// A queue for each key that somebody holds a place of; the others are forgotten.
#[derive(Debug)]
struct Queues<K: Hash + Eq> {
    places: Option<usize>,
    queues: Arc<Mutex<HashMap<K, Queue>>>,
}

/// Not a semaphore: of thousands of servers, each would have its own, and hardly ever does anybody wait.
#[derive(Debug)]
struct Queue {
    /// How many places are held.
    held: usize,
    /// Who waits for one, in order. Mostly nobody.
    waiting: Option<Box<Waiting>>,
}

type Waiting = VecDeque<oneshot::Sender<()>>;

/// A place in a queue, held or waited for.
#[derive(Debug)]
struct Place<K: Hash + Eq> {
    key: K,
    queues: Arc<Mutex<HashMap<K, Queue>>>,
    /// While it is waited for: when it is given.
    given: Option<oneshot::Receiver<()>>,
}

impl<K: Hash + Eq + Clone> Queues<K> {
    fn new(places: Option<usize>) -> Self {
        Self { places: places.map(|places| places.max(1)), queues: Arc::default() }
    }

    async fn take(&self, key: &K) -> Option<Place<K>> {
        let count = self.places?;
        let mut place = Place { key: key.clone(), queues: Arc::clone(&self.queues), given: None };
        {
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            let queue = queues.entry(key.clone()).or_insert(Queue { held: 0, waiting: None });
            if queue.held < count {
                queue.held += 1;
                return Some(place);
            }
            let (give, given) = oneshot::channel();
            queue.waiting.get_or_insert_default().push_back(give);
            place.given = Some(given);
        }
        // From here on whoever gives up waiting passes on what was given all the same.
        if let Some(given) = &mut place.given {
            given.await.ok()?;
        }
        place.given = None;
        Some(place)
    }
}

impl<K: Hash + Eq> Drop for Place<K> {
    fn drop(&mut self) {
        if let Some(given) = &mut self.given {
            given.close();
            if given.try_recv().is_err() {
                return;
            }
        }
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queues.get_mut(&self.key) else { return };
        // Passed on to the first who still waits.
        while let Some(next) = queue.waiting.as_mut().and_then(|waiting| waiting.pop_front()) {
            if next.send(()).is_ok() {
                return;
            }
        }
        queue.held -= 1;
        if queue.held == 0 {
            queues.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt as _;

    use super::*;

    fn host(name: &str) -> Host {
        Host::Name(name.to_owned())
    }

    fn server(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_at_a_time_to_an_address_and_port() {
        let turns = Turns::new(None, None);
        let first = turns.take(&host("a.example"), server("192.0.2.1:25")).now_or_never().unwrap();
        assert!(turns.take(&host("b.example"), server("192.0.2.1:25")).now_or_never().is_none());
        assert!(turns.take(&host("b.example"), server("192.0.2.1:587")).now_or_never().is_some());
        drop(first);
        assert!(turns.take(&host("b.example"), server("192.0.2.1:25")).now_or_never().is_some());
    }

    #[test]
    fn so_many_at_once_to_an_address_and_to_a_host() {
        let turns = Turns::new(Some(3), Some(2));
        let to = |name: &str, address: &str| turns.take(&host(name), server(address)).now_or_never();
        let _held = [to("a.example", "192.0.2.1:1").unwrap(), to("a.example", "192.0.2.1:2").unwrap()];
        assert!(to("b.example", "192.0.2.1:3").is_none(), "the address has its two");
        let _third = to("a.example", "192.0.2.2:1").unwrap();
        assert!(to("a.example", "192.0.2.3:1").is_none(), "the host has its three");
        assert!(to("b.example", "192.0.2.3:1").is_some());
    }

    #[test]
    fn nobody_is_remembered_who_neither_holds_nor_waits() {
        let turns = Turns::new(Some(1), Some(1));
        for number in 0..100_u8 {
            let address = server(&format!("192.0.2.{number}:25"));
            let held = turns.take(&host("a.example"), address).now_or_never().unwrap();
            assert!(turns.take(&host("a.example"), address).now_or_never().is_none());
            drop(held);
        }
        assert!(turns.hosts.queues.lock().unwrap().is_empty());
        assert!(turns.addresses.queues.lock().unwrap().is_empty());
        assert!(turns.servers.queues.lock().unwrap().is_empty());
    }

    #[test]
    fn who_gives_up_waiting_passes_on_what_was_given() {
        let turns = Turns::new(None, None);
        let a = host("a.example");
        let take = || turns.take(&a, server("192.0.2.1:25"));
        let held = take().now_or_never().unwrap();
        let (mut second, mut third) = (Box::pin(take()), Box::pin(take()));
        assert!((&mut second).now_or_never().is_none());
        assert!((&mut third).now_or_never().is_none());
        drop(held);
        // It was the second's turn, and nobody told it yet.
        drop(second);
        let held = third.now_or_never().unwrap();
        let (mut fourth, mut fifth) = (Box::pin(take()), Box::pin(take()));
        assert!((&mut fourth).now_or_never().is_none());
        assert!((&mut fifth).now_or_never().is_none());
        // Who is no longer there is not waited for.
        drop(fourth);
        drop(held);
        assert!(fifth.now_or_never().is_some());
        assert!(turns.servers.queues.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn all_get_their_turn() {
        let turns = Arc::new(Turns::new(Some(2), Some(2)));
        let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let visits = (0..50_u16).map(|number| {
            let (turns, inside, most) = (Arc::clone(&turns), Arc::clone(&inside), Arc::clone(&most));
            tokio::spawn(async move {
                let address = SocketAddr::from(([192, 0, 2, 1], number % 5));
                let turn = turns.take(&host("a.example"), address).await;
                most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                inside.fetch_sub(1, Ordering::SeqCst);
                drop(turn);
            })
        });
        for visit in visits.collect::<Vec<_>>() {
            visit.await.unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }
}
