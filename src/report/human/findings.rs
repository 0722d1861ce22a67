//! What is wrong, or worth knowing: a block for each cause.

use super::detail::Detail;
use super::words;
use crate::correlation::Cause;
use crate::diagnosis::{Finding, FindingId, Severity};
use crate::policy::{JudgedTarget, Verdict};
use crate::report::sanitize::fit;
use crate::report::scope::CauseScope;
use crate::report::style::{Ink, Page, Style};

/// Writes the causes of a target, gravest first.
pub(super) fn write(page: &mut Page, target: &JudgedTarget, style: Style, detail: Detail) {
    let scope = CauseScope::of(target);
    for cause in target.causes.iter().filter(|cause| is_shown(cause, target, detail)) {
        page.blank();
        let covered = scope.name(cause);
        // The id as the command that explains it: that takes no line of its own.
        let explain = format!("mailprobe explain {}", cause.id);
        let label = if covered.is_empty() { explain } else { [explain, covered].join(style.separator()) };
        let evidence: Vec<&str> = cause.evidence.iter().map(String::as_str).collect();
        let hint = cause.hint.as_deref().filter(|hint| !target.hints.iter().any(|told| told == hint));
        block(page, (cause.severity, &cause.message), &label, &evidence, hint, style);
    }
}

/// What is good to know about ports that pass would fill the screen: it is for `-v`. About the target as a whole, and
/// about ports that need attention, it explains the rest.
pub(in crate::report) fn is_shown(cause: &Cause, target: &JudgedTarget, detail: Detail) -> bool {
    let needs_attention = |index: &usize| target.endpoints.get(*index).is_some_and(|one| one.verdict != Verdict::Pass);
    let explains = || {
        // What tells ports apart is about the host, and what a server says to people is not ours to keep back.
        let is_always =
            matches!(cause.id, FindingId::CertificatesDiffer | FindingId::ServerNotice) || is_asked_for(cause.id);
        cause.endpoints.is_empty() || is_always || cause.endpoints.iter().any(needs_attention)
    };
    match (detail, cause.severity) {
        (Detail::Verbose, _) | (_, Severity::Error | Severity::Warning) => true,
        (_, Severity::Info) => detail == Detail::Normal && !is_told_by_promises(cause.id) && explains(),
    }
}

/// The answer to what an option asked for.
const fn is_asked_for(id: FindingId) -> bool {
    use FindingId::{Inconclusive, LoginWanted, RelayDenied, StarttlsEnforced, StarttlsNotEnforced};
    matches!(id, StarttlsEnforced | StarttlsNotEnforced | RelayDenied | LoginWanted | Inconclusive)
}

/// What the line about DANE among the promises says already.
const fn is_told_by_promises(id: FindingId) -> bool {
    matches!(id, FindingId::DaneMatch | FindingId::DaneOneRecord | FindingId::DaneCannotTell)
}

const INDENT: usize = 4;
/// How many pieces of evidence are shown for one cause, and how wide each may be.
const MAX_EVIDENCE: usize = 3;
const MAX_EVIDENCE_WIDTH: usize = 300;

/// A finding with its label, and its hint where that is not among `hints`.
pub(super) fn told(page: &mut Page, finding: &Finding, label: &str, hints: &[String], style: Style) {
    let evidence: Vec<&str> = finding.evidence.as_deref().into_iter().collect();
    let hint = finding.hint.as_deref().filter(|hint| !hints.iter().any(|told| told == hint));
    block(page, (finding.severity, &finding.message), label, &evidence, hint, style);
}

fn block(
    page: &mut Page,
    (severity, message): (Severity, &str),
    label: &str,
    evidence: &[&str],
    hint: Option<&str>,
    style: Style,
) {
    let lead = format!("{severity}: ");
    page.paragraph(&[(words::severity_ink(severity), &lead)], INDENT, Ink::Plain, message);
    page.paragraph(&[], INDENT, Ink::Faint, label);
    for evidence in evidence.iter().take(MAX_EVIDENCE) {
        let evidence = fit(evidence, MAX_EVIDENCE_WIDTH, style.charset());
        page.paragraph(&[], INDENT, Ink::Plain, &format!("seen: {evidence}"));
    }
    if let Some(hint) = hint {
        page.advice(INDENT, &format!("hint: {hint}"));
    }
}
