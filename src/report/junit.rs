//! `--format junit`: a test suite for a target, a test case for an endpoint, in the dialect of Jenkins, which GitLab and
//! others read as well.

use std::fmt::Write as _;

use quick_junit::{
    NonSuccessKind, Property, Report as JunitReport, SerializeError, TestCase, TestCaseStatus, TestSuite,
};

use super::brief::{causes, is_not_missed, place, push, standing, transcript, visible};
use crate::correlation::Cause;
use crate::policy::{JudgedEndpoint, JudgedTarget, Report, Verdict};

/// The XML document of a run.
///
/// What fails is a failure, what cannot be told an error, a port that is not offered is skipped. The text of a failure is
/// what the findings say; the transcript is the test case's output.
pub fn render(run: &Report) -> Result<String, SerializeError> {
    let mut report = JunitReport::new("mailprobe");
    report.set_time(run.duration);
    report.add_test_suites(run.targets.iter().map(suite));
    report.to_string()
}

fn suite(target: &JudgedTarget) -> TestSuite {
    let mut suite = TestSuite::new(&*visible(&target.typed));
    suite.add_test_cases((0..).zip(&target.endpoints).map(|(index, judged)| case(target, index, judged)));
    if target.endpoints.is_empty() || causes(target).any(|cause| cause.endpoints.is_empty()) {
        suite.add_test_case(case_of_target(target));
    }
    suite.set_time(target.endpoints.iter().map(|judged| judged.observation.duration).max().unwrap_or_default());
    suite
}

fn case(target: &JudgedTarget, index: usize, judged: &JudgedEndpoint) -> TestCase {
    let endpoint = &judged.observation.endpoint;
    let skipped = is_not_missed(judged);
    let mut status = if skipped { TestCaseStatus::skipped() } else { status(judged.verdict) };
    if judged.verdict != Verdict::Pass || skipped {
        status.set_type(judged.diagnosis.state.name());
        status.set_message(&*visible(&standing(target, index)));
    }
    if matches!(judged.verdict, Verdict::Fail | Verdict::Inconclusive) {
        status.set_description(told(target.causes_of(index)));
    }
    let mut case = TestCase::new(format!("{} {}", endpoint.service, visible(&place(&judged.observation))), status);
    case.set_classname(&*visible(&target.typed));
    case.set_time(judged.observation.duration);
    case.add_property(Property::new("state", judged.diagnosis.state.name()));
    case.add_property(Property::new("verdict", judged.verdict.name()));
    let said = transcript(&judged.observation);
    if !said.is_empty() {
        case.set_system_out(said);
    }
    if judged.verdict == Verdict::Warn {
        case.set_system_err(told(target.causes_of(index)));
    }
    case
}

fn status(verdict: Verdict) -> TestCaseStatus {
    match verdict {
        Verdict::Pass | Verdict::Warn => TestCaseStatus::success(),
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Inconclusive => TestCaseStatus::non_success(NonSuccessKind::Error),
    }
}

/// What is true of the target as a whole, where that deserves attention.
fn case_of_target(target: &JudgedTarget) -> TestCase {
    let mut status = status(target.verdict);
    status.set_message(&*visible(&target.conclusion));
    status.set_description(told(causes(target).filter(|cause| cause.endpoints.is_empty())));
    let mut case = TestCase::new(format!("{} as a whole", visible(&target.typed)), status);
    case.set_classname(&*visible(&target.typed));
    case
}

fn told<'a>(causes: impl Iterator<Item = &'a Cause>) -> String {
    let mut text = String::new();
    for cause in causes {
        push!(text, "{}: {} [{}]\n", cause.severity, visible(&cause.message), cause.id);
        for evidence in &cause.evidence {
            push!(text, "  seen: {}\n", visible(evidence));
        }
        if let Some(hint) = &cause.hint {
            push!(text, "  hint: {}\n", visible(hint));
        }
    }
    text
}
