//! The commands themselves.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::{interval, sleep, sleep_until};

use super::args::{LogLevel, Output, Probe};
use super::checks::{Check, Checks, Place, Round};
use super::exit::End;
use super::format::Format;
use super::list::{self, List, ListError};
use super::outputs::{self, Opened};
use super::progress::{Progress, TICK};
use super::signals::{self, Signal};
use super::wait::{self, Rounds, WaitChoices};
use super::{complain, config, dry_run, exit, output, threads};
use crate::diagnosis::reference::{self, Subject};
use crate::observation::{Stage, StageOutcome};
use crate::policy::{JudgedRun, Verdict};
use crate::probe::Event;
use crate::report::{explain as explanations, jsonl, ports};

/// `mailprobe ports`
pub(super) fn ports(wanted: Output) -> u8 {
    let text = match wanted.format {
        Format::Json | Format::Jsonl => ports::json().map_err(anyhow::Error::from),
        _ => Ok(ports::text(output::style(wanted.color))),
    };
    print(text).err().unwrap_or(0)
}

/// `mailprobe explain [NAME]`
pub(super) fn explain(subject: Option<&Subject>, wanted: Output) -> u8 {
    let style = output::style(wanted.color);
    let text = match (wanted.format, subject) {
        (Format::Json | Format::Jsonl, Some(subject)) => explanations::json(std::slice::from_ref(subject)),
        (Format::Json | Format::Jsonl, None) => explanations::json(&reference::subjects()),
        (_, Some(subject)) => Ok(explanations::text(subject, style)),
        (_, None) => Ok(explanations::list(style)),
    };
    print(text.map_err(anyhow::Error::from)).err().unwrap_or(0)
}

/// `mailprobe TARGET...`
pub(super) fn probe(request: Probe) -> End {
    start(request).unwrap_or_else(End::Code)
}

fn start(request: Probe) -> Result<End, u8> {
    if let Some(level) = request.output.log {
        log_to_stderr(level);
    }
    let list = request.many.list();
    if let (true, Some(list)) = (request.dry_run, &list) {
        return describe_list(list, &request.check).map(|()| End::Code(0));
    }
    if !request.dry_run {
        request.many.make_room(&request.check.options);
    }
    let streams = request.output.format.streams() && request.files.is_empty() && !request.waiting.is_patient();
    let mut bad_lines = None;
    let deadline = request.check.options.deadline;
    let checks = match (list, &request.config) {
        (Some(list), _) if streams => {
            return threads::run_in(Builder::new_current_thread(), list::run(list, request.check, request.output));
        }
        (Some(list), _) => {
            let kept = list.keep().map_err(|error| complain_of_list(&error))?;
            bad_lines = Some(kept.bad_lines);
            vec![Check { targets: kept.targets, ..request.check }]
        }
        (None, Some(path)) => {
            config::read(path, &request.check).map_err(|message| complain_and(&message, exit::USAGE))?
        }
        (None, None) => vec![request.check],
    };
    if request.dry_run {
        return output::write(dry_run::describe(&checks).as_bytes()).map(|()| End::Code(0));
    }
    let session = Session {
        checks: new_checks(checks, &request.waiting)?,
        bad_lines,
        output: request.output,
        files: outputs::open(&request.files).map_err(|message| complain_and(&message, exit::LOCAL))?,
        rounds: Rounds::begin(&request.waiting, deadline),
        waiting: request.waiting,
        progress: Progress::new(!request.output.quiet && request.output.log.is_none()),
    };
    threads::run_in(Builder::new_multi_thread(), session.drive())
}

/// `--targets FILE --dry-run`
fn describe_list(list: &List, check: &Check) -> Result<(), u8> {
    let mut between = "";
    let read = list.read(|target| {
        let check = Check { targets: vec![target], ..check.clone() };
        let text = format!("{between}{}", dry_run::describe(&[check]));
        between = "\n";
        output::write(text.as_bytes())
    });
    match read {
        Ok(0) => Ok(()),
        Ok(_) => Err(exit::BAD_LINES),
        Err(error) => Err(complain_of_list(&error)),
    }
}

fn complain_of_list(error: &ListError) -> u8 {
    match error {
        ListError::Unreadable(message) => complain_and(message, exit::USAGE),
        ListError::Stopped(code) => *code,
    }
}

