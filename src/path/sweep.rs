//! Connection requests to several ports of one host, hop by hop.
//!
//! A Linux router answers six such requests at once and then one a second; and every request that gets through is a
//! connection at the host. So they go out in waves of a few TTLs, stop where the host is reached, and only the silences
//! that the conclusion hangs on are asked again.
//!
//! A question is asked again before the last word on the first is spoken; whichever answer comes is taken.
//!
//! Was a packet swallowed, or was a router tired? When the request to the port goes out *before* the one to the port that
//! it is compared with, a tired router falls silent to the second. Where that one is answered, the router vouches for the
//! silence before it. Two must: the one at this distance, and the one before it, whose refusal (ICMP, too) may be missing.
//! A host that refuses by ICMP tires as routers do, and nothing vouches for it: it is asked again after a rest.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::time::{Instant, sleep, timeout_at};

use super::answers::{PATIENCE, SweepResult};
use super::doubt::doubtful;
use super::evidence::HopEvidence;
use super::locate::TraceRequest;
use crate::observation::path::Untraceable;
use crate::transport::hop::Said;

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

/// What is swept.
#[derive(Debug, Clone, Copy)]
pub(super) struct SweepRequest<'a> {
    pub(super) address: IpAddr,
    /// Whether that is one of this machine's own addresses.
    pub(super) is_here: bool,
    pub(super) ports: &'a [u16],
    /// The port that the others are compared with.
    pub(super) control: u16,
}

impl SweepRequest<'_> {
    pub(super) const fn of(&self, port: u16) -> TraceRequest {
        TraceRequest { address: self.address, is_here: self.is_here, port, control_port: self.control }
    }
}

/// How many TTLs are under way at a time: what a router answers at once, and the most connections that a near host sees.
const WAVE: u8 = 6;

/// Longer routes are rare, and traceroute stops here too.
const FARTHEST: u8 = 30;

/// How long after the requests to the ports the one goes out that shall vouch for their silence: time enough that none
/// overtakes another, and too short for a tired router to recover in between.
const BEHIND: Duration = Duration::from_millis(10);

/// How far apart questions to several distances go out that are asked again after a rest.
const PACE: Duration = Duration::from_millis(90);

/// How many distances are asked again after a rest: the nearest. With [`PACE`] and [`FARTHEST`] it keeps a sweep below
/// 10 s.
const MOST_REPEATED: usize = 16;

/// After so many wholly silent waves nobody is expected to answer any more.
const SILENT_WAVES: u8 = 2;

/// How often what stays silent is asked again, at once and after a rest.
const MOST_ROUNDS: usize = 3;

const LAST_REPEAT: Duration = Duration::from_secs(6);

/// How many distances of a port are asked again at once: the first that is silent, and the next.
const CONFIRMED: usize = 2;

/// How many questions must have got no answer before a port is believed to be swallowed: of a way that loses every fifth
/// packet and its answer, one in three thousand gives so many.
const ENOUGH_SILENCE: usize = 5;

/// How often a single distance is asked before its silence is believed.
const ENOUGH_TIMES: usize = 3;

/// What a router needs to answer once more.
const REST: Duration = Duration::from_millis(1100);

/// Sweeps the route to the ports and to the one that they are compared with in lockstep.
pub(super) async fn sweep(network: &impl Network, request: &SweepRequest<'_>) -> Result<SweepResult, Untraceable> {
    let began = Instant::now();
    let mut sweep = Sweep {
        network,
        request,
        answers: SweepResult::default(),
        under_way: FuturesUnordered::new(),
        asked: BTreeMap::new(),
        vouchers: BTreeMap::new(),
        asked_rested: BTreeSet::new(),
        rested: BTreeMap::new(),
    };
    sweep.waves().await?;
    for _ in 0..MOST_ROUNDS {
        let doubts = sweep.doubts_to_confirm();
        if doubts.is_empty() {
            break;
        }
        sweep.confirm(&doubts).await?;
    }
    let mut repeated = BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        let mut doubts = sweep.doubts();
        // A router that is mute for all ports stays mute however often it is asked.
        doubts.retain(|&(port, ttl)| sweep.is_heard(ttl) || !repeated.contains(&(port, ttl)));
        if doubts.is_empty() || began.elapsed() > LAST_REPEAT {
            break;
        }
        sweep.repeat(&doubts).await?;
        repeated.extend(doubts);
    }
    Ok(sweep.answers)
}

