//! Many endpoints at once, within bounds, as a stream of events.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use futures_util::stream::{self, FuturesUnordered};
use tokio::sync::{Mutex, OnceCell, Semaphore, mpsc, watch};
use tokio::time::Instant;

use super::Prober;
use super::driver::Circumstances;
use super::farewell::Farewells;
use super::plan::{Plan, Planned};
use super::trace::{Waiting, groups, was_connected};
use super::turns::Turns;
use crate::observation::{Observation, Stage};
use crate::resolve;
use crate::target::Target;

/// What happens during a run.
#[derive(Debug)]
pub enum Event {
    /// A target's names are resolved and its endpoints known. Targets are counted from 0 in the order given.
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
            let circumstances = Circumstances { own_name, run_end, interrupt: interrupted, parting };
            let scheduler = Scheduler {
                places: Semaphore::new(prober.options.concurrency.max(1)),
                turns: Turns::default(),
                tracing: Mutex::new(()),
                prober,
                circumstances,
                sender,
            };
            let scheduler = Arc::new(scheduler);
            stream::iter(targets.into_iter().zip(again).enumerate())
                .for_each_concurrent(scheduler.prober.options.concurrency.max(1), |(number, (target, again))| {
                    Arc::clone(&scheduler).target(number, target, again)
                })
                .await;
        });
        Run { events, interrupt, farewells, started: SystemTime::now(), began }
    }
}

impl Run {
    /// The next event; `None` when the run is over.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
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
    places: Semaphore,
    turns: Turns,
    /// Held by who traces: routers limit how often they answer, so that goes host by host.
    tracing: Mutex<()>,
    sender: mpsc::Sender<Event>,
}

impl Scheduler {
    async fn target(self: Arc<Self>, number: usize, target: Target, again: Again) {
        let Again::AllBut(known) = again else { return };
        let mut plan = self.prober.plan(&target, &self.circumstances).await;
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
        self.trace(number, waiting, &open).await;
    }

    async fn endpoint(self: Arc<Self>, target: usize, index: usize, planned: Planned) -> Probed {
        let observation = match planned {
            Planned::Known(observation) => observation,
            Planned::Probe(endpoint, address) => {
                let _turn = self.turns.take(SocketAddr::new(address, endpoint.port)).await;
                let Ok(_place) = self.places.acquire().await else { return Probed::default() };
                let sender = self.sender.clone();
                let onlooker = Arc::new(move |stage| {
                    let _ = sender.try_send(Event::Entered { target, index, stage });
                });
                Box::new(self.prober.probe(&endpoint, address, &self.circumstances, onlooker).await)
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
