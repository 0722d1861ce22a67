//! A part of a run: each endpoint is probed when it is its turn, and what happens is told.
//!
//! Whatever reads what strangers sent runs in a task of its own: if one panics, its endpoints are told as lost.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::answers::AddressAnswers;
use super::ask_again::{IcmpSeen, Silences, Silent, latest};
use super::bounds::Bounds;
use super::connection_limits::Permit;
use super::context::RunContext;
use super::limits::TryLimits;
use super::lost;
use super::mail_hosts::is_known;
use super::options::Visits;
use super::plan::Plan;
use super::planned::Planned;
use super::prober::Prober;
use super::promises::promisor;
use super::rate::is_own_fault;
use super::recorder::{Onlooker, Recorder, Watched};
use super::run::{Event, Recheck, RunKind};
use super::trace::{Waiting, groups, is_mute, note_taken_nearby, trace, was_connected};
use super::unprobed::stopped;
use crate::observation::{Limit, Observation, Stage, StopCause};
use crate::promises::AgentConfigLookup;
use crate::target::{Endpoint, Target};

/// A part of a run. It holds nothing that could interrupt the run, which is interrupted when nobody holds it any more.
pub(super) struct Scheduler {
    pub(super) prober: Arc<Prober>,
    pub(super) kind: RunKind,
    pub(super) bounds: Arc<Bounds>,
    pub(super) context: RunContext,
    pub(super) sender: mpsc::Sender<Event>,
}

/// The results of a target so far.
#[derive(Default)]
struct Results {
    /// Where a connection was made.
    open: Vec<SocketAddr>,
    /// Whose route is to be traced before they are told of.
    waiting: Vec<Waiting>,
    /// Those where no server was heard after the connection, and the addresses where one was.
    mute: Vec<Waiting>,
    heard: Vec<IpAddr>,
    held: Option<(usize, Box<Observation>)>,
}

impl Results {
    fn any_connected(&self) -> bool {
        let held = self.held.as_ref().is_some_and(|(_, observation)| was_connected(observation));
        held || !self.open.is_empty()
    }
}

impl Scheduler {
    /// Plans a target, probes its endpoints and traces what is to be traced.
    /// `None` where there is nothing to do, or nobody listens any more.
    pub(super) async fn check_target(self: Arc<Self>, number: usize, target: Target, again: Recheck) -> Option<()> {
        let Recheck::AllBut(known) = again else { return None };
        if self.kind == RunKind::List {
            self.tell(Event::Begun { target: number, named: target.clone() }).await?;
        }
        let options = &self.prober.options;
        let agent_config = Arc::new(AgentConfigLookup::default());
        let Some(promisor) = promisor(&target, options.plan.ports.as_deref(), options.policies(), self.kind) else {
            return self.check_endpoints(number, target, agent_config, known, false).await;
        };
        let probed = CancellationToken::new();
        let promises = Box::pin(async {
            let promises = self.prober.promises(&promisor, &agent_config, &self.context, &probed).await;
            self.tell(Event::Promises { target: number, promises: Box::new(promises) }).await
        });
        let endpoints = async {
            let done = self.check_endpoints(number, target, Arc::clone(&agent_config), known, true).await;
            probed.cancel();
            done
        };
        tokio::join!(endpoints, promises).0
    }

