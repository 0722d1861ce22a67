//! Following a run to its end: one loop for every kind of run.

use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::{interval, sleep, sleep_until};

use super::console::fail;
use super::exit;
use super::progress::Progress;
use super::signals::{self, Signal};

/// How often the progress is brought up to date.
const TICK: Duration = Duration::from_millis(100);

pub(super) trait EventSource {
    type Event;

    /// The next event; `None` when the run is over. May be dropped and asked again.
    async fn next(&mut self) -> Option<Self::Event>;

    /// Ends what is under way. What is known so far still comes as events.
    fn interrupt(&self);
}

pub(super) trait Sink<E> {
    /// Takes what happened. Whatever this prints comes between two states of the progress. The error ends the run, with
    /// this exit code.
    fn take(&mut self, event: E, progress: &Progress) -> Result<(), u8>;

    fn show(&mut self, progress: &mut Progress);

    /// Asked once at the given time: whether to cut the run off.
    fn cuts_off(&mut self) -> bool {
        false
    }
}

/// Drives one run after the other, until the work is done or somebody asks to stop.
pub(super) struct Driver {
    first_signal: oneshot::Receiver<Signal>,
    /// Who asked to stop, once somebody did.
    pub(super) asked_to_stop: Option<Signal>,
    pub(super) progress: Progress,
}

impl Driver {
    /// Must be called within a tokio runtime that nothing blocks. The error is an exit code, after a complaint.
    pub(super) fn start(progress: Progress) -> Result<Self, u8> {
        let first_signal = signals::watch()
            .map_err(|error| fail(format!("cannot install the Ctrl-C handler: {error}"), exit::LOCAL))?;
        Ok(Self { first_signal, asked_to_stop: None, progress })
    }

    /// Follows a run to its end. `cut_off`: when to ask the sink whether to cut it off.
    pub(super) async fn follow<S: EventSource>(
        &mut self,
        run: &mut S,
        sink: &mut impl Sink<S::Event>,
        mut cut_off: Option<Instant>,
    ) -> Result<(), u8> {
        let mut ticks = interval(TICK);
        if self.asked_to_stop.is_some() {
            run.interrupt();
        }
        loop {
            tokio::select! {
                event = run.next() => match event {
                    Some(event) => sink.take(event, &self.progress)?,
                    None => return Ok(()),
                },
                Ok(signal) = &mut self.first_signal, if self.asked_to_stop.is_none() => {
                    self.asked_to_stop = Some(signal);
                    run.interrupt();
                }
                () = sleep_until(cut_off.unwrap_or_else(Instant::now).into()), if cut_off.is_some() => {
                    cut_off = None;
                    if sink.cuts_off() {
                        run.interrupt();
                    }
                }
                _ = ticks.tick() => sink.show(&mut self.progress),
            }
        }
    }

    /// Waits for so long, or until somebody asks to stop.
    pub(super) async fn pause(&mut self, pause: Duration) {
        tokio::select! {
            () = sleep(pause) => {}
            Ok(signal) = &mut self.first_signal, if self.asked_to_stop.is_none() => self.asked_to_stop = Some(signal),
        }
    }
}
