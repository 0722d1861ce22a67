//! Several tries, several answers.

use super::finding::Finding;
use super::finding_id::FindingId;
use super::state::State;
use crate::words::distinct;

/// That the server answers differently from try to try. Packets that get lost are no answer,
/// and neither is silence.
pub(super) fn remarks(earlier: impl Iterator<Item = State>, state: State) -> Option<Finding> {
    let states: Vec<State> = earlier.chain([state]).collect();
    let told: Vec<&str> = states.iter().map(|state| state.name()).collect();
    let differing = distinct(states.into_iter().filter(|state| is_an_answer(*state))).len() > 1;
    let finding = Finding::warning(FindingId::Flapping, "The server answers differently from one try to the next.")
        .evidence(told.join(", then "))
        .advised();
    differing.then_some(finding)
}

const fn is_an_answer(state: State) -> bool {
    !state.proves_nothing()
        && !matches!(
            state,
            State::ConnectionTimeout
                | State::NoGreeting
                | State::DnsTimeout
                | State::DnsFailed
                | State::NetworkUnreachable
                | State::HostUnreachable
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_that_differ_are_told() {
        let told = |earlier: &[State], state| remarks(earlier.iter().copied(), state).is_some();
        assert!(told(&[State::ConnectionReset], State::Ok));
        assert!(!told(&[State::Ok], State::Ok));
        assert!(!told(&[State::ConnectionTimeout, State::NoGreeting], State::Ok), "lost or slow is no answer");
    }
}
