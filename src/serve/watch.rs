//! Checking what the configuration names, when its time comes.

mod rhythm;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::daemon::Daemon;
use super::history::SubjectKey;
use super::settings::WatchedTarget;
use rhythm::Rhythm;

/// What is watched, by whom it is told what to check from now on. Where that is dropped, it is watched no more.
type WatchTasks = BTreeMap<SubjectKey, watch::Sender<WatchedTarget>>;

/// How soon a check that could not be begun is tried again, at first.
const BUSY_PAUSE: Duration = Duration::from_secs(1);

/// Checks the targets of the configuration, until it is dropped; a check that runs then is dropped with it.
///
/// After a reload, what stayed keeps its rhythm, what is gone stops at once, and what is new begins.
pub(super) async fn watch(daemon: Arc<Daemon>) {
    let mut reloads = daemon.reloads();
    let mut watched = WatchTasks::new();
    let mut tasks = JoinSet::new();
    loop {
        let wanted = daemon.settings().watched.iter().map(|target| (key_of(target), target.clone())).collect();
        for key in watch_these(&mut watched, wanted, |target| {
            tasks.spawn(watch_target(Arc::clone(&daemon), target));
        }) {
            daemon.history().unwatch(&key);
        }
        loop {
            tokio::select! {
                told = reloads.changed() => if told.is_ok() { break } else { return },
                Some(_) = tasks.join_next() => {}
            }
        }
    }
}

fn key_of(target: &WatchedTarget) -> SubjectKey {
    SubjectKey { target: target.typed.clone(), module: target.module.name.clone() }
}

/// Begins what is new, tells the others what they are now, and gives back what was dropped.
fn watch_these(
    watched: &mut WatchTasks,
    mut wanted: BTreeMap<SubjectKey, WatchedTarget>,
    mut begin: impl FnMut(watch::Receiver<WatchedTarget>),
) -> Vec<SubjectKey> {
    let gone: Vec<SubjectKey> = watched.keys().filter(|key| !wanted.contains_key(key)).cloned().collect();
    watched.retain(|key, told| wanted.remove(key).is_some_and(|target| told.send(target).is_ok()));
    for (key, target) in wanted {
        let (told, target) = watch::channel(target);
        begin(target);
        watched.insert(key, told);
    }
    gone
}

/// Checks one target, one check at a time, until nobody tells it any more what to check.
async fn watch_target(daemon: Arc<Daemon>, mut told: watch::Receiver<WatchedTarget>) {
    let mut watched = told.borrow_and_update().clone();
    let mut rhythm = Rhythm::new(&key_of(&watched), watched.interval, Instant::now());
    let mut next = rhythm.first();
    loop {
        tokio::select! {
            () = sleep_until(next) => {}
            news = told.changed() => {
                if news.is_err() {
                    return;
                }
                watched = told.borrow_and_update().clone();
                if watched.interval != rhythm.interval() {
                    rhythm = Rhythm::new(&key_of(&watched), watched.interval, Instant::now());
                    next = next.min(rhythm.first());
                }
                continue;
            }
        }
        tokio::select! {
            () = check(&daemon, &watched) => {}
            () = gone(told.clone()) => return,
        }
        // What took longer than its interval left out checks; they are not made up for.
        next = rhythm.after(Instant::now());
    }
}

/// Until nobody tells any more what to check.
async fn gone(mut told: watch::Receiver<WatchedTarget>) {
    while told.changed().await.is_ok() {}
}

/// Checks once. Where there is no room for that now, again soon: that says nothing about the target.
async fn check(daemon: &Daemon, watched: &WatchedTarget) {
    let mut pause = BUSY_PAUSE;
    loop {
        let until = Instant::now() + watched.module.limit;
        let checked = daemon.engine.check(&watched.module, &watched.typed, watched.targets.clone(), until).await;
        if let Ok(answer) = checked {
            daemon.record(&answer, Some(watched.interval));
            return;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(watched.interval.max(BUSY_PAUSE));
    }
}

#[cfg(test)]
mod tests;
