//! Targets × addresses × services: what there is to probe.

use std::net::IpAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::time::Instant;
use tracing::debug;

use super::context::RunContext;
use super::deadlines::Deadlines;
use super::planned::Planned;
use super::prober::Prober;
use super::recorder::Recorder;
use super::selection::select;
use super::unprobed::{stopped, unprobed, unresolved};
use crate::observation::discovery::Discovery;
use crate::observation::{LeftOut, LookupFailure, LookupFailureKind, Observation, Resolution, Stage, StopCause, Via};
use crate::promises::AgentConfigLookup;
use crate::resolve::Families;
use crate::target::{AddressClass, Endpoint, Host, Target, TargetSpec};
use crate::transport::tcp;
use crate::words::joined;

#[derive(Debug)]
pub struct Plan {
    /// For a mail domain: who was asked for its servers, and what they said.
    pub discovery: Option<Discovery>,
    pub resolutions: Vec<Resolution>,
    /// Families that its hosts have and to which this machine has no route; their addresses are left out.
    pub skipped: Families,
    /// What its hosts have beyond the bound on a target's endpoints, by host.
    pub left_out: Vec<LeftOut>,
    /// Whether promises are being looked up: they are told of by an event of their own.
    pub awaits_promises: bool,
    /// The endpoints, by host, address and the order of the ports.
    pub endpoints: Vec<Planned>,
}

impl Plan {
    const NOTHING: Self = Self {
        discovery: None,
        resolutions: Vec::new(),
        skipped: NEITHER,
        left_out: Vec::new(),
        awaits_promises: false,
        endpoints: Vec::new(),
    };

    /// Whether this machine had no descriptor left to look a name up with.
    pub(super) fn lacked_something(&self) -> bool {
        self.resolutions.iter().flat_map(failures).any(|failure| failure.kind == LookupFailureKind::Local)
    }

    /// Whether no name server answered, or could be asked, for any of its hosts.
    fn is_unanswered(&self) -> bool {
        let mut endpoints = self.endpoints.iter();
        !self.endpoints.is_empty() && endpoints.all(|planned| planned.failed_lookup().is_some())
    }

    fn blame_the_network(&mut self) {
        for planned in &mut self.endpoints {
            if let Planned::Known(observation) = planned
                && let Some(failure) = &mut observation.lookup
            {
                failure.kind = LookupFailureKind::NoNetwork;
            }
        }
    }
}

impl Prober {
    /// Finds the hosts of `target`, resolves them and lists its endpoints.
    pub(super) async fn plan(&self, target: &Target, agent_config: &AgentConfigLookup, context: &RunContext) -> Plan {
        let (discovery, wanted, without_connection) = match &target.spec {
            TargetSpec::Domain(domain) => {
                // Boxed: web client and all it is by far the largest future, and most targets are no domains.
                let found = Box::pin(self.find_servers(domain, agent_config, context)).await;
                (Some(found.discovery), found.wanted, found.known)
            }
            _ => (None, self.endpoints_of(target), Vec::new()),
        };
        let mut plan = Plan { discovery, ..Plan::NOTHING };
        let hosts = wanted.chunk_by(|one, next| one.host == next.host);
        let is_absolute = target.is_absolute();
        // Boxed: each is several kilobytes, and moves from one queue to the next.
        let hosts: Vec<_> = hosts.map(|of_host| Box::pin(self.plan_host(of_host, is_absolute, context))).collect();
        let mut hosts = stream::iter(hosts).buffered(HOSTS_AT_ONCE);
        while let Some(host) = hosts.next().await {
            plan.skipped.v4 |= host.skipped.v4;
            plan.skipped.v6 |= host.skipped.v6;
            plan.resolutions.extend(host.resolutions);
            plan.endpoints.extend(host.endpoints);
        }
        (plan.endpoints, plan.left_out) = select(plan.endpoints, self.options.plan.max_endpoints);
        plan.endpoints.extend(known(without_connection));
        // A name server that the user named may be on a network of its own.
        if plan.is_unanswered() && self.options.resolver.dns_server.is_none() && !tcp::has_default_route() {
            plan.blame_the_network();
        }
        plan
    }

