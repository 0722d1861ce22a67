//! `mailprobe blocked --request`: a message to a support desk. It says what was measured, and nothing else.

use std::net::IpAddr;

use super::sanitize::{Charset, escape};
use super::style::wrap;
use super::time::moment;
use crate::blocked::{BlockedRun, Conclusion, ControlAnswer, Facts, FamilyEvidence, Relay, RelayAnswer};
use crate::diagnosis::icmp_meaning;
use crate::observation::path::{HopReply, Path, Place};

/// How wide the message's lines are: mail is quoted, and quoting takes room.
const WIDTH: usize = 72;

/// The message, ready to be sent. `None` where nothing is blocked, or where this machine or the host itself blocks it:
/// then there is nothing to ask whoever runs the way out for.
pub fn text(outcome: &BlockedRun) -> Option<String> {
    let BlockedRun { run, answer } = outcome;
    let facts = &answer.facts;
    let blocked = facts.blocked();
    let by_others = blocked.iter().any(|(_, relay)| relay.is_stopped_by_others());
    if facts.conclusions.overall != Conclusion::Blocked || !by_others {
        return None;
    }
    let families: Vec<&str> = blocked.iter().map(|(family, _)| *family).collect();
    let mut message = Message::default();
    message.line(&format!("Subject: Outbound TCP port 25 is blocked ({})", families.join(" and ")));
    message.blank();
    message.line("Hello,");
    message.blank();
    message.line(
        "connections from my machine to TCP port 25 of mail hosts do not get through, while other connections do. Please open \
         outbound port 25 for the address below, or tell me what you need to do so.",
    );
    message.blank();
    message.line(&format!("Time of the test (UTC): {}", moment(run.started)));
    let of_family = |all: &[IpAddr]| {
        let affected =
            |address: &&IpAddr| blocked.iter().any(|(_, relay)| relay.address.is_ipv4() == address.is_ipv4());
        all.iter().filter(affected).map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    message.fact("Source address", &of_family(&facts.machine.sources));
    message.fact("Source address as seen by mail servers", &of_family(&facts.machine.seen_as));
    for (family, _, seen) in facts.families().filter(|(_, conclusion, _)| *conclusion == Conclusion::Blocked) {
        let stopped = seen.relays.iter().filter(|relay| relay.answer == RelayAnswer::Stopped && !relay.own);
        let item = |relay: &Relay| format!("{} ({}), port 25: {}", relay.address, relay.host, what_came_back(relay));
        message.blank();
        message.list(&format!("{family}, to port 25:"), &stopped.map(item).collect::<Vec<_>>());
        others(&mut message, seen);
        for relay in &seen.relays {
            if let (RelayAnswer::Stopped, Some(path)) = (relay.answer, &relay.path) {
                way(&mut message, relay, path);
            }
        }
    }
    open_family(&mut message, facts);
    message.blank();
    message.line("Purpose of the mail: [please fill in]");
    message.blank();
    message.line("Thank you.");
    Some(message.text)
}

fn what_came_back(relay: &Relay) -> String {
    let Some(failure) = &relay.failure else { return relay.state.name().to_owned() };
    match failure.icmp {
        Some(icmp) => {
            let from = icmp.from.map_or_else(String::new, |from| format!(" from {from}"));
            format!("SYN sent, ICMP {}/{}{from} received ({})", icmp.icmp_type, icmp.code, icmp_meaning(&icmp))
        }
        None if failure.on_this_machine => format!("not sent: {}", relay.state.name()),
        None => match relay.state.exit_code() {
            6 => "SYN sent, no reply".to_owned(),
            5 => "SYN sent, RST received".to_owned(),
            _ => format!("SYN sent, {}", relay.state.name()),
        },
    }
}

/// Other ports that gave a connection: of the same hosts first.
fn others(message: &mut Message, seen: &FamilyEvidence) {
    let connected = seen.controls.iter().filter(|control| control.answer == ControlAnswer::Connected);
    let items = connected.map(|control| format!("{} ({}), port {}", control.address, control.host, control.port));
    message.list("At the same time, these connections succeeded:", &items.collect::<Vec<_>>());
}

/// The way to the host, as far as anything was heard of it, even where that does not tell the place.
fn way(message: &mut Message, relay: &Relay, path: &Path) {
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
    message.list(&format!("Route to {}, hop by hop:", relay.address), &heard);
}

fn hop_name(ttl: u8, address: Option<IpAddr>) -> String {
    let who = address.map_or_else(|| "address unknown".to_owned(), |address| address.to_string());
    format!("hop {ttl} ({who})")
}

/// A family over which the same hosts answer.
fn open_family(message: &mut Message, facts: &Facts) {
    for (family, _, seen) in facts.families().filter(|(_, conclusion, _)| *conclusion == Conclusion::NotBlocked) {
        let answering = seen.relays.iter().filter(|relay| relay.answered());
        let items = answering.map(|relay| format!("{} ({}), port 25", relay.address, relay.host));
        message.blank();
        message.list(&format!("Over {family}, port 25 is open at the same time:"), &items.collect::<Vec<_>>());
    }
}

/// Lines of plain text, wrapped. Host names come from the DNS: everything is escaped.
#[derive(Default)]
struct Message {
    text: String,
}

impl Message {
    fn blank(&mut self) {
        self.text.push('\n');
    }

    fn line(&mut self, text: &str) {
        self.indented("", text);
    }

    /// A heading with its items, where there are any.
    fn list(&mut self, heading: &str, items: &[String]) {
        if !items.is_empty() {
            self.line(heading);
            for item in items {
                self.indented("- ", item);
            }
        }
    }

    /// `name: value`, where there is a value.
    fn fact(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.line(&format!("{name}: {value}"));
        }
    }

    fn indented(&mut self, lead: &str, text: &str) {
        let shown = escape(text, Charset::Ascii);
        let (room, mut indent) = (WIDTH - lead.len(), lead);
        for line in wrap(&shown, room, room) {
            self.text.extend([indent, &line, "\n"]);
            indent = if lead.is_empty() { "" } else { "  " };
        }
    }
}
