//! Large packets that get lost: it is the way to an address, not a port of it.

use super::cause::Cause;
use super::view::{JudgedState, View};
use crate::diagnosis::{Finding, FindingId};
use crate::observation::Attempt;
use crate::words::{distinct, uncapitalised};

pub(super) fn explain(view: &mut View<'_>) {
    let lost = |seen: &JudgedState<'_>| seen.finding(FindingId::MtuBlackHole).is_some() && !seen.as_expected;
    let places = view.places(lost);
    // One cause for each direction.
    let findings: Vec<Finding> =
        distinct(view.at(&places).filter_map(|seen| seen.finding(FindingId::MtuBlackHole)).map(in_general));
    for finding in findings {
        let same = |seen: &JudgedState<'_>| {
            lost(seen) && seen.finding(FindingId::MtuBlackHole).map(in_general).as_ref() == Some(&finding)
        };
        let places = view.places(same);
        let mut cause = Cause::of(&finding)
            .evidence(view.evidence(&places, FindingId::MtuBlackHole))
            .summary(summary(view, &places, &finding));
        if let (Some(hint), Some(place)) = (&mut cause.hint, where_to_look(view, &places)) {
            *hint = format!("{place} {hint}");
        }
        cause.severity = view.gravest(&places);
        view.add(cause, &places, &[FindingId::MtuBlackHole]);
    }
}

/// What is the same for all endpoints.
fn in_general(finding: &Finding) -> Finding {
    Finding { evidence: None, ..finding.clone() }
}

/// `TLS fails on ports 465 and 587 of 192.0.2.5: large packets from the server get lost on the way here.`
fn summary(view: &View<'_>, places: &[usize], finding: &Finding) -> String {
    let lost = uncapitalised(finding.message.split(':').next().unwrap_or_default());
    format!("TLS fails on {} of {}: {lost}.", view.ports(places), view.address_list(places))
}

/// What the other addresses tell about the place of the link.
fn where_to_look(view: &View<'_>, places: &[usize]) -> Option<String> {
    let affected = distinct(view.at(places).filter_map(JudgedState::address));
    let passes = |seen: &JudgedState<'_>| {
        seen.address().is_some_and(|address| !affected.contains(&address) && !address.is_loopback())
            && seen.observation.probe().is_some_and(usual_handshake_done)
    };
    let others = view.places(passes);
    if !others.is_empty() {
        return Some(format!(
            "With {} the usual handshake works: look first on the part of the way that only {} has.",
            view.address_list(&others),
            view.address_list(places)
        ));
    }
    (affected.len() > 1).then(|| {
        format!("It is so with {}: look first on the part of the way that they share.", view.address_list(places))
    })
}

fn usual_handshake_done(probe: &Attempt) -> bool {
    probe.tls.as_ref().is_some_and(|tls| tls.version.is_some())
}
