//! After the probes: the route to the ports that were not reached.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::time::Instant;

use super::context::RunContext;
use super::deadlines::Deadlines;
use crate::observation::path::{Traced, Untraceable};
use crate::observation::{Limit, Observation, Stage, StageOutcome, StageRecord, StopCause};
use crate::path::{control_port, look_nearby, trace_ports};

/// Which endpoints' route is traced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Trace {
    /// None.
    #[default]
    Never,
    /// Those that no connection could be made to.
    Failed,
    /// All that have an address. Only so a proxy is seen that answers in the server's place and behaves well.
    Always,
}

impl Trace {
    pub(super) fn wants(self, observation: &Observation) -> bool {
        match self {
            // A first look has told it all.
            _ if observation.path.is_some() => false,
            Self::Never => false,
            // What a provider does not offer, nobody keeps out.
            Self::Failed => was_kept_out(observation) && observation.not_offered_by.is_none(),
            Self::Always => was_kept_out(observation) || was_connected(observation),
        }
    }
}

/// An endpoint that is probed, and reported once its route is traced.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) index: usize,
    pub(super) observation: Box<Observation>,
}

pub(super) fn was_connected(observation: &Observation) -> bool {
    let stages = observation.probe().map(|probe| probe.stages.as_slice()).unwrap_or_default();
    stages.iter().any(|record| record.stage == Stage::Connect && record.outcome == StageOutcome::Ok)
}

/// Whether a connection was made, and then not a byte came: a VPN or proxy client on this machine looks like that when it
/// accepts what it cannot deliver.
pub(super) fn is_mute(observation: &Observation) -> bool {
    let Some(probe) = observation.probe().filter(|_| was_connected(observation)) else { return false };
    observation.is_unheard() && probe.stop.as_ref().is_some_and(|stop| stop.stage != Stage::Quit)
}

/// Whether a connection was made faster than most that go far. Something on this machine takes a millisecond, or many where
/// the machine is busy.
fn was_at_once(observation: &Observation) -> bool {
    const AT_ONCE: Duration = Duration::from_millis(50);
    let connect = |record: &StageRecord| record.stage == Stage::Connect && record.duration < AT_ONCE;
    observation.probe().is_some_and(|probe| probe.stages.iter().any(connect))
}

/// Whether the network kept a connection from being made. Where this machine sent nothing there is no route to trace.
fn was_kept_out(observation: &Observation) -> bool {
    let Some(stop) = observation.probe().and_then(|probe| probe.stop.as_ref()) else { return false };
    match &stop.cause {
        StopCause::Connect(failure) => failure.icmp.is_some() || !failure.on_this_machine,
        StopCause::TimedOut(Limit::Stage | Limit::Endpoint) => stop.stage == Stage::Connect,
        _ => false,
    }
}

/// Endpoints of one address that are compared with the same port.
pub(super) struct TraceGroup {
    pub(super) address: IpAddr,
    pub(super) control: u16,
    pub(super) endpoints: Vec<Waiting>,
}

/// How many ports of a host are traced at once: as many as the port table has.
const AT_ONCE: usize = 7;

/// Who waits, by address. `open` is what was connected to.
pub(super) fn groups(waiting: Vec<Waiting>, open: &[SocketAddr]) -> Vec<TraceGroup> {
    let mut by_control: BTreeMap<(IpAddr, u16), Vec<Waiting>> = BTreeMap::new();
    for one in waiting {
        let Some(address) = one.observation.endpoint.address else { continue };
        let open: Vec<u16> = open.iter().filter(|open| open.ip() == address).map(SocketAddr::port).collect();
        // A port that answers is not compared with another mail port: a proxy would take both.
        let open = if was_connected(&one.observation) { &[] } else { open.as_slice() };
        let control = control_port(one.observation.endpoint.port, open);
        by_control.entry((address, control)).or_default().push(one);
    }
    let mut groups = Vec::new();
    for ((address, control), mut endpoints) in by_control {
        while !endpoints.is_empty() {
            let rest = endpoints.split_off(AT_ONCE.min(endpoints.len()));
            groups.push(TraceGroup { address, control, endpoints: std::mem::replace(&mut endpoints, rest) });
        }
    }
    groups
}

impl TraceGroup {
    /// What was found out, by port. Nothing where the run ended first.
    pub(super) fn observe(&mut self, traced: Vec<Traced>) {
        for (one, path) in self.endpoints.iter_mut().zip(traced) {
            one.observation.path = Some(path);
        }
    }

    /// The tracing itself was lost.
    pub(super) fn lose(&mut self, cause: &StopCause) {
        if let StopCause::Internal(words) = cause {
            let lost = Untraceable::Local(format!("a fault in mailprobe itself: {words}"));
            self.observe(vec![Err(lost); self.endpoints.len()]);
        }
    }
}

/// Traces the routes to these ports. Nothing is known of them where the run ends first.
pub(super) async fn trace(address: IpAddr, ports: &[u16], control: u16, context: &RunContext) -> Vec<Traced> {
    let deadlines = Deadlines::new(context, LONGEST);
    match deadlines.wait(Instant::now() + LONGEST, trace_ports(address, ports, control)).await {
        Ok(Ok(paths)) => paths.into_iter().map(Ok).collect(),
        Ok(Err(untraceable)) => vec![Err(untraceable); ports.len()],
        Err(_) => Vec::new(),
    }
}

/// Notes the ways to these mute endpoints, all of one address, where something close by answers in the host's place.
pub(super) async fn note_taken_nearby(address: IpAddr, endpoints: &mut [Waiting], context: &RunContext) {
    if !endpoints.iter().any(|one| was_at_once(&one.observation)) {
        return;
    }
    let ports: Vec<u16> = endpoints.iter().map(|one| one.observation.endpoint.port).collect();
    for taken in context.unless_over(look_nearby(address, &ports)).await.unwrap_or_default() {
        if let Some(one) = endpoints.iter_mut().find(|one| one.observation.endpoint.port == taken.port) {
            one.observation.path = Some(Ok(taken));
        }
    }
}

/// [`trace_ports`] keeps its own limit; this one only backs it up.
const LONGEST: Duration = Duration::from_secs(20);
