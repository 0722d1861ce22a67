//! What was seen of each host, collected while it is probed, and turned into evidence at the end.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::evidence::{Asked, Control, Evidence, FamilyEvidence, Names, Relay, RelayAnswer, is_way_out};
use crate::diagnosis::{Diagnosis, diagnose};
use crate::observation::path::Traced;
use crate::observation::{
    Attempt, Cause, Limit, LookupFailure, LookupFailureKind, Observation, Purpose, Resolution, Stage, StageOutcome,
    StageRecord, Stopped,
};
use crate::policy::{Family, TargetEvidence, TargetKind};
use crate::probe::Plan;
use crate::protocol::Conversation;
use crate::resolve::Families;
use crate::service::Service;
use crate::target::{self, Endpoint, Host, Source, Target};

/// Why a host is probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// It takes the mail of this domain.
    Reference(String),
    /// Mail programs hand in mail there.
    Submission,
    /// The user named it.
    Host(String),
}

/// One host, as far as it is probed.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) role: Role,
    pub(super) evidence: TargetEvidence,
    /// By place in the plan.
    planned: Vec<Endpoint>,
    finished: Vec<Option<Observation>>,
}

impl Seen {
    pub(super) fn new(target: &Target, role: Role) -> Self {
        let kind = match target.kind {
            target::TargetKind::Host(_) => TargetKind::Host,
            target::TargetKind::Endpoint(_) => TargetKind::Endpoint,
            target::TargetKind::Domain(_) => TargetKind::Domain,
        };
        Self { role, evidence: empty(&target.typed, kind), planned: Vec::new(), finished: Vec::new() }
    }

    /// A domain whose mail host is not known: the lookup failed, or something else ended the wait for it.
    pub(super) fn unresolved(domain: &str, failure: Option<LookupFailure>, otherwise: Cause) -> Self {
        let attempts = if failure.is_some() { Vec::new() } else { vec![stopped_attempt(otherwise)] };
        let observation = Observation {
            endpoint: Endpoint {
                host: Host::Name(domain.to_owned()),
                address: None,
                port: Service::Smtp.port(),
                service: Service::Smtp,
                security: Service::Smtp.security(),
                sources: vec![Source::Mx],
            },
            lookup: failure,
            attempts,
            tries: 1,
            duration: Duration::ZERO,
            path: None,
            not_offered_by: None,
            earlier: Vec::new(),
        };
        let mut evidence = empty(domain, TargetKind::Domain);
        evidence.observations.push(observation);
        Self { role: Role::Reference(domain.to_owned()), evidence, planned: Vec::new(), finished: Vec::new() }
    }

    pub(super) fn plan(&mut self, plan: Plan) {
        let families = [(plan.skipped.v4, Family::Ipv4), (plan.skipped.v6, Family::Ipv6)];
        self.evidence.skipped = families.into_iter().filter(|family| family.0).map(|family| family.1).collect();
        self.evidence.resolutions = plan.resolutions;
        self.planned = plan.endpoints.into_iter().map(|planned| planned.endpoint().clone()).collect();
        self.finished = self.planned.iter().map(|_| None).collect();
    }

    pub(super) fn port(&self, index: usize) -> Option<u16> {
        self.planned.get(index).map(|endpoint| endpoint.port)
    }

    /// Takes a finished endpoint; true when it was the last.
    pub(super) fn finish(&mut self, index: usize, mut observation: Observation) -> bool {
        observation.endpoint.sources = vec![match self.role {
            Role::Reference(_) => Source::Mx,
            Role::Host(_) if observation.endpoint.service == Service::Smtp => Source::User,
            Role::Host(_) | Role::Submission => Source::Default,
        }];
        if let Some(place) = self.finished.get_mut(index) {
            *place = Some(observation);
        }
        let all = self.finished.iter().all(Option::is_some);
        if all {
            self.settle();
        }
        all
    }

    /// Nothing more will come.
    pub(super) fn settle(&mut self) {
        self.evidence.observations.extend(std::mem::take(&mut self.finished).into_iter().flatten());
    }

    pub(super) fn traced(&mut self, index: usize, traced: Traced) {
        if let Some(observation) = self.evidence.observations.get_mut(index) {
            observation.path = Some(traced);
        }
    }

