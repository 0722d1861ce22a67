//! A run's events, collected until they can be judged: as a whole at its end, endpoint by endpoint on the way.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::diagnosis::{Diagnosis, State, diagnose};
use crate::observation::promises::Promises;
use crate::observation::{Limit, Observation, Stage, StopCause};
use crate::policy::{
    self, Compared, EndpointProgress, Expectations, Family, JudgedEndpoint, JudgedTarget, Policy, Report,
    TargetEvidence, TargetProgress, Verdict, judge_endpoint, settled,
};
use crate::probe::{Event, Plan, PlanOptions, Recheck};
use crate::promises;
use crate::target::{Endpoint, Source, Target, TargetSpec};

/// What is said of an endpoint that a finished run has no result for.
const LOST: &str = "the run ended without a result for this port";

#[derive(Debug, Clone)]
pub struct Collector {
    policy: Policy,
    plan: PlanOptions,
    targets: BTreeMap<usize, TargetState>,
}

#[derive(Debug, Clone)]
struct TargetState {
    target: Target,
    /// Without observations, which are in their places.
    evidence: TargetEvidence,
    planned: bool,
    places: Vec<PlannedPort>,
    /// What earlier rounds saw of the endpoints that are being checked again.
    before: BTreeMap<Endpoint, Observation>,
    /// Whether earlier tries are kept to be compared.
    compare: bool,
    /// Whether promises are being looked up, and have not come yet.
    awaits_promises: bool,
}

