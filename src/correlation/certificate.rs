//! Certificates: which ports or addresses of a host show another one than the rest.

use std::net::IpAddr;

use super::cause::Cause;
use super::view::{JudgedState, View};
use crate::diagnosis::{FindingId, Severity};
use crate::observation::{CertificateFacts, TlsFacts};
use crate::target::Host;
use crate::words::{capitalised, date, distinct, joined};

/// One certificate, and where a host shows it.
struct ShownCertificate<'a> {
    facts: &'a CertificateFacts,
    is_good: bool,
    places: Vec<usize>,
}

pub(super) fn explain(view: &mut View<'_>) {
    let hosts: Vec<&Host> = distinct(view.endpoints.iter().map(JudgedState::host));
    for host in hosts {
        let shown = shown(view, host);
        let Some((usual, others)) = shown.split_first().filter(|(_, others)| !others.is_empty()) else { continue };
        if shown.iter().all(|one| one.is_good) && !is_told_by_tlsa(view, &shown) {
            let cause = different(view, &shown, usual, others);
            let places: Vec<usize> = others.iter().flat_map(|one| one.places.iter().copied()).collect();
            view.add(cause, &places, &[]);
        }
        for one in &shown {
            renewed_elsewhere(view, &shown, one);
        }
    }
}

/// An expired certificate where other ports show its successor: a service was not reloaded.
fn renewed_elsewhere(view: &mut View<'_>, shown: &[ShownCertificate<'_>], old: &ShownCertificate<'_>) {
    let succeeds = |one: &&ShownCertificate<'_>| one.is_good && one.facts.names == old.facts.names;
    let expired = view.at(&old.places).find_map(|seen| seen.finding(FindingId::CertificateExpired));
    let (Some(finding), Some(new)) = (expired, shown.iter().find(succeeds)) else { return };
    if is_vouched_for(view, old) {
        return; // Its key is the one that senders go by, and its dates do not count.
    }
    let cause = Cause::of(finding).hint(format!(
        "Make {} show the renewed certificate, too: the one of {} is valid until {}.",
        place_name(view, shown, old),
        place_name(view, shown, new),
        date(new.facts.not_after),
    ));
    let cause = Cause { severity: view.gravest(&old.places), ..cause };
    view.add(cause, &old.places, &[FindingId::CertificateExpired]);
}

/// The certificates of a host, the one of most ports first.
fn shown<'a>(view: &View<'a>, host: &Host) -> Vec<ShownCertificate<'a>> {
    let mut shown: Vec<ShownCertificate<'a>> = Vec::new();
    for (place, seen) in view.endpoints.iter().enumerate().filter(|(_, seen)| seen.host() == host) {
        let Some((tls, facts)) = tls_of(seen).and_then(|tls| Some((tls, tls.certificate.as_ref()?))) else { continue };
        match shown.iter_mut().find(|known| known.facts.sha256 == facts.sha256) {
            Some(known) => known.places.push(place),
            None => shown.push(ShownCertificate { facts, is_good: tls.faults.is_empty(), places: vec![place] }),
        }
    }
    shown.sort_by_key(|one| usize::MAX - one.places.len());
    shown
}

/// Whether a TLSA record names it: senders who check DANE go by that.
fn is_vouched_for(view: &View<'_>, one: &ShownCertificate<'_>) -> bool {
    view.at(&one.places).any(|seen| seen.finding(FindingId::DaneMatch).is_some())
}

/// Whether a TLSA record names some of them and none of the others: that they differ is the broken promise then.
fn is_told_by_tlsa(view: &View<'_>, shown: &[ShownCertificate<'_>]) -> bool {
    let breaks =
        |one: &ShownCertificate<'_>| view.at(&one.places).all(|seen| seen.finding(FindingId::DaneMismatch).is_some());
    shown.iter().all(|one| is_vouched_for(view, one) || breaks(one)) && shown.iter().any(breaks)
}

fn tls_of<'a>(seen: &JudgedState<'a>) -> Option<&'a TlsFacts> {
    seen.observation.attempts.iter().find_map(|attempt| attempt.tls.as_ref())
}

fn different(
    view: &View<'_>,
    shown: &[ShownCertificate<'_>],
    usual: &ShownCertificate<'_>,
    others: &[ShownCertificate<'_>],
) -> Cause {
    let names: Vec<String> = others.iter().map(|one| place_name(view, shown, one)).collect();
    let verb = match others {
        [only] if is_one_thing(view, shown, only) => "shows another certificate",
        [_] => "show another certificate",
        _ => "show other certificates",
    };
    // An address has no capital letter.
    let begin = if names.iter().any(|name| name.parse::<IpAddr>().is_ok()) { str::to_owned } else { capitalised };
    let message = format!("{} {verb} than {}.", begin(&joined(names)), place_name(view, shown, usual));
    let dates = |one: &ShownCertificate<'_>| {
        let until = date(one.facts.not_after);
        format!("{}: valid from {} to {until}", place_name(view, shown, one), date(one.facts.not_before))
    };
    let is_renewed = shown.iter().any(|one| {
        let older = |other: &ShownCertificate<'_>| {
            other.facts.names == one.facts.names && other.facts.not_after < one.facts.not_after
        };
        one.is_good && shown.iter().any(older)
    });
    let hint = if is_renewed && shown.iter().any(|one| is_vouched_for(view, one)) {
        "If the certificate was renewed with a new key, publish the TLSA record of that key before port 25 shows it. With the \
         same key, reload the services that still show the older one."
    } else if is_renewed {
        "If the certificate was renewed, reload the services that still show the older one."
    } else {
        "If all are meant to show the same, compare the certificate files in the settings of each service."
    };
    Cause::new(FindingId::CertificatesDiffer, Severity::Info, message)
        .evidence([shown.iter().map(dates).collect::<Vec<_>>().join("; ")])
        .hint(hint)
}

/// Whether the name of where a certificate is shown is that of one port or address.
fn is_one_thing(view: &View<'_>, shown: &[ShownCertificate<'_>], one: &ShownCertificate<'_>) -> bool {
    let name = place_name(view, shown, one);
    !name.starts_with("ports") && !name.contains(" and ")
}

/// Where a certificate is shown, by what tells it from the others: ports, addresses, or both.
fn place_name(view: &View<'_>, shown: &[ShownCertificate<'_>], one: &ShownCertificate<'_>) -> String {
    let others = || shown.iter().filter(|other| other.facts.sha256 != one.facts.sha256);
    let ports = view.port_numbers(&one.places);
    let shares_ports = others().any(|other| view.port_numbers(&other.places).iter().any(|port| ports.contains(port)));
    if !shares_ports {
        return view.ports(&one.places);
    }
    let is_here = |seen: &JudgedState<'_>| view.at(&one.places).any(|own| own.address() == seen.address());
    let shares_addresses = others().any(|other| view.at(&other.places).any(is_here));
    if shares_addresses {
        return format!("{} at {}", view.ports(&one.places), view.address_list(&one.places));
    }
    view.address_list(&one.places)
}
