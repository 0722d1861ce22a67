//! Endpoints that share a host and an address stand together.

use super::detail::Detail;
use super::words;
use crate::diagnosis::State;
use crate::observation::Via;
use crate::policy::{JudgedEndpoint, JudgedTarget, Verdict};
use crate::report::scope::grouped;
use crate::target::TargetKind;

pub(super) struct Group<'a> {
    /// What to call it below the target's name: whatever of host, address and their source the name does not say.
    pub(super) label: String,
    /// Of a mail domain: who named its endpoints.
    pub(super) named_by: Option<String>,
    pub(super) endpoints: Vec<&'a JudgedEndpoint>,
}

/// The groups of a target that are to be shown, in order.
pub(super) fn groups(target: &JudgedTarget, detail: Detail) -> Vec<Group<'_>> {
    let shown = target.endpoints.iter().filter(|judged| detail != Detail::Quiet || judged.verdict != Verdict::Pass);
    let places = grouped(shown.map(|judged| {
        let endpoint = &judged.observation.endpoint;
        ((&endpoint.host, endpoint.address), judged)
    }));
    places
        .into_iter()
        .map(|(_, endpoints)| Group {
            label: endpoints.first().map(|judged| label(target, judged)).unwrap_or_default(),
            named_by: (target.kind == TargetKind::Domain).then(|| named_by(&endpoints)),
            endpoints,
        })
        .collect()
}

/// `named by SRV and autoconfiguration`, with the ports where not all were named by the same.
fn named_by(endpoints: &[&JudgedEndpoint]) -> String {
    let endpoints = endpoints.iter().map(|judged| &judged.observation.endpoint);
    let by_sources = grouped(endpoints.map(|endpoint| (&endpoint.sources, endpoint.port.to_string())));
    if let [(sources, _)] = by_sources.as_slice() {
        return format!("named by {}", words::sources(*sources));
    }
    let phrase = |(sources, ports): &(_, Vec<String>)| format!("{} ({})", words::sources(*sources), ports.join(", "));
    format!("named by {}", by_sources.iter().map(phrase).collect::<Vec<_>>().join(", "))
}

fn label(target: &JudgedTarget, judged: &JudgedEndpoint) -> String {
    let endpoint = &judged.observation.endpoint;
    let mut parts = Vec::new();
    let host = endpoint.host.to_string();
    let typed = target.typed.to_ascii_lowercase();
    // A mail domain has many hosts, one of which may bear its name.
    if target.kind == TargetKind::Domain || !typed.contains(&host) {
        parts.push(host.clone());
    }
    match endpoint.address.map(|address| address.to_string()) {
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
