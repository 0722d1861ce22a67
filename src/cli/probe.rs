//! `mailprobe TARGET...`: the checks of a command line or a file, round by round, and their results.

use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::Builder;

use super::args::Probe;
use super::checks::{Check, Checks, Place, Round};
use super::console::{self, complain, complain_and, print};
use super::driver::{Driver, Sink};
use super::exit::{self, End};
use super::format::Format;
use super::list::{self, List, ListError};
use super::output_options::OutputOptions;
use super::outputs::{self, Opened};
use super::progress::Progress;
use super::wait::{self, Rounds, WaitChoices};
use super::{config, dry_run, render, threads};
use crate::observation::{Stage, StageOutcome};
use crate::policy::{JudgedRun, Verdict};
use crate::probe::Event;
use crate::report::jsonl;

/// `mailprobe TARGET...`
pub(super) fn probe(request: Probe) -> End {
    start(request).unwrap_or_else(End::Code)
}

fn start(request: Probe) -> Result<End, u8> {
    request.output.start_log();
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
        return console::write(dry_run::describe(&checks).as_bytes()).map(|()| End::Code(0));
    }
    let checks = Checks::new(checks, &request.waiting);
    let session = Session {
        checks: checks.map_err(|error| complain_and(&error.to_string(), exit::USAGE))?,
        bad_lines,
        output: request.output,
        files: outputs::open(&request.files).map_err(|message| complain_and(&message, exit::LOCAL))?,
        rounds: Rounds::begin(&request.waiting, deadline),
        waiting: request.waiting,
        progress: Progress::of_endpoints(request.output.shows_progress()),
    };
    threads::run_in(Builder::new_multi_thread(), session.run())
}

/// `--targets FILE --dry-run`
fn describe_list(list: &List, check: &Check) -> Result<(), u8> {
    let mut between = "";
    let read = list.read(|target| {
        let check = Check { targets: vec![target], ..check.clone() };
        let text = format!("{between}{}", dry_run::describe(&[check]));
        between = "\n";
        console::write(text.as_bytes())
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

/// What is known of a run so far, and where its results go.
struct Session {
    checks: Checks,
    /// How many lines of the list that named the targets are none.
    bad_lines: Option<usize>,
    output: OutputOptions,
    files: Vec<Opened>,
    rounds: Rounds,
    waiting: WaitChoices,
    progress: Progress,
}

impl Session {
    /// Follows round after round, prints the results, and says how to exit.
    async fn run(mut self) -> Result<End, u8> {
        let mut driver = Driver::start()?;
        let (started, began) = (SystemTime::now(), Instant::now());
        let mut told = String::new();
        let round = loop {
            let mut round = self.checks.start(self.waiting.compares(), self.rounds.remaining());
            let last_look = self.rounds.last_look();
            driver.follow(&mut round, &mut self, last_look).await?;
            self.checks.ended(started, began);
            if self.prints_lines() {
                self.print_settled(None)?;
            }
            let missing = self.checks.missing();
            if missing.is_empty() || driver.asked_to_stop().is_some() {
                break round;
            }
            let Some(pause) = self.rounds.next() else { break round };
            let names = wait::names(&missing);
            if names != told {
                self.tell(&format!("waiting for {names}"));
                told = names;
            }
            round.close().await;
            driver.pause(pause).await;
            self.progress.begin_again();
        };
        self.progress.clear();
        self.finish(round, began.elapsed(), &driver).await
    }

    async fn finish(self, round: Round, took: Duration, driver: &Driver) -> Result<End, u8> {
        let asked = driver.asked_to_stop();
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
            render::document(self.output.format, &judged, self.output)
        } else {
            render::printed(self.output.format, &judged, self.output)
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

    /// Whether results are printed as they come.
    fn prints_lines(&self) -> bool {
        self.output.format == Format::Jsonl && !self.waiting.is_patient()
    }

    /// The lines of the endpoints whose verdict nothing can change any more: those of one target, or of all.
    fn print_settled(&mut self, place: Option<Place>) -> Result<(), u8> {
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

impl Sink<(usize, Event)> for Session {
    fn take(&mut self, (check, event): (usize, Event)) -> Result<(), u8> {
        let place = |target| Place { check, target };
        let mut finished = None;
        match &event {
            Event::Begun { .. } => {}
            Event::Planned { plan, .. } => self.progress.planned(plan.endpoints.len()),
            Event::Entered { target, index, stage } => {
                if let Some((key, port)) = self.checks.endpoint(place(*target), *index) {
                    self.progress.entered(key, port, *stage);
                }
            }
            Event::Tracing { target, index } => {
                if let Some((key, port)) = self.checks.endpoint(place(*target), *index) {
                    self.progress.traces(key, port);
                }
            }
            Event::Finished { target, index, .. } => finished = Some((place(*target), *index)),
        }
        self.checks.take(check, event);
        let Some((place, index)) = finished else { return Ok(()) };
        if let Some((key, port)) = self.checks.endpoint(place, index) {
            self.progress.finished(key);
            if let Some(state) = self.checks.state(place, index) {
                self.progress.knows(key.0, port, state);
            }
        }
        if self.prints_lines() { self.print_settled(Some(place)) } else { Ok(()) }
    }

    fn tick(&mut self) {
        self.progress.show_endpoints();
    }

    fn wants_last_look(&mut self) -> bool {
        let wants = self.checks.have_failed();
        if wants {
            self.rounds.look_a_last_time();
        }
        wants
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
