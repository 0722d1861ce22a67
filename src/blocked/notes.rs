//! What is worth telling beside the answer, as findings.

use std::net::IpAddr;

use super::advice::ASK_ABOUT_THE_PROXY;
use super::conclude::{Conclusion, diverted_names, shared_greeting};
use super::evidence::{ControlAnswer, Relay, RelayAnswer, SUBMISSION};
use super::facts::{Facts, Reverse};
use crate::diagnosis::{Finding, FindingId, Severity};
use crate::observation::LookupFailureKind;
use crate::service::Service;
use crate::words::joined;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    // What was tried is no mail host, so what it did says nothing.
    if diverted_names(&facts.evidence).is_some() {
        return hosting(facts).into_iter().collect();
    }
    let mut findings = refusals(facts);
    findings.extend(greetings(facts));
    findings.extend(SUBMISSION.into_iter().filter_map(|service| submission(facts, service)));
    findings.extend(lone_families(facts));
    findings.extend(facts.machine.reverse.iter().filter_map(|(address, names)| reverse(*address, names)));
    findings.extend(dead_references(facts));
    findings.extend(own_host(facts));
    findings.extend(hosting(facts));
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// Why servers turn this machine away: every reason once.
fn refusals(facts: &Facts) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    for relay in facts.relays() {
        let Some(mut refusal) = relay.refusal.clone() else { continue };
        if relay.answer == RelayAnswer::Served {
            refusal.severity = Severity::Warning; // Port 25 is open all the same.
        }
        let same = |known: &Finding| known.message == refusal.message && known.hint == refusal.hint;
        if !all.iter().any(|known| known.id == refusal.id && same(known)) {
            all.push(refusal);
        }
    }
    all
}

fn greetings(facts: &Facts) -> Option<Finding> {
    let name = facts.families().find_map(|(_, _, seen)| shared_greeting(seen))?;
    let message = "Hosts of different operators greet with the same name: one machine, a proxy on the path, answers for all of them.";
    let finding = Finding::error(FindingId::SharedGreeting, message).hint(ASK_ABOUT_THE_PROXY);
    Some(finding.evidence(format!("every greeting names {name}")))
}

/// A port for mail programs that gave no connection anywhere, while something else got through.
fn submission(facts: &Facts, service: Service) -> Option<Finding> {
    let (tried, connected) = facts.tried(service);
    let something_passes = facts.relays().any(Relay::answered)
        || facts.controls().any(|control| control.answer == ControlAnswer::Connected);
    let port = service.port();
    let message = format!("Port {port} could not be reached on any of {tried} hosts: it seems to be blocked too.");
    (tried >= 2 && connected == 0 && something_passes).then(|| Finding::warning(FindingId::SubmissionBlocked, message))
}

/// A family that tells nothing while the other one does.
fn lone_families(facts: &Facts) -> Vec<Finding> {
    if matches!(facts.conclusions.overall, Conclusion::NoNetwork | Conclusion::Inconclusive) {
        return Vec::new();
    }
    let unclear = facts.concluded(Conclusion::Inconclusive).map(|(name, seen)| {
        let why = if seen.relays.is_empty() {
            format!("none of the hosts has an {name} address")
        } else {
            "the evidence is contradictory or too thin".to_owned()
        };
        Finding::info(FindingId::Inconclusive, format!("No conclusion for {name}: {why}."))
    });
    let without = facts.concluded(Conclusion::NoNetwork).map(|(name, _)| {
        let message = format!("This machine has a route for {name}, but nothing gets through on any port.");
        Finding::warning(FindingId::FamilyWithoutNetwork, message)
            .hint(format!("Fix {name} on this network, or turn it off: programs waste time trying it."))
    });
    without.chain(unclear).collect()
}

/// The name of a public address matters to people who run a mail server: many receivers refuse one without.
fn reverse(address: IpAddr, names: &Reverse) -> Option<Finding> {
    const ASK: &str = "For a mail server: ask the provider of the address to set a PTR record whose name resolves back to the address.";
    let names = match names {
        Ok(names) => names,
        Err(failure) if matches!(failure.kind, LookupFailureKind::NoSuchName | LookupFailureKind::NoAddress) => {
            let message = format!("Servers see this machine as {address}, which has no reverse DNS name.");
            return Some(Finding::info(FindingId::NoReverseName, message).hint(ASK));
        }
        Err(_) => return None,
    };
    if let Some(name) = names.iter().find(|name| name.leads_back) {
        let message =
            format!("Servers see this machine as {address}; its reverse DNS name {} resolves back to it.", name.name);
        return Some(Finding::info(FindingId::ReverseNameConfirmed, message));
    }
    let listed = joined(names.iter().map(|name| &name.name));
    let message =
        format!("Servers see this machine as {address}. Its reverse DNS name {listed} does not resolve back to it.");
    Some(Finding::info(FindingId::ReverseNameUnconfirmed, message).hint(ASK))
}

/// Hosts fail; that a single one did is a note.
fn dead_references(facts: &Facts) -> Vec<Finding> {
    if facts.conclusions.overall != Conclusion::NotBlocked {
        return Vec::new();
    }
    let open = facts.concluded(Conclusion::NotBlocked);
    let relays = open.flat_map(|(family, seen)| seen.relays.iter().map(move |relay| (family, relay)));
    let finding = |(family, Relay { host, state, .. }): (_, &Relay)| {
        let message = format!("{host} did not answer over {family} ({state}); the others did.");
        Finding::info(FindingId::ReferenceDown, message)
    };
    relays.filter(|(_, relay)| relay.is_dead()).map(finding).collect()
}

fn own_host(facts: &Facts) -> Option<Finding> {
    let own = facts.relays().find(|relay| relay.own)?;
    let (typed, address) = (&own.operator, own.address.to_string());
    let name = if *typed == address { address } else { format!("{typed} ({address})") };
    let message = format!(
        "{name} is this machine. A connection from inside bypasses the firewalls that one from outside has to pass."
    );
    Some(Finding::info(FindingId::OwnHost, message))
}

fn hosting(facts: &Facts) -> Option<Finding> {
    let surroundings = &facts.machine.surroundings;
    surroundings.hosting.filter(|hosting| hosting.is_said_to_block())?;
    Some(Finding::info(FindingId::HostingBlocksPorts, surroundings.described()?))
}
