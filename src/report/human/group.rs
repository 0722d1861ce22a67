//! What is alike at several addresses, or at several hosts, is one row; rows of the same places stand together; and
//! ports that failed alike share a row where nothing else is to be read of them.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::time::Duration;

use super::detail::Detail;
use super::noted::TargetChanges;
use super::remarks::remarks;
use super::words;
use crate::diagnosis::State;
use crate::observation::{LookupFailureKind, Resolution, Via};
use crate::policy::{JudgedEndpoint, JudgedTarget, Verdict};
use crate::report::scope::grouped;
use crate::target::{AddressClass, Endpoint, Host, TargetKind};
use crate::words::distinct;

pub(super) struct Group<'a> {
    /// What to call it below the target's name: whatever of hosts, addresses and their source the name does not say.
    pub(super) label: String,
    /// Of a mail domain: who named its endpoints.
    pub(super) named_by: Option<String>,
    pub(super) rows: Vec<ResultRow<'a>>,
}

/// What came of a port, or of several alike, at every place of its group.
pub(super) struct ResultRow<'a> {
    /// One for each port; it stands for all places.
    pub(super) ports: Vec<&'a JudgedEndpoint>,
    pub(super) verdict: Verdict,
    pub(super) state: State,
    pub(super) remarks: Vec<String>,
    /// What changed, among the remarks.
    pub(super) change: Option<String>,
    /// The longest of all ports and places.
    pub(super) duration: Duration,
}

/// From this number on, ports that failed alike share a row.
const MANY: usize = 3;

/// The same address may serve several hosts.
type Site<'a> = (&'a Host, Option<IpAddr>);

fn place(judged: &JudgedEndpoint) -> Site<'_> {
    let endpoint = &judged.observation.endpoint;
    (&endpoint.host, endpoint.address)
}

/// The groups of a target that are to be shown, in order. Where everything is told, each place has its own.
pub(super) fn groups<'a>(target: &'a JudgedTarget, detail: Detail, changes: Option<&TargetChanges>) -> Vec<Group<'a>> {
    let shown = target.endpoints.iter().filter(|judged| detail != Detail::Quiet || judged.verdict != Verdict::Pass);
    let shown: Vec<_> = shown.collect();
    let is_domain = target.kind == TargetKind::Domain;
    let alike = grouped(shown.iter().map(|&judged| {
        let endpoint = &judged.observation.endpoint;
        let own_place = (detail == Detail::Verbose).then(|| place(judged));
        // Of a mail domain it is told who named the servers.
        let named_by = is_domain.then_some(&endpoint.sources);
        let port = (endpoint.port, endpoint.service, endpoint.security);
        let change = changes.and_then(|changes| changes.of(endpoint));
        ((own_place, named_by, port, judged.verdict, (remarks(judged), change)), judged)
    }));
    let rows = alike.into_iter().filter_map(|((.., (remarks, change)), same)| {
        let places = distinct(same.iter().map(|&judged| place(judged)));
        Some((places, ResultRow::of(&same, remarks, change.map(str::to_owned))?))
    });
    let mut groups = grouped(rows);
    // The places in their order, and what several have in common before what is one's own.
    let order = distinct(shown.iter().map(|&judged| place(judged)));
    groups.sort_by_key(|(places, _)| {
        (order.iter().position(|place| Some(place) == places.first()), Reverse(places.len()))
    });
    let one_of_several = groups.len() > 1;
    let group = |(places, rows): (Vec<Site<'_>>, Vec<ResultRow<'a>>)| Group {
        label: label(target, &places, &rows),
        named_by: is_domain.then(|| named_by(&rows)),
        rows: folded(rows, one_of_several, detail),
    };
    groups.into_iter().map(group).collect()
}

/// Rows of ports that failed alike as one, where they are the whole group or it is one of several. Of a host that works
/// in part each port keeps its row: there its name is read. What could not be probed, for want of an address, has no more
/// to tell than its ports.
fn folded<'a>(rows: Vec<ResultRow<'a>>, one_of_several: bool, detail: Detail) -> Vec<ResultRow<'a>> {
    let all = rows.len();
    let alike = grouped(
        rows.into_iter()
            .enumerate()
            .map(|(place, row)| ((row.is_probed(), row.state, row.verdict, row.remarks.clone()), (place, row))),
    );
    let mut folded: Vec<(usize, ResultRow<'a>)> = Vec::new();
    for ((is_probed, state, ..), rows) in alike {
        let is_failure_of_many = state != State::Ok && rows.len() >= MANY;
        let says_all = one_of_several || rows.len() == all;
        if !is_probed || is_failure_of_many && says_all && detail != Detail::Verbose {
            folded.extend(rows.into_iter().reduce(|(place, row), (_, other)| (place, row.with(other))));
        } else {
            folded.extend(rows);
        }
    }
    folded.sort_by_key(|(place, _)| *place);
    folded.into_iter().map(|(_, row)| row).collect()
}