fn new_checks(checks: Vec<Check>, waiting: &WaitChoices) -> Result<Checks, u8> {
    Checks::new(checks, waiting).map_err(|error| complain_and(&error.to_string(), exit::USAGE))
}

fn complain_and(message: &str, code: u8) -> u8 {
    complain(message);
    code
}

/// A run, what is known of it so far, and where its results go.
struct Session {
    checks: Checks,
    /// How many lines of the list that named the targets are none.
    bad_lines: Option<usize>,
    output: Output,
    files: Vec<Opened>,
    rounds: Rounds,
    waiting: WaitChoices,
    progress: Progress,
}

/// Who asked to stop, once somebody did.
struct Stopping {
    first: oneshot::Receiver<Signal>,
    asked: Option<Signal>,
}

impl Session {
    /// Follows the run to its end, prints the results, and says how to exit.
    async fn drive(mut self) -> Result<End, u8> {
        let first = signals::watch().map_err(|error| {
            complain_and(&format!("this system does not let mailprobe notice Ctrl-C: {error}"), exit::LOCAL)
        })?;
        let mut stopping = Stopping { first, asked: None };
        let (started, began) = (SystemTime::now(), Instant::now());
        let mut round = self.checks.start(self.waiting.compares(), self.rounds.remaining());
        let mut told = String::new();
        loop {
            self.follow(&mut round, &mut stopping).await?;
            self.checks.ended(started, began);
            let missing = self.checks.missing();
            if missing.is_empty() || stopping.asked.is_some() {
                break;
            }
            let Some(pause) = self.rounds.next() else { break };
            let names = wait::names(&missing);
            if names != told {
                self.tell(&format!("waiting for {names}"));
                told = names;
            }
            round.close().await;
            stopping.pause(pause).await;
            round = self.checks.start(self.waiting.compares(), self.rounds.remaining());
            self.progress.begin_again();
        }
        self.progress.clear();
        self.finish(round, began.elapsed(), stopping.asked).await
    }

    /// One round, to its end. When the time is almost over, one that keeps what failed in it from being looked at again is
    /// left off.
    async fn follow(&mut self, round: &mut Round, stopping: &mut Stopping) -> Result<(), u8> {
        let mut ticks = interval(TICK);
        let mut last_look = self.rounds.last_look();
        if stopping.asked.is_some() {
            round.interrupt();
        }
        loop {
            tokio::select! {
                event = round.next() => {
                    let Some((check, event)) = event else { return Ok(()) };
                    self.take(check, event)?;
                }
                Ok(signal) = &mut stopping.first, if stopping.asked.is_none() => {
                    stopping.asked = Some(signal);
                    round.interrupt();
                }
                () = at(last_look) => {
                    last_look = None;
                    if self.checks.have_failed() {
                        self.rounds.look_a_last_time();
                        round.interrupt();
                    }
                }
                _ = ticks.tick() => self.progress.tick(),
            }
        }
    }

    async fn finish(self, round: Round, took: Duration, asked: Option<Signal>) -> Result<End, u8> {
        let missing = self.checks.missing();
        if let (Some(_), None, false) = (self.waiting.wait, asked, missing.is_empty()) {
            let seconds = took.as_secs_f64().round();
            complain(&format!("gave up after {seconds} s, still waiting for {}", wait::names(&missing)));
        }
        let mut judged = self.checks.judge();
        if let Some(count) = self.bad_lines {
            if judged.targets.is_empty() {
                // All of the list is the task of other shares.
                (judged.verdict, judged.exit_code) = (Verdict::Pass, 0);
            }
            judged.note_bad_lines(count, exit::BAD_LINES);
        }
        if let Some(signal) = asked {
            judged.exit_code = signal.exit_code();
        }
        let is_for_github = self.output.format == Format::Github || outputs::any(&self.files, Format::Github);
        // Files first: whoever reads standard output may be slow, or not read at all.
        let kept = outputs::write(self.files, &judged, self.output);
        let summed_up = !is_for_github || outputs::append_to_job_summary(&judged);
        // Lines that could not be printed on the way come all at once.
        let text = if self.output.format == Format::Jsonl && self.waiting.is_patient() {
            self.output.format.document(&judged, self.output)
        } else {
            self.output.format.render(&judged, self.output)
        };
        let printed = print(text);
        if goodbyes_are_near(&judged, took) {
            round.close().await;
        }
        printed?;
        if asked.is_some() || (kept && summed_up) {
            Ok(End::Judged { code: judged.exit_code, verdict: judged.verdict })
        } else {
            Err(exit::LOCAL)
        }
    }

