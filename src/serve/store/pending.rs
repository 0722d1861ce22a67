//! What waits to be written. Of each thing the newest alone, so that it stays small however long nothing can be written.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::SystemTime;

use uuid::Uuid;

use crate::serve::history::{Change, LastKnown, Noted, Past, SubjectKey};

/// How much may wait where nothing can be written.
const MOST_EVENTS: usize = 1000;
const MOST_PAST: usize = 50_000;

#[derive(Debug, Default)]
pub(super) struct Pending {
    /// What is to be taken out, before anything is written.
    pub(super) forgotten: BTreeSet<SubjectKey>,
    pub(super) subjects: BTreeMap<SubjectKey, LastKnown>,
    pub(super) past: BTreeMap<(SubjectKey, SystemTime), Past>,
    pub(super) events: VecDeque<NotedEvent>,
    pub(super) acknowledged: Vec<Uuid>,
    pub(super) given_up: Vec<Uuid>,
}

#[derive(Debug)]
pub(super) struct NotedEvent {
    pub(super) change: Change,
    pub(super) for_webhook: bool,
    /// Whether it was handed on to be sent.
    pub(super) handed_on: bool,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.forgotten.is_empty()
            && self.subjects.is_empty()
            && self.past.is_empty()
            && self.events.is_empty()
            && self.settled() == 0
    }

    fn settled(&self) -> usize {
        self.acknowledged.len() + self.given_up.len()
    }

    /// Takes in what a check did.
    pub(super) fn note(&mut self, noted: &Noted, for_webhook: bool) {
        if let Some(forgotten) = &noted.forgotten {
            self.forget(forgotten);
        }
        self.subjects.insert(noted.key.clone(), noted.known.clone());
        self.past.insert((noted.key.clone(), noted.past.at), noted.past.clone());
        let event = |change: &Change| NotedEvent { change: change.clone(), for_webhook, handed_on: false };
        self.events.extend(noted.change.as_ref().map(event));
        self.bound();
    }

    fn forget(&mut self, key: &SubjectKey) {
        self.drop_unwritten(key);
        self.forgotten.insert(key.clone());
    }

    fn drop_unwritten(&mut self, key: &SubjectKey) {
        self.subjects.remove(key);
        self.past.retain(|(past, _), _| past != key);
    }

    /// Puts what could not be written under what has come since.
    pub(super) fn put_back(&mut self, mut unwritten: Self) {
        for key in &self.forgotten {
            unwritten.drop_unwritten(key);
        }
        unwritten.forgotten.append(&mut self.forgotten);
        unwritten.subjects.append(&mut self.subjects);
        unwritten.past.append(&mut self.past);
        unwritten.events.append(&mut self.events);
        unwritten.acknowledged.append(&mut self.acknowledged);
        unwritten.given_up.append(&mut self.given_up);
        *self = unwritten;
        self.bound();
    }

    fn bound(&mut self) {
        while self.events.len() > MOST_EVENTS {
            self.events.pop_front();
        }
        while self.past.len() > MOST_PAST {
            let Some(oldest) = self.past.keys().min_by_key(|(_, at)| *at).cloned() else { return };
            self.past.remove(&oldest);
        }
        while self.forgotten.len() > MOST_PAST {
            self.forgotten.pop_first();
        }
        for settled in [&mut self.acknowledged, &mut self.given_up] {
            let too_many = settled.len().saturating_sub(MOST_EVENTS);
            settled.drain(..too_many);
        }
    }
}
