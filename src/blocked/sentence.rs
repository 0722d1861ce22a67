//! The answer in a person's words. It never says more than the evidence.

use super::conclude::{Conclusion, Diverted, diverted_names, is_intercepted_on_the_way, shared_greeting, taken_nearby};
use super::evidence::{FamilyEvidence, Names, Relay, RelayAnswer, Scope};
use super::facts::Facts;
use crate::diagnosis::icmp_meaning;
use crate::observation::Icmp;
use crate::observation::path::{Edge, Hop, HopAnswer, HopReply, How, Path, Place};
use crate::words::{distinct, joined};

pub(super) fn say(facts: &Facts) -> String {
    match facts.conclusions.overall {
        Conclusion::NotBlocked => not_blocked(facts),
        Conclusion::Blocked => blocked(facts),
        Conclusion::Intercepted => intercepted(facts),
        Conclusion::RejectedByReputation => rejected(facts),
        Conclusion::NoNetwork => no_network(facts),
        Conclusion::Inconclusive => inconclusive(facts),
    }
}

fn not_blocked(facts: &Facts) -> String {
    let over = concluded(facts, Conclusion::NotBlocked);
    let served = hosts(facts, |relay| relay.answer == RelayAnswer::Served);
    let said = match facts.evidence.scope {
        Scope::Hosts => {
            let verb = if served.len() == 1 { "answers" } else { "answer" };
            format!("Port 25 is not blocked: {} {verb} over {over}.", joined(&served))
        }
        Scope::References => {
            let all = hosts(facts, |_| true).len();
            format!("Port 25 is not blocked here: {} of {all} mail hosts answer over {over}.", served.len())
        }
    };
    let away = hosts(facts, |relay| relay.answer == RelayAnswer::Served && relay.refusal.is_some()).len();
    let who = match (away, served.len()) {
        (0, _) => return said,
        (1, 1) => "It refuses this machine".to_owned(),
        (away, all) if away == all => "All of them refuse this machine".to_owned(),
        (1, _) => "One of them refuses this machine".to_owned(),
        (away, _) => format!("{away} of them refuse this machine"),
    };
    format!("{said} {who}, but the reply does not say that the address is the reason.")
}

fn blocked(facts: &Facts) -> String {
    let over = on_families(facts, Conclusion::Blocked);
    let blocked = facts.blocked();
    let mut said = vec![match facts.evidence.scope {
        // Nothing shows that it is the way that is blocked.
        Scope::References if blocked.iter().all(|(_, relay)| relay.is_at_the_end()) => {
            format!("Port 25 of the mail hosts is blocked{over}; another port gets through.")
        }
        Scope::References => format!("Outbound port 25 is blocked{over}."),
        Scope::Hosts => {
            let stopped = distinct(blocked.iter().map(|(_, relay)| relay.operator.as_str()));
            format!("Port 25 of {} is blocked{over}; another port gets through.", joined(&stopped))
        }
    }];
    let places: Vec<(&str, String)> =
        blocked.iter().filter_map(|(family, relay)| Some((*family, stops_at(relay)?))).collect();
    match (places.as_slice(), blocked.len()) {
        ([], _) => said.push("Where it is blocked could not be determined.".to_owned()),
        ([(family, place)], 2..) => said.push(format!("Over {family} it is blocked {place}.")),
        _ => said.extend(by_family(&places, "It is blocked", "it is blocked")),
    }
    said.join(" ")
}

/// `, on IPv4 and IPv6`; `, on IPv4 only` where the other family is open.
fn on_families(facts: &Facts, wanted: Conclusion) -> String {
    let only = if facts.concluded(Conclusion::NotBlocked).next().is_some() { " only" } else { "" };
    format!(" over {}{only}", concluded(facts, wanted))
}

fn intercepted(facts: &Facts) -> String {
    if let Some(diverted) = diverted_names(&facts.evidence) {
        // Both can be true, and either alone keeps the mail hosts out of reach.
        let taken = facts.families().find_map(|(_, _, seen)| taken_by(taken_nearby(seen)?));
        let taken = taken.map(|who| format!(" {who} answers at that address."));
        return names_diverted(diverted) + taken.as_deref().unwrap_or_default();
    }
    let over = on_families(facts, Conclusion::Intercepted);
    if facts.portal() {
        return format!(
            "A web server answers in place of the mail hosts{over}, probably this network's captive portal: log in to \
             the network first. Until then, nothing tells whether port 25 is blocked."
        );
    }
    let taken = facts.families().find_map(|(_, _, seen)| taken_nearby(seen));
    if let Some((path, who)) = taken.and_then(|path| Some((path, taken_by(path)?))) {
        return format!(
            "{who} answers in place of the mail hosts{over}: it accepts connections even to port {}, which mail servers do \
             not use. Nothing tells whether port 25 is blocked beyond it.",
            path.control_port
        );
    }
    let mut said = vec![format!("Something other than the mail hosts answers on port 25{over}.")];
    let shared = facts.families().filter_map(|(_, _, seen)| shared_greeting(seen));
    said.extend(shared.map(|name| format!("Hosts of different operators all greet as {name}.")));
    let places: Vec<(&str, String)> =
        facts.families().filter_map(|(family, _, seen)| Some((family, taken_over_at(seen)?))).collect();
    said.extend(by_family(&places, "Connections are intercepted", "connections are intercepted"));
    said.extend(facts.relays().filter_map(|relay| relay.stand_in.as_ref()).map(|finding| finding.message.clone()));
    distinct(said).join(" ")
}

