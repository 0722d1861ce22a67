//! A connection that is requested several times where another port of the address has answered: then it is known how long
//! an answer takes, and a port that stays silent is told soon.
//!
//! The system alone would send its requests after 0, 1 and 3 s. Every further request is a socket of its own; the first one
//! that is answered is the connection, and the others are closed. No server hears of those: to an answer that comes later
//! the system says that there is nobody, before the server has a connection.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, OptionFuture};
use futures_util::stream::FuturesUnordered;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until};

use super::answers::AnswersSeen;
use super::bounds::Bounds;
use super::limits::{
    FARTHEST_TO_ASK_SOON, LEAST_GAP, LEAST_GRACE, REPEAT_PATIENCE, REQUESTS, SYSTEM_REPEATS, SYSTEM_REPEATS_FIRST,
    SYSTEM_REPEATS_LAST,
};
use crate::observation::ConnectFailureKind;
use crate::transport::dial::{Connection, Dialer};
use crate::transport::tcp::ConnectError;

/// The requests for one connection.
#[derive(Debug)]
pub(super) struct Requests<'a> {
    dialer: &'a dyn Dialer,
    server: SocketAddr,
    /// How long may be waited for an answer at all.
    limit: Duration,
    began: Instant,
    /// How many were sent, the system's own repeats aside.
    sent: AtomicU32,
}

/// How one of them ended.
struct Ended {
    /// Counted from 0.
    number: u32,
    took: Duration,
    result: Result<Connection, ConnectError>,
}

/// When to ask again, and when to give up.
#[derive(Debug, Clone, Copy)]
struct Distances {
    /// From one request to the next.
    gap: Duration,
    /// How long the last one is waited for.
    grace: Duration,
    /// When, after the first request, the system sends the last of its own that is waited for.
    system: Duration,
}

impl Distances {
    /// What follows from what came back from other ports; `None` where nothing does.
    fn after(seen: AnswersSeen) -> Option<Self> {
        let round_trip = seen.fastest.filter(|&fastest| !seen.rejected && fastest <= FARTHEST_TO_ASK_SOON)?;
        Some(Self {
            gap: (round_trip * 2).max(LEAST_GAP),
            grace: (round_trip * 3).max(LEAST_GRACE),
            // Where requests get lost, more of them are waited for.
            system: if seen.is_unsteady() { SYSTEM_REPEATS_LAST } else { SYSTEM_REPEATS_FIRST },
        })
    }
}

impl<'a> Requests<'a> {
    pub(super) fn new(dialer: &'a dyn Dialer, server: SocketAddr, limit: Duration) -> Self {
        Self { dialer, server, limit, began: Instant::now(), sent: AtomicU32::new(0) }
    }

    /// How many have left by now, those that the system repeats by itself among them.
    pub(super) fn count(&self) -> u32 {
        let waited = self.began.elapsed();
        let repeats = SYSTEM_REPEATS.iter().filter(|&&after| after < waited);
        self.sent.load(Ordering::Relaxed) + repeats.map(|_| 1).sum::<u32>()
    }

    /// Connects with one request, as the system repeats it.
    pub(super) async fn connect_patiently(&self) -> Result<Connection, ConnectError> {
        self.request(0, self.limit, None).await.result
    }

    /// Connects, or gives up when as many requests were lost as are never lost by chance. A further request is a connection
    /// within the bounds on their rate and their number; it is none of those to one host or one address, because of all
    /// requests to a port at most one becomes a connection.
    pub(super) async fn connect(&self, bounds: &Bounds) -> Result<Connection, ConnectError> {
        let answers = bounds.answers.of(self.server.ip());
        let mut watch = answers.watch();
        let mut under_way = FuturesUnordered::new();
        under_way.push(self.request(0, self.limit, None));
        let (mut begun, mut last) = (1, self.began);
        let mut admission: Option<BoxFuture<'_, Option<OwnedSemaphorePermit>>> = None;
        loop {
            let asks_again = begun < REQUESTS;
            // Where this machine could not send them all, the first one is waited for as long as may be.
            let is_due = admission.is_none() && (asks_again || self.sent.load(Ordering::Relaxed) == REQUESTS);
            let distances = Distances::after(*watch.borrow_and_update()).filter(|_| is_due);
            let next = distances.map_or(self.began, |Distances { gap, grace, system }| {
                if asks_again { last + gap } else { last.max(self.began + system) + grace }
            });
            tokio::select! {
                biased;
                Some(Ended { number, took, result }) = under_way.next() => {
                    if number > 0 && was_not_sent(&result) {
                        self.sent.fetch_sub(1, Ordering::Relaxed);
                    } else if number == 0 || !is_silence(&result) {
                        answers.note(number, &result, took);
                        return result;
                    }
                }
                _ = watch.changed() => {}
                Some(place) = OptionFuture::from(admission.as_mut()) => {
                    admission = None;
                    under_way.push(self.request(begun, REPEAT_PATIENCE, place));
                    (begun, last) = (begun + 1, Instant::now());
                }
                () = sleep_until(next), if distances.is_some() => {
                    if !asks_again {
                        return Err(ConnectError::unanswered());
                    }
                    admission = Some(Box::pin(bounds.admit(self.server.ip())));
                }
            }
        }
    }

    fn request(&self, number: u32, limit: Duration, place: Option<OwnedSemaphorePermit>) -> BoxFuture<'_, Ended> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            let began = Instant::now();
            let result = self.dialer.dial(self.server, limit).await;
            drop(place);
            Ended { number, took: began.elapsed(), result }
        })
    }
}

/// Whether this machine could not send a request.
fn was_not_sent(result: &Result<Connection, ConnectError>) -> bool {
    match result {
        Err(ConnectError::Failure(failure)) => failure.on_this_machine,
        Err(ConnectError::Local(_)) => true,
        Ok(_) | Err(ConnectError::ResetAtOnce) => false,
    }
}

/// Whether a request was not answered.
fn is_silence(result: &Result<Connection, ConnectError>) -> bool {
    let Err(ConnectError::Failure(failure)) = result else { return false };
    failure.kind == ConnectFailureKind::TimedOut && failure.icmp.is_none()
}
