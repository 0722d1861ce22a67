//! The answer in a person's words. It never says more than the evidence.

use super::answer::Answer;
use super::conclude::{Conclusion, is_intercepted_on_the_way, shared_greeting};
use super::evidence::{Asked, FamilyEvidence, Names, Relay, RelayAnswer};
use crate::diagnosis::icmp_meaning;
use crate::observation::Icmp;
use crate::observation::path::{Edge, Hop, HopReply, How, Place};

/// One to three short sentences.
pub(super) fn say(answer: &Answer) -> String {
    match answer.conclusions.overall {
        Conclusion::NotBlocked => not_blocked(answer),
        Conclusion::Blocked => blocked(answer),
        Conclusion::Intercepted => intercepted(answer),
        Conclusion::RejectedByReputation => rejected(answer),
        Conclusion::NoNetwork => no_network(answer),
        Conclusion::Inconclusive => inconclusive(answer),
    }
}

fn not_blocked(answer: &Answer) -> String {
    let over = listed(&concluded(answer, Conclusion::NotBlocked));
    let served = hosts(answer, |relay| relay.answer == RelayAnswer::Served);
    let said = match answer.evidence.asked {
        Asked::Hosts => {
            let verb = if served.len() == 1 { "answers" } else { "answer" };
            format!("Port 25 is not blocked: {} {verb}, over {over}.", listed(&served))
        }
        Asked::References => {
            let all = hosts(answer, |_| true).len();
            format!("Port 25 is not blocked here: {} of {all} mail hosts answer, over {over}.", served.len())
        }
    };
    let away = hosts(answer, |relay| relay.answer == RelayAnswer::Served && relay.refusal.is_some()).len();
    let who = match (away, served.len()) {
        (0, _) => return said,
        (1, 1) => "It turns this machine away".to_owned(),
        (away, all) if away == all => "All of them turn this machine away".to_owned(),
        (1, _) => "One of them turns this machine away".to_owned(),
        (away, _) => format!("{away} of them turn this machine away"),
    };
    format!("{said} {who}, and the reply does not say that it is about the address.")
}

fn blocked(answer: &Answer) -> String {
    let over = on_families(answer, Conclusion::Blocked);
    let mut said = vec![match answer.evidence.asked {
        // Nothing shows that it is the way that is blocked.
        Asked::References if answer.blocked().iter().all(|(_, relay)| is_at_the_end(relay)) => {
            format!("Port 25 of the mail hosts is blocked{over}, while another port gets through.")
        }
        Asked::References => format!("Port 25 is blocked on the way out{over}."),
        Asked::Hosts => {
            let stopped: Vec<String> =
                distinct(answer.blocked().iter().map(|(_, relay)| relay.operator.clone()).collect());
            format!("Port 25 of {} is blocked{over}, while another port gets through.", listed(&stopped))
        }
    }];
    let places: Vec<(&str, String)> =
        answer.blocked().iter().filter_map(|(family, relay)| Some((*family, place(relay)?))).collect();
    if places.is_empty() {
        said.push("Where it stops could not be found out.".to_owned());
    }
    if let ([(family, place)], 2..) = (places.as_slice(), answer.blocked().len()) {
        said.push(format!("Over {family} it stops {place}."));
    } else {
        said.extend(by_family(&places, "it stops"));
    }
    said.join(" ")
}

/// Whether it stops at the host itself, or right before it.
pub(super) fn is_at_the_end(relay: &Relay) -> bool {
    relay.path.as_ref().is_some_and(|path| path.place == Place::Destination)
}

/// `, on IPv4 and IPv6`; `, on IPv4 only` where the other family is open.
fn on_families(answer: &Answer, wanted: Conclusion) -> String {
    let open = answer.families().any(|(_, conclusion, _)| conclusion == Conclusion::NotBlocked);
    let only = if open { " only" } else { "" };
    format!(", on {}{only}", listed(&concluded(answer, wanted)))
}