#[derive(Debug, Clone)]
struct PlannedPort {
    endpoint: Endpoint,
    /// How far its probe is, as far as that was told.
    stage: Option<Stage>,
    /// `None` while it is being probed.
    finished: Option<Box<Finished>>,
    /// Whether [`Collector::settled`] has given it out.
    reported: bool,
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
        let targets = targets.iter().map(TargetState::new).enumerate().collect();
        Self { policy, plan: PlanOptions::default(), targets }
    }

    /// For a run over a list, of which each target is taken out with [`Collector::take_judged`] when it is complete, and
    /// what is left at the end with [`Collector::take_unfinished`].
    pub fn of_list(policy: Policy) -> Self {
        Self::new(&[], policy)
    }

    /// Says what the run probes of its targets. Only a target that the run loses before it is planned needs it: these are
    /// the endpoints that the fault is reported for.
    #[must_use]
    pub fn planned_by(self, plan: PlanOptions) -> Self {
        Self { plan, ..self }
    }

    pub fn take(&mut self, event: Event) {
        match event {
            Event::Begun { target, named } => {
                self.targets.insert(target, TargetState::new(&named));
            }
            Event::Planned { target, plan } => {
                if let Some(state) = self.targets.get_mut(&target) {
                    state.plan(plan);
                }
            }
            Event::Further { target, endpoint } => {
                if let Some(state) = self.targets.get_mut(&target) {
                    state.places.push(PlannedPort::new(endpoint));
                }
            }
            Event::Finished { target, index, observation } => {
                if let Some(state) = self.targets.get_mut(&target) {
                    state.finish(index, *observation, &self.policy);
                }
            }
            Event::MailHosts { target, hosts } => {
                if let Some(state) = self.targets.get_mut(&target) {
                    state.evidence.mail_hosts = hosts;
                }
            }
            Event::Promises { target, promises } => {
                if let Some(state) = self.targets.get_mut(&target) {
                    state.hear(*promises, &self.policy);
                }
            }
            Event::Entered { target, index, stage } => {
                let state = self.targets.get_mut(&target);
                if let Some(place) = state.and_then(|state| state.places.get_mut(index)) {
                    place.stage = Some(stage);
                }
            }
            Event::Awaits { .. } | Event::Tracing { .. } => {}
        }
    }

    /// Notes that the run, or this round of it, is over. An endpoint without a result will not get one any more: that is
    /// a fault of mailprobe, and becomes its result. A target without a plan gets such a result for every endpoint that
    /// was to be probed.
    ///
    /// [`Collector::judge`] and [`Collector::take_unfinished`] do this themselves. It is for whoever goes on to ask for
    /// what is [`settled`](Collector::settled).
    pub fn end(&mut self) {
        self.end_by(&StopCause::Internal(LOST.to_owned()));
    }

    /// What is known of a run that goes on, for who cannot wait for its end: an endpoint without a result is told as ended by
    /// the run's time limit, in the stage that it has reached.
    #[must_use]
    pub fn cut_off(mut self) -> Self {
        self.end_by(&StopCause::TimedOut(Limit::Run));
        self
    }

    fn end_by(&mut self, cause: &StopCause) {
        for state in self.targets.values_mut() {
            state.end(&self.plan, &self.policy, cause);
        }
    }

    /// The endpoint at this place of a target's plan.
    pub fn endpoint(&self, target: usize, index: usize) -> Option<&Endpoint> {
        Some(&self.targets.get(&target)?.places.get(index)?.endpoint)
    }

    /// The state of the endpoint at this place of a target's plan, once it is finished.
    pub fn state(&self, target: usize, index: usize) -> Option<State> {
        self.targets.get(&target)?.places.get(index)?.state()
    }

    /// The endpoints of a target whose verdict became certain since this was last asked, with the target as typed.
    pub fn settled(&mut self, target: usize) -> Vec<(String, JudgedEndpoint)> {
        self.targets.get_mut(&target).map(|state| state.settled(&self.policy)).unwrap_or_default()
    }

    /// What another round should check: all that does not pass yet. With `compare`, the tries are kept, so that their
    /// difference can be told; without, only their number.
    pub fn again(&mut self, compare: bool) -> Vec<Recheck> {
        let policy = &self.policy;
        self.targets.values_mut().map(|state| state.again(policy, compare)).collect()
    }

    /// The endpoints that do not pass so far, with their states, and the targets as typed of which nothing is known.
    pub fn missing(&self) -> Vec<(String, Option<State>)> {
        self.targets.values().flat_map(|state| state.missing(&self.policy)).collect()
    }

    /// Judges what was collected, once the run is over.
    pub fn judge(mut self, started: SystemTime, duration: Duration) -> Report {
        self.end();
        let evidence = self.targets.into_values().map(TargetState::into_evidence).collect();
        policy::judge(evidence, &self.policy, started, duration)
    }

    /// A target whose endpoints are all finished, judged and no longer kept; `None` while there are others.
    pub fn take_judged(&mut self, target: usize) -> Option<Completed> {
        let state = self.take_complete(target)?;
        let unreported =
            (0..).zip(&state.places).filter(|(_, place)| !place.reported).map(|(index, _)| index).collect();
        let diagnoses = state.finished().map(|finished| finished.diagnosis.clone()).collect();
        Some(Completed { target: policy::judge_diagnosed(state.into_evidence(), diagnoses, &self.policy), unreported })
    }

    /// What was seen of a target whose endpoints are all finished. It is no longer kept; `None` while there are others.
    pub fn take_evidence(&mut self, target: usize) -> Option<TargetEvidence> {
        self.take_complete(target).map(TargetState::into_evidence)
    }

    /// Every target that is left when the stream of a list's events is over, judged and no longer kept: those that the run
    /// began and did not complete. What they have no result for is a fault of mailprobe, as with [`Collector::end`], and
    /// never a pass.
    pub fn take_unfinished(&mut self) -> Vec<Completed> {
        self.end();
        let left: Vec<usize> = self.targets.keys().copied().collect();
        left.into_iter().filter_map(|target| self.take_judged(target)).collect()
    }

    fn take_complete(&mut self, target: usize) -> Option<TargetState> {
        self.targets.get(&target).filter(|state| state.is_complete())?;
        self.targets.remove(&target)
    }
}

#[derive(Debug)]
pub struct Completed {
    pub target: JudgedTarget,
    /// Which of its endpoints [`Collector::settled`] has not given out.
    pub unreported: Vec<usize>,
}

impl Finished {
    fn new(observation: Observation, policy: &Policy) -> Self {
        let mut diagnosis = diagnose(&observation);
        let expectations = policy.expectations.compare(&observation, &diagnosis);
        Expectations::overrule(&expectations, &mut diagnosis);
        Self { observation, diagnosis, expectations }
    }
}