    fn take(&mut self, check: usize, event: Event) -> Result<(), u8> {
        let mut finished = None;
        match &event {
            Event::Begun { .. } => {}
            Event::Planned { plan, .. } => self.progress.planned(plan.endpoints.len()),
            Event::Entered { target, index, stage } => {
                let place = Place { check, target: *target };
                if let Some(endpoint) = self.checks.endpoint(place, *index) {
                    self.progress.entered((self.checks.ordinal(place), *index), endpoint.port, *stage);
                }
            }
            Event::Tracing { target, index } => {
                let place = Place { check, target: *target };
                if let Some(endpoint) = self.checks.endpoint(place, *index) {
                    self.progress.traces((self.checks.ordinal(place), *index), endpoint.port);
                }
            }
            Event::Finished { target, index, .. } => {
                let place = Place { check, target: *target };
                self.progress.finished((self.checks.ordinal(place), *index));
                finished = Some((place, *index));
            }
        }
        self.checks.take(check, event);
        if let Some((place, index)) = finished
            && let (Some(endpoint), Some(state)) = (self.checks.endpoint(place, index), self.checks.state(place, index))
        {
            self.progress.knows(self.checks.ordinal(place), endpoint.port, state);
        }
        match finished {
            Some((place, _)) if self.output.format == Format::Jsonl && !self.waiting.is_patient() => {
                self.print_settled(place)
            }
            _ => Ok(()),
        }
    }

    /// The lines of the endpoints whose verdict nothing can change any more.
    fn print_settled(&mut self, place: Place) -> Result<(), u8> {
        for (typed, endpoint) in self.checks.settled(place) {
            let line = jsonl::endpoint(&typed, &endpoint, self.output.contents()).map_err(anyhow::Error::from);
            self.progress.suspend(|| print(line))?;
        }
        Ok(())
    }

    /// What goes on, for whoever waits.
    fn tell(&self, message: &str) {
        if self.waiting.wait.is_some() && !self.output.quiet {
            self.progress.suspend(|| complain(message));
        }
    }
}

/// Whether the last goodbyes are answered in next to no time. The answer to QUIT tells nothing, and servers far away are not
/// waited for: a round trip to them would be a good part of the run.
fn goodbyes_are_near(run: &JudgedRun, took: Duration) -> bool {
    const A_SMALL_PART: u32 = 32;
    const NOTHING: Duration = Duration::from_millis(2);
    let observations = run.targets.iter().flat_map(|target| &target.endpoints).map(|judged| &judged.observation);
    let stages = observations.flat_map(|observation| &observation.attempts).flat_map(|attempt| &attempt.stages);
    let connects = stages.filter(|record| record.stage == Stage::Connect && record.outcome == StageOutcome::Ok);
    let next_to_nothing = (took / A_SMALL_PART).max(NOTHING);
    connects.map(|record| record.duration).min().is_some_and(|round_trip| round_trip < next_to_nothing)
}

/// Waits for a moment, if there is one; else for ever.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

impl Stopping {
    /// Waits for so long, or until somebody asks to stop.
    async fn pause(&mut self, pause: Duration) {
        tokio::select! {
            () = sleep(pause) => {}
            Ok(signal) = &mut self.first, if self.asked.is_none() => self.asked = Some(signal),
        }
    }
}

pub(super) fn print(text: anyhow::Result<String>) -> Result<(), u8> {
    match text {
        Ok(text) => output::write(text.as_bytes()),
        Err(error) => Err(complain_and(&format!("{error:#}"), exit::LOCAL)),
    }
}

pub(super) fn log_to_stderr(level: LogLevel) {
    let level = match level {
        LogLevel::Error => tracing::Level::ERROR,
        LogLevel::Warn => tracing::Level::WARN,
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Debug => tracing::Level::DEBUG,
        LogLevel::Trace => tracing::Level::TRACE,
    };
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .finish();
    // In a process that runs the command twice, the first choice stands.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
