//! What a run checks: one set of targets from the command line, or several from a file, each with a policy of its own.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, join_all};
use futures_util::stream::FuturesUnordered;

use super::driver::EventSource;
use super::expect::{policies_can_be_met, ports_to_check};
use super::progress::PortProgress;
use super::wait::WaitChoices;
use crate::collector::Collector;
use crate::diagnosis::State;
use crate::policy::{JudgedEndpoint, Policy, Report, combine};
use crate::probe::{Event, Interrupt, Options, PolicyLookups, Prober, Run};
use crate::target::Target;
use crate::transport::trust::TrustError;

/// Targets that are probed in the same way and judged by the same policy.
#[derive(Debug, Clone)]
pub(super) struct Check {
    pub(super) targets: Vec<Target>,
    pub(super) options: Options,
    pub(super) policy: Policy,
}

impl Check {
    /// Of the hosts of a list, nobody asked what they promise; however the list is gone through.
    pub(super) fn of_list(mut self) -> Self {
        let policies = &mut self.options.plan.policies;
        if *policies == PolicyLookups::Usual {
            *policies = PolicyLookups::Domains;
        }
        self
    }

    /// Adds the ports of which something is expected to those that are checked. With `is_list` the targets are not known
    /// yet.
    pub(super) fn with_expected_ports(mut self, is_list: bool) -> Result<Self, String> {
        let ports = &mut self.options.plan.ports;
        let targets = Some(self.targets.as_slice()).filter(|_| !is_list);
        *ports = ports_to_check(ports.take(), &self.policy.expectations, targets)?;
        Ok(self)
    }

    /// Whether the promises that are expected can be kept at all: they are looked up, and the targets are mail domains.
    pub(super) fn policies_can_be_met(&self) -> Result<(), String> {
        policies_can_be_met(&self.policy.expectations.policies, self.options.policies(), &self.targets)
    }
}

pub(super) struct Checks(Vec<Checking>);

struct Checking {
    prober: Arc<Prober>,
    targets: Vec<Target>,
    policy: Policy,
    collector: Collector,
}

impl Checking {
    /// What is known, and from now on nothing.
    fn take_collector(&mut self) -> Collector {
        let nothing = Collector::new(&self.targets, self.policy.clone()).planned_by(self.prober.options.plan.clone());
        mem::replace(&mut self.collector, nothing)
    }
}

impl Checks {
    /// Reads what the checks name, and touches no network. The bound on concurrency is shared among them.
    pub(super) fn new(checks: Vec<Check>, waiting: &WaitChoices) -> Result<Self, TrustError> {
        let count = checks.len().max(1);
        let checks = checks.into_iter().map(|check| {
            let mut options = check.options;
            options.concurrency = options.concurrency.div_ceil(count);
            options.connect_timeout = waiting.connect_timeout(options.connect_timeout, options.connect_limit());
            let Check { targets, policy, .. } = check;
            let collector = Collector::new(&targets, policy.clone()).planned_by(options.plan.clone());
            Ok(Checking { prober: Prober::new(options)?, targets, policy, collector })
        });
        checks.collect::<Result<_, _>>().map(Self)
    }

    /// Begins a round, for what does not pass yet: all, at first. `limit`: how long it may take. With `compare`, the tries
    /// are told apart in the end.
    pub(super) fn start(&mut self, compare: bool, limit: Option<Duration>) -> Round {
        let end = limit.map(|limit| tokio::time::Instant::now() + limit);
        let runs = self.0.iter_mut().map(|checking| {
            let again = checking.collector.again(compare);
            checking.prober.start_again(checking.targets.clone(), again, end)
        });
        let runs: Vec<Run> = runs.collect();
        let interrupts = runs.iter().map(Run::to_interrupt).collect();
        let under_way = runs.into_iter().enumerate().map(|(check, run)| next_event(check, run)).collect();
        Round { interrupts, under_way, over: Vec::new() }
    }

