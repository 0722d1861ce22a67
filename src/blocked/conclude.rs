//! From evidence to the answer: is port 25 blocked here? Pure.
//!
//! For each family, and for both together, the first of these that holds: no network, intercepted, blocked, rejected by
//! reputation, not blocked, inconclusive.

use std::net::IpAddr;

use super::evidence::{Control, ControlAnswer, Evidence, FamilyEvidence, Names, Relay, RelayAnswer, Scope, owner_of};
use crate::diagnosis::State;
use crate::named::named_enum;
use crate::observation::path::{HopReply, How, Path, Place};
use crate::policy::Verdict;
use crate::words::distinct;

named_enum! {
    /// Whether outbound port 25 is blocked.
    pub enum Conclusion {
        NotBlocked = "not-blocked",
        Blocked = "blocked",
        /// Somebody else answers.
        Intercepted = "intercepted",
        /// It is open, and servers refuse this address.
        RejectedByReputation = "rejected-by-reputation",
        /// There is no network at all.
        NoNetwork = "no-network",
        /// The evidence does not tell.
        Inconclusive = "inconclusive",
    }
}

impl Conclusion {
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::NotBlocked => Verdict::Pass,
            Self::Inconclusive => Verdict::Inconclusive,
            _ => Verdict::Fail,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conclusions {
    pub overall: Conclusion,
    /// Over IPv4; `None` when this machine has none.
    pub ipv4: Option<Conclusion>,
    /// Over IPv6; `None` when this machine has none.
    pub ipv6: Option<Conclusion>,
    /// Whether hosts of different operators greeted with the same name.
    pub greeting_shared: bool,
    pub exit_code: u8,
}

/// The exit code of "no network at all", which is no endpoint's state.
pub const NO_NETWORK: u8 = 17;

/// A single dead reference proves nothing: hosts fail.
const ENOUGH_REFERENCES: usize = 2;

pub fn conclude(evidence: &Evidence) -> Conclusions {
    let of_family = |family: &Option<FamilyEvidence>| family.as_ref().map(|family| family_conclusion(family, evidence));
    let (ipv4, ipv6) = (of_family(&evidence.ipv4), of_family(&evidence.ipv6));
    let overall = together(ipv4, ipv6);
    let families = [(ipv4, &evidence.ipv4), (ipv6, &evidence.ipv6)];
    let blocked = families.into_iter().filter(|(conclusion, _)| *conclusion == Some(Conclusion::Blocked));
    Conclusions {
        overall,
        ipv4,
        ipv6,
        greeting_shared: families.into_iter().any(|(_, seen)| seen.as_ref().and_then(shared_greeting).is_some()),
        exit_code: match overall {
            Conclusion::NotBlocked => State::Ok.exit_code(),
            Conclusion::Blocked => cause(blocked.filter_map(|(_, seen)| seen.as_ref())).exit_code(),
            // The names lead elsewhere, so nothing is known of the port.
            Conclusion::Intercepted if diverted_names(evidence).is_some() => State::DnsNoAddress.exit_code(),
            Conclusion::Intercepted => State::Intercepted.exit_code(),
            Conclusion::RejectedByReputation => State::ServiceRejected.exit_code(),
            Conclusion::NoNetwork => NO_NETWORK,
            Conclusion::Inconclusive => State::Inconclusive.exit_code(),
        },
    }
}

/// A family that reaches nothing says nothing about port 25 while the other one does.
fn together(ipv4: Option<Conclusion>, ipv6: Option<Conclusion>) -> Conclusion {
    let families = || [ipv4, ipv6].into_iter().flatten();
    if families().all(|family| family == Conclusion::NoNetwork) {
        return Conclusion::NoNetwork; // Also where this machine has neither family.
    }
    [Conclusion::Intercepted, Conclusion::Blocked, Conclusion::RejectedByReputation, Conclusion::NotBlocked]
        .into_iter()
        .find(|conclusion| families().any(|family| family == *conclusion))
        .unwrap_or(Conclusion::Inconclusive)
}

/// Where every name that was looked up leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Diverted {
    /// To one address, the same for all.
    To(IpAddr),
    /// Nowhere: to `0.0.0.0` or `::`.
    Nowhere,
}

