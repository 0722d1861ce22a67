//! What one thinks of it: states, and what the user asked for, become verdicts and an exit code.

use std::time::{Duration, SystemTime};

use crate::diagnosis::{Diagnosis, Finding};
use crate::named::named_enum;
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

/// An endpoint with its judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedEndpoint {
    /// What was seen.
    pub observation: Observation,
    /// What it means.
    pub diagnosis: Diagnosis,
    /// What one thinks of it.
    pub verdict: Verdict,
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
}
