//! Whether a domain keeps what it promises about its servers.

mod agent_config;
mod dane;
mod hosts;
mod mta_sts;
mod record;
mod tls_reporting;

use super::judged::JudgedEndpoint;
use super::kept::{JudgedPolicy, PolicyKind, PolicyOutcome};
use crate::diagnosis::Finding;
use crate::observation::promises::Promises;

/// All kinds of promises, and what was found about the target as a whole on the way.
#[derive(Debug, Default)]
pub(super) struct JudgedPolicies {
    pub(super) policies: Vec<JudgedPolicy>,
    pub(super) findings: Vec<Finding>,
}

/// Judges what was promised. What concerns single endpoints is among their findings already.
pub(super) fn judge(promises: &Promises, endpoints: &[JudgedEndpoint]) -> JudgedPolicies {
    let name = &promises.name;
    let of_domain = |judged: Option<(JudgedPolicy, Vec<Finding>)>, kind| {
        judged.or_else(|| was_broken_off(promises).then(|| (not_looked_up(kind), Vec::new())))
    };
    let mta_sts = promises.mta_sts.as_ref().map(|found| mta_sts::judge(name, found, endpoints));
    let tls_reporting = promises.tls_reporting.as_ref().map(|found| tls_reporting::judge(name, found));
    let agent_config = promises.agent_config.as_ref().map(|found| agent_config::judge(name, found, endpoints));
    let all = [
        Some(dane::judge(promises, endpoints)),
        of_domain(mta_sts, PolicyKind::MtaSts),
        of_domain(tls_reporting, PolicyKind::TlsReporting),
        of_domain(agent_config, PolicyKind::AgentConfig),
    ];
    let mut judged = JudgedPolicies::default();
    for (policy, findings) in all.into_iter().flatten() {
        judged.policies.push(policy);
        judged.findings.extend(findings);
    }
    judged
}

/// Whether the domain was to be asked for everything, and nothing came of it.
fn was_broken_off(promises: &Promises) -> bool {
    let Promises { dane, mta_sts, tls_reporting, agent_config, .. } = promises;
    promises.is_domain && dane.is_none() && mta_sts.is_none() && tls_reporting.is_none() && agent_config.is_none()
}

fn not_looked_up(kind: PolicyKind) -> JudgedPolicy {
    let clause = "cannot tell, since it was not looked up to the end".to_owned();
    JudgedPolicy { kind, outcome: PolicyOutcome::CannotTell, clause, finding: None }
}
