//! From the endpoints of a target to causes: the answer is about the host, not about a port. Pure: no I/O, no clock.
//!
//! An endpoint alone says what happened to it. What its siblings did decides what may be concluded: silence on port 25
//! is a blocked port where the others answer, and a host that is down where none does. Each file has one family of rules;
//! the first rule that explains a finding has it, and what is left becomes a cause of its own.

mod cause;
mod certificate;
mod domain;
mod early_reset;
mod elsewhere;
mod family;
mod led_elsewhere;
mod login;
mod logins;
mod mtu;
mod network;
mod promises;
mod refusal;
mod remaining;
mod silence;
mod starttls;
mod submission;
#[cfg(test)]
mod tests;
mod view;

pub use cause::Cause;
pub use led_elsewhere::{LedElsewhere, led_elsewhere};
pub use view::{JudgedState, TargetFacts};

use view::View;

/// The causes of what was found at the endpoints of a target, worst first. In which order the endpoints come makes no
/// difference but to their indices.
pub fn correlate(endpoints: &[JudgedState<'_>], target: TargetFacts<'_>) -> Vec<Cause> {
    let mut order: Vec<usize> = (0..endpoints.len()).collect();
    order.sort_by_key(|&index| endpoints.get(index).map(|seen| seen.observation.endpoint.order()));
    let sorted = order.iter().filter_map(|&index| endpoints.get(index)).copied().collect();
    let mut view = View::new(sorted, target);
    for rules in [
        network::explain,
        elsewhere::explain,
        domain::explain,
        refusal::explain,
        early_reset::explain,
        family::explain,
        silence::explain,
        submission::explain,
        login::explain,
        logins::explain,
        promises::explain,
        starttls::explain,
        mtu::explain,
        certificate::explain,
        remaining::explain,
    ] {
        rules(&mut view);
    }
    let mut causes = view.into_causes();
    for cause in &mut causes {
        let original = |place: &usize| order.get(*place).copied();
        cause.endpoints = cause.endpoints.iter().filter_map(original).collect();
        cause.endpoints.sort_unstable();
        cause.speaker = cause.speaker.as_ref().and_then(original);
    }
    // Stable: within a severity the rules' own order stays, which is that of a check.
    causes.sort_by_key(|cause| cause.severity);
    causes
}