fn names_diverted(diverted: Diverted) -> String {
    match diverted {
        Diverted::To(address) => format!(
            "No mail host was reached: the name servers in use answer the names of all operators with the same \
             address, {address}, as a captive portal or a DNS blocker of this network does. Nothing tells whether port 25 is blocked."
        ),
        Diverted::Nowhere => {
            "No mail host was reached: every name is answered with 0.0.0.0 or ::, which is no host's address, as a DNS \
             blocker does that this machine or its network uses. Nothing tells whether port 25 is blocked."
                .to_owned()
        }
    }
}

/// Who takes every connection, where the interface shows it.
fn taken_by(path: &Path) -> Option<String> {
    let tunnel = path.tunnel.as_ref()?;
    Some(match path.place {
        Place::ThisMachine => format!("A VPN or proxy on this machine (interface {tunnel})"),
        _ => format!("A VPN (interface {tunnel}), on this machine or at its far end,"),
    })
}

/// One sentence where the families agree, else one for each.
fn by_family(places: &[(&str, String)], at_once: &str, what: &str) -> Vec<String> {
    match places {
        [(_, one), others @ ..] if others.iter().all(|(_, other)| one == other) => vec![format!("{at_once} {one}.")],
        several => several.iter().map(|(family, place)| format!("Over {family} {what} {place}.")).collect(),
    }
}

fn rejected(facts: &Facts) -> String {
    let over = concluded(facts, Conclusion::RejectedByReputation);
    let refusing = hosts(facts, |relay| relay.answer == RelayAnswer::Refused).len();
    let who = match refusing {
        1 => "the one mail host that answers refuses".to_owned(),
        count => format!("all {count} mail hosts that answer refuse"),
    };
    format!("Port 25 is open over {over}, but {who} this machine's address. The problem is the address, not the port.")
}

fn no_network(facts: &Facts) -> String {
    if let Some(first) = first_router(facts) {
        return format!("No network: nothing gets past {first}, on any port. That says nothing about port 25.");
    }
    let why = match (facts.evidence.names == Names::Unanswered, facts.families().next().is_none()) {
        (true, true) => "no name server answers, so nothing could be tried. This machine has no route to the internet",
        (true, false) => "no name server answers, so nothing could be tried",
        (false, true) => "this machine has no route to the internet",
        (false, false) => "nothing gets through on any port",
    };
    format!("No network: {why}. That says nothing about port 25.")
}

const STOPPED_EARLY: &str = "the check was stopped before it was finished";

fn inconclusive(facts: &Facts) -> String {
    if let Some(own) = facts.relays().find(|relay| relay.own) {
        let state = match own.answer {
            RelayAnswer::Stopped => "Nothing accepts connections on port 25 here",
            _ => "Something answers on port 25 here",
        };
        return format!(
            "{} is this machine. {state}; whether it can be reached from outside cannot be seen from inside.",
            own.operator
        );
    }
    format!("Cannot tell whether port 25 is blocked: {}.", doubt(facts))
}

fn doubt(facts: &Facts) -> String {
    if let Some(first) = first_router(facts) {
        return format!("nothing gets past {first}, on any port");
    }
    let silent = hosts(facts, |relay| relay.answer == RelayAnswer::Stopped).len();
    let answering = hosts(facts, Relay::answered).len();
    if facts.relays().next().is_none() {
        return match facts.evidence.names {
            Names::Found => "none of the hosts has an address that this machine could try",
            Names::Unfinished => STOPPED_EARLY,
            Names::Unanswered | Names::Missing | Names::Blocked => "none of the names has an address",
        }
        .to_owned();
    }
    if facts.relays().all(|relay| relay.answer == RelayAnswer::Unknown) {
        return STOPPED_EARLY.to_owned();
    }
    if silent == 0 {
        return "connections are accepted, but no mail server answers".to_owned();
    }
    if answering > 0 {
        let all = hosts(facts, |_| true).len();
        return format!("{answering} of {all} mail hosts answer, the others do not");
    }
    match (facts.evidence.scope, farthest(facts)) {
        (Scope::Hosts, farthest) => {
            let (hosts, they) = if silent == 1 { ("host", "it") } else { ("hosts", "they") };
            let near = if farthest.is_none() { ", or this machine has no route to it" } else { "" };
            format!("no other port of the {hosts} got through either: {they} may be down{near}")
        }
        (Scope::References, _) if silent == 1 => {
            "only one mail host could be tried, and that one may be down".to_owned()
        }
        (Scope::References, Some(hop)) => format!(
            "no port of any host gets through, and nothing answers beyond {hop}. The network seems to be down there"
        ),
        (Scope::References, None) => "no other port got through anywhere either".to_owned(),
    }
}

