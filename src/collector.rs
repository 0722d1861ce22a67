//! A run's events, collected until they can be judged: as a whole at its end, endpoint by endpoint on the way.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::diagnosis::{Diagnosis, State, blame_the_host, diagnose};
use crate::observation::Observation;
use crate::policy::{
    self, Compared, EndpointProgress, Family, JudgedEndpoint, JudgedRun, JudgedTarget, Policy, TargetEvidence,
    TargetKind, Verdict, judge_endpoint, settled,
};
use crate::probe::{Event, Plan, Recheck};
use crate::target::{self, Endpoint, Target};

/// What is known of a run so far.
#[derive(Debug)]
pub struct Collector {
    policy: Policy,
    /// By their number. Boxed: a tree has room for more than it holds, and a list many targets under way.
    targets: BTreeMap<usize, Box<TargetState>>,
}

#[derive(Debug)]
struct TargetState {
    evidence: TargetEvidence,
    /// Whether its endpoints are known.
    planned: bool,
    /// By place in the plan.
    endpoints: Vec<Endpoint>,
    /// By place in the plan; `None` while it is being probed.
    finished: Vec<Option<Box<Finished>>>,
    /// The places that [`Collector::settled`] has not given out yet, in order.
    unsettled: Vec<usize>,
    /// What was seen in the round before of what is looked at once more.
    before: BTreeMap<Endpoint, Observation>,
    /// Whether earlier tries are kept to be compared.
    compare: bool,
}

#[derive(Debug, Clone)]
struct Finished {
    observation: Observation,
    diagnosis: Diagnosis,
    expectations: Vec<Compared>,
}

impl Collector {
    /// For a run over these targets, given in the same order to [`Prober::start`](crate::probe::Prober::start).
    pub fn new(targets: &[Target], policy: Policy) -> Self {
        Self { policy, targets: targets.iter().map(TargetState::new).map(Box::new).enumerate().collect() }
    }

    /// For a run over a list, of which each target is taken out with [`Collector::take_judged`] when it is complete.
    pub fn of_list(policy: Policy) -> Self {
        Self { policy, targets: BTreeMap::new() }
    }

    /// Takes what happened.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Begun { target, named } => {
                self.targets.insert(target, Box::new(TargetState::new(&named)));
            }
            Event::Planned { target, plan } => {
                if let Some(state) = self.targets.get_mut(&target) {
                    state.plan(plan);
                }
            }
            Event::Finished { target, index, observation } => {
                let Some(state) = self.targets.get_mut(&target) else { return };
                let finished = state.finish(*observation, &self.policy);
                if let Some(place) = state.finished.get_mut(index) {
                    *place = Some(Box::new(finished));
                }
            }
            Event::Entered { .. } | Event::Tracing { .. } => {}
        }
    }

    /// The endpoint at this place of a target's plan.
    pub fn endpoint(&self, target: usize, index: usize) -> Option<&Endpoint> {
        self.targets.get(&target)?.endpoints.get(index)
    }

    /// The state of the endpoint at this place of a target's plan, once it is finished.
    pub fn state(&self, target: usize, index: usize) -> Option<State> {
        Some(self.targets.get(&target)?.finished.get(index)?.as_ref()?.diagnosis.state)
    }

    /// The endpoints of a target whose verdict became certain since this was last asked, with the target as typed.
    pub fn settled(&mut self, target: usize) -> Vec<(String, JudgedEndpoint)> {
        match self.targets.get_mut(&target) {
            Some(state) => state.settled(&self.policy),
            None => Vec::new(),
        }
    }

    /// What another round should look at: all that does not pass yet. With `compare`, the tries are kept, so that their
    /// difference can be told; without, only their number.
    pub fn again(&mut self, compare: bool) -> Vec<Recheck> {
        let policy = &self.policy;
        self.targets.values_mut().map(|state| state.again(policy, compare)).collect()
    }

    /// The endpoints that do not pass so far, with their states, and the targets as typed of which nothing is known.
    pub fn missing(&self) -> Vec<(String, Option<State>)> {
        self.targets.values().flat_map(|state| state.missing(&self.policy)).collect()
    }

    /// Judges what was collected.
    pub fn judge(self, started: SystemTime, duration: Duration) -> JudgedRun {
        let evidence = self.targets.into_values().map(|state| state.into_evidence());
        policy::judge(evidence.collect(), &self.policy, started, duration)
    }

    /// A target whose endpoints are all finished, judged and no longer kept; `None` while there are others.
    pub fn take_judged(&mut self, target: usize) -> Option<Completed> {
        self.targets.get(&target).filter(|state| state.is_complete())?;
        let state = self.targets.remove(&target)?;
        let unreported = state.unsettled.clone();
        let diagnoses = state.finished.iter().flatten().map(|finished| finished.diagnosis.clone()).collect::<Vec<_>>();
        Some(Completed { target: policy::judge_diagnosed(state.into_evidence(), diagnoses, &self.policy), unreported })
    }
}

/// A target of a list that is done.
#[derive(Debug)]
pub struct Completed {
    /// The target.
    pub target: JudgedTarget,
    /// Which of its endpoints [`Collector::settled`] has not given out.
    pub unreported: Vec<usize>,
}

