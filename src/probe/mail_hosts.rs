//! Where the mail of a name goes that was typed as a host and of which no port works: people type their domain.

use super::prober::Prober;
use crate::observation::{LookupFailureKind, Observation};
use crate::resolve::MailExchanger;
use crate::target::{Host, Target, TargetSpec};

/// The name that may be a mail domain: a bare host that is no address, and not of this machine.
fn domain(target: &Target) -> Option<&str> {
    match &target.spec {
        TargetSpec::Host(Host::Name(name)) if name.contains('.') && !name.ends_with(".localhost") => Some(name),
        _ => None,
    }
}

/// Whether the name exists, so that it may have an MX record.
pub(super) fn is_known(observation: &Observation) -> bool {
    let no_address = |kind| {
        use LookupFailureKind::{NoAddress, NoIpv4Address, NoIpv6Address};
        matches!(kind, NoAddress | NoIpv4Address | NoIpv6Address)
    };
    observation.lookup.as_ref().is_none_or(|failure| no_address(failure.kind))
}

impl Prober {
    /// The mail hosts of the domain of the same name; none where the name itself is among them, or nothing is known.
    pub(super) async fn mail_hosts(&self, target: &Target) -> Vec<Host> {
        let Some(domain) = domain(target) else { return Vec::new() };
        let exchangers = self.resolver.get().mx(domain).await.unwrap_or_default();
        let hosts: Vec<Host> = exchangers.iter().filter_map(MailExchanger::host).collect();
        if hosts.iter().any(|host| host.to_string() == domain) { Vec::new() } else { hosts }
    }
}
