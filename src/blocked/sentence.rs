//! The answer in a person's words. It never says more than the evidence.

use super::answer::Answer;
use super::conclude::{Conclusion, is_intercepted_on_the_way, shared_greeting};
use super::evidence::{Asked, Names, Relay, RelayAnswer};
use crate::diagnosis::icmp_meaning;
use crate::observation::Icmp;
use crate::observation::path::{Edge, How, Place};

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
    match answer.evidence.asked {
        Asked::Hosts => format!("Port 25 is not blocked: {} answers, over {over}.", listed(&hosts(answer, |_| true))),
        Asked::References => {
            let served = hosts(answer, |relay| relay.answer == RelayAnswer::Served).len();
            let all = hosts(answer, |_| true).len();
            format!("Port 25 is not blocked here: {served} of {all} mail hosts answer, over {over}.")
        }
    }
}

fn blocked(answer: &Answer) -> String {
    let mut said = vec![match answer.evidence.asked {
        Asked::References => format!("Port 25 is blocked on the way out{}.", on_families(answer)),
        Asked::Hosts => {
            let stopped: Vec<String> =
                distinct(answer.blocked().iter().map(|(_, relay)| relay.operator.clone()).collect());
            format!(
                "Port 25 of {} is blocked{}, while another port gets through.",
                listed(&stopped),
                on_families(answer)
            )
        }
    }];
    let places: Vec<(&str, Option<String>)> =
        answer.blocked().iter().map(|(family, relay)| (*family, place(relay))).collect();
    match places.as_slice() {
        [(_, one)] => said.extend(one.as_ref().map(|place| format!("It stops {place}."))),
        [(_, one), (_, other)] if one == other => said.extend(one.as_ref().map(|place| format!("It stops {place}."))),
        several => said.extend(
            several
                .iter()
                .filter_map(|(family, place)| place.as_ref().map(|place| format!("Over {family} it stops {place}."))),
        ),
    }
    if places.iter().all(|(_, place)| place.is_none()) {
        said.push("Where it stops could not be found out.".to_owned());
    }
    said.join(" ")
}

/// `, on IPv4 and IPv6`; `, on IPv4 only` where the other family is open.
fn on_families(answer: &Answer) -> String {
    let blocked = concluded(answer, Conclusion::Blocked);
    let open = answer.families().any(|(_, conclusion, _)| conclusion == Conclusion::NotBlocked);
    let only = if open { " only" } else { "" };
    format!(", on {}{only}", listed(&blocked))
}

/// Where a host's port 25 stops, and how, after "it stops".
pub(super) fn place(relay: &Relay) -> Option<String> {
    let located = relay.path.as_ref().filter(|path| !matches!(path.place, Place::Nowhere | Place::Unknown));
    let Some(path) = located else {
        let failure = relay.failure.as_ref()?;
        if failure.on_this_machine {
            return Some("on this machine: a rule or route here forbids it".to_owned());
        }
        let icmp = failure.icmp?;
        return icmp.from.map(|from| format!("at {from}, which answers with {}", icmp_words(icmp)));
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

/// `between hop 2 (10.0.1.1) and hop 3`
fn between(after: Option<Edge>, before: Option<Edge>) -> String {
    let name = |edge: Edge| match (edge.ttl, edge.address) {
        (0, _) => "this machine".to_owned(),
        (ttl, Some(address)) => format!("hop {ttl} ({address})"),
        (ttl, None) => format!("hop {ttl}"),
    };
    match (after.map(name), before.map(name)) {
        (Some(after), Some(before)) => format!("between {after} and {before}"),
        (Some(after), None) => format!("beyond {after}"),
        (None, Some(before)) => format!("before {before}"),
        (None, None) => "on the way".to_owned(),
    }
}

fn icmp_words(icmp: Icmp) -> String {
    let name = if icmp.v6 { "ICMPv6" } else { "ICMP" };
    format!("{name} {}/{} ({})", icmp.icmp_type, icmp.code, icmp_meaning(&icmp))
}

fn intercepted(answer: &Answer) -> String {
    let over = listed(&concluded(answer, Conclusion::Intercepted));
    let mut said = vec![format!("Somebody else answers on port 25, over {over}, in place of the mail hosts.")];
    for (_, _, seen) in answer.families() {
        if let Some(name) = shared_greeting(seen) {
            said.push(format!("Hosts of different operators all greet as {name}."));
        }
        if let Some(path) =
            seen.relays.iter().find(|relay| is_intercepted_on_the_way(relay)).and_then(|r| r.path.as_ref())
        {
            said.push(format!("The connection is taken over {}.", between(path.after, path.before)));
        }
        if seen.relays.iter().any(|relay| relay.answer == RelayAnswer::Intercepted) {
            said.push(
                "A mail shield, a program that usually runs on this machine, names itself in the greeting.".to_owned(),
            );
        }
    }
    distinct(said).join(" ")
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
            _ => "none of the names has an address",
        };
        return format!("Cannot tell whether port 25 is blocked: {why}.");
    }
    if relays().all(|relay| relay.answer == RelayAnswer::Unknown) {
        return "Cannot tell whether port 25 is blocked: the check was stopped before it was done.".to_owned();
    }
    let silent = hosts(answer, |relay| relay.answer == RelayAnswer::Stopped);
    let served = hosts(answer, Relay::answered);
    if silent.is_empty() {
        return "Cannot tell whether port 25 is blocked: connections are accepted, but no mail server speaks."
            .to_owned();
    }
    if served.is_empty() {
        let tail = match answer.evidence.asked {
            Asked::Hosts => "no other port of the host got through either: it may be down",
            Asked::References if silent.len() == 1 => "only one mail host could be tried, and that one may be down",
            Asked::References => "other ports got through nowhere either, though routers on the way answer",
        };
        return format!("Cannot tell whether port 25 is blocked: {tail}.");
    }
    format!(
        "Cannot tell whether port 25 is blocked: {} of {} mail hosts answer, the others do not.",
        served.len(),
        hosts(answer, |_| true).len()
    )
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
