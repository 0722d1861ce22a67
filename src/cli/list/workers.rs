//! The threads that work a list off: each probes, judges and tells its own share of the targets, and has nothing that another
//! one would have to wait for. What one thread makes and another throws away costs more than it brings.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use indicatif::ProgressBar;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::format::ListFormat;
use super::writer::Texts;
use crate::cli::console::unwritable;
use crate::cli::threads;
use crate::collector::{Collector, Completed};
use crate::policy::{Policy, Tally};
use crate::probe::{Event, PlanOptions, Run};

/// More would only wait for the network.
const MOST_THREADS: usize = 8;

/// From one look at what has happened to the next: nobody notices, and results are told many at a time.
const BREATH: Duration = Duration::from_millis(5);

pub(super) struct Workers {
    pub(super) runtimes: Vec<Handle>,
    /// The threads end when these are dropped.
    _at_work: Vec<oneshot::Sender<()>>,
}

impl Workers {
    /// Starts a thread for each core. The error is an exit code, after a complaint.
    pub(super) fn start() -> Result<Self, u8> {
        let count = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let (mut runtimes, mut at_work) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let runtime = threads::start(Builder::new_current_thread())?;
            let (sender, dropped) = oneshot::channel::<()>();
            runtimes.push(runtime.handle().clone());
            at_work.push(sender);
            let work = move || drop(threads::drive(runtime, dropped));
            let thread = thread::Builder::new().name("probes".to_owned());
            thread.spawn(work).map_err(|error| threads::refused(&error))?;
        }
        Ok(Self { runtimes, _at_work: at_work })
    }
}

/// What a worker needs to judge, count and tell what its part of the run finds.
#[derive(Clone)]
pub(super) struct Reporter {
    pub(super) policy: Policy,
    pub(super) plan: PlanOptions,
    pub(super) format: ListFormat,
    pub(super) texts: Texts,
    /// What all parts have counted.
    pub(super) tally: Arc<Mutex<Tally>>,
    /// Taken off the screen for a complaint.
    pub(super) bar: ProgressBar,
}

impl Reporter {
    /// Follows a part of the run to its end, and gives it back. The error is an exit code, after a complaint.
    pub(super) async fn follow(self, mut run: Run) -> Result<Run, u8> {
        let mut collector = Collector::of_list(self.policy.clone()).planned_by(self.plan.clone());
        let mut events = Vec::new();
        while run.next_some(&mut events).await {
            let text = self.take_all(&mut collector, events.drain(..));
            self.write(text).await?;
            sleep(BREATH).await;
        }
        let rest = collector.take_unfinished();
        self.write(rest.iter().map(|done| self.count(done)).collect()).await?;
        Ok(run)
    }

    /// Takes what has happened. Gives the text on it.
    fn take_all(&self, collector: &mut Collector, events: impl Iterator<Item = Event>) -> anyhow::Result<String> {
        let mut text = String::new();
        for event in events {
            let target = match &event {
                Event::Planned { target, .. } | Event::Finished { target, .. } | Event::Promises { target, .. } => {
                    Some(*target)
                }
                _ => None,
            };
            collector.take(event);
            let Some(target) = target else { continue };
            if let Some(done) = collector.take_judged(target) {
                text += &self.count(&done)?;
            } else if self.format.tells_endpoints() {
                for (typed, endpoint) in collector.settled(target) {
                    text += &self.format.endpoint(&typed, &endpoint)?;
                }
            }
        }
        Ok(text)
    }

    /// Counts a target that is done. Gives the text on it.
    fn count(&self, done: &Completed) -> anyhow::Result<String> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).add(&done.target);
        self.format.target(done, &self.policy)
    }

    async fn write(&self, text: anyhow::Result<String>) -> Result<(), u8> {
        let text = text.map_err(|error| self.bar.suspend(|| unwritable(error)))?;
        self.texts.write(text).await
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::SystemTime;

    use futures_util::stream;
    use serde_json::Value;

    use super::*;
    use crate::cli::output::{ColorChoice, Format, Output};
    use crate::diagnosis::State;
    use crate::probe::{Options, Prober};
    use crate::target::Target;
    use crate::transport::dial::{Dialer, Dialing, TcpDialer};

    /// A dependency that panics at one port.
    #[derive(Debug)]
    struct Cursed;

    impl Dialer for Cursed {
        fn dial(&self, server: SocketAddr, limit: Duration) -> Dialing<'_> {
            assert_ne!(server.port(), 993, "a dependency");
            Box::pin(async move { TcpDialer::default().dial(server, limit).await })
        }
    }

    #[tokio::test]
    async fn a_target_whose_probe_panics_has_its_lines_and_is_counted() {
        let options = Options { dialer: Some(Arc::new(Cursed)), ..Options::default() };
        let (policy, plan) = (Policy::default(), options.plan.clone());
        // Nobody listens there: a port is refused at once.
        let targets = ["smtp://127.0.0.1:9", "imaps://127.0.0.1:993"].map(|typed| Target::parse(typed).unwrap());
        let run = Prober::new(options).unwrap().start_list(stream::iter(targets), &[Handle::current()]).remove(0);
        let (format, color) = (Format::Jsonl, ColorChoice::Never);
        let output = Output { format, color, transcript: false, verbose: false, quiet: true, log: None };
        let (texts, mut written) = Texts::to_nowhere();
        let tally = Arc::new(Mutex::new(Tally::new(&policy)));
        let format = ListFormat { output, started: SystemTime::now() };
        let reporter = Reporter { policy, plan, format, texts, tally: Arc::clone(&tally), bar: ProgressBar::hidden() };
        assert!(reporter.follow(run).await.is_ok());
        let mut lines: Vec<Value> = Vec::new();
        while let Some(text) = written.recv().await {
            lines.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON")));
        }
        let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
        assert_eq!((of("endpoint").len(), of("target").len()), (2, 2), "{lines:#?}");
        let lost = of("endpoint").into_iter().find(|line| line["port"] == 993).expect("the port's line");
        assert_eq!((&lost["state"], &lost["verdict"]), (&"internal-error".into(), &"inconclusive".into()));
        let tally = tally.lock().unwrap();
        assert_eq!((tally.targets.all, tally.endpoints.all), (2, 2));
        assert_eq!(tally.states.get(&State::InternalError), Some(&1));
    }
}
