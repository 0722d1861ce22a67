//! `mailprobe blocked --request`: a message to a support desk. It says what was measured, and nothing else.

use std::net::IpAddr;

use super::known::icmp_from;
use super::style::{Ink, Page, Style};
use super::time::moment;
use crate::blocked::{BlockedRun, Conclusion, ControlAnswer, Facts, FamilyEvidence, HostingPlace, Relay, RelayAnswer};
use crate::diagnosis::icmp_meaning;
use crate::observation::path::{HopReply, Path, Place};

/// What only the sender knows.
const FILL_IN: &str = "[please fill in]";

/// Mail is plain text, and it is quoted, which takes room.
const STYLE: Style = Style { colour: false, unicode: false, width: 72 };

/// The message, ready to be sent. `None` where nothing is blocked, where this machine or the host itself blocks it, or where
/// this looks to be at a place that opens the port for nobody: then there is nothing to ask whoever runs the way out for.
pub fn text(outcome: &BlockedRun) -> Option<String> {
    let BlockedRun { run, answer } = outcome;
    let facts = &answer.facts;
    let blocked = facts.blocked();
    let by_others = blocked.iter().any(|(_, relay)| relay.is_stopped_by_others());
    let surroundings = &facts.machine.surroundings;
    if facts.conclusions.overall != Conclusion::Blocked || !by_others || surroundings.refuses_requests() {
        return None;
    }
    let families: Vec<&str> = blocked.iter().map(|(family, _)| *family).collect();
    let mut page = Page::new(STYLE);
    line(&mut page, &format!("Subject: Outbound TCP port 25 is blocked ({})", families.join(" and ")));
    page.blank();
    line(&mut page, "Hello,");
    page.blank();
    line(
        &mut page,
        &format!(
            "connections from {} to TCP port 25 of mail hosts do not get through, while other connections do. Please open \
             outbound port 25 for the address below, or tell me what you need to do so.",
            whose(surroundings)
        ),
    );
    page.blank();
    line(&mut page, &format!("Time of the test (UTC): {}", moment(run.started)));
    let of_family = |all: &[IpAddr]| {
        let affected =
            |address: &&IpAddr| blocked.iter().any(|(_, relay)| relay.address.is_ipv4() == address.is_ipv4());
        all.iter().filter(affected).map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    fact(&mut page, "Source address", &of_family(&facts.machine.sources));
    fact(&mut page, "Source address as seen by mail servers", &of_family(&facts.machine.seen_as));
    for (family, seen) in facts.concluded(Conclusion::Blocked) {
        let item = |relay: &Relay| format!("{} ({}), port 25: {}", relay.address, relay.host, what_came_back(relay));
        page.blank();
        list(&mut page, &format!("{family}, to port 25:"), &seen.stopped().map(item).collect::<Vec<_>>());
        others(&mut page, seen);
        for relay in &seen.relays {
            if let (RelayAnswer::Stopped, Some(path)) = (relay.answer, &relay.path) {
                way(&mut page, relay, path);
            }
        }
    }
    open_family(&mut page, facts);
    page.blank();
    for wanted in surroundings.hosting.iter().flat_map(|hosting| &hosting.asks_for) {
        fact(&mut page, wanted, FILL_IN);
    }
    fact(&mut page, "Purpose of the mail", FILL_IN);
    page.blank();
    line(&mut page, "Thank you.");
    Some(page.into_text())
}

/// What does not get through, as its owner would say it to whoever runs the network there.
fn whose(surroundings: &HostingPlace) -> String {
    match (surroundings.runner, surroundings.hosting) {
        (Some(runner), _) => format!("the runner of my {runner} job"),
        (None, Some(hosting)) => format!("my {}", hosting.looks_like().trim_start_matches("a ")),
        (None, None) => "my machine".to_owned(),
    }
}

fn what_came_back(relay: &Relay) -> String {
    let Some(failure) = &relay.failure else { return relay.state.name().to_owned() };
    match failure.icmp {
        Some(icmp) => format!("SYN sent, {} received ({})", icmp_from(icmp), icmp_meaning(&icmp)),
        None if failure.on_this_machine => format!("not sent: {}", relay.state.name()),
        None => match relay.state.exit_code() {
            6 => "SYN sent, no reply".to_owned(),
            5 => "SYN sent, RST received".to_owned(),
            _ => format!("SYN sent, {}", relay.state.name()),
        },
    }
}

/// Other ports that gave a connection: of the same hosts first.
fn others(page: &mut Page, seen: &FamilyEvidence) {
    let connected = seen.controls.iter().filter(|control| control.answer == ControlAnswer::Connected);
    let items = connected.map(|control| format!("{} ({}), port {}", control.address, control.host, control.port));
    list(page, "At the same time, these connections succeeded:", &items.collect::<Vec<_>>());
}

/// The way to the host, as far as anything was heard of it, even where that does not tell the place.
fn way(page: &mut Page, relay: &Relay, path: &Path) {
    let control = path.control_port;
    let mut heard = Vec::new();
    if let Some(hop) = path.hops.iter().find(|hop| hop.port.reply == HopReply::Connected) {
        heard.push(format!("port {} of {} was open when tried again, at hop {}", path.port, relay.address, hop.ttl));
    }
    if let Some(hop) = path.hops.iter().find(|hop| matches!(hop.control.reply, HopReply::Connected | HopReply::Refused))
    {
        let answer = if hop.control.reply == HopReply::Connected { "is open" } else { "answers (closed)" };
        heard.push(format!("port {control} of {} {answer}, at hop {}", relay.address, hop.ttl));
    }
    if let Some(after) = relay.let_through() {
        heard.push(format!("last hop that answers for port {}: {}", path.port, hop_name(after.ttl, after.address)));
    }
    let is_known = !matches!(path.place, Place::Nowhere | Place::Unknown);
    if let Some(before) = path.before.filter(|_| is_known) {
        heard.push(format!("first hop that answers only for port {control}: {}", hop_name(before.ttl, before.address)));
    } else if let Some(hop) = path.hops.iter().rev().find(|hop| hop.control.reply == HopReply::TimeExceeded) {
        heard.push(format!("last hop that answers for port {control}: {}", hop_name(hop.ttl, hop.control.from)));
    }
    list(page, &format!("Route to {}, hop by hop:", relay.address), &heard);
}

fn hop_name(ttl: u8, address: Option<IpAddr>) -> String {
    let who = address.map_or_else(|| "address unknown".to_owned(), |address| address.to_string());
    format!("hop {ttl} ({who})")
}

/// A family over which the same hosts answer.
fn open_family(page: &mut Page, facts: &Facts) {
    for (family, seen) in facts.concluded(Conclusion::NotBlocked) {
        let answering = seen.relays.iter().filter(|relay| relay.answered());
        let items = answering.map(|relay| format!("{} ({}), port 25", relay.address, relay.host));
        page.blank();
        list(page, &format!("Over {family}, port 25 is open at the same time:"), &items.collect::<Vec<_>>());
    }
}

fn line(page: &mut Page, text: &str) {
    page.paragraph(&[], 0, Ink::Plain, text);
}

/// A heading with its items, where there are any.
fn list(page: &mut Page, heading: &str, items: &[String]) {
    if !items.is_empty() {
        line(page, heading);
        for item in items {
            page.paragraph(&[(Ink::Plain, "- ")], 2, Ink::Plain, item);
        }
    }
}

/// `name: value`, where there is a value.
fn fact(page: &mut Page, name: &str, value: &str) {
    if !value.is_empty() {
        line(page, &format!("{name}: {value}"));
    }
}
