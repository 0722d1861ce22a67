//! The facts worth telling. What holds for several endpoints is told once.

use std::net::IpAddr;

use super::detail::Detail;
use super::group::grouped;
use super::words;
use crate::diagnosis::{Finding, Severity};
use crate::policy::{JudgedEndpoint, JudgedTarget, Verdict};
use crate::report::sanitize::fit;
use crate::report::style::{Ink, Page, Style};
use crate::target::Host;
use crate::words::distinct;

/// Writes the findings of a target and its endpoints, gravest first.
pub(super) fn write(page: &mut Page, target: &JudgedTarget, style: Style, detail: Detail) {
    let places = HostAddresses::of(target);
    for folded in folded(target, detail) {
        page.blank();
        one(page, &folded, target, &places, style);
    }
}

/// A finding and the endpoints that it was made at; none when it is about the target as a whole.
struct Folded<'a> {
    finding: &'a Finding,
    evidence: Vec<&'a str>,
    endpoints: Vec<&'a JudgedEndpoint>,
}

fn folded<'a>(target: &'a JudgedTarget, detail: Detail) -> Vec<Folded<'a>> {
    let of_target = target.findings.iter().map(|finding| (finding, None));
    let of_endpoints = target
        .endpoints
        .iter()
        .flat_map(|judged| judged.diagnosis.findings.iter().map(move |finding| (finding, Some(judged))));

    let shown = of_target.chain(of_endpoints).filter(|(finding, endpoint)| is_shown(finding, *endpoint, detail));
    let alike = grouped(shown.map(|(finding, endpoint)| {
        let Finding { id, severity, message, hint, .. } = finding;
        ((id, severity, message, hint, endpoint.is_none()), (finding, endpoint))
    }));
    let fold = |same: Vec<(&'a Finding, Option<&'a JudgedEndpoint>)>| {
        Some(Folded {
            finding: same.first()?.0,
            evidence: distinct(same.iter().filter_map(|(finding, _)| finding.evidence.as_deref())),
            endpoints: same.iter().filter_map(|(_, endpoint)| *endpoint).collect(),
        })
    };
    let mut all: Vec<Folded<'_>> = alike.into_iter().filter_map(|(_, same)| fold(same)).collect();
    all.sort_by_key(|folded| folded.finding.severity);
    all
}

/// What is good to know about ports that pass would fill the screen: it is for `-v`. About the target as a whole, and
/// about ports that need attention, it explains the rest.
fn is_shown(finding: &Finding, endpoint: Option<&JudgedEndpoint>, detail: Detail) -> bool {
    let explains = || detail == Detail::Normal && endpoint.is_none_or(|judged| judged.verdict != Verdict::Pass);
    detail == Detail::Verbose || finding.severity != Severity::Info || explains()
}

const INDENT: usize = 4;
/// How many pieces of evidence are shown for one finding, and how wide each may be.
const MAX_EVIDENCE: usize = 3;
const MAX_EVIDENCE_WIDTH: usize = 300;

fn one(page: &mut Page, folded: &Folded<'_>, target: &JudgedTarget, places: &HostAddresses, style: Style) {
    let mut label = folded.finding.id.to_string();
    if !folded.endpoints.is_empty() {
        label = [label, places.of_endpoints(&folded.endpoints)].join(style.separator());
    }
    let evidence = folded.evidence.iter().take(MAX_EVIDENCE).copied();
    told(page, folded.finding, &label, evidence, &target.hints, style);
}

/// A finding with its label and evidence, and its hint where that is not among `hints`.
pub(super) fn told<'a>(
    page: &mut Page,
    finding: &Finding,
    label: &str,
    evidence: impl IntoIterator<Item = &'a str>,
    hints: &[String],
    style: Style,
) {
    let lead = format!("{}: ", finding.severity);
    page.paragraph(&[(words::severity_ink(finding.severity), &lead)], INDENT, Ink::Plain, &finding.message);
    page.paragraph(&[], INDENT, Ink::Faint, label);
    for evidence in evidence {
        let evidence = fit(evidence, MAX_EVIDENCE_WIDTH, style.charset());
        page.paragraph(&[], INDENT, Ink::Plain, &format!("seen: {evidence}"));
    }
    if let Some(hint) = finding.hint.as_ref().filter(|hint| !hints.contains(hint)) {
        page.paragraph(&[], INDENT, Ink::Plain, &format!("hint: {hint}"));
    }
}

/// The places that a target's endpoints are at: what need not be said of each.
struct HostAddresses {
    all: Vec<HostAddress>,
    several_hosts: bool,
}

type HostAddress = (Host, Option<IpAddr>);

fn place_of(judged: &JudgedEndpoint) -> HostAddress {
    (judged.observation.endpoint.host.clone(), judged.observation.endpoint.address)
}

impl HostAddresses {
    fn of(target: &JudgedTarget) -> Self {
        let all = distinct(target.endpoints.iter().map(place_of));
        let several_hosts = all.iter().any(|place| Some(&place.0) != all.first().map(|first| &first.0));
        Self { all, several_hosts }
    }

    /// `ports 465 and 993`, and of which addresses where not of all.
    fn of_endpoints(&self, endpoints: &[&JudgedEndpoint]) -> String {
        let by_place = grouped(endpoints.iter().map(|judged| (place_of(judged), judged.observation.endpoint.port)));
        let mut by_ports = grouped(by_place.into_iter().map(|(place, ports)| (ports, place)));
        by_ports.sort_by(|(one, _), (other, _)| one.cmp(other));
        let phrases: Vec<_> = by_ports.iter().map(|(ports, places)| self.phrase(ports, places)).collect();
        phrases.join("; ")
    }

    fn phrase(&self, ports: &[u16], places: &[HostAddress]) -> String {
        let ports = words::ports(ports);
        if self.all.len() == 1 {
            return ports;
        }
        if places.len() == self.all.len() {
            return format!("{ports} of every address");
        }
        format!("{ports} of {}", words::joined(places.iter().map(|place| self.name(place))))
    }

    fn name(&self, (host, address): &HostAddress) -> String {
        match address {
            Some(address) if self.several_hosts && address.to_string() != host.to_string() => {
                format!("{host} {address}")
            }
            Some(address) => address.to_string(),
            None => host.to_string(),
        }
    }
}
