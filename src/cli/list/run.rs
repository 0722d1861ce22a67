//! A run over a list: targets come in as a stream, results leave as they come, and nothing is kept in between.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

use super::list::{BadLines, List};
use super::reader::{Reading, Trouble, read};
use super::results::ListRenderer;
use super::worker::Worker;
use super::workers::Workers;
use super::writer::{Ended, Writer};
use crate::cli::checks::Check;
use crate::cli::console::{complain, complain_and};
use crate::cli::driver::{Driver, Sink, Source};
use crate::cli::exit::{self, End};
use crate::cli::output_options::OutputOptions;
use crate::cli::progress::Progress;
use crate::cli::signals::Signal;
use crate::policy::{CountedRun, Tally, Verdict};
use crate::probe::{Interrupt, Prober, Run};

/// Checks a list in the way of `check`, which names no targets itself.
pub(in crate::cli) async fn run(list: List, check: Check, wanted: OutputOptions) -> Result<End, u8> {
    let plan = check.options.plan.clone();
    let prober = Prober::new(check.options).map_err(|error| complain_and(&error.to_string(), exit::USAGE))?;
    let mut driver = Driver::start()?;
    let workers = Workers::start()?;
    let Reading { targets, troubles } = read(list.clone())?;
    let progress = Progress::of_list(wanted.shows_progress(), length(&list, wanted));
    let runs = prober.start_list(targets, workers.runtimes());
    let Some((interrupt, started)) = runs.first().map(|run| (run.to_interrupt(), run.started)) else {
        return Err(exit::LOCAL);
    };
    let renderer = ListRenderer { wanted, started };
    let separators = renderer.separators().map_err(|error| unprintable(&error))?;
    let (writer, ended) = Writer::start(progress.bar(), separators.clone());
    let tally = Arc::new(Mutex::new(Tally::new(&check.policy)));
    let worker = Worker {
        policy: check.policy,
        plan,
        renderer: renderer.clone(),
        separators,
        writer: writer.clone(),
        tally: Arc::clone(&tally),
        bar: progress.bar(),
    };
    let mut parts = JoinSet::new();
    for (run, runtime) in runs.into_iter().zip(workers.runtimes()) {
        parts.spawn_on(worker.clone().follow(run), runtime);
    }
    drop(worker);
    let mut session = Session {
        list,
        tally,
        progress,
        renderer,
        bad_lines: BadLines::default(),
        left_to_others: false,
        is_incomplete: false,
        done: Vec::new(),
    };
    driver.follow(&mut Parts { parts, troubles, interrupt }, &mut session, None).await?;
    session.finish(writer, ended, driver.asked_to_stop()).await
}

/// How many targets the list has, once that is known. Counted beside the run: a long list takes a moment.
fn length(list: &List, wanted: OutputOptions) -> Arc<OnceLock<u64>> {
    let length = Arc::new(OnceLock::new());
    if wanted.shows_progress() && list.source.is_regular() {
        let (list, length) = (list.clone(), Arc::clone(&length));
        thread::spawn(move || length.set(list.count()));
    }
    length
}

/// The parts of a run, and the reader of its list.
struct Parts {
    parts: JoinSet<Result<Run, u8>>,
    troubles: mpsc::Receiver<Trouble>,
    interrupt: Interrupt,
}

/// What is heard of a run.
enum ListEvent {
    /// A worker has done its part, or was lost.
    Part(Result<Result<Run, u8>, JoinError>),
    /// The reader met something that is no target.
    Trouble(Trouble),
}

impl Source for Parts {
    type Event = ListEvent;

    async fn next(&mut self) -> Option<ListEvent> {
        if self.parts.is_empty() {
            // What the reader had to say before. One that was stopped may wait for a line for ever.
            return self.troubles.try_recv().ok().map(ListEvent::Trouble);
        }
        tokio::select! {
            Some(trouble) = self.troubles.recv() => Some(ListEvent::Trouble(trouble)),
            Some(part) = self.parts.join_next() => Some(ListEvent::Part(part)),
            else => None,
        }
    }

    fn interrupt(&self) {
        self.interrupt.interrupt();
    }
}

/// What is known of a run so far, and where its results go.
struct Session {
    list: List,
    tally: Arc<Mutex<Tally>>,
    progress: Progress,
    renderer: ListRenderer,
    bad_lines: BadLines,
    left_to_others: bool,
    /// Whether the list was not read to its end, or a worker was lost.
    is_incomplete: bool,
    /// The parts that are done.
    done: Vec<Run>,
}

impl Sink<ListEvent> for Session {
    fn take(&mut self, event: ListEvent) -> Result<(), u8> {
        match event {
            ListEvent::Part(Ok(Ok(run))) => self.done.push(run),
            ListEvent::Part(Ok(Err(code))) => return Err(code),
            ListEvent::Part(Err(_)) => {
                self.is_incomplete = true;
                let message = "a fault in mailprobe itself: a worker was lost, and with it a part of the results; please \
                               report it";
                self.progress.suspend(|| complain(message));
            }
            ListEvent::Trouble(Trouble::Bad(bad)) => {
                let Self { progress, bad_lines, list, .. } = self;
                progress.suspend(|| bad_lines.tell(list, &bad));
            }
            ListEvent::Trouble(Trouble::LeftToOthers) => self.left_to_others = true,
            ListEvent::Trouble(Trouble::Unreadable(message)) => {
                self.is_incomplete = true;
                self.progress.suspend(|| complain(&message));
            }
        }
        Ok(())
    }

    fn tick(&mut self) {
        let Self { tally, progress, .. } = self;
        progress.show_counts(&locked(tally));
    }
}

impl Session {
    async fn finish(self, writer: Writer, ended: Ended, asked: Option<Signal>) -> Result<End, u8> {
        self.progress.clear();
        self.bad_lines.tell_the_rest(&self.list);
        let mut tally = locked(&self.tally).clone();
        if self.is_incomplete {
            tally.add_failure(exit::LOCAL);
        }
        if self.bad_lines.count > 0 {
            tally.add_failure(exit::BAD_LINES);
        }
        let mut counted = CountedRun {
            started: self.renderer.started,
            duration: self.done.iter().map(Run::elapsed).max().unwrap_or_default(),
            verdict: tally.verdict(),
            exit_code: tally.exit_code(),
            bad_lines: self.bad_lines.count,
            tally,
        };
        if counted.tally.targets.all == 0 && asked.is_none() && !self.is_incomplete {
            if !self.left_to_others {
                return Err(complain_and(&self.list.names_nothing(), exit::USAGE));
            }
            // All of the list is the task of other shares.
            if self.bad_lines.count == 0 {
                (counted.verdict, counted.exit_code) = (Verdict::Pass, 0);
            }
        }
        if let Some(signal) = asked {
            counted.exit_code = signal.exit_code();
        }
        let end = self.renderer.end(&counted).map_err(|error| unprintable(&error))?;
        let written = writer.finish(end, ended).await;
        join_all(self.done.into_iter().map(Run::close)).await;
        written?;
        Ok(End::Judged { code: counted.exit_code, verdict: counted.verdict })
    }
}

fn locked(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Complains that results have no form. Gives the exit code.
fn unprintable(error: &anyhow::Error) -> u8 {
    complain_and(&format!("{error:#}"), exit::LOCAL)
}
