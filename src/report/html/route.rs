//! The traced ways: hop by hop, the port beside what it is compared with.

use maud::{Markup, html};

use super::frame::shown;
use crate::observation::path::{Hop, HopAnswer, HopReply, Path};
use crate::policy::JudgedTarget;
use crate::report::time;

/// `None`: no way was traced, or a single hop answers for everything.
pub(super) fn routes(target: &JudgedTarget) -> Option<Markup> {
    let traced = target.endpoints.iter().filter_map(|judged| {
        let path = judged.observation.path.as_ref()?.as_ref().ok().filter(|path| !path.is_all_taken())?;
        Some((judged.observation.endpoint.address?.to_string(), path))
    });
    let traced: Vec<(String, &Path)> = traced.collect();
    (!traced.is_empty()).then(|| html! { @for (address, path) in traced { (route(&address, path)) } })
}

fn route(address: &str, path: &Path) -> Markup {
    html! {
        table.route {
            caption { "The route to port " (path.port) " of " (address) }
            thead {
                tr {
                    th scope="col" { "Hop" }
                    th scope="col" { "Router" }
                    th scope="col" { "Port " (path.port) }
                    th scope="col" { "Port " (path.control_port) }
                }
            }
            tbody {
                @for hop in &path.hops {
                    tr {
                        th scope="row" { (hop.ttl) }
                        td { (shown(&router(hop, address))) }
                        td { (answer(hop.port)) }
                        td { (answer(hop.control)) }
                    }
                }
            }
        }
    }
}

/// Who is there: the router that answered, or the host itself.
fn router(hop: &Hop, address: &str) -> String {
    let of = |answer: HopAnswer| answer.from.filter(|_| answer.reply == HopReply::TimeExceeded);
    let arrived = |answer: HopAnswer| matches!(answer.reply, HopReply::Connected | HopReply::Refused);
    match (of(hop.port), of(hop.control)) {
        (Some(one), Some(other)) if one != other => format!("{one}, {other}"),
        (Some(router), _) | (_, Some(router)) => router.to_string(),
        (None, None) if arrived(hop.control) => address.to_owned(),
        (None, None) => "not known".to_owned(),
    }
}

fn answer(answer: HopAnswer) -> String {
    let word = match answer.reply {
        HopReply::TimeExceeded => "passes",
        HopReply::Connected => "connected",
        HopReply::Refused => "refused",
        HopReply::Icmp => "ICMP message",
        HopReply::Silence => return "no answer".to_owned(),
        HopReply::NotTried => return "not tried".to_owned(),
    };
    answer.rtt.map_or_else(|| word.to_owned(), |rtt| format!("{word} ({})", time::short(rtt)))
}
