//! One subject of the history, and its last 24 hours.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::kept::KeptCheck;
use super::standing::LastKnown;
use crate::policy::Verdict;
use crate::serve::answer::CheckAnswer;

#[derive(Debug)]
pub struct CheckedSubject {
    /// How often it is checked without being asked for; `None`: on request alone.
    pub interval: Option<Duration>,
    /// Compact, unless it failed.
    pub latest: KeptCheck,
    /// The last time that it failed: whole where that is among the newest failures of all.
    pub last_failure: Option<KeptCheck>,
    /// Oldest first, 24 hours at most.
    pub past: VecDeque<Past>,
    /// How it stands, and since when: what one check could not find out changes nothing.
    pub known: LastKnown,
}

/// The checks of a quarter of an hour that came to the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// When the first of them began.
    pub at: SystemTime,
    pub verdict: Verdict,
    /// The longest of them.
    pub took: Duration,
    pub exit_code: u8,
    /// How many they are.
    pub checks: u32,
}

/// Quarters of an hour in a day.
pub const SLOTS: usize = 96;

/// A quarter of an hour.
const SLOT: u64 = 15 * 60;

/// More results than these has no day in which anybody looks at them.
const MOST_PAST: usize = 5 * SLOTS;

/// The quarter of an hour that a moment lies in, counted from 1970.
fn slot(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / SLOT
}

/// How many quarters of an hour a moment lies back, if it is within the last day; what lies ahead was written by a clock
/// that was wrong.
fn slots_back(at: SystemTime, now: SystemTime) -> Option<usize> {
    let back = slot(now).checked_sub(slot(at))?;
    usize::try_from(back).ok().filter(|&back| back < SLOTS)
}

impl CheckedSubject {
    /// Since when it has this verdict.
    pub fn since(&self) -> SystemTime {
        self.known.since
    }

    /// The worst of each quarter of an hour of the last day, oldest first; the last is the one that `now` lies in. `None`:
    /// nothing was checked.
    pub fn strip(&self, now: SystemTime) -> [Option<Verdict>; SLOTS] {
        let mut strip = [None; SLOTS];
        for past in &self.past {
            if let Some(back) = slots_back(past.at, now) {
                let worst = &mut strip[SLOTS - 1 - back];
                *worst = Some(worst.map_or(past.verdict, |worst| Verdict::worst([worst, past.verdict])));
            }
        }
        strip
    }
}

impl Past {
    pub(super) fn of(answer: &CheckAnswer) -> Self {
        let report = answer.report();
        Self { at: answer.started, verdict: report.verdict, took: answer.took, exit_code: report.exit_code, checks: 1 }
    }

    fn is_like(&self, other: &Self) -> bool {
        slot(self.at) == slot(other.at) && (self.verdict, self.exit_code) == (other.verdict, other.exit_code)
    }
}

/// Notes a check among those of the last day. The entry that it became part of.
pub(super) fn note(past: &mut VecDeque<Past>, check: Past) -> Past {
    let now = check.at;
    past.retain(|past| slots_back(past.at, now).is_some());
    let newest = slot(now);
    let mut alike = past.iter_mut().rev().take_while(|past| slot(past.at) == newest);
    if let Some(alike) = alike.find(|past| past.is_like(&check)) {
        alike.took = alike.took.max(check.took);
        alike.checks = alike.checks.saturating_add(1);
        return alike.clone();
    }
    past.push_back(check.clone());
    if past.len() > MOST_PAST {
        past.pop_front();
    }
    check
}
