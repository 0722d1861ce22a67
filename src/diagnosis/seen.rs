//! What every family of rules asks of an observation.

use std::time::Duration;

use super::shape;
use crate::observation::{Attempt, Observation, Purpose, Speaker, Stage};

/// The first connection after the ordinary check that was made for this purpose.
pub(super) fn second_look(observation: &Observation, purpose: Purpose) -> Option<&Attempt> {
    looks_for(observation, purpose).next()
}

/// All connections after the ordinary check that were made for this purpose.
pub(super) fn looks_for(observation: &Observation, purpose: Purpose) -> impl Iterator<Item = &Attempt> {
    observation.attempts.iter().skip(1).filter(move |attempt| attempt.purpose == purpose)
}

/// Whether the server sent anything at all.
pub(super) fn heard(attempt: &Attempt) -> bool {
    !attempt.first_bytes.is_empty() || server_line(attempt).is_some()
}

/// The last line that the server said.
pub(super) fn server_line(attempt: &Attempt) -> Option<String> {
    attempt.transcript.iter().rev().find(|line| line.from == Speaker::Server).map(|line| line.text.clone())
}

/// How long a stage took, where it was entered.
pub(super) fn time_of(attempt: &Attempt, stage: Stage) -> Option<Duration> {
    attempt.stages.iter().find(|record| record.stage == stage).map(|record| record.duration)
}

/// The first line of what the server sent, as text.
pub(super) fn first_line(bytes: &[u8]) -> Option<String> {
    Some(String::from_utf8_lossy(shape::first_line(bytes)).trim_end().to_owned()).filter(|line| !line.is_empty())
}
