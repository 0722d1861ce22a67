//! Several tries, several answers.

use super::{Finding, FindingId, State, diagnose};
use crate::observation::Observation;

/// That the server answers differently from try to try. Packets that get lost are no answer.
pub(super) fn remarks(observation: &Observation, state: State) -> Option<Finding> {
    let mut states: Vec<State> = observation.earlier.iter().map(|earlier| diagnose(earlier).state).collect();
    states.push(state);
    let mut answers = states.iter().filter(|state| is_an_answer(**state));
    let first = answers.next()?;
    if answers.all(|answer| answer == first) {
        return None;
    }
    let told: Vec<&str> = states.iter().map(|state| state.name()).collect();
    Some(
        Finding::warning(FindingId::Flapping, "The server answers differently from try to try.")
            .evidence(told.join(", then "))
            .hint(
                "Look for several servers behind one address, of which one is broken, and for limits on connections.",
            ),
    )
}

const fn is_an_answer(state: State) -> bool {
    !state.proves_nothing()
        && !matches!(
            state,
            State::ConnectionTimeout
                | State::DnsTimeout
                | State::DnsFailed
                | State::NetworkUnreachable
                | State::HostUnreachable
        )
}
