//! The way to the port: where it stops, in words that never say more than the evidence.

use super::connect::icmp_meaning;
use super::finding::{Diagnosis, Finding, Severity};
use super::finding_id::FindingId;
use crate::observation::path::{Edge, HopReply, How, Path, Place, Untraceable};
use crate::observation::{Observation, StopCause};

/// Where a port is blocked, to end a sentence with: "between hop 2 (10.0.0.1) and hop 3", "on this machine". `None` where
/// it is not blocked, or nothing tells.
pub fn whereabouts(path: &Path) -> Option<String> {
    let the_host = |edge: Edge| Some(edge) == host_edge(path);
    match (path.place, path.after, path.before) {
        (Place::ThisMachine, ..) => Some("on this machine".to_owned()),
        (Place::ThisMachineOrFirstHop, _, Some(first)) if the_host(first) => {
            Some("on this machine, or at the host, which is the next hop".to_owned())
        }
        (Place::ThisMachineOrFirstHop, _, Some(first)) => Some(format!("on this machine or at {}", named(first))),
        (Place::ThisMachineOrFirstHop, _, None) => Some("on this machine or at the first hop".to_owned()),
        (Place::Destination, Some(last), _) => {
            Some(format!("at the host or at the last router before it, {}", named(last)))
        }
        (Place::Destination, None, _) => Some("at the host".to_owned()),
        (Place::Path, Some(after), _) if is_sender(path, after) => Some(format!("at {}", named(after))),
        (Place::Path | Place::Unknown, Some(after), Some(before)) if the_host(before) => {
            Some(format!("between {} and the host, which is hop {}", named(after), before.ttl))
        }
        (Place::Path | Place::Unknown, Some(after), Some(before)) => {
            Some(format!("between {} and {}", named(after), named(before)))
        }
        (Place::Path | Place::Unknown, Some(after), None) => Some(format!("somewhere beyond {}", named(after))),
        (Place::Path | Place::Unknown, None, Some(before)) => Some(format!("somewhere before {}", named(before))),
        (Place::Nowhere, ..) | (Place::Path | Place::Unknown, None, None) => None,
    }
}

/// Adds what the traced way tells. Advice that is now too vague gives way to it.
pub(super) fn judge(observation: &Observation, diagnosis: &mut Diagnosis) {
    let Some(traced) = observation.path.as_ref().filter(|_| observation.not_offered_by.is_none()) else { return };
    let path = match traced {
        Ok(path) => path,
        Err(untraceable) => return diagnosis.findings.push(not_traced(untraceable)),
    };
    let Some(finding) = finding(observation, path) else { return };
    if finding.hint.is_some() && finding.id != FindingId::PathOpen && path.place != Place::Unknown {
        // The cause stays what it is; what to do about it follows from the place.
        for general in &mut diagnosis.findings {
            general.hint = None;
        }
    }
    diagnosis.findings.push(finding);
}

/// A proxy in the server's place, where the way proves one.
pub(super) fn interception(observation: &Observation) -> Option<Finding> {
    let path = observation.path.as_ref()?.as_ref().ok().filter(|path| path.how == Some(How::Intercept))?;
    if path.is_all_taken() {
        return Some(all_taken(path));
    }
    let place = whereabouts(path).unwrap_or_default();
    let look = if path.place == Place::ThisMachineOrFirstHop {
        "Look for a mail shield or a proxy on this machine first, then ask whoever runs the first router.".to_owned()
    } else {
        format!("Ask whoever runs the network {place} about a mail proxy.")
    };
    Some(
        Finding::error(
            FindingId::Intercepted,
            format!(
                "Something other than the host answers: connections to this port end {place}; those to port {} go on.",
                path.control_port
            ),
        )
        .evidence(evidence(path))
        .hint(format!("{look} Until then, trust nothing received there.")),
    )
}

