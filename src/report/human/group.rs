//! Endpoints that share a host and an address stand together.

use std::net::IpAddr;

use super::detail::Detail;
use super::words;
use crate::diagnosis::State;
use crate::observation::Via;
use crate::policy::{JudgedEndpoint, JudgedTarget, Verdict};
use crate::target::{Host, Source, TargetKind};

pub(super) struct Group<'a> {
    /// What to call it below the target's name: whatever of host, address and their source the name does not say.
    pub(super) label: String,
    /// Of a mail domain: who named its endpoints.
    pub(super) named_by: Option<String>,
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
        if let Some((_, _, group)) = groups.iter_mut().find(|group| group.0 == host && group.1 == address) {
            group.endpoints.push(judged);
        } else {
            let label = label(target, judged);
            groups.push((host, address, Group { label, named_by: None, endpoints: vec![judged] }));
        }
    }
    let mut groups: Vec<Group<'_>> = groups.into_iter().map(|(_, _, group)| group).collect();
    if target.kind == TargetKind::Domain {
        for group in &mut groups {
            group.named_by = Some(named_by(&group.endpoints));
        }
    }
    groups
}

/// `named by SRV and autoconfiguration`, with the ports where not all were named by the same.
fn named_by(endpoints: &[&JudgedEndpoint]) -> String {
    let mut by_sources: Vec<(&[Source], Vec<String>)> = Vec::new();
    for judged in endpoints {
        let endpoint = &judged.observation.endpoint;
        let port = endpoint.port.to_string();
        match by_sources.iter_mut().find(|(sources, _)| *sources == endpoint.sources) {
            Some((_, ports)) => ports.push(port),
            None => by_sources.push((&endpoint.sources, vec![port])),
        }
    }
    let phrases: Vec<String> = match by_sources.as_slice() {
        [(sources, _)] => vec![words::sources(*sources)],
        several => several
            .iter()
            .map(|(sources, ports)| format!("{} ({})", words::sources(*sources), ports.join(", ")))
            .collect(),
    };
    format!("named by {}", phrases.join(", "))
}

fn label(target: &JudgedTarget, judged: &JudgedEndpoint) -> String {
    let (host, address) = (&judged.observation.endpoint.host, judged.observation.endpoint.address);
    let mut parts = Vec::new();
    let host = host.to_string();
    let typed = target.typed.to_ascii_lowercase();
    // A mail domain has many hosts, one of which may bear its name.
    if target.kind == TargetKind::Domain || !typed.contains(&host) {
        parts.push(host.clone());
    }
    match address.map(|address| address.to_string()) {
        Some(address) if address != host => parts.push(address),
        Some(_) => {}
        None => match judged.diagnosis.state {
            // It has one, perhaps: nobody asked.
            State::DnsNoMail => {}
            State::Interrupted | State::Inconclusive => parts.push("(not looked up)".to_owned()),
            _ => parts.push("(no address)".to_owned()),
        },
    }
    let via = target.resolutions.iter().find(|resolution| resolution.host == host).map(|resolution| resolution.via);
    match via {
        Some(Via::Hosts) => parts.push("(from the hosts file)".to_owned()),
        Some(Via::System) => parts.push("(from the system's resolver; the DNS does not know it)".to_owned()),
        Some(Via::Dns | Via::Literal) | None => {}
    }
    parts.join(" ")
}
