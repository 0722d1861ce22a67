//! Every port: in a table, and in a line.

use maud::{Markup, html};

use super::answer::{badge, mark};
use super::frame::{STYLE, cut, shown, validity};
use crate::policy::{JudgedEndpoint, JudgedTarget, Verdict};
use crate::report::brief::is_not_missed;
use crate::report::human::remarks::remarks;
use crate::report::human::words;
use crate::report::known::first;
use crate::report::scope::grouped;
use crate::report::time;

/// The days until the first certificate of a target, or of its chain, ends.
pub(crate) fn days_left(target: &JudgedTarget) -> Option<i64> {
    target.endpoints.iter().filter_map(days).min()
}

fn days(judged: &JudgedEndpoint) -> Option<i64> {
    first(&judged.observation, |attempt| Some(attempt.tls.as_ref()?.certificate.as_ref()?.chain_days_left()))
}

/// A row for every port of every address.
pub(super) fn table(target: &JudgedTarget) -> Markup {
    let several_hosts = crate::words::common(target.endpoints.iter().map(|judged| &judged.observation.endpoint.host));
    let with_host = several_hosts.is_none();
    html! {
        table.ports {
            caption { "Ports of " (shown(&target.typed)) }
            thead {
                tr {
                    @for title in COLUMNS { th scope="col" { (title) } }
                }
            }
            tbody { @for judged in &target.endpoints { (row(judged, with_host)) } }
        }
    }
}

const COLUMNS: [&str; 9] =
    ["Port", "Verdict", "Result", "Service", "Security", "Address", "TLS", "Certificate", "Time"];

fn row(judged: &JudgedEndpoint, with_host: bool) -> Markup {
    let observation = &judged.observation;
    let endpoint = &observation.endpoint;
    let version = first(observation, |attempt| attempt.tls.as_ref()?.version.as_deref());
    let word = remarks(judged).into_iter().next().unwrap_or_default();
    let state = judged.diagnosis.state;
    let stopped_at = judged.diagnosis.failed_stage.filter(|_| state.leaves_stage_open());
    html! {
        tr class=(class(judged)) {
            th scope="row" data-title="Port" { (endpoint.port) }
            td data-title="Verdict" { @if is_not_missed(judged) { (NOT_MISSED) } @else { (badge(judged.verdict)) } }
            td data-title="Result" {
                (cut(&word))
                @if word != state.name() { " " code.state { (state) } }
                @if let Some(stopped_at) = stopped_at { " at " (stopped_at) }
            }
            td data-title="Service" { (endpoint.service) }
            td data-title="Security" { (words::security(endpoint.security)) }
            td data-title="Address" {
                @if with_host { (shown(&endpoint.host.to_string())) " " }
                @match endpoint.address {
                    Some(address) => (address),
                    None => (NOTHING),
                }
            }
            (cell("TLS", version.map(cut).as_deref()))
            (cell("Certificate", days(judged).map(validity).as_deref()))
            td.number data-title="Time" { (time::short(observation.duration)) }
        }
    }
}

/// A cell that may be empty.
fn cell(title: &str, text: Option<&str>) -> Markup {
    let class = text.is_none().then_some("nothing");
    html! { td class=[class] data-title=(title) { (text.unwrap_or(NOTHING)) } }
}

/// Nobody misses a closed port: it is neither good nor bad.
const NOT_MISSED: &str = "–";

/// What a cell without anything in it says.
const NOTHING: &str = "–";

fn class(judged: &JudgedEndpoint) -> &'static str {
    if is_not_missed(judged) { "absent" } else { judged.verdict.name() }
}

/// What became of every port, in a line: the worst of its addresses.
pub(crate) fn standings(target: &JudgedTarget) -> Markup {
    let by_port = grouped(target.endpoints.iter().map(|judged| (judged.observation.endpoint.port, judged)));
    html! {
        ul.standings aria-label="Ports" {
            @for (port, endpoints) in by_port { (standing(port, &endpoints)) }
        }
    }
}

fn standing(port: u16, endpoints: &[&JudgedEndpoint]) -> Markup {
    let Some(worst) = endpoints.iter().max_by_key(|judged| judged.verdict.gravity()) else { return Markup::default() };
    let word = remarks(worst).into_iter().next().unwrap_or_default();
    html! {
        li class=(class(worst)) {
            b { (port) } " "
            @if is_not_missed(worst) { span.mark aria-hidden="true" { (NOT_MISSED) } } @else { (mark(worst.verdict)) }
            " " @if worst.verdict == Verdict::Pass { span.unseen { (cut(&word)) } } @else { span { (cut(&word)) } }
        }
    }
}

/// A port with its service and address: `25 smtp, 192.0.2.25`.
pub(super) fn place(judged: &JudgedEndpoint) -> String {
    let endpoint = &judged.observation.endpoint;
    let address = endpoint.address.map_or_else(|| endpoint.host.to_string(), |address| address.to_string());
    format!("{} {}{}{address}", endpoint.port, endpoint.service, STYLE.separator())
}
