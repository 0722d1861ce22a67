//! Many endpoints at once, within bounds, as a stream of events.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OnceCell, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::descriptors;
use super::driver::Circumstances;
use super::farewell::Farewells;
use super::pace::{Pace, is_own_fault};
use super::plan::{Plan, Planned, unbegun};
use super::recorder::Onlooker;
use super::run::{Again, EVENTS_WAITING, Event, Interrupt, Run};
use super::trace::{Waiting, groups, was_connected};
use super::turns::{Turn, Turns};
use super::{Options, Prober};
use crate::observation::{Cause, Limit, Observation};
use crate::resolve;
use crate::target::{Endpoint, Target};

impl Prober {
    /// Starts to resolve and probe `targets`, all at once within the bound on concurrency.
    pub fn start(self: &Arc<Self>, targets: Vec<Target>) -> Run {
        self.start_until(targets, self.options.deadline.map(|limit| Instant::now() + limit))
    }

    /// As [`Prober::start`], with an end of its own in place of the options' deadline: for a run that is part of another.
    pub fn start_until(self: &Arc<Self>, targets: Vec<Target>, run_end: Option<Instant>) -> Run {
        let all = targets.iter().map(|_| Again::AllBut(Vec::new())).collect();
        self.start_again(targets, all, run_end)
    }

    /// As [`Prober::start_until`], and looks again at each of `targets` only as far as its place in `again` says. Events
    /// count the targets as they stand in `targets`.
    pub fn start_again(self: &Arc<Self>, targets: Vec<Target>, again: Vec<Again>, run_end: Option<Instant>) -> Run {
        let common = Common::new(self, Kind::Named, run_end);
        common.start_part(&Handle::current(), common.at_once, stream::iter(targets.into_iter().zip(again)))
    }

    /// Starts to resolve and probe targets as they come, no more of them at once than can be probed at once. Nothing is
    /// kept of a target that is done. After [`Run::interrupt`] no more are taken.
    ///
    /// Each of `runtimes` works off its part: it takes the next target when it has room for it. There is a run for each, in
    /// the same order, as far as there is something to be done at the same time; the bounds are for all of them together.
    pub fn start_list(
        self: &Arc<Self>,
        targets: impl Stream<Item = Target> + Send + 'static,
        runtimes: &[Handle],
    ) -> Vec<Run> {
        let common = Common::new(self, Kind::List, self.options.deadline.map(|limit| Instant::now() + limit));
        let parts = runtimes.len().min(common.at_once);
        let targets: Arc<Mutex<BoxStream<'static, Target>>> = Arc::new(Mutex::new(targets.boxed()));
        let begun = runtimes.iter().take(parts).enumerate().map(|(part, runtime)| {
            let targets = stream::unfold(Arc::clone(&targets), async |targets| {
                let target = targets.lock().await.next().await?;
                Some(((target, Again::AllBut(Vec::new())), targets))
            });
            let more = usize::from(part < common.at_once % parts);
            common.start_part(runtime, common.at_once / parts + more, targets)
        });
        begun.collect()
    }
}

/// What the parts of a run have in common.
#[derive(Clone)]
struct Common {
    prober: Arc<Prober>,
    kind: Kind,
    bounds: Arc<Bounds>,
    /// How many targets at the same time.
    at_once: usize,
    own_name: Arc<OnceCell<Option<String>>>,
    run_end: Option<Instant>,
    interrupt: Interrupt,
    started: SystemTime,
    began: Instant,
}

impl Common {
    fn new(prober: &Arc<Prober>, kind: Kind, run_end: Option<Instant>) -> Self {
        let Options { concurrency, per_host, per_address, rate, .. } = prober.options;
        let at_once = descriptors::affordable(concurrency);
        let bounds = Bounds {
            places: Arc::new(Semaphore::new(at_once.connections)),
            lookups: Semaphore::new(at_once.lookups),
            turns: Turns::new(per_host, per_address),
            pace: Pace::new(rate),
            tracing: Mutex::new(()),
        };
        Self {
            prober: Arc::clone(prober),
            kind,
            bounds: Arc::new(bounds),
            at_once: at_once.connections,
            own_name: Arc::default(),
            run_end,
            interrupt: Interrupt::new(),
            started: SystemTime::now(),
            began: Instant::now(),
        }
    }

    /// Begins to work off `targets` in `runtime`.
    fn start_part(
        &self,
        runtime: &Handle,
        at_once: usize,
        targets: impl Stream<Item = (Target, Again)> + Send + 'static,
    ) -> Run {
        let (sender, events) = mpsc::channel(EVENTS_WAITING);
        let farewells = Farewells::new();
        let Self { prober, kind, bounds, own_name, run_end, interrupt, started, began, .. } = self.clone();
        if prober.options.hello.is_none() {
            let own_name = Arc::clone(&own_name);
            // Looked up once, whoever is first.
            runtime.spawn(async move {
                own_name.get_or_init(resolve::own_name).await;
            });
        }
        let mut stop = interrupt.watch();
        let circumstances =
            Circumstances { own_name, run_end, interrupt: interrupt.watch(), parting: farewells.parting() };
        let scheduler = Arc::new(Scheduler { prober, kind, bounds, circumstances, sender });
        // Of a list, the rest is not read any more; targets that were named all get an answer.
        let stopped = async move {
            match kind {
                Kind::Named => std::future::pending().await,
                Kind::List => drop(stop.wait_for(|&interrupted| interrupted).await),
            }
        };
        runtime.spawn(async move {
            targets
                .take_until(Box::pin(stopped))
                .enumerate()
                .for_each_concurrent(at_once, |(number, (target, again))| {
                    Arc::clone(&scheduler).target(number, target, again)
                })
                .await;
        });
        Run { events, interrupt, farewells, started, began }
    }
}

/// Where the targets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The user named them: whoever started the run knows them, and may watch every stage.
    Named,
    /// A list, of any length.
    List,
}

/// The bounds of a run.
struct Bounds {
    /// One for each connection that is being made, used or parted from.
    places: Arc<Semaphore>,
    /// One for each target whose names are being looked up.
    lookups: Semaphore,
    turns: Turns,
    pace: Pace,
    /// Held by who traces: routers limit how often they answer, so that goes host by host.
    tracing: Mutex<()>,
}

/// A part of a run. It holds nothing that could interrupt the run, which is interrupted when nobody holds it any more.
struct Scheduler {
    prober: Arc<Prober>,
    kind: Kind,
    bounds: Arc<Bounds>,
    circumstances: Circumstances,
    sender: mpsc::Sender<Event>,
}

impl Scheduler {
    /// Plans a target, probes its endpoints and traces what is to be traced.
    fn target(self: Arc<Self>, number: usize, target: Target, again: Again) -> impl Future<Output = ()> + Send {
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
    async fn begin(self: Arc<Self>, number: usize, target: Target, again: Again) -> Option<Vec<JoinHandle<Probed>>> {
        let Again::AllBut(known) = again else { return None };
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
            let plan = Box::pin(self.prober.plan(target, &self.circumstances)).await;
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
            let (circumstances, farewells) = self.circumstances.clone().with_own_farewells();
            let onlooker = self.onlooker(task);
            let observation = Box::new(Box::pin(self.prober.probe(endpoint, server, &circumstances, onlooker)).await);
            drop(circumstances);
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
        let Circumstances { run_end, mut interrupt, .. } = self.circumstances.clone();
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
                group.trace(&self.circumstances).await;
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