/// Every connection ends close by, whatever the port.
fn all_taken(path: &Path) -> Finding {
    let (who, look) = match (&path.tunnel, path.place) {
        (Some(tunnel), Place::ThisMachine) => (
            format!("A VPN or proxy on this machine answers in the server's place, through the interface {tunnel}"),
            format!("Turn off the VPN or proxy behind {tunnel}, or exempt mail ports from it"),
        ),
        (Some(tunnel), _) => (
            format!("A VPN, on this machine or at its far end, answers in the server's place, through {tunnel}"),
            format!("Turn off the VPN behind {tunnel}, or exempt mail ports from it"),
        ),
        (None, _) => (
            "Something on this machine or at the first router answers in the server's place: a proxy, perhaps, or a \
             captive portal"
                .to_owned(),
            "Look for a proxy or a VPN on this machine, and log in to the network if it asks for that; then ask whoever \
             runs the first router"
                .to_owned(),
        ),
    };
    Finding::error(
        FindingId::Intercepted,
        format!(
            "{who}. It accepts connections a single hop away, even to port {}, which mail servers do not use.",
            path.control_port
        ),
    )
    .evidence(evidence(path))
    .hint(format!("{look}. Then probe again: what was seen here says nothing about the server."))
}

// No message names the port: what holds for several ports is told once, with all of them.

fn finding(observation: &Observation, path: &Path) -> Option<Finding> {
    let control = path.control_port;
    let place = whereabouts(path).unwrap_or_default();
    let vanish = format!("The packets vanish {place}. Those to port {control} get through.");
    let finding = match (path.place, path.how) {
        // Told by `interception`; of this machine the connection itself tells.
        (_, Some(How::Intercept)) | (Place::ThisMachine, _) => return None,
        (Place::Nowhere, _) => return passed_by(observation, path),
        (Place::ThisMachineOrFirstHop, how) => {
            let reset = format!("The reset comes from close by: it originates {place}.");
            let what = if how == Some(How::Reset) { reset } else { vanish };
            Finding::error(FindingId::BlockedNearby, what).hint(nearby_hint(path))
        }
        (Place::Path, Some(How::Icmp)) => rejected(path, &place),
        (Place::Path, how) => {
            let reset = format!("The reset does not come from the host: it originates {place}.");
            let what = if how == Some(How::Reset) { reset } else { vanish };
            Finding::error(FindingId::BlockedOnPath, what)
                .hint(format!("Ask whoever runs the network {place} to let mail through. The host cannot fix this."))
        }
        (Place::Destination, Some(How::Drop)) => Finding::error(
            FindingId::BlockedAtDestination,
            format!("The packets vanish {place}. Those to port {control} arrive."),
        )
        .hint("Ask whoever runs the host: its firewall, or the one in front of it, drops them."),
        // What to do, the connection's own finding says.
        (Place::Destination, _) => {
            Finding::info(FindingId::BlockedAtDestination, format!("The refusal originates {place}."))
        }
        (Place::Unknown, Some(_)) => Finding::info(
            FindingId::PathUnclear,
            format!("It is blocked {place}. The hops in between do not answer, so the exact place is not known."),
        ),
        (Place::Unknown, None) => Finding::info(FindingId::PathUnclear, nothing_told(path)),
    };
    Some(finding.evidence(evidence(path)))
}

/// An ICMP message from a router.
fn rejected(path: &Path, place: &str) -> Finding {
    let control = path.control_port;
    let meaning = path.icmp.as_ref().map_or("an ICMP error", icmp_meaning);
    let from = path.icmp.and_then(|icmp| icmp.from).map_or_else(|| "that router".to_owned(), |from| from.to_string());
    if arrived(path) {
        return Finding::error(
            FindingId::BlockedOnPath,
            format!("The connection is rejected {place}: {meaning}. Port {control} gets through."),
        )
        .hint(format!("Ask whoever runs {from} to let mail through. The host cannot fix this."));
    }
    Finding::error(
        FindingId::BlockedOnPath,
        format!("The route ends {place}: {meaning}. Port {control} does not get through either."),
    )
    .hint(format!("Check that the host is up and the address is right. If so, ask whoever runs {from}."))
}