    async fn check_endpoints(
        self: &Arc<Self>,
        number: usize,
        target: Target,
        agent_config: Arc<AgentConfigLookup>,
        known: Vec<Observation>,
        awaits_promises: bool,
    ) -> Option<()> {
        let plan = Plan { awaits_promises, ..self.plan_apart(target.clone(), agent_config, known).await };
        if self.prober.options.steps.visits != Visits::All {
            return Box::pin(self.visit(number, plan)).await;
        }
        let planned = plan.endpoints.clone();
        let _remembered = self.remember_answers(&planned);
        self.tell(Event::Planned { target: number, plan }).await?;

        let probes = planned.into_iter().enumerate().map(|(index, planned)| {
            let (look, endpoint) = (Look::of(&planned), planned.endpoint().clone());
            result(index, look, endpoint, self.observe(number, index, planned))
        });
        let mut probes: FuturesUnordered<_> = probes.collect();
        let mut silences = Silences::default();
        let mut results = Results::default();
        loop {
            let (index, observation) = match probes.next().await {
                Some((index, Look::First, observation)) => {
                    let told = silences.take(index, observation);
                    for (silent, seen) in silences.worth_asking() {
                        let (index, endpoint) = (silent.index, silent.observation.endpoint.clone());
                        probes.push(result(index, Look::Last, endpoint, self.ask_again(number, silent, seen)));
                    }
                    let Some(observation) = told else { continue };
                    (index, observation)
                }
                Some((index, Look::Last, observation)) => (index, observation),
                None => match silences.next_of_the_rest() {
                    Some(Silent { index, observation, .. }) => (index, observation),
                    None => break,
                },
            };
            // As long as no port was connected to, one result is held back: what the last one shows may need a question.
            let held = results.held.replace((index, observation));
            if let Some((index, observation)) = held {
                self.hand_on(number, index, observation, &mut results).await?;
            }
            if results.any_connected()
                && let Some((index, observation)) = results.held.take()
            {
                self.hand_on(number, index, observation, &mut results).await?;
            }
        }
        if let Some((index, observation)) = results.held.take() {
            if is_known(&observation) {
                let hosts = self.context.unless_over(self.prober.mail_hosts(&target)).await.unwrap_or_default();
                if !hosts.is_empty() {
                    self.tell(Event::MailHosts { target: number, hosts }).await?;
                }
            }
            self.hand_on(number, index, observation, &mut results).await?;
        }
        self.look_nearby(number, &mut results).await?;
        let Results { open, waiting, .. } = results;
        if waiting.is_empty() { None } else { Box::pin(self.trace(number, waiting, &open)).await }
    }

    /// Tells of a result, unless its route is to be traced first.
    async fn hand_on(
        &self,
        target: usize,
        index: usize,
        observation: Box<Observation>,
        results: &mut Results,
    ) -> Option<()> {
        let Endpoint { address, port, .. } = observation.endpoint;
        let connected = address.filter(|_| was_connected(&observation));
        results.open.extend(connected.map(|address| SocketAddr::new(address, port)));
        // Whoever brings a dialer knows better where it leads.
        if self.prober.options.dialer.is_none() && is_mute(&observation) {
            results.mute.push(Waiting { index, observation });
            return Some(());
        }
        results.heard.extend(connected);
        self.trace_or_tell(target, index, observation, results).await
    }

    async fn trace_or_tell(
        &self,
        target: usize,
        index: usize,
        observation: Box<Observation>,
        results: &mut Results,
    ) -> Option<()> {
        if self.prober.options.trace.wants(&observation) {
            results.waiting.push(Waiting { index, observation });
            return Some(());
        }
        self.tell(Event::Finished { target, index, observation }).await
    }

    /// Where connections were made at once and no server was heard, looks who made them.
    async fn look_nearby(&self, target: usize, results: &mut Results) -> Option<()> {
        let mut by_address: BTreeMap<IpAddr, Vec<Waiting>> = BTreeMap::new();
        for one in std::mem::take(&mut results.mute) {
            let Some(address) = one.observation.endpoint.address else { continue };
            by_address.entry(address).or_default().push(one);
        }
        for (address, mut mute) in by_address {
            if !results.heard.contains(&address) {
                note_taken_nearby(address, &mut mute, &self.context).await;
            }
            for Waiting { index, observation } in mute {
                self.trace_or_tell(target, index, observation, results).await?;
            }
        }
        Some(())
    }

    pub(super) fn tell(&self, event: Event) -> impl Future<Output = Option<()>> {
        let room = self.sender.reserve();
        async move {
            room.await.ok()?.send(event);
            Some(())
        }
    }

    /// The plan for a target, in which `known` need not be looked at again.
    async fn plan_apart(
        self: &Arc<Self>,
        target: Target,
        agent_config: Arc<AgentConfigLookup>,
        known: Vec<Observation>,
    ) -> Plan {
        let scheduler = Arc::clone(self);
        let of = target.clone();
        let planning = tokio::spawn(Box::pin(async move { scheduler.plan(&of, &agent_config).await }));
        let mut plan = planning.await.unwrap_or_else(|error| self.prober.lost_plan(&target, &lost::cause(error)));
        for planned in &mut plan.endpoints {
            if let Some(seen) = known.iter().find(|seen| seen.endpoint == *planned.endpoint()) {
                *planned = Planned::Known(Box::new(seen.clone()));
            }
        }
        plan
    }

