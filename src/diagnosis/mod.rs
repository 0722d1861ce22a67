//! From observations to states and findings. Pure: no I/O, no clock.

mod finding;
mod state;

pub use finding::{Finding, FindingId, Severity};
pub use state::State;

use crate::observation::{Observation, Stage};

/// What an observation means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The one-word answer.
    pub state: State,
    /// The stage that was not completed; `None` when the state is `ok`.
    pub failed_stage: Option<Stage>,
    /// What is worth telling, gravest first.
    pub findings: Vec<Finding>,
}

/// Names the state of an endpoint and what is worth telling about it.
pub fn diagnose(observation: &Observation) -> Diagnosis {
    let _ = observation;
    Diagnosis { state: State::Inconclusive, failed_stage: None, findings: Vec::new() }
}
