//! What a target's promises came to, in lines that the reports for people share.

use crate::diagnosis::{FindingId, State};
use crate::observation::promises::PolicyRecord;
use crate::policy::{JudgedPolicy, JudgedTarget, PolicyKind, PolicyOutcome};
use crate::words::joined;

/// What became of one kind of promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PromiseLine {
    pub(super) kind: PolicyKind,
    pub(super) outcome: PolicyOutcome,
    /// What tells more, where there is something to do about it.
    pub(super) finding: Option<FindingId>,
    /// The outcome and what is the case, without the kind. Hostile text.
    pub(super) text: String,
}

/// The promises that something is to be said of, each in a line of its own.
pub(super) fn lines(target: &JudgedTarget) -> Vec<PromiseLine> {
    let is_domain = is_of_domain(target);
    // Nobody asked about the promises of a host on its own: what is not there, or not known, is not missed.
    let is_told = |policy: &&JudgedPolicy| match policy.outcome {
        PolicyOutcome::Kept | PolicyOutcome::Broken => true,
        PolicyOutcome::CannotTell => is_domain,
        PolicyOutcome::None => policy.finding.is_some(),
    };
    let unanswered = unanswered_policies(target);
    let is_apart = |policy: &&JudgedPolicy| !unanswered.contains(&policy.kind);
    target.policies.iter().filter(is_told).filter(is_apart).map(line).collect()
}

/// What no name server answered, where that is so of several promises: `Not known: MTA-STS and TLS reporting, …`.
pub(super) fn unanswered(target: &JudgedTarget) -> Option<String> {
    let kinds = unanswered_policies(target);
    let names = joined(kinds.iter().map(|kind| kind.label()));
    (!kinds.is_empty()).then(|| format!("Not known: {names}, since their records could not be looked up"))
}

const fn is_failed<T>(record: &PolicyRecord<T>) -> bool {
    matches!(record, PolicyRecord::Failed(_))
}

/// Beside DANE, whose line says more.
fn unanswered_policies(target: &JudgedTarget) -> Vec<PolicyKind> {
    let Some(promises) = target.promises.as_ref().filter(|promises| promises.is_domain) else { return Vec::new() };
    let failed = [
        (PolicyKind::MtaSts, promises.mta_sts.as_ref().is_some_and(|one| is_failed(&one.record))),
        (PolicyKind::TlsReporting, promises.tls_reporting.as_ref().is_some_and(|one| is_failed(&one.record))),
        (PolicyKind::AgentConfig, promises.agent_config.as_ref().is_some_and(|one| is_failed(&one.record))),
    ];
    let kinds: Vec<PolicyKind> = failed.into_iter().filter(|(_, failed)| *failed).map(|(kind, _)| kind).collect();
    if kinds.len() > 1 { kinds } else { Vec::new() }
}

/// What a domain that accepts mail does not promise at all: `Not published: DANE and MTA-STS`.
pub(super) fn unpublished(target: &JudgedTarget) -> Option<String> {
    let is_missing = |policy: &&JudgedPolicy| policy.outcome == PolicyOutcome::None && policy.finding.is_none();
    let missing = target.policies.iter().filter(is_missing).map(|policy| match policy.kind {
        PolicyKind::AgentConfig => "PACC (mail program settings)",
        kind => kind.label(),
    });
    let missing = joined(missing);
    let accepts_mail = target.endpoints.iter().any(|one| one.diagnosis.state != State::DnsNoMail);
    (is_of_domain(target) && accepts_mail && !missing.is_empty()).then(|| format!("Not published: {missing}"))
}

fn is_of_domain(target: &JudgedTarget) -> bool {
    target.promises.as_ref().is_some_and(|promises| promises.is_domain)
}

fn line(policy: &JudgedPolicy) -> PromiseLine {
    let JudgedPolicy { kind, outcome, clause, finding } = policy;
    let word = word(*outcome);
    let text = if clause.contains(word) { clause.clone() } else { format!("{word}: {clause}") };
    PromiseLine { kind: *kind, outcome: *outcome, finding: *finding, text }
}

fn word(outcome: PolicyOutcome) -> &'static str {
    match outcome {
        PolicyOutcome::Kept => "kept",
        PolicyOutcome::Broken => "broken",
        PolicyOutcome::None => "none",
        PolicyOutcome::CannotTell => "cannot tell",
    }
}
