//! There is no connection: what kept it from being made, and who.

use std::net::IpAddr;

use super::finding::{Diagnosis, Finding};
use super::finding_id::FindingId;
use super::seen::time_of;
use super::state::State;
use crate::observation::path::How;
use crate::observation::{Attempt, ConnectFailure, ConnectFailureKind, Icmp, Observation, Stage};
use crate::target::Endpoint;
use crate::words::{joined, seconds};

/// What an ICMP (RFC 792, RFC 1812) or `ICMPv6` (RFC 4443) error means, in plain words.
pub fn icmp_meaning(icmp: &Icmp) -> &'static str {
    match (icmp.v6, icmp.icmp_type, icmp.code) {
        (false, 3, 0) | (true, 1, 0) => "no route to the network",
        (false, 3, 1) | (true, 1, 3) => "host unreachable",
        (false, 3, 2) => "protocol unreachable",
        (false, 3, 3) | (true, 1, 4) => "port unreachable",
        (false, 3, 4) | (true, 2, _) => "packet too big",
        (false, 3, 5) => "source route failed",
        (false, 3, 6) => "destination network unknown",
        (false, 3, 7) => "destination host unknown",
        (false, 3, 8) => "source host isolated",
        (false, 3, 9) => "network administratively prohibited",
        (false, 3, 10) => "host administratively prohibited",
        (false, 3, 11) => "network unreachable for this type of service",
        (false, 3, 12) => "host unreachable for this type of service",
        (false, 3, 13) | (true, 1, 1) => "administratively prohibited",
        (false, 3, _) | (true, 1, _) if !(icmp.v6 && matches!(icmp.code, 2 | 5 | 6)) => "destination unreachable",
        (true, 1, 2) => "beyond the scope of the source address",
        (true, 1, 5) => "source address rejected by a policy",
        (true, 1, _) => "reject route to the destination",
        (false, 11, 0) | (true, 3, 0) => "time to live exceeded in transit",
        (false, 11, _) | (true, 3, _) => "fragment reassembly time exceeded",
        (false, 12, _) | (true, 4, _) => "malformed packet",
        _ => "an ICMP error",
    }
}

/// The state that an ICMP error stands for, where it stands for one.
fn icmp_state(icmp: &Icmp) -> Option<State> {
    match (icmp.v6, icmp.icmp_type, icmp.code) {
        (false, 3, 0 | 6 | 11) | (true, 1, 0) => Some(State::NetworkUnreachable),
        (false, 3, 1 | 5 | 7 | 12) | (false, 11, 0) | (true, 1, 3) | (true, 3, 0) => Some(State::HostUnreachable),
        (false, 3, 9 | 10 | 13) | (true, 1, 1 | 5 | 6) => Some(State::AdministrativelyProhibited),
        (false, 3, 3) | (true, 1, 4) => Some(State::ConnectionRefused),
        _ => None,
    }
}

/// The error number of a blackhole route or rule on Linux (EINVAL).
const EINVAL: i32 = 22;

/// Judges a connection that could not be made.
pub(super) fn failed(observation: &Observation, attempt: &Attempt, failure: &ConnectFailure) -> Diagnosis {
    let endpoint = &observation.endpoint;
    let state = failure.icmp.as_ref().and_then(icmp_state).unwrap_or_else(|| kind_state(endpoint, failure));
    let finding = match failure.icmp.as_ref() {
        Some(icmp) => icmp_finding(endpoint, failure, icmp, state).evidence(icmp_evidence(icmp)),
        None if state == State::ConnectionTimeout => return silence(observation, attempt),
        None if state == State::ConnectionRefused => reset().evidence(failure.message.clone()),
        None if failure.kind == ConnectFailureKind::RefusedByOption => {
            refused_by_option().evidence(failure.message.clone())
        }
        None if failure.on_this_machine => own_doing(endpoint, failure).evidence(failure.message.clone()),
        None => unknown_sender(state).evidence(failure.message.clone()),
    };
    Diagnosis::stopped(state, Stage::Connect, finding)
}

/// The SYN was never answered. What that means, only the other ports of the host can tell.
pub(super) fn silence(observation: &Observation, attempt: &Attempt) -> Diagnosis {
    let traced = observation.path.as_ref().and_then(|traced| traced.as_ref().ok());
    let finding = Finding::error(FindingId::ConnectionTimeout, "The port did not answer.");
    // Where the packets vanish, and what to do, the finding about the route says.
    let is_located = traced.is_some_and(|path| path.how == Some(How::Drop));
    let finding = if is_located { finding } else { finding.advised() };
    let evidence = time_of(attempt, Stage::Connect)
        .map(|time| format!("no answer to {} within {}", requests(attempt), seconds(time)));
    Diagnosis::stopped(State::ConnectionTimeout, Stage::Connect, finding.evidence(evidence))
}

fn requests(attempt: &Attempt) -> String {
    match attempt.connection_requests {
        0 | 1 => "the connection request".into(),
        count => format!("{count} connection requests"),
    }
}