/// A request that is sent.
#[derive(Debug)]
struct Question {
    port: u16,
    ttl: u8,
    delay: Duration,
    /// The requests that left shortly before, by port and TTL.
    vouches_for: Vec<(u16, u8)>,
}

impl Question {
    const fn new(port: u16, ttl: u8, delay: Duration) -> Self {
        Self { port, ttl, delay, vouches_for: Vec::new() }
    }
}

struct Sweep<'a, N> {
    network: &'a N,
    request: &'a SweepRequest<'a>,
    answers: SweepResult,
    /// Every question that may still be answered, whether or not it is waited for.
    under_way: FuturesUnordered<BoxFuture<'a, Result<(Question, HopEvidence), Untraceable>>>,
    /// How often each question was asked.
    asked: BTreeMap<(u16, u8), usize>,
    /// Which distances have vouched for a silence by answering right behind it.
    vouchers: BTreeMap<(u16, u8), BTreeSet<u8>>,
    /// What was asked after a rest.
    asked_rested: BTreeSet<(u16, u8)>,
    /// When the router at each distance can answer once more, however tired it was.
    rested: BTreeMap<u8, Instant>,
}

impl<N: Network> Sweep<'_, N> {
    async fn waves(&mut self) -> Result<(), Untraceable> {
        let mut silent = 0;
        for first in (1..=FARTHEST).step_by(WAVE.into()) {
            let last = first.saturating_add(WAVE - 1).min(FARTHEST);
            let wanted: Vec<u16> = self.all().filter(|&port| self.answers.finish(port).is_none()).collect();
            let questions = (first..=last).flat_map(|ttl| wanted.iter().map(move |&port| (port, ttl)));
            let questions: Vec<(u16, u8)> = questions.collect();
            for &(port, ttl) in &questions {
                self.ask(Question::new(port, ttl, Duration::ZERO));
            }
            let is_mute = |sweep: &Self, ttl| wanted.iter().all(|&port| sweep.answers.at(port, ttl).is_silence());
            self.wait(&questions, Instant::now(), |sweep| {
                let some_are_mute = (first..=last).any(|ttl| is_mute(sweep, ttl));
                if some_are_mute { sweep.answers.patience() } else { sweep.answers.spacing() }
            })
            .await?;
            silent = if (first..=last).all(|ttl| is_mute(self, ttl)) { silent + 1 } else { 0 };
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
        if done(self.request.control) {
            !self.request.ports.iter().any(|&port| travels(port))
        } else {
            self.all().all(done)
        }
    }

    /// The silences that a conclusion hangs on, and that are not believed yet.
    fn doubts(&self) -> Vec<(u16, u8)> {
        let SweepRequest { ports, control, .. } = *self.request;
        let of_port = |&port: &u16| {
            let mut doubts = doubtful(&self.request.of(port), &self.answers.pairs(port, control));
            let passed = self.answers.last_router(port).unwrap_or(0);
            let is_beyond = |&(of, ttl): &(u16, u8)| of == port && ttl > passed && self.is_heard(ttl);
            let edge = doubts.iter().copied().find(|doubt| is_beyond(doubt));
            let is_swallowed = edge.is_some_and(|edge| self.is_believed(edge, passed));
            doubts.retain(|doubt| if is_beyond(doubt) { !is_swallowed } else { !self.is_believed(*doubt, passed) });
            doubts
        };
        let all: BTreeSet<(u8, u16)> = ports.iter().flat_map(of_port).map(|(port, ttl)| (ttl, port)).collect();
        all.into_iter().map(|(ttl, port)| (port, ttl)).collect()
    }

    /// The first of them of each port, at routers that are known to answer. Those that nothing vouched for when they were
    /// asked again are left to be asked after a rest.
    fn doubts_to_confirm(&self) -> Vec<(u16, u8)> {
        let mut taken: BTreeMap<u16, usize> = BTreeMap::new();
        let mut doubts = self.doubts();
        doubts.retain(|&(port, ttl)| port != self.request.control && self.is_heard(ttl) && !self.is_host(ttl));
        doubts.retain(|&(port, _)| {
            let taken = taken.entry(port).or_default();
            *taken += 1;
            *taken <= CONFIRMED
        });
        doubts.retain(|&question| self.times(question) == 1 || self.is_vouched(question));
        doubts
    }

    /// Whether it is known by now that this silence is none of a tired router, nor of a lost packet.
    fn is_believed(&self, question: (u16, u8), passed: u8) -> bool {
        let (port, ttl) = question;
        let beyond = self.asked.range((port, passed.saturating_add(1))..=(port, u8::MAX)).map(|(_, times)| times);
        let is_enough =
            || self.times(question) >= ENOUGH_TIMES || (ttl > passed && beyond.sum::<usize>() >= ENOUGH_SILENCE);
        self.asked_rested.contains(&question) || (self.is_vouched(question) && is_enough())
    }

    /// Whether those who could have answered did so right behind this silence.
    fn is_vouched(&self, (port, ttl): (u16, u8)) -> bool {
        let Some(vouchers) = self.vouchers.get(&(port, ttl)) else { return false };
        let before = self.router_before(ttl);
        vouchers.contains(&ttl) && before.is_none_or(|before| vouchers.contains(&before))
    }

    /// The distance of the router before this one, if it answers.
    fn router_before(&self, ttl: u8) -> Option<u8> {
        let before = ttl.checked_sub(1)?;
        self.is_heard(before).then_some(before)
    }

    /// Whether the host itself answers at this distance, as far as can be seen.
    fn is_host(&self, ttl: u8) -> bool {
        matches!(self.answers.at(self.request.control, ttl).said, Said::Connected | Said::Refused)
    }

    fn times(&self, question: (u16, u8)) -> usize {
        self.asked.get(&question).copied().unwrap_or(0)
    }

    /// Whether anything came back from this distance.
    fn is_heard(&self, ttl: u8) -> bool {
        self.all().any(|port| !matches!(self.answers.at(port, ttl).said, Said::Silence | Said::NotTried))
    }

    /// Asks again at once, and has the answers to another port vouch for the silence.
    async fn confirm(&mut self, doubts: &[(u16, u8)]) -> Result<(), Untraceable> {
        for &(port, ttl) in doubts {
            self.ask(Question::new(port, ttl, Duration::ZERO));
        }
        let routers = |&(_, ttl): &(u16, u8)| [self.router_before(ttl), Some(ttl)].into_iter().flatten();
        let vouchers: BTreeSet<u8> = doubts.iter().flat_map(routers).collect();
        for ttl in vouchers {
            self.ask(Question { vouches_for: doubts.to_vec(), ..Question::new(self.request.control, ttl, BEHIND) });
        }
        self.wait(doubts, Instant::now() + BEHIND, |sweep| sweep.answers.spacing()).await
    }

    /// Asks again, one TTL after the other, once the routers have had a rest: ports first, and behind them the one that they
    /// are compared with, so that a router that can answer once more does so for the ports.
    async fn repeat(&mut self, doubts: &[(u16, u8)]) -> Result<(), Untraceable> {
        let now = Instant::now();
        let control = self.request.control;
        let by_ttl: Vec<_> = doubts.chunk_by(|one, next| one.1 == next.1).take(MOST_REPEATED).collect();
        let (mut last, mut previous) = (Duration::ZERO, None);
        for (place, of_one_ttl) in (0..).zip(&by_ttl) {
            let ttls = of_one_ttl.iter().flat_map(|(_, ttl)| [*ttl, ttl.saturating_sub(1)]);
            let rested = ttls.filter_map(|ttl| self.rested.get(&ttl)).max().copied().unwrap_or(now);
            let delay = rested.saturating_duration_since(now) + PACE * place;
            let (controls, mut ports): (Vec<_>, Vec<_>) = of_one_ttl.iter().partition(|(port, _)| *port == control);
            // A tired router has one answer: for the port that had none yet.
            ports.sort_by_key(|&question| self.times(question));
            // Where the router before this one was asked just now, that one is tired again, and could not refuse.
            let before_is_asked =
                of_one_ttl.first().is_some_and(|(_, ttl)| previous.replace(*ttl) == ttl.checked_sub(1));
            self.asked_rested.extend(ports.first().filter(|_| !before_is_asked));
            for &(port, ttl) in &ports {
                self.ask(Question::new(port, ttl, delay));
            }
            for &(port, ttl) in &controls {
                self.ask(Question::new(port, ttl, delay + BEHIND));
            }
            if let [_, (_, ttl), ..] = *ports {
                let vouchers = [self.router_before(ttl), Some(ttl).filter(|_| !self.is_host(ttl))];
                for voucher in vouchers.into_iter().flatten() {
                    let question = Question::new(control, voucher, delay + BEHIND);
                    self.ask(Question { vouches_for: ports.clone(), ..question });
                }
            }
            last = last.max(delay + BEHIND);
        }
        let asked = by_ttl.concat();
        let are_heard = asked.iter().all(|&(_, ttl)| self.is_heard(ttl));
        self.wait(&asked, now + last, |sweep| if are_heard { sweep.answers.spacing() } else { PATIENCE }).await
    }

    fn ask(&mut self, question: Question) {
        let network = self.network;
        let Question { port, ttl, delay, .. } = question;
        *self.asked.entry((port, ttl)).or_default() += 1;
        self.answers.note(port, ttl, HopEvidence { said: Said::Silence, rtt: None });
        self.rested.entry(ttl).or_insert_with(|| Instant::now() + REST);
        let asking = async move {
            sleep(delay).await;
            Ok((question, network.connect(port, ttl, PATIENCE).await?))
        };
        self.under_way.push(asking.boxed());
    }

    /// Takes answers until none of `questions` is silent, or `patience` is over, counted from `sent`.
    async fn wait(
        &mut self,
        questions: &[(u16, u8)],
        sent: Instant,
        patience: impl Fn(&Self) -> Duration,
    ) -> Result<(), Untraceable> {
        while questions.iter().any(|&(port, ttl)| self.answers.at(port, ttl).is_silence()) {
            let end = sent + patience(self);
            let Ok(Some(answered)) = timeout_at(end, self.under_way.next()).await else { break };
            let (question, answer) = answered?;
            self.take(&question, answer);
        }
        Ok(())
    }

    fn take(&mut self, question: &Question, answer: HopEvidence) {
        let Question { port, ttl, vouches_for, .. } = question;
        self.answers.note(*port, *ttl, answer);
        match answer.said {
            Said::TimeExceeded(_) => _ = self.rested.insert(*ttl, Instant::now() + REST),
            // From whichever router before. It refuses, and was too tired to do so where a nearer request was silent.
            Said::Icmp { .. } => {
                self.rested.range_mut(..*ttl).for_each(|(_, rested)| *rested = Instant::now() + REST);
                self.asked_rested.retain(|&(of, at)| of != *port || at > *ttl);
                self.vouchers.retain(|&(of, at), _| of != *port || at > *ttl);
            }
            _ => {}
        }
        if !answer.is_silence() {
            for &silence in vouches_for {
                self.vouchers.entry(silence).or_default().insert(*ttl);
            }
        }
    }

    /// The port to compare with first: where a router answers only some, it must be among them.
    fn all(&self) -> impl Iterator<Item = u16> {
        std::iter::once(self.request.control).chain(self.request.ports.iter().copied())
    }
}
