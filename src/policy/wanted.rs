//! Promises that the user wants a domain to make and keep (`--expect-policies`).

use super::judged::{JudgedEndpoint, Verdict};
use super::kept::{JudgedPolicy, PolicyKind, PolicyOutcome};
use crate::diagnosis::{Finding, FindingId, Severity};
use crate::target::TargetKind;

/// What came of the promises that are wanted.
#[derive(Debug, Default)]
pub(super) struct WantedPromises {
    /// One for each that is not kept.
    pub(super) findings: Vec<Finding>,
    /// Whether one of them fails the target although nothing else does on its account.
    pub(super) fails_alone: bool,
}

/// Compares what is wanted with what was judged, of the target with these endpoints and findings.
pub(super) fn compare(
    wanted: &[PolicyKind],
    kind: TargetKind,
    policies: &[JudgedPolicy],
    endpoints: &[JudgedEndpoint],
    of_target: &[Finding],
) -> WantedPromises {
    let mut compared = WantedPromises::default();
    for &wanted in wanted {
        let found = policies.iter().find(|policy| policy.kind == wanted);
        if found.is_some_and(|policy| policy.outcome == PolicyOutcome::Kept) {
            continue;
        }
        compared.findings.push(not_met(wanted, kind, found));
        compared.fails_alone |= !fails_anyway(found, endpoints, of_target);
    }
    compared
}

fn not_met(wanted: PolicyKind, kind: TargetKind, found: Option<&JudgedPolicy>) -> Finding {
    let label = wanted.label();
    let message = match found.map(|policy| policy.outcome) {
        _ if kind != TargetKind::Domain => format!("{label} was expected, but this is no mail domain."),
        Some(PolicyOutcome::Broken | PolicyOutcome::Kept) => format!("{label} was expected to be kept, and is broken."),
        Some(PolicyOutcome::None) => format!("{label} was expected, and the domain does not promise it."),
        Some(PolicyOutcome::CannotTell) => {
            format!("{label} was expected to be kept, and whether it is cannot be told from here.")
        }
        None => format!("{label} was expected to be kept, and it was not looked up."),
    };
    let hint = match found.map(|policy| policy.outcome) {
        _ if kind != TargetKind::Domain => Some("Write the mail domain with @ before it, as in @example.org."),
        Some(PolicyOutcome::None) => Some("Publish it, or leave it out of what is expected."),
        Some(PolicyOutcome::CannotTell) if wanted == PolicyKind::Dane => {
            Some("Ask a name server that passes DNSSEC signatures on, with --dns-server.")
        }
        Some(PolicyOutcome::CannotTell) => Some("Run the check again, and from another network."),
        // What is wrong has a finding, and a hint, of its own; why nothing was looked up is told elsewhere, too.
        Some(PolicyOutcome::Broken | PolicyOutcome::Kept) | None => None,
    };
    let sentence = found.map(JudgedPolicy::sentence);
    Finding {
        hint: hint.map(str::to_owned),
        ..Finding::error(FindingId::ExpectationNotMet, message).evidence(sentence)
    }
}

/// Whether the target fails by itself, with a code of its own that tells more: because of the broken promise, or with whatever
/// kept a promise from being told.
fn fails_anyway(policy: Option<&JudgedPolicy>, endpoints: &[JudgedEndpoint], of_target: &[Finding]) -> bool {
    let fails = |judged: &JudgedEndpoint| judged.verdict == Verdict::Fail;
    match policy.map(|policy| (policy.outcome, policy.finding)) {
        // What is broken is the endpoint itself.
        Some((PolicyOutcome::Broken, None)) => endpoints.iter().any(fails),
        Some((PolicyOutcome::Broken, told)) => {
            let is_error = |finding: &Finding| Some(finding.id) == told && finding.severity == Severity::Error;
            let of_endpoint = |judged: &JudgedEndpoint| judged.diagnosis.findings.iter().any(is_error);
            of_target.iter().any(is_error) || endpoints.iter().any(|judged| fails(judged) && of_endpoint(judged))
        }
        Some((PolicyOutcome::CannotTell, _)) | None => endpoints.is_empty() || endpoints.iter().any(fails),
        Some((PolicyOutcome::None | PolicyOutcome::Kept, _)) => false,
    }
}
