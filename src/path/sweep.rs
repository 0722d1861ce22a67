//! Connection requests to several ports of one host, hop by hop.
//!
//! A Linux router answers six such requests at once and then one a second; and every request that gets through is a
//! connection at the host. So they go out in waves of a few TTLs, stop where the host is reached, and what stayed silent
//! is asked again at a walking pace.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::time::{Instant, sleep};

use super::evidence::{HopEvidence, Pair};
use crate::observation::path::Untraceable;

/// What the sweep sends its requests over. A test plays it without a network.
pub(super) trait Network: Sync {
    /// Asks for a connection to `port` that travels `ttl` hops at most, and waits for an answer up to `patience`.
    fn connect(
        &self,
        port: u16,
        ttl: u8,
        patience: Duration,
    ) -> impl Future<Output = Result<HopEvidence, Untraceable>> + Send;
}

/// How many TTLs are under way at a time: what a router answers at once, and the most connections that a near host sees.
const WAVE: u8 = 6;

/// Longer routes are rare, and traceroute stops here too.
const FARTHEST: u8 = 30;

/// How long one answer may take. Below 1 s a single SYN is sent; a satellite takes 0.7 s.
const PATIENCE: Duration = Duration::from_millis(900);

/// How long at least, once the first routers have shown how fast they answer: an ocean adds 0.3 s. What comes later is
/// asked again with all the patience.
const LEAST_PATIENCE: Duration = Duration::from_millis(450);

/// How much slower than the slowest answer so far the next may be.
const SLOWER: u32 = 3;

/// How far apart the repeated questions go out.
const PACE: Duration = Duration::from_millis(90);

/// How many distances are asked again: the nearest. With [`PACE`] and [`FARTHEST`] it keeps a sweep below 10 s.
const MOST_REPEATED: usize = 16;

/// After so many wholly silent waves nobody is expected to answer any more.
const SILENT_WAVES: u8 = 2;

/// How often a router is asked again that is known to answer.
const MOST_ROUNDS: usize = 3;

const LAST_REPEAT: Duration = Duration::from_secs(6);

/// With [`PATIENCE`] it leaves a router the second that it needs to answer once more.
const RECOVERY: Duration = Duration::from_millis(200);

/// The answers of a sweep, by port and TTL.
#[derive(Debug, Default)]
pub(super) struct SweepResult(BTreeMap<(u16, u8), HopEvidence>);

/// Sweeps the route to `ports` and to `control` in lockstep.
pub(super) async fn sweep(network: &impl Network, ports: &[u16], control: u16) -> Result<SweepResult, Untraceable> {
    let began = Instant::now();
    let mut sweep = Sweep { network, ports, control, answers: SweepResult::default() };
    sweep.waves().await?;
    sweep.repeat(sweep.silent()).await?;
    let mut asked = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let mut doubtful = sweep.tired();
        // What is swallowed stays silent however often it is asked.
        doubtful.extend(sweep.edges().into_iter().filter(|edge| !asked.contains(edge)));
        if doubtful.is_empty() || began.elapsed() > LAST_REPEAT {
            break;
        }
        doubtful.sort_by_key(|&(_, ttl)| ttl);
        sweep.repeat(doubtful.clone()).await?;
        asked.extend(doubtful);
    }
    Ok(sweep.answers)
}

impl SweepResult {
    /// The answers for a port beside those for the port that it is compared with, up to where one of them arrives.
    pub(super) fn pairs(&self, port: u16, control: u16) -> Vec<Pair> {
        let end = self.end(&[port, control]);
        (1..=end).map(|ttl| Pair { ttl, port: self.at(port, ttl), control: self.at(control, ttl) }).collect()
    }

    fn at(&self, port: u16, ttl: u8) -> HopEvidence {
        self.0.get(&(port, ttl)).copied().unwrap_or(HopEvidence::NOT_TRIED)
    }

    /// The distance from which on sending farther brings the same.
    fn finish(&self, port: u16) -> Option<u8> {
        self.of(port).find(|(_, answer)| answer.is_final()).map(|(ttl, _)| ttl)
    }

    fn last_router(&self, port: u16) -> Option<u8> {
        self.of(port).filter(|(_, answer)| answer.is_time_exceeded()).map(|(ttl, _)| ttl).last()
    }

    /// The last distance that tells something about one of `ports`: where each arrives or is ended, or, where it is
    /// swallowed, the first silence beyond the last answer.
    fn end(&self, ports: &[u16]) -> u8 {
        let finishes = ports.iter().filter_map(|&port| self.finish(port));
        let routers = ports.iter().filter_map(|&port| self.last_router(port));
        let asked = ports.iter().flat_map(|&port| self.of(port)).map(|(ttl, _)| ttl).max().unwrap_or(0);
        let last_router = routers.max().unwrap_or(0);
        match finishes.max() {
            Some(finish) => finish.max(last_router),
            None => last_router.saturating_add(1).min(asked),
        }
    }

