//! How a run begins: its bounds, and its parts.

use std::sync::Arc;
use std::time::SystemTime;

use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OnceCell, Semaphore, mpsc};
use tokio::time::Instant;

use super::descriptors;
use super::driver::RunContext;
use super::farewell::Farewells;
use super::pace::Pace;
use super::run::{EVENTS_WAITING, Interrupt, Recheck, Run};
use super::schedule::Scheduler;
use super::turns::Turns;
use super::{Options, Prober};
use crate::resolve;
use crate::target::Target;

impl Prober {
    /// Starts to resolve and probe `targets`, all at once within the bound on concurrency.
    pub fn start(self: &Arc<Self>, targets: Vec<Target>) -> Run {
        self.start_until(targets, self.options.deadline.map(|limit| Instant::now() + limit))
    }

    /// As [`Prober::start`], with an end of its own in place of the options' deadline: for a run that is part of another.
    pub fn start_until(self: &Arc<Self>, targets: Vec<Target>, run_end: Option<Instant>) -> Run {
        let all = targets.iter().map(|_| Recheck::AllBut(Vec::new())).collect();
        self.start_again(targets, all, run_end)
    }

    /// As [`Prober::start_until`], and looks again at each of `targets` only as far as its place in `again` says. Events
    /// count the targets as they stand in `targets`.
    pub fn start_again(self: &Arc<Self>, targets: Vec<Target>, again: Vec<Recheck>, run_end: Option<Instant>) -> Run {
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
        let targets: Arc<Mutex<BoxStream<'static, Target>>> = Arc::new(Mutex::new(targets.fuse().boxed()));
        let begun = runtimes.iter().take(parts).enumerate().map(|(part, runtime)| {
            let targets = stream::unfold(Arc::clone(&targets), async |targets| {
                let target = targets.lock().await.next().await?;
                Some(((target, Recheck::AllBut(Vec::new())), targets))
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
        targets: impl Stream<Item = (Target, Recheck)> + Send + 'static,
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
        let context = RunContext { own_name, run_end, interrupt: interrupt.watch(), parting: farewells.parting() };
        let scheduler = Arc::new(Scheduler { prober, kind, bounds, context, sender });
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
pub(super) enum Kind {
    /// The user named them: whoever started the run knows them, and may watch every stage.
    Named,
    /// A list, of any length.
    List,
}

/// The bounds of a run.
pub(super) struct Bounds {
    /// One for each connection that is being made, used or parted from.
    pub(super) places: Arc<Semaphore>,
    /// One for each target whose names are being looked up.
    pub(super) lookups: Semaphore,
    pub(super) turns: Turns,
    pub(super) pace: Pace,
    /// Held by who traces: routers limit how often they answer, so that goes host by host.
    pub(super) tracing: Mutex<()>,
}
