//! Ports that offer no upgrade to TLS: one cause for all of them, with the ports that do have TLS.

use super::cause::Cause;
use super::view::{JudgedState, View};
use crate::diagnosis::{Exposed, FindingId};
use crate::service::{Role, Security, Service};
use crate::words::{capitalised, distinct, joined, ports};

pub(super) fn explain(view: &mut View<'_>) {
    logged_in_from_the_start(view);
    // Where the session is logged in from the start, nobody asked.
    let is_missing = |seen: &JudgedState<'_>| {
        seen.finding(FindingId::StarttlsNotOffered).is_some()
            && seen.finding(FindingId::ImapPreauth).is_none()
            && !seen.as_expected
    };
    let places = view.places(is_missing);
    let programs = view.places(|seen| is_missing(seen) && !seen.is_of(Role::Relay));
    if programs.is_empty() {
        return; // Between servers, its own words do.
    }
    let numbers = view.port_numbers(&places);
    let offer = if numbers.len() == 1 { "does not offer" } else { "do not offer" };
    let instead = working_instead(view, &programs);
    let instead = match instead.as_slice() {
        [] => String::new(),
        [port] => format!(" Until then, port {port} works, with TLS from the start."),
        several => format!(" Until then, {} work, with TLS from the start.", ports(several)),
    };
    let what = exposed(view, &places);
    let cause = Cause::new(
        FindingId::StarttlsNotOffered,
        view.gravest(&places),
        format!(
            "{} {offer} an upgrade to TLS ({}): {what}.",
            capitalised(&ports(&numbers)),
            joined(distinct(view.at(&places).map(|seen| command(seen.service())))),
        ),
    )
    .evidence(view.evidence(&places, FindingId::StarttlsNotOffered))
    .hint(format!("Enable TLS on the server: it needs a certificate and the setting that offers it.{instead}"));
    view.add(cause, &places, &[FindingId::StarttlsNotOffered]);
}

/// What all these ports expose, and where passwords are among it.
fn exposed(view: &View<'_>, places: &[usize]) -> String {
    let of = |place: usize| view.at(&[place]).map(|seen| Exposed::of(seen.observation)).next();
    let kinds = distinct(places.iter().filter_map(|&place| of(place)));
    if let [one] = kinds.as_slice() {
        return one.words();
    }
    let with_passwords: Vec<usize> =
        places.iter().copied().filter(|&place| of(place).is_some_and(|exposed| exposed.has_passwords())).collect();
    if with_passwords.is_empty() {
        return "mail would be sent unencrypted".into();
    }
    let what = if kinds.contains(&Exposed::AnyPassword) { "any password" } else { "passwords" };
    format!("everything would be sent unencrypted, on {} including {what}", view.ports(&with_passwords))
}

/// PREAUTH: nobody asked for the upgrade.
fn logged_in_from_the_start(view: &mut View<'_>) {
    let places = view.places(|seen| {
        let is_missing = seen.finding(FindingId::StarttlsNotOffered).is_some() && !seen.as_expected;
        is_missing && seen.finding(FindingId::ImapPreauth).is_some()
    });
    let Some(finding) = view.at(&places).find_map(|seen| seen.finding(FindingId::StarttlsNotOffered)) else { return };
    let (numbers, ports) = (view.port_numbers(&places), capitalised(&view.ports(&places)));
    let is = if numbers.len() == 1 { "is" } else { "are" };
    let mut cause = Cause::of(finding)
        .evidence(view.evidence(&places, FindingId::ImapPreauth))
        .summary(format!("{ports} {is} logged in from the start (PREAUTH), without TLS."));
    cause.severity = view.gravest(&places);
    view.add(cause, &places, &[FindingId::StarttlsNotOffered, FindingId::ImapPreauth]);
}

fn command(service: Service) -> &'static str {
    if matches!(service, Service::Pop3 | Service::Pop3s) { "STLS" } else { "STARTTLS" }
}

/// The ports with TLS from the start that do the same and work.
fn working_instead(view: &View<'_>, places: &[usize]) -> Vec<u16> {
    let roles: Vec<Role> = distinct(view.at(places).map(|seen| seen.service().role()));
    view.port_numbers(&view.places(|seen| {
        seen.observation.endpoint.security == Security::Implicit
            && seen.works()
            && roles.contains(&seen.service().role())
    }))
}
