//! Ports that never answered. What their siblings did decides what may be said of them.

use super::cause::Cause;
use super::view::{AddressPorts, JudgedState, View};
use crate::diagnosis::{FindingId, Severity};
use crate::service::Role;
use crate::target::{Host, Source};
use crate::words::{capitalised, distinct, joined, ports};

pub(super) fn explain(view: &mut View<'_>) {
    if !everything(view) {
        hosts(view);
        addresses(view);
        some_ports(view);
    }
}

const BLOCKED: &str = "`mailprobe blocked` tells whether this network blocks mail between servers, and where.";

/// Nothing answers at all: that says nothing about any one port.
fn everything(view: &mut View<'_>) -> bool {
    let silent = view.silent();
    let probed = view.places(|seen| seen.address().is_some());
    if silent.is_empty() || silent != probed {
        return false;
    }
    let hosts = distinct(view.at(&silent).map(|seen| seen.host().clone()));
    let numbers = view.port_numbers(&silent);
    let only_25 = view.at(&silent).all(JudgedState::is_port_25);
    let cause = match hosts.as_slice() {
        [host] if only_25 => port_25_alone(view, &silent, host),
        [host] if numbers.len() == 1 => one_port(view, &silent, host),
        [_] => whole_host(view, &silent),
        _ if only_25 => port_25_everywhere(view, &silent, hosts.len()),
        _ => all_hosts(view, &silent, hosts.len()),
    };
    view.add(cause, &silent, &[FindingId::ConnectionTimeout]);
    true
}

fn whole_host(view: &View<'_>, silent: &[usize]) -> Cause {
    let (ports, addresses) = (view.any_of_the_ports(silent), view.address_list(silent));
    Cause::new(
        FindingId::NothingAnswers,
        view.gravest(silent),
        format!(
            "Nothing answers at {addresses} on {ports}: the host is down, the address is wrong, or a firewall drops \
             everything, perhaps because it has banned this address."
        ),
    )
    .evidence(view.waited(silent))
    .hint(
        "The host may be down or the address wrong: check both. Then try from another network: if the host answers \
         there, a firewall drops the connections from here.",
    )
    .summary(format!("Nothing answers on {ports}."))
}

fn all_hosts(view: &View<'_>, silent: &[usize], count: usize) -> Cause {
    let ports = view.any_of_the_ports(silent);
    Cause::new(
        FindingId::NothingAnswers,
        view.gravest(silent),
        format!("None of the {count} hosts answers on {ports}. Probably a firewall near here drops the connections."),
    )
    .evidence(view.waited(silent))
    .hint("Check this machine's network and firewall first, then try from another network.")
    .summary(format!("None of the {count} hosts answers on {ports}."))
}

fn port_25_everywhere(view: &View<'_>, silent: &[usize], count: usize) -> Cause {
    Cause::new(
        FindingId::Port25Silent,
        view.gravest(silent),
        format!(
            "Port 25 does not answer at any of the {count} mail hosts. Probably this network blocks outbound port 25; \
             that all of them are down is less likely."
        ),
    )
    .evidence(view.waited(silent))
    .hint(BLOCKED)
    .summary(format!("Port 25 never answered at any of the {count} mail hosts."))
}

/// One silent port 25 and nothing to compare it with.
fn port_25_alone(view: &View<'_>, silent: &[usize], host: &Host) -> Cause {
    Cause::new(
        FindingId::Port25Silent,
        view.gravest(silent),
        "Port 25 does not answer. If this network blocks outbound port 25, it looks like this; so does a host that is \
         down. This port alone cannot tell.",
    )
    .evidence(view.waited(silent))
    .hint(format!("{BLOCKED} `mailprobe {host}` shows whether the host answers on other ports."))
    .summary("Port 25 never answered.")
}

fn one_port(view: &View<'_>, silent: &[usize], host: &Host) -> Cause {
    let port = capitalised(&view.ports(silent));
    Cause::new(
        FindingId::ConnectionTimeout,
        view.gravest(silent),
        format!(
            "{port} does not answer: a firewall drops the connection, here or at the host, or the host is down. One \
             port alone cannot tell."
        ),
    )
    .evidence(view.waited(silent))
    .hint(format!(
        "`mailprobe {host}` shows whether the host answers on other ports. If it does, ask about the firewalls at both \
         ends."
    ))
    .summary(format!("{port} never answered."))
}

