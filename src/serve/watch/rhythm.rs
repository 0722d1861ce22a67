//! When a target is checked: evenly, and not with all the others. By the clock that nobody sets.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use tokio::time::Instant;

use crate::serve::history::SubjectKey;

/// By then everything was checked once, however seldom it is checked otherwise.
const FIRST_WITHIN: Duration = Duration::from_secs(30);

/// When a target is checked.
#[derive(Debug)]
pub(super) struct Rhythm {
    interval: Duration,
    first: Instant,
    /// The beat goes on from here.
    base: Instant,
}

impl Rhythm {
    /// The place between the others comes from the name, so that it is the same after every start.
    pub(super) fn new(key: &SubjectKey, interval: Duration, now: Instant) -> Self {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        // A share of one, in 2^32 parts.
        let share = f64::from(u32::try_from(hasher.finish() >> 32).unwrap_or_default()) / f64::from(u32::MAX);
        let interval = interval.max(Duration::from_millis(1));
        Self { interval, first: now + interval.min(FIRST_WITHIN).mul_f64(share), base: now + interval.mul_f64(share) }
    }

    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// The first check, soon.
    pub(super) fn first(&self) -> Instant {
        self.first
    }

    /// The next one after a check that ended at `now`. Never sooner than half an interval after the first.
    pub(super) fn after(&self, now: Instant) -> Instant {
        let earliest = now.max(self.first + self.interval / 2);
        let Some(since) = earliest.checked_duration_since(self.base) else { return self.base };
        let beats = since.as_nanos() / self.interval.as_nanos() + 1;
        let into = since.as_nanos() - (beats - 1) * self.interval.as_nanos();
        let left = u64::try_from(self.interval.as_nanos() - into).unwrap_or(u64::MAX);
        earliest + Duration::from_nanos(left)
    }
}
