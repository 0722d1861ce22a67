//! The answer: what the facts come to, in words, and what to do.

use super::facts::Facts;
use super::{advice, notes, sentence};
use crate::diagnosis::{Finding, Severity};
use crate::policy::{Report, Verdict};

/// A finished investigation: the answer, and everything that was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockedRun {
    /// What was seen at each endpoint. Its verdict and exit code are those of the answer.
    pub run: Report,
    pub answer: Assessment,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    pub facts: Facts,
    pub sentence: String,
    pub hints: Vec<String>,
    pub findings: Vec<Finding>,
}

impl Assessment {
    pub fn of(facts: Facts) -> Self {
        let sentence = sentence::say(&facts);
        let findings = notes::findings(&facts);
        let hints = advice::hints(&facts, &findings);
        Self { facts, sentence, hints, findings }
    }

    pub const fn verdict(&self) -> Verdict {
        self.facts.conclusions.overall.verdict()
    }

    /// Whether something deserves attention beside the answer.
    pub fn warns(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Warning)
    }
}

#[cfg(test)]
#[path = "tests/assessment.rs"]
mod tests;