/// A port that the provider does not offer is silent or refuses by design: nobody blocks it.
pub(super) fn excuse_what_is_not_offered(observation: &Observation, diagnosis: &mut Diagnosis) {
    let Some(provider) = &observation.not_offered_by else { return };
    if !matches!(diagnosis.state, State::ConnectionTimeout | State::ConnectionRefused) {
        return;
    }
    let endpoint = &observation.endpoint;
    let message =
        format!("{provider} does not offer port {} at {}. Nothing is blocked or broken.", endpoint.port, endpoint.host);
    let evidence = diagnosis.findings.first().and_then(|finding| finding.evidence.clone());
    diagnosis.findings = vec![
        Finding::error(FindingId::PortNotOffered, message)
            .evidence(evidence)
            .hint("Use another port: `mailprobe providers` lists those that the provider offers."),
    ];
}

fn kind_state(endpoint: &Endpoint, failure: &ConnectFailure) -> State {
    match failure.kind {
        ConnectFailureKind::Refused => State::ConnectionRefused,
        ConnectFailureKind::TimedOut => State::ConnectionTimeout,
        _ if is_by_rule(failure) => State::AdministrativelyProhibited,
        ConnectFailureKind::NetworkUnreachable => State::NetworkUnreachable,
        ConnectFailureKind::HostUnreachable | ConnectFailureKind::NoNeighbour => State::HostUnreachable,
        ConnectFailureKind::Prohibited | ConnectFailureKind::RefusedByOption => State::AdministrativelyProhibited,
        ConnectFailureKind::Other if is_blackhole(endpoint, failure) => State::NetworkUnreachable,
        ConnectFailureKind::Other => State::Inconclusive,
    }
}

/// Whether a rule on this machine forbids the connection, though other traffic to the address has a route.
fn is_by_rule(failure: &ConnectFailure) -> bool {
    use ConnectFailureKind::{HostUnreachable, NetworkUnreachable, Prohibited};
    failure.on_this_machine
        && failure.icmp.is_none()
        && failure.route_exists
        && matches!(failure.kind, NetworkUnreachable | HostUnreachable | Prohibited)
}

/// Whether a route or a rule discards the packets. A link-local address without its interface gives the same error.
fn is_blackhole(endpoint: &Endpoint, failure: &ConnectFailure) -> bool {
    let link_local = matches!(endpoint.address, Some(IpAddr::V6(v6)) if v6.is_unicast_link_local());
    failure.on_this_machine && failure.icmp.is_none() && failure.os_error == Some(EINVAL) && !link_local
}

fn reset() -> Finding {
    Finding::error(
        FindingId::ConnectionRefused,
        "The connection was refused with a TCP reset, from the host itself or from a firewall in front of it.",
    )
    // The same words for every port, so that seven refusals are told as one.
    .hint("Check that the service is running and listens on this address, and that no firewall rejects the connection.")
}

fn refused_by_option() -> Finding {
    Finding::error(
        FindingId::RefusedByOption,
        "The address is not public, and --no-private refuses to connect there. Nothing was sent.",
    )
    .hint("To check it all the same, from inside its network, leave out --no-private.")
}

fn icmp_finding(endpoint: &Endpoint, failure: &ConnectFailure, icmp: &Icmp, state: State) -> Finding {
    use FindingId::{NoNeighbour, RejectedByHost, RejectedByRouter, RejectedByThisMachine};
    let meaning = icmp_meaning(icmp);
    let by_the_host = icmp.from == endpoint.address;
    let (id, message, hint) = match icmp.from {
        // Linux reports a neighbour that does not answer as an ICMP message from this machine itself.
        _ if failure.kind == ConnectFailureKind::NoNeighbour => {
            let message = "No machine answered for this address, or for the gateway to it, on the local network.";
            return Finding::error(NoNeighbour, message).advised();
        }
        _ if failure.on_this_machine && by_the_host => (
            RejectedByThisMachine,
            format!("The host is this machine, and it refused the connection itself: {meaning}."),
            "Check this machine's own firewall: a rule rejects these connections.".to_owned(),
        ),
        _ if failure.on_this_machine => (
            RejectedByThisMachine,
            format!("This machine itself refused the connection: {meaning}. Nothing was sent."),
            "Check this machine's own firewall: a rule rejects these outgoing connections.".to_owned(),
        ),
        None => return unknown_sender(state),
        Some(_) if by_the_host => (
            RejectedByHost,
            format!(
                "An ICMP message from the host's own address refused the connection: {meaning}. Probably its firewall."
            ),
            RejectedByHost.entry().advice.to_owned(),
        ),
        Some(from) if matches!((icmp.v6, icmp.icmp_type), (false, 11) | (true, 3)) => (
            RejectedByRouter,
            format!("The packets never arrived: their time to live was exceeded at {from}. Probably a routing loop."),
            format!("Ask whoever runs {from} to check its routes to this host."),
        ),
        Some(from) => return rejected_by_routers(&[from], icmp, state),
    };
    Finding::error(id, message).hint(hint)
}

