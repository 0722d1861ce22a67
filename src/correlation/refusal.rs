//! Connections that something refused with an ICMP message.

use std::net::IpAddr;

use super::cause::Cause;
use super::view::{JudgedState, View};
use crate::diagnosis::{Finding, FindingId, State, icmp_meaning, rejected_by_routers};
use crate::observation::{ConnectFailure, Icmp, StopCause};
use crate::words::{capitalised, distinct, joined};

/// The findings about who refused.
const REFUSALS: [FindingId; 4] =
    [FindingId::RejectedByHost, FindingId::RejectedByRouter, FindingId::RejectedByThisMachine, FindingId::NoNeighbour];

/// Endpoints that were refused in the same words.
struct IcmpRefusal<'a> {
    finding: &'a Finding,
    state: State,
    icmp: Option<Icmp>,
    /// The routers or firewalls that said so, or the host's own addresses; none where it was this machine.
    senders: Vec<IpAddr>,
    places: Vec<usize>,
}

pub(super) fn explain(view: &mut View<'_>) {
    for refusal in refusals(view) {
        let mut cause = cause(view, &refusal);
        let mut places = refusal.places.clone();
        let silent = silent_beside(view, &refusal);
        if !silent.is_empty() {
            cause.message = format!(
                "{} {}, probably for the same reason: ICMP errors are sent only so often.",
                cause.message,
                silence(view, &places, &silent)
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

fn cause(view: &View<'_>, refusal: &IcmpRefusal<'_>) -> Cause {
    let IcmpRefusal { finding, state, icmp, senders, places } = refusal;
    let mut cause = match icmp {
        Some(icmp) if finding.id == FindingId::RejectedByRouter && senders.len() > 1 => {
            let by_all = Cause::of(&rejected_by_routers(senders, icmp, *state));
            by_all.summary(summary(view, places, *state, senders))
        }
        _ => Cause::of(finding),
    };
    cause.evidence = distinct(view.at(places).filter_map(|seen| seen.finding(finding.id)?.evidence.clone()));
    cause
}

/// `All seven ports are forbidden by rules at 10.0.0.1 and fd00::1.`
fn summary(view: &View<'_>, places: &[usize], state: State, senders: &[IpAddr]) -> String {
    let (ports, senders) = (capitalised(&view.all_or_some_ports(places)), joined(senders));
    let is = if view.port_numbers(places).len() == 1 { "is" } else { "are" };
    match state {
        State::AdministrativelyProhibited => format!("{ports} {is} forbidden by rules at {senders}."),
        State::ConnectionRefused => format!("{ports} {is} refused by {senders}."),
        _ => format!("{ports} cannot be reached according to {senders}."),
    }
}

/// What was refused in the same words by one sender of each family is one matter: a router has an address of each.
fn refusals<'a>(view: &View<'a>) -> Vec<IcmpRefusal<'a>> {
    let mut refusals: Vec<IcmpRefusal<'a>> = Vec::new();
    for (place, seen) in view.endpoints.iter().enumerate() {
        let Some(finding) = REFUSALS.iter().find_map(|id| seen.finding(*id)) else { continue };
        if seen.as_expected || view.is_explained(place, finding.id) {
            continue;
        }
        let (state, icmp) = (seen.state(), failure(seen).and_then(|failure| failure.icmp));
        let sender = sender(seen);
        let same = |known: &&mut IcmpRefusal<'_>| {
            let is_known = sender.is_none_or(|sender| {
                let of_family = |one: &&IpAddr| one.is_ipv4() == sender.is_ipv4();
                finding.id == FindingId::RejectedByHost
                    || known.senders.iter().find(of_family).is_none_or(|one| *one == sender)
            });
            let meaning = |icmp: Option<Icmp>| icmp.as_ref().map(icmp_meaning);
            // Without a message from somebody, only the words tell one reason from another.
            let same_words = icmp.is_some() || known.finding.message == finding.message;
            (known.finding.id, known.state) == (finding.id, state)
                && meaning(known.icmp) == meaning(icmp)
                && same_words
                && is_known
        };
        match refusals.iter_mut().find(same) {
            Some(known) => {
                known.places.push(place);
                known.senders = distinct(known.senders.iter().copied().chain(sender));
            }
            None => refusals.push(IcmpRefusal {
                finding,
                state,
                icmp,
                senders: sender.into_iter().collect(),
                places: vec![place],
            }),
        }
    }
    refusals
}

/// `Ports 143 and 993 were silent`, or the whole address.
fn silence(view: &View<'_>, refused: &[usize], silent: &[usize]) -> String {
    let is_refused_at = |seen: &JudgedState<'_>| view.at(refused).any(|one| one.address() == seen.address());
    let what =
        if view.at(silent).any(is_refused_at) { capitalised(&view.ports(silent)) } else { view.address_list(silent) };
    let verb = if silent.len() == 1 || !what.starts_with("Ports") { "was" } else { "were" };
    format!("{what} {verb} silent")
}

/// What stayed silent beside it: ports of the same addresses, and where the host is said to be unreachable, its other
/// addresses. Linux sends a receiver six ICMP errors at once, then one a second.
fn silent_beside(view: &View<'_>, refusal: &IcmpRefusal<'_>) -> Vec<usize> {
    if refusal.senders.is_empty() {
        return Vec::new();
    }
    let is_down = matches!(refusal.state, State::HostUnreachable | State::NetworkUnreachable);
    let is_beside = |seen: &JudgedState<'_>| {
        let mut refused = view.at(&refusal.places);
        refused.any(|one| one.host() == seen.host() && (is_down || one.address() == seen.address()))
    };
    // Where another port answers there, the silence may have a cause of its own.
    if view.endpoints.iter().any(|seen| is_beside(seen) && seen.is_open()) {
        return Vec::new();
    }
    view.silent().into_iter().filter(|&place| view.endpoints.get(place).is_some_and(is_beside)).collect()
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
        StopCause::Connect(failure) => Some(failure),
        _ => None,
    }
}
