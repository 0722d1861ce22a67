//! What a part of the run finds, judged, counted and told.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::ProgressBar;
use tokio::time::sleep;

use super::printer::{Frame, Handful, Printer};
use super::writer::Pen;
use crate::cli::{complain, exit};
use crate::collector::Collector;
use crate::policy::{Policy, Tally};
use crate::probe::{Event, Run};

/// From one look at what has happened to the next: nobody notices, and results are told many at a time.
const BREATH: Duration = Duration::from_millis(5);

/// Who follows a part of the run.
pub(super) struct Teller {
    pub(super) policy: Policy,
    pub(super) printer: Printer,
    pub(super) frame: Frame,
    pub(super) pen: Pen,
    /// What all parts have counted.
    pub(super) tally: Arc<Mutex<Tally>>,
    /// Taken off the screen for a complaint.
    pub(super) bar: ProgressBar,
}

/// Why not all was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Untold {
    /// Nothing more can be written: the writer knows why.
    NotWritten,
    /// With this exit code, after a complaint.
    Code(u8),
}

impl Teller {
    /// Follows a part of the run to its end, and gives it back.
    pub(super) async fn follow(self, mut run: Run) -> Result<Run, Untold> {
        let mut collector = Collector::of_list(self.policy.clone());
        let mut events = Vec::new();
        while run.next_some(&mut events).await {
            let told = self.take_all(&mut collector, events.drain(..));
            let told = told.map_err(|error| self.bar.suspend(|| Untold::Code(unprintable(&error))))?;
            self.pen.write(told).await.map_err(|_| Untold::NotWritten)?;
            sleep(BREATH).await;
        }
        Ok(run)
    }

    /// Takes what has happened. Gives the text on it.
    fn take_all(&self, collector: &mut Collector, events: impl Iterator<Item = Event>) -> anyhow::Result<String> {
        let mut texts = Handful::default();
        for event in events {
            let target = match &event {
                Event::Planned { target, .. } | Event::Finished { target, .. } => Some(*target),
                Event::Begun { .. } | Event::Entered { .. } | Event::Tracing { .. } => None,
            };
            collector.take(event);
            let Some(target) = target else { continue };
            if let Some(done) = collector.take_judged(target) {
                self.tally.lock().unwrap_or_else(PoisonError::into_inner).add(&done.target);
                texts.add(&self.printer.target(&done)?, &self.frame);
            } else if self.printer.tells_endpoints() {
                for (typed, endpoint) in collector.settled(target) {
                    texts.add(&self.printer.endpoint(&typed, &endpoint)?, &self.frame);
                }
            }
        }
        Ok(texts.into_text())
    }
}

/// Complains that results have no form. Gives the exit code.
pub(super) fn unprintable(error: &anyhow::Error) -> u8 {
    complain(&format!("{error:#}"));
    exit::LOCAL
}
