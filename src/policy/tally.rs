//! A run counted target by target: its verdict and exit code follow without keeping the targets.

use std::collections::BTreeMap;

use super::expectations::{NOT_AS_EXPECTED, broken_code};
use super::judge::{is_unmet, target_warns};
use super::{JudgedTarget, Policy, Verdict};
use crate::diagnosis::State;

/// The exit code of a failing run whose endpoints fail for different causes.
pub(super) const DIFFERENT_CAUSES: u8 = 1;

/// How many of each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// All.
    pub all: usize,
    /// Those with the verdict `pass`.
    pub pass: usize,
    /// Those with the verdict `warn`.
    pub warn: usize,
    /// Those with the verdict `fail`.
    pub fail: usize,
    /// Those with the verdict `inconclusive`.
    pub inconclusive: usize,
}

/// What is counted of a run.
#[derive(Debug, Clone)]
pub struct Tally {
    strict: bool,
    /// The targets.
    pub targets: Count,
    /// The endpoints.
    pub endpoints: Count,
    /// How often each state occurs.
    pub states: BTreeMap<State, usize>,
    /// The worst verdict so far.
    worst: Option<Verdict>,
    /// Whether anything warns, be it below a worse verdict.
    warned: bool,
    /// The exit codes of what fails.
    failing: Codes,
    /// The exit codes of the states that prove nothing.
    unproven: Codes,
}

/// Exit codes, of which only matters whether all are the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Codes {
    #[default]
    None,
    One(u8),
    Several,
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

impl Codes {
    fn add(&mut self, code: u8) {
        *self = match *self {
            Self::None => Self::One(code),
            Self::One(known) if known == code => Self::One(known),
            Self::One(_) | Self::Several => Self::Several,
        };
    }

    /// The code that all share, if they do.
    fn common(self) -> Option<u8> {
        if let Self::One(code) = self { Some(code) } else { None }
    }
}

impl Tally {
    /// Of a run with this policy.
    pub fn new(policy: &Policy) -> Self {
        Self {
            strict: policy.strict,
            targets: Count::default(),
            endpoints: Count::default(),
            states: BTreeMap::new(),
            worst: None,
            warned: false,
            failing: Codes::None,
            unproven: Codes::None,
        }
    }

    /// Of these targets.
    pub fn of(targets: &[JudgedTarget], policy: &Policy) -> Self {
        let mut tally = Self::new(policy);
        for target in targets {
            tally.add(target);
        }
        tally
    }

    /// Counts a target.
    pub fn add(&mut self, target: &JudgedTarget) {
        self.targets.add(target.verdict);
        self.worst = Some(self.worst.map_or(target.verdict, |worst| graver(worst, target.verdict)));
        let target_warns = target_warns(target);
        self.warned |= target_warns;
        if self.strict && target_warns {
            self.failing.add(DIFFERENT_CAUSES);
        }
        if target.endpoints.is_empty() && target.discovery.is_some() {
            self.failing.add(State::DnsNoAddress.exit_code());
        }
        for _ in target.findings.iter().filter(|finding| is_unmet(finding)) {
            self.failing.add(NOT_AS_EXPECTED);
        }
        for endpoint in &target.endpoints {
            let state = endpoint.diagnosis.state;
            self.endpoints.add(endpoint.verdict);
            *self.states.entry(state).or_default() += 1;
            self.warned |= endpoint.verdict == Verdict::Warn;
            if state.proves_nothing() {
                self.unproven.add(state.exit_code());
            }
            if endpoint.verdict == Verdict::Fail || (self.strict && endpoint.verdict == Verdict::Warn) {
                let code = broken_code(&endpoint.expectations).unwrap_or(state.exit_code());
                self.failing.add(if code == 0 { DIFFERENT_CAUSES } else { code });
            }
        }
    }

    /// Something failed beside the targets, with this exit code.
    pub fn add_failure(&mut self, code: u8) {
        self.worst = Some(Verdict::Fail);
        self.failing.add(code);
    }

    /// The worst of the targets: fail, then inconclusive, then warn, then pass; of none at all, inconclusive. Where
    /// warnings fail the run, one does.
    pub fn verdict(&self) -> Verdict {
        if self.strict && self.warned { Verdict::Fail } else { self.worst.unwrap_or(Verdict::Inconclusive) }
    }

    /// - of a failing run: the common code of the failing endpoints, or 1;
    /// - of an inconclusive run: the common code of the endpoints that are so by their own state, or 3;
    /// - else 0.
    pub fn exit_code(&self) -> u8 {
        match self.verdict() {
            Verdict::Pass | Verdict::Warn => 0,
            Verdict::Inconclusive => self.unproven.common().unwrap_or(State::Inconclusive.exit_code()),
            Verdict::Fail => self.failing.common().unwrap_or(DIFFERENT_CAUSES),
        }
    }
}

fn graver(one: Verdict, other: Verdict) -> Verdict {
    if other.gravity() > one.gravity() { other } else { one }
}