    /// Finds a target's endpoints. Where this machine lacks something to look names up with, it pauses and tries again.
    async fn plan(&self, target: &Target, agent_config: &AgentConfigLookup) -> Plan {
        let rate = &self.bounds.rate;
        let mut retry = 0;
        loop {
            let mut acquiring = pin!(self.bounds.lookups.acquire());
            // What is free is taken even where the time is over: an address that was typed needs no lookup, and what an
            // earlier round of --wait learnt of it stands.
            let permit = match acquiring.as_mut().now_or_never() {
                Some(permit) => permit,
                None => match self.its_turn(acquiring).await {
                    Ok(permit) => permit,
                    Err(cause) => return self.prober.lost_plan(target, &cause),
                },
            };
            let plan = self.prober.plan(target, agent_config, &self.context).await;
            drop(permit);
            if !plan.lacked_something() || !rate.lacked_something(retry) {
                return plan;
            }
            if self.context.unless_over(rate.wait_for_this_machine()).await.is_err() {
                return plan;
            }
            retry += 1;
        }
    }

    /// As long as the result is held, what comes back from one port of these addresses is known to the others.
    fn remember_answers(&self, planned: &[Planned]) -> Vec<Arc<AddressAnswers>> {
        // A port alone has no others, and in a list there are many such.
        if planned.len() < 2 {
            return Vec::new();
        }
        let addresses: BTreeSet<IpAddr> = planned.iter().filter_map(|planned| planned.endpoint().address).collect();
        addresses.into_iter().map(|address| self.bounds.answers.of(address)).collect()
    }

    /// Begins to see what there is at this place of a target's plan.
    pub(super) fn observe(
        self: &Arc<Self>,
        target: usize,
        index: usize,
        planned: Planned,
    ) -> JoinHandle<Box<Observation>> {
        let (scheduler, onlooker) = (Arc::clone(self), self.onlooker(target, index));
        // Boxed, because a task is moved several times until it is where it stays.
        tokio::spawn(Box::pin(async move {
            match planned {
                Planned::Known(observation) => observation,
                Planned::Probe(endpoint, address) => {
                    let server = SocketAddr::new(address, endpoint.port);
                    scheduler.probe(&endpoint, server, scheduler.prober.options.try_limits(), onlooker).await
                }
            }
        }))
    }

    /// Asks a silent port once more when it is its turn, where there is time for it.
    fn ask_again(self: &Arc<Self>, target: usize, silent: Silent, seen: IcmpSeen) -> JoinHandle<Box<Observation>> {
        let (scheduler, onlooker) = (Arc::clone(self), self.onlooker(target, silent.index));
        tokio::spawn(async move {
            let Silent { address, observation: silent, .. } = silent;
            let limits = scheduler.prober.options.try_limits();
            let turn = scheduler.bounds.icmp_pace.turn(&silent, seen, limits, scheduler.context.run_end.get());
            let Some((turn, limits)) = turn else { return silent };
            if scheduler.context.unless_over(sleep_until(turn)).await.is_err() {
                return silent;
            }
            let server = SocketAddr::new(address, silent.endpoint.port);
            let again = scheduler.probe(&silent.endpoint, server, limits, onlooker).await;
            latest(silent, again)
        })
    }

