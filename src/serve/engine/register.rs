//! The checks that are queued or under way, so that equal ones become one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::limits::{Busy, TO_CONCLUDE, TO_JUDGE};
use super::pace::JudgingPace;
use super::progress::{Beginning, CheckProgress, before};
use crate::probe::RunEnd;
use crate::serve::settings::{Module, ModuleKind};

/// The checks that somebody waits for.
#[derive(Debug, Default)]
pub(super) struct CheckRegister(Mutex<HashMap<CheckKey, Weak<SharedCheck>>>);

/// What makes checks equal: the module as it was loaded, and the target as typed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct CheckKey {
    /// Where the module is. It stays there as long as a check of it is registered.
    module: usize,
    typed: String,
}

/// A check, as all hold it who wait for its answer. With the last of them it is cancelled.
#[derive(Debug)]
pub(super) struct SharedCheck {
    key: CheckKey,
    _module: Arc<Module>,
    pub(super) progress: Arc<CheckProgress>,
    task: AbortHandle,
    register: Weak<CheckRegister>,
}

impl CheckRegister {
    /// The check of this target that is under way and will do for who needs an answer until then; else a new one, which
    /// `begin` begins, and which ends so much earlier for the sake of others. Says whether it is new.
    pub(super) fn join(
        self: &Arc<Self>,
        module: &Arc<Module>,
        typed: &str,
        until: Instant,
        (pace, for_others): (&Arc<JudgingPace>, Duration),
        begin: impl FnOnce(Arc<CheckProgress>) -> Result<AbortHandle, Busy>,
    ) -> Result<(Arc<SharedCheck>, bool), Busy> {
        let key = CheckKey { module: Arc::as_ptr(module).addr(), typed: typed.to_owned() };
        // Dropped after the lock is given back, which its end asks for: it may be that nobody else holds it any more.
        let known;
        let mut checks = self.lock();
        known = checks.get(&key).and_then(Weak::upgrade);
        if let Some(known) = known.as_ref().filter(|known| known.will_do(until)) {
            return Ok((Arc::clone(known), false));
        }
        let margin = margin(module) + for_others;
        let end = RunEnd::at(before(until, margin));
        let progress = Arc::new(CheckProgress::new(&module.name, typed, end, margin, Arc::clone(pace)));
        let task = begin(Arc::clone(&progress))?;
        let register = Arc::downgrade(self);
        let new = Arc::new(SharedCheck { key: key.clone(), _module: Arc::clone(module), progress, task, register });
        checks.insert(key, Arc::downgrade(&new));
        Ok((new, true))
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CheckKey, Weak<SharedCheck>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long before the answer must be there the work ends.
fn margin(module: &Module) -> Duration {
    match module.kind {
        ModuleKind::Ports { .. } => TO_JUDGE,
        ModuleKind::Blocked(_) => TO_CONCLUDE,
    }
}

impl SharedCheck {
    /// Whether who needs an answer until then may wait for this check. It is given more time for that, as far as its module
    /// allows it.
    fn will_do(&self, until: Instant) -> bool {
        let Self { progress, _module: module, .. } = self;
        if progress.is_over() {
            return false;
        }
        let end = before(until, progress.margin);
        match module.kind {
            ModuleKind::Ports { .. } => {
                let longest = progress.beginning().map(|Beginning { began, .. }| began + module.limit);
                progress.end.put_off(longest.map_or(end, |longest| longest.min(end)))
            }
            // Nothing is known of it before its end, which is fixed when it begins.
            ModuleKind::Blocked(_) => !progress.end.is_over() && progress.end.get().is_none_or(|fixed| fixed <= end),
        }
    }
}

impl Drop for SharedCheck {
    fn drop(&mut self) {
        self.task.abort();
        let Some(register) = self.register.upgrade() else { return };
        let mut checks = register.lock();
        // Another may have taken its place meanwhile.
        if checks.get(&self.key).is_some_and(|check| check.strong_count() == 0) {
            checks.remove(&self.key);
        }
    }
}
