//! The wait for a greeting: what the connection that waits and the second looks beside it let each other know.

use std::io;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::lost::caught;
use crate::observation::{Limit, StopCause};

#[derive(Debug)]
pub(super) struct Vigil {
    greeting: watch::Sender<Greeting>,
    explained: CancellationToken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greeting {
    NotAwaited,
    Awaited {
        since: Instant,
        until: Instant,
    },
    /// The server ended the connection without one, or the time for it was over.
    Missing,
    /// It has begun, was never due, or matters no more.
    Settled,
}

impl Vigil {
    pub(super) fn new() -> Self {
        Self { greeting: watch::Sender::new(Greeting::NotAwaited), explained: CancellationToken::new() }
    }

    /// Waits for the first bytes of a greeting, by `read`, which ends by `until`.
    pub(super) async fn keep(
        &self,
        until: Instant,
        read: impl Future<Output = Result<io::Result<usize>, StopCause>>,
    ) -> Result<io::Result<usize>, StopCause> {
        self.greeting.send_replace(Greeting::Awaited { since: Instant::now(), until });
        let read = tokio::select! {
            biased;
            read = read => read,
            () = self.explained.cancelled() => Err(StopCause::Superseded),
        };
        if matches!(read, Ok(Ok(1..))) {
            self.greeting.send_replace(Greeting::Settled);
        }
        read
    }

    /// The connection has ended like this.
    pub(super) fn end(&self, result: &Result<(), StopCause>) {
        let by_server = matches!(
            result,
            Err(StopCause::TimedOut(Limit::Stage) | StopCause::Closed | StopCause::Reset | StopCause::Broken(_))
        );
        self.greeting.send_modify(|greeting| {
            *greeting = match greeting {
                Greeting::Awaited { .. } if by_server => Greeting::Missing,
                _ => Greeting::Settled,
            };
        });
    }

    /// A second look shows why there is no greeting: nobody need wait for it any more.
    pub(super) fn explain(&self) {
        self.explained.cancel();
    }

    /// Makes a second look, unless the greeting begins first: then there is nothing left to explain.
    pub(super) async fn unless_settled(
        &self,
        look: impl Future<Output = Result<(), StopCause>>,
    ) -> Result<(), StopCause> {
        tokio::select! {
            biased;
            _ = self.until(|greeting| greeting == Greeting::Settled) => Err(StopCause::Superseded),
            result = caught(look) => result.unwrap_or_else(Err),
        }
    }

    /// Waits until the greeting is as wanted.
    pub(super) async fn until(&self, wanted: impl Fn(Greeting) -> bool) -> Greeting {
        let greeting = self.greeting.subscribe().wait_for(|greeting| wanted(*greeting)).await.map(|greeting| *greeting);
        // An error would mean that there is no sender, and here it is.
        greeting.unwrap_or(Greeting::Settled)
    }

    /// Waits until the wait is over: the greeting has begun, or will not come.
    pub(super) async fn over(&self) -> Greeting {
        self.until(|greeting| matches!(greeting, Greeting::Settled | Greeting::Missing)).await
    }
}
