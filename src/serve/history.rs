//! What was seen: the latest of everything that is checked, how it was before, and what changed. Bounded.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::answer::CheckAnswer;
use crate::policy::Verdict;

/// What was seen of everything that was checked.
#[derive(Debug, Default)]
pub struct History {
    subjects: BTreeMap<SubjectKey, CheckedSubject>,
    changes: VecDeque<Change>,
}

/// What is checked again and again: a target, by a module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubjectKey {
    /// As typed.
    pub target: String,
    pub module: String,
}

#[derive(Debug)]
pub struct CheckedSubject {
    /// How often it is checked without being asked for; `None`: on request alone.
    pub interval: Option<Duration>,
    pub latest: Arc<CheckAnswer>,
    /// The last time that it failed, with all that was said.
    pub last_failure: Option<Arc<CheckAnswer>>,
    /// Oldest first, 24 hours at most.
    pub past: VecDeque<Past>,
}

/// A check of which only what it came to is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    pub at: SystemTime,
    pub verdict: Verdict,
    pub took: Duration,
}

/// Something became another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Unique, and growing.
    pub id: u64,
    pub at: SystemTime,
    pub subject: SubjectKey,
    /// What it was; `None`: it was not known.
    pub before: Option<Verdict>,
    pub after: Verdict,
    /// What a person would say about it now.
    pub conclusion: String,
    /// The ids of the causes, worst first.
    pub causes: Vec<String>,
}

/// How many checks of one subject are kept.
const MOST_PAST: usize = 1440;

/// How many changes are kept.
const MOST_CHANGES: usize = 1000;

impl History {
    /// Notes what came of a check. What changed by it, if something did.
    pub fn take(&mut self, answer: &Arc<CheckAnswer>, interval: Option<Duration>) -> Option<Change> {
        let key = SubjectKey { target: answer.target.clone(), module: answer.module.clone() };
        let verdict = answer.verdict();
        let past = Past { at: answer.started, verdict, took: answer.took };
        let failure = (verdict == Verdict::Fail).then(|| Arc::clone(answer));
        let before = self.subjects.get(&key).map(|subject| subject.latest.verdict());
        if let Some(subject) = self.subjects.get_mut(&key) {
            subject.latest = Arc::clone(answer);
            subject.interval = interval.or(subject.interval);
            subject.last_failure = failure.or(subject.last_failure.take());
            subject.past.push_back(past);
            while subject.past.len() > MOST_PAST {
                subject.past.pop_front();
            }
        } else {
            let past = VecDeque::from([past]);
            let subject = CheckedSubject { interval, latest: Arc::clone(answer), last_failure: failure, past };
            self.subjects.insert(key.clone(), subject);
        }
        if before == Some(verdict) {
            return None;
        }
        let causes = answer.report().targets.iter().flat_map(|target| &target.causes);
        let change = Change {
            id: self.changes.back().map_or(1, |last| last.id + 1),
            at: answer.started,
            subject: key,
            before,
            after: verdict,
            conclusion: answer.conclusion(),
            causes: causes.map(|cause| cause.id.name().to_owned()).collect(),
        };
        self.changes.push_back(change.clone());
        while self.changes.len() > MOST_CHANGES {
            self.changes.pop_front();
        }
        Some(change)
    }

    pub fn subjects(&self) -> impl Iterator<Item = (&SubjectKey, &CheckedSubject)> {
        self.subjects.iter()
    }

    /// Oldest first.
    pub fn changes(&self) -> impl DoubleEndedIterator<Item = &Change> {
        self.changes.iter()
    }
}
