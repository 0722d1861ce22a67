//! An answer without what only its transcript tells: of hundreds of subjects, that is most of what would be kept.

use crate::policy::Report;
use crate::serve::answer::{CheckAnswer, CheckResult};

/// The answer without what was said.
pub(super) fn without_transcripts(answer: &CheckAnswer) -> CheckAnswer {
    let mut answer = answer.clone();
    for judged in report_of(&mut answer).targets.iter_mut().flat_map(|target| &mut target.endpoints) {
        let observation = &mut judged.observation;
        observation.earlier = Vec::new();
        for attempt in &mut observation.attempts {
            attempt.transcript = Vec::new();
            attempt.first_bytes = Vec::new();
        }
    }
    answer
}

/// How many bytes of text its transcripts have.
pub(super) fn transcript_bytes(answer: &CheckAnswer) -> usize {
    let endpoints = answer.report().targets.iter().flat_map(|target| &target.endpoints);
    let attempts = endpoints.flat_map(|judged| &judged.observation.attempts);
    attempts.flat_map(|attempt| &attempt.transcript).map(|line| line.text.len() + size_of_val(line)).sum()
}

fn report_of(answer: &mut CheckAnswer) -> &mut Report {
    match &mut answer.result {
        CheckResult::Ports(report) => report,
        CheckResult::Blocked(blocked) => &mut blocked.run,
    }
}