/// Whether the name servers answer the names of all operators alike: what was tried then is no mail host.
pub(super) fn diverted_names(evidence: &Evidence) -> Option<Diverted> {
    let families = [&evidence.ipv4, &evidence.ipv6].into_iter().flatten();
    match (evidence.scope, evidence.names) {
        (Scope::Hosts, _) => None,
        (Scope::References, Names::Blocked) => Some(Diverted::Nowhere),
        _ => families.into_iter().find_map(FamilyEvidence::one_address_for_all).map(Diverted::To),
    }
}

fn family_conclusion(family: &FamilyEvidence, evidence: &Evidence) -> Conclusion {
    let is_diverted = evidence.scope == Scope::References
        && (evidence.names == Names::Blocked || family.one_address_for_all().is_some());
    if is_diverted {
        Conclusion::Intercepted
    } else if is_without_network(family, evidence) {
        Conclusion::NoNetwork
    } else if is_intercepted(family) {
        Conclusion::Intercepted
    } else if is_blocked(family, evidence.scope) {
        Conclusion::Blocked
    } else if is_rejected(family) {
        Conclusion::RejectedByReputation
    } else if is_open(family) {
        Conclusion::NotBlocked
    } else {
        Conclusion::Inconclusive
    }
}

/// Nothing gets through on any port, and nothing shows that packets get farther than the first router.
fn is_without_network(family: &FamilyEvidence, evidence: &Evidence) -> bool {
    if family.relays.is_empty() && family.controls.is_empty() {
        return evidence.names == Names::Unanswered;
    }
    let closed = |control: &Control| matches!(control.answer, ControlAnswer::Stopped | ControlAnswer::Refused);
    let nothing =
        family.relays.iter().all(|relay| relay.answer == RelayAnswer::Stopped) && family.controls.iter().all(closed);
    match evidence.scope {
        // One host that is down says nothing about the network; only this machine itself can.
        Scope::Hosts => nothing && family.relays.iter().all(has_no_route),
        Scope::References => nothing && !reaches_beyond(family),
    }
}

fn has_no_route(relay: &Relay) -> bool {
    relay.state == State::NetworkUnreachable && !relay.was_sent()
}

/// Whether anything came back from beyond the first router. A reset may be forged nearby; without a traced path it is
/// taken for genuine, which is the careful reading here.
fn reaches_beyond(family: &FamilyEvidence) -> bool {
    let mut paths = family.relays.iter().filter_map(|relay| relay.path.as_ref()).peekable();
    if paths.peek().is_some() {
        return paths.any(|path| farthest_heard(path) > 1);
    }
    family.relays.iter().any(|relay| relay.state == State::ConnectionRefused && !relay.own && !relay.refused_here())
        || family.controls.iter().any(|control| control.answer == ControlAnswer::Refused)
}

/// How many hops away something was heard of. An ICMP message other than "time exceeded" may come from nearer than its
/// packet could have gone.
pub(super) fn farthest_heard(path: &Path) -> u8 {
    let heard = |reply| matches!(reply, HopReply::TimeExceeded | HopReply::Connected | HopReply::Refused);
    let hops = path.hops.iter().filter(|hop| heard(hop.port.reply) || heard(hop.control.reply));
    hops.map(|hop| hop.ttl).max().unwrap_or(0)
}

fn is_intercepted(family: &FamilyEvidence) -> bool {
    family.relays.iter().any(|relay| relay.answer == RelayAnswer::Intercepted || is_intercepted_on_the_way(relay))
        || shared_greeting(family).is_some()
        || is_behind_portal(family)
}

/// Whether the port 25 of mail hosts of different operators is a web server's, and no other one answers: the login page of
/// this network stands before them all.
pub(super) fn is_behind_portal(family: &FamilyEvidence) -> bool {
    let pages = family.relays.iter().filter(|relay| relay.portal && !relay.authentic && !relay.own);
    let operators = distinct(pages.map(|relay| &relay.operator)).len();
    operators >= ENOUGH_REFERENCES && !family.relays.iter().any(Relay::answered)
}

/// The way to a host in whose place something close by takes every connection.
pub(super) fn taken_nearby(family: &FamilyEvidence) -> Option<&Path> {
    family.relays.iter().filter_map(|relay| relay.path.as_ref()).find(|path| path.is_all_taken())
}

