//! Public names that lead to addresses which are not: the record is wrong, not what was found at the address.

use super::cause::Cause;
use super::view::View;
use crate::diagnosis::{Finding, FindingId, Severity};
use crate::words::{capitalised, distinct};

/// What a wrong address explains: that nothing, or something else, is there.
const EXPLAINED: [FindingId; 9] = [
    FindingId::ConnectionRefused,
    FindingId::ConnectionTimeout,
    FindingId::RejectedByHost,
    FindingId::RejectedByRouter,
    FindingId::RejectedByThisMachine,
    FindingId::RejectedByUnknown,
    FindingId::NoNeighbour,
    FindingId::NoRoute,
    FindingId::ConnectFailed,
];

pub(super) fn explain(view: &mut View<'_>) {
    wrong_records(view);
    refused_by_option(view);
}

fn wrong_records(view: &mut View<'_>) {
    for led in view.target.elsewhere {
        let places = view.places(|seen| {
            *seen.host() == led.host && seen.address().is_some_and(|address| led.addresses.contains(&address))
        });
        let mut cause = Cause::of(&led.finding);
        let mut explained: &[FindingId] = &[];
        let is_wrong_record = led.finding.severity < Severity::Info && led.summary.is_some();
        let is_nothing_there = !places.is_empty()
            && view.at(&places).all(|seen| !seen.as_expected && EXPLAINED.iter().any(|id| seen.finding(*id).is_some()));
        if is_wrong_record && is_nothing_there {
            cause.severity = cause.severity.min(view.gravest(&places));
            cause.evidence =
                distinct(view.at(&places).filter_map(|seen| seen.diagnosis.findings.first()?.evidence.clone()));
            cause.summary.clone_from(&led.summary);
            explained = &EXPLAINED;
        }
        view.add(cause, &places, explained);
    }
    view.tell(FindingId::ServerAtPrivateAddress);
}

/// The user wanted no connection to such addresses: no rule of a firewall forbade it.
fn refused_by_option(view: &mut View<'_>) {
    let places = view.places(|seen| seen.finding(FindingId::RefusedByOption).is_some());
    let found: Vec<&Finding> = view.at(&places).filter_map(|seen| seen.finding(FindingId::RefusedByOption)).collect();
    let Some(finding) = found.first() else { return };
    let evidence = distinct(found.iter().filter_map(|finding| finding.evidence.clone()));
    let (ports, was) = (
        capitalised(&view.all_or_some_ports(&places)),
        if view.port_numbers(&places).len() == 1 { "was" } else { "were" },
    );
    let cause = Cause { evidence, severity: view.gravest(&places), ..Cause::of(finding) }
        .summary(format!("{ports} {was} not connected to: --no-private refuses addresses that are not public."));
    view.add(cause, &places, &[FindingId::RefusedByOption]);
}
