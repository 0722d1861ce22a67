//! A run over a list: targets come in as a stream, results leave as they come, and nothing is kept in between.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use futures_util::future::join_all;
use indicatif::HumanCount;
use tokio::task::{JoinError, JoinSet};

use super::earlier::Earlier;
use super::format::ListFormat;
use super::reader::{List, ReadSoFar};
use super::resumed::KeptResults;
use super::workers::{Reporter, Workers};
use super::writer::{ListDestination, Writer};
use crate::cli::checks::Check;
use crate::cli::console::{complain, fail, unwritable};
use crate::cli::driver::{Driver, EventSource, Sink};
use crate::cli::exit::{self, End};
use crate::cli::output::Output;
use crate::cli::progress::{Progress, UNKNOWN_TOTAL};
use crate::policy::{CountedRun, Policy, Tally, Verdict};
use crate::probe::{Interrupt, Prober, Run};
use crate::report::human;

const STATES: usize = 4;

/// Checks a list in the way of `check`, which names no targets itself.
pub(in super::super) async fn run(list: List, check: Check, output: Output) -> Result<End, u8> {
    let plan = check.options.plan.clone();
    let prober = Prober::new(check.options).map_err(|error| fail(error, exit::USAGE))?;
    let mut driver = Driver::start(Progress::new(output, UNKNOWN_TOTAL))?;
    let workers = Workers::start()?;
    let lines = list.source.open().map_err(|message| fail(message, exit::USAGE))?;
    let (destination, Earlier { done, tally, .. }) = begin(&list, &check.policy, output)?;
    let before = tally.clone();
    let read = Arc::new(Mutex::new(ReadSoFar::default()));
    let to_count = output.shows_progress().then(|| done.clone());
    let targets = list.clone().stream(lines, Arc::clone(&read), driver.progress.bar.clone(), done);
    let runs = prober.start_list(targets, &workers.runtimes);
    let Some((interrupt, started)) = runs.first().map(|run| (run.to_interrupt(), run.started)) else {
        return Err(exit::LOCAL);
    };
    let format = ListFormat { output, started };
    let writer = Writer::start(format, destination, driver.progress.bar.clone())?;
    let tally = Arc::new(Mutex::new(tally));
    let reporter = Reporter {
        policy: check.policy,
        plan,
        format,
        texts: writer.texts.clone(),
        tally: Arc::clone(&tally),
        bar: driver.progress.bar.clone(),
    };
    let mut parts = Parts { under_way: JoinSet::new(), interrupt };
    for (run, runtime) in runs.into_iter().zip(&workers.runtimes) {
        parts.under_way.spawn_on(reporter.clone().follow(run), runtime);
    }
    drop(reporter);
    let mut sink = ListSink { tally, total: Arc::default(), over: Vec::new(), lost_a_part: false, before };
    if let Some(done) = to_count {
        let (list, total) = (list.clone(), Arc::clone(&sink.total));
        // Beside the run: a long list takes a moment.
        thread::spawn(move || list.count(done).map(|left| total.set(left)));
    }
    driver.follow(&mut parts, &mut sink, None).await?;
    driver.progress.bar.finish_and_clear();
    // A reader that was stopped may wait for a line for ever.
    let read = locked(&read).clone();
    list.tell_the_rest(&read);
    let asked = driver.asked_to_stop;
    let mut counted = sink.judge(started, &read);
    if counted.tally.targets.all == sink.before.targets.all && asked.is_none() && !read.is_broken && !sink.lost_a_part {
        if !read.has_targets {
            return Err(fail(list.names_nothing(), exit::USAGE));
        }
        if read.bad_lines == 0 && counted.tally.targets.all == 0 {
            // All of the list is the task of other shares.
            (counted.verdict, counted.exit_code) = (Verdict::Pass, 0);
        }
    }
    if let Some(signal) = asked {
        counted.exit_code = signal.exit_code();
    }
    let end = format.end(&counted).map_err(unwritable)?;
    let written = writer.finish(end).await;
    join_all(sink.over.into_iter().map(Run::close)).await;
    written?;
    Ok(End::Judged { code: counted.exit_code, verdict: counted.verdict })
}