fn nearby_hint(path: &Path) -> String {
    let first = path.before.filter(|first| Some(*first) != host_edge(path));
    let then = first.map_or_else(|| "the host's".to_owned(), |first| format!("the router's, {}", named(first)));
    format!("Check this machine's own firewall for a rule on outgoing connections, then {then}.")
}

/// The way is open: worth a word only where the connection had failed.
fn passed_by(observation: &Observation, path: &Path) -> Option<Finding> {
    let stop = observation.probe()?.stop.as_ref()?;
    let failed = matches!(stop.cause, StopCause::Connect(_));
    failed.then(|| Finding::usual(FindingId::PathOpen, Severity::Info).evidence(evidence(path)))
}

fn nothing_told(path: &Path) -> String {
    let control = path.control_port;
    match path.after {
        _ if arrived(path) => {
            format!("Where it is blocked is unknown: the packets take a different route from those to port {control}.")
        }
        Some(after) => format!(
            "Beyond {} neither this port nor port {control} gets an answer, so where the packets end is unknown.",
            named(after)
        ),
        None => format!("Neither this port nor port {control} gets any answer, not even from the first router."),
    }
}

fn not_traced(untraceable: &Untraceable) -> Finding {
    let finding = Finding::info(FindingId::PathNotTraced, "The route to the port could not be traced.");
    match untraceable {
        Untraceable::System(why) => {
            finding.evidence((*why).to_owned()).hint("Trace it from a Linux machine with kernel 5.9 or later.")
        }
        Untraceable::Local(words) => finding.evidence(words.clone()),
    }
}

/// Whether an edge is the very router that rejects.
fn is_sender(path: &Path, edge: Edge) -> bool {
    edge.address.is_some() && path.icmp.and_then(|icmp| icmp.from) == edge.address
}

/// `hop 2 (10.0.0.1)`, or `hop 2` where it does not say its address.
fn named(Edge { ttl, address }: Edge) -> String {
    address.map_or_else(|| format!("hop {ttl}"), |address| format!("hop {ttl} ({address})"))
}

/// Where the port that is compared with reached the host.
fn host_edge(path: &Path) -> Option<Edge> {
    let hop = path.hops.iter().find(|hop| is_arrival(hop.control.reply))?;
    Some(Edge { ttl: hop.ttl, address: hop.control.from })
}

fn arrived(path: &Path) -> bool {
    host_edge(path).is_some()
}

const fn is_arrival(reply: HopReply) -> bool {
    matches!(reply, HopReply::Connected | HopReply::Refused)
}

/// `routers answer up to hop 2, then nothing does; port 443: connected at hop 4`
fn evidence(path: &Path) -> String {
    let port = outcome(path.hops.iter().map(|hop| (hop.ttl, hop.port.reply)));
    let control = outcome(path.hops.iter().map(|hop| (hop.ttl, hop.control.reply)));
    format!("{port}; port {}: {control}", path.control_port)
}

fn outcome(replies: impl DoubleEndedIterator<Item = (u8, HopReply)> + Clone) -> String {
    let last_router = replies.clone().rev().find(|(_, reply)| *reply == HopReply::TimeExceeded);
    let mut replies = replies;
    match (replies.find(|(_, reply)| is_arrival(*reply) || *reply == HopReply::Icmp), last_router) {
        (Some((ttl, HopReply::Connected)), _) => format!("connected at hop {ttl}"),
        (Some((ttl, HopReply::Refused)), _) => format!("refused at hop {ttl}"),
        (Some((ttl, _)), _) => format!("an ICMP message at hop {ttl}"),
        (None, Some((ttl, _))) => format!("routers answer up to hop {ttl}, none beyond it"),
        (None, None) => "no answer at any hop".to_owned(),
    }
}