/// Where a host's port 25 stops, and how, after "it stops".
pub(super) fn place(relay: &Relay) -> Option<String> {
    let located = relay.path.as_ref().filter(|path| !matches!(path.place, Place::Nowhere | Place::Unknown));
    let Some(path) = located else {
        if relay.refused_here() {
            return Some("on this machine: a rule or route here forbids it".to_owned());
        }
        if let Some(icmp) = relay.failure.as_ref().and_then(|failure| failure.icmp)
            && let Some(from) = icmp.from
        {
            return Some(format!("at {from}, which answers with {}", icmp_words(icmp)));
        }
        return let_through(relay).map(|edge| format!("somewhere {}", between(Some(edge), None)));
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
    Some(match manner {
        Some(manner) => format!("{place}: {manner}"),
        None => place,
    })
}

/// The last hop that let port 25 through, as its answers show, even where the place is not known.
pub(super) fn let_through(relay: &Relay) -> Option<Edge> {
    relay.path.as_ref()?.after.filter(|after| after.ttl > 0)
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

fn intercepted(answer: &Answer) -> String {
    let over = on_families(answer, Conclusion::Intercepted);
    let mut said = vec![format!("Somebody else answers on port 25{over}, in place of the mail hosts.")];
    for (_, _, seen) in answer.families() {
        if let Some(name) = shared_greeting(seen) {
            said.push(format!("Hosts of different operators all greet as {name}."));
        }
    }
    let places: Vec<(&str, String)> =
        answer.families().filter_map(|(family, _, seen)| Some((family, taken_over(seen)?))).collect();
    said.extend(by_family(&places, "the connection is taken over"));
    if shield(answer).is_some() {
        said.push(
            "A mail shield, a program that usually runs on this machine, names itself in the greeting.".to_owned(),
        );
    }
    distinct(said).join(" ")
}

/// The host whose greeting names a mail shield.
pub(super) fn shield(answer: &Answer) -> Option<&Relay> {
    let mut relays = answer.families().flat_map(|(_, _, seen)| &seen.relays);
    relays.find(|relay| relay.answer == RelayAnswer::Intercepted)
}

/// Where the traced path shows that somebody else takes the connections.
pub(super) fn taken_over(seen: &FamilyEvidence) -> Option<String> {
    let path = seen.relays.iter().find(|relay| is_intercepted_on_the_way(relay))?.path.as_ref()?;
    Some(match path.place {
        Place::ThisMachineOrFirstHop => match path.before.and_then(|before| before.address) {
            Some(first) => format!("on this machine or at hop 1 ({first})"),
            None => "on this machine or at hop 1".to_owned(),
        },
        _ => between(path.after, path.before),
    })
}

/// One sentence where the families agree, else one for each.
fn by_family(places: &[(&str, String)], what: &str) -> Vec<String> {
    let upper = |text: &str| text.get(..1).map(str::to_uppercase).unwrap_or_default() + text.get(1..).unwrap_or("");
    match places {
        [(_, one)] => vec![format!("{} {one}.", upper(what))],
        [(_, one), (_, other)] if one == other => vec![format!("{} {one}.", upper(what))],
        several => several.iter().map(|(family, place)| format!("Over {family} {what} {place}.")).collect(),
    }
}

fn rejected(answer: &Answer) -> String {
    let over = listed(&concluded(answer, Conclusion::RejectedByReputation));
    let refusing = hosts(answer, |relay| relay.answer == RelayAnswer::Refused).len();
    let who = match refusing {
        1 => "the one mail host that answers refuses".to_owned(),
        count => format!("all {count} mail hosts that answer refuse"),
    };
    format!("Port 25 is open, over {over}, but {who} this machine's address. That is about the address, not the port.")
}

fn no_network(answer: &Answer) -> String {
    let no_family = answer.families().next().is_none();
    if answer.evidence.names == Names::Unanswered {
        let route = if no_family { " This machine has no route to the internet." } else { "" };
        return format!(
            "No network: no name server answers, so nothing could be tried.{route} That says nothing about port 25."
        );
    }
    if no_family {
        return "No network: this machine has no route to the internet. That says nothing about port 25.".to_owned();
    }
    "No network: nothing gets through on any port. That says nothing about port 25.".to_owned()
}

const STOPPED_EARLY: &str = "the check was stopped before it was done";

fn inconclusive(answer: &Answer) -> String {
    let relays = || answer.families().flat_map(|(_, _, seen)| &seen.relays);
    if let Some(own) = relays().find(|relay| relay.own) {
        let state = match own.answer {
            RelayAnswer::Stopped => "Nothing takes mail on port 25 here",
            _ => "Something answers on port 25 here",
        };
        return format!(
            "{} is this very machine. {state}; whether the outside gets in cannot be seen from inside.",
            own.operator
        );
    }
    if relays().next().is_none() {
        let why = match answer.evidence.names {
            Names::Found => "none of the hosts has an address that this machine could try",
            Names::Unfinished => STOPPED_EARLY,
            Names::Unanswered | Names::Missing => "none of the names has an address",
        };
        return format!("Cannot tell whether port 25 is blocked: {why}.");
    }
    if relays().all(|relay| relay.answer == RelayAnswer::Unknown) {
        return format!("Cannot tell whether port 25 is blocked: {STOPPED_EARLY}.");
    }
    let silent = hosts(answer, |relay| relay.answer == RelayAnswer::Stopped);
    let served = hosts(answer, Relay::answered);
    if silent.is_empty() {
        return "Cannot tell whether port 25 is blocked: connections are accepted, but no mail server speaks."
            .to_owned();
    }
    if served.is_empty() {
        let tail = match answer.evidence.asked {
            Asked::Hosts => {
                let near = if farthest(answer).is_none() { ", or this machine has no way to it" } else { "" };
                match silent.len() {
                    1 => format!("no other port of the host got through either: it may be down{near}"),
                    _ => format!("no other port of the hosts got through either: they may be down{near}"),
                }
            }
            Asked::References if silent.len() == 1 => {
                "only one mail host could be tried, and that one may be down".to_owned()
            }
            Asked::References => match farthest(answer) {
                Some(hop) => format!(
                    "no port of any host gets through, and nothing answers from beyond {hop}. The network seems to be down there"
                ),
                None => "other ports got through nowhere either".to_owned(),
            },
        };
        return format!("Cannot tell whether port 25 is blocked: {tail}.");
    }
    format!(
        "Cannot tell whether port 25 is blocked: {} of {} mail hosts answer, the others do not.",
        served.len(),
        hosts(answer, |_| true).len()
    )
}

/// The farthest hop of each family that answered for any port, where it is beyond the first router.
pub(super) fn farthest(answer: &Answer) -> Option<String> {
    let of_family = |seen: &FamilyEvidence| {
        let paths = seen.relays.iter().filter_map(|relay| relay.path.as_ref());
        let hop =
            paths.filter_map(|path| path.hops.iter().rev().find(|hop| is_heard(hop))).max_by_key(|hop| hop.ttl)?;
        let address = if hop.port.reply == HopReply::TimeExceeded { hop.port.from } else { hop.control.from };
        (hop.ttl > 1).then(|| hop_name(Edge { ttl: hop.ttl, address }))
    };
    let hops: Vec<String> = answer.families().filter_map(|(_, _, seen)| of_family(seen)).collect();
    (!hops.is_empty()).then(|| listed(&hops))
}

fn is_heard(hop: &Hop) -> bool {
    [hop.port, hop.control].iter().any(|answer| answer.reply == HopReply::TimeExceeded)
}

/// The families that came to a conclusion.
fn concluded(answer: &Answer, wanted: Conclusion) -> Vec<String> {
    answer.families().filter(|(_, found, _)| *found == wanted).map(|(name, _, _)| name.to_owned()).collect()
}

/// The hosts, each once, whose port 25 is so at any address.
fn hosts(answer: &Answer, wanted: impl Fn(&Relay) -> bool) -> Vec<String> {
    let relays = answer.families().flat_map(|(_, _, seen)| &seen.relays);
    distinct(relays.filter(|relay| wanted(relay)).map(|relay| relay.operator.clone()).collect())
}

fn distinct(items: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

/// `a`, `a and b`, `a, b and c`
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}
