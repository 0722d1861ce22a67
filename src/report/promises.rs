//! What a target's promises came to, in lines that the reports for people share.

use crate::diagnosis::FindingId;
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
    target.policies.iter().filter(is_told).map(line).collect()
}

/// What the domain does not promise at all: `Not published: DANE and MTA-STS`.
pub(super) fn unpublished(target: &JudgedTarget) -> Option<String> {
    let is_missing = |policy: &&JudgedPolicy| policy.outcome == PolicyOutcome::None && policy.finding.is_none();
    let missing = target.policies.iter().filter(is_missing).map(|policy| match policy.kind {
        PolicyKind::AgentConfig => "PACC (mail program settings)",
        kind => kind.label(),
    });
    let missing = joined(missing);
    (is_of_domain(target) && !missing.is_empty()).then(|| format!("Not published: {missing}"))
}

fn is_of_domain(target: &JudgedTarget) -> bool {
    target.promises.as_ref().is_some_and(|promises| promises.is_domain)
}

fn line(policy: &JudgedPolicy) -> PromiseLine {
    let JudgedPolicy { kind, outcome, sentence, finding } = policy;
    let label = format!("{}: ", kind.label());
    let said = sentence.strip_prefix(&label).unwrap_or(sentence);
    let word = word(*outcome);
    let text = if said.contains(word) { said.to_owned() } else { format!("{word}: {said}") };
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
