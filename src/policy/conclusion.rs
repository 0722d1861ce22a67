//! What a person would say about a target, in a sentence or two, and what to do first.

mod faults;
mod ports;

use std::net::IpAddr;

use faults::what_is_wrong;
use ports::{is_blocked_25, is_relay, lacks_the_family, ports_of, subject, works};

use super::judged::{Family, JudgedEndpoint, Verdict};
use crate::diagnosis::{Finding, FindingId, Severity, State};
use crate::service::{Role, Service};
use crate::words::{self, capitalised, common, distinct, joined, uncapitalised};

/// More causes than this are not told one by one.
const MAX_CAUSES: usize = 2;

/// More hints than this are not read.
const MAX_HINTS: usize = 3;

/// One or two sentences about a target.
pub(super) fn conclude(endpoints: &[JudgedEndpoint], of_target: &[Finding]) -> String {
    let all: Vec<&JudgedEndpoint> = endpoints.iter().collect();
    if all.is_empty() {
        let unfound = of_target.iter().find(|finding| finding.id == FindingId::NoServerNamed);
        return unfound.map_or_else(|| "Nothing was probed.".to_owned(), |finding| finding.message.clone());
    }
    if let Some(sentence) = without_addresses(&all, of_target) {
        return sentence;
    }
    let sentence = one_family_only(&all).unwrap_or_else(|| sentences(&all));
    match lookups_that_failed(of_target) {
        Some(failed) => format!("{sentence} {failed}"),
        None => sentence,
    }
}

/// That half of a host is not known. Of several hosts, a mail domain's, the first stands for the others.
fn lookups_that_failed(of_target: &[Finding]) -> Option<String> {
    let mut failed = of_target.iter().filter(|finding| finding.id == FindingId::AddressFamilyLookupFailed);
    let first = failed.next()?.message.clone();
    Some(match failed.count() {
        0 => first,
        others => format!("{first} So did {others} more."),
    })
}

/// What to do, most important first, every hint once.
pub(super) fn hints(endpoints: &[JudgedEndpoint], of_target: &[Finding]) -> Vec<String> {
    // (gravity, hint, how many endpoints say so)
    let mut ranked: Vec<(u8, &str, usize)> = Vec::new();
    let of_endpoints = endpoints
        .iter()
        .flat_map(|endpoint| endpoint.diagnosis.findings.iter().map(move |finding| (rank(endpoint, finding), finding)));
    let of_target = of_target.iter().map(|finding| ((finding.severity < Severity::Info).then_some(3), finding));
    for (rank, finding) in of_endpoints.chain(of_target) {
        let (Some(rank), Some(hint)) = (rank, finding.hint.as_deref()) else { continue };
        match ranked.iter_mut().find(|(_, known, _)| *known == hint) {
            Some((gravest, _, count)) => {
                *gravest = rank.min(*gravest);
                *count += 1;
            }
            None => ranked.push((rank, hint, 1)),
        }
    }
    ranked.sort_by_key(|(rank, _, count)| (*rank, usize::MAX - count));
    ranked.into_iter().take(MAX_HINTS).map(|(_, hint, _)| hint.to_owned()).collect()
}

/// How urgent a finding's hint is, the smallest first; `None` where nothing needs to be done.
fn rank(endpoint: &JudgedEndpoint, finding: &Finding) -> Option<u8> {
    match (endpoint.verdict, finding.severity) {
        (Verdict::Fail, Severity::Error) => Some(0),
        (Verdict::Inconclusive, Severity::Error) => Some(1),
        (_, Severity::Error | Severity::Warning) => Some(2),
        // A blocked port 25 is worth a word even where nobody asked for it.
        _ if tells_of_a_block(finding.id) && endpoint.observation.endpoint.port == 25 => Some(4),
        _ => None,
    }
}

fn tells_of_a_block(id: FindingId) -> bool {
    use FindingId::{BlockedAtDestination, BlockedNearby, BlockedOnPath, ConnectionTimeout};
    matches!(id, ConnectionTimeout | BlockedNearby | BlockedOnPath | BlockedAtDestination)
}

