//! What a situation asks of a cause in the JSON document (`targets[].causes[]`), and how to read the document.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use crate::text::{flat, holds};

/// What a cause must be, as far as a situation fixes it.
pub(crate) struct Cause {
    pub(crate) severities: &'static [&'static str],
    says: Vec<&'static str>,
    ports: Option<Vec<u16>>,
    addresses: Option<Vec<&'static str>>,
    host: Option<&'static str>,
}

/// A cause of this severity, or of one of these.
pub(crate) fn cause(severities: &'static [&'static str]) -> Cause {
    Cause { severities, says: Vec::new(), ports: None, addresses: None, host: None }
}

pub(crate) fn error() -> Cause {
    cause(&["error"])
}

pub(crate) fn trouble() -> Cause {
    cause(&["error", "warning"])
}

impl Cause {
    /// A pattern in its id, message, evidence or hint.
    pub(crate) fn says(mut self, pattern: &'static str) -> Self {
        self.says.push(pattern);
        self
    }

    /// Exactly these ports.
    pub(crate) fn ports(mut self, ports: &[u16]) -> Self {
        self.ports = Some(ports.to_vec());
        self
    }

    /// Exactly these addresses.
    pub(crate) fn addresses(mut self, addresses: &[&'static str]) -> Self {
        self.addresses = Some(addresses.to_vec());
        self
    }

    /// This host, among others.
    pub(crate) fn host(mut self, host: &'static str) -> Self {
        self.host = Some(host);
        self
    }

    pub(crate) fn is(&self, cause: &Value) -> bool {
        let said = flat(&["id", "message", "evidence", "hint"].map(|field| text(&cause[field])).join(" "));
        self.severities.contains(&text(&cause["severity"]))
            && self.says.iter().all(|pattern| holds(pattern, &said))
            && self.ports.as_ref().is_none_or(|ports| ports_of(cause) == ports.iter().copied().collect())
            && self.addresses.as_ref().is_none_or(|all| texts_of(&cause["addresses"]) == all.iter().copied().collect())
            && self.host.is_none_or(|host| texts_of(&cause["hosts"]).contains(host))
    }

    /// In words, to say that there is none.
    pub(crate) fn wanted(&self) -> String {
        let mut wanted = format!("{} cause", self.severities.join(" or "));
        for pattern in &self.says {
            let _ = write!(wanted, " that says /{pattern}/");
        }
        if let Some(ports) = &self.ports {
            let _ = write!(wanted, " of exactly the ports {ports:?}");
        }
        if let Some(addresses) = &self.addresses {
            let _ = write!(wanted, " of exactly the addresses {addresses:?}");
        }
        if let Some(host) = self.host {
            let _ = write!(wanted, " of the host {host}");
        }
        wanted
    }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(crate) fn findings(place: &Value) -> impl Iterator<Item = &Value> {
    place["findings"].as_array().into_iter().flatten()
}

pub(crate) fn has(place: &Value, id: &str) -> bool {
    findings(place).any(|finding| finding["id"] == id)
}

pub(crate) fn ports_of(cause: &Value) -> BTreeSet<u16> {
    let ports = cause["ports"].as_array().into_iter().flatten();
    ports.filter_map(Value::as_u64).filter_map(|port| u16::try_from(port).ok()).collect()
}

pub(crate) fn texts_of(list: &Value) -> BTreeSet<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
