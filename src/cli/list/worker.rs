//! A worker's part of a run: judged, counted and told, target by target.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::ProgressBar;
use tokio::time::sleep;

use super::results::{Batch, ListRenderer, Separators};
use super::writer::Writer;
use crate::cli::console::complain_and;
use crate::cli::exit;
use crate::collector::{Collector, Completed};
use crate::policy::{Policy, Tally};
use crate::probe::{Event, PlanOptions, Run};

/// From one look at what has happened to the next: nobody notices, and results are told many at a time.
const BREATH: Duration = Duration::from_millis(5);

/// Follows a part of the run. What all workers share, they hold clones of.
#[derive(Clone)]
pub(super) struct Worker {
    pub(super) policy: Policy,
    pub(super) plan: PlanOptions,
    pub(super) renderer: ListRenderer,
    pub(super) separators: Separators,
    pub(super) writer: Writer,
    /// What all workers have counted.
    pub(super) tally: Arc<Mutex<Tally>>,
    /// Taken off the screen for a complaint.
    pub(super) bar: ProgressBar,
}

impl Worker {
    /// Follows a part of the run to its end, and gives it back. The error is an exit code, after a complaint.
    pub(super) async fn follow(self, mut run: Run) -> Result<Run, u8> {
        let mut collector = Collector::of_list(self.policy.clone()).planned_by(self.plan.clone());
        let mut events = Vec::new();
        while run.next_some(&mut events).await {
            let told = self.take_all(&mut collector, events.drain(..)).map_err(|error| self.unprintable(&error))?;
            self.writer.write(told).await?;
            sleep(BREATH).await;
        }
        let mut rest = Batch::default();
        for done in collector.take_unfinished() {
            self.count_and_tell(&done, &mut rest).map_err(|error| self.unprintable(&error))?;
        }
        self.writer.write(rest.into_text()).await?;
        Ok(run)
    }

    /// Takes what has happened. Gives the text on it.
    fn take_all(&self, collector: &mut Collector, events: impl Iterator<Item = Event>) -> anyhow::Result<String> {
        let mut texts = Batch::default();
        for event in events {
            let target = match &event {
                Event::Planned { target, .. } | Event::Finished { target, .. } => Some(*target),
                Event::Begun { .. } | Event::Entered { .. } | Event::Tracing { .. } => None,
            };
            collector.take(event);
            let Some(target) = target else { continue };
            if let Some(done) = collector.take_judged(target) {
                self.count_and_tell(&done, &mut texts)?;
            } else if self.renderer.tells_endpoints() {
                for (typed, endpoint) in collector.settled(target) {
                    texts.add(&self.renderer.endpoint(&typed, &endpoint)?, &self.separators);
                }
            }
        }
        Ok(texts.into_text())
    }

    fn count_and_tell(&self, done: &Completed, texts: &mut Batch) -> anyhow::Result<()> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).add(&done.target);
        texts.add(&self.renderer.target(done)?, &self.separators);
        Ok(())
    }

    fn unprintable(&self, error: &anyhow::Error) -> u8 {
        self.bar.suspend(|| complain_and(&format!("{error:#}"), exit::LOCAL))
    }
}