    /// What stands for the plan of a target when it was lost.
    pub(super) fn lost_plan(&self, target: &Target, cause: &StopCause) -> Plan {
        let endpoints = match &target.spec {
            TargetSpec::Domain(domain) => {
                vec![Endpoint::of_domain(&domain.name, self.options.plan.discovery.first_source())]
            }
            _ => self.endpoints_of(target),
        };
        let stopped = |endpoint| stopped(endpoint, Recorder::at(Stage::Resolve), cause.clone(), Duration::ZERO);
        Plan { endpoints: known(endpoints.iter().map(stopped)).collect(), ..Plan::NOTHING }
    }

    fn endpoints_of(&self, target: &Target) -> Vec<Endpoint> {
        target.endpoints(self.options.plan.ports.as_deref(), self.options.plan.security)
    }

    /// The endpoints of one host, which all of `wanted` have.
    async fn plan_host(&self, wanted: &[Endpoint], is_absolute: bool, context: &RunContext) -> Plan {
        let mut plan = Plan::NOTHING;
        let Some(Endpoint { host, .. }) = wanted.first() else { return plan };
        let began = Instant::now();
        // The lookup keeps its own limit; this one only backs it up.
        let limit = self.options.timeout * 2;
        let recorder = Recorder::at(Stage::Resolve);
        let families = self.options.plan.families;
        let mut sources = wanted.iter().flat_map(|endpoint| &endpoint.sources);
        let is_typed = self.options.plan.search && !is_absolute && sources.any(|source| source.is_typed());
        let resolver = self.resolver.get();
        let looking_up = async {
            if is_typed {
                resolver.addresses(host, families).await
            } else {
                resolver.absolute_addresses(host, families).await
            }
        };
        let resolution = match Deadlines::new(context, limit).wait(began + limit, looking_up).await {
            Ok(resolution) => resolution,
            Err(cause) => {
                let late = format!("{host} was not looked up in time");
                plan.endpoints.extend(known(unresolved(wanted, recorder, cause, &late, began.elapsed())));
                return plan;
            }
        };
        debug!(%host, addresses = ?resolution.addresses, via = %resolution.via, "resolved");
        let (reachable, skipped) = routable(&servers_addresses(host, &resolution), tcp::has_route);
        plan.skipped = skipped;
        for address in first_of_each_family(&reachable, self.options.plan.per_family) {
            let at_address = |endpoint: &Endpoint| Endpoint { address: Some(address), ..endpoint.clone() };
            plan.endpoints.extend(wanted.iter().map(|endpoint| Planned::Probe(at_address(endpoint), address)));
        }
        if reachable.is_empty() {
            let failure = blocked(&resolution).unwrap_or_else(|| gravest(&resolution));
            let unprobed = |endpoint| unprobed(endpoint, Some(failure.clone()), resolution.duration);
            plan.endpoints.extend(known(wanted.iter().map(unprobed)));
        }
        plan.resolutions.push(resolution);
        plan
    }
}

fn known(observations: impl IntoIterator<Item = Observation>) -> impl Iterator<Item = Planned> {
    observations.into_iter().map(|observation| Planned::Known(Box::new(observation)))
}

const NEITHER: Families = Families { v4: false, v6: false };

/// How many hosts of a target are looked up at the same time: a mail domain has a handful, a hostile one hundreds.
const HOSTS_AT_ONCE: usize = 16;

/// The addresses that a server can have. A name that leads to `0.0.0.0` or `::` leads nowhere, while a connection there
/// would reach this machine: whoever wants that types the address.
fn servers_addresses(host: &Host, resolution: &Resolution) -> Vec<IpAddr> {
    let is_typed = matches!(host, Host::Address(_));
    let addresses = resolution.addresses.iter().copied();
    addresses.filter(|address| is_typed || AddressClass::of(*address) != AddressClass::Unspecified).collect()
}

