//! Every state and every finding, from handcrafted observations.

mod connections;
mod dialogues;
pub(crate) mod logins;
mod paths;
#[cfg(feature = "net")]
pub(crate) mod replies;
pub(crate) mod sample;
mod secured;

use super::{Diagnosis, Finding, FindingId, Severity, State, diagnose};
use crate::observation::{Observation, Stage};

/// What an observation comes to: its state, the stage that failed, and all findings, gravest first.
fn comes_to(name: &str, observation: &Observation, state: State, failed_stage: Option<Stage>, findings: &[FindingId]) {
    let diagnosis = diagnose(observation);
    assert_eq!((diagnosis.state, diagnosis.failed_stage), (state, failed_stage), "{name}");
    assert_eq!(ids(&diagnosis), findings, "{name}");
    advises(name, &diagnosis);
}

/// Every case fails at this stage with this state, and this finding alone.
fn fail_at(stage: Stage, cases: impl IntoIterator<Item = (&'static str, Observation, State, FindingId)>) {
    for (name, observation, state, finding) in cases {
        comes_to(name, &observation, state, Some(stage), &[finding]);
    }
}

/// Every case fails at this stage with this state, and the finding of the same name alone.
fn fail_as_named(stage: Stage, cases: impl IntoIterator<Item = (&'static str, Observation, State)>) {
    let named = |state: State| FindingId::from_name(state.name()).expect("a finding explains the state");
    fail_at(stage, cases.into_iter().map(|(name, observation, state)| (name, observation, state, named(state))));
}

fn ids(diagnosis: &Diagnosis) -> Vec<FindingId> {
    diagnosis.findings.iter().map(|finding| finding.id).collect()
}

/// Errors and warnings come with a hint, a failure with an error, a success without one.
fn advises(name: &str, diagnosis: &Diagnosis) {
    for finding in &diagnosis.findings {
        assert!(finding.hint.is_some() || finding.severity == Severity::Info, "{name}: {} has no hint", finding.id);
    }
    for text in diagnosis.findings.iter().flat_map(|finding| finding.hint.iter().chain([&finding.message])) {
        assert!(text.matches(". ").count() <= 1, "{name}: more than two sentences: {text}");
        assert!(!text.contains("  "), "{name}: {text}");
    }
    let errors = diagnosis.findings.iter().any(|finding| finding.severity == Severity::Error);
    assert_eq!(errors, diagnosis.state != State::Ok, "{name}: errors belong to failures");
    assert_eq!(diagnosis.failed_stage.is_none(), diagnosis.state == State::Ok, "{name}");
}

fn the(id: FindingId, observation: &Observation) -> Finding {
    diagnose(observation).findings.into_iter().find(|finding| finding.id == id).expect("the finding is there")
}
