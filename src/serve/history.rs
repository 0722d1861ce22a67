//! What was seen: the latest of everything that is checked, how it was before, and what changed. Bounded.

mod change;
mod kept;
mod key;
mod standing;
mod subject;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

pub use change::{Change, ChangeCause};
pub use kept::KeptCheck;
pub use key::SubjectKey;
pub use standing::{LastKnown, StateCause, SubjectState};
pub use subject::{CheckedSubject, Past, SLOTS};

use super::answer::CheckAnswer;
use crate::policy::Verdict;
use kept::transcript_bytes;
use standing::Transition;

/// What was seen of everything that was checked.
#[derive(Debug, Default)]
pub struct History {
    subjects: BTreeMap<SubjectKey, CheckedSubject>,
    /// What is known from before the start, until the first check.
    remembered: BTreeMap<SubjectKey, RememberedSubject>,
    changes: VecDeque<Change>,
    /// Whose last failure is kept with its transcripts, and how many bytes they have; newest last.
    told: VecDeque<(SubjectKey, usize)>,
}

/// What is known of a subject from before the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RememberedSubject {
    pub known: LastKnown,
    pub past: VecDeque<Past>,
}

/// What a check did to the history.
#[derive(Debug)]
pub struct Noted {
    pub key: SubjectKey,
    pub is_watched: bool,
    pub known: LastKnown,
    /// The entry of the last day that it became part of.
    pub past: Past,
    pub change: Option<Change>,
    /// The subject that had to make room.
    pub forgotten: Option<SubjectKey>,
}

/// How many changes are kept.
pub(super) const MOST_CHANGES: usize = 1000;

/// How many subjects that are checked on request alone are kept.
pub(super) const MOST_REQUESTED: usize = 1000;

/// Of how many failures all that was said is kept, and how much of it in all.
const MOST_TOLD: usize = 100;
const MOST_TRANSCRIPT_BYTES: usize = 4 * 1024 * 1024;

impl History {
    /// Takes in what is known from before the start.
    pub fn remember(&mut self, subjects: BTreeMap<SubjectKey, RememberedSubject>, changes: VecDeque<Change>) {
        self.remembered = subjects;
        self.changes = changes;
    }

    /// Whether this very check is the latest of its subject.
    pub fn knows(&self, answer: &CheckAnswer) -> bool {
        let key = SubjectKey { target: answer.target.clone(), module: answer.module.clone() };
        self.subjects
            .get(&key)
            .map(|subject| subject.latest.outline())
            .is_some_and(|latest| (latest.started, latest.took) == (answer.started, answer.took))
    }

    /// Notes what came of a check; `interval`: how often it is made without being asked for, if it is.
    pub fn take(&mut self, answer: &Arc<CheckAnswer>, interval: Option<Duration>) -> Noted {
        let key = SubjectKey { target: answer.target.clone(), module: answer.module.clone() };
        let fails = answer.verdict() == Verdict::Fail;
        let kept = if fails { KeptCheck::Whole(Arc::clone(answer)) } else { KeptCheck::compact(answer) };
        let forgotten = if self.subjects.contains_key(&key) { None } else { self.make_room() };
        let remembered = self.remembered.remove(&key);
        let subject = self.subjects.entry(key.clone()).or_insert_with(|| {
            let remembered = remembered.unwrap_or_else(|| RememberedSubject {
                known: LastKnown::begin(answer.started),
                past: VecDeque::new(),
            });
            let RememberedSubject { known, past } = remembered;
            CheckedSubject { interval, latest: kept.clone(), last_failure: None, past, known }
        });
        subject.interval = interval.or(subject.interval);
        subject.latest = kept.clone();
        let past = subject::note(&mut subject.past, Past::of(answer));
        let transition = subject.known.note(answer);
        let (is_watched, known) = (subject.interval.is_some(), subject.known.clone());
        if fails {
            subject.last_failure = Some(kept);
            self.keep_transcripts(&key, answer);
        }
        // That something works when it is first seen is no news.
        let is_news = |transition: &Transition| transition.before.is_some() || !works(answer.verdict());
        let change = transition
            .filter(is_news)
            .map(|Transition { before }| Change::new(key.clone(), before.map(|before| before.verdict), answer));
        if let Some(change) = &change {
            self.changes.push_back(change.clone());
            if self.changes.len() > MOST_CHANGES {
                self.forget_a_change();
            }
        }
        Noted { key, is_watched, known, past, change, forgotten }
    }

    /// A subject is no longer checked by itself.
    pub fn unwatch(&mut self, key: &SubjectKey) {
        if let Some(subject) = self.subjects.get_mut(key) {
            subject.interval = None;
        }
    }

    pub fn subjects(&self) -> impl Iterator<Item = (&SubjectKey, &CheckedSubject)> {
        self.subjects.iter()
    }

    /// Oldest first.
    pub fn changes(&self) -> impl DoubleEndedIterator<Item = &Change> {
        self.changes.iter()
    }

    /// Forgets the subject that nobody has asked for for longest, where there are too many of them.
    fn make_room(&mut self) -> Option<SubjectKey> {
        let requested = || self.subjects.iter().filter(|(_, subject)| subject.interval.is_none());
        if requested().count() < MOST_REQUESTED {
            return None;
        }
        let (oldest, _) = requested().min_by_key(|(_, subject)| subject.latest.outline().started)?;
        let oldest = oldest.clone();
        self.subjects.remove(&oldest);
        self.told.retain(|(key, _)| *key != oldest);
        Some(oldest)
    }

    /// Forgets the oldest change of what is checked on request alone, so that whoever may ask cannot push the others out; the
    /// oldest of all where there is none.
    fn forget_a_change(&mut self) {
        let is_watched = |key| self.subjects.get(key).is_some_and(|subject| subject.interval.is_some());
        let oldest = self.changes.iter().position(|change| !is_watched(&change.subject));
        self.changes.remove(oldest.unwrap_or(0));
    }

    /// Notes that this failure is kept with all that was said, and forgets what was said in the oldest that are too many.
    fn keep_transcripts(&mut self, key: &SubjectKey, answer: &CheckAnswer) {
        self.told.retain(|(told, _)| told != key);
        self.told.push_back((key.clone(), transcript_bytes(answer)));
        while self.told.len() > MOST_TOLD
            || self.told.iter().map(|(_, bytes)| bytes).sum::<usize>() > MOST_TRANSCRIPT_BYTES
        {
            let Some((oldest, _)) = self.told.pop_front() else { return };
            let Some(subject) = self.subjects.get_mut(&oldest) else { continue };
            let Some(failure) = subject.last_failure.take() else { continue };
            let compact = KeptCheck::compact(failure.outline());
            if subject.latest.is(&failure) {
                subject.latest = compact.clone();
            }
            subject.last_failure = Some(compact);
        }
    }
}

fn works(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Pass | Verdict::Warn)
}

#[cfg(test)]
mod tests;
