//! Several tries, several answers.

use super::finding::Finding;
use super::finding_id::FindingId;
use super::state::State;
use crate::words::distinct;

/// That the server answers differently from try to try. Packets that get lost are no answer.
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
                | State::DnsTimeout
                | State::DnsFailed
                | State::NetworkUnreachable
                | State::HostUnreachable
        )
}
