//! `--dry-run`: what would be probed.

use super::checks::Check;
use crate::policy::Addresses;
use crate::probe::{RunKind, promisor};
use crate::promises::Promisor;
use crate::report::sanitize::{Charset, escape, orders};
use crate::service::Security;
use crate::target::{Target, TargetKind};

/// What the checks would probe, a block for a target.
pub(super) fn describe(checks: &[Check], kind: RunKind) -> String {
    let blocks = checks.iter().flat_map(|check| check.targets.iter().map(|target| block(check, target, kind)));
    blocks.collect::<Vec<_>>().join("\n")
}

fn block(check: &Check, target: &Target, kind: RunKind) -> String {
    let plan = &check.options.plan;
    let expectations = &check.policy.expectations;
    let mut lines = vec![orders::disarm(&escape(&target.typed, Charset::Unicode)).into_owned()];
    if target.kind() == TargetKind::Domain {
        lines.push("  the domain's mail servers".to_owned());
    }
    for endpoint in target.endpoints(plan.ports.as_deref(), plan.security) {
        let expected = expectations.ports.get(&endpoint.port).map(|expected| format!(", expected: {expected}"));
        let security = match endpoint.security {
            Security::Implicit => "TLS",
            Security::StartTls => "STARTTLS",
            Security::Plaintext => "no TLS",
        };
        let (port, service, expected) = (endpoint.port, endpoint.service, expected.unwrap_or_default());
        lines.push(format!("  {port:>5}  {service:<11}  {security}{expected}"));
    }
    lines.extend(promises(target, check, kind).map(|line| format!("  {line}")));
    lines.extend(rules(check).into_iter().map(|rule| format!("  {rule}")));
    lines.push(String::new());
    lines.join("\n")
}

/// What would be looked up of promises about the servers.
fn promises(target: &Target, check: &Check, kind: RunKind) -> Option<&'static str> {
    let plan = &check.options.plan;
    match promisor(target, plan.ports.as_deref(), check.options.policies(), kind)? {
        Promisor::Domain(_) => Some("its promises: DANE, MTA-STS, TLS reporting, PACC (mail program settings)"),
        Promisor::Host(_) => Some("its promises: DANE"),
    }
}

/// What must be so, beside what is expected of single ports; and what bounds the check.
pub(super) fn rules(check: &Check) -> Vec<String> {
    let expectations = &check.policy.expectations;
    let mut rules = Vec::new();
    rules.extend(expectations.min_days.map(|days| format!("certificates valid for {days} days")));
    rules.extend(expectations.min_tls.map(|version| format!("TLS {version} or later")));
    rules.extend(expectations.required_logins.iter().map(|name| format!("login {name} inside TLS")));
    rules.extend(expectations.forbidden_logins.iter().map(|name| format!("no login {name} inside TLS")));
    rules.extend(expectations.policies.iter().map(|kind| format!("{} promised and kept", kind.label())));
    let families = check.options.plan.families;
    let others = [
        (expectations.forbid_plaintext_login, "no login before TLS"),
        (families.v4 && !families.v6, "IPv4 only"),
        (families.v6 && !families.v4, "IPv6 only"),
        (check.policy.addresses == Addresses::Any, "one address of each port is enough"),
        (check.policy.strict, "warnings count as failures"),
    ];
    rules.extend(others.into_iter().filter(|(holds, _)| *holds).map(|(_, rule)| rule.to_owned()));
    rules
}
