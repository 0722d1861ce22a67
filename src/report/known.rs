//! What is known of an endpoint: the ordinary check's facts, and a second look's where the check did not come so far.

use crate::observation::{Attempt, Cause, ConnectFailure, Icmp, Observation};

/// What the first attempt that knows something knows.
pub(super) fn first<'a, T>(observation: &'a Observation, known: impl Fn(&'a Attempt) -> Option<T>) -> Option<T> {
    observation.attempts.iter().find_map(known)
}

/// Why there is no connection.
pub(super) fn connect_failure(observation: &Observation) -> Option<&ConnectFailure> {
    first(observation, |attempt| match &attempt.stop.as_ref()?.cause {
        Cause::Connect(failure) => Some(failure),
        _ => None,
    })
}

/// The ICMP message that ended the connection.
pub(super) fn icmp(observation: &Observation) -> Option<Icmp> {
    connect_failure(observation)?.icmp
}
