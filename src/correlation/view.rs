//! What the rules look at: the endpoints of a target, each diagnosed and judged by itself, and what the rules before have
//! explained of them.

use std::net::IpAddr;

use super::cause::Cause;
use super::led_elsewhere::LedElsewhere;
use crate::diagnosis::{Diagnosis, Finding, FindingId, Severity, State};
use crate::observation::Observation;
use crate::service::{Role, Service};
use crate::target::{Host, TargetKind};
use crate::words::{self, distinct, joined};

/// One endpoint, judged.
#[derive(Debug, Clone, Copy)]
pub struct JudgedState<'a> {
    /// What was seen.
    pub observation: &'a Observation,
    /// What that means by itself.
    pub diagnosis: &'a Diagnosis,
    /// How much its state matters: an error where it fails, [`Severity::Info`] where it passes.
    pub severity: Severity,
    /// Whether its state is what the user said it should be.
    pub as_expected: bool,
}

/// What is known of a target beside its endpoints.
#[derive(Debug, Clone, Copy)]
pub struct TargetFacts<'a> {
    /// What the user typed.
    pub kind: TargetKind,
    /// The mail domain, where that is the target.
    pub domain: Option<&'a str>,
    /// What was found out about the target as a whole.
    pub findings: &'a [Finding],
    /// The hosts that lead to addresses which are not public.
    pub elsewhere: &'a [LedElsewhere],
    /// The mail hosts of the domain of the same name, where a bare host was typed and none of its ports works.
    pub mail_hosts: &'a [Host],
}

impl<'a> JudgedState<'a> {
    pub(super) const fn state(&self) -> State {
        self.diagnosis.state
    }

    pub(super) const fn port(&self) -> u16 {
        self.observation.endpoint.port
    }

    pub(super) const fn service(&self) -> Service {
        self.observation.endpoint.service
    }

    pub(super) const fn host(&self) -> &'a Host {
        &self.observation.endpoint.host
    }

    pub(super) const fn address(&self) -> Option<IpAddr> {
        self.observation.endpoint.address
    }

    /// Whether it is the port between servers, which networks block.
    pub(super) fn is_port_25(&self) -> bool {
        self.service() == Service::Smtp && self.port() == Service::Smtp.port()
    }

    /// Whether mail passes there.
    pub(super) fn works(&self) -> bool {
        self.state() == State::Ok || (self.service().tls_is_opportunistic() && self.state().is_conversation())
    }

    /// Whether nothing came back to its connection request, and nothing else tells why.
    pub(super) fn is_silent(&self) -> bool {
        self.state() == State::ConnectionTimeout
            && !self.as_expected
            && self.finding(FindingId::ConnectionTimeout).is_some()
            && self.observation.blocked_way().is_none()
    }

    /// Whether something at the address answered, be it with a refusal.
    pub(super) fn answers(&self) -> bool {
        self.is_open() || self.state() == State::ConnectionRefused
    }

    /// Whether a TCP connection was made.
    pub(super) const fn is_open(&self) -> bool {
        self.state().is_open()
    }

    pub(super) fn finding(&self, id: FindingId) -> Option<&'a Finding> {
        self.diagnosis.findings.iter().find(|finding| finding.id == id)
    }

    pub(super) fn is_of(&self, role: Role) -> bool {
        self.service().role() == role
    }
}

/// One address of a host, with the places of its endpoints in the view.
pub(super) struct AddressPorts<'a> {
    pub(super) host: &'a Host,
    pub(super) address: IpAddr,
    pub(super) endpoints: Vec<usize>,
}

/// The endpoints in an order of their own, so that it does not matter in which they came.
pub(super) struct View<'a> {
    pub(super) target: TargetFacts<'a>,
    pub(super) endpoints: Vec<JudgedState<'a>>,
    /// For each endpoint, the findings that need no further cause.
    explained: Vec<Vec<FindingId>>,
    causes: Vec<Cause>,
    /// The findings about the target as a whole that need no further cause.
    told: Vec<FindingId>,
}

impl<'a> View<'a> {
    /// Of endpoints in their order.
    pub(super) fn new(endpoints: Vec<JudgedState<'a>>, target: TargetFacts<'a>) -> Self {
        let explained = endpoints.iter().map(|_| Vec::new()).collect();
        Self { target, endpoints, explained, causes: Vec::new(), told: Vec::new() }
    }

    /// The places of the endpoints that are so.
    pub(super) fn places(&self, wanted: impl Fn(&JudgedState<'a>) -> bool) -> Vec<usize> {
        (0..).zip(&self.endpoints).filter(|(_, seen)| wanted(seen)).map(|(place, _)| place).collect()
    }

    pub(super) fn at<'v>(&'v self, places: &'v [usize]) -> impl Iterator<Item = &'v JudgedState<'a>> + Clone {
        places.iter().filter_map(|&place| self.endpoints.get(place))
    }

