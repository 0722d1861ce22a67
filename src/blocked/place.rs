//! Where port 25 stops or is taken over, in words.

use super::conclude::is_intercepted_on_the_way;
use super::evidence::{FamilyEvidence, Relay};
use super::facts::Facts;
use super::words::joined;
use crate::diagnosis::icmp_meaning;
use crate::observation::Icmp;
use crate::observation::path::{Edge, Hop, HopReply, How, Place};

/// Where a host's port 25 stops, and how, after "it stops".
pub(super) fn stops_at(relay: &Relay) -> Option<String> {
    let located = relay.path.as_ref().filter(|path| !matches!(path.place, Place::Nowhere | Place::Unknown));
    let Some(path) = located else {
        if relay.refused_here() {
            return Some("on this machine: a rule or route here forbids it".to_owned());
        }
        if let Some(icmp) = relay.icmp()
            && let Some(from) = icmp.from
        {
            return Some(format!("at {from}, which answers with {}", icmp_words(icmp)));
        }
        return relay.let_through().map(|edge| format!("somewhere {}", between(Some(edge), None)));
    };
    let place = match path.place {
        Place::ThisMachine => "on this machine".to_owned(),
        Place::ThisMachineOrFirstHop => "on this machine or at the first router".to_owned(),
        Place::Path => between(path.after, path.before),
        _ => format!("at {} itself, or at the last router before it", relay.host),
    };
    let manner = match path.how {
        Some(How::Icmp) => path.icmp.map(|icmp| match icmp.from {
            Some(from) => format!("{from} answers with {}", icmp_words(icmp)),
            None => format!("the answer is {}", icmp_words(icmp)),
        }),
        Some(How::Reset) => Some("a reset comes back".to_owned()),
        Some(How::Drop) => Some("nothing comes back".to_owned()),
        Some(How::Intercept) | None => None,
    };
    Some([Some(place), manner].into_iter().flatten().collect::<Vec<_>>().join(": "))
}

/// Where the traced path shows that somebody else takes the connections.
pub(super) fn taken_over_at(seen: &FamilyEvidence) -> Option<String> {
    let path = seen.relays.iter().find(|relay| is_intercepted_on_the_way(relay))?.path.as_ref()?;
    Some(match path.place {
        Place::ThisMachineOrFirstHop => match path.before.and_then(|before| before.address) {
            Some(first) => format!("on this machine or at hop 1 ({first})"),
            None => "on this machine or at hop 1".to_owned(),
        },
        _ => between(path.after, path.before),
    })
}

/// The farthest hop of each family that answered for any port, where it is beyond the first router.
pub(super) fn farthest(facts: &Facts) -> Option<String> {
    let of_family = |seen: &FamilyEvidence| {
        let paths = seen.relays.iter().filter_map(|relay| relay.path.as_ref());
        let hop =
            paths.filter_map(|path| path.hops.iter().rev().find(|hop| is_heard(hop))).max_by_key(|hop| hop.ttl)?;
        let address = if hop.port.reply == HopReply::TimeExceeded { hop.port.from } else { hop.control.from };
        (hop.ttl > 1).then(|| hop_name(Edge { ttl: hop.ttl, address }))
    };
    let hops: Vec<String> = facts.families().filter_map(|(_, _, seen)| of_family(seen)).collect();
    (!hops.is_empty()).then(|| joined(&hops))
}

fn is_heard(hop: &Hop) -> bool {
    [hop.port, hop.control].iter().any(|answer| answer.reply == HopReply::TimeExceeded)
}

/// `between hop 2 (10.0.1.1) and hop 3`
fn between(after: Option<Edge>, before: Option<Edge>) -> String {
    match (after.map(hop_name), before.map(hop_name)) {
        (Some(after), Some(before)) => format!("between {after} and {before}"),
        (Some(after), None) => format!("beyond {after}"),
        (None, Some(before)) => format!("before {before}"),
        (None, None) => "on the way".to_owned(),
    }
}

fn hop_name(edge: Edge) -> String {
    match (edge.ttl, edge.address) {
        (0, _) => "this machine".to_owned(),
        (ttl, Some(address)) => format!("hop {ttl} ({address})"),
        (ttl, None) => format!("hop {ttl}"),
    }
}

fn icmp_words(icmp: Icmp) -> String {
    let name = if icmp.v6 { "ICMPv6" } else { "ICMP" };
    format!("{name} {}/{} ({})", icmp.icmp_type, icmp.code, icmp_meaning(&icmp))
}