/// Hosts that are silent as a whole, beside others that answer.
fn hosts(view: &mut View<'_>) {
    let silent = view.silent();
    for host in distinct(view.at(&silent).map(|seen| seen.host().clone())) {
        let of_host = view.places(|seen| seen.address().is_some() && *seen.host() == host);
        let others = view.places(|seen| *seen.host() != host);
        if !of_host.iter().all(|place| silent.contains(place)) || !view.at(&others).any(JudgedState::answers) {
            continue;
        }
        let (ports, addresses) = (view.any_of_the_ports(&of_host), view.address_list(&of_host));
        let is_reached = view.at(&others).any(|seen| seen.is_port_25() && seen.is_open());
        let reached = if is_reached && view.at(&of_host).any(JudgedState::is_port_25) {
            " Port 25 of another host answers, so this network does not block it."
        } else {
            ""
        };
        let gone = if view.at(&of_host).any(|seen| seen.observation.endpoint.sources.contains(&Source::Mx)) {
            " If the host is gone, remove its MX record."
        } else {
            ""
        };
        let cause = Cause::new(
            FindingId::NothingAnswers,
            view.gravest(&of_host),
            format!("Nothing answers at {host} ({addresses}) on {ports}.{reached} Other hosts answer."),
        )
        .evidence(view.waited(&of_host))
        .hint(format!("Check that the host is up, and that its firewall lets the connections through.{gone}"));
        view.add(cause, &of_host, &[FindingId::ConnectionTimeout]);
    }
}

/// Addresses that are silent as a whole, beside others of the same host that answer.
fn addresses(view: &mut View<'_>) {
    let silent = view.silent();
    let addresses = view.addresses();
    let is_silent = |one: &&AddressPorts<'_>| one.endpoints.iter().all(|place| silent.contains(place));
    for one in addresses.iter().filter(is_silent) {
        let answering: Vec<usize> = addresses
            .iter()
            .filter(|other| other.host == one.host && view.at(&other.endpoints).any(JudgedState::answers))
            .flat_map(|other| other.endpoints.iter().copied())
            .collect();
        if answering.is_empty() {
            continue;
        }
        let (host, address) = (one.host, one.address);
        let others = view.address_list(&answering);
        let verb = if others.contains(" and ") { "do" } else { "does" };
        let cause = Cause::new(
            FindingId::NothingAnswers,
            view.gravest(&one.endpoints),
            format!(
                "Nothing answers at {address} on {}; {others} of the same host {verb}.",
                view.any_of_the_ports(&one.endpoints),
            ),
        )
        .evidence(view.waited(&one.endpoints))
        .hint(format!(
            "Check that the machine with this address is up and its firewall lets mail in. If it is gone, remove the \
             address from the records of {host}."
        ));
        view.add(cause, &one.endpoints, &[FindingId::ConnectionTimeout]);
    }
}

/// Some ports of an address are silent and others are not. Addresses where the same ones are silent are one matter.
fn some_ports(view: &mut View<'_>) {
    let silent = view.silent();
    let mut sets: Vec<(Vec<u16>, Vec<usize>)> = Vec::new();
    for one in view.addresses() {
        let here: Vec<usize> = one.endpoints.into_iter().filter(|place| silent.contains(place)).collect();
        let numbers = view.port_numbers(&here);
        match sets.iter_mut().find(|(known, _)| *known == numbers) {
            _ if here.is_empty() => {}
            Some((_, places)) => places.extend(here),
            None => sets.push((numbers, here)),
        }
    }
    for (_, places) in sets {
        let cause = cause_of_some(view, &places);
        view.add(cause, &places, &[FindingId::ConnectionTimeout]);
    }
}

fn cause_of_some(view: &View<'_>, silent: &[usize]) -> Cause {
    let submission = view.places(|seen| seen.is_of(Role::Submission) && seen.address().is_some());
    let sends_nowhere = !submission.is_empty()
        && !view.at(&submission).any(JudgedState::is_open)
        && view.endpoints.iter().any(JudgedState::is_open);
    let cause = if sends_nowhere && view.at(silent).any(|seen| seen.is_of(Role::Submission)) {
        no_submission(view, silent)
    } else if view.at(silent).all(JudgedState::is_port_25) && !answering(view, silent, JudgedState::answers).is_empty()
    {
        only_25(view, silent)
    } else {
        other_ports(view, silent)
    };
    cause.evidence(view.waited(silent))
}