/// The families that came to a conclusion.
fn concluded(facts: &Facts, wanted: Conclusion) -> String {
    joined(facts.concluded(wanted).map(|(name, _)| name))
}

/// The hosts, each once, whose port 25 is so at any address.
fn hosts(facts: &Facts, wanted: impl Fn(&Relay) -> bool) -> Vec<&str> {
    distinct(facts.relays().filter(|relay| wanted(relay)).map(|relay| relay.operator.as_str()))
}

/// Where a host's port 25 stops, and how, after "it stops".
fn stops_at(relay: &Relay) -> Option<String> {
    let located = relay.path.as_ref().filter(|path| !matches!(path.place, Place::Nowhere | Place::Unknown));
    let Some(path) = located else {
        if relay.refused_here() {
            return Some("on this machine: a local rule or route forbids it".to_owned());
        }
        if let Some(icmp) = relay.icmp()
            && let Some(from) = icmp.from
        {
            return Some(format!("at {from}, which answers with {}", icmp_words(icmp)));
        }
        return relay.let_through().map(|edge| format!("somewhere {}", between(Some(edge), None)));
    };
    let place = place_words(path, &relay.host);
    let manner = match path.how {
        Some(How::Icmp) => path.icmp.map(|icmp| match icmp.from {
            Some(from) => format!("{from} answers with {}", icmp_words(icmp)),
            None => format!("the reply is {}", icmp_words(icmp)),
        }),
        Some(How::Reset) => Some("the reply is a TCP reset".to_owned()),
        Some(How::Drop) => Some("there is no reply".to_owned()),
        Some(How::Intercept) | None => None,
    };
    Some([Some(place), manner].into_iter().flatten().collect::<Vec<_>>().join(": "))
}

fn place_words(path: &Path, host: &str) -> String {
    match path.place {
        Place::ThisMachine => "on this machine".to_owned(),
        Place::ThisMachineOrFirstHop => "on this machine or at the first router".to_owned(),
        Place::Path => between(path.after, path.before),
        _ => format!("at {host} itself, or at the last router before it"),
    }
}

/// What a traced path alone shows of a port 25 that has not answered yet, where it shows a place.
pub(super) fn so_far(family: &str, path: &Path, host: &str) -> Option<String> {
    (!matches!(path.place, Place::Nowhere | Place::Unknown) && path.how.is_some())
        .then(|| format!("{family}: port 25 stops {}", place_words(path, host)))
}

/// Where the traced path shows that somebody else takes the connections.
pub(super) fn taken_over_at(seen: &FamilyEvidence) -> Option<String> {
    let path = seen.relays.iter().find(|relay| is_intercepted_on_the_way(relay))?.path.as_ref()?;
    Some(match path.place {
        Place::ThisMachineOrFirstHop => match path.before.and_then(|before| before.address) {
            Some(first) => format!("on this machine or at hop 1 ({first})"),
            None => "on this machine or at hop 1".to_owned(),
        },
        Place::ThisMachine => "on this machine".to_owned(),
        _ => between(path.after, path.before),
    })
}

/// The farthest hop of each family that answered for any port, where it is beyond the first router.
pub(super) fn farthest(facts: &Facts) -> Option<String> {
    let of_family = |seen: &FamilyEvidence| {
        let hops = seen.relays.iter().filter_map(|relay| relay.path.as_ref()).flat_map(|path| &path.hops);
        let router = |answer: HopAnswer| answer.reply == HopReply::TimeExceeded;
        let heard = hops.filter(|hop| hop.ttl > 1 && (router(hop.port) || router(hop.control)));
        let Hop { ttl, port, control } = *heard.max_by_key(|hop| hop.ttl)?;
        Some(hop_name(Edge { ttl, address: if router(port) { port.from } else { control.from } }))
    };
    let hops: Vec<String> = facts.families().filter_map(|(_, _, seen)| of_family(seen)).collect();
    (!hops.is_empty()).then(|| joined(&hops))
}

/// `hop 1 (10.0.0.1 and fd00::1)`, where nothing gets past it.
fn first_router(facts: &Facts) -> Option<String> {
    let addresses = facts.end_at_first_router();
    (!addresses.is_empty()).then(|| format!("hop 1 ({})", joined(addresses)))
}

/// `between hop 2 (10.0.1.1) and hop 3`
fn between(after: Option<Edge>, before: Option<Edge>) -> String {
    match (after.map(hop_name), before.map(hop_name)) {
        (Some(after), Some(before)) => format!("between {after} and {before}"),
        (Some(after), None) => format!("beyond {after}"),
        (None, Some(before)) => format!("before {before}"),
        (None, None) => "on the path".to_owned(),
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
