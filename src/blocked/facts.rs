//! What is known: the evidence with what it comes to, and this machine. Sentence, findings and advice are functions of it.

use std::net::IpAddr;

use super::cloud::Hosting;
use super::conclude::{Conclusion, Conclusions, conclude, stopped};
use super::evidence::{Control, ControlAnswer, Evidence, FamilyEvidence, Relay};
use crate::observation::LookupFailure;
use crate::resolve::ReverseName;
use crate::service::Service;

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
    /// Whose machine it looks like.
    pub hosting: Option<&'static Hosting>,
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
        let ipv4 = conclusions.ipv4.zip(evidence.ipv4.as_ref()).map(|(conclusion, seen)| ("IPv4", conclusion, seen));
        let ipv6 = conclusions.ipv6.zip(evidence.ipv6.as_ref()).map(|(conclusion, seen)| ("IPv6", conclusion, seen));
        ipv4.into_iter().chain(ipv6)
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
        let blocked = self.families().filter(|(_, conclusion, _)| *conclusion == Conclusion::Blocked);
        let shown = blocked.filter_map(|(name, _, seen)| {
            let best = stopped(seen).filter(|relay| !relay.own).min_by_key(|relay| relay.path.is_none())?;
            Some((name, best))
        });
        shown.collect()
    }

    /// How a port for mail programs fared: at how many hosts it was tried, and at how many it gave a connection.
    pub fn tried(&self, service: Service) -> (usize, usize) {
        let mut hosts: Vec<(&str, bool)> = Vec::new();
        let tried = |control: &&Control| control.port == service.port() && control.answer != ControlAnswer::Unknown;
        for control in self.controls().filter(tried) {
            let connected = control.answer == ControlAnswer::Connected;
            match hosts.iter_mut().find(|(host, _)| *host == control.host) {
                Some(known) => known.1 |= connected,
                None => hosts.push((&control.host, connected)),
            }
        }
        (hosts.len(), hosts.iter().filter(|(_, connected)| *connected).count())
    }
}
