//! What came of a check.

use std::time::{Duration, SystemTime};

use crate::blocked::BlockedRun;
use crate::policy::{Report, Verdict};

/// What came of a check.
#[derive(Debug, Clone)]
pub struct CheckAnswer {
    /// The name of the module that said how to check.
    pub module: String,
    /// What was checked, as typed; empty for a module that needs none (`blocked`).
    pub target: String,
    pub started: SystemTime,
    pub took: Duration,
    /// How long it might have taken.
    pub limit: Duration,
    /// Whether it came to its end; else this is what was known when the time was over.
    pub finished: bool,
    pub result: CheckResult,
}

#[derive(Debug, Clone)]
pub enum CheckResult {
    Ports(Box<Report>),
    Blocked(Box<BlockedRun>),
}

impl CheckAnswer {
    /// What was seen, port by port.
    pub fn report(&self) -> &Report {
        match &self.result {
            CheckResult::Ports(report) => report,
            CheckResult::Blocked(blocked) => &blocked.run,
        }
    }

    pub fn verdict(&self) -> Verdict {
        self.report().verdict
    }

    /// What a person would say about it.
    pub fn conclusion(&self) -> String {
        match &self.result {
            CheckResult::Ports(report) => {
                report.targets.iter().map(|target| target.conclusion.as_str()).collect::<Vec<_>>().join(" ")
            }
            CheckResult::Blocked(blocked) => blocked.answer.sentence.clone(),
        }
    }
}
