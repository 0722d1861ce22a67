//! A run counted target by target: its verdict and exit code follow without keeping the targets.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use super::expectations::{NOT_AS_EXPECTED, broken_code};
use super::judged::{DIFFERENT_CAUSES, JudgedTarget, Policy, Verdict};
use crate::diagnosis::{State, keeps_mail_back};
use crate::words::common;

/// A run whose targets were judged and counted one by one, and not kept.
#[derive(Debug, Clone)]
pub struct CountedRun {
    pub started: SystemTime,
    pub duration: Duration,
    pub tally: Tally,
    /// The worst of its targets.
    pub verdict: Verdict,
    pub exit_code: u8,
    /// How many lines of its list are no targets.
    pub bad_lines: usize,
}

/// How many of each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub all: usize,
    pub pass: usize,
    pub warn: usize,
    pub fail: usize,
    pub inconclusive: usize,
}

/// A target that does not pass, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Troubled {
    pub verdict: Verdict,
    /// As typed.
    pub typed: String,
    pub conclusion: String,
}

/// A target that an earlier run has judged and recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedTarget {
    pub verdict: Verdict,
    /// The exit code of a run of this target alone; `None` where that was not recorded.
    pub exit_code: Option<u8>,
    pub endpoints: Vec<(Verdict, State)>,
}

/// How many targets are remembered by name: who reads more reads the report.
const MOST_NAMED: usize = 20;

/// What is counted of a run.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    strict: bool,
    pub targets: Count,
    pub endpoints: Count,
    /// How often each state occurs.
    pub states: BTreeMap<State, usize>,
    /// The targets that do not pass, gravest first; the first of many.
    pub troubled: Vec<Troubled>,
    worst: Option<Verdict>,
    /// Whether anything warns, be it below a worse verdict.
    warned: bool,
    /// The exit codes of what fails.
    failing: BTreeSet<u8>,
    /// The exit codes of the states that prove nothing.
    unproven: BTreeSet<u8>,
}

impl Count {
    fn add(&mut self, verdict: Verdict) {
        self.all += 1;
        match verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::Warn => self.warn += 1,
            Verdict::Fail => self.fail += 1,
            Verdict::Inconclusive => self.inconclusive += 1,
        }
    }
}

impl Tally {
    /// Of a run with this policy.
    pub fn new(policy: &Policy) -> Self {
        Self { strict: policy.strict, ..Self::default() }
    }

    /// Of these targets.
    pub fn of(targets: &[JudgedTarget], policy: &Policy) -> Self {
        let mut tally = Self::new(policy);
        for target in targets {
            tally.add(target);
        }
        tally
    }

    pub fn add(&mut self, target: &JudgedTarget) {
        self.targets.add(target.verdict);
        self.remember(target);
        self.worst = Some(Verdict::worst(self.worst.into_iter().chain([target.verdict])));
        self.warned |= target.warns();
        if self.strict && target.warns() {
            self.failing.insert(DIFFERENT_CAUSES);
        }
        if target.endpoints.is_empty() && target.discovery.is_some() {
            self.failing.insert(State::DnsNoAddress.exit_code());
        }
        if target.fails_expectation {
            self.failing.insert(NOT_AS_EXPECTED);
        }
        for (index, endpoint) in target.endpoints.iter().enumerate() {
            let state = endpoint.diagnosis.state;
            self.endpoints.add(endpoint.verdict);
            *self.states.entry(state).or_default() += 1;
            self.warned |= endpoint.verdict == Verdict::Warn;
            if state.proves_nothing() {
                self.unproven.insert(state.exit_code());
            }
            if endpoint.verdict == Verdict::Fail || (self.strict && endpoint.verdict == Verdict::Warn) {
                let spoken = target.spoken_state(index).unwrap_or(state);
                let code = broken_code(&endpoint.expectations).unwrap_or(spoken.exit_code());
                self.failing.insert(if code == 0 { DIFFERENT_CAUSES } else { code });
            }
        }
        let fails_by_endpoints = target.endpoints.iter().any(|endpoint| endpoint.verdict == Verdict::Fail);
        if keeps_mail_back(&target.findings) && !fails_by_endpoints {
            self.failing.insert(DIFFERENT_CAUSES);
        }
    }

    /// Counts a target of an earlier run as [`Tally::add`] would have done. Its exit code stands for those of its endpoints:
    /// it is theirs if they agree, and else one that agrees with no other.
    pub fn add_recorded(&mut self, target: &RecordedTarget) {
        self.targets.add(target.verdict);
        self.worst = Some(Verdict::worst(self.worst.into_iter().chain([target.verdict])));
        let mut warned = target.verdict == Verdict::Warn;
        for &(verdict, state) in &target.endpoints {
            self.endpoints.add(verdict);
            *self.states.entry(state).or_default() += 1;
            warned |= verdict == Verdict::Warn;
            if state.proves_nothing() {
                self.unproven.insert(state.exit_code());
            }
        }
        self.warned |= warned;
        if target.verdict == Verdict::Fail || (self.strict && warned) {
            self.failing.insert(target.exit_code.filter(|code| *code != 0).unwrap_or(DIFFERENT_CAUSES));
        }
    }

    fn remember(&mut self, target: &JudgedTarget) {
        let gravity = target.verdict.gravity();
        let place = self.troubled.iter().position(|other| other.verdict.gravity() < gravity);
        let place = place.unwrap_or(self.troubled.len());
        if target.verdict == Verdict::Pass || place == MOST_NAMED {
            return;
        }
        let JudgedTarget { verdict, typed, conclusion, .. } = target;
        let troubled = Troubled { verdict: *verdict, typed: typed.clone(), conclusion: conclusion.clone() };
        self.troubled.insert(place, troubled);
        self.troubled.truncate(MOST_NAMED);
    }

    /// Something failed beside the targets, with this exit code.
    pub fn add_failure(&mut self, code: u8) {
        self.worst = Some(Verdict::Fail);
        self.failing.insert(code);
    }

    /// The worst of the targets: fail, then inconclusive, then warn, then pass; of none at all, inconclusive. Where
    /// warnings fail the run, one does.
    pub fn verdict(&self) -> Verdict {
        if self.strict && self.warned { Verdict::Fail } else { Verdict::worst(self.worst) }
    }

    /// - of a failing run: the common code of the failing endpoints, or 1;
    /// - of an inconclusive run: the common code of the endpoints that are so by their own state, or 3;
    /// - else 0.
    pub fn exit_code(&self) -> u8 {
        match self.verdict() {
            Verdict::Pass | Verdict::Warn => 0,
            Verdict::Inconclusive => common(&self.unproven).copied().unwrap_or(State::Inconclusive.exit_code()),
            Verdict::Fail => common(&self.failing).copied().unwrap_or(DIFFERENT_CAUSES),
        }
    }
}
