//! Connections that something refused with an ICMP message.

use std::net::IpAddr;

use super::cause::Cause;
use super::view::{JudgedState, View};
use crate::diagnosis::{Finding, FindingId, State};
use crate::observation::{Cause as Stop, ConnectFailure};
use crate::words::{capitalised, distinct};

/// The findings about who refused.
const REFUSALS: [FindingId; 4] =
    [FindingId::RejectedByHost, FindingId::RejectedByRouter, FindingId::RejectedByThisMachine, FindingId::NoNeighbour];

/// Endpoints that were refused in the same words by the same sender.
struct IcmpRefusal<'a> {
    finding: &'a Finding,
    state: State,
    /// Who sent the ICMP message, where that is somebody on the path or the host.
    sender: Option<IpAddr>,
    places: Vec<usize>,
}

pub(super) fn explain(view: &mut View<'_>) {
    for refusal in refusals(view) {
        let silent = silent_beside(view, &refusal);
        let mut cause = Cause::of(refusal.finding);
        cause.evidence = distinct(refusals_seen(view, &refusal.places));
        let mut places = refusal.places.clone();
        if !silent.is_empty() {
            let verb = if silent.len() == 1 { "was" } else { "were" };
            cause.message = format!(
                "{} {} {verb} silent, probably for the same reason: ICMP errors are sent only so often.",
                cause.message,
                capitalised(&view.ports(&silent))
            );
            cause.speaker = places.first().copied();
            places.extend(silent);
        }
        if let Some((name, without)) = family_alone(view, &places) {
            let hint = cause.hint.get_or_insert_default();
            *hint = format!("{hint} The other family works; to leave {name} out, give {without}.").trim_start().into();
        }
        cause.severity = view.gravest(&places);
        view.add(cause, &places, &[refusal.finding.id, FindingId::ConnectionTimeout]);
    }
}

fn refusals<'a>(view: &View<'a>) -> Vec<IcmpRefusal<'a>> {
    let mut refusals: Vec<IcmpRefusal<'a>> = Vec::new();
    for (place, seen) in view.endpoints.iter().enumerate() {
        let Some(finding) = REFUSALS.iter().find_map(|id| seen.finding(*id)) else { continue };
        if seen.as_expected || view.is_explained(place, finding.id) {
            continue;
        }
        let (state, sender) = (seen.state(), sender(seen));
        let same = |known: &&mut IcmpRefusal<'_>| {
            known.finding.message == finding.message && known.state == state && known.sender == sender
        };
        match refusals.iter_mut().find(same) {
            Some(known) => known.places.push(place),
            None => refusals.push(IcmpRefusal { finding, state, sender, places: vec![place] }),
        }
    }
    refusals
}

/// Ports of the same addresses that stayed silent: Linux sends a receiver six ICMP errors at once, then one a second.
fn silent_beside(view: &View<'_>, refusal: &IcmpRefusal<'_>) -> Vec<usize> {
    if refusal.sender.is_none() {
        return Vec::new();
    }
    let beside = |seen: &JudgedState<'_>| {
        view.at(&refusal.places).any(|one| one.host() == seen.host() && one.address() == seen.address())
    };
    let silent = view.silent();
    // Where another port of the address answers, the silence may have a cause of its own.
    let addresses = view.places(|seen| beside(seen) && seen.is_open());
    if !addresses.is_empty() {
        return Vec::new();
    }
    silent.into_iter().filter(|&place| view.endpoints.get(place).is_some_and(beside)).collect()
}

/// The only family that these endpoints are of, and what leaves it out, where the other one works.
fn family_alone(view: &View<'_>, places: &[usize]) -> Option<(&'static str, &'static str)> {
    let v6 = |seen: &JudgedState<'_>| seen.address().map(|address| address.is_ipv6());
    let family = v6(view.at(places).next()?)?;
    let all_of_it = view.places(|seen| v6(seen) == Some(family));
    let covers = view.at(places).all(|seen| v6(seen) == Some(family)) && all_of_it.len() == places.len();
    let other_works = view.endpoints.iter().any(|seen| v6(seen) == Some(!family) && seen.works());
    let words = if family { ("IPv6", "-4") } else { ("IPv4", "-6") };
    (covers && other_works).then_some(words)
}

fn sender(seen: &JudgedState<'_>) -> Option<IpAddr> {
    let failure = failure(seen)?;
    failure.icmp?.from.filter(|_| !failure.on_this_machine)
}

fn failure<'a>(seen: &JudgedState<'a>) -> Option<&'a ConnectFailure> {
    match &seen.observation.probe()?.stop.as_ref()?.cause {
        Stop::Connect(failure) => Some(failure),
        _ => None,
    }
}

fn refusals_seen(view: &View<'_>, places: &[usize]) -> Vec<String> {
    let told = view.at(places).filter_map(|seen| {
        let told = seen.diagnosis.findings.iter().find(|one| REFUSALS.contains(&one.id));
        told?.evidence.clone()
    });
    distinct(told)
}