/// Which ports of the same hosts and addresses are so: "while ports 995 and 993 do".
fn answering<'a>(view: &View<'a>, silent: &[usize], wanted: impl Fn(&JudgedState<'a>) -> bool) -> Vec<u16> {
    let near = |seen: &JudgedState<'a>| {
        view.at(silent).any(|one| one.host() == seen.host() && one.address() == seen.address())
    };
    view.port_numbers(&view.places(|seen| wanted(seen) && near(seen)))
}

fn no_submission(view: &View<'_>, silent: &[usize]) -> Cause {
    let (mailing, others): (Vec<usize>, Vec<usize>) = silent
        .iter()
        .partition(|&&place| view.at(&[place]).any(|seen| seen.is_of(Role::Submission) || seen.is_port_25()));
    let numbers = view.port_numbers(&mailing);
    let summary = match numbers.as_slice() {
        [port] => format!("No answer from the port for sending mail ({port})."),
        several => format!("No answer from any port for sending mail ({}).", joined(several)),
    };
    let as_well = if others.is_empty() { String::new() } else { format!(" None from {} either.", view.ports(&others)) };
    let open = answering(view, silent, JudgedState::is_open);
    let contrast = if open.is_empty() {
        String::new()
    } else {
        format!(" {} {} answer.", capitalised(&ports(&open)), does(&open))
    };
    let blocked =
        if view.at(&mailing).any(JudgedState::is_port_25) { " `mailprobe blocked` looks closer." } else { "" };
    Cause::new(
        FindingId::NoSubmissionPort,
        view.gravest(silent).min(Severity::Warning),
        format!("{summary}{as_well}{contrast} A firewall drops the connections, this network's or the host's."),
    )
    .hint(format!(
        "Try from another network: if the ports answer there, this one blocks them, as many hotels and offices do. If \
         not, ask whoever runs the host.{blocked}"
    ))
    .summary(summary)
}

/// Port 25 alone: the mark of a network that blocks it, unless it answers elsewhere in the same run.
fn only_25(view: &View<'_>, silent: &[usize]) -> Cause {
    let severity = view.gravest(silent);
    let elsewhere = view.places(|seen| seen.is_port_25() && seen.is_open());
    if !elsewhere.is_empty() {
        return Cause::new(
            FindingId::Port25Silent,
            severity,
            format!(
                "Port 25 does not answer at {}, though other ports there do. It answers at {}, so this network does \
                 not block it: probably the firewall at that host drops the connection.",
                view.address_list(silent),
                view.address_list(&elsewhere)
            ),
        )
        .hint("Ask whoever runs the host to let the port through its firewall.");
    }
    let submission = view.port_numbers(&view.places(|seen| seen.is_of(Role::Submission) && seen.works()));
    let instead = match submission.len() {
        0 => String::new(),
        1 => format!(" Mail programs send through {}, which works.", ports(&submission)),
        _ => format!(" Mail programs send through {}, which work.", ports(&submission)),
    };
    Cause::new(
        FindingId::Port25Silent,
        severity,
        "Port 25 does not answer, while other ports of the host do: typical of a network that blocks outbound port 25.",
    )
    .hint(format!("{BLOCKED}{instead}"))
    .summary("Port 25 never answered, which is typical of a blocked port.")
}

fn other_ports(view: &View<'_>, silent: &[usize]) -> Cause {
    let (numbers, open) = (view.port_numbers(silent), answering(view, silent, JudgedState::is_open));
    let host = view.at(silent).next().map(JudgedState::host);
    let elsewhere = view.places(|seen| seen.is_open() && numbers.contains(&seen.port()) && Some(seen.host()) == host);
    let contrast = if !elsewhere.is_empty() {
        format!("; at {} they do", view.address_list(&elsewhere))
    } else if !open.is_empty() {
        format!("; {} {}", ports(&open), does(&open))
    } else if !answering(view, silent, JudgedState::answers).is_empty() {
        "; others are refused".to_owned()
    } else {
        String::new()
    };
    let hint = if elsewhere.is_empty() {
        "If they should answer, check the firewall at the host, then those on the path."
    } else {
        "Compare the firewalls of the addresses: one lets through what the other drops."
    };
    Cause::new(
        FindingId::ConnectionTimeout,
        view.gravest(silent),
        format!(
            "{} {} not answer at {}{contrast}. A firewall drops these connections, at the host or on the path.",
            capitalised(&ports(&numbers)),
            does(&numbers),
            view.address_list(silent)
        ),
    )
    .hint(hint)
}

fn does(ports: &[u16]) -> &'static str {
    if ports.len() == 1 { "does" } else { "do" }
}