/// Where the results go, and what is there already. The error is an exit code, after a complaint.
fn begin(list: &List, policy: &Policy, output: Output) -> Result<(ListDestination, Earlier), u8> {
    Ok(match &list.resume {
        Some(path) => {
            let (results, earlier) = KeptResults::go_on(path, policy, output.quiet)?;
            (ListDestination::File(results), earlier)
        }
        None => (ListDestination::Stdout, Earlier::none(Tally::new(policy))),
    })
}

struct Parts {
    under_way: JoinSet<Result<Run, u8>>,
    interrupt: Interrupt,
}

impl EventSource for Parts {
    /// A part that is over, or why it ended before.
    type Event = Result<Result<Run, u8>, JoinError>;

    async fn next(&mut self) -> Option<Self::Event> {
        self.under_way.join_next().await
    }

    fn interrupt(&self) {
        self.interrupt.interrupt();
    }
}

struct ListSink {
    tally: Arc<Mutex<Tally>>,
    /// How many targets there are, once they are counted.
    total: Arc<OnceLock<u64>>,
    over: Vec<Run>,
    /// Whether a worker has panicked: the results of its part are missing.
    lost_a_part: bool,
    /// What earlier runs had counted.
    before: Tally,
}

impl Sink<Result<Result<Run, u8>, JoinError>> for ListSink {
    fn take(&mut self, part: Result<Result<Run, u8>, JoinError>, progress: &Progress) -> Result<(), u8> {
        match part {
            Ok(run) => self.over.push(run?),
            Err(error) => {
                self.lost_a_part = true;
                let complaint = "results of this list are missing, by a fault in mailprobe: please report it";
                progress.bar.suspend(|| complain(format!("{complaint} ({error})")));
            }
        }
        Ok(())
    }

    fn show(&mut self, progress: &mut Progress) {
        let tally = self.counted_since();
        progress.count(tally.targets.all, self.total.get().copied(), states(&tally));
    }
}

impl ListSink {
    /// The targets and states of this run alone: what is done already says nothing of its pace.
    fn counted_since(&self) -> Tally {
        let mut tally = locked(&self.tally).clone();
        tally.targets.all -= self.before.targets.all;
        for (state, count) in &self.before.states {
            tally.states.entry(*state).and_modify(|all| *all -= count);
        }
        tally.states.retain(|_, count| *count > 0);
        tally
    }

    fn judge(&self, started: std::time::SystemTime, read: &ReadSoFar) -> CountedRun {
        let mut tally = locked(&self.tally).clone();
        if read.is_broken || self.lost_a_part {
            tally.add_failure(exit::LOCAL);
        }
        if read.bad_lines > 0 {
            tally.add_failure(exit::BAD_LINES);
        }
        CountedRun {
            started,
            duration: self.over.iter().map(Run::elapsed).max().unwrap_or_default(),
            verdict: tally.verdict(),
            exit_code: if self.lost_a_part { exit::LOCAL } else { tally.exit_code() },
            bad_lines: read.bad_lines,
            tally,
        }
    }
}

/// The states that occur most, and how often.
fn states(tally: &Tally) -> String {
    let counted = human::by_frequency(tally);
    let named = counted.iter().take(STATES).map(|(state, count)| format!("{state} {}", HumanCount(*count as u64)));
    let more = (counted.len() > STATES).then(|| "…".to_owned());
    named.chain(more).collect::<Vec<_>>().join(", ")
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::cli::output::{ColorChoice, Format};

    #[tokio::test]
    async fn a_part_that_is_lost_is_missed() {
        let tally = Arc::new(Mutex::new(Tally::new(&Policy::default())));
        let before = Tally::default();
        let mut sink = ListSink { tally, total: Arc::default(), over: Vec::new(), lost_a_part: false, before };
        let (format, color) = (Format::Jsonl, ColorChoice::Never);
        let output = Output { format, color, transcript: false, verbose: false, quiet: true, log: None };
        let lost = tokio::spawn(async { panic!("a dependency") }).await.map(|()| Err(exit::LOCAL));
        let read = ReadSoFar { has_targets: true, bad_lines: 3, is_broken: false };
        assert!(
            lost.is_err() && sink.take(lost, &Progress::new(output, UNKNOWN_TOTAL)).is_ok(),
            "the other parts go on"
        );
        let counted = sink.judge(SystemTime::now(), &read);
        assert_eq!((counted.exit_code, counted.verdict), (exit::LOCAL, Verdict::Fail));
    }
}
