//! How much is done at once, and the times within the time of a check.

use std::time::Duration;

/// How much is done at once.
#[derive(Debug, Clone, Copy)]
pub struct EngineLimits {
    /// How many checks run at once; the others wait.
    pub running: usize,
    /// How many may wait.
    pub waiting: usize,
}

impl Default for EngineLimits {
    /// A check mostly waits. 200 targets of which none answers, each for ten seconds, still come round every 15 s.
    fn default() -> Self {
        Self { running: 256, waiting: 1024 }
    }
}

/// Why a check was not even begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    /// So many wait already that there is no room for another.
    Full,
    /// Its time was over, or nearly, before its turn came.
    NoTime,
    /// What the module names cannot be used any more, or the check was lost to a fault in mailprobe itself.
    Unusable,
}

/// How long before the answer must be there a run ends: what it saw has to be judged and rendered.
pub(super) const TO_JUDGE: Duration = Duration::from_millis(150);

/// The same for an investigation of port 25, of which nothing is known before its end.
pub(super) const TO_CONCLUDE: Duration = Duration::from_millis(250);

/// How long before the answer must be there nobody waits for the end of the run any more, but takes what is known.
pub(super) const TO_SUM_UP: Duration = Duration::from_millis(40);

/// So long after its time an answer that is being made is still waited for. The scraper waits half a second longer than that
/// time.
pub(super) const LATEST: Duration = Duration::from_millis(300);

/// A check that has less time than this is not begun: what is left of it for the run is not enough for a server at some
/// distance.
pub(super) const LEAST_TIME: Duration = Duration::from_millis(400);

/// That much of it is for the run itself.
pub(super) const LEAST_RUN: Duration = Duration::from_millis(250);
