//! Ports, lists and states in words.

use crate::diagnosis::State;
use crate::policy::JudgedEndpoint;
use crate::service::Service;

/// `All seven ports`, `All 3 ports`, `Ports 25 and 587`, `Port 25`
pub(super) fn subject(ports: &[u16], all: &[&JudgedEndpoint]) -> String {
    let total = ports_of(all).len();
    if ports.len() < total || total < 3 {
        return numbered(ports);
    }
    let default_set = total == Service::ALL.len() && Service::ALL.iter().all(|service| ports.contains(&service.port()));
    if default_set { "All seven ports".to_owned() } else { format!("All {total} ports") }
}

pub(super) fn numbered(ports: &[u16]) -> String {
    let word = if ports.len() == 1 { "Port" } else { "Ports" };
    format!("{word} {}", listed(ports))
}

pub(super) fn listed(ports: &[u16]) -> String {
    joined(&ports.iter().map(u16::to_string).collect::<Vec<_>>())
}

/// `a`, `a and b`, `a, b and c`
pub(super) fn joined(items: &[impl AsRef<str>]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

pub(super) fn ports_of(endpoints: &[&JudgedEndpoint]) -> Vec<u16> {
    distinct(endpoints.iter().map(|endpoint| endpoint.observation.endpoint.port))
}

pub(super) fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for item in items {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen
}

pub(super) fn common(mut states: impl Iterator<Item = State>) -> Option<State> {
    let first = states.next()?;
    states.all(|state| state == first).then_some(first)
}

pub(super) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// A sentence as it goes on after a colon. Those of a conclusion begin with no name.
pub(super) fn uncapitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}
