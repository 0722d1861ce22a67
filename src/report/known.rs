//! What is known of an endpoint: the ordinary check's facts, and a second look's where the check did not come so far.

use crate::observation::{Attempt, ConnectFailure, Icmp, Observation, StopCause};

/// What the first attempt that knows something knows.
pub(super) fn first<'a, T>(observation: &'a Observation, known: impl Fn(&'a Attempt) -> Option<T>) -> Option<T> {
    observation.attempts.iter().find_map(known)
}

/// Why there is no connection. That a second look could not connect says nothing about the ordinary check.
pub(super) fn connect_failure(observation: &Observation) -> Option<&ConnectFailure> {
    match &observation.probe()?.stop.as_ref()?.cause {
        StopCause::Connect(failure) => Some(failure),
        _ => None,
    }
}

/// `ICMP 3/13 from 192.0.2.1`
pub(super) fn icmp_from(icmp: Icmp) -> String {
    let from = icmp.from.map_or_else(String::new, |from| format!(" from {from}"));
    format!("ICMP {}/{}{from}", icmp.icmp_type, icmp.code)
}
