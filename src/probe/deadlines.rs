//! How long to wait: the stage's, the endpoint's and the run's limits, and Ctrl-C.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::context::RunContext;
use super::limits::{self, TryLimits};
use super::recorder::Recorder;
use crate::observation::{Attempt, Limit, Purpose, Stage, StopCause};

#[derive(Debug)]
pub(super) struct Deadlines<'a> {
    pub(super) context: &'a RunContext,
    /// How long a connection may take to be made.
    pub(super) connect: Duration,
    /// Whether the connection may be given up earlier.
    pub(super) may_give_up_early: bool,
    endpoint_end: Instant,
    /// When a first connection on which nothing happens must leave the rest of the time to a second look.
    reserve_begins: Option<Instant>,
    /// How long a handshake that is a second look may take, where it is shorter than usual.
    handshake_again: Duration,
    /// How long the answers to an envelope may take on the ordinary connection.
    pub(super) envelope: Duration,
}

impl<'a> Deadlines<'a> {
    /// For something that may take `timeout` from now on.
    pub(super) fn new(context: &'a RunContext, timeout: Duration) -> Self {
        Self::of_try(context, TryLimits { connect: timeout, may_give_up_early: false, whole: timeout })
    }

    /// For a try of an endpoint that begins now.
    pub(super) fn of_try(context: &'a RunContext, tried: TryLimits) -> Self {
        let TryLimits { connect, may_give_up_early, whole } = tried;
        let now = Instant::now();
        let reserve_begins = Some(now + whole - (whole / 4).min(limits::RESERVE));
        Self {
            context,
            connect,
            may_give_up_early,
            endpoint_end: now + whole,
            reserve_begins,
            handshake_again: limits::LONGEST,
            envelope: limits::REPLY,
        }
    }

    /// For the next of so many second looks beside the first connection: its share of what is left of the endpoint's time.
    pub(super) fn beside(&self, looks: u32) -> Self {
        let now = Instant::now();
        let left = self.endpoint_end.saturating_duration_since(now);
        Self { endpoint_end: now + left / looks, reserve_begins: None, ..*self }
    }

    /// The ordinary connection has ended, like this: what follows are second looks.
    pub(super) fn spend_the_reserve(&mut self, probe: &Attempt) {
        self.reserve_begins = None;
        let stop = probe.stop.as_ref().map(|stop| (stop.stage, &stop.cause));
        let connecting = probe.stages.iter().find(|record| record.stage == Stage::Connect);
        if let (Some((Stage::Tls, StopCause::TimedOut(_))), Some(record)) = (stop, connecting) {
            self.handshake_again = limits::handshake_after_silence(record.duration);
        }
    }

    /// When the current stage must be done.
    pub(super) fn stage_end(&self, recorder: &Recorder) -> Instant {
        let (stage, since) = recorder.current();
        let end = since + limits::of_stage(stage, recorder.purpose);
        match (stage, self.reserve_begins) {
            (Stage::Envelope, _) if recorder.purpose == Purpose::Probe => since + self.envelope,
            // These two are the ones that a second look can explain.
            (Stage::Greeting | Stage::Tls, Some(reserve)) => end.min(reserve),
            // Of these, one that stalls is followed by another.
            (Stage::Tls, None) if matches!(recorder.purpose, Purpose::SmallSegments | Purpose::ClassicHello) => {
                end.min(since + self.handshake_again.min(self.endpoint_end.saturating_duration_since(since) / 2))
            }
            _ => end,
        }
    }

    /// When the first byte of the answer to our hello must have come. Where TLS comes first, that is the wait for a greeting:
    /// before that byte the server may look up names and ask others, as it would before it greets. A second look is made
    /// where that wait was in vain or something came back, and need not be as patient.
    pub(super) fn answered_hello_end(&self, recorder: &Recorder, implicit: bool) -> Instant {
        match self.reserve_begins {
            Some(reserve) if implicit => reserve.min(recorder.current().1 + limits::GREETING),
            _ => self.stage_end(recorder),
        }
    }

    /// When a handshake that the server has begun to answer just now must be done.
    pub(super) fn handshake_end(&self, recorder: &Recorder, implicit: bool) -> Instant {
        match self.reserve_begins {
            Some(reserve) if implicit => reserve.min(Instant::now() + limits::REPLY),
            _ => self.stage_end(recorder),
        }
    }

    /// Until when something that takes a reply can be begun: what is left then is the time for it.
    pub(super) fn last_beginning(&self) -> Instant {
        self.reserve_begins.unwrap_or(self.endpoint_end)
    }

    /// The first of all limits that what ends by `stage_end` meets.
    pub(super) fn end(&self, stage_end: Instant) -> (Instant, Limit) {
        let mut end = (stage_end, Limit::Stage);
        for (earlier, limit) in [(Some(self.endpoint_end), Limit::Endpoint), (self.context.run_end.get(), Limit::Run)] {
            end = earlier.filter(|&earlier| earlier < end.0).map_or(end, |earlier| (earlier, limit));
        }
        end
    }

    pub(super) async fn wait<T>(&self, stage_end: Instant, work: impl Future<Output = T>) -> Result<T, StopCause> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                result = &mut work => return Ok(result),
                () = self.context.interrupted.cancelled() => return Err(StopCause::Interrupted),
                () = sleep_until(self.end(stage_end).0) => {}
            }
            // The run's end may have been put off meanwhile.
            let (end, limit) = self.end(stage_end);
            if end <= Instant::now() {
                return Err(StopCause::TimedOut(limit));
            }
        }
    }
}
