//! The one loop that every run is followed in: what happens, the signals, the progress line.

use std::future::{Future, pending};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::{Interval, interval, sleep, sleep_until};

use super::console::complain_and;
use super::signals::{self, Signal};
use super::{exit, progress};

/// Where the events of a run come from.
pub(super) trait Source {
    /// What happens.
    type Event;

    /// The next event; `None` when the run is over. May be dropped and asked again.
    fn next(&mut self) -> impl Future<Output = Option<Self::Event>>;

    /// Ends what is under way. What is known so far still comes out of [`Source::next`].
    fn interrupt(&self);
}

/// What becomes of the events of a run. Errors are exit codes to end with at once, after a complaint.
pub(super) trait Sink<E> {
    /// Takes what happened.
    fn take(&mut self, event: E) -> Result<(), u8>;

    /// Brings what is shown of the progress up to date.
    fn tick(&mut self);

    /// The time for the last look has come. Whether the run is left off for it.
    fn wants_last_look(&mut self) -> bool {
        false
    }
}

/// Follows runs, one after the other, and knows who asked to stop.
pub(super) struct Driver {
    first_signal: oneshot::Receiver<Signal>,
    asked: Option<Signal>,
    ticks: Interval,
}

impl Driver {
    /// Begins to listen for signals. Must be called within a tokio runtime.
    pub(super) fn start() -> Result<Self, u8> {
        let first_signal = signals::watch()
            .map_err(|error| complain_and(&format!("cannot install the Ctrl-C handler: {error}"), exit::LOCAL))?;
        Ok(Self { first_signal, asked: None, ticks: interval(progress::TICK) })
    }

    /// Follows a run to its end. `last_look`: when the sink is asked whether it wants one.
    pub(super) async fn follow<S: Source>(
        &mut self,
        source: &mut S,
        sink: &mut impl Sink<S::Event>,
        mut last_look: Option<Instant>,
    ) -> Result<(), u8> {
        if self.asked.is_some() {
            source.interrupt();
        }
        loop {
            tokio::select! {
                event = source.next() => match event {
                    Some(event) => sink.take(event)?,
                    None => return Ok(()),
                },
                Ok(signal) = &mut self.first_signal, if self.asked.is_none() => {
                    self.asked = Some(signal);
                    source.interrupt();
                }
                () = at(last_look) => {
                    last_look = None;
                    if sink.wants_last_look() {
                        source.interrupt();
                    }
                }
                _ = self.ticks.tick() => sink.tick(),
            }
        }
    }

    /// Waits for so long, or until somebody asks to stop.
    pub(super) async fn pause(&mut self, pause: Duration) {
        tokio::select! {
            () = sleep(pause) => {}
            Ok(signal) = &mut self.first_signal, if self.asked.is_none() => self.asked = Some(signal),
        }
    }

    /// Who asked to stop, once somebody did.
    pub(super) fn asked_to_stop(&self) -> Option<Signal> {
        self.asked
    }
}

/// Waits for a moment, if there is one; else for ever.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment.into()).await,
        None => pending().await,
    }
}
