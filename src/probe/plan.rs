//! Targets × addresses × services: what there is to probe.

use std::net::IpAddr;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::time::Instant;
use tracing::debug;

use super::Prober;
use super::driver::RunContext;
use super::patience::Patience;
use super::recorder::Recorder;
use crate::discovery::DiscoveryOptions;
use crate::observation::discovery::Discovery;
use crate::observation::{Cause, Limit, LookupFailure, LookupFailureKind, Observation, Purpose, Resolution, Stage};
use crate::resolve::Families;
use crate::service::Security;
use crate::target::{Endpoint, ServicePort, Target, TargetSpec};
use crate::transport::tcp;

/// What to probe of a target.
#[derive(Debug, Clone)]
pub struct PlanOptions {
    /// The ports of a bare host that the user named; `None`: the port table.
    pub ports: Option<Vec<ServicePort>>,
    /// The address families to use.
    pub families: Families,
    /// How connections are secured, whatever the ports and schemes say.
    pub security: Option<Security>,
    /// How many addresses of each family are probed of a host, the first of the answer; `None`: all.
    pub per_family: Option<usize>,
    /// How the servers of a mail domain are found.
    pub discovery: DiscoveryOptions,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            ports: None,
            families: Families::BOTH,
            security: None,
            per_family: None,
            discovery: DiscoveryOptions::default(),
        }
    }
}

/// What will be probed of a target.
#[derive(Debug)]
pub struct Plan {
    /// For a mail domain: who was asked for its servers, and what they said.
    pub discovery: Option<Discovery>,
    /// How its hosts were resolved.
    pub resolutions: Vec<Resolution>,
    /// Families that its hosts have and to which this machine has no route; their addresses are left out.
    pub skipped: Families,
    /// The endpoints, by host, address and the order of the ports.
    pub endpoints: Vec<Planned>,
}

/// One place in a plan.
#[derive(Debug, Clone)]
pub enum Planned {
    /// Something to connect to.
    Probe(Endpoint, IpAddr),
    /// Nothing to connect to: the name gave no address, or the run ended first.
    Known(Box<Observation>),
}

impl Planned {
    /// The endpoint.
    pub fn endpoint(&self) -> &Endpoint {
        match self {
            Self::Probe(endpoint, _) => endpoint,
            Self::Known(observation) => &observation.endpoint,
        }
    }
}

impl Plan {
    /// Whether this machine had no descriptor left to look a name up with.
    pub(super) fn lacked_something(&self) -> bool {
        let lookups = self.resolutions.iter().flat_map(|resolution| [&resolution.ipv4, &resolution.ipv6]);
        let mut failures = lookups.flatten().filter_map(|lookup| lookup.as_ref().err());
        failures.any(|failure| failure.kind == LookupFailureKind::Local)
    }
}

impl Prober {
    /// Finds the hosts of `target`, resolves them and lists its endpoints.
    pub(super) async fn plan(&self, target: &Target, context: &RunContext) -> Plan {
        let mut plan = Plan { discovery: None, resolutions: Vec::new(), skipped: NEITHER, endpoints: Vec::new() };
        let (wanted, known) = match &target.spec {
            TargetSpec::Domain(domain) => {
                let found = self.find_servers(domain, context).await;
                plan.discovery = found.discovery;
                (found.wanted, found.known)
            }
            _ => (target.endpoints(self.options.plan.ports.as_deref(), self.options.plan.security), Vec::new()),
        };
        let hosts = wanted.chunk_by(|one, next| one.host == next.host);
        let hosts: Vec<_> = hosts.map(|of_host| self.plan_host(of_host, context)).collect();
        let mut hosts = stream::iter(hosts).buffered(HOSTS_AT_ONCE);
        while let Some(host) = hosts.next().await {
            plan.skipped.v4 |= host.skipped.v4;
            plan.skipped.v6 |= host.skipped.v6;
            plan.resolutions.extend(host.resolution);
            plan.endpoints.extend(host.endpoints);
        }
        plan.endpoints.extend(known.into_iter().map(Box::new).map(Planned::Known));
        // It is kept until the target is done.
        plan.resolutions.shrink_to_fit();
        plan
    }

    /// The endpoints of one host, which all of `wanted` have.
    async fn plan_host(&self, wanted: &[Endpoint], context: &RunContext) -> HostPlan {
        let mut plan = HostPlan { resolution: None, skipped: NEITHER, endpoints: Vec::new() };
        let Some(Endpoint { host, .. }) = wanted.first() else { return plan };
        let began = Instant::now();
        // The lookup keeps its own limit; this one only backs it up.
        let limit = self.options.timeout * 2;
        let mut patience = Patience::for_endpoint(context, limit);
        let mut recorder = Recorder::new(Purpose::Probe, None);
        recorder.enter(Stage::Resolve);
        let looking = pin!(self.resolver.addresses(host, self.options.plan.families));
        let resolution = match patience.wait(began + limit, looking).await {
            Ok(resolution) => resolution,
            Err(Cause::TimedOut(Limit::Stage | Limit::Endpoint)) => {
                let message = format!("{host} was not looked up in time");
                let failure = LookupFailure { kind: LookupFailureKind::TimedOut, message };
                let known = |endpoint| unprobed(endpoint, Some(failure.clone()), began.elapsed());
                plan.endpoints.extend(wanted.iter().map(known).map(Box::new).map(Planned::Known));
                return plan;
            }
            Err(cause) => {
                let attempt = recorder.stop(cause);
                let stopped = |endpoint: &Endpoint| Observation {
                    attempts: vec![attempt.clone()],
                    ..unprobed(endpoint, None, began.elapsed())
                };
                plan.endpoints.extend(wanted.iter().map(stopped).map(Box::new).map(Planned::Known));
                return plan;
            }
        };
        debug!(%host, addresses = ?resolution.addresses, via = %resolution.via, "resolved");
        let (reachable, skipped) = routable(&resolution.addresses, tcp::has_route);
        plan.skipped = skipped;
        for &address in &first_of_each_family(&reachable, self.options.plan.per_family) {
            plan.endpoints.extend(
                wanted
                    .iter()
                    .map(|endpoint| Planned::Probe(Endpoint { address: Some(address), ..endpoint.clone() }, address)),
            );
        }
        if reachable.is_empty() {
            let failure = gravest(&resolution);
            let known = |endpoint| unprobed(endpoint, Some(failure.clone()), resolution.duration);
            plan.endpoints.extend(wanted.iter().map(known).map(Box::new).map(Planned::Known));
        }
        plan.resolution = Some(resolution);
        plan
    }
}

