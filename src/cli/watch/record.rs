//! What changed while somebody watched, and when. Bounded, however long that is.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime};

use super::changes::{RoundStatus, StatusChange, WatchedPlace, changes};
use crate::words::counted;

/// How many changes of one place are kept; of a place that changes all the time, the last ones tell enough.
const MOST_OF_A_PLACE: usize = 20;

/// How many of the latest changes are kept: more than a screen has lines.
const MOST_LATEST: usize = 200;

/// From what to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrow {
    Ascii,
    Unicode,
}

impl Arrow {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Ascii => "->",
            Self::Unicode => "\u{2192}",
        }
    }
}

#[derive(Debug)]
pub(super) struct WatchRecord {
    arrow: Arrow,
    /// What the last complete round came to; `None` before the first.
    status: Option<RoundStatus>,
    rounds: usize,
    changed: usize,
    latest: VecDeque<RecordedChange>,
    places: BTreeMap<WatchedPlace, PlaceRecord>,
}

/// A change of one place, or the same of several in the same round.
#[derive(Debug, Clone)]
struct RecordedChange {
    at: SystemTime,
    place: String,
    words: String,
}

#[derive(Debug, Default)]
struct PlaceRecord {
    count: usize,
    latest: VecDeque<(SystemTime, String)>,
}

impl WatchRecord {
    pub(super) fn new(arrow: Arrow) -> Self {
        let (latest, places) = (VecDeque::new(), BTreeMap::new());
        Self { arrow, status: None, rounds: 0, changed: 0, latest, places }
    }

    /// Notes a complete round that began then. What changed by it.
    pub(super) fn take(&mut self, status: RoundStatus, at: SystemTime) -> Vec<StatusChange> {
        self.rounds += 1;
        let changes = self.status.as_ref().map(|before| changes(before, &status)).unwrap_or_default();
        self.status = Some(status);
        self.changed += changes.len();
        for change in &changes {
            let words = change.words(self.arrow.text());
            let record = self.places.entry(change.place.clone()).or_default();
            record.count += 1;
            keep(&mut record.latest, (at, words.clone()), MOST_OF_A_PLACE);
            keep(&mut self.latest, RecordedChange { at, place: change.place.to_string(), words }, MOST_LATEST);
        }
        changes
    }

    pub(super) fn rounds(&self) -> usize {
        self.rounds
    }

    /// How many changes there were.
    pub(super) fn changed(&self) -> usize {
        self.changed
    }

    /// The latest changes, newest first: `12:03:20 UTC  192.0.2.5:25  ok -> connection-refused`
    pub(super) fn latest(&self) -> impl Iterator<Item = String> {
        let line = |change: &RecordedChange| {
            format!("{} UTC  {}  {}", moment(change.at, "%H:%M:%S"), change.place, change.words)
        };
        self.latest.iter().rev().map(line)
    }

    /// What there is to tell when it is over, line by line.
    pub(super) fn summary(&self, watched: Duration) -> Vec<String> {
        let seconds = watched.as_secs_f64().round();
        let rounds = counted(self.rounds, "complete round");
        let changes = match self.changed {
            0 if self.rounds < 2 => "nothing to compare".to_owned(),
            0 => "nothing changed".to_owned(),
            count => counted(count, "change"),
        };
        let mut lines = vec![format!("Watched for {}: {rounds}, {changes}.", long(seconds))];
        for (place, PlaceRecord { count, latest }) in &self.places {
            let left_out = match count - latest.len() {
                0 => String::new(),
                _ => format!(", of which the last {}", latest.len()),
            };
            lines.push(format!("  {place}: {}{left_out}", counted(*count, "change")));
            lines.extend(latest.iter().map(|(at, words)| format!("    {}  {words}", stamp(*at))));
        }
        lines
    }
}

fn keep<T>(latest: &mut VecDeque<T>, newest: T, most: usize) {
    if latest.len() == most {
        latest.pop_front();
    }
    latest.push_back(newest);
}

/// As JSON has it: `2026-11-28T12:03:20Z`
pub(super) fn stamp(at: SystemTime) -> String {
    moment(at, "%Y-%m-%dT%H:%M:%SZ")
}

fn moment(at: SystemTime, format: &str) -> String {
    jiff::Timestamp::try_from(at).unwrap_or_default().strftime(format).to_string()
}

/// `45 s`, `12 min 5 s`, `3 h 2 min`
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole seconds, and no clock runs so long")]
fn long(seconds: f64) -> String {
    match seconds as u64 {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_long_as_a_person_wants_them() {
        let told = [0.0, 59.0, 60.0, 3599.0, 3600.0, 90_061.0].map(long);
        assert_eq!(told, ["0 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "25 h 1 min"]);
        assert_eq!(stamp(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_867_400)), "2026-11-28T12:03:20Z");
    }

    #[test]
    fn the_latest_are_kept() {
        let mut latest = VecDeque::new();
        (0..5).for_each(|number| keep(&mut latest, number, 3));
        assert_eq!(latest, [2, 3, 4]);
    }
}
