//! Endpoints that share a host and an address stand together.

use std::net::IpAddr;

use super::Detail;
use crate::observation::Via;
use crate::policy::{JudgedEndpoint, JudgedTarget, Verdict};
use crate::target::Host;

/// The endpoints of one host and address.
pub(super) struct Group<'a> {
    /// What to call it below the target's name: whatever of host, address and their source the name does not say.
    pub(super) label: String,
    /// Its endpoints, in the order of the port table.
    pub(super) endpoints: Vec<&'a JudgedEndpoint>,
}

/// The groups of a target that are to be shown, in order.
pub(super) fn groups(target: &JudgedTarget, detail: Detail) -> Vec<Group<'_>> {
    let mut groups: Vec<(&Host, Option<IpAddr>, Group<'_>)> = Vec::new();
    for judged in &target.endpoints {
        if detail == Detail::Quiet && judged.verdict == Verdict::Pass {
            continue;
        }
        let (host, address) = (&judged.observation.endpoint.host, judged.observation.endpoint.address);
        match groups.iter_mut().find(|group| group.0 == host && group.1 == address) {
            Some((_, _, group)) => group.endpoints.push(judged),
            None => {
                groups.push((host, address, Group { label: label(target, host, address), endpoints: vec![judged] }));
            }
        }
    }
    groups.into_iter().map(|(_, _, group)| group).collect()
}

fn label(target: &JudgedTarget, host: &Host, address: Option<IpAddr>) -> String {
    let mut parts = Vec::new();
    let host = host.to_string();
    let typed = target.typed.to_ascii_lowercase();
    if !typed.contains(&host) {
        parts.push(host.clone());
    }
    match address.map(|address| address.to_string()) {
        Some(address) if address != host => parts.push(address),
        Some(_) => {}
        None => parts.push("(no address)".to_owned()),
    }
    let via = target.resolutions.iter().find(|resolution| resolution.host == host).map(|resolution| resolution.via);
    match via {
        Some(Via::Hosts) => parts.push("(from the hosts file)".to_owned()),
        Some(Via::System) => parts.push("(from the system's resolver; the DNS does not know it)".to_owned()),
        Some(Via::Dns | Via::Literal) | None => {}
    }
    parts.join(" ")
}