/// What will be probed of one host.
struct HostPlan {
    resolution: Option<Resolution>,
    skipped: Families,
    endpoints: Vec<Planned>,
}

const NEITHER: Families = Families { v4: false, v6: false };

/// How many hosts of a target are looked up at the same time: a mail domain has a handful, a hostile one hundreds.
const HOSTS_AT_ONCE: usize = 16;

pub(super) fn unprobed(endpoint: &Endpoint, lookup: Option<LookupFailure>, duration: Duration) -> Observation {
    Observation { duration, ..Observation::unprobed(endpoint.clone(), lookup) }
}

/// An endpoint that was not begun before the run ended.
pub(super) fn unbegun(endpoint: &Endpoint, cause: Cause, waited: Duration) -> Observation {
    let attempt = Recorder::new(Purpose::Probe, None).stop(cause);
    Observation { attempts: vec![attempt], ..unprobed(endpoint, None, waited) }
}

/// The addresses worth a try. A family to which this machine has no route at all is left out as long as the other one
/// remains: then a person without IPv6 is not told that half of the host is unreachable.
fn routable(addresses: &[IpAddr], has_route: impl Fn(IpAddr) -> bool) -> (Vec<IpAddr>, Families) {
    let none_of = |v4: bool| {
        let mut of_family = addresses.iter().filter(|address| address.is_ipv4() == v4).peekable();
        of_family.peek().is_some() && !of_family.any(|&address| has_route(address))
    };
    let both = addresses.iter().any(IpAddr::is_ipv4) && addresses.iter().any(IpAddr::is_ipv6);
    if !both {
        return (addresses.to_vec(), NEITHER);
    }
    let (no_v4, no_v6) = (none_of(true), none_of(false));
    let skipped = Families { v4: no_v4 && !no_v6, v6: no_v6 && !no_v4 };
    let kept = addresses.iter().copied().filter(|address| !if address.is_ipv4() { skipped.v4 } else { skipped.v6 });
    (kept.collect(), skipped)
}

/// So many addresses of each family.
fn first_of_each_family(addresses: &[IpAddr], count: Option<usize>) -> Vec<IpAddr> {
    let count = count.unwrap_or(usize::MAX);
    let family = |v4: bool| addresses.iter().copied().filter(move |address| address.is_ipv4() == v4).take(count);
    family(true).chain(family(false)).collect()
}

/// What a name without any address is told to suffer from: the failure that says most. A family that has none while the
/// other one's lookup failed proves nothing about the name.
fn gravest(resolution: &Resolution) -> LookupFailure {
    let rank = |kind| match kind {
        LookupFailureKind::NoSuchName => 0,
        LookupFailureKind::NoMail => 1,
        LookupFailureKind::TimedOut => 2,
        LookupFailureKind::Failed => 3,
        LookupFailureKind::Local => 4,
        LookupFailureKind::NoAddress | LookupFailureKind::NoIpv4Address | LookupFailureKind::NoIpv6Address => 5,
    };
    let mut gravest = [&resolution.ipv4, &resolution.ipv6]
        .into_iter()
        .flatten()
        .filter_map(|lookup| lookup.as_ref().err())
        .min_by_key(|failure| rank(failure.kind))
        .cloned()
        .unwrap_or(LookupFailure {
            kind: LookupFailureKind::NoAddress,
            message: format!("{} has no address", resolution.host),
        });
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
        let both = addresses(&["192.0.2.1", "2001:db8::1", "2001:db8::2"]);
        let (kept, skipped) = routable(&both, |address| address.is_ipv4());
        assert_eq!(kept, addresses(&["192.0.2.1"]));
        assert_eq!(skipped, Families { v4: false, v6: true });
    }

    #[test]
    fn so_many_addresses_of_each_family_are_kept() {
        let all = addresses(&["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"]);
        assert_eq!(first_of_each_family(&all, Some(1)), addresses(&["192.0.2.1", "2001:db8::1"]));
        assert_eq!(first_of_each_family(&all, None), all);
    }

    #[test]
    fn the_only_family_is_probed_even_without_a_route() {
        let only = addresses(&["2001:db8::1"]);
        assert_eq!(routable(&only, |_| false), (only.clone(), Families { v4: false, v6: false }));
    }

    #[test]
    fn without_any_route_nothing_is_left_out() {
        let both = addresses(&["192.0.2.1", "2001:db8::1"]);
        assert_eq!(routable(&both, |_| false), (both.clone(), Families { v4: false, v6: false }));
    }

    #[test]
    fn a_family_with_one_routable_address_is_kept_whole() {
        let both = addresses(&["192.0.2.1", "2001:db8::1", "fd00::1"]);
        let (kept, _) = routable(&both, |address| address.is_ipv4() || address.to_string().starts_with("fd"));
        assert_eq!(kept, both);
    }
}
