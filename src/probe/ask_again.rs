//! Ports that stayed silent beside others of their address that an ICMP message answered: they are asked once more, slowly.
//!
//! Who sends ICMP errors limits how many of them one receiver gets: Linux, for instance, sends six at once and then one a
//! second (`icmp_ratelimit`). Of seven ports that a firewall rejects, some then look as if it dropped them without a word,
//! and others in each run.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::limits::{ASK_AGAIN_CONNECT, ASK_AGAIN_MARGIN, ASK_AGAIN_PAUSE, TryLimits};
use crate::observation::{ConnectFailureKind, Icmp, Limit, Observation, Stage, StopCause};

/// The silent ports of a target, until it is known whether they are to be asked again.
#[derive(Debug, Default)]
pub(super) struct Silences {
    held: Vec<Silent>,
    icmp: HashMap<IpAddr, IcmpSeen>,
}

/// An endpoint from which nothing came back, and its place in the target's plan.
#[derive(Debug)]
pub(super) struct Silent {
    pub(super) index: usize,
    pub(super) address: IpAddr,
    pub(super) observation: Box<Observation>,
}

/// What is known of the ICMP messages that answered at an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct IcmpSeen {
    /// Who sent them: the address itself, where the system does not tell.
    from: IpAddr,
    /// How long the slowest of them took.
    slowest: Duration,
}

/// How ports are asked again.
#[derive(Debug, Clone, Copy)]
struct Manner {
    /// Before the first of them.
    delay: Duration,
    /// From one to the next.
    pause: Duration,
    /// How long a connection may take.
    patience: Duration,
}

impl IcmpSeen {
    fn manner(self) -> Manner {
        if self.slowest < ASK_AGAIN_CONNECT {
            return Manner { delay: Duration::ZERO, pause: ASK_AGAIN_PAUSE, patience: ASK_AGAIN_CONNECT };
        }
        // A router that looks for a host which is down says so after three seconds, and then for everything that was sent
        // meanwhile: the ports are asked together, and what the first connections sent last must be over by then.
        Manner { delay: ASK_AGAIN_CONNECT, pause: Duration::ZERO, patience: self.slowest + ASK_AGAIN_MARGIN }
    }
}

impl Silences {
    /// Takes in what was seen first at an endpoint. A silent one is held; any other is given back, to be told.
    pub(super) fn take(&mut self, index: usize, observation: Box<Observation>) -> Option<Box<Observation>> {
        let Some(address) = observation.endpoint.address else { return Some(observation) };
        if is_silent(&observation) {
            self.held.push(Silent { index, address, observation });
            return None;
        }
        if let Some(icmp) = icmp_error(&observation) {
            let from = icmp.from.unwrap_or(address);
            let seen = self.icmp.entry(address).or_insert(IcmpSeen { from, slowest: Duration::ZERO });
            seen.slowest = seen.slowest.max(observation.duration);
        }
        Some(observation)
    }

    /// Those held that are worth asking again by now: ICMP messages answered other ports of their address.
    pub(super) fn worth_asking(&mut self) -> Vec<(Silent, IcmpSeen)> {
        let icmp = &self.icmp;
        let worth = self.held.extract_if(.., |silent| icmp.contains_key(&silent.address));
        worth.filter_map(|silent| icmp.get(&silent.address).map(|&seen| (silent, seen))).collect()
    }

    /// One for which nothing speaks, when all the others are known.
    pub(super) fn next_of_the_rest(&mut self) -> Option<Silent> {
        self.held.pop()
    }
}

/// When each sender of ICMP messages may be made to send the next one.
#[derive(Debug, Default)]
pub(super) struct IcmpPace(Mutex<HashMap<IpAddr, Instant>>);

impl IcmpPace {
    /// A turn to ask a silent port again, and how long that may take; `None` where there is no time for it. What was
    /// spent on the endpoint before and what is spent now must fit into `limits`, as well as into the run.
    pub(super) fn turn(
        &self,
        silent: &Observation,
        seen: IcmpSeen,
        limits: TryLimits,
        run_end: Option<Instant>,
    ) -> Option<(Instant, TryLimits)> {
        let now = Instant::now();
        // Whoever wants no connection to take longer than a moment wants no second wait either.
        if limits.connect < ASK_AGAIN_CONNECT {
            return None;
        }
        let end = now + limits.whole.saturating_sub(silent.duration);
        let end = run_end.map_or(end, |run_end| run_end.min(end));
        let Manner { delay, pause, patience } = seen.manner();
        let patience = patience.min(limits.connect);

        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        next.retain(|_, next| *next > now);
        let turn = next.get(&seen.from).copied().unwrap_or(now + delay);
        if turn + patience > end {
            return None;
        }
        next.insert(seen.from, turn + pause);
        Some((turn, TryLimits { connect: patience, may_give_up_early: false, whole: end - turn }))
    }
}

/// What is known of an endpoint that was silent and has been asked again.
pub(super) fn latest(silent: Box<Observation>, mut again: Box<Observation>) -> Box<Observation> {
    let tries = silent.tries + again.tries;
    let told_nothing = again.probe().and_then(|probe| probe.stop.as_ref()).is_some_and(|stop| match stop.cause {
        StopCause::TimedOut(Limit::Run) | StopCause::NoTurn | StopCause::Interrupted | StopCause::Local(_) => true,
        _ => is_silent(&again),
    });
    if told_nothing {
        again = silent;
    }
    again.tries = tries;
    again
}

/// Whether nothing at all came back.
fn is_silent(observation: &Observation) -> bool {
    let Some(stop) = observation.probe().and_then(|probe| probe.stop.as_ref()) else { return false };
    match &stop.cause {
        StopCause::Connect(failure) => failure.kind == ConnectFailureKind::TimedOut && failure.icmp.is_none(),
        StopCause::TimedOut(Limit::Stage | Limit::Endpoint) => stop.stage == Stage::Connect,
        _ => false,
    }
}

/// The ICMP message that kept a connection from being made. This machine's own are not limited.
fn icmp_error(observation: &Observation) -> Option<Icmp> {
    let stop = observation.probe()?.stop.as_ref()?;
    let StopCause::Connect(failure) = &stop.cause else { return None };
    let from_here = failure.on_this_machine || failure.kind == ConnectFailureKind::NoNeighbour;
    failure.icmp.filter(|_| !from_here)
}