/// No name gave an address.
fn without_addresses(all: &[&JudgedEndpoint], of_target: &[Finding]) -> Option<String> {
    if all.iter().any(|endpoint| endpoint.observation.endpoint.address.is_some()) {
        return None;
    }
    let host = all.first()?.observation.endpoint.host.to_string();
    let state = common(all.iter().map(|endpoint| endpoint.diagnosis.state));
    let one_host = all.iter().all(|endpoint| endpoint.observation.endpoint.host.to_string() == host);
    match state {
        Some(State::Interrupted) => return Some("The run was interrupted before anything was probed.".to_owned()),
        Some(State::Inconclusive) => return Some("The time limit was reached before anything was probed.".to_owned()),
        _ => {}
    }
    if !one_host {
        return Some("None of the names has an address to connect to.".to_owned());
    }
    if all.iter().all(|endpoint| lacks_the_family(endpoint)) {
        return all.first()?.diagnosis.findings.first().map(|finding| finding.message.clone());
    }
    let told = |id| of_target.iter().find(|finding| finding.id == id);
    if state == Some(State::DnsNoAddress)
        && let Some(finding) = told(FindingId::MxIsNoName)
    {
        return Some(finding.message.clone());
    }
    Some(match state {
        Some(State::DnsNoAddress) if told(FindingId::MxMissing).is_some() => {
            format!("{host} has neither an MX record nor an address, so it cannot receive mail.")
        }
        Some(State::DnsNoSuchName) => format!("The name {host} does not exist."),
        Some(State::DnsNoAddress) => format!("The name {host} has no address to connect to."),
        Some(State::DnsNoMail) if all.iter().any(|endpoint| is_relay(endpoint)) => {
            format!("{host} says that it accepts no mail.")
        }
        Some(State::DnsNoMail) => format!("{host} says that it does not offer {}.", services(all)),
        None if all.iter().all(|endpoint| is_absent(endpoint.diagnosis.state)) => {
            format!("{host} accepts no mail, and says that it does not offer {}.", services(all))
        }
        Some(State::DnsTimeout) => format!("No name server answered for {host}, so nothing could be probed."),
        Some(State::DnsFailed) => format!("The name servers could not answer for {host}, so nothing could be probed."),
        _ => "Nothing could be probed.".to_owned(),
    })
}

/// Whether the DNS gave a clear answer: there is nothing.
const fn is_absent(state: State) -> bool {
    matches!(state, State::DnsNoMail | State::DnsNoAddress)
}

/// What mail programs would use: `imaps and pop3s`.
fn services(all: &[&JudgedEndpoint]) -> String {
    let named = all.iter().filter(|endpoint| !is_relay(endpoint));
    joined(distinct(named.map(|endpoint| endpoint.observation.endpoint.service.name())))
}

/// One family works and the other does not.
fn one_family_only(all: &[&JudgedEndpoint]) -> Option<String> {
    let of = |wanted: fn(&IpAddr) -> bool| -> Vec<&JudgedEndpoint> {
        all.iter()
            .copied()
            .filter(|endpoint| endpoint.observation.endpoint.address.as_ref().is_some_and(wanted))
            .collect()
    };
    let (ipv4, ipv6) = (of(IpAddr::is_ipv4), of(IpAddr::is_ipv6));
    let (good, good_family, bad, bad_family) =
        match (ipv4.iter().any(|endpoint| works(endpoint)), ipv6.iter().any(|endpoint| works(endpoint))) {
            (true, false) if !ipv6.is_empty() => (ipv4, Family::Ipv4, ipv6, Family::Ipv6),
            (false, true) if !ipv4.is_empty() => (ipv6, Family::Ipv6, ipv4, Family::Ipv4),
            _ => return None,
        };
    let (good_name, bad_name) = (good_family.label(), bad_family.label());
    let nothing = match common(bad.iter().map(|endpoint| endpoint.diagnosis.state)) {
        Some(State::ConnectionTimeout) => "nothing answers",
        Some(State::ConnectionRefused) => "every connection is refused",
        Some(State::NetworkUnreachable | State::HostUnreachable) => "nothing can be reached",
        Some(State::AdministrativelyProhibited) => "a rule forbids every connection",
        Some(State::Interrupted | State::Inconclusive | State::LocalError | State::InternalError) => {
            "nothing could be determined"
        }
        _ => "nothing works",
    };
    if good.iter().all(|endpoint| works(endpoint)) {
        return Some(format!("Everything works over {good_name}; over {bad_name} {nothing}."));
    }
    Some(format!("Over {bad_name} {nothing}. Over {good_name}: {}", uncapitalised(&sentences(&good))))
}

/// What works, then what does not, grouped by cause.
fn sentences(all: &[&JudgedEndpoint]) -> String {
    let mut said = Vec::new();
    let causes = causes(all);
    said.extend(what_works(all, causes.is_empty()));
    said.extend(causes.iter().take(MAX_CAUSES).map(|cause| cause.sentence(all)));
    let rest = causes.iter().skip(MAX_CAUSES).filter(|cause| cause.gravity < FORGIVEN);
    let (elsewhere, everywhere): (Vec<&PortGroup>, Vec<&PortGroup>) = rest.partition(|cause| cause.place.is_some());
    let ports = distinct(everywhere.iter().flat_map(|cause| cause.ports.iter().copied()));
    let places = distinct(elsewhere.iter().filter_map(|cause| cause.place.clone()));
    if !places.is_empty() {
        said.push(format!("There are other failures at {}.", joined(&places)));
    }
    if !ports.is_empty() {
        let verb = if ports.len() == 1 { "fails" } else { "fail" };
        said.push(format!("{} {verb} for other reasons.", capitalised(&words::ports(&ports))));
    }
    said.join(" ")
}