/// Notes what promises say of an endpoint; whether that is anything new.
fn hold(promises: &Promises, observation: &mut Observation) -> bool {
    let before = observation.promised.take();
    observation.promised = promises::held(promises, observation);
    observation.promised != before
}

impl PlannedPort {
    fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, stage: None, finished: None, reported: false }
    }

    fn progress(&self) -> EndpointProgress<'_> {
        let finished = self.finished.as_deref();
        EndpointProgress {
            endpoint: &self.endpoint,
            diagnosis: finished.map(|finished| &finished.diagnosis),
            expectations: finished.map_or(&[], |finished| finished.expectations.as_slice()),
        }
    }

    fn state(&self) -> Option<State> {
        self.finished.as_ref().map(|finished| finished.diagnosis.state)
    }
}

impl TargetState {
    fn new(target: &Target) -> Self {
        let evidence = TargetEvidence {
            typed: target.typed.clone(),
            kind: target.kind(),
            discovery: None,
            resolutions: Vec::new(),
            observations: Vec::new(),
            skipped: Vec::new(),
            left_out: Vec::new(),
            for_mail_program: target.is_mail_address(),
            mail_hosts: Vec::new(),
            promises: None,
        };
        Self {
            target: target.clone(),
            evidence,
            planned: false,
            places: Vec::new(),
            before: BTreeMap::new(),
            compare: false,
            awaits_promises: false,
        }
    }

    fn finished(&self) -> impl Iterator<Item = &Finished> {
        self.places.iter().filter_map(|place| place.finished.as_deref())
    }

    fn into_evidence(self) -> TargetEvidence {
        let observations = self.places.into_iter().filter_map(|place| Some(place.finished?.observation)).collect();
        TargetEvidence { observations, ..self.evidence }
    }

    fn is_complete(&self) -> bool {
        self.planned && !self.awaits_promises && self.places.iter().all(|place| place.finished.is_some())
    }

    fn plan(&mut self, plan: Plan) {
        self.planned = true;
        let families = [(plan.skipped.v4, Family::Ipv4), (plan.skipped.v6, Family::Ipv6)];
        self.evidence.skipped = families.into_iter().filter(|family| family.0).map(|family| family.1).collect();
        self.evidence.discovery = plan.discovery;
        self.evidence.resolutions = plan.resolutions;
        self.evidence.left_out = plan.left_out;
        self.awaits_promises = plan.awaits_promises && self.evidence.promises.is_none();
        self.places = plan.endpoints.iter().map(|planned| PlannedPort::new(planned.endpoint().clone())).collect();
    }

    /// Notes what is now known of an endpoint. A try that proves nothing does not undo the one before, unless the fault
    /// is mailprobe's: that is always told.
    fn finish(&mut self, index: usize, mut observation: Observation, policy: &Policy) {
        let Some(place) = self.places.get_mut(index) else { return };
        if let Some(mut before) = self.before.remove(&observation.endpoint) {
            let state = diagnose(&observation).state;
            if state.proves_nothing() && state != State::InternalError {
                observation = before;
            } else {
                observation.tries += before.tries;
                if self.compare {
                    observation.earlier = std::mem::take(&mut before.earlier);
                    observation.earlier.push(before);
                }
            }
        }
        if let Some(promises) = &self.evidence.promises {
            hold(promises, &mut observation);
        }
        place.finished = Some(Box::new(Finished::new(observation, policy)));
    }

    /// Holds promises against what was seen so far. What is seen later is held against them as it comes.
    fn hear(&mut self, promises: Promises, policy: &Policy) {
        self.awaits_promises = false;
        for place in &mut self.places {
            let Some(mut finished) = place.finished.take() else { continue };
            if hold(&promises, &mut finished.observation) {
                *finished = Finished::new(finished.observation, policy);
            }
            place.finished = Some(finished);
        }
        self.evidence.promises = Some(promises);
    }

