//! What a run checks: one set of targets from the command line, or several from a file, each with a policy of its own.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::future::{join_all, select_all};

use super::driver::Source;
use super::expect::{ports_of_hosts, ports_to_check};
use super::wait::WaitChoices;
use crate::collector::Collector;
use crate::diagnosis::State;
use crate::policy::{JudgedEndpoint, JudgedRun, Policy, combine};
use crate::probe::{Event, Options, Prober, Run};
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
    /// Adds the ports of which something is expected to those that are checked.
    pub(super) fn with_expected_ports(mut self) -> Result<Self, String> {
        let named = self.options.plan.ports.take();
        self.options.plan.ports = ports_to_check(named, &self.policy.expectations, &self.targets)?;
        Ok(self)
    }

    /// The same where the targets are not known yet: they may be hosts.
    pub(super) fn with_expected_ports_of_hosts(mut self) -> Result<Self, String> {
        let named = self.options.plan.ports.take();
        self.options.plan.ports = ports_of_hosts(named, &self.policy.expectations, |_| false)?;
        Ok(self)
    }
}

/// All checks of a run, and what is known of them.
pub(super) struct Checks {
    checks: Vec<Checking>,
    /// When the first round began, and how long all took together.
    span: Option<(SystemTime, Duration)>,
}

struct Checking {
    prober: Arc<Prober>,
    targets: Vec<Target>,
    collector: Collector,
}

/// A target among all targets of a run, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) check: usize,
    pub(super) target: usize,
}

impl Checks {
    /// Reads what the checks name, and touches no network. The bound on concurrency is shared among them.
    pub(super) fn new(checks: Vec<Check>, waiting: &WaitChoices) -> Result<Self, TrustError> {
        let count = checks.len().max(1);
        let checks = checks.into_iter().map(|check| {
            let mut options = check.options;
            options.concurrency = options.concurrency.div_ceil(count);
            options.connect_timeout = waiting.connect_timeout(options.connect_timeout);
            let collector = Collector::new(&check.targets, check.policy).planned_by(options.plan.clone());
            Ok(Checking { prober: Prober::new(options)?, targets: check.targets, collector })
        });
        Ok(Self { checks: checks.collect::<Result<_, _>>()?, span: None })
    }

    /// Begins a round, for what does not pass yet: all, at first. `limit`: how long it may take. With `compare`, the tries
    /// are told apart in the end.
    pub(super) fn start(&mut self, compare: bool, limit: Option<Duration>) -> Round {
        let end = limit.map(|limit| tokio::time::Instant::now() + limit);
        let runs = self.checks.iter_mut().map(|checking| {
            let again = checking.collector.again(compare);
            Some(checking.prober.start_again(checking.targets.clone(), again, end))
        });
        Round { runs: runs.collect(), over: Vec::new() }
    }

    /// Takes what happened.
    pub(super) fn take(&mut self, check: usize, event: Event) {
        if let Some(checking) = self.checks.get_mut(check) {
            checking.collector.take(event);
        }
    }

    /// Notes that a round is over, and how long all took: what has no result now will not get one.
    pub(super) fn ended(&mut self, started: SystemTime, began: std::time::Instant) {
        self.span = Some((self.span.map_or(started, |(first, _)| first), began.elapsed()));
        self.checks.iter_mut().for_each(|checking| checking.collector.end());
    }

    /// The endpoint at this place of a target's plan: its key among all endpoints of the run (the number of its target, and
    /// the place), and its port.
    pub(super) fn endpoint(&self, place: Place, index: usize) -> Option<((usize, usize), u16)> {
        let port = self.checks.get(place.check)?.collector.endpoint(place.target, index)?.port;
        let before = self.checks.iter().take(place.check).map(|checking| checking.targets.len());
        Some(((before.sum::<usize>() + place.target, index), port))
    }

    /// What the endpoint at this place of a target's plan came to, once it is finished.
    pub(super) fn state(&self, place: Place, index: usize) -> Option<State> {
        self.checks.get(place.check)?.collector.state(place.target, index)
    }

    /// The endpoints, of one target or of all, whose verdict became certain since this was last asked, with the target as
    /// typed.
    pub(super) fn settled(&mut self, place: Option<Place>) -> Vec<(String, JudgedEndpoint)> {
        let mut settled = Vec::new();
        for (number, checking) in self.checks.iter_mut().enumerate() {
            match place {
                Some(place) if place.check == number => settled.extend(checking.collector.settled(place.target)),
                Some(_) => {}
                None => {
                    (0..checking.targets.len()).for_each(|target| settled.extend(checking.collector.settled(target)))
                }
            }
        }
        settled
    }

    /// What does not pass so far.
    pub(super) fn missing(&self) -> Vec<(String, Option<State>)> {
        self.checks.iter().flat_map(|checking| checking.collector.missing()).collect()
    }

    /// Whether something was looked at and does not pass so far.
    pub(super) fn have_failed(&self) -> bool {
        self.missing().iter().any(|(_, state)| state.is_some())
    }

    /// Judges what is known.
    pub(super) fn judge(self) -> JudgedRun {
        let (started, duration) = self.span.unwrap_or((SystemTime::UNIX_EPOCH, Duration::ZERO));
        combine(self.checks.into_iter().map(|checking| checking.collector.judge(started, duration)).collect())
    }
}

/// The runs of all checks, at once.
pub(super) struct Round {
    /// By check; `None` once a run is over.
    runs: Vec<Option<Run>>,
    /// Runs that are over and may still have connections to close.
    over: Vec<Run>,
}

impl Source for Round {
    type Event = (usize, Event);

    /// The next event and the check that it belongs to.
    async fn next(&mut self) -> Option<(usize, Event)> {
        loop {
            let waiting: Vec<_> = self
                .runs
                .iter_mut()
                .enumerate()
                .filter_map(|(check, run)| run.as_mut().map(|run| Box::pin(async move { (check, run.next().await) })))
                .collect();
            if waiting.is_empty() {
                return None;
            }
            let ((check, event), _, _) = select_all(waiting).await;
            match event {
                Some(event) => return Some((check, event)),
                None => self.over.extend(self.runs.get_mut(check).and_then(Option::take)),
            }
        }
    }

    fn interrupt(&self) {
        self.runs.iter().flatten().for_each(Run::interrupt);
    }
}

impl Round {
    /// Waits until every connection is closed in good manners: a second at most.
    pub(super) async fn close(self) {
        let runs = self.runs.into_iter().flatten().chain(self.over);
        join_all(runs.map(Run::close)).await;
    }
}
