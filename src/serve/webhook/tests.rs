use std::time::SystemTime;

use hyper::StatusCode;

use super::*;
use crate::serve::history::History;
use crate::serve::tests::{answer, at, refuses};

#[allow(clippy::unnecessary_wraps, reason = "as it comes from the web server")]
fn status(code: u16, retry_after: Option<&str>) -> Result<PostReply, FetchError> {
    let status = StatusCode::from_u16(code).expect("a status");
    Ok(PostReply { status, retry_after: retry_after.map(str::to_owned) })
}

#[test]
fn what_will_never_do_is_given_up_at_once_and_the_rest_is_tried_again() {
    let first = |reply| Attempts::new(Instant::now()).next(&reply, Instant::now());
    for code in [200, 202, 204] {
        assert_eq!(first(status(code, None)), Next::Done);
    }
    for code in [301, 307, 400, 401, 404, 410, 413, 422] {
        assert_eq!(first(status(code, None)), Next::GiveUp, "{code}");
    }
    for code in [408, 425, 429, 500, 502, 503] {
        assert_eq!(first(status(code, None)), Next::Pause(Duration::from_secs(1)), "{code}");
    }
    assert_eq!(first(Err(FetchError::TimedOut(LIMIT))), Next::Pause(Duration::from_secs(1)));
    assert_eq!(first(status(503, Some("30"))), Next::Pause(Duration::from_secs(30)));
    assert_eq!(first(status(503, Some("99999999"))), Next::Pause(Duration::from_secs(15 * 60)));
    assert_eq!(first(status(503, Some("Fri, 31 Dec 1999 23:59:59 GMT"))), Next::Pause(Duration::from_secs(1)));
}

#[test]
fn the_pauses_grow_and_end_within_the_hour() {
    let mut now = Instant::now();
    let began = now;
    let mut attempts = Attempts::new(now);
    let mut pauses = Vec::new();
    while let Next::Pause(pause) = attempts.next(&status(503, None), now) {
        pauses.push(pause.as_secs());
        now += pause;
    }
    assert_eq!(pauses[..10], [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    assert!(pauses.len() < 20 && now - began <= Duration::from_secs(60 * 60), "{pauses:?}");
}

fn change(target: &str, at: SystemTime) -> Arc<Change> {
    let change = History::default().take(&answer(target, at, refuses()), Some(Duration::from_secs(1))).change;
    Arc::new(change.expect("a failure at first sight"))
}

#[test]
fn the_order_of_a_subject_is_kept_and_others_do_not_wait() {
    let mut queues = Queues::default();
    let (a1, a2, b1) = (change("a", at(1)), change("a", at(2)), change("b", at(3)));
    assert_eq!(queues.push(Arc::clone(&a1)), Some(Arc::clone(&a1)));
    assert_eq!(queues.push(Arc::clone(&a2)), None);
    assert_eq!(queues.push(Arc::clone(&b1)), Some(Arc::clone(&b1)));
    assert_eq!(queues.pop(&a1.subject, a1.id), Some(Arc::clone(&a2)));
    assert_eq!(queues.pop(&a2.subject, a2.id), None);
    assert_eq!(queues.pop(&b1.subject, b1.id), None);
    assert!(queues.0.is_empty());
}

#[test]
fn of_too_many_the_oldest_that_is_not_being_sent_is_dropped() {
    let mut queues = Queues::default();
    let (sent, oldest) = (change("a", at(1)), change("a", at(2)));
    queues.push(Arc::clone(&sent));
    queues.push(Arc::clone(&oldest));
    let later = change("b", at(10));
    for _ in 2..MOST_WAITING {
        queues.push(Arc::clone(&later));
    }
    assert_eq!(queues.too_many(), None);
    queues.push(Arc::clone(&later));
    assert_eq!(queues.too_many(), Some(oldest));
    assert_eq!(queues.too_many(), None);
    assert_eq!(queues.pop(&sent.subject, sent.id), None);
}