    fn end(&mut self, plan: &PlanOptions, policy: &Policy, cause: &StopCause) {
        self.awaits_promises = false;
        if !self.planned {
            self.planned = true;
            let endpoints = match &self.target.spec {
                TargetSpec::Domain(domain) => vec![Endpoint::of_domain(&domain.name, vec![Source::User])],
                _ => self.target.endpoints(plan.ports.as_deref(), plan.security),
            };
            self.places = endpoints.into_iter().map(PlannedPort::new).collect();
        }
        for index in 0..self.places.len() {
            let Some(PlannedPort { endpoint, stage, finished, .. }) = self.places.get(index) else { continue };
            // Without a plan for this round, a place still shows what the round before saw.
            if finished.is_none() || self.before.contains_key(endpoint) {
                let unfinished = Observation::stopped(endpoint.clone(), *stage, cause.clone());
                self.finish(index, unfinished, policy);
            }
        }
    }

    fn again(&mut self, policy: &Policy, compare: bool) -> Recheck {
        let verdicts = self.verdicts(policy);
        let mut good = Vec::new();
        self.before.clear();
        self.compare = compare;
        for (place, verdict) in self.places.iter().zip(verdicts) {
            let Some(Finished { observation, .. }) = place.finished.as_deref() else { continue };
            if verdict.is_some_and(|verdict| is_good(verdict, policy)) {
                good.push(observation.clone());
            } else {
                self.before.insert(observation.endpoint.clone(), observation.clone());
            }
        }
        if !good.is_empty() && good.len() == self.places.len() { Recheck::Nothing } else { Recheck::AllBut(good) }
    }

    fn missing(&self, policy: &Policy) -> Vec<(String, Option<State>)> {
        if self.places.is_empty() {
            return vec![(self.evidence.typed.clone(), None)];
        }
        let places = self.places.iter().zip(self.verdicts(policy));
        let missing = places.filter(|(_, verdict)| !verdict.is_some_and(|verdict| is_good(verdict, policy)));
        let named = missing.map(|(place, _)| {
            let Endpoint { host, address, port, .. } = &place.endpoint;
            let name = address.map_or_else(|| host.to_string(), |address| address.to_string());
            let name = if name.contains(':') { format!("[{name}]") } else { name };
            (format!("{name}:{port}"), place.state())
        });
        named.collect()
    }

    /// By place in the plan, as far as they are certain.
    fn verdicts(&self, policy: &Policy) -> Vec<Option<Verdict>> {
        let progress = self.progress();
        let so_far = self.so_far(&progress);
        (0..progress.len()).map(|index| settled(index, so_far, policy)).collect()
    }

    fn so_far<'a>(&self, endpoints: &'a [EndpointProgress<'a>]) -> TargetProgress<'a> {
        let Self { evidence: TargetEvidence { for_mail_program, .. }, awaits_promises, .. } = *self;
        TargetProgress { endpoints, for_mail_program, awaits_promises }
    }

    fn progress(&self) -> Vec<EndpointProgress<'_>> {
        self.places.iter().map(PlannedPort::progress).collect()
    }

    fn settled(&mut self, policy: &Policy) -> Vec<(String, JudgedEndpoint)> {
        let progress = self.progress();
        let so_far = self.so_far(&progress);
        let verdict = |(index, place): (usize, &PlannedPort)| {
            if place.reported { None } else { settled(index, so_far, policy) }
        };
        let verdicts: Vec<Option<Verdict>> = self.places.iter().enumerate().map(verdict).collect();
        let mut judged = Vec::new();
        for (place, verdict) in self.places.iter_mut().zip(verdicts) {
            let (Some(finished), Some(verdict)) = (&place.finished, verdict) else { continue };
            place.reported = true;
            let Finished { observation, diagnosis, expectations } = (**finished).clone();
            judged.push((self.evidence.typed.clone(), judge_endpoint(observation, diagnosis, verdict, expectations)));
        }
        judged
    }
}

/// Whether there is nothing left to wait for.
fn is_good(verdict: Verdict, policy: &Policy) -> bool {
    verdict == Verdict::Pass || (verdict == Verdict::Warn && !policy.strict)
}

#[cfg(test)]
mod tests;
