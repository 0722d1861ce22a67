//! Many endpoints at once, within bounds, as a stream of events.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::stream::{self, FuturesUnordered};
use futures_util::{Stream, StreamExt};
use tokio::sync::{Mutex, OnceCell, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::Prober;
use super::descriptors;
use super::driver::Circumstances;
use super::farewell::Farewells;
use super::pace::{Pace, is_own_fault};
use super::plan::{Plan, Planned, unbegun};
use super::recorder::Onlooker;
use super::trace::{Waiting, groups, was_connected};
use super::turns::{Turn, Turns};
use crate::observation::{Cause, Limit, Observation, Stage};
use crate::resolve;
use crate::target::{Endpoint, Target};

/// What happens during a run.
#[derive(Debug)]
pub enum Event {
    /// A target of a list ([`Prober::start_list`]) is taken up. Targets are counted from 0 in the order given.
    Begun {
        /// Which target.
        target: usize,
        /// The target itself.
        named: Target,
    },
    /// A target's names are resolved and its endpoints known.
    Planned {
        /// Which target.
        target: usize,
        /// What will be probed.
        plan: Plan,
    },
    /// An endpoint entered a stage. Progress only: a reader who is far behind may miss it.
    Entered {
        /// Which target.
        target: usize,
        /// Its place in the target's plan.
        index: usize,
        /// Which stage.
        stage: Stage,
    },
    /// The way to an endpoint is being traced; it is finished thereafter. Progress only, as [`Event::Entered`].
    Tracing {
        /// Which target.
        target: usize,
        /// Its place in the target's plan.
        index: usize,
    },
    /// An endpoint is finished.
    Finished {
        /// Which target.
        target: usize,
        /// Its place in the target's plan.
        index: usize,
        /// What was seen.
        observation: Box<Observation>,
    },
}

/// A run under way.
#[derive(Debug)]
pub struct Run {
    events: mpsc::Receiver<Event>,
    interrupt: watch::Sender<bool>,
    farewells: Farewells,
    /// When it began.
    pub started: SystemTime,
    began: Instant,
}

/// What a run looks at of a target that an earlier run has looked at.
#[derive(Debug, Clone)]
pub enum Again {
    /// Nothing: there are no events for it.
    Nothing,
    /// Everything, its names included, but for these endpoints: what was seen of them is handed out once more.
    AllBut(Vec<Observation>),
}

/// How many events may wait for their reader before the run waits for it.
const EVENTS_WAITING: usize = 256;

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
        self.run(stream::iter(targets.into_iter().zip(again)), Kind::Named, run_end)
    }

    /// Starts to resolve and probe targets as they come, no more of them at once than can be probed at once. Nothing is
    /// kept of a target that is done. After [`Run::interrupt`] no more are taken.
    pub fn start_list(self: &Arc<Self>, targets: impl Stream<Item = Target> + Send + 'static) -> Run {
        let targets = targets.map(|target| (target, Again::AllBut(Vec::new())));
        self.run(targets, Kind::List, self.options.deadline.map(|limit| Instant::now() + limit))
    }

    fn run(
        self: &Arc<Self>,
        targets: impl Stream<Item = (Target, Again)> + Send + 'static,
        kind: Kind,
        run_end: Option<Instant>,
    ) -> Run {
        let (sender, events) = mpsc::channel(EVENTS_WAITING);
        let (interrupt, interrupted) = watch::channel(false);
        let farewells = Farewells::new();
        let parting = farewells.parting();
        let began = Instant::now();
        let prober = Arc::clone(self);
        tokio::spawn(async move {
            let own_name = Arc::new(OnceCell::new());
            if prober.options.hello.is_none() {
                let own_name = Arc::clone(&own_name);
                tokio::spawn(async move {
                    own_name.get_or_init(resolve::own_name).await;
                });
            }
            let mut stop = interrupted.clone();
            let circumstances = Circumstances { own_name, run_end, interrupt: interrupted, parting };
            let at_once = descriptors::affordable(prober.options.concurrency);
            let scheduler = Arc::new(Scheduler {
                places: Arc::new(Semaphore::new(at_once.connections)),
                lookups: Semaphore::new(at_once.lookups),
                turns: Turns::new(prober.options.per_host, prober.options.per_address),
                pace: Pace::new(prober.options.rate),
                tracing: Mutex::new(()),
                kind,
                prober,
                circumstances,
                sender,
            });
            // Of a list, the rest is not read any more; targets that were named all get an answer.
            let stopped = async move {
                match kind {
                    Kind::Named => std::future::pending().await,
                    Kind::List => drop(stop.wait_for(|&interrupted| interrupted).await),
                }
            };
            targets
                .take_until(Box::pin(stopped))
                .enumerate()
                .for_each_concurrent(at_once.connections, |(number, (target, again))| {
                    Arc::clone(&scheduler).target(number, target, again)
                })
                .await;
        });
        Run { events, interrupt, farewells, started: SystemTime::now(), began }
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

impl Run {
    /// The next event; `None` when the run is over.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// The events that have happened, one at least, onto the end of `events`; `false` when the run is over.
    pub async fn next_some(&mut self, events: &mut Vec<Event>) -> bool {
        self.events.recv_many(events, EVENTS_WAITING).await > 0
    }

    /// Ends what is under way. What is known so far still comes out of [`Run::next`]; the rest is `interrupted`.
    pub fn interrupt(&self) {
        self.interrupt.send_replace(true);
    }

    /// Since the run began.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Waits until every connection is closed in good manners: a second at most.
    pub async fn part(self) {
        drop(self.events);
        self.farewells.all().await;
    }
}

struct Scheduler {
    prober: Arc<Prober>,
    circumstances: Circumstances,
    /// One for each connection that is being made, used or parted from.
    places: Arc<Semaphore>,
    /// One for each target whose names are being looked up.
    lookups: Semaphore,
    turns: Turns,
    pace: Pace,
    kind: Kind,
    /// Held by who traces: routers limit how often they answer, so that goes host by host.
    tracing: Mutex<()>,
    sender: mpsc::Sender<Event>,
}

impl Scheduler {
    async fn target(self: Arc<Self>, number: usize, target: Target, again: Again) {
        let Again::AllBut(known) = again else { return };
        if self.kind == Kind::List {
            let begun = Event::Begun { target: number, named: target.clone() };
            if self.sender.send(begun).await.is_err() {
                return;
            }
        }
        let Some(mut plan) = self.plan(&target).await else { return };
        for planned in &mut plan.endpoints {
            if let Some(seen) = known.iter().find(|seen| seen.endpoint == *planned.endpoint()) {
                *planned = Planned::Known(Box::new(seen.clone()));
            }
        }
        let planned = plan.endpoints.clone();
        if self.sender.send(Event::Planned { target: number, plan }).await.is_err() {
            return;
        }
        let mut probes = FuturesUnordered::new();
        for (index, endpoint) in planned.into_iter().enumerate() {
            probes.push(tokio::spawn(Arc::clone(&self).endpoint(number, index, endpoint)));
        }
        let (mut open, mut waiting) = (Vec::new(), Vec::new());
        while let Some(probed) = probes.next().await {
            let Ok(Probed { connected, waits }) = probed else { continue };
            open.extend(connected);
            waiting.extend(waits);
        }
        if !waiting.is_empty() {
            // It is large, and few targets need it.
            Box::pin(self.trace(number, waiting, &open)).await;
        }
    }

    /// Finds a target's endpoints. Where this machine lacks something to look names up with, it pauses and tries again.
    async fn plan(&self, target: &Target) -> Option<Plan> {
        let mut time = 0;
        loop {
            let turn = self.lookups.acquire().await.ok()?;
            // It holds what is known of a mail domain: most targets are none.
            let plan = Box::pin(self.prober.plan(target, &self.circumstances)).await;
            drop(turn);
            if !plan.lacked_something() || !self.pace.lacked_something(time) {
                return Some(plan);
            }
            if self.unless_over(self.pace.wait_for_this_machine()).await.is_err() {
                return Some(plan);
            }
            time += 1;
        }
    }

    async fn endpoint(self: Arc<Self>, target: usize, index: usize, planned: Planned) -> Probed {
        let observation = match planned {
            Planned::Known(observation) => observation,
            Planned::Probe(endpoint, address) => {
                let server = SocketAddr::new(address, endpoint.port);
                Box::new(self.probe(target, index, &endpoint, server).await)
            }
        };
        let endpoint = &observation.endpoint;
        let socket = endpoint.address.map(|address| SocketAddr::new(address, endpoint.port));
        let connected = socket.filter(|_| was_connected(&observation));
        if self.prober.options.trace.wants(&observation) {
            return Probed { connected, waits: Some(Waiting { index, observation }) };
        }
        let _ = self.sender.send(Event::Finished { target, index, observation }).await;
        Probed { connected, waits: None }
    }

    /// Probes an endpoint when it is its turn. Where this machine lacks something it pauses and tries again: that is never
    /// the server's fault.
    async fn probe(&self, target: usize, index: usize, endpoint: &Endpoint, server: SocketAddr) -> Observation {
        let began = Instant::now();
        let mut turn = None;
        let mut time = 0;
        loop {
            let place = match self.unless_over(self.admission(&mut turn, endpoint, server)).await {
                Ok(Some(place)) => place,
                Ok(None) => return unbegun(endpoint, Cause::Interrupted, began.elapsed()),
                Err(cause) => return unbegun(endpoint, cause, began.elapsed()),
            };
            let (circumstances, farewells) = self.circumstances.clone().with_own_farewells();
            let onlooker = self.onlooker(target, index);
            // It is large, and whoever waits for a turn should not be.
            let observation = Box::pin(self.prober.probe(endpoint, &server, &circumstances, onlooker)).await;
            drop(circumstances);
            if is_own_fault(&observation) {
                if self.pace.lacked_something(time) {
                    farewells.all().await;
                    drop(place);
                    time += 1;
                    continue;
                }
            } else {
                self.pace.lacked_nothing();
            }
            self.pace.heed(server.ip(), &observation);
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
            *turn = Some(self.turns.take(&endpoint.host, server).await);
        }
        self.pace.wait(server.ip()).await;
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Waits for `work`, unless the run is interrupted or its time is over.
    async fn unless_over<T>(&self, work: impl Future<Output = T>) -> Result<T, Cause> {
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

    fn onlooker(&self, target: usize, index: usize) -> Onlooker {
        let sender = self.sender.clone();
        let watched = self.kind == Kind::Named;
        Arc::new(move |stage| {
            if watched {
                let _ = sender.try_send(Event::Entered { target, index, stage });
            }
        })
    }

    /// Traces the way to the endpoints that wait for it, and reports them.
    async fn trace(&self, target: usize, waiting: Vec<Waiting>, open: &[SocketAddr]) {
        for mut group in groups(waiting, open) {
            {
                let _turn = self.tracing.lock().await;
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

/// What became of an endpoint, for the ways that are traced thereafter.
#[derive(Debug, Default)]
struct Probed {
    /// What a connection was made to.
    connected: Option<SocketAddr>,
    /// Who is not reported yet.
    waits: Option<Waiting>,
}
