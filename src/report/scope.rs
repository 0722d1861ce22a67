//! What a cause covers, in words: `ports 465 and 993 of every address`.

use std::net::IpAddr;

use crate::correlation::Cause;
use crate::policy::{JudgedEndpoint, JudgedTarget};
use crate::target::Host;
use crate::words::{self, distinct, joined};

/// One address of a host; `None` where the name gave none.
type HostAndAddress = (Host, Option<IpAddr>);

/// The addresses that a target's endpoints are at: what need not be said of each cause.
pub(super) struct CauseScope<'a> {
    target: &'a JudgedTarget,
    all: Vec<HostAndAddress>,
    several_hosts: bool,
    /// All ports that were asked for.
    ports: Vec<u16>,
}

impl<'a> CauseScope<'a> {
    pub(super) fn of(target: &'a JudgedTarget) -> Self {
        let all = distinct(target.endpoints.iter().map(host_address));
        let several_hosts = all.iter().any(|place| Some(&place.0) != all.first().map(|first| &first.0));
        let ports = distinct(target.endpoints.iter().map(|judged| judged.observation.endpoint.port));
        Self { target, all, several_hosts, ports }
    }

    /// The ports that a cause covers, and of which addresses where not of all; empty where it is about the target.
    pub(super) fn name(&self, cause: &Cause) -> String {
        let endpoints = cause.endpoints.iter().filter_map(|&index| self.target.endpoints.get(index));
        let by_address = grouped(endpoints.map(|judged| (host_address(judged), judged.observation.endpoint.port)));
        let mut by_ports = grouped(by_address.into_iter().map(|(address, ports)| (distinct(ports), address)));
        by_ports.sort_by(|(one, _), (other, _)| one.cmp(other));
        let phrases: Vec<_> = by_ports.iter().map(|(ports, addresses)| self.phrase(ports, addresses)).collect();
        phrases.join("; ")
    }

    fn phrase(&self, ports: &[u16], addresses: &[HostAndAddress]) -> String {
        let ports = words::all_or_some(ports, &self.ports);
        if self.all.len() == 1 {
            return ports;
        }
        if addresses.len() == self.all.len() {
            return format!("{ports} of every address");
        }
        format!("{ports} of {}", joined(addresses.iter().map(|one| self.address(one))))
    }

    fn address(&self, (host, address): &HostAndAddress) -> String {
        match address {
            Some(address) if self.several_hosts && address.to_string() != host.to_string() => {
                format!("{host} {address}")
            }
            Some(address) => address.to_string(),
            None => host.to_string(),
        }
    }
}

fn host_address(judged: &JudgedEndpoint) -> HostAndAddress {
    (judged.observation.endpoint.host.clone(), judged.observation.endpoint.address)
}

/// The items of each key, in the order in which the keys first appear.
pub(super) fn grouped<K: PartialEq, T>(items: impl IntoIterator<Item = (K, T)>) -> Vec<(K, Vec<T>)> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    for (key, item) in items {
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(item),
            None => groups.push((key, vec![item])),
        }
    }
    groups
}