    /// How long to wait for the next wave, by the slowest answer so far.
    fn patience(&self) -> Duration {
        let slowest = self.0.values().filter_map(|answer| answer.rtt).max();
        slowest.map_or(PATIENCE, |rtt| (rtt * SLOWER).clamp(LEAST_PATIENCE, PATIENCE))
    }

    fn of(&self, port: u16) -> impl Iterator<Item = (u8, HopEvidence)> {
        self.0.range((port, 0)..=(port, u8::MAX)).map(|(&(_, ttl), &answer)| (ttl, answer))
    }
}

struct Sweep<'a, N> {
    network: &'a N,
    ports: &'a [u16],
    control: u16,
    answers: SweepResult,
}

impl<N: Network> Sweep<'_, N> {
    async fn waves(&mut self) -> Result<(), Untraceable> {
        let mut silent = 0;
        for first in (1..=FARTHEST).step_by(WAVE.into()) {
            let last = first.saturating_add(WAVE - 1).min(FARTHEST);
            let wanted: Vec<u16> = self.all().filter(|&port| self.answers.finish(port).is_none()).collect();
            let questions = (first..=last).flat_map(|ttl| wanted.iter().map(move |&port| (port, ttl)));
            let questions = questions.map(|question| (question, Duration::ZERO)).collect();
            self.send(questions, self.answers.patience()).await?;
            let heard = |ttl| wanted.iter().any(|&port| !self.answers.at(port, ttl).is_silence());
            silent = if (first..=last).any(heard) { 0 } else { silent + 1 };
            if silent == SILENT_WAVES || self.is_over(last) {
                break;
            }
        }
        Ok(())
    }

    /// Whether the next wave would bring nothing: the other port has arrived and no packet still travels, or none is
    /// left to travel.
    fn is_over(&self, last: u8) -> bool {
        let done = |port: u16| self.answers.finish(port).is_some();
        let travels = |port: u16| !done(port) && self.answers.at(port, last).is_time_exceeded();
        if done(self.control) { !self.ports.iter().any(|&port| travels(port)) } else { self.all().all(done) }
    }

    /// What was asked and stayed silent where an answer was due.
    fn silent(&self) -> Vec<(u16, u8)> {
        let ports: Vec<u16> = self.all().collect();
        let end = self.answers.end(&ports);
        let is_due = |port: u16, ttl: u8| {
            self.answers.at(port, ttl).is_silence() && self.answers.finish(port).is_none_or(|finish| ttl < finish)
        };
        let due = |ttl: u8| ports.iter().map(move |&port| (port, ttl)).filter(|&(port, ttl)| is_due(port, ttl));
        (1..=end).filter(|&ttl| due(ttl).next().is_some()).take(MOST_REPEATED).flat_map(due).collect()
    }

    /// What stayed silent on a way that is known to go on, at a router that is known to answer.
    fn tired(&self) -> Vec<(u16, u8)> {
        let answers = |ttl| self.all().any(|port| self.answers.at(port, ttl).is_time_exceeded());
        let mut silent = self.silent();
        silent.retain(|&(port, ttl)| self.answers.finish(port).is_some() && answers(ttl));
        silent
    }

    /// The first silence of each port where a router answered for the port that it is compared with: is it really
    /// swallowed there, or was the router tired?
    fn edges(&self) -> Vec<(u16, u8)> {
        let lost = self.ports.iter().filter(|&&port| self.answers.finish(port).is_none());
        let next = lost.map(|&port| (port, self.answers.last_router(port).unwrap_or(0).saturating_add(1)));
        let swallowed = |port, ttl| {
            self.answers.at(port, ttl).is_silence() && self.answers.at(self.control, ttl).is_time_exceeded()
        };
        next.filter(|&(port, ttl)| swallowed(port, ttl)).collect()
    }

    /// Asks again, one TTL after the other.
    async fn repeat(&mut self, questions: Vec<(u16, u8)>) -> Result<(), Untraceable> {
        let mut delay = RECOVERY;
        let mut paced = Vec::new();
        for of_one_ttl in questions.chunk_by(|one, next| one.1 == next.1) {
            paced.extend(of_one_ttl.iter().map(|&question| (question, delay)));
            delay += PACE;
        }
        self.send(paced, PATIENCE).await
    }

    async fn send(&mut self, questions: Vec<((u16, u8), Duration)>, patience: Duration) -> Result<(), Untraceable> {
        let network = self.network;
        let asked = questions.into_iter().map(async |((port, ttl), delay)| {
            sleep(delay).await;
            Ok(((port, ttl), network.connect(port, ttl, patience).await?))
        });
        self.answers.0.extend(try_join_all(asked).await?);
        Ok(())
    }

    /// The port to compare with first: where a router answers only some, it must be among them.
    fn all(&self) -> impl Iterator<Item = u16> {
        std::iter::once(self.control).chain(self.ports.iter().copied())
    }
}