/// Routers or firewalls on the path answered instead of the host, all with this meaning.
pub(crate) fn rejected_by_routers(senders: &[IpAddr], icmp: &Icmp, state: State) -> Finding {
    let (from, meaning) = (joined(senders), icmp_meaning(icmp));
    let what = if senders.len() == 1 { "a router or firewall" } else { "routers or firewalls" };
    let hint = if matches!(state, State::AdministrativelyProhibited | State::ConnectionRefused) {
        format!("Ask whoever runs {from} to let mail through to this host.")
    } else {
        format!("Check that the host is up and the address is right. If so, ask whoever runs {from}.")
    };
    let message = format!("{from}, {what} on the path, answered instead of the host: {meaning}.");
    Finding::error(FindingId::RejectedByRouter, message).hint(hint)
}

/// An error without an ICMP message, on a system that would have told.
fn own_doing(endpoint: &Endpoint, failure: &ConnectFailure) -> Finding {
    use FindingId::{ConnectFailed, NoRoute, RejectedByThisMachine};
    if is_by_rule(failure) {
        return forbidden_by_rule(endpoint, failure);
    }
    let look = endpoint.address.map(|address| format!("`ip route get {address}`"));
    let look = look.as_deref().unwrap_or("its routing table");
    let (id, message, hint) = match failure.kind {
        _ if is_blackhole(endpoint, failure) => (
            RejectedByThisMachine,
            "A `blackhole` route on this machine discards these packets.",
            format!("Check {look} on this machine: a `blackhole` route is set for the address."),
        ),
        ConnectFailureKind::NetworkUnreachable => {
            let v6 = endpoint.address.is_some_and(|address| address.is_ipv6());
            let restrict = if v6 { " To skip IPv6, use -4." } else { "" };
            let hint = format!("Check this machine's network connection and {look}.{restrict}");
            (NoRoute, "This machine has no route to the address.", hint)
        }
        ConnectFailureKind::HostUnreachable => (
            RejectedByThisMachine,
            "A route on this machine marks the address as unreachable.",
            format!("Check {look} on this machine: an `unreachable` route is set for the address."),
        ),
        ConnectFailureKind::Prohibited => (
            RejectedByThisMachine,
            "A rule on this machine forbids the connection: a `prohibit` route, a firewall or a security module.",
            format!("Check {look} and the rules for this user or container."),
        ),
        _ => (
            ConnectFailed,
            "This machine could not start the connection.",
            "The evidence is the system's error message; check this machine's routes and firewall rules.".to_owned(),
        ),
    };
    Finding::error(id, message).hint(hint)
}

/// The route to the address is there, and yet nothing was sent.
fn forbidden_by_rule(endpoint: &Endpoint, failure: &ConnectFailure) -> Finding {
    let blackhole = is_blackhole(endpoint, failure);
    let (what, kind) = match failure.kind {
        _ if blackhole => ("a `blackhole` routing rule discards these packets", "`blackhole`"),
        ConnectFailureKind::Prohibited => ("a `prohibit` routing rule, a firewall or a security module", "`prohibit`"),
        _ => ("an `unreachable` routing rule", "`unreachable`"),
    };
    let v6 = endpoint.address.is_some_and(|address| address.is_ipv6());
    let list = if v6 { "ip -6 rule list" } else { "ip rule list" };
    let look = endpoint.address.map_or_else(String::new, |address| {
        format!(", and `ip route get {address} ipproto tcp dport {}` what becomes of this port", endpoint.port)
    });
    let others = if failure.kind == ConnectFailureKind::Prohibited && !blackhole {
        " If neither does, look at the rules for this user or container."
    } else {
        ""
    };
    Finding::error(
        FindingId::RejectedByThisMachine,
        format!(
            "A rule on this machine forbids the connection, though a route leads to the address: {what}. Nothing was \
             sent."
        ),
    )
    .hint(format!("`{list}` shows the {kind} rule{look}.{others}"))
}

fn unknown_sender(state: State) -> Finding {
    let message = match state {
        State::ConnectionRefused => {
            "The connection was refused with an ICMP message. This system does not report who sent it."
        }
        State::Inconclusive => FindingId::ConnectFailed.entry().meaning,
        State::AdministrativelyProhibited => {
            "A rule forbids the connection. This system does not report whether it is here or on the path."
        }
        _ => "The address cannot be reached. This system does not report who says so.",
    };
    let unexplained = state == State::Inconclusive;
    let id = if unexplained { FindingId::ConnectFailed } else { FindingId::RejectedByUnknown };
    Finding::error(id, message).hint(FindingId::RejectedByUnknown.entry().advice)
}

fn icmp_evidence(icmp: &Icmp) -> String {
    let name = if icmp.v6 { "ICMPv6" } else { "ICMP" };
    let from = icmp.from.map_or_else(String::new, |from| format!(" from {from}"));
    format!("{name} type {} code {}{from}: {}", icmp.icmp_type, icmp.code, icmp_meaning(icmp))
}
