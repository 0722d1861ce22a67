//! `--format junit`: a test suite for a target, a test case for an endpoint, in the dialect of Jenkins, which GitLab and
//! others read as well.

use std::fmt::Write as _;

use quick_junit::{
    NonSuccessKind, Property, Report as JunitReport, SerializeError, TestCase, TestCaseStatus, TestSuite,
};

use super::brief::{is_not_offered, place, push, standing, transcript, visible, worst};
use crate::diagnosis::Finding;
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
    suite.add_test_cases(target.endpoints.iter().map(|judged| case(target, judged)));
    if target.endpoints.is_empty() || worst(&target.findings).is_some() {
        suite.add_test_case(case_of_target(target));
    }
    suite.set_time(target.endpoints.iter().map(|judged| judged.observation.duration).max().unwrap_or_default());
    suite
}

fn case(target: &JudgedTarget, judged: &JudgedEndpoint) -> TestCase {
    let endpoint = &judged.observation.endpoint;
    let skipped = is_not_offered(judged);
    let mut status = if skipped { TestCaseStatus::skipped() } else { status(judged.verdict) };
    if judged.verdict != Verdict::Pass || skipped {
        status.set_type(judged.diagnosis.state.name());
        status.set_message(&*visible(&standing(judged)));
    }
    if matches!(judged.verdict, Verdict::Fail | Verdict::Inconclusive) {
        status.set_description(told(&judged.diagnosis.findings));
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
    if let (Verdict::Warn, Some(finding)) = (judged.verdict, worst(&judged.diagnosis.findings)) {
        case.set_system_err(told(std::slice::from_ref(finding)));
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
    status.set_description(told(&target.findings));
    let mut case = TestCase::new(format!("{} as a whole", visible(&target.typed)), status);
    case.set_classname(&*visible(&target.typed));
    case
}

fn told(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        push!(text, "{}: {} [{}]\n", finding.severity, visible(&finding.message), finding.id);
        if let Some(evidence) = &finding.evidence {
            push!(text, "  seen: {}\n", visible(evidence));
        }
        if let Some(hint) = &finding.hint {
            push!(text, "  hint: {}\n", visible(hint));
        }
    }
    text
}
