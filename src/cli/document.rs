//! Results that are kept, judged as a whole and written at the end; as JSON lines also on the way.

use std::time::{Duration, Instant, SystemTime};

use super::checks::Checks;
use super::console::{complain, print};
use super::driver::{Driver, Sink};
use super::exit::{self, End};
use super::files::{self, OpenFile};
use super::output::{Format, Output};
use super::progress::{MESSAGE, PortProgress, Progress};
use super::render;
use super::uncounted;
use super::wait::{self, Rounds, WaitChoices};
use crate::observation::{Stage, StageOutcome};
use crate::policy::{JudgedEndpoint, Report, Verdict};
use crate::probe::Event;
use crate::report::jsonl;

pub(super) struct DocumentRun {
    pub(super) checks: Checks,
    /// How many lines of the list that named the targets are none.
    pub(super) bad_lines: Option<usize>,
    pub(super) output: Output,
    pub(super) files: Vec<OpenFile>,
    pub(super) rounds: Rounds,
    pub(super) waiting: WaitChoices,
}

impl DocumentRun {
    /// Follows the run, round by round, prints the results, and says how to exit.
    pub(super) async fn drive(self) -> Result<End, u8> {
        let Self { checks, bad_lines, output, files, rounds, waiting } = self;
        let mut driver = Driver::start(Progress::new(output, MESSAGE))?;
        let (started, began) = (SystemTime::now(), Instant::now());
        // Lines whose verdict another round may change come all at once.
        let prints_lines = output.format == Format::Jsonl && !waiting.is_patient();
        let mut sink = DocumentSink { checks, rounds, ports: PortProgress::default(), prints_lines, output };
        let mut told = String::new();
        let (round, took) = loop {
            let mut round = sink.checks.start(waiting.compares(), sink.rounds.remaining());
            sink.ports = PortProgress::default();
            let last_look = sink.rounds.last_look();
            driver.follow(&mut round, &mut sink, last_look).await?;
            let took = began.elapsed();
            sink.checks.end_round();
            let rest = sink.checks.settled();
            sink.print_lines(&rest, &driver.progress)?;
            let missing = sink.checks.missing();
            if missing.is_empty() || driver.asked_to_stop.is_some() {
                break (round, took);
            }
            let Some(pause) = sink.rounds.next() else { break (round, took) };
            let names = wait::names(&missing);
            if names != told && waiting.wait.is_some() && !output.quiet {
                driver.progress.bar.suspend(|| complain(format!("waiting for {names}")));
            }
            told = names;
            round.close().await;
            driver.pause(pause).await;
        };
        driver.progress.bar.finish_and_clear();
        let (checks, asked) = (sink.checks, driver.asked_to_stop);
        let missing = checks.missing();
        if waiting.wait.is_some() && asked.is_none() && !missing.is_empty() {
            let seconds = began.elapsed().as_secs_f64().round();
            complain(format!("gave up after {seconds} s, still waiting for {}", wait::names(&missing)));
        }
        let mut judged = checks.judge(started, took);
        if let Some(count) = bad_lines {
            if judged.targets.is_empty() {
                // All of the list is the task of other shares.
                (judged.verdict, judged.exit_code) = (Verdict::Pass, 0);
            }
            judged.note_bad_lines(count, exit::BAD_LINES);
        }
        if let Some(signal) = asked {
            judged.exit_code = signal.exit_code();
        }
        if let Some(note) = uncounted::note(&judged, output, &files) {
            complain(note);
        }
        let is_for_github = output.format == Format::Github || files::any(&files, Format::Github);
        // Files first: whoever reads standard output may be slow, or not read at all.
        let kept = files::write(files, &judged, output);
        let summed_up = !is_for_github || files::append_to_job_summary(&judged);
        let has_lines_left = output.format == Format::Jsonl && !prints_lines;
        let printed = print(if has_lines_left {
            render::document(output.format, &judged, output)
        } else {
            render::printed(&judged, output)
        });
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
}

struct DocumentSink {
    checks: Checks,
    rounds: Rounds,
    ports: PortProgress,
    /// Whether to print a line for an endpoint whose verdict nothing can change any more.
    prints_lines: bool,
    output: Output,
}

impl DocumentSink {
    /// Prints the lines of endpoints, with their targets as typed, where lines are printed on the way.
    fn print_lines(&self, settled: &[(String, JudgedEndpoint)], progress: &Progress) -> Result<(), u8> {
        for (typed, endpoint) in settled.iter().filter(|_| self.prints_lines) {
            let line = jsonl::endpoint(typed, endpoint, self.output.contents());
            progress.bar.suspend(|| print(line))?;
        }
        Ok(())
    }
}

impl Sink<(usize, Event)> for DocumentSink {
    fn take(&mut self, event: (usize, Event), progress: &Progress) -> Result<(), u8> {
        let Some((check, target)) = self.checks.take(event, &mut self.ports) else { return Ok(()) };
        if !self.prints_lines {
            return Ok(());
        }
        let settled = self.checks.settled_of(check, target);
        self.print_lines(&settled, progress)
    }

    fn show(&mut self, progress: &mut Progress) {
        progress.show(self.ports.message(Progress::room()));
    }

    /// When the time is almost over, a round that keeps what failed in it from being looked at again is left off.
    fn cuts_off(&mut self) -> bool {
        let have_failed = self.checks.missing().iter().any(|(_, state)| state.is_some());
        if have_failed {
            self.rounds.look_a_last_time();
        }
        have_failed
    }
}

/// Whether the last goodbyes are answered in next to no time. The answer to QUIT tells nothing, and servers far away are not
/// waited for: a round trip to them would be a good part of the run.
fn goodbyes_are_near(run: &Report, took: Duration) -> bool {
    const A_SMALL_PART: u32 = 32;
    const NOTHING: Duration = Duration::from_millis(2);
    let observations = run.targets.iter().flat_map(|target| &target.endpoints).map(|judged| &judged.observation);
    let stages = observations.flat_map(|observation| &observation.attempts).flat_map(|attempt| &attempt.stages);
    let connects = stages.filter(|record| record.stage == Stage::Connect && record.outcome == StageOutcome::Ok);
    let next_to_nothing = (took / A_SMALL_PART).max(NOTHING);
    connects.map(|record| record.duration).min().is_some_and(|round_trip| round_trip < next_to_nothing)
}