fn what_works(all: &[&JudgedEndpoint], everything: bool) -> Option<String> {
    let working: Vec<&JudgedEndpoint> = all.iter().copied().filter(|endpoint| works(endpoint)).collect();
    if working.is_empty() {
        return None;
    }
    if !everything {
        return Some(format!("{}.", capitalised(&by_role(&working))));
    }
    let ports = ports_of(&working);
    let verb = if ports.len() == 1 { "works" } else { "work" };
    let addresses = distinct(working.iter().filter_map(|endpoint| endpoint.observation.endpoint.address)).len();
    let at = match addresses {
        0 | 1 => String::new(),
        2 => " on both addresses".to_owned(),
        count => format!(" on all {count} addresses"),
    };
    let warned = working.iter().any(|endpoint| endpoint.verdict == Verdict::Warn);
    let warned = if warned { ", with warnings" } else { "" };
    Some(format!("{} {verb}{at}{warned}.", subject(&ports, all)))
}

/// `mail programs can send through 465 and 587 and fetch mail through 993; other servers can deliver through 25`
fn by_role(working: &[&JudgedEndpoint]) -> String {
    let through = |wanted: &[Role]| -> Option<String> {
        let matching = working.iter().copied().filter(|e| wanted.contains(&e.observation.endpoint.service.role()));
        let mut ports = ports_of(&matching.collect::<Vec<_>>());
        // Port 25 is not for mail programs, whoever names it for them.
        ports.retain(|&port| port != Service::Smtp.port() || wanted.contains(&Role::Relay));
        (!ports.is_empty()).then(|| joined(ports))
    };
    let send = through(&[Role::Submission]).map(|ports| format!("send through {ports}"));
    let fetch = through(&[Role::Retrieval, Role::Access]).map(|ports| format!("fetch mail through {ports}"));
    let programs: Vec<String> = send.into_iter().chain(fetch).collect();
    let programs = (!programs.is_empty()).then(|| format!("mail programs can {}", joined(programs)));
    let relay = through(&[Role::Relay]).map(|ports| format!("other mail servers can deliver through {ports}"));
    let said: Vec<String> = programs.into_iter().chain(relay).collect();
    if said.is_empty() { "port 25 answers, but it is not for mail programs".to_owned() } else { said.join("; ") }
}

/// Ports that fail in the same way, or are not offered.
struct PortGroup {
    what: String,
    what_of_many: String,
    /// The host or address, where the same port works elsewhere.
    place: Option<String>,
    gravity: u8,
    ports: Vec<u16>,
}

impl PortGroup {
    fn sentence(&self, all: &[&JudgedEndpoint]) -> String {
        let what = if self.ports.len() == 1 { &self.what } else { &self.what_of_many };
        match &self.place {
            None => format!("{} {what}.", subject(&self.ports, all)),
            Some(place) => format!("At {place}, {} {what}.", words::ports(&self.ports)),
        }
    }
}

fn causes(all: &[&JudgedEndpoint]) -> Vec<PortGroup> {
    let mut causes: Vec<PortGroup> = Vec::new();
    for endpoint in all.iter().filter(|endpoint| !works(endpoint)) {
        let port = endpoint.observation.endpoint.port;
        let place = place(endpoint, all);
        let (what, what_of_many) = what_is_wrong(endpoint, all);
        match causes.iter_mut().find(|cause| cause.what == what && cause.place == place) {
            Some(cause) if cause.ports.contains(&port) => {}
            Some(cause) => cause.ports.push(port),
            None => causes.push(PortGroup { what, what_of_many, place, gravity: gravity(endpoint), ports: vec![port] }),
        }
    }
    causes.sort_by_key(|cause| cause.gravity);
    causes
}

/// Failures first, what is merely not offered last.
fn gravity(endpoint: &JudgedEndpoint) -> u8 {
    match endpoint.verdict {
        Verdict::Fail => 0,
        Verdict::Inconclusive => 1,
        Verdict::Warn => 2,
        Verdict::Pass if is_blocked_25(endpoint) => FORGIVEN,
        Verdict::Pass => FORGIVEN + 1,
    }
}

/// From this gravity on, nothing fails: a port is merely not offered.
const FORGIVEN: u8 = 3;

/// Where an endpoint is, when the same port fares otherwise elsewhere.
fn place(endpoint: &JudgedEndpoint, all: &[&JudgedEndpoint]) -> Option<String> {
    let own = &endpoint.observation.endpoint;
    let others = all.iter().filter(|other| other.observation.endpoint.port == own.port);
    let mut differing = others.filter(|other| other.diagnosis.state != endpoint.diagnosis.state).peekable();
    differing.peek()?;
    if differing.any(|other| other.observation.endpoint.host != own.host) || own.address.is_none() {
        return Some(own.host.to_string());
    }
    own.address.map(|address| address.to_string())
}
