//! What is known: the evidence with what it comes to, and this machine. Sentence, findings and advice are functions of it.

use std::net::IpAddr;

use super::cloud::HostingPlace;
use super::conclude::{Conclusion, Conclusions, conclude, farthest_heard, is_behind_portal};
use super::evidence::{Control, ControlAnswer, Evidence, FamilyEvidence, Relay, RelayAnswer};
use crate::observation::LookupFailure;
use crate::observation::path::{HopReply, Path};
use crate::resolve::ReverseName;
use crate::service::Service;
use crate::words::distinct;

#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub evidence: Evidence,
    pub conclusions: Conclusions,
    /// The services by which mail programs can submit mail, by what was seen.
    pub ways_out: Vec<Service>,
    pub machine: Machine,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Its operating system, as in [`std::env::consts::OS`].
    pub system: &'static str,
    /// Where it looks to be.
    pub surroundings: HostingPlace,
    /// Its own addresses that it sends from, one of each family.
    pub sources: Vec<IpAddr>,
    /// The addresses under which servers saw it.
    pub seen_as: Vec<IpAddr>,
    /// The names of those that are public.
    pub reverse: Vec<(IpAddr, Reverse)>,
    /// Whether the user asked for the message to a support desk already.
    pub request_wanted: bool,
}

/// The names of an address, or why none is known.
pub type Reverse = Result<Vec<ReverseName>, LookupFailure>;

impl Facts {
    pub fn new(evidence: Evidence, ways_out: Vec<Service>, machine: Machine) -> Self {
        Self { conclusions: conclude(&evidence), evidence, ways_out, machine }
    }

    /// The families with their conclusions: those that this machine has.
    pub fn families(&self) -> impl Iterator<Item = (&'static str, Conclusion, &FamilyEvidence)> {
        let Self { conclusions, evidence, .. } = self;
        let families = [("IPv4", conclusions.ipv4, &evidence.ipv4), ("IPv6", conclusions.ipv6, &evidence.ipv6)];
        families.into_iter().filter_map(|(name, conclusion, seen)| Some((name, conclusion?, seen.as_ref()?)))
    }

    /// The families that came to this conclusion.
    pub fn concluded(&self, wanted: Conclusion) -> impl Iterator<Item = (&'static str, &FamilyEvidence)> {
        self.families().filter(move |(_, found, _)| *found == wanted).map(|(name, _, seen)| (name, seen))
    }

    /// Port 25 of every host, over both families.
    pub fn relays(&self) -> impl Iterator<Item = &Relay> {
        self.families().flat_map(|(_, _, seen)| &seen.relays)
    }

    /// Every port that is compared with, over both families.
    pub fn controls(&self) -> impl Iterator<Item = &Control> {
        self.families().flat_map(|(_, _, seen)| &seen.controls)
    }

    /// Of each blocked family the host that shows it best: the traced one, else the first that was stopped.
    pub fn blocked(&self) -> Vec<(&'static str, &Relay)> {
        let shown = self
            .concluded(Conclusion::Blocked)
            .filter_map(|(name, seen)| Some((name, seen.stopped().min_by_key(|relay| relay.path.is_none())?)));
        shown.collect()
    }

    /// The first router, by its address of each family, where nothing gets past it: no port of any host gave a connection
    /// or a reset, the router answers, and nothing beyond it does, over any family. Empty where that is not so.
    pub fn end_at_first_router(&self) -> Vec<IpAddr> {
        let stopped = |relay: &Relay| relay.answer == RelayAnswer::Stopped && !relay.own && !relay.refused_here();
        let nothing = self.relays().all(stopped)
            && self.controls().all(|control| control.answer == ControlAnswer::Stopped)
            && self.relays().filter_map(|relay| relay.path.as_ref()).all(|path| farthest_heard(path) <= 1);
        let of_family =
            |seen: &FamilyEvidence| seen.relays.iter().filter_map(|relay| relay.path.as_ref()).find_map(first_router);
        self.families().filter(|_| nothing).filter_map(|(_, _, seen)| of_family(seen)).collect()
    }

    /// Whether this network wants a login before it lets anything through.
    pub fn portal(&self) -> bool {
        self.families().any(|(_, _, seen)| is_behind_portal(seen))
    }

    /// How a port for mail programs fared: at how many hosts it was tried, and at how many it gave a connection.
    pub fn tried(&self, service: Service) -> (usize, usize) {
        let hosts = |wanted: fn(ControlAnswer) -> bool| {
            let found = self.controls().filter(|control| control.port == service.port() && wanted(control.answer));
            distinct(found.map(|control| &control.host)).len()
        };
        (hosts(|answer| answer != ControlAnswer::Unknown), hosts(|answer| answer == ControlAnswer::Connected))
    }
}

/// The router that lets packets with a TTL of 1 go no farther.
fn first_router(path: &Path) -> Option<IpAddr> {
    let first = path.hops.iter().find(|hop| hop.ttl == 1)?;
    let router = [first.port, first.control].into_iter().find(|answer| answer.reply == HopReply::TimeExceeded);
    router?.from
}
