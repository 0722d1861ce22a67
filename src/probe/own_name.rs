//! This machine's own name, which EHLO says.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::resolve;

/// How long the name is taken for right. Whoever renames a machine that is being watched by a service sees it a minute later.
const FRESH: Duration = Duration::from_secs(60);

/// This machine's own name, where it has a good one. It is looked up beside the connections of the first run, and again by
/// a run that comes a minute later; until a new one is known, the old one is said.
#[derive(Debug, Default)]
pub(super) struct OwnName(Mutex<LearntName>);

#[derive(Debug, Default)]
struct LearntName {
    name: Option<String>,
    /// When the last lookup began.
    asked: Option<Instant>,
}

impl OwnName {
    /// What is known by now.
    pub(super) fn get(&self) -> Option<String> {
        self.lock().name.clone()
    }

    /// Has it looked up in the background, where that was not done lately.
    pub(super) fn refresh(self: &Arc<Self>, runtime: &Handle) {
        if self.claim() {
            let this = Arc::clone(self);
            runtime.spawn(async move { this.learn(resolve::own_name().await) });
        }
    }

    /// Whether it is time for another lookup, which the caller is to make.
    fn claim(&self) -> bool {
        let mut known = self.lock();
        let is_due = known.asked.is_none_or(|asked| asked.elapsed() >= FRESH);
        if is_due {
            known.asked = Some(Instant::now());
        }
        is_due
    }

    pub(super) fn learn(&self, name: Option<String>) {
        self.lock().name = name;
    }

    fn lock(&self) -> MutexGuard<'_, LearntName> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_name_is_looked_up_once_a_minute_and_said_until_the_next_is_known() {
        let name = OwnName::default();
        assert!(name.claim());
        assert!(!name.claim(), "one lookup is enough for all runs");
        name.learn(Some("old.example".to_owned()));
        tokio::time::advance(FRESH).await;
        assert!(name.claim());
        assert_eq!(name.get().as_deref(), Some("old.example"));
        name.learn(None);
        assert_eq!(name.get(), None);
    }
}
