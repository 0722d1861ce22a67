use std::time::SystemTime;

use super::*;
use crate::serve::tests::{answer, at, interrupted, lacks, refuses, refuses_more, works as healthy};
use Verdict::{Fail, Inconclusive, Pass};

const MINUTE: Option<Duration> = Some(Duration::from_secs(60));

fn take(history: &mut History, seconds: u64, observations: Vec<crate::observation::Observation>) -> Option<Change> {
    history.take(&answer("mail.example.test", at(seconds), observations), MINUTE).change
}

fn only(history: &History) -> &CheckedSubject {
    history.subjects().next().expect("a subject").1
}

#[test]
fn what_works_at_first_sight_is_no_event_and_what_fails_is() {
    let mut history = History::default();
    assert_eq!(take(&mut history, 0, healthy()), None);
    let mut history = History::default();
    let change = take(&mut history, 0, refuses()).expect("an event");
    assert_eq!((change.before, change.after, change.exit_code), (None, Fail, 5));
    assert_eq!(change.causes[0].to_string(), "connection-refused");
    assert_eq!(change.causes[0].ports, [587]);
}

#[test]
fn the_verdict_and_the_causes_make_an_event_and_repetition_does_not() {
    let mut history = History::default();
    take(&mut history, 0, healthy());
    let failed = take(&mut history, 60, refuses()).expect("it failed");
    assert_eq!((failed.before, failed.after), (Some(Pass), Fail));
    assert_eq!(take(&mut history, 120, refuses()), None);
    let worse = take(&mut history, 180, refuses_more()).expect("another port failed");
    assert_eq!((worse.before, worse.after), (Some(Fail), Fail));
    assert_eq!(only(&history).since(), at(60), "the verdict is the same since then");
    let healed = take(&mut history, 240, healthy()).expect("it works again");
    assert_eq!((healed.before, healed.after, healed.causes.len()), (Some(Fail), Pass, 0));
    assert_eq!(history.changes().count(), 3);
    let ids: std::collections::BTreeSet<_> = history.changes().map(|change| change.id).collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn what_this_machine_could_not_check_is_no_event_unless_it_lasts() {
    for own in [lacks, interrupted] {
        let mut history = History::default();
        take(&mut history, 0, healthy());
        for round in 0..3 {
            assert_eq!(take(&mut history, 60 + round * 180, own()), None);
            assert_eq!(take(&mut history, 120 + round * 180, own()), None);
            assert_eq!(take(&mut history, 180 + round * 180, healthy()), None, "it works as before");
        }
        let of_own =
            only(&history).past.iter().filter(|past| past.verdict != Pass).map(|past| past.checks).sum::<u32>();
        assert_eq!(of_own, 6, "it is recorded all the same");

        assert_eq!(take(&mut history, 1000, own()), None);
        assert_eq!(take(&mut history, 1060, own()), None);
        let change = take(&mut history, 1120, own()).expect("three in a row");
        assert_eq!((change.before, change.after), (Some(Pass), Inconclusive));
        let change = take(&mut history, 1180, healthy()).expect("it works again");
        assert_eq!((change.before, change.after), (Some(Inconclusive), Pass));
    }
}

#[test]
fn an_own_trouble_in_between_does_not_tell_a_failure_twice() {
    let mut history = History::default();
    assert!(take(&mut history, 0, refuses()).is_some());
    assert_eq!(take(&mut history, 60, lacks()), None);
    assert_eq!(take(&mut history, 120, refuses()), None);
}

#[test]
fn a_check_that_was_cut_off_proves_a_failure_and_no_recovery() {
    let cut = |seconds, observations| {
        let mut cut = answer("mail.example.test", at(seconds), observations);
        Arc::make_mut(&mut cut).finished = false;
        cut
    };
    let mut history = History::default();
    take(&mut history, 0, healthy());
    let failed = history.take(&cut(60, refuses_more()), MINUTE).change.expect("what failed failed");
    assert_eq!(failed.after, Fail);
    assert_eq!(history.take(&cut(120, refuses()), MINUTE).change.map(|change| change.after), None);
    assert_eq!(history.take(&cut(180, healthy()), MINUTE).change, None);
}

#[test]
fn the_strip_has_the_worst_of_each_quarter_of_an_hour_and_gaps() {
    let mut history = History::default();
    take(&mut history, 0, healthy());
    take(&mut history, 10 * 60, refuses());
    take(&mut history, 14 * 60, healthy());
    take(&mut history, 60 * 60, healthy());
    let strip = only(&history).strip(at(60 * 60 + 30));
    assert_eq!((strip[91], strip[95]), (Some(Fail), Some(Pass)));
    assert_eq!(strip.iter().filter(|slot| slot.is_some()).count(), 2);
    // Later, it moves on; after a day it is empty. A clock that was set back shows nothing of the future.
    assert_eq!(only(&history).strip(at(75 * 60))[94], Some(Pass));
    let is_empty = |now: SystemTime| only(&history).strip(now).iter().all(Option::is_none);
    assert!(is_empty(at(26 * 60 * 60)));
    assert!(is_empty(at(0) - Duration::from_secs(60 * 60)));
}

#[test]
fn a_day_of_checks_every_second_stays_small() {
    let mut history = History::default();
    let (good, bad) = (answer("a.test", at(0), healthy()), answer("a.test", at(0), refuses()));
    for second in (0..36 * 60 * 60).step_by(10) {
        let mut check = (*if second % 70 == 0 { &bad } else { &good }).clone();
        Arc::make_mut(&mut check).started = at(second);
        history.take(&check, MINUTE);
    }
    let subject = only(&history);
    assert!(subject.past.len() <= 2 * SLOTS, "{}", subject.past.len());
    let end = at(36 * 60 * 60 - 1);
    assert!(subject.strip(end).iter().all(|slot| *slot == Some(Fail)), "a day without gaps");
    assert!(
        subject
            .past
            .iter()
            .all(|past| end.duration_since(past.at).is_ok_and(|ago| ago <= Duration::from_secs(24 * 60 * 60)))
    );
}

#[test]
fn what_nobody_asks_for_any_more_is_forgotten_first() {
    let mut history = History::default();
    let mut check = answer("watched.test", at(0), healthy());
    history.take(&check, MINUTE);
    for number in 0..1500 {
        let asked = Arc::make_mut(&mut check);
        (asked.target, asked.started) = (format!("{number}.test"), at(number));
        history.take(&check, None);
    }
    let kept: Vec<&str> = history.subjects().map(|(key, _)| key.target.as_str()).collect();
    assert_eq!(kept.len(), 1001);
    assert!(kept.contains(&"watched.test") && kept.contains(&"1499.test") && !kept.contains(&"499.test"));
    history.unwatch(&SubjectKey { target: "watched.test".to_owned(), module: "default".to_owned() });
    let asked = Arc::make_mut(&mut check);
    (asked.target, asked.started) = ("new.test".to_owned(), at(2000));
    history.take(&check, None);
    assert!(history.subjects().all(|(key, _)| key.target != "watched.test"));
}

#[test]
fn what_is_only_asked_for_pushes_out_no_change_of_what_is_watched() {
    let mut history = History::default();
    let watched = take(&mut history, 0, refuses()).expect("an event");
    for number in 0..1_500 {
        history.take(&answer(&format!("{number}.test"), at(1 + number), refuses()), None);
    }
    assert_eq!(history.changes().count(), 1_000);
    assert_eq!(history.changes().next(), Some(&watched));
    assert_eq!(history.changes().nth(1).map(|change| change.subject.target.as_str()), Some("501.test"));
}

#[test]
fn transcripts_are_kept_of_the_newest_failures_alone() {
    let said = |answer: &CheckAnswer| transcript_bytes(answer) > 0;
    let mut history = History::default();
    for number in 0..150 {
        history.take(&answer(&format!("{number:03}.test"), at(number), refuses()), MINUTE);
    }
    let with: Vec<bool> = history
        .subjects()
        .map(|(_, subject)| said(subject.last_failure.as_ref().expect("a failure").outline()))
        .collect();
    assert_eq!(with, [vec![false; 50], vec![true; 100]].concat());
    assert!(history.subjects().take(50).all(|(_, subject)| !said(&subject.latest.answer())));
    history.take(&answer("149.test", at(1000), healthy()), MINUTE);
    let (_, healed) = history.subjects().last().expect("a subject");
    assert!(
        said(healed.last_failure.as_ref().expect("a failure").outline()) && healed.latest.outline().verdict() == Pass
    );
}

#[test]
fn what_is_remembered_is_no_event_and_has_its_strip() {
    let mut before = History::default();
    take(&mut before, 0, refuses());
    let subject = only(&before);
    let key = SubjectKey { target: "mail.example.test".to_owned(), module: "default".to_owned() };
    let remembered = RememberedSubject { known: subject.known.clone(), past: subject.past.clone() };

    let mut after = History::default();
    after.remember([(key, remembered)].into(), before.changes().cloned().collect());
    assert_eq!(take(&mut after, 3600, refuses()), None, "it fails as before");
    assert_eq!(only(&after).since(), at(0));
    assert_eq!(only(&after).strip(at(3600)).iter().flatten().count(), 2);
    assert_eq!(after.changes().count(), 1);
}
