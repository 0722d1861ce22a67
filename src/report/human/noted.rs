//! What changed since the last time, noted beside the endpoints of a report.

use std::collections::BTreeMap;

use crate::target::Endpoint;

/// Of which endpoints it is to be said what changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotedChanges(BTreeMap<usize, TargetChanges>);

/// The same of one target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TargetChanges(BTreeMap<Endpoint, String>);

impl NotedChanges {
    /// Notes what changed at an endpoint of the target at this place of the report: `was connection-refused`.
    #[cfg(feature = "cli")]
    pub fn note(&mut self, target: usize, endpoint: Endpoint, change: String) {
        self.0.entry(target).or_default().0.insert(unnamed(endpoint), change);
    }

    pub(super) fn of_target(&self, target: usize) -> Option<&TargetChanges> {
        self.0.get(&target)
    }
}

impl TargetChanges {
    pub(super) fn of(&self, endpoint: &Endpoint) -> Option<&str> {
        self.0.get(&unnamed(endpoint.clone())).map(String::as_str)
    }
}

/// It is the same endpoint, whoever names it.
fn unnamed(endpoint: Endpoint) -> Endpoint {
    Endpoint { sources: Vec::new(), ..endpoint }
}