/// Whether the traced path shows that somebody else takes the connections.
pub(super) fn is_intercepted_on_the_way(relay: &Relay) -> bool {
    relay.path.as_ref().is_some_and(|path| path.how == Some(How::Intercept))
}

/// The name with which hosts of different operators greeted, all of them. A verified certificate shows that no one
/// stands in between.
pub(super) fn shared_greeting(family: &FamilyEvidence) -> Option<&str> {
    let named: Vec<(&Relay, &str)> =
        family.relays.iter().filter_map(|relay| Some((relay, relay.greeted_as.as_deref()?))).collect();
    let (_, name) = named.first()?;
    let same = named.iter().all(|(relay, other)| other == name && !relay.authentic && !relay.own);
    // Two customers of one mail service share them.
    let owners = distinct(named.iter().map(|(relay, _)| owner_of(&relay.host))).len();
    let operators = distinct(named.iter().map(|(relay, _)| &relay.operator)).len();
    let addresses = distinct(named.iter().map(|(relay, _)| relay.address)).len();
    (same && owners.min(operators).min(addresses) >= ENOUGH_REFERENCES).then_some(name)
}

fn is_blocked(family: &FamilyEvidence, scope: Scope) -> bool {
    let connects = |control: &Control| control.answer == ControlAnswer::Connected;
    match scope {
        Scope::Hosts => family.stopped().any(|relay| {
            let same_host = |control: &Control| connects(control) && control.host == relay.host;
            shows_the_way(relay) || family.controls.iter().any(same_host)
        }),
        Scope::References => {
            let hosts = distinct(family.stopped().map(|relay| &relay.host)).len();
            let others_pass = family.stopped().any(shows_the_way) || family.controls.iter().any(connects);
            // Where some answer, those that do not may be down, unless it is shown that they are stopped on the way.
            let on_the_way = family.stopped().any(is_stopped_on_the_way);
            let none_answers = !family.relays.iter().any(Relay::answered);
            hosts >= ENOUGH_REFERENCES && others_pass && (none_answers || on_the_way)
        }
    }
}

/// Whether another port of the very host got there while port 25 did not, as the traced path shows. A connection shows
/// it even where the place is not known; a reset may come from anywhere.
fn shows_the_way(relay: &Relay) -> bool {
    let Some(path) = &relay.path else { return false };
    let connected = path.hops.iter().any(|hop| hop.control.reply == HopReply::Connected);
    let refused_afar = path.hops.iter().any(|hop| hop.ttl > 1 && hop.control.reply == HopReply::Refused);
    match path.place {
        Place::Nowhere => false,
        Place::Unknown => connected,
        _ => connected || refused_afar,
    }
}

fn is_stopped_on_the_way(relay: &Relay) -> bool {
    matches!(relay.stopped_at(), Place::ThisMachine | Place::ThisMachineOrFirstHop | Place::Path)
        || relay.refused_here()
}

/// Every server that answers refuses this machine's address.
fn is_rejected(family: &FamilyEvidence) -> bool {
    let mut answered = family.relays.iter().filter(|relay| relay.answered()).peekable();
    answered.peek().is_some() && answered.all(|relay| relay.answer == RelayAnswer::Refused)
}

/// A server serves, and at most one does not. A connection to this very machine shows nothing.
fn is_open(family: &FamilyEvidence) -> bool {
    let served = family.relays.iter().any(|relay| relay.answer == RelayAnswer::Served && !relay.own);
    let dead = family.relays.iter().filter(|relay| relay.is_dead()).map(|relay| &relay.host);
    served && distinct(dead).len() < ENOUGH_REFERENCES
}

/// The state that most of the stopped hosts share.
fn cause<'a>(blocked: impl Iterator<Item = &'a FamilyEvidence>) -> State {
    let states: Vec<State> = blocked.flat_map(FamilyEvidence::stopped).map(|relay| relay.state).collect();
    let count = |state: State| states.iter().filter(|other| other.exit_code() == state.exit_code()).count();
    states.iter().copied().max_by_key(|state| count(*state)).unwrap_or(State::ConnectionTimeout)
}

#[cfg(test)]
#[path = "tests/conclude.rs"]
pub(super) mod tests;