    /// Probes an endpoint when it is its turn. Where this machine lacks something it pauses and tries again: that is never
    /// the server's fault.
    async fn probe(
        &self,
        endpoint: &Endpoint,
        server: SocketAddr,
        limits: TryLimits,
        onlooker: Option<Onlooker>,
    ) -> Box<Observation> {
        let began = Instant::now();
        let rate = &self.bounds.rate;
        let mut permit = None;
        let mut retry = 0;
        loop {
            // Boxed: it is larger than a probe, which it would stay a part of.
            let admission = Box::pin(self.admission(&mut permit, endpoint, server));
            let admitted =
                if retry == 0 { self.its_turn(admission).await } else { self.context.unless_over(admission).await };
            let place = match admitted {
                Ok(place) => place,
                Err(cause) => {
                    return Box::new(stopped(endpoint, Recorder::at(Stage::Connect), cause, began.elapsed()));
                }
            };
            let (observation, closing) =
                self.prober.probe(endpoint, server, &self.context, limits, onlooker.clone()).await;
            if !is_own_fault(&observation) {
                rate.lacked_nothing();
            } else if rate.lacked_something(retry) {
                closing.done().await;
                retry += 1;
                continue;
            }
            rate.heed(server.ip(), &observation);
            // A connection that is being closed is one still, and has its descriptor. The result need not wait.
            self.context.tasks.spawn(async move {
                closing.done().await;
                drop((permit, place));
            });
            return Box::new(observation);
        }
    }

    async fn admission(
        &self,
        permit: &mut Option<Permit>,
        endpoint: &Endpoint,
        server: SocketAddr,
    ) -> Option<OwnedSemaphorePermit> {
        if permit.is_none() {
            *permit = Some(self.bounds.limits.acquire(&endpoint.host, server).await);
        }
        self.bounds.admit(server.ip()).await
    }

    /// Waits until something may be begun. Where the run's time is over first, the reason is our own bounds.
    async fn its_turn<T>(&self, turn: impl Future<Output = T>) -> Result<T, StopCause> {
        let is_over_already = self.context.run_end.is_over();
        self.context.unless_over(turn).await.map_err(|cause| match cause {
            StopCause::TimedOut(Limit::Run) if !is_over_already => StopCause::NoTurn,
            cause => cause,
        })
    }

    /// Nobody watches the stages of a list.
    fn onlooker(&self, target: usize, index: usize) -> Option<Onlooker> {
        let sender = self.sender.clone();
        let watch = move |watched| {
            let event = match watched {
                Watched::Entered(stage) => Event::Entered { target, index, stage },
                Watched::Awaits(until) => Event::Awaits { target, index, until: until.into_std() },
            };
            drop(sender.try_send(event));
        };
        (self.kind == RunKind::Named).then(|| Arc::new(watch) as Onlooker)
    }

    async fn trace(&self, target: usize, waiting: Vec<Waiting>, open: &[SocketAddr]) -> Option<()> {
        for mut group in groups(waiting, open) {
            // Another run may be tracing, and for longer than this one has time.
            let Ok(turn) = self.context.unless_over(self.bounds.tracing.lock()).await else {
                self.tell_all(target, group.endpoints).await?;
                continue;
            };
            for one in &group.endpoints {
                let _ = self.sender.try_send(Event::Tracing { target, index: one.index });
            }
            let (address, control, context) = (group.address, group.control, self.context.clone());
            let ports: Vec<u16> = group.endpoints.iter().map(|one| one.observation.endpoint.port).collect();
            let tracing = tokio::spawn(async move { trace(address, &ports, control, &context).await });
            match tracing.await {
                Ok(traced) => group.observe(traced),
                Err(error) => group.lose(&lost::cause(error)),
            }
            drop(turn);
            self.tell_all(target, group.endpoints).await?;
        }
        Some(())
    }

    async fn tell_all(&self, target: usize, endpoints: Vec<Waiting>) -> Option<()> {
        for Waiting { index, observation } in endpoints {
            self.tell(Event::Finished { target, index, observation }).await?;
        }
        Some(())
    }
}

/// Whether another look at an endpoint may follow.
#[derive(Debug, Clone, Copy)]
enum Look {
    First,
    Last,
}

impl Look {
    fn of(planned: &Planned) -> Self {
        if matches!(planned, Planned::Known(_)) { Self::Last } else { Self::First }
    }
}

/// What a task saw at this place of a target's plan, or that it was lost.
fn result(
    index: usize,
    look: Look,
    endpoint: Endpoint,
    task: JoinHandle<Box<Observation>>,
) -> impl Future<Output = (usize, Look, Box<Observation>)> {
    let began = Instant::now();
    task.map(move |result| {
        let lost = |error| stopped(&endpoint, Recorder::at(Stage::Connect), lost::cause(error), began.elapsed());
        (index, look, result.unwrap_or_else(|error| Box::new(lost(error))))
    })
}
