//! How a run begins: its bounds, and its parts.

use std::sync::Arc;
use std::time::SystemTime;

use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::bounds::Bounds;
use super::context::RunContext;
use super::descriptors;
use super::errands::Errands;
use super::giving_up::GivingUp;
use super::options::Options;
use super::prober::Prober;
use super::run::{EVENTS_WAITING, Interrupt, Recheck, Run, RunKind};
use super::run_end::RunEnd;
use super::schedule::Scheduler;
use crate::target::Target;

impl Prober {
    /// Starts to resolve and probe `targets`, all at once within the bound on concurrency.
    pub fn start(self: &Arc<Self>, targets: Vec<Target>) -> Run {
        self.start_until(targets, self.options.deadline.map(|limit| Instant::now() + limit))
    }

    /// As [`Prober::start`], with an end of its own in place of the options' deadline: for a run that is part of another.
    pub fn start_until(self: &Arc<Self>, targets: Vec<Target>, run_end: impl Into<RunEnd>) -> Run {
        let all = targets.iter().map(|_| Recheck::AllBut(Vec::new())).collect();
        self.start_again(targets, all, run_end)
    }

    /// As [`Prober::start_until`], and looks again at each of `targets` only as far as its place in `again` says. Events
    /// count the targets as they stand in `targets`.
    pub fn start_again(self: &Arc<Self>, targets: Vec<Target>, again: Vec<Recheck>, run_end: impl Into<RunEnd>) -> Run {
        let common = Common::new(self, RunKind::Named, run_end.into());
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
        let common = Common::new(self, RunKind::List, self.options.deadline.map(|limit| Instant::now() + limit).into());
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

#[derive(Clone)]
struct Common {
    prober: Arc<Prober>,
    kind: RunKind,
    bounds: Arc<Bounds>,
    at_once: usize,
    errands: Arc<Errands>,
    run_end: RunEnd,
    interrupt: Interrupt,
    giving_up: GivingUp,
    started: SystemTime,
    began: Instant,
}

impl Common {
    fn new(prober: &Arc<Prober>, kind: RunKind, run_end: RunEnd) -> Self {
        let Options { concurrency, per_host, per_address, rate, .. } = prober.options;
        let at_once = descriptors::affordable(concurrency);
        let bounds = match &prober.options.bounds {
            Some(shared) => Arc::clone(&shared.0),
            None => Arc::new(Bounds::new(at_once.connections, at_once.lookups, per_host, per_address, rate)),
        };
        Self {
            prober: Arc::clone(prober),
            kind,
            bounds,
            at_once: at_once.connections,
            errands: Arc::default(),
            run_end,
            interrupt: Interrupt::new(),
            giving_up: GivingUp::default(),
            started: SystemTime::now(),
            began: Instant::now(),
        }
    }

    fn start_part(
        &self,
        runtime: &Handle,
        at_once: usize,
        targets: impl Stream<Item = (Target, Recheck)> + Send + 'static,
    ) -> Run {
        let (sender, events) = mpsc::channel(EVENTS_WAITING);
        let tasks = TaskTracker::new();
        let Self { prober, kind, bounds, errands, run_end, interrupt, giving_up, started, began, .. } = self.clone();
        if prober.options.hello.is_none() {
            prober.own_name.refresh(runtime);
        }
        let interrupted = interrupt.token.clone();
        let context = RunContext {
            run_end,
            interrupted: interrupted.clone(),
            giving_up: giving_up.clone(),
            tasks: tasks.clone(),
            bounds: Some(Arc::clone(&bounds)),
            errands,
        };
        let unheard = sender.clone();
        let scheduler = Arc::new(Scheduler { prober, kind, bounds, context, sender });
        // Of a list, the rest is not read any more; targets that were named all get an answer.
        let stopped = async move {
            match kind {
                RunKind::Named => std::future::pending().await,
                // Nor by a part whose results nobody takes any more.
                RunKind::List => tokio::select! {
                    () = interrupted.cancelled() => {}
                    () = unheard.closed() => {}
                },
            }
        };
        let work = async move {
            targets
                .take_until(Box::pin(stopped))
                .enumerate()
                .for_each_concurrent(at_once, |(number, (target, again))| {
                    // Boxed: the stream moves each several times before it is polled.
                    Box::pin(Arc::clone(&scheduler).check_target(number, target, again)).map(drop)
                })
                .await;
        };
        tasks.spawn_on(work, runtime);
        tasks.close();
        Run { events, interrupt, giving_up, tasks, started, began }
    }
}
