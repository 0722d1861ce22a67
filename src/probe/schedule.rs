//! A part of a run: each endpoint is probed when it is its turn, and what happens is told.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::Prober;
use super::driver::RunContext;
use super::pace::is_own_fault;
use super::plan::{Plan, Planned, unbegun};
use super::recorder::Onlooker;
use super::run::{Event, Recheck};
use super::start::{Bounds, Kind};
use super::trace::{Waiting, groups, was_connected};
use super::turns::Turn;
use crate::observation::{Cause, Limit, Observation};
use crate::target::{Endpoint, Target};

/// A part of a run. It holds nothing that could interrupt the run, which is interrupted when nobody holds it any more.
pub(super) struct Scheduler {
    pub(super) prober: Arc<Prober>,
    pub(super) kind: Kind,
    pub(super) bounds: Arc<Bounds>,
    pub(super) context: RunContext,
    pub(super) sender: mpsc::Sender<Event>,
}

impl Scheduler {
    /// Plans a target, probes its endpoints and traces what is to be traced.
    pub(super) fn target(
        self: Arc<Self>,
        number: usize,
        target: Target,
        again: Recheck,
    ) -> impl Future<Output = ()> + Send {
        // What only the planning needs is gone while the endpoints are probed.
        let begun = Box::pin(Arc::clone(&self).begin(number, target, again));
        async move {
            let Some(probes) = begun.await else { return };
            let (mut open, mut waiting) = (Vec::new(), Vec::new());
            for task in probes {
                let Ok(Probed { connected, waits }) = task.await else { continue };
                open.extend(connected);
                waiting.extend(waits);
            }
            if !waiting.is_empty() {
                // It is large, and few targets need it.
                Box::pin(self.trace(number, waiting, &open)).await;
            }
        }
    }

    /// Plans a target and begins with its endpoints; `None` where there is nothing to do.
    async fn begin(self: Arc<Self>, number: usize, target: Target, again: Recheck) -> Option<Vec<JoinHandle<Probed>>> {
        let Recheck::AllBut(known) = again else { return None };
        if self.kind == Kind::List {
            let begun = Event::Begun { target: number, named: target.clone() };
            self.sender.send(begun).await.ok()?;
        }
        let mut plan = self.plan(&target).await?;
        for planned in &mut plan.endpoints {
            if let Some(seen) = known.iter().find(|seen| seen.endpoint == *planned.endpoint()) {
                *planned = Planned::Known(Box::new(seen.clone()));
            }
        }
        let planned = plan.endpoints.clone();
        self.sender.send(Event::Planned { target: number, plan }).await.ok()?;
        let probes = planned.into_iter().enumerate().map(|(index, planned)| match planned {
            Planned::Known(observation) => {
                let scheduler = Arc::clone(&self);
                tokio::spawn(async move { scheduler.report(number, index, observation).await })
            }
            Planned::Probe(endpoint, address) => {
                let server = SocketAddr::new(address, endpoint.port);
                let task = Task { target: number, index, endpoint, server };
                let scheduler = Arc::clone(&self);
                // Not a function of its own, which would hold its arguments twice.
                tokio::spawn(async move {
                    let observation = scheduler.probe(&task).await;
                    scheduler.report(task.target, task.index, observation).await
                })
            }
        });
        Some(probes.collect())
    }

    /// Finds a target's endpoints. Where this machine lacks something to look names up with, it pauses and tries again.
    async fn plan(&self, target: &Target) -> Option<Plan> {
        let mut time = 0;
        loop {
            let turn = self.bounds.lookups.acquire().await.ok()?;
            // It holds what is known of a mail domain: most targets are none.
            let plan = Box::pin(self.prober.plan(target, &self.context)).await;
            drop(turn);
            if !plan.lacked_something() || !self.bounds.pace.lacked_something(time) {
                return Some(plan);
            }
            if self.unless_over(pin!(self.bounds.pace.wait_for_this_machine())).await.is_err() {
                return Some(plan);
            }
            time += 1;
        }
    }

    /// Reports what was seen, unless its way is to be traced first.
    async fn report(&self, target: usize, index: usize, observation: Box<Observation>) -> Probed {
        let endpoint = &observation.endpoint;
        let socket = endpoint.address.map(|address| SocketAddr::new(address, endpoint.port));
        let connected = socket.filter(|_| was_connected(&observation));
        if self.prober.options.trace.wants(&observation) {
            return Probed { connected, waits: Some(Waiting { index, observation }) };
        }
        if let Ok(place) = self.sender.reserve().await {
            place.send(Event::Finished { target, index, observation });
        }
        Probed { connected, waits: None }
    }

