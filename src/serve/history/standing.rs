//! How a subject stands: what has to become another for a change.

use std::collections::BTreeSet;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::change::{ChangeCause, causes_of};
use crate::diagnosis::{FindingId, Severity};
use crate::policy::Verdict;
use crate::serve::answer::CheckAnswer;

/// How a subject stands. Where two checks agree in it, nothing changed, whatever the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectState {
    pub verdict: Verdict,
    pub exit_code: u8,
    /// The errors and warnings.
    pub causes: BTreeSet<StateCause>,
}

/// A cause, without the words in which it is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StateCause {
    pub id: String,
    pub ports: Vec<u16>,
}

/// What is remembered of a subject over a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastKnown {
    /// `None`: no check has proven anything yet.
    pub standing: Option<SubjectState>,
    /// Since when it has this verdict.
    pub since: SystemTime,
    /// How many checks in a row have proven nothing.
    pub unproven: u8,
}

/// A subject stands otherwise than it did.
pub(super) struct Transition {
    /// `None`: it was not known.
    pub(super) before: Option<SubjectState>,
}

/// So many checks in a row that prove nothing are a state of their own.
pub(super) const UNPROVEN_IN_A_ROW: u8 = 3;

/// What is told of the machine that checks, and not of what it checks.
const OWN_TROUBLE: [FindingId; 7] = [
    FindingId::NoNetwork,
    FindingId::NameServerUnreachable,
    FindingId::NoRoute,
    FindingId::RejectedByThisMachine,
    FindingId::LocalError,
    FindingId::InternalError,
    FindingId::Interrupted,
];

impl SubjectState {
    pub(super) fn of(answer: &CheckAnswer) -> Self {
        let cause = |cause: ChangeCause| StateCause { id: cause.id, ports: cause.ports };
        let report = answer.report();
        let causes = causes_of(answer).into_iter().map(cause).collect();
        Self { verdict: report.verdict, exit_code: report.exit_code, causes }
    }
}

impl LastKnown {
    pub(super) fn begin(at: SystemTime) -> Self {
        Self { standing: None, since: at, unproven: 0 }
    }

    /// Notes what came of a check. What changed by it, if something did.
    pub(super) fn note(&mut self, answer: &CheckAnswer) -> Option<Transition> {
        if self.proves(answer) {
            self.unproven = 0;
        } else {
            self.unproven = (self.unproven + 1).min(UNPROVEN_IN_A_ROW);
            if self.unproven < UNPROVEN_IN_A_ROW {
                return None;
            }
        }
        let now = SubjectState::of(answer);
        if self.standing.as_ref() == Some(&now) {
            return None;
        }
        if self.standing.as_ref().is_none_or(|before| before.verdict != now.verdict) {
            self.since = answer.started;
        }
        Some(Transition { before: self.standing.replace(now) })
    }

    /// Whether a check proves how the subject stands. One that was cut off proves a failure, and no recovery from a part of
    /// it; what kept this machine from checking proves nothing.
    fn proves(&self, answer: &CheckAnswer) -> bool {
        let verdict = answer.verdict();
        let is_known_to_fail = self.standing.as_ref().is_some_and(|standing| standing.verdict == Verdict::Fail);
        match verdict {
            Verdict::Inconclusive => false,
            Verdict::Fail => (answer.finished || !is_known_to_fail) && !is_own_trouble(answer),
            Verdict::Pass | Verdict::Warn => answer.finished,
        }
    }
}

/// Whether all that failed did so for a reason that lies with this machine.
fn is_own_trouble(answer: &CheckAnswer) -> bool {
    let causes = answer.report().targets.iter().flat_map(|target| &target.causes);
    let mut errors = causes.filter(|cause| cause.severity == Severity::Error).peekable();
    errors.peek().is_some() && errors.all(|cause| OWN_TROUBLE.contains(&cause.id))
}
