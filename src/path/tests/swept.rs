//! The strategy, played against networks that are functions. Time is paused: it passes as the sweep waits.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::super::evidence::HopEvidence;
use super::super::locate::locate;
use super::super::sweep::{Network, SweepRequest, sweep};
use super::{HOST, answer, router};
use crate::observation::path::{How, Path, Place, Untraceable};
use crate::transport::hop::Said;

const PORT: u16 = 25;
const CONTROL: u16 = 443;
const REQUEST: SweepRequest<'static> = SweepRequest { address: HOST, is_here: false, ports: &[PORT], control: CONTROL };

/// A network that answers as `said`, at once, or is silent; it counts what it is asked.
struct Played<F> {
    said: F,
    asked: Mutex<Vec<(u16, u8)>>,
}

impl<F: Fn(u16, u8) -> Said + Sync> Played<F> {
    fn new(said: F) -> Self {
        Self { said, asked: Mutex::default() }
    }

    fn asked(&self, port: u16) -> Vec<u8> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(to, _)| *to == port).map(|(_, ttl)| *ttl).collect()
    }

    async fn path(&self) -> Path {
        let answers = sweep(self, &REQUEST).await.unwrap();
        locate(&REQUEST.of(PORT), &answers.pairs(PORT, CONTROL))
    }
}

impl<F: Fn(u16, u8) -> Said + Sync> Network for Played<F> {
    async fn connect(&self, port: u16, ttl: u8, patience: Duration) -> Result<HopEvidence, Untraceable> {
        self.asked.lock().unwrap().push((port, ttl));
        let said = (self.said)(port, ttl);
        sleep(if said == Said::Silence { patience } else { Duration::from_millis(5) }).await;
        Ok(answer(said))
    }
}

/// An open way with the host at a distance.
fn open(distance: u8) -> impl Fn(u16, u8) -> Said + Sync {
    move |_, ttl| if ttl < distance { Said::TimeExceeded(Some(router(ttl))) } else { Said::Connected }
}

#[tokio::test(start_paused = true)]
async fn a_near_host_sees_a_handful_of_connections() {
    let network = Played::new(open(4));
    assert_eq!(network.path().await.place, Place::Nowhere);
    assert_eq!(network.asked(PORT), [1, 2, 3, 4, 5, 6]);
    assert_eq!(network.asked(CONTROL), [1, 2, 3, 4, 5, 6]);
}

#[tokio::test(start_paused = true)]
async fn a_far_host_is_found() {
    for distance in [6, 7, 13, 30] {
        let path = Played::new(open(distance)).path().await;
        assert_eq!(path.place, Place::Nowhere, "{distance}");
        assert_eq!(path.hops.len(), usize::from(distance));
    }
}

#[tokio::test(start_paused = true)]
async fn a_block_on_a_long_way_is_found_in_five_seconds() {
    let began = Instant::now();
    let way = open(14);
    let network = Played::new(move |port, ttl| if port == PORT && ttl > 3 { Said::Silence } else { way(port, ttl) });
    let path = network.path().await;
    assert_eq!((path.place, path.how), (Place::Path, Some(How::Drop)));
    assert_eq!(path.after.map(|edge| edge.ttl), Some(3));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn nothing_takes_ten_seconds() {
    let dead = |_, _| Said::Silence;
    let endless = |_, ttl| Said::TimeExceeded(Some(router(ttl)));
    let every_other = |_, ttl| if ttl % 2 == 0 { Said::Silence } else { Said::TimeExceeded(Some(router(ttl))) };
    let alone = |port, ttl| if port == PORT { Said::Silence } else { Said::TimeExceeded(Some(router(ttl))) };
    let networks: [fn(u16, u8) -> Said; 4] = [dead, endless, every_other, alone];
    for (number, network) in networks.into_iter().enumerate() {
        let began = Instant::now();
        Played::new(network).path().await;
        assert!(began.elapsed() < Duration::from_secs(9), "{number}: {:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_on_the_way_is_not_asked_for_again() {
    let way = open(14);
    let network = Played::new(move |port, ttl| if port == PORT && ttl > 2 { Said::Refused } else { way(port, ttl) });
    let path = network.path().await;
    assert_eq!((path.place, path.how), (Place::Path, Some(How::Reset)));
    assert_eq!(network.asked(PORT), [1, 2, 3, 4, 5, 6]);
}

/// A Linux router: six answers at once, then one a second.
struct Tired {
    tokens: Mutex<BTreeMap<IpAddr, (f64, Instant)>>,
    burst: f64,
}

impl Tired {
    fn answers(&self, from: IpAddr) -> bool {
        let mut routers = self.tokens.lock().unwrap();
        let (tokens, since) = routers.entry(from).or_insert((self.burst, Instant::now()));
        *tokens = (*tokens + since.elapsed().as_secs_f64()).min(6.0);
        *since = Instant::now();
        let answers = *tokens >= 1.0;
        *tokens -= if answers { 1.0 } else { 0.0 };
        answers
    }
}

#[tokio::test(start_paused = true)]
async fn tired_routers_are_not_taken_for_a_block() {
    // Even one that has just answered somebody else, and can do so once more.
    for burst in [6.0, 1.0, 0.0] {
        let tired = Tired { tokens: Mutex::default(), burst };
        let way = open(9);
        let network = Played::new(move |port, ttl| match way(port, ttl) {
            Said::TimeExceeded(Some(from)) if !tired.answers(from) => Said::Silence,
            _ if port == PORT && ttl >= 9 => Said::Silence,
            said => said,
        });
        let path = network.path().await;
        assert_eq!((path.place, path.how), (Place::Destination, Some(How::Drop)), "{burst}: {path:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_system_that_cannot_tell_says_so() {
    struct Mum;
    impl Network for Mum {
        async fn connect(&self, _: u16, _: u8, _: Duration) -> Result<HopEvidence, Untraceable> {
            Err(Untraceable::System("not told"))
        }
    }
    assert_eq!(sweep(&Mum, &REQUEST).await.err(), Some(Untraceable::System("not told")));
}