impl<'a> ResultRow<'a> {
    fn of(same: &[&'a JudgedEndpoint], mut remarks: Vec<String>, change: Option<String>) -> Option<Self> {
        let duration = same.iter().map(|judged| judged.observation.duration).max()?;
        let &judged = same.first()?;
        let (verdict, state) = (judged.verdict, judged.diagnosis.state);
        // Behind the plain word, so that both are read at once.
        let behind = remarks.len().min(1);
        remarks.splice(behind..behind, change.clone());
        Some(Self { ports: vec![judged], verdict, state, remarks, change, duration })
    }

    fn with(mut self, other: Self) -> Self {
        self.ports.extend(other.ports);
        self.duration = self.duration.max(other.duration);
        self
    }

    pub(super) fn endpoints(&self) -> impl Iterator<Item = &'a Endpoint> {
        self.ports.iter().map(|judged| &judged.observation.endpoint)
    }

    pub(super) fn is_probed(&self) -> bool {
        self.endpoints().any(|endpoint| endpoint.address.is_some())
    }
}

/// `named by SRV and autoconfiguration`, with the ports where not all were named by the same.
fn named_by(rows: &[ResultRow<'_>]) -> String {
    let endpoints = rows.iter().flat_map(ResultRow::endpoints);
    let by_sources = grouped(endpoints.map(|endpoint| (&endpoint.sources, endpoint.port.to_string())));
    if let [(sources, _)] = by_sources.as_slice() {
        return format!("named by {}", words::sources(*sources));
    }
    let phrase = |(sources, ports): &(_, Vec<String>)| format!("{} ({})", words::sources(*sources), ports.join(", "));
    format!("named by {}", by_sources.iter().map(phrase).collect::<Vec<_>>().join(", "))
}

/// `mx1.example.org 192.0.2.5, 2001:db8::5; mx2.example.org 192.0.2.6`
fn label(target: &JudgedTarget, places: &[Site<'_>], rows: &[ResultRow<'_>]) -> String {
    let hosts = grouped(places.iter().copied());
    let labels: Vec<_> = hosts.iter().map(|(host, addresses)| host_label(target, host, addresses, rows)).collect();
    labels.join("; ")
}

fn host_label(target: &JudgedTarget, host: &Host, addresses: &[Option<IpAddr>], rows: &[ResultRow<'_>]) -> String {
    let mut parts = Vec::new();
    let host = host.to_string();
    let typed = target.typed.to_ascii_lowercase();
    // A mail domain has many hosts, one of which may bear its name.
    if target.kind == TargetKind::Domain || !typed.contains(&host) {
        parts.push(host.clone());
    }
    let known: Vec<_> = addresses.iter().flatten().map(ToString::to_string).filter(|known| *known != host).collect();
    if !known.is_empty() {
        parts.push(known.join(", "));
    }
    if addresses.contains(&None) {
        match rows.first().map(|row| row.state) {
            // It has one, perhaps: nobody asked.
            None | Some(State::DnsNoMail) => {}
            Some(State::Interrupted | State::Inconclusive) => parts.push("(not looked up)".to_owned()),
            Some(_) => parts.push("(no address)".to_owned()),
        }
    }
    let resolution = target.resolutions.iter().find(|resolution| resolution.host == host);
    parts.extend(resolution.and_then(origin).map(|origin| format!("({origin})")));
    // Whoever looks for a server and finds this machine must not miss it.
    let is_this_machine = |address: &IpAddr| AddressClass::of(*address) == AddressClass::Loopback;
    if resolution.is_some_and(|known| known.via == Via::Dns && known.addresses.iter().any(is_this_machine)) {
        parts.push("(this machine itself, by the answer of the name server)".to_owned());
    }
    parts.join(" ")
}

/// Where its addresses come from, unless the DNS has them under the very name.
fn origin(resolution: &Resolution) -> Option<String> {
    match resolution.via {
        Via::Hosts => Some("from the hosts file".to_owned()),
        Via::System => {
            let dns = resolution.dns_failure.as_ref().map(|failure| match failure.kind {
                LookupFailureKind::NoSuchName => "; the DNS does not know it",
                LookupFailureKind::TimedOut => "; no name server answered mailprobe in time",
                LookupFailureKind::Failed => "; mailprobe got no answer from the DNS",
                LookupFailureKind::Unreachable => "; mailprobe could not reach a name server",
                _ => "; the DNS gives no address",
            });
            Some(format!("from the system's resolver{}", dns.unwrap_or_default()))
        }
        Via::Dns => resolution.found_as.as_ref().map(|name| format!("found as {name}")),
        Via::Literal => None,
    }
}
