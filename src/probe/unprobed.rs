//! Endpoints that nothing was connected to.

use std::time::Duration;

use super::recorder::Recorder;
use crate::observation::{Limit, LookupFailure, LookupFailureKind, Observation, StopCause};
use crate::target::Endpoint;

pub(super) fn unprobed(endpoint: &Endpoint, lookup: Option<LookupFailure>, duration: Duration) -> Observation {
    Observation { duration, ..Observation::unprobed(endpoint.clone(), lookup) }
}

/// An endpoint at which the first attempt stopped before there was a connection.
pub(super) fn stopped(endpoint: &Endpoint, recorder: Recorder, cause: StopCause, duration: Duration) -> Observation {
    Observation { attempts: vec![recorder.stop(cause)], ..unprobed(endpoint, None, duration) }
}

/// Endpoints whose host was not looked up, or not found, to the end: `late` says what took too long.
pub(super) fn unresolved(
    endpoints: &[Endpoint],
    recorder: Recorder,
    cause: StopCause,
    late: &str,
    duration: Duration,
) -> Vec<Observation> {
    let (lookup, attempts) = match cause {
        StopCause::TimedOut(Limit::Stage | Limit::Endpoint) => {
            (Some(LookupFailure::new(LookupFailureKind::TimedOut, late)), Vec::new())
        }
        cause => (None, vec![recorder.stop(cause)]),
    };
    let observe = |endpoint| Observation { attempts: attempts.clone(), ..unprobed(endpoint, lookup.clone(), duration) };
    endpoints.iter().map(observe).collect()
}
