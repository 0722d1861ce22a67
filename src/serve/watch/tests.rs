use std::collections::BTreeSet;

use super::*;
use crate::policy::Policy;
use crate::probe::{Options, Prober};
use crate::serve::settings::{Module, ModuleKind};

fn key(number: usize) -> SubjectKey {
    SubjectKey { target: format!("mail{number}.example.test"), module: "default".to_owned() }
}

#[test]
fn the_first_checks_are_spread_and_soon() {
    let now = Instant::now();
    for (interval, within) in [(15, 15), (3600, 30)] {
        let interval = Duration::from_secs(interval);
        let firsts: Vec<Duration> = (0..200).map(|n| Rhythm::new(&key(n), interval, now).first() - now).collect();
        assert!(firsts.iter().all(|first| *first <= Duration::from_secs(within)));
        let seconds: BTreeSet<u64> = firsts.iter().map(Duration::as_secs).collect();
        assert!(seconds.len() as u64 >= within - 2, "{seconds:?}");
        // The same after every start.
        assert_eq!(firsts[7], Rhythm::new(&key(7), interval, now).first() - now);
    }
}

#[test]
fn the_beat_does_not_drift_and_leaves_out_what_was_missed() {
    let now = Instant::now();
    for interval in [Duration::from_secs(1), Duration::from_secs(60), Duration::from_secs(6 * 60 * 60)] {
        for number in 0..50 {
            let rhythm = Rhythm::new(&key(number), interval, now);
            let mut at = rhythm.first();
            let second = rhythm.after(at + interval / 100);
            assert!(second - at >= interval / 2 && second - at <= interval * 2, "{:?}", second - at);
            at = second;
            for step in 1..100_u32 {
                let next = rhythm.after(at + interval / 10);
                assert_eq!(next - at, interval, "step {step}");
                at = next;
            }
            // A check of two and a half intervals.
            assert_eq!(rhythm.after(at + interval * 5 / 2) - at, interval * 3);
        }
    }
}

fn watched(target: &str, interval: u64) -> (SubjectKey, WatchedTarget) {
    let prober = Prober::new(Options::default()).expect("a prober");
    let kind = ModuleKind::Ports { prober, policy: Policy::default() };
    let module = Arc::new(Module { name: "default".to_owned(), kind, limit: Duration::from_secs(5) });
    let interval = Duration::from_secs(interval);
    let target = WatchedTarget { typed: target.to_owned(), targets: Vec::new(), module, interval };
    (key_of(&target), target)
}

#[test]
fn after_a_reload_only_what_is_new_begins_and_what_is_gone_ends() {
    let mut running = WatchTasks::new();
    let mut receivers = Vec::new();
    let gone =
        watch_these(&mut running, [watched("a.test", 10), watched("b.test", 10)].into(), |told| receivers.push(told));
    assert!(gone.is_empty());
    assert_eq!(receivers.len(), 2);

    let gone =
        watch_these(&mut running, [watched("b.test", 20), watched("c.test", 10)].into(), |told| receivers.push(told));
    assert_eq!(gone, [watched("a.test", 10).0]);
    assert_eq!(receivers.len(), 3, "b.test was begun again");
    assert!(receivers[0].has_changed().is_err(), "a.test goes on");
    assert_eq!(receivers[1].borrow_and_update().interval, Duration::from_secs(20));
    assert_eq!(receivers[2].borrow().typed, "c.test");
}
