//! A run over a list: targets come in as a stream, results leave as they come, and nothing is kept in between.

use std::thread;
use std::time::{Duration, SystemTime};

use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio::time::{interval, sleep};

use super::lines::BadLine;
use super::progress::Progress;
use super::writer::Writer;
use super::{BadLines, List};
use crate::cli::args::Output;
use crate::cli::checks::Check;
use crate::cli::exit::{self, End};
use crate::cli::format::Format;
use crate::cli::progress::TICK;
use crate::cli::signals::{self, Signal};
use crate::cli::{complain, output};
use crate::gathering::{Gathering, TakenOut};
use crate::policy::{CountedRun, JudgedEndpoint, Tally, Verdict};
use crate::probe::{Event, Prober, Run};
use crate::report::{csv, human, jsonl};
use crate::target::Target;

/// How many targets are handed over at once, where as many are there: each handing over wakes a thread.
const AT_ONCE: usize = 64;

/// How many such handfuls are read ahead, and how many troubles.
const READ_AHEAD: usize = 2;

/// From one look at what has happened to the next: nobody notices, and the probes need not wake this thread for each of
/// their events.
const BREATH: Duration = Duration::from_millis(5);

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
    let Reading { targets, mut troubles } = read(list.clone())?;
    let progress = Progress::new(!wanted.quiet && wanted.log.is_none(), &list);
    let mut session = Session {
        writer: Writer::start(progress.bar()),
        tally: Tally::new(&check.wishes),
        gathering: Gathering::of_list(check.wishes),
        progress,
        printer: Printer { wanted, started: SystemTime::now(), is_begun: false },
        bad_lines: BadLines::default(),
        left_to_others: false,
        unreadable: None,
        list,
    };
    let mut run = prober.start_list(targets);
    session.printer.started = run.started;
    let mut asked = None;
    let mut ticks = interval(TICK);
    let mut events = Vec::new();
    loop {
        tokio::select! {
            more = run.next_some(&mut events) => {
                if !more {
                    break;
                }
                let told = session.take_all(events.drain(..))?;
                session.writer.write(told).await?;
                sleep(BREATH).await;
            }
            Some(trouble) = troubles.recv() => session.hear(trouble),
            Ok(signal) = &mut first, if asked.is_none() => {
                asked = Some(signal);
                run.interrupt();
            }
            _ = ticks.tick() => session.progress.tick(&session.tally),
        }
    }
    // What the reader had to say before it ended. A reader that was stopped may wait for a line for ever.
    while let Ok(trouble) = troubles.try_recv() {
        session.hear(trouble);
    }
    session.finish(run, asked).await
}

/// Complains that results have no form. Gives the exit code.
fn unprintable(error: &anyhow::Error) -> u8 {
    complain(&format!("{error:#}"));
    exit::LOCAL
}

/// What the reader of a list tells beside the targets.
enum Trouble {
    Bad(BadLine),
    /// There are targets, and they belong to other shares.
    LeftToOthers,
    Unreadable(String),
}

struct Reading<S> {
    targets: S,
    troubles: mpsc::Receiver<Trouble>,
}

/// Reads a list in a thread of its own: standard input knows no other way.
fn read(list: List) -> Result<Reading<impl stream::Stream<Item = Target> + Send + 'static>, u8> {
    let lines = list.source.open().map_err(|message| {
        complain(&message);
        exit::USAGE
    })?;
    let (target_sender, mut handfuls) = mpsc::channel::<Vec<Target>>(READ_AHEAD);
    let (trouble_sender, troubles) = mpsc::channel(READ_AHEAD);
    thread::spawn(move || {
        let mut lines = lines;
        let mut left_to_others = false;
        let mut handful = Vec::new();
        while let Some(line) = lines.next() {
            // A send fails when the run is over.
            let sent = match line {
                Ok(Ok(target)) if list.is_ours(&target) => {
                    handful.push(target);
                    true
                }
                Ok(Ok(_)) if left_to_others => true,
                Ok(Ok(_)) => {
                    left_to_others = true;
                    trouble_sender.blocking_send(Trouble::LeftToOthers).is_ok()
                }
                Ok(Err(bad)) => trouble_sender.blocking_send(Trouble::Bad(bad)).is_ok(),
                Err(error) => {
                    let _ = trouble_sender.blocking_send(Trouble::Unreadable(list.source.cannot(&error)));
                    break;
                }
            };
            let is_due = handful.len() >= AT_ONCE || (!handful.is_empty() && !lines.has_more_at_once());
            if !sent || (is_due && target_sender.blocking_send(std::mem::take(&mut handful)).is_err()) {
                return;
            }
        }
        let _ = target_sender.blocking_send(handful);
    });
    let targets = stream::poll_fn(move |context| handfuls.poll_recv(context)).flat_map(stream::iter);
    Ok(Reading { targets, troubles })
}