    /// Probes an endpoint when it is its turn. Where this machine lacks something it pauses and tries again: that is never
    /// the server's fault.
    async fn probe(&self, task: &Task) -> Box<Observation> {
        let Task { endpoint, server, .. } = task;
        let began = Instant::now();
        let mut turn = None;
        let mut time = 0;
        loop {
            // Both are large: whoever probes should not hold what it takes to wait for a turn, nor the other way round.
            let admission = Box::pin(async {
                let admission = pin!(self.admission(&mut turn, endpoint, *server));
                self.unless_over(admission).await
            });
            let place = match admission.await {
                Ok(Some(place)) => place,
                Ok(None) => return Box::new(unbegun(endpoint, Cause::Interrupted, began.elapsed())),
                Err(cause) => return Box::new(unbegun(endpoint, cause, began.elapsed())),
            };
            let (context, farewells) = self.context.clone().with_own_farewells();
            let onlooker = self.onlooker(task);
            let observation = Box::new(Box::pin(self.prober.probe(endpoint, server, &context, onlooker)).await);
            drop(context);
            if is_own_fault(&observation) {
                if self.bounds.pace.lacked_something(time) {
                    Box::pin(farewells.all()).await;
                    drop(place);
                    time += 1;
                    continue;
                }
            } else {
                self.bounds.pace.lacked_nothing();
            }
            self.bounds.pace.heed(server.ip(), &observation);
            // A connection that is being parted from is one still, and has its descriptor. The result need not wait.
            tokio::spawn(async move {
                farewells.all().await;
                drop((turn, place));
            });
            return observation;
        }
    }

    /// Waits until a connection to this server may be begun.
    async fn admission(
        &self,
        turn: &mut Option<Turn>,
        endpoint: &Endpoint,
        server: SocketAddr,
    ) -> Option<OwnedSemaphorePermit> {
        if turn.is_none() {
            *turn = Some(self.bounds.turns.take(&endpoint.host, server).await);
        }
        self.bounds.pace.wait(server.ip()).await;
        Arc::clone(&self.bounds.places).acquire_owned().await.ok()
    }

    /// Waits for `work`, unless the run is interrupted or its time is over.
    async fn unless_over<T>(&self, work: impl Future<Output = T> + Unpin) -> Result<T, Cause> {
        let RunContext { run_end, mut interrupt, .. } = self.context.clone();
        tokio::select! {
            biased;
            _ = interrupt.wait_for(|&interrupted| interrupted) => Err(Cause::Interrupted),
            () = async { match run_end { Some(end) => sleep_until(end).await, None => std::future::pending().await } } => {
                Err(Cause::TimedOut(Limit::Run))
            }
            result = work => Ok(result),
        }
    }

    /// Nobody watches the stages of a list.
    fn onlooker(&self, task: &Task) -> Option<Onlooker> {
        let Task { target, index, .. } = *task;
        let sender = self.sender.clone();
        let watch = move |stage| drop(sender.try_send(Event::Entered { target, index, stage }));
        (self.kind == Kind::Named).then(|| Arc::new(watch) as Onlooker)
    }

    /// Traces the way to the endpoints that wait for it, and reports them.
    async fn trace(&self, target: usize, waiting: Vec<Waiting>, open: &[SocketAddr]) {
        for mut group in groups(waiting, open) {
            {
                let _turn = self.bounds.tracing.lock().await;
                for one in &group.endpoints {
                    let _ = self.sender.try_send(Event::Tracing { target, index: one.index });
                }
                group.trace(&self.context).await;
            }
            for Waiting { index, observation } in group.endpoints {
                let _ = self.sender.send(Event::Finished { target, index, observation }).await;
            }
        }
    }
}

/// An endpoint to be probed.
struct Task {
    target: usize,
    /// Its place in the target's plan.
    index: usize,
    endpoint: Endpoint,
    server: SocketAddr,
}

/// What became of an endpoint, for the ways that are traced thereafter.
#[derive(Debug, Default)]
struct Probed {
    /// What a connection was made to.
    connected: Option<SocketAddr>,
    /// Who is not reported yet.
    waits: Option<Waiting>,
}
