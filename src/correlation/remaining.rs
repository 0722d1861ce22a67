//! What no other rule explains: each finding is a cause, once for all endpoints that share it.

use super::cause::Cause;
use super::view::View;
use crate::diagnosis::{Finding, FindingId};
use crate::words::distinct;

/// Findings that differ by severity only are one cause, as grave as the gravest: port 25 is forgiven more.
pub(super) fn explain(view: &mut View<'_>) {
    let mut groups: Vec<(&Finding, Vec<usize>)> = Vec::new();
    for (place, seen) in view.endpoints.iter().enumerate() {
        for finding in seen.diagnosis.findings.iter().filter(|finding| !is_told(view, place, finding)) {
            let same = |(known, _): &&mut (&Finding, _)| {
                (known.id, &known.message, &known.hint) == (finding.id, &finding.message, &finding.hint)
            };
            match groups.iter_mut().find(same) {
                Some((_, places)) if places.contains(&place) => {}
                Some((_, places)) => places.push(place),
                None => groups.push((finding, vec![place])),
            }
        }
    }
    for (finding, places) in groups {
        let alike = |one: &&Finding| (one.id, &one.message, &one.hint) == (finding.id, &finding.message, &finding.hint);
        let found: Vec<&Finding> =
            view.at(&places).flat_map(|seen| seen.diagnosis.findings.iter()).filter(alike).collect();
        let mut cause = Cause::of(finding);
        cause.severity = found.iter().map(|one| one.severity).min().unwrap_or(finding.severity);
        cause.evidence = distinct(found.iter().filter_map(|one| one.evidence.clone()));
        view.add(cause, &places, &[finding.id]);
    }
    for finding in view.untold() {
        view.add(Cause::of(finding), &[], &[]);
    }
}

/// Where a route was traced, the finding about the route tells of the silence, too.
fn is_told(view: &View<'_>, place: usize, finding: &Finding) -> bool {
    use FindingId::{BlockedAtDestination, BlockedNearby, BlockedOnPath, ConnectionTimeout};
    let traced = [BlockedNearby, BlockedOnPath, BlockedAtDestination];
    let is_traced = view.endpoints.get(place).is_some_and(|seen| traced.iter().any(|id| seen.finding(*id).is_some()));
    view.is_explained(place, finding.id) || (finding.id == ConnectionTimeout && is_traced)
}
