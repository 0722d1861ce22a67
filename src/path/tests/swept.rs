//! The strategy, played against networks that are functions. Time is paused: it passes as the sweep waits.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::super::evidence::HopEvidence;
use super::super::locate::locate;
use super::super::sweep::{Network, SweepRequest, sweep};
use super::{HOST, answer, prohibited, router};
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
async fn a_tired_router_that_refuses_is_not_taken_for_one_that_swallows() {
    // What it had to say has just been said to somebody else, all or most of it.
    for burst in [0.0, 0.4, 0.9, 1.3, 1.95, 2.0, 3.0] {
        let tired = Tired { tokens: Mutex::default(), burst };
        let way = open(4);
        let network = Played::new(move |port, ttl| {
            let is_refused = port == PORT && ttl > 2;
            let (said, from) = match way(port, ttl) {
                _ if is_refused => (Said::Icmp { icmp: prohibited(router(2)), from_here: false }, router(2)),
                said => (said, router(ttl)),
            };
            if from == router(2) && !tired.answers(from) { Said::Silence } else { said }
        });
        let path = network.path().await;
        assert_eq!((path.place, path.how), (Place::Path, Some(How::Icmp)), "{burst}: {path:#?}");
    }
}

/// Takes as long as a way with 20 ms from hop to hop.
struct Slow<F>(Played<F>);

impl<F: Fn(u16, u8) -> Said + Sync> Network for Slow<F> {
    async fn connect(&self, port: u16, ttl: u8, patience: Duration) -> Result<HopEvidence, Untraceable> {
        let rtt = Duration::from_millis(40) * u32::from(ttl.min(6));
        sleep(rtt).await;
        let answer = self.0.connect(port, ttl, patience).await?;
        Ok(HopEvidence { rtt: answer.rtt.map(|_| rtt), ..answer })
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_router_behind_vouches_for_is_not_waited_for() {
    let began = Instant::now();
    let way = open(6);
    let dropped = move |port, ttl| if port == PORT && ttl > 2 { Said::Silence } else { way(port, ttl) };
    let answers = sweep(&Slow(Played::new(dropped)), &REQUEST).await.unwrap();
    let path = locate(&REQUEST.of(PORT), &answers.pairs(PORT, CONTROL));
    assert_eq!((path.place, path.how), (Place::Path, Some(How::Drop)));
    assert_eq!(path.after.map(|edge| edge.ttl), Some(2));
    assert!(began.elapsed() < Duration::from_millis(1500), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_open_port_is_asked_once_however_mute_the_routers_are() {
    let network = Played::new(|_, ttl| match ttl {
        2 | 3 => Said::Silence,
        1 => Said::TimeExceeded(Some(router(1))),
        _ => Said::Connected,
    });
    assert_eq!(network.path().await.place, Place::Nowhere);
    assert_eq!(network.asked(PORT), [1, 2, 3, 4, 5, 6]);
}

#[tokio::test(start_paused = true)]
async fn lost_packets_are_not_taken_for_a_block() {
    // Every tenth is lost in each direction.
    for seed in 0..300_u64 {
        let (way, sent) = (open(9), AtomicU64::new(0));
        let is_lost = move || {
            let mut chance = DefaultHasher::new();
            (seed, sent.fetch_add(1, Ordering::Relaxed)).hash(&mut chance);
            chance.finish() % 100 < 19
        };
        let network = Played::new(move |port, ttl| if is_lost() { Said::Silence } else { way(port, ttl) });
        let path = network.path().await;
        assert_eq!((path.place, path.how), (Place::Nowhere, None), "{seed}: {path:#?}");
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
