//! What a person would say of promises that are broken, expected, or of no use.

use crate::correlation::Cause;
use crate::diagnosis::{Finding, FindingId, Severity, is_breach};

/// More than this are not told one by one.
const MAX_TOLD: usize = 2;

/// That senders keep mail back because a promise is broken comes first: nothing else tells anybody.
pub(super) fn mail_kept_back(causes: &[Cause]) -> Option<String> {
    let is_told = |cause: &&Cause| is_breach(cause.id) && cause.severity == Severity::Error;
    let told: Vec<&str> = causes.iter().filter(is_told).filter_map(|cause| cause.summary.as_deref()).collect();
    let more = told.len().saturating_sub(MAX_TOLD);
    let more = (more > 0).then(|| format!("{} more of the domain's promises {}.", more, broken(more)));
    let first = told.into_iter().take(MAX_TOLD).map(str::to_owned);
    let said: Vec<String> = first.chain(more).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

/// What was expected of the domain as a whole.
pub(super) fn not_as_expected(of_target: &[Finding]) -> Option<String> {
    messages(of_target, |finding| finding.id == FindingId::ExpectationNotMet)
}

/// What the domain published in vain: it concerns no port, and a warning says what.
pub(super) fn promises_of_no_use(of_target: &[Finding]) -> Option<String> {
    use FindingId::{DaneUnsigned, MtaStsPolicyInvalid, MtaStsPolicyUnreachable, MtaStsRecordInvalid, TlsRptInvalid};
    use FindingId::{PaccDigestMismatch, PaccInvalid, PaccUnreachable};
    let is_of_promise = |id| {
        matches!(id, DaneUnsigned | MtaStsPolicyInvalid | MtaStsPolicyUnreachable | MtaStsRecordInvalid | TlsRptInvalid)
            || matches!(id, PaccDigestMismatch | PaccInvalid | PaccUnreachable)
    };
    messages(of_target, |finding| finding.severity == Severity::Warning && is_of_promise(finding.id))
}

/// The messages of the first of these findings.
fn messages(of_target: &[Finding], is_meant: impl Fn(&Finding) -> bool) -> Option<String> {
    let meant = of_target.iter().filter(|finding| is_meant(finding)).take(MAX_TOLD);
    let said: Vec<&str> = meant.map(|finding| finding.message.as_str()).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

const fn broken(count: usize) -> &'static str {
    if count == 1 { "is broken" } else { "are broken" }
}
