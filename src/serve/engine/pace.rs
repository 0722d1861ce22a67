//! How long it takes here to make an answer of what a check saw, and what that means for checks that run at the same time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// How long it takes to judge a check: the mean of late, where dear ones count at once and cheap ones little by little.
#[derive(Debug)]
pub(super) struct JudgingPace {
    nanoseconds: AtomicU64,
    /// How many are judged at the same time.
    abreast: u32,
}

/// What is assumed before the first.
const AT_FIRST: Duration = Duration::from_millis(2);

/// Judging is not all: the answer is recorded and rendered.
const WITH_RENDERING: u32 = 3;

impl Default for JudgingPace {
    fn default() -> Self {
        let abreast = available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
        Self { nanoseconds: AtomicU64::new(as_nanoseconds(AT_FIRST)), abreast }
    }
}

impl JudgingPace {
    /// Judges, and notes how long that takes.
    pub(super) fn time<T>(&self, judge: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let judged = judge();
        self.note(began.elapsed());
        judged
    }

    fn note(&self, took: Duration) {
        let took = as_nanoseconds(took);
        let mean =
            |before: u64| Some(if took > before { before.midpoint(took) } else { before - (before - took) / 16 });
        let _ = self.nanoseconds.fetch_update(Ordering::Relaxed, Ordering::Relaxed, mean);
    }

    /// How long it takes until so many answers are made, when all of those checks end at the same moment.
    pub(super) fn for_answers(&self, checks: usize) -> Duration {
        let one = Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)) * WITH_RENDERING;
        one.saturating_mul(u32::try_from(checks).unwrap_or(u32::MAX)) / self.abreast
    }
}

fn as_nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_checks_need_more_time_and_slow_ones_count_at_once() {
        let pace = JudgingPace { nanoseconds: AtomicU64::new(as_nanoseconds(AT_FIRST)), abreast: 2 };
        assert_eq!(pace.for_answers(0), Duration::ZERO);
        assert_eq!(pace.for_answers(256), AT_FIRST * WITH_RENDERING * 128);
        pace.note(Duration::from_millis(10));
        assert_eq!(pace.for_answers(2), Duration::from_millis(6) * WITH_RENDERING);
        pace.note(Duration::from_millis(2));
        let after = pace.for_answers(2);
        assert!(after < Duration::from_millis(18) && after > Duration::from_millis(16), "{after:?}");
    }
}
