//! The hosts that were probed: why each was, and what that makes of its observations.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::evidence::{Control, Evidence, FamilyEvidence, Names, Relay, RelayAnswer, SUBMISSION, Scope, is_way_out};
use crate::diagnosis::diagnose;
use crate::observation::{LookupFailure, LookupFailureKind, Observation, StopCause};
use crate::policy::TargetEvidence;
use crate::resolve::Families;
use crate::service::Service;
use crate::target::{Endpoint, Source, TargetKind};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostRole {
    /// It takes the mail of this domain.
    Reference(String),
    /// Mail programs submit mail there.
    Submission,
    Named(String),
}

#[derive(Debug)]
pub(super) struct ProbedHost {
    pub(super) role: HostRole,
    pub(super) evidence: TargetEvidence,
}

impl ProbedHost {
    pub(super) fn new(role: HostRole, mut evidence: TargetEvidence) -> Self {
        for Endpoint { service, sources, .. } in evidence.observations.iter_mut().map(|seen| &mut seen.endpoint) {
            *sources = vec![match role {
                HostRole::Reference(_) => Source::Mx,
                HostRole::Named(_) if *service == Service::Smtp => Source::User,
                HostRole::Named(_) | HostRole::Submission => Source::Default,
            }];
        }
        Self { role, evidence }
    }

    /// A domain whose mail host is not known: the lookup failed, or something else ended the wait for it.
    pub(super) fn unresolved(domain: &str, why: Result<LookupFailure, StopCause>) -> Self {
        let endpoint = Endpoint::of_domain(domain, Vec::new());
        let observation = match why {
            Ok(failure) => Observation::unprobed(endpoint, Some(failure)),
            Err(cause) => Observation::stopped(endpoint, None, cause),
        };
        let evidence = TargetEvidence {
            typed: domain.to_owned(),
            kind: TargetKind::Domain,
            discovery: None,
            resolutions: Vec::new(),
            observations: vec![observation],
            skipped: Vec::new(),
            left_out: Vec::new(),
            for_mail_program: false,
            mail_hosts: Vec::new(),
            promises: None,
        };
        Self::new(HostRole::Reference(domain.to_owned()), evidence)
    }

    /// The families over which its port 25 answered as a mail server does.
    pub(super) fn answered_over(&self) -> BTreeSet<&'static str> {
        let answered =
            self.relays(&BTreeSet::new()).map(|(_, relay)| relay).filter(Relay::answered).collect::<Vec<_>>();
        answered.iter().map(|relay| if relay.address.is_ipv4() { "IPv4" } else { "IPv6" }).collect()
    }

    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.evidence.observations.iter().filter_map(|observation| observation.endpoint.address)
    }

    /// Its port 25 at every address, with the place among its observations. A submission host has none.
    fn relays(&self, own: &BTreeSet<IpAddr>) -> impl Iterator<Item = (usize, Relay)> {
        let operator = match &self.role {
            HostRole::Reference(name) | HostRole::Named(name) => Some(name),
            HostRole::Submission => None,
        };
        let all = self.evidence.observations.iter().enumerate();
        all.filter(|(_, seen)| seen.endpoint.service == Service::Smtp).filter_map(move |(index, seen)| {
            let is_own = seen.endpoint.address.is_some_and(|address| own.contains(&address));
            Some((index, Relay::of(operator?, seen, &diagnose(seen), is_own)?))
        })
    }
}

/// A failing and a succeeding port 25 of a family, as far as none is traced yet: by host, place among its observations, and address.
///
/// The failing one shows where it stops; only the succeeding one can show a silent interception.
pub(super) fn worth_tracing(hosts: &[ProbedHost], v4: bool) -> Vec<(usize, usize, IpAddr)> {
    let nowhere = BTreeSet::new();
    let relays = hosts.iter().enumerate().flat_map(|(host, probed)| {
        probed.relays(&nowhere).map(move |(index, relay)| (host, index, relay)).collect::<Vec<_>>()
    });
    let relays: Vec<_> = relays.filter(|(_, _, relay)| relay.address.is_ipv4() == v4).collect();
    let stopped = relays.iter().filter(|(_, _, relay)| relay.answer == RelayAnswer::Stopped && relay.was_sent());
    let connected = |answer| !matches!(answer, RelayAnswer::Stopped | RelayAnswer::Unknown);
    let connected = relays.iter().filter(|(_, _, relay)| connected(relay.answer));
    // What was traced while it was waited for need not be traced again, and stands for the others.
    let is_new = |(_, _, relay): &&(usize, usize, Relay)| relay.path.is_none();
    let one = |alike: Vec<_>| alike.iter().all(is_new).then(|| alike.first().copied()).flatten();
    let both = [one(stopped.collect()), one(connected.collect())].into_iter().flatten();
    both.map(|(host, index, relay)| (*host, *index, relay.address)).collect()
}

/// Everything that was seen, family by family.
pub(super) fn evidence(
    hosts: &[ProbedHost],
    web: Vec<Control>,
    families: Families,
    own: &BTreeSet<IpAddr>,
    scope: Scope,
) -> Evidence {
    let relays: Vec<Relay> = hosts.iter().flat_map(|host| host.relays(own)).map(|(_, relay)| relay).collect();
    let others = observations(hosts).filter(|seen| seen.endpoint.service != Service::Smtp);
    let controls: Vec<Control> =
        web.into_iter().chain(others.filter_map(|seen| Control::of(seen, &diagnose(seen)))).collect();
    let family = |wanted: bool, v4: bool| {
        wanted.then(|| FamilyEvidence {
            relays: relays.iter().filter(|relay| relay.address.is_ipv4() == v4).cloned().collect(),
            controls: controls.iter().filter(|control| control.address.is_ipv4() == v4).cloned().collect(),
        })
    };
    Evidence { scope, names: names(hosts), ipv4: family(families.v4, true), ipv6: family(families.v6, false) }
}

/// The services by which mail programs can submit mail, by what was seen of them.
pub(super) fn ways_out(hosts: &[ProbedHost]) -> Vec<Service> {
    let open = |service: &Service| {
        observations(hosts).any(|seen| seen.endpoint.service == *service && is_way_out(&diagnose(seen)))
    };
    SUBMISSION.into_iter().filter(open).collect()
}

pub(super) fn observations(hosts: &[ProbedHost]) -> impl Iterator<Item = &Observation> {
    hosts.iter().flat_map(|host| &host.evidence.observations)
}

fn names(hosts: &[ProbedHost]) -> Names {
    if observations(hosts).any(|seen| seen.endpoint.address.is_some()) {
        return Names::Found;
    }
    let lookups = || observations(hosts).map(|seen| seen.lookup.as_ref().map(|failure| failure.kind));
    if lookups().any(|lookup| lookup.is_none()) {
        return Names::Unfinished;
    }
    if lookups().flatten().all(|kind| kind == LookupFailureKind::NameBlocked) {
        return Names::Blocked;
    }
    let silent = [
        LookupFailureKind::TimedOut,
        LookupFailureKind::Failed,
        LookupFailureKind::Unreachable,
        LookupFailureKind::NoNetwork,
    ];
    if lookups().flatten().all(|kind| silent.contains(&kind)) { Names::Unanswered } else { Names::Missing }
}
