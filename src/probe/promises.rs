//! Whose promises are looked up beside the probes of a target.

use super::context::RunContext;
use super::lost;
use super::options::PolicyLookups;
use super::prober::Prober;
use super::run::RunKind;
use crate::observation::promises::Promises;
use crate::observation::{Limit, StopCause};
use crate::promises::{self, AgentConfigLookup, Promisor};
use crate::service::Service;
use crate::target::{Host, ServicePort, Target, TargetSpec};
use crate::web::WebContext;

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
                PolicyLookups::Usual => domain.local_part.is_none(),
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
    /// Looks promises up, as far as the run lasts.
    pub(super) async fn promises(
        &self,
        promisor: &Promisor,
        agent_config: &AgentConfigLookup,
        context: &RunContext,
    ) -> Promises {
        let sources = WebContext {
            resolver: &self.resolver,
            tls: &self.tls,
            dialer: &*self.dialer,
            families: self.options.plan.families,
            connect_timeout: self.options.connect_limit(),
        };
        let looking_up = lost::caught(promises::look_up(promisor, agent_config, sources));
        let cause = match context.unless_over(looking_up).await {
            Ok(Ok(promises)) => return promises,
            Ok(Err(cause)) | Err(cause) => cause,
        };
        let why = match cause {
            StopCause::Interrupted => "the run was interrupted".to_owned(),
            StopCause::TimedOut(Limit::Run) => "the run's own time limit was reached".to_owned(),
            StopCause::Internal(words) => format!("a bug in mailprobe itself: {words}"),
            _ => "they were not looked up".to_owned(),
        };
        promises::unknown(promisor, Some(why))
    }
}