    /// The places of the silent endpoints that no rule has explained.
    pub(super) fn silent(&self) -> Vec<usize> {
        let silent = self.places(JudgedState::is_silent);
        silent.into_iter().filter(|&place| !self.is_explained(place, FindingId::ConnectionTimeout)).collect()
    }

    /// The addresses of the hosts, each with its endpoints.
    pub(super) fn addresses(&self) -> Vec<AddressPorts<'a>> {
        let mut addresses: Vec<AddressPorts<'a>> = Vec::new();
        for (place, seen) in self.endpoints.iter().enumerate() {
            let Some(address) = seen.address() else { continue };
            match addresses.iter_mut().find(|known| known.host == seen.host() && known.address == address) {
                Some(known) => known.endpoints.push(place),
                None => addresses.push(AddressPorts { host: seen.host(), address, endpoints: vec![place] }),
            }
        }
        addresses
    }

    pub(super) fn is_explained(&self, place: usize, id: FindingId) -> bool {
        self.explained.get(place).is_some_and(|ids| ids.contains(&id))
    }

    /// The severity of the gravest of these endpoints.
    pub(super) fn gravest(&self, places: &[usize]) -> Severity {
        self.at(places).map(|seen| seen.severity).min().unwrap_or(Severity::Info)
    }

    /// What the findings of this id at these endpoints have seen.
    pub(super) fn evidence(&self, places: &[usize], id: FindingId) -> Vec<String> {
        distinct(self.at(places).filter_map(|seen| seen.finding(id)?.evidence.clone()))
    }

    /// How long was waited at silent endpoints, once.
    pub(super) fn waited(&self, silent: &[usize]) -> Option<String> {
        let told = self.evidence(silent, FindingId::ConnectionTimeout);
        told.into_iter().max_by_key(|text| (text.len(), text.clone()))
    }

    /// `port 25`, `ports 465 and 587`
    pub(super) fn ports(&self, places: &[usize]) -> String {
        words::ports(&self.port_numbers(places))
    }

    pub(super) fn port_numbers(&self, places: &[usize]) -> Vec<u16> {
        let mut numbered: Vec<_> = self.at(places).map(|seen| (seen.service(), seen.port())).collect();
        numbered.sort_unstable();
        distinct(numbered.into_iter().map(|(_, port)| port))
    }

    /// `192.0.2.5 and 2001:db8::5`
    pub(super) fn address_list(&self, places: &[usize]) -> String {
        joined(distinct(self.at(places).filter_map(JudgedState::address)))
    }

    /// `any of the seven ports`, `any of the 3 ports`, `ports 25 and 587`, `port 25`: what nothing answers on.
    pub(super) fn any_of_the_ports(&self, places: &[usize]) -> String {
        let ports = self.port_numbers(places);
        match ports.len() {
            0..=2 => words::ports(&ports),
            _ => words::all_or_some(&ports, &ports).replacen("all ", "any of the ", 1),
        }
    }

    /// `all seven ports`, `all 3 ports`, `ports 25 and 587`, `port 25`
    pub(super) fn all_or_some_ports(&self, places: &[usize]) -> String {
        let everything: Vec<usize> = (0..self.endpoints.len()).collect();
        words::all_or_some(&self.port_numbers(places), &self.port_numbers(&everything))
    }

    /// Adds a cause that covers these endpoints, and explains these findings of theirs.
    pub(super) fn add(&mut self, mut cause: Cause, places: &[usize], explains: &[FindingId]) {
        cause.ports = self.port_numbers(places);
        let mut addresses = distinct(self.at(places).filter_map(JudgedState::address));
        addresses.sort_unstable();
        cause.addresses = addresses;
        cause.hosts = distinct(self.at(places).map(|seen| seen.host().clone()));
        cause.evidence = distinct(cause.evidence);
        cause.endpoints = places.to_vec();
        cause.endpoints.sort_unstable();
        for &place in places {
            if let Some(explained) = self.explained.get_mut(place) {
                explained.extend(explains);
            }
        }
        self.causes.push(cause);
    }

    /// Leaves out the findings of this id about the target as a whole: a cause has told them.
    pub(super) fn tell(&mut self, id: FindingId) {
        self.told.push(id);
    }

    /// The findings about the target as a whole that no cause has told.
    pub(super) fn untold(&self) -> impl Iterator<Item = &'a Finding> + use<'a> {
        let told = self.told.clone();
        self.target.findings.iter().filter(move |finding| !told.contains(&finding.id))
    }

    pub(super) fn into_causes(self) -> Vec<Cause> {
        self.causes
    }
}
