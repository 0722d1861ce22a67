//! What is worth telling beside the answer, as findings.

use std::net::IpAddr;

use super::advice;
use super::answer::{Answer, Reverse};
use super::conclude::{Conclusion, shared_greeting};
use super::evidence::{ControlAnswer, Relay, RelayAnswer};
use super::references::SUBMISSION;
use super::sentence::listed;
use crate::diagnosis::{Finding, FindingId, Severity};
use crate::observation::LookupFailureKind;
use crate::service::Service;

/// The findings, gravest first.
pub(super) fn findings(answer: &Answer) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(refusals(answer));
    findings.extend(greetings(answer));
    findings.extend(SUBMISSION.into_iter().filter_map(|service| submission(answer, service)));
    findings.extend(lone_families(answer));
    findings.extend(answer.machine.reverse.iter().filter_map(|(address, names)| reverse(*address, names)));
    findings.extend(dead_references(answer));
    findings.extend(own_host(answer));
    findings.extend(hosting(answer));
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// Why servers turn this machine away: every reason once.
fn refusals(answer: &Answer) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    for relay in answer.families().flat_map(|(_, _, seen)| &seen.relays) {
        let Some(refusal) = &relay.refusal else { continue };
        if !all
            .iter()
            .any(|known| (known.id, &known.message, &known.hint) == (refusal.id, &refusal.message, &refusal.hint))
        {
            let mut refusal = refusal.clone();
            if relay.answer == RelayAnswer::Served {
                refusal.severity = Severity::Warning; // Port 25 is open all the same.
            }
            all.push(refusal);
        }
    }
    all
}

fn greetings(answer: &Answer) -> Option<Finding> {
    let name = answer.families().find_map(|(_, _, seen)| shared_greeting(seen))?;
    Some(
        Finding::error(
            FindingId::SharedGreeting,
            "Hosts of different operators greet with the same name: one machine answers for all of them, a proxy on the way.",
        )
        .evidence(format!("every greeting names {name}"))
        .hint(advice::ASK_ABOUT_THE_PROXY),
    )
}

/// A port for mail programs that gave no connection anywhere, while something else got through.
fn submission(answer: &Answer, service: Service) -> Option<Finding> {
    let (tried, connected) = answer.tried(service);
    if tried < 2 || connected > 0 || !something_passes(answer) {
        return None;
    }
    let port = service.port();
    Some(Finding::warning(
        FindingId::SubmissionBlocked,
        format!("Port {port} gave no connection at any of {tried} hosts: it seems to be blocked, too."),
    ))
}

fn something_passes(answer: &Answer) -> bool {
    answer.families().any(|(_, _, seen)| {
        seen.relays.iter().any(Relay::answered)
            || seen.controls.iter().any(|control| control.answer == ControlAnswer::Connected)
    })
}

/// A family that tells nothing while the other one does.
fn lone_families(answer: &Answer) -> Vec<Finding> {
    if matches!(answer.conclusions.overall, Conclusion::NoNetwork | Conclusion::Inconclusive) {
        return Vec::new();
    }
    let unclear = answer.families().filter(|(_, conclusion, _)| *conclusion == Conclusion::Inconclusive);
    let unclear = unclear.map(|(name, _, seen)| {
        let why = if seen.relays.is_empty() {
            format!("none of the hosts has an {name} address")
        } else {
            "what was seen contradicts itself, or is too little".to_owned()
        };
        Finding::info(FindingId::Inconclusive, format!("Over {name} nothing is proven: {why}."))
    });
    let without = answer.families().filter(|(_, conclusion, _)| *conclusion == Conclusion::NoNetwork);
    let finding = |(name, _, _)| {
        Finding::warning(
            FindingId::FamilyWithoutNetwork,
            format!("This machine has a route for {name}, but nothing gets through over it on any port."),
        )
        .hint(format!("Repair {name} on this network, or turn it off: programs wait for it in vain."))
    };
    without.map(finding).chain(unclear).collect()
}

/// The name of a public address matters to people who run a mail server: many receivers refuse one without.
fn reverse(address: IpAddr, names: &Reverse) -> Option<Finding> {
    const ASK: &str = "For a mail server: ask the provider of the address to set a PTR record, and let that name lead back to the address.";
    let names = match names {
        Ok(names) => names,
        Err(failure) if matches!(failure.kind, LookupFailureKind::NoSuchName | LookupFailureKind::NoAddress) => {
            let message = format!("Servers see this machine as {address}, which has no name in the reverse DNS.");
            return Some(Finding::info(FindingId::NoReverseName, message).hint(ASK));
        }
        Err(_) => return None,
    };
    if let Some(name) = names.iter().find(|name| name.leads_back) {
        let message = format!("Servers see this machine as {address}, which is {} and back.", name.name);
        return Some(Finding::info(FindingId::ReverseNameConfirmed, message));
    }
    let listed = listed(&names.iter().map(|name| name.name.clone()).collect::<Vec<_>>());
    let message = format!("Servers see this machine as {address}. Its name {listed} does not lead back to it.");
    Some(Finding::info(FindingId::ReverseNameUnconfirmed, message).hint(ASK))
}

/// Hosts fail; that a single one did is a note.
fn dead_references(answer: &Answer) -> Vec<Finding> {
    if answer.conclusions.overall != Conclusion::NotBlocked {
        return Vec::new();
    }
    let mut notes = Vec::new();
    for (family, conclusion, seen) in answer.families() {
        if conclusion != Conclusion::NotBlocked {
            continue;
        }
        for relay in
            seen.relays.iter().filter(|relay| matches!(relay.answer, RelayAnswer::Stopped | RelayAnswer::Broken))
        {
            let message =
                format!("{} did not answer over {family} ({}); the others did.", relay.host, relay.state.name());
            notes.push(Finding::info(FindingId::ReferenceDown, message));
        }
    }
    notes
}

fn own_host(answer: &Answer) -> Option<Finding> {
    let own = answer.families().flat_map(|(_, _, seen)| &seen.relays).find(|relay| relay.own)?;
    let typed = own.operator.clone();
    let address = own.address.to_string();
    let name = if typed == address { typed } else { format!("{typed} ({address})") };
    let message = format!(
        "{name} is this very machine. A connection from inside passes none of the firewalls that one from outside meets."
    );
    Some(Finding::info(FindingId::OwnHost, message))
}

fn hosting(answer: &Answer) -> Option<Finding> {
    let hosting = answer.machine.hosting?;
    let ports: Vec<String> = hosting.blocks.iter().map(u16::to_string).collect();
    let noun = if ports.len() == 1 { "port" } else { "ports" };
    let limited = hosting.limited_to.map_or_else(String::new, |whom| format!(", for {whom}"));
    let message = format!(
        "This looks like a machine at {}. That company is documented to block outbound {noun} {}{limited}.",
        hosting.name,
        listed(&ports)
    );
    Some(
        Finding::info(FindingId::HostingBlocksPorts, message)
            .evidence(format!("documented by: {}", hosting.documented)),
    )
}
