//! A mail domain and its records: what is wrong with a server because of who names it.

use super::cause::Cause;
use super::view::{JudgedState, View};
use crate::diagnosis::{FindingId, State};
use crate::observation::LookupFailureKind;
use crate::target::{Source, TargetKind};
use crate::words::{distinct, joined};

pub(super) fn explain(view: &mut View<'_>) {
    nameless_exchangers(view);
    missing_hosts(view);
    refusing_exchangers(view);
    mail_hosts_elsewhere(view);
}

fn is_exchanger(seen: &JudgedState<'_>) -> bool {
    seen.observation.endpoint.sources.contains(&Source::Mx)
}

/// The domain's MX records name nothing that could be connected to: the record is wrong, not the domain's own name.
fn nameless_exchangers(view: &mut View<'_>) {
    let found = view.target.findings.iter().find(|finding| finding.id == FindingId::MxIsNoName);
    let is_unnamed = |seen: &JudgedState<'_>| {
        let is_domain = view.target.domain.is_some_and(|domain| domain == seen.host().to_string());
        is_domain && is_exchanger(seen) && seen.finding(FindingId::DnsNoAddress).is_some()
    };
    let places = view.places(is_unnamed);
    let (Some(finding), false) = (found, places.is_empty()) else { return };
    let cause = Cause { severity: view.gravest(&places), ..Cause::of(finding) }.summary(finding.message.clone());
    view.add(cause, &places, &[FindingId::DnsNoAddress]);
    view.tell(FindingId::MxIsNoName);
}

/// An MX record names a host that is not there.
fn missing_hosts(view: &mut View<'_>) {
    let Some(domain) = view.target.domain else { return };
    for (id, what) in
        [(FindingId::DnsNoSuchName, "which does not exist"), (FindingId::DnsNoAddress, "which has no address")]
    {
        // Without an MX record, the domain's own name stands for its mail host; and a family that was not asked for may
        // have an address.
        let is_missing = |seen: &JudgedState<'_>| {
            let kind = seen.observation.lookup.as_ref().map(|failure| failure.kind);
            let is_known = matches!(kind, Some(LookupFailureKind::NoSuchName | LookupFailureKind::NoAddress));
            is_known && is_exchanger(seen) && seen.finding(id).is_some() && seen.host().to_string() != domain
        };
        let missing = view.places(is_missing);
        for host in distinct(view.at(&missing).map(JudgedState::host)) {
            let places = view.places(|seen| seen.host() == host && is_missing(seen));
            let summary = format!("The MX record of {domain} names {host}, {what}.");
            let cause = Cause::new(id, view.gravest(&places), summary.clone())
                .evidence(view.evidence(&places, id))
                .hint(format!(
                    "Correct the MX record of {domain}, or give the host an address: mail cannot be delivered there."
                ))
                .summary(summary);
            view.add(cause, &places, &[id]);
        }
    }
}

/// Every MX host is up and refuses mail: a wrong MX record looks like this.
fn refusing_exchangers(view: &mut View<'_>) {
    let Some(domain) = view.target.domain else { return };
    let exchangers = view.places(is_exchanger);
    let is_refused = |seen: &JudgedState<'_>| {
        seen.state() == State::ConnectionRefused && seen.finding(FindingId::ConnectionRefused).is_some()
    };
    for host in distinct(view.at(&exchangers).map(JudgedState::host)) {
        let places = view.places(|seen| is_exchanger(seen) && seen.host() == host && seen.address().is_some());
        let is_told = places.iter().any(|&place| view.is_explained(place, FindingId::ConnectionRefused));
        if places.is_empty() || is_told || !view.at(&places).all(is_refused) {
            continue;
        }
        let cause = Cause::new(
            FindingId::ConnectionRefused,
            view.gravest(&places),
            format!("{host}, which the MX record of {domain} names, is up but refuses connections to port 25."),
        )
        .evidence(view.evidence(&places, FindingId::ConnectionRefused))
        .hint(format!(
            "Check that the MX record of {domain} names the right host. If it does, check that its mail service runs \
             and listens on this address, and that no firewall rejects the connection."
        ));
        view.add(cause, &places, &[FindingId::ConnectionRefused]);
    }
}

/// A bare name none of whose ports works is probably the domain, not its mail host.
fn mail_hosts_elsewhere(view: &mut View<'_>) {
    let hosts = distinct(view.endpoints.iter().map(JudgedState::host));
    let [host] = hosts.as_slice() else { return };
    let is_dead = !view.endpoints.iter().any(JudgedState::is_open);
    if view.target.kind != TargetKind::Host || view.target.mail_hosts.is_empty() || !is_dead {
        return;
    }
    let places = view.places(|_| true);
    let mail_hosts = joined(view.target.mail_hosts);
    let summary = format!("Mail for {host} goes to {mail_hosts}.");
    let message = format!("{summary} Probably its mail ports are there, and not at {host}.");
    let cause = Cause::new(FindingId::MailHostElsewhere, view.gravest(&places), message)
        .evidence([format!("the MX record of {host}")])
        .hint(format!("To check the mail hosts of the domain: mailprobe @{host}"))
        .summary(summary);
    view.add(cause, &places, &[]);
}