impl TargetState {
    fn new(target: &Target) -> Self {
        let kind = match target.kind {
            target::TargetKind::Host(_) => TargetKind::Host,
            target::TargetKind::Endpoint(_) => TargetKind::Endpoint,
            target::TargetKind::Domain(_) => TargetKind::Domain,
        };
        let evidence = TargetEvidence {
            typed: target.typed.clone(),
            kind,
            discovery: None,
            resolutions: Vec::new(),
            observations: Vec::new(),
            skipped: Vec::new(),
        };
        Self {
            evidence,
            planned: false,
            endpoints: Vec::new(),
            finished: Vec::new(),
            unsettled: Vec::new(),
            before: BTreeMap::new(),
            compare: false,
        }
    }

    fn into_evidence(self) -> TargetEvidence {
        let observations = self.finished.into_iter().flatten().map(|finished| finished.observation).collect();
        TargetEvidence { observations, ..self.evidence }
    }

    fn is_complete(&self) -> bool {
        self.planned && self.finished.iter().all(Option::is_some)
    }

    fn plan(&mut self, plan: Plan) {
        self.planned = true;
        let families = [(plan.skipped.v4, Family::Ipv4), (plan.skipped.v6, Family::Ipv6)];
        self.evidence.skipped = families.into_iter().filter(|family| family.0).map(|family| family.1).collect();
        self.evidence.discovery = plan.discovery;
        self.evidence.resolutions = plan.resolutions;
        // Collected from a borrow, because the plan's own memory would be used again, and has room for more.
        self.endpoints = plan.endpoints.iter().map(|planned| planned.endpoint().clone()).collect();
        self.finished = self.endpoints.iter().map(|_| None).collect();
        self.unsettled = (0..self.endpoints.len()).collect();
    }

    /// What is now known of an endpoint. A try that proves nothing does not undo the one before.
    fn finish(&mut self, mut observation: Observation, policy: &Policy) -> Finished {
        if let Some(mut before) = self.before.remove(&observation.endpoint) {
            if diagnose(&observation).state.proves_nothing() {
                observation = before;
            } else {
                observation.tries = before.tries + 1;
                if self.compare {
                    observation.earlier = std::mem::take(&mut before.earlier);
                    observation.earlier.push(before);
                }
            }
        }
        let diagnosis = diagnose(&observation);
        let expectations = policy.expectations.compare(&observation, &diagnosis);
        Finished { observation, diagnosis, expectations }
    }

    fn again(&mut self, policy: &Policy, compare: bool) -> Recheck {
        let verdicts = self.verdicts(policy);
        let known = !verdicts.is_empty();
        let mut good = Vec::new();
        self.before.clear();
        self.compare = compare;
        for (finished, verdict) in self.finished.iter().zip(verdicts) {
            let Some(finished) = finished else { continue };
            let observation = finished.observation.clone();
            if verdict.is_some_and(|verdict| is_good(verdict, policy)) {
                good.push(observation);
            } else {
                self.before.insert(observation.endpoint.clone(), observation);
            }
        }
        if known && good.len() == self.endpoints.len() {
            return Recheck::Nothing;
        }
        Recheck::AllBut(good)
    }

    fn missing(&self, policy: &Policy) -> Vec<(String, Option<State>)> {
        let verdicts = self.verdicts(policy);
        if verdicts.is_empty() {
            return vec![(self.evidence.typed.clone(), None)];
        }
        let missing = self.endpoints.iter().zip(&self.finished).zip(verdicts);
        missing
            .filter(|(_, verdict)| !verdict.is_some_and(|verdict| is_good(verdict, policy)))
            .map(|((endpoint, finished), _)| {
                let place = endpoint.address.map_or_else(|| endpoint.host.to_string(), |address| address.to_string());
                let place = if place.contains(':') { format!("[{place}]") } else { place };
                (format!("{place}:{}", endpoint.port), finished.as_ref().map(|finished| finished.diagnosis.state))
            })
            .collect()
    }

    /// By place in the plan, as far as they are certain.
    fn verdicts(&self, policy: &Policy) -> Vec<Option<Verdict>> {
        let progress = self.progress();
        (0..progress.len()).map(|index| settled(index, &progress, policy)).collect()
    }

    fn progress(&self) -> Vec<EndpointProgress<'_>> {
        self.endpoints
            .iter()
            .zip(&self.finished)
            .map(|(endpoint, finished)| EndpointProgress {
                endpoint,
                diagnosis: finished.as_ref().map(|finished| &finished.diagnosis),
                expectations: finished.as_ref().map_or(&[], |finished| finished.expectations.as_slice()),
            })
            .collect()
    }

    fn settled(&mut self, policy: &Policy) -> Vec<(String, JudgedEndpoint)> {
        let progress = self.progress();
        let certain: Vec<_> =
            self.unsettled.iter().filter_map(|&index| Some((index, settled(index, &progress, policy)?))).collect();
        let known = progress.iter().filter_map(|one| Some((one.endpoint, one.diagnosis?.state)));
        let reaches_port_25 = policy::reaches_port_25(known);
        let judged = certain.iter().filter_map(|&(index, verdict)| {
            let Finished { observation, mut diagnosis, expectations } = *self.finished.get(index)?.clone()?;
            if reaches_port_25 {
                blame_the_host(&observation, &mut diagnosis);
            }
            Some((self.evidence.typed.clone(), judge_endpoint(observation, diagnosis, verdict, expectations)))
        });
        let judged = judged.collect();
        self.unsettled.retain(|index| !certain.iter().any(|(told, _)| told == index));
        judged
    }
}

/// Whether there is nothing left to wait for.
fn is_good(verdict: Verdict, policy: &Policy) -> bool {
    verdict == Verdict::Pass || (verdict == Verdict::Warn && !policy.strict)
}
