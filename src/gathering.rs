//! A run's events, gathered until they can be judged: as a whole at its end, endpoint by endpoint on the way.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use crate::diagnosis::{Diagnosis, diagnose};
use crate::observation::Observation;
use crate::policy::{
    self, Compared, Family, JudgedEndpoint, JudgedRun, Progress, TargetEvidence, TargetKind, Wishes, judge_endpoint,
    settled,
};
use crate::probe::{Event, Plan};
use crate::target::{self, Endpoint, Target};

/// What is known of a run so far.
#[derive(Debug)]
pub struct Gathering {
    wishes: Wishes,
    targets: Vec<Gathered>,
}

#[derive(Debug)]
struct Gathered {
    evidence: TargetEvidence,
    /// By place in the plan.
    endpoints: Vec<Endpoint>,
    /// By place in the plan; `None` while it is being probed.
    finished: Vec<Option<Finished>>,
    /// The places that [`Gathering::settled`] has not given out yet.
    unsettled: BTreeSet<usize>,
}

#[derive(Debug, Clone)]
struct Finished {
    observation: Observation,
    diagnosis: Diagnosis,
    expectations: Vec<Compared>,
}

impl Gathering {
    /// For a run over these targets, given in the same order to [`Prober::start`](crate::probe::Prober::start).
    pub fn new(targets: &[Target], wishes: Wishes) -> Self {
        Self { wishes, targets: targets.iter().map(Gathered::new).collect() }
    }

    /// Takes what happened.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Planned { target, plan } => {
                if let Some(gathered) = self.targets.get_mut(target) {
                    gathered.plan(plan);
                }
            }
            Event::Finished { target, index, observation } => {
                if let Some(place) = self.targets.get_mut(target).and_then(|gathered| gathered.finished.get_mut(index))
                {
                    let diagnosis = diagnose(&observation);
                    let expectations = self.wishes.expectations.compare(&observation, &diagnosis);
                    *place = Some(Finished { observation: *observation, diagnosis, expectations });
                }
            }
            Event::Entered { .. } => {}
        }
    }

    /// The endpoint at this place of a target's plan.
    pub fn endpoint(&self, target: usize, index: usize) -> Option<&Endpoint> {
        self.targets.get(target)?.endpoints.get(index)
    }

    /// The endpoints of a target whose verdict became certain since this was last asked, with the target as typed.
    pub fn settled(&mut self, target: usize) -> Vec<(String, JudgedEndpoint)> {
        match self.targets.get_mut(target) {
            Some(gathered) => gathered.settled(&self.wishes),
            None => Vec::new(),
        }
    }

    /// Judges what was gathered.
    pub fn judge(self, started: SystemTime, duration: Duration) -> JudgedRun {
        let evidence = self.targets.into_iter().map(|gathered| {
            let observations = gathered.finished.into_iter().flatten().map(|finished| finished.observation).collect();
            TargetEvidence { observations, ..gathered.evidence }
        });
        policy::judge(evidence.collect(), &self.wishes, started, duration)
    }
}

impl Gathered {
    fn new(target: &Target) -> Self {
        let kind = match target.kind {
            target::TargetKind::Host(_) => TargetKind::Host,
            target::TargetKind::Endpoint(_) => TargetKind::Endpoint,
            target::TargetKind::Domain(_) => TargetKind::Domain,
        };
        let evidence = TargetEvidence {
            typed: target.typed.clone(),
            kind,
            resolutions: Vec::new(),
            observations: Vec::new(),
            skipped: Vec::new(),
        };
        Self { evidence, endpoints: Vec::new(), finished: Vec::new(), unsettled: BTreeSet::new() }
    }

    fn plan(&mut self, plan: Plan) {
        let families = [(plan.skipped.v4, Family::Ipv4), (plan.skipped.v6, Family::Ipv6)];
        self.evidence.skipped = families.into_iter().filter(|family| family.0).map(|family| family.1).collect();
        self.evidence.resolutions = plan.resolutions;
        self.endpoints = plan.endpoints.into_iter().map(|planned| planned.endpoint().clone()).collect();
        self.finished = self.endpoints.iter().map(|_| None).collect();
        self.unsettled = (0..self.endpoints.len()).collect();
    }

    fn settled(&mut self, wishes: &Wishes) -> Vec<(String, JudgedEndpoint)> {
        let progress: Vec<Progress<'_>> = self
            .endpoints
            .iter()
            .zip(&self.finished)
            .map(|(endpoint, finished)| Progress {
                endpoint,
                diagnosis: finished.as_ref().map(|finished| &finished.diagnosis),
                expectations: finished.as_ref().map_or(&[], |finished| finished.expectations.as_slice()),
            })
            .collect();
        let certain: Vec<_> =
            self.unsettled.iter().filter_map(|&index| Some((index, settled(index, &progress, wishes)?))).collect();
        let judged = certain.iter().filter_map(|&(index, verdict)| {
            let Finished { observation, diagnosis, expectations } = self.finished.get(index)?.clone()?;
            Some((self.evidence.typed.clone(), judge_endpoint(observation, diagnosis, verdict, expectations)))
        });
        let judged = judged.collect();
        for (index, _) in certain {
            self.unsettled.remove(&index);
        }
        judged
    }
}
