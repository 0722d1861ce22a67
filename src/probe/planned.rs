//! What the plan has for an endpoint.

use std::net::IpAddr;

use crate::observation::{LookupFailure, LookupFailureKind, Observation};
use crate::target::Endpoint;

#[derive(Debug, Clone)]
pub enum Planned {
    Probe(Endpoint, IpAddr),
    /// Nothing to connect to: the name gave no address, or the run ended first.
    Known(Box<Observation>),
}

impl Planned {
    pub fn endpoint(&self) -> &Endpoint {
        match self {
            Self::Probe(endpoint, _) => endpoint,
            Self::Known(observation) => &observation.endpoint,
        }
    }

    /// How its lookup failed, where no name server answered.
    pub(super) fn failed_lookup(&self) -> Option<&LookupFailure> {
        let Self::Known(observation) = self else { return None };
        let failed = [LookupFailureKind::Failed, LookupFailureKind::TimedOut, LookupFailureKind::Unreachable];
        observation.lookup.as_ref().filter(|failure| failed.contains(&failure.kind))
    }
}