/// Where a name has addresses, and none that a server can have.
fn blocked(resolution: &Resolution) -> Option<LookupFailure> {
    if resolution.addresses.is_empty() {
        return None;
    }
    let source = match (resolution.via, &resolution.name_server) {
        (Via::Dns, Some(server)) => format!("the name server {server}"),
        (Via::Dns, None) => "the name server".to_owned(),
        (Via::Hosts, _) => "the hosts file of this machine".to_owned(),
        (Via::System | Via::Literal, _) => "this machine's own resolver".to_owned(),
    };
    let message = format!("{source} gives {} for {}", joined(&resolution.addresses), resolution.host);
    Some(LookupFailure::new(LookupFailureKind::NameBlocked, message))
}

/// The addresses worth a try. A family to which this machine has no route at all is left out as long as the other one
/// remains: then a person without IPv6 is not told that half of the host is unreachable.
fn routable(addresses: &[IpAddr], has_route: impl Fn(IpAddr) -> bool) -> (Vec<IpAddr>, Families) {
    let none_of = |v4: bool| !addresses.iter().any(|&address| address.is_ipv4() == v4 && has_route(address));
    if addresses.iter().all(IpAddr::is_ipv4) || addresses.iter().all(IpAddr::is_ipv6) {
        return (addresses.to_vec(), NEITHER);
    }
    let (no_v4, no_v6) = (none_of(true), none_of(false));
    let skipped = Families { v4: no_v4 && !no_v6, v6: no_v6 && !no_v4 };
    let kept = addresses.iter().copied().filter(|address| !if address.is_ipv4() { skipped.v4 } else { skipped.v6 });
    (kept.collect(), skipped)
}

fn first_of_each_family(addresses: &[IpAddr], count: Option<usize>) -> Vec<IpAddr> {
    let count = count.unwrap_or(usize::MAX);
    let family = |v4: bool| addresses.iter().copied().filter(move |address| address.is_ipv4() == v4).take(count);
    family(true).chain(family(false)).collect()
}

fn failures(resolution: &Resolution) -> impl Iterator<Item = &LookupFailure> {
    [&resolution.ipv4, &resolution.ipv6].into_iter().flatten().filter_map(|lookup| lookup.as_ref().err())
}

/// What a name without any address is told to suffer from: the failure that says most. A family that has none while the
/// other one's lookup failed proves nothing about the name.
fn gravest(resolution: &Resolution) -> LookupFailure {
    let mut gravest = failures(resolution)
        .min_by_key(|failure| (failure.kind == LookupFailureKind::NoAddress, failure.kind))
        .cloned()
        .unwrap_or(LookupFailure::new(LookupFailureKind::NoAddress, format!("{} has no address", resolution.host)));
    if gravest.kind == LookupFailureKind::NoAddress {
        // The family that was not asked for may well have some.
        gravest.kind = match (&resolution.ipv4, &resolution.ipv6) {
            (Some(_), None) => LookupFailureKind::NoIpv4Address,
            (None, Some(_)) => LookupFailureKind::NoIpv6Address,
            _ => LookupFailureKind::NoAddress,
        };
    }
    gravest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_family_without_a_route_is_left_out_while_the_other_remains() {
        let v6 = Families { v4: false, v6: true };
        for (all, routed, kept, skipped) in [
            (&["192.0.2.1", "2001:db8::1", "2001:db8::2"][..], "1", &["192.0.2.1"][..], v6),
            // The only family is probed even without a route.
            (&["2001:db8::1"], "nothing", &["2001:db8::1"], NEITHER),
            // Without any route nothing is left out.
            (&["192.0.2.1", "2001:db8::1"], "nothing", &["192.0.2.1", "2001:db8::1"], NEITHER),
            // A family with one routable address is kept whole.
            (&["1.0.2.1", "2001:db8::1", "1d00::1"], "1", &["1.0.2.1", "2001:db8::1", "1d00::1"], NEITHER),
        ] {
            let found = routable(&addresses(all), |address| address.to_string().starts_with(routed));
            assert_eq!(found, (addresses(kept), skipped), "{all:?}");
        }
    }

    #[test]
    fn so_many_addresses_of_each_family_are_kept() {
        let all = addresses(&["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"]);
        assert_eq!(first_of_each_family(&all, Some(1)), addresses(&["192.0.2.1", "2001:db8::1"]));
        assert_eq!(first_of_each_family(&all, None), all);
    }
}
