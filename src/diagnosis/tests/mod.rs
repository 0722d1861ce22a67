//! Every state and every finding, from handcrafted observations.

mod connections;
mod dialogues;
mod paths;
pub(crate) mod sample;
mod secured;

use super::{Diagnosis, Finding, FindingId, Severity, State, diagnose};
use crate::observation::{Observation, Stage};

/// What an observation must come to.
struct Case {
    name: &'static str,
    observation: Observation,
    state: State,
    failed_stage: Option<Stage>,
    /// The ids of all findings, gravest first.
    findings: &'static [FindingId],
}

fn check(cases: Vec<Case>) {
    for case in cases {
        let diagnosis = diagnose(&case.observation);
        let found: Vec<FindingId> = diagnosis.findings.iter().map(|finding| finding.id).collect();
        assert_eq!(
            (diagnosis.state, diagnosis.failed_stage, found.as_slice()),
            (case.state, case.failed_stage, case.findings),
            "{}",
            case.name
        );
        advises(case.name, &diagnosis);
    }
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
