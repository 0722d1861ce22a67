//! One family of addresses works and the other does not: the cause is that family, not the host.

use std::net::IpAddr;

use super::cause::Cause;
use super::view::{JudgedState, View};
use crate::diagnosis::{FindingId, Severity, State};

/// A family that fails as a whole, and what its failures have in common.
struct Failing {
    name: &'static str,
    other: &'static str,
    record: &'static str,
    /// The option that leaves it out.
    without: &'static str,
    places: Vec<usize>,
    state: State,
}

pub(super) fn explain(view: &mut View<'_>) {
    for is_failing in [IpAddr::is_ipv6, IpAddr::is_ipv4] {
        let Some(failing) = failing(view, is_failing) else { continue };
        let cause = cause(view, &failing);
        view.add(cause, &failing.places, &[FindingId::ConnectionTimeout, FindingId::ConnectionRefused]);
        return;
    }
}

/// All of this family's endpoints, where they fail in one way and the other family answers.
fn failing(view: &View<'_>, is_failing: fn(&IpAddr) -> bool) -> Option<Failing> {
    let is_of_family = |seen: &JudgedState<'_>| seen.address().as_ref().is_some_and(is_failing);
    let places = view.places(is_of_family);
    let of_other = view.places(|seen| seen.address().is_some() && !is_of_family(seen));
    if places.is_empty() || !view.at(&of_other).any(JudgedState::is_open) {
        return None;
    }
    let state = if view.at(&places).all(JudgedState::is_silent) {
        State::ConnectionTimeout
    } else if view.at(&places).all(|seen| seen.finding(FindingId::ConnectionRefused).is_some()) {
        State::ConnectionRefused
    } else {
        return None;
    };
    let is_told = |&place: &usize| {
        [FindingId::ConnectionTimeout, FindingId::ConnectionRefused].iter().any(|id| view.is_explained(place, *id))
    };
    // What nobody misses needs no explanation.
    if places.iter().any(is_told) || view.gravest(&places) == Severity::Info {
        return None;
    }
    let v6 = view.at(&places).any(|seen| seen.address().is_some_and(|address| address.is_ipv6()));
    let (name, other) = if v6 { ("IPv6", "IPv4") } else { ("IPv4", "IPv6") };
    let (record, without) = if v6 { ("AAAA", "-4") } else { ("A", "-6") };
    Some(Failing { name, other, record, without, places, state })
}

fn cause(view: &View<'_>, failing: &Failing) -> Cause {
    let Failing { name, other, record, without, places, state } = failing;
    let (ports, addresses) = (view.any_of_the_ports(places), view.address_list(places));
    let go_on = format!("To leave {name} out, give {without}.");
    let (message, hint, summary) = if *state == State::ConnectionTimeout {
        (
            format!("Nothing answers over {name} ({addresses}) on {ports}; over {other} the host answers."),
            format!(
                "Check the {record} record, and that the host's firewall lets {name} in: its rules are separate. If \
                 other hosts fail over {name} too, it is this network's. {go_on}"
            ),
            format!("Over {name} nothing answers."),
        )
    } else {
        (
            format!("Over {name} ({addresses}) every connection is refused; over {other} the host answers."),
            format!(
                "Make the services listen on {name}, too, or remove the {record} record; a firewall may also refuse \
                 for them. {go_on}"
            ),
            format!("Over {name} every connection is refused."),
        )
    };
    let evidence = if *state == State::ConnectionTimeout {
        view.waited(places).into_iter().collect()
    } else {
        view.evidence(places, FindingId::ConnectionRefused)
    };
    Cause::new(FindingId::AddressFamilyFails, view.gravest(places), message)
        .evidence(evidence)
        .hint(hint)
        .summary(summary)
}