    /// Takes what happened in a check, and brings `ports` up to date. The check and the target of which an endpoint is
    /// finished by it.
    pub(super) fn take(&mut self, (check, event): (usize, Event), ports: &mut PortProgress) -> Option<(usize, usize)> {
        let collector = &mut self.0.get_mut(check)?.collector;
        let mut waits = |target, index, stage| {
            if let Some(endpoint) = collector.endpoint(target, index) {
                ports.waits((check, target, index), endpoint.port, stage);
            }
        };
        let mut finished = None;
        match event {
            Event::Begun { .. } | Event::MailHosts { .. } | Event::Promises { .. } => {}
            Event::Planned { ref plan, .. } => ports.planned(plan.endpoints.len()),
            Event::Further { .. } => ports.planned(1),
            Event::Entered { target, index, stage } => waits(target, index, Some(stage)),
            Event::Awaits { target, index, until } => ports.waits_until((check, target, index), until),
            Event::Tracing { target, index } => waits(target, index, None),
            Event::Finished { target, index, .. } => finished = Some((target, index)),
        }
        collector.take(event);
        let (target, index) = finished?;
        ports.finished((check, target, index));
        if let (Some(endpoint), Some(state)) = (collector.endpoint(target, index), collector.state(target, index)) {
            ports.knows((check, target, index), endpoint.port, state);
        }
        Some((check, target))
    }

    /// The endpoints of one target whose verdict became certain since this was last asked, with the target as typed.
    pub(super) fn settled_of(&mut self, check: usize, target: usize) -> Vec<(String, JudgedEndpoint)> {
        self.0.get_mut(check).map(|checking| checking.collector.settled(target)).unwrap_or_default()
    }

    /// Notes that a round is over: what has no result now will not get one.
    pub(super) fn end_round(&mut self) {
        self.0.iter_mut().for_each(|checking| checking.collector.end());
    }

    /// The endpoints of all targets whose verdict became certain since this was last asked, with the target as typed.
    pub(super) fn settled(&mut self) -> Vec<(String, JudgedEndpoint)> {
        let settled = |checking: &mut Checking| {
            (0..checking.targets.len()).flat_map(|target| checking.collector.settled(target)).collect::<Vec<_>>()
        };
        self.0.iter_mut().flat_map(settled).collect()
    }

    pub(super) fn missing(&self) -> Vec<(String, Option<State>)> {
        self.0.iter().flat_map(|checking| checking.collector.missing()).collect()
    }

    /// Judges what came of a round. The next one knows nothing of it.
    pub(super) fn judge_round(&mut self, started: SystemTime, took: Duration) -> Report {
        combine(self.0.iter_mut().map(|checking| checking.take_collector().judge(started, took)).collect())
    }

    pub(super) fn judge(self, started: SystemTime, took: Duration) -> Report {
        combine(self.0.into_iter().map(|checking| checking.collector.judge(started, took)).collect())
    }
}

pub(super) struct Round {
    interrupts: Vec<Interrupt>,
    under_way: FuturesUnordered<BoxFuture<'static, (usize, Option<Event>, Run)>>,
    /// They may still have connections to close.
    over: Vec<Run>,
}

impl Round {
    /// Waits until every connection is closed in good manners: a second at most.
    pub(super) async fn close(self) {
        join_all(self.over.into_iter().map(Run::close)).await;
    }
}

impl EventSource for Round {
    /// With the check that it belongs to.
    type Event = (usize, Event);

    async fn next(&mut self) -> Option<Self::Event> {
        loop {
            let (check, event, run) = self.under_way.next().await?;
            match event {
                Some(event) => {
                    self.under_way.push(next_event(check, run));
                    return Some((check, event));
                }
                None => self.over.push(run),
            }
        }
    }

    fn interrupt(&self) {
        self.interrupts.iter().for_each(Interrupt::interrupt);
    }
}

fn next_event(check: usize, mut run: Run) -> BoxFuture<'static, (usize, Option<Event>, Run)> {
    Box::pin(async move { (check, run.next().await, run) })
}
