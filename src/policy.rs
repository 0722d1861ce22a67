//! What one thinks of it: states, and what the user asked for, become verdicts and an exit code.
//!
//! [`judge`] judges a whole run. [`settled`] says the same of one endpoint while others are still being probed, as soon
//! as nothing that they may bring can change it.

mod conclusion;
mod discovery;
mod expectations;
mod judge;
mod recommend;
mod settle;
mod tally;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

pub use expectations::{Compared, Expectations, Expected, MinTls, NOT_AS_EXPECTED, Outcome, Subject};
pub(crate) use judge::reaches_port_25;
pub use judge::{combine, judge, judge_diagnosed, judge_endpoint};
#[cfg(feature = "report")]
pub(crate) use recommend::takes_password;
pub use recommend::{Recommended, Setting};
pub use settle::{Progress, settled};
pub use tally::{Count, Tally};

use crate::diagnosis::{Diagnosis, Finding};
use crate::named::named_enum;
use crate::observation::discovery::Discovery;
use crate::observation::{Observation, Resolution};

named_enum! {
    /// The judgement of an endpoint, a target or a run.
    pub enum Verdict {
        /// As it should be.
        Pass = "pass",
        /// It works, and deserves attention.
        Warn = "warn",
        /// It does not work.
        Fail = "fail",
        /// The evidence proves neither.
        Inconclusive = "inconclusive",
    }
}

impl Verdict {
    /// How much it weighs against others: what is broken is graver than what nobody knows.
    pub const fn gravity(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Warn => 1,
            Self::Inconclusive => 2,
            Self::Fail => 3,
        }
    }
}

named_enum! {
    /// What kind of target the user typed.
    pub enum TargetKind {
        /// A bare host: a survey.
        Host = "host",
        /// A port or URL: it must pass.
        Endpoint = "endpoint",
        /// A mail domain or address.
        Domain = "domain",
    }
}

named_enum! {
    /// Which addresses of a host must pass.
    pub enum Addresses {
        /// Every one.
        All = "all",
        /// One for each port, as for a mail program; the failures of the others become warnings.
        Any = "any",
    }
}

named_enum! {
    /// A family of IP addresses.
    pub enum Family {
        /// IPv4
        Ipv4 = "ipv4",
        /// IPv6
        Ipv6 = "ipv6",
    }
}

/// What the user wants to count as good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Which addresses of a host must pass.
    pub addresses: Addresses,
    /// Whether a warning makes the run fail.
    pub strict: bool,
    /// What must be so.
    pub expectations: Expectations,
}

impl Default for Policy {
    fn default() -> Self {
        Self { addresses: Addresses::All, strict: false, expectations: Expectations::NONE }
    }
}

/// Everything that was seen of a target.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetEvidence {
    /// As typed.
    pub typed: String,
    /// What it is.
    pub kind: TargetKind,
    /// For a mail domain: who was asked for its servers, and what they said.
    pub discovery: Option<Discovery>,
    /// How its names were resolved.
    pub resolutions: Vec<Resolution>,
    /// Its endpoints, in the order of hosts, addresses and the port table.
    pub observations: Vec<Observation>,
    /// The families that were left out because this machine has no route for them.
    pub skipped: Vec<Family>,
}

/// An endpoint with its judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedEndpoint {
    /// What was seen.
    pub observation: Observation,
    /// What it means.
    pub diagnosis: Diagnosis,
    /// What one thinks of it.
    pub verdict: Verdict,
    /// What was expected of it, and whether it holds.
    pub expectations: Vec<Compared>,
}

/// A target with its judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedTarget {
    /// As typed.
    pub typed: String,
    /// What it is.
    pub kind: TargetKind,
    /// What one thinks of it.
    pub verdict: Verdict,
    /// What a person would say about it, in a sentence or two.
    pub conclusion: String,
    /// What to do.
    pub hints: Vec<String>,
    /// Facts about the target as a whole.
    pub findings: Vec<Finding>,
    /// For a mail domain: who was asked for its servers, and what they said.
    pub discovery: Option<Discovery>,
    /// For a mail domain: what to enter in a mail program.
    pub recommended: Option<Recommended>,
    /// How its names were resolved.
    pub resolutions: Vec<Resolution>,
    /// Its endpoints, in the order of hosts, addresses and the port table.
    pub endpoints: Vec<JudgedEndpoint>,
}

/// A run with its judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedRun {
    /// When it began.
    pub started: SystemTime,
    /// How long it took.
    pub duration: Duration,
    /// Its targets, in the order they were typed.
    pub targets: Vec<JudgedTarget>,
    /// The worst of its targets.
    pub verdict: Verdict,
    /// The exit code that follows.
    pub exit_code: u8,
    /// Of a list: how many of its lines are no targets. `None` where there was no list.
    pub bad_lines: Option<usize>,
}

impl JudgedRun {
    /// Notes how many lines of the run's list are no targets. With any the run fails, like a failing endpoint with this
    /// exit code.
    pub fn note_bad_lines(&mut self, count: usize, code: u8) {
        self.bad_lines = Some(count);
        if count == 0 {
            return;
        }
        if self.verdict != Verdict::Fail {
            self.exit_code = code;
        } else if self.exit_code != code {
            self.exit_code = tally::DIFFERENT_CAUSES;
        }
        self.verdict = Verdict::Fail;
    }
}

/// A run whose targets were judged and counted one by one, and not kept.
#[derive(Debug, Clone)]
pub struct CountedRun {
    /// When it began.
    pub started: SystemTime,
    /// How long it took.
    pub duration: Duration,
    /// What was counted.
    pub tally: Tally,
    /// The worst of its targets.
    pub verdict: Verdict,
    /// The exit code that follows.
    pub exit_code: u8,
    /// How many lines of its list are no targets.
    pub bad_lines: usize,
}
