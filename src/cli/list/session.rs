//! A run over a list: targets come in as a stream, results leave as they come, and nothing is kept in between.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use tokio::task::JoinSet;
use tokio::time::interval;

use super::crew::Crew;
use super::printer::Printer;
use super::progress::Progress;
use super::reader::{Reading, Trouble, read};
use super::teller::{Teller, Untold, unprintable};
use super::writer::Writer;
use super::{BadLines, List};
use crate::cli::args::Output;
use crate::cli::checks::Check;
use crate::cli::complain;
use crate::cli::exit::{self, End};
use crate::cli::progress::TICK;
use crate::cli::signals::{self, Signal};
use crate::policy::{CountedRun, Tally, Verdict};
use crate::probe::{Prober, Run};

/// Checks a list in the way of `check`, which names no targets itself.
pub(in super::super) async fn run(list: List, check: Check, wanted: Output) -> Result<End, u8> {
    let prober = Prober::new(check.options).map_err(|error| {
        complain(&error.to_string());
        exit::USAGE
    })?;
    let mut first = signals::watch().map_err(|error| {
        complain(&format!("this system does not let mailprobe notice Ctrl-C: {error}"));
        exit::LOCAL
    })?;
    let crew = Crew::start()?;
    let Reading { targets, mut troubles } = read(list.clone())?;
    let progress = Progress::new(!wanted.quiet && wanted.log.is_none(), &list);
    let runs = prober.start_list(targets, crew.runtimes());
    let Some((interrupt, started)) = runs.first().map(|run| (run.to_interrupt(), run.started)) else {
        return Err(exit::LOCAL);
    };
    let printer = Printer { wanted, started };
    let frame = printer.frame().map_err(|error| unprintable(&error))?;
    let writer = Writer::start(progress.bar(), frame.clone());
    let tally = Arc::new(Mutex::new(Tally::new(&check.policy)));
    let mut session = Session {
        list,
        tally,
        progress,
        printer,
        writer,
        bad_lines: BadLines::default(),
        left_to_others: false,
        unreadable: None,
    };
    let mut parts = JoinSet::new();
    for (run, runtime) in runs.into_iter().zip(crew.runtimes()) {
        let teller = Teller {
            policy: check.policy.clone(),
            printer: session.printer.clone(),
            frame: frame.clone(),
            pen: session.writer.pen(),
            tally: Arc::clone(&session.tally),
            bar: session.progress.bar(),
        };
        parts.spawn_on(teller.follow(run), runtime);
    }
    let (mut done, mut asked) = (Vec::new(), None);
    let mut ticks = interval(TICK);
    loop {
        tokio::select! {
            part = parts.join_next() => match part {
                Some(Ok(Ok(run))) => done.push(run),
                Some(Ok(Err(Untold::NotWritten))) => return Err(session.writer.failure().await),
                Some(Ok(Err(Untold::Code(code)))) => return Err(code),
                Some(Err(_)) => return Err(exit::LOCAL),
                None => break,
            },
            Some(trouble) = troubles.recv() => session.hear(trouble),
            Ok(signal) = &mut first, if asked.is_none() => {
                asked = Some(signal);
                interrupt.interrupt();
            }
            _ = ticks.tick() => session.tick(),
        }
    }
    // What the reader had to say before it ended. A reader that was stopped may wait for a line for ever.
    while let Ok(trouble) = troubles.try_recv() {
        session.hear(trouble);
    }
    session.finish(done, asked).await
}

/// What is known of a run so far, and where its results go.
struct Session {
    list: List,
    tally: Arc<Mutex<Tally>>,
    progress: Progress,
    printer: Printer,
    writer: Writer,
    bad_lines: BadLines,
    left_to_others: bool,
    /// Why the list was not read to its end.
    unreadable: Option<String>,
}

impl Session {
    fn tick(&mut self) {
        let Self { tally, progress, .. } = self;
        progress.tick(&tally.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn hear(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::Bad(bad) => {
                let Self { progress, bad_lines, list, .. } = self;
                progress.suspend(|| bad_lines.tell(list, &bad));
            }
            Trouble::LeftToOthers => self.left_to_others = true,
            Trouble::Unreadable(message) => {
                self.progress.suspend(|| complain(&message));
                self.unreadable = Some(message);
            }
        }
    }

    async fn finish(self, parts: Vec<Run>, asked: Option<Signal>) -> Result<End, u8> {
        self.progress.clear();
        self.bad_lines.tell_the_rest(&self.list);
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if self.unreadable.is_some() {
            tally.add_failure(exit::LOCAL);
        }
        if self.bad_lines.count > 0 {
            tally.add_failure(exit::BAD_LINES);
        }
        let mut counted = CountedRun {
            started: self.printer.started,
            duration: parts.iter().map(Run::elapsed).max().unwrap_or_default(),
            verdict: tally.verdict(),
            exit_code: tally.exit_code(),
            bad_lines: self.bad_lines.count,
            tally,
        };
        if counted.tally.targets.all == 0 && asked.is_none() {
            match (self.unreadable, self.left_to_others) {
                (None, false) => {
                    complain(&self.list.names_nothing());
                    return Err(exit::USAGE);
                }
                // All of the list is the task of other shares.
                (None, true) if self.bad_lines.count == 0 => {
                    (counted.verdict, counted.exit_code) = (Verdict::Pass, 0);
                }
                _ => {}
            }
        }
        if let Some(signal) = asked {
            counted.exit_code = signal.exit_code();
        }
        let end = self.printer.end(&counted).map_err(|error| unprintable(&error))?;
        let written = self.writer.finish(end).await;
        join_all(parts.into_iter().map(Run::close)).await;
        written?;
        Ok(End::Judged { code: counted.exit_code, verdict: counted.verdict })
    }
}