    /// The addresses that were probed.
    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.evidence.observations.iter().filter_map(|observation| observation.endpoint.address)
    }

    /// Whose port 25 it is; `None` of a submission host.
    fn operator(&self) -> Option<&str> {
        match &self.role {
            Role::Reference(name) | Role::Host(name) => Some(name),
            Role::Submission => None,
        }
    }

    /// A failing and a succeeding port 25 of a family: by host, place among its endpoints, and address.
    ///
    /// The failing one shows where it stops; only the succeeding one can show a silent interception.
    pub(super) fn worth_tracing(seen: &[Self], family: Family) -> Vec<(usize, usize, IpAddr)> {
        let relays: Vec<(usize, usize, Relay)> = seen
            .iter()
            .enumerate()
            .filter_map(|(target, one)| Some((target, one, one.operator()?)))
            .flat_map(|(target, one, operator)| {
                let observations = one.evidence.observations.iter().enumerate();
                observations.filter_map(move |(index, observation)| {
                    Some((target, index, relay(operator, observation, &BTreeSet::new())?))
                })
            })
            .filter(|(_, _, relay)| relay.address.is_ipv4() == (family == Family::Ipv4))
            .collect();
        let failing = relays.iter().find(|(_, _, relay)| relay.answer == RelayAnswer::Stopped && relay.was_sent());
        let connected = |answer| !matches!(answer, RelayAnswer::Stopped | RelayAnswer::Unknown);
        let succeeding = relays.iter().find(|(_, _, relay)| connected(relay.answer));
        [failing, succeeding]
            .into_iter()
            .flatten()
            .map(|(target, index, relay)| (*target, *index, relay.address))
            .collect()
    }
}

/// Everything that was seen, family by family.
pub(super) fn evidence(
    seen: &[Seen],
    web: Vec<Control>,
    families: Families,
    own: &BTreeSet<IpAddr>,
    asked: Asked,
) -> Evidence {
    let mut relays = Vec::new();
    let mut controls = web;
    for one in seen {
        for observation in &one.evidence.observations {
            if let Some(relay) = one.operator().and_then(|operator| relay(operator, observation, own)) {
                relays.push(relay);
            } else if observation.endpoint.service != Service::Smtp {
                controls.extend(Control::of(observation, &diagnose(observation)));
            }
        }
    }
    let family = |wanted: bool, v4: bool| {
        wanted.then(|| FamilyEvidence {
            relays: relays.iter().filter(|relay| relay.address.is_ipv4() == v4).cloned().collect(),
            controls: controls.iter().filter(|control| control.address.is_ipv4() == v4).cloned().collect(),
        })
    };
    Evidence { asked, names: names(seen), ipv4: family(families.v4, true), ipv6: family(families.v6, false) }
}

/// The services by which mail programs can hand in mail, by what was seen of them.
pub(super) fn ways_out(seen: &[Seen]) -> Vec<Service> {
    let open = |service: Service| {
        let observations = seen.iter().flat_map(|one| &one.evidence.observations);
        observations
            .filter(|observation| observation.endpoint.service == service)
            .any(|seen| is_way_out(&diagnose(seen)))
    };
    super::references::SUBMISSION.into_iter().filter(|service| open(*service)).collect()
}

/// Port 25 of an endpoint; `None` where it is another port, or has no address.
fn relay(operator: &str, observation: &Observation, own: &BTreeSet<IpAddr>) -> Option<Relay> {
    if observation.endpoint.service != Service::Smtp {
        return None;
    }
    let diagnosis: Diagnosis = diagnose(observation);
    let own = observation.endpoint.address.is_some_and(|address| own.contains(&address));
    Relay::of(operator, observation, &diagnosis, own)
}

fn names(seen: &[Seen]) -> Names {
    let (mut unanswered, mut unfinished) = (true, false);
    for observation in seen.iter().flat_map(|one| &one.evidence.observations) {
        if observation.endpoint.address.is_some() {
            return Names::Found;
        }
        unfinished |= observation.lookup.is_none();
        let silent = |kind| matches!(kind, LookupFailureKind::TimedOut | LookupFailureKind::Failed);
        unanswered &= observation.lookup.as_ref().is_some_and(|failure| silent(failure.kind));
    }
    match (unfinished, unanswered) {
        (true, _) => Names::Unfinished,
        (false, true) => Names::Unanswered,
        (false, false) => Names::Missing,
    }
}

/// The addresses to try of a host: the first of each family, or every one.
pub(super) fn chosen(resolution: &Resolution, every: bool) -> Vec<IpAddr> {
    if every {
        return resolution.addresses.clone();
    }
    let first = |v4: bool| resolution.addresses.iter().copied().find(|address| address.is_ipv4() == v4);
    [first(true), first(false)].into_iter().flatten().collect()
}

/// What ended a wait: the user, or the run's own limit.
pub(super) fn stopped_by(interrupted: bool) -> Cause {
    if interrupted { Cause::Interrupted } else { Cause::TimedOut(Limit::Run) }
}

fn empty(typed: &str, kind: TargetKind) -> TargetEvidence {
    TargetEvidence {
        typed: typed.to_owned(),
        kind,
        discovery: None,
        resolutions: Vec::new(),
        observations: Vec::new(),
        skipped: Vec::new(),
    }
}

fn stopped_attempt(cause: Cause) -> Attempt {
    Attempt {
        purpose: Purpose::Probe,
        stages: vec![StageRecord {
            stage: Stage::Resolve,
            outcome: StageOutcome::Failed,
            duration: Duration::ZERO,
            detail: None,
        }],
        conversation: Conversation::default(),
        tls: None,
        first_bytes: Vec::new(),
        stop: Some(Stopped { stage: Stage::Resolve, cause }),
        transcript: Vec::new(),
    }
}
