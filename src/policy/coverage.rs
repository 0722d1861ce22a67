//! What was not checked of a target that has more than is checked of one.

use super::judged::JudgedEndpoint;
use crate::diagnosis::{Finding, FindingId};
use crate::observation::LeftOut;
use crate::words::{counted, joined};

/// More hosts than this are only counted.
const MAX_NAMED: usize = 3;

/// Large providers have more addresses than are checked, and nothing is wrong with them: it is good to know.
pub(super) fn left_out(left_out: &[LeftOut], endpoints: &[JudgedEndpoint]) -> Option<Finding> {
    if left_out.is_empty() {
        return None;
    }
    let checked = endpoints.iter().filter(|judged| judged.observation.endpoint.address.is_some()).count();
    let (ports, addresses) =
        left_out.iter().fold((0, 0), |(ports, addresses), left| (ports + left.endpoints, addresses + left.addresses));
    let total = checked + ports;
    let of = match left_out {
        [only] => format!(" of {}", only.host),
        hosts => format!(" of {} hosts", hosts.len()),
    };
    let at = if addresses > 0 { format!(" at {addresses} further addresses{of}") } else { of };
    let at = if addresses == 1 { at.replacen("addresses", "address", 1) } else { at };
    let message = format!(
        "Only {checked} of {total} ports at all addresses were checked: {ports}{at} were left out. Each host's first \
         addresses were checked, mail exchangers before others."
    );
    let mut named: Vec<String> = left_out.iter().take(MAX_NAMED).map(of_host).collect();
    let more = left_out.len() - named.len();
    named.extend((more > 0).then(|| counted(more, "more host")));
    Some(
        Finding::info(FindingId::EndpointsLeftOut, message).evidence(format!("left out: {}", joined(named))).hint(
            format!("To check all of them: --max-endpoints {total}. To check some, name the host or the address."),
        ),
    )
}

fn of_host(left: &LeftOut) -> String {
    let LeftOut { host, addresses, endpoints } = left;
    if *addresses == 0 {
        return format!("{host} ({endpoints} of its ports)");
    }
    let noun = if *addresses == 1 { "address" } else { "addresses" };
    format!("{host} ({addresses} {noun})")
}
