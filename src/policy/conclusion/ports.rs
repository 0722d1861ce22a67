//! Ports in words, and what is asked of an endpoint again and again.

use crate::diagnosis::State;
use crate::observation::LookupFailureKind;
use crate::policy::expectations::broken_code;
use crate::policy::judged::JudgedEndpoint;
use crate::service::{Role, Service};
use crate::words::{all_or_some, capitalised, distinct};

/// `All seven ports`, `All 3 ports`, `Ports 25 and 587`, `Port 25`
pub(super) fn subject(numbers: &[u16], all: &[&JudgedEndpoint]) -> String {
    capitalised(&all_or_some(numbers, &ports_of(all)))
}

pub(super) fn ports_of(endpoints: &[&JudgedEndpoint]) -> Vec<u16> {
    distinct(endpoints.iter().map(|endpoint| endpoint.observation.endpoint.port))
}

pub(super) fn is_relay(endpoint: &JudgedEndpoint) -> bool {
    endpoint.observation.endpoint.service.role() == Role::Relay
}

/// Whether the user left out the family of addresses that the name may have.
pub(super) fn lacks_the_family(endpoint: &JudgedEndpoint) -> bool {
    use LookupFailureKind::{NoIpv4Address, NoIpv6Address};
    let lookup = endpoint.observation.lookup.as_ref();
    lookup.is_some_and(|failure| matches!(failure.kind, NoIpv4Address | NoIpv6Address))
}

/// Whether mail passes there.
pub(super) fn works(endpoint: &JudgedEndpoint) -> bool {
    let state = endpoint.diagnosis.state;
    let forgiven = endpoint.observation.endpoint.service.tls_is_opportunistic() && state.is_conversation();
    (state == State::Ok || forgiven) && broken_code(&endpoint.expectations).is_none()
}

pub(super) fn is_silent_25(endpoint: &JudgedEndpoint) -> bool {
    endpoint.diagnosis.state == State::ConnectionTimeout && endpoint.observation.endpoint.port == Service::Smtp.port()
}
