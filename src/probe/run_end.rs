//! When a run must be over.

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::{Instant, sleep_until};

/// When a run must be over. It can be put off while the run is under way, and is never brought forward. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct RunEnd(Option<Arc<Mutex<Instant>>>);

impl RunEnd {
    pub fn at(end: Instant) -> Self {
        Self(Some(Arc::new(Mutex::new(end))))
    }

    /// The run lasts as long as it lasts.
    pub fn never() -> Self {
        Self(None)
    }

    /// As things stand.
    pub fn get(&self) -> Option<Instant> {
        self.0.as_ref().map(|end| *end.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives the run until then, where that is later. `false` where its time is over already.
    pub fn put_off(&self, until: Instant) -> bool {
        let Some(end) = &self.0 else { return true };
        let mut end = end.lock().unwrap_or_else(PoisonError::into_inner);
        let in_time = Instant::now() < *end;
        if in_time {
            *end = until.max(*end);
        }
        in_time
    }

    pub fn is_over(&self) -> bool {
        self.get().is_some_and(|end| end <= Instant::now())
    }

    /// Waits until the run's time is over.
    pub async fn reached(&self) {
        // It may have been put off meanwhile.
        while let Some(end) = self.get() {
            if end <= Instant::now() {
                return;
            }
            sleep_until(end).await;
        }
        pending::<()>().await;
    }
}

impl From<Option<Instant>> for RunEnd {
    fn from(end: Option<Instant>) -> Self {
        end.map_or_else(Self::never, Self::at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_end_is_put_off_while_it_is_waited_for_and_never_brought_forward() {
        let began = Instant::now();
        let second = |number| began + Duration::from_secs(number);
        let end = RunEnd::at(second(2));
        let putting_off = async {
            sleep_until(second(1)).await;
            assert!(end.put_off(second(5)));
            assert!(end.put_off(second(3)));
        };
        tokio::join!(end.reached(), putting_off);
        assert_eq!(Instant::now(), second(5));
        assert!(end.is_over());
        assert!(!end.put_off(second(9)), "what was ended stays ended");
        assert!(!RunEnd::never().is_over());
    }
}