/// What is known of a run so far, and where its results go.
struct Session {
    list: List,
    gathering: Gathering,
    tally: Tally,
    progress: Progress,
    printer: Printer,
    writer: Writer,
    bad_lines: BadLines,
    left_to_others: bool,
    /// Why the list was not read to its end.
    unreadable: Option<String>,
}

impl Session {
    /// Takes what has happened. Gives what there is to tell of it; or an exit code, after a complaint.
    fn take_all(&mut self, events: impl Iterator<Item = Event>) -> Result<String, u8> {
        let told = events.map(|event| self.take(event)).collect::<anyhow::Result<String>>();
        told.map_err(|error| self.progress.suspend(|| unprintable(&error)))
    }

    fn take(&mut self, event: Event) -> anyhow::Result<String> {
        let target = match &event {
            Event::Planned { target, .. } | Event::Finished { target, .. } => Some(*target),
            Event::Begun { .. } | Event::Entered { .. } | Event::Tracing { .. } => None,
        };
        self.gathering.take(event);
        let Some(target) = target else { return Ok(String::new()) };
        match self.gathering.take_judged(target) {
            Some(done) => {
                self.tally.add(&done.target);
                self.printer.target(&done)
            }
            None if self.printer.tells_endpoints() => self.printer.endpoints(&self.gathering.settled(target)),
            None => Ok(String::new()),
        }
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

    async fn finish(mut self, run: Run, asked: Option<Signal>) -> Result<End, u8> {
        self.progress.clear();
        self.bad_lines.tell_the_rest(&self.list);
        if self.unreadable.is_some() {
            self.tally.add_failure(exit::LOCAL);
        }
        if self.bad_lines.count > 0 {
            self.tally.add_failure(exit::BAD_LINES);
        }
        let mut counted = CountedRun {
            started: run.started,
            duration: run.elapsed(),
            verdict: self.tally.verdict(),
            exit_code: self.tally.exit_code(),
            bad_lines: self.bad_lines.count,
            tally: self.tally,
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
        let written = match self.writer.write(end).await {
            Ok(()) => self.writer.finish().await,
            Err(code) => Err(code),
        };
        run.part().await;
        written?;
        Ok(End::Judged { code: counted.exit_code, verdict: counted.verdict })
    }
}

/// Makes text of the results, in a format that needs no end to begin.
struct Printer {
    wanted: Output,
    started: SystemTime,
    is_begun: bool,
}

impl Printer {
    /// Whether endpoints are told before their target is done.
    fn tells_endpoints(&self) -> bool {
        self.wanted.format != Format::Human
    }

    /// Endpoints whose verdict nothing can change any more, with their targets as typed.
    fn endpoints(&mut self, settled: &[(String, JudgedEndpoint)]) -> anyhow::Result<String> {
        let mut text = String::new();
        for (typed, endpoint) in settled {
            text += &self.endpoint(typed, endpoint)?;
        }
        Ok(text)
    }

    fn endpoint(&mut self, typed: &str, endpoint: &JudgedEndpoint) -> anyhow::Result<String> {
        if self.wanted.format == Format::Csv {
            return Ok(self.heading()? + &csv::endpoint(self.started, typed, endpoint)?);
        }
        Ok(jsonl::endpoint(typed, endpoint, self.wanted.contents())?)
    }

    /// A target that is done.
    fn target(&mut self, done: &TakenOut) -> anyhow::Result<String> {
        let TakenOut { target, untold } = done;
        if self.wanted.format == Format::Human {
            let style = output::style(self.wanted.color);
            let text = human::of_list(target, style, self.wanted.detail(), !self.is_begun);
            self.is_begun |= !text.is_empty();
            return Ok(text);
        }
        let mut text = String::new();
        for endpoint in untold.iter().filter_map(|&index| target.endpoints.get(index)) {
            text += &self.endpoint(&target.typed, endpoint)?;
        }
        if self.wanted.format == Format::Jsonl {
            text += &jsonl::target(target)?;
        }
        Ok(text)
    }

    fn end(&mut self, run: &CountedRun) -> anyhow::Result<String> {
        match self.wanted.format {
            Format::Csv => self.heading(),
            Format::Jsonl => Ok(jsonl::list_summary(run)?),
            _ => Ok(human::end_of_list(run, output::style(self.wanted.color), self.wanted.detail(), !self.is_begun)),
        }
    }

    /// The names of the columns, once.
    fn heading(&mut self) -> anyhow::Result<String> {
        if std::mem::replace(&mut self.is_begun, true) { Ok(String::new()) } else { Ok(csv::heading()?) }
    }
}
