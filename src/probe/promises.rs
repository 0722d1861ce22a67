//! Whose promises are looked up beside the probes of a target.

use std::future::pending;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::context::RunContext;
use super::lost;
use super::options::PolicyLookups;
use super::prober::Prober;
use super::run::RunKind;
use crate::observation::promises::Promises;
use crate::observation::{Limit, StopCause};
use crate::promises::{self, AgentConfigLookup, Patience, Promisor};
use crate::service::Service;
use crate::target::{Host, ServicePort, Target, TargetSpec};
use crate::web::WebContext;

/// How long promises are waited for when everything else of the target is done.
const GRACE: Duration = Duration::from_secs(5);
/// The same for a host on its own, of which nobody asked what it promises.
const GRACE_OF_HOST: Duration = Duration::from_secs(2);
/// How long a connection to a web server with a policy may take: less than [`GRACE`], so that a silent one is told of. A
/// system asks three times within it, as within the five seconds that the ports have.
const CONNECT_LIMIT: Duration = Duration::from_secs(4);

/// Whose promises concern the target's ports, where they are to be looked up.
pub fn promisor(
    target: &Target,
    ports: Option<&[ServicePort]>,
    lookups: PolicyLookups,
    kind: RunKind,
) -> Option<Promisor> {
    let of_hosts = lookups == PolicyLookups::All || (lookups == PolicyLookups::Usual && kind == RunKind::Named);
    let is_relay = |port: &ServicePort| port.service == Service::Smtp;
    match &target.spec {
        TargetSpec::Domain(domain) => {
            let is_wanted = match lookups {
                PolicyLookups::Nobody => false,
                PolicyLookups::Domains | PolicyLookups::Usual => domain.local_part.is_none(),
                PolicyLookups::All => true,
            };
            is_wanted.then(|| Promisor::Domain(domain.name.clone()))
        }
        TargetSpec::Host(host) if ports.is_none_or(|ports| ports.iter().any(is_relay)) => of_host(host, of_hosts),
        TargetSpec::Endpoint(named) if is_relay(&named.port) => of_host(&named.host, of_hosts),
        TargetSpec::Host(_) | TargetSpec::Endpoint(_) => None,
    }
}

/// A name that may have TLSA records: not of this machine or the local network.
fn of_host(host: &Host, is_wanted: bool) -> Option<Promisor> {
    match host {
        Host::Name(name) if is_wanted && name.contains('.') && !is_local(name) => Some(Promisor::Host(name.clone())),
        _ => None,
    }
}

/// Whether a name is never asked for in the DNS of all (RFC 6761, RFC 6762).
fn is_local(name: &str) -> bool {
    ["localhost", "local"].iter().any(|last| name.rsplit('.').next() == Some(last))
}

impl Prober {
    /// Looks promises up, as far as the run lasts. `probed` is cancelled when nothing but them is waited for.
    pub(super) async fn promises(
        &self,
        promisor: &Promisor,
        agent_config: &AgentConfigLookup,
        context: &RunContext,
        probed: &CancellationToken,
    ) -> Promises {
        let resolver = self.resolver.get();
        let sources = WebContext {
            resolver: &resolver,
            tls: &self.tls,
            dialer: &*self.dialer,
            families: self.options.plan.families,
            connect_timeout: self.options.connect_limit().min(CONNECT_LIMIT),
        };
        let patience = Patience::default();
        let looking_up = lost::caught(promises::look_up(promisor, agent_config, sources, &patience));
        let watching = async {
            if let Err(cause) = context.unless_over(self.spend(&patience, promisor, probed)).await {
                patience.end(&why(cause));
            }
            pending().await
        };
        let found = tokio::select! {
            found = looking_up => found,
            found = watching => found,
        };
        found.unwrap_or_else(|cause| promises::unknown(promisor, Some(why(cause))))
    }

    /// Whoever asked for promises gets them; others are not kept waiting.
    async fn spend(&self, patience: &Patience, promisor: &Promisor, probed: &CancellationToken) {
        if self.options.plan.policies != PolicyLookups::All {
            probed.cancelled().await;
            let grace = match promisor {
                Promisor::Domain(_) => GRACE,
                Promisor::Host(_) => GRACE_OF_HOST,
            };
            sleep(grace).await;
            patience.spend(&format!("no answer came within {} s of the end of all other checks", grace.as_secs()));
        }
        pending::<()>().await;
    }
}

/// Why promises were not looked up to the end, as a clause.
fn why(cause: StopCause) -> String {
    match cause {
        StopCause::Interrupted => "the run was interrupted".to_owned(),
        StopCause::TimedOut(Limit::Run) => "the run's own time limit was reached".to_owned(),
        StopCause::Internal(words) => format!("mailprobe itself has a bug: {words}"),
        _ => "they were not looked up".to_owned(),
    }
}
