//! `--watch`: the same check again and again, and what changes. On a terminal the latest state stands in one place; elsewhere
//! a line is written for each change, or, as JSON, all of each round.

mod changes;
mod live;
mod record;
mod screen;

use std::io::{self, IsTerminal};
use std::time::{Duration, SystemTime};

use clap::Args;
use tokio::time::Instant;

use self::changes::status;
use self::live::Live;
use self::record::{Arrow, WatchRecord, stamp};
use super::checks::Checks;
use super::console::{self, print, write};
use super::driver::{Driver, Sink};
use super::exit::End;
use super::output::{Format, Output};
use super::progress::{MESSAGE, PortProgress, Progress};
use super::render;
use super::values::duration;
use crate::policy::{JudgedEndpoint, Report};
use crate::probe::Event;
use crate::report::jsonl;
use crate::report::sanitize::{Charset, escape};

/// The least time from the beginning of a round to that of the next, and from the end of a round as well.
const LEAST: Duration = Duration::from_secs(1);

/// How often a screen is looked at while nothing happens: it may have another size.
const LOOK: Duration = Duration::from_millis(200);

#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Time")]
pub(super) struct WatchChoices {
    /// Check again and again, so often (at least every 1s), and show what changes, until Ctrl-C or --deadline
    #[arg(long, value_name = "TIME", value_parser = interval)]
    pub(super) watch: Option<Duration>,
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    if interval < LEAST { Err("write at least 1s, as in 30s".to_owned()) } else { Ok(interval) }
}

impl WatchChoices {
    /// What it cannot be used with, if that is given.
    pub(super) fn refuses(self, beside: &AskedBesideWatch) -> Result<(), String> {
        let mistake = if self.watch.is_none() {
            return Ok(());
        } else if beside.list {
            "--watch is for targets on the command line or in --config: leave out --targets"
        } else if beside.login {
            "--watch checks again and again: leave out --login, since logins in a row lock accounts"
        } else if beside.waits {
            "--watch goes on by itself: leave out --wait and --retries (MAILPROBE_WAIT and MAILPROBE_RETRIES)"
        } else if beside.files {
            "--watch has no end at which files could be written: leave out --output"
        } else if !matches!(beside.format, Format::Human | Format::Jsonl) {
            "--watch writes only --format human or jsonl: the others need an end"
        } else {
            return Ok(());
        };
        Err(mistake.to_owned())
    }
}

/// What else is asked for.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct AskedBesideWatch {
    pub(super) list: bool,
    pub(super) login: bool,
    pub(super) waits: bool,
    pub(super) files: bool,
    pub(super) format: Format,
}

pub(super) struct WatchRun {
    pub(super) checks: Checks,
    pub(super) interval: Duration,
    pub(super) deadline: Option<Duration>,
    pub(super) output: Output,
}

impl WatchRun {
    /// Checks round by round until somebody asks to stop or the time is over. Says how to exit.
    pub(super) async fn drive(self) -> Result<End, u8> {
        let Self { checks, interval, deadline, output } = self;
        let began = Instant::now();
        let end = deadline.map(|limit| began + limit);
        let left = |at: Instant| end.map(|end| end.saturating_duration_since(at));
        let mut driver = Driver::start(Progress::new(Output { quiet: true, ..output }, MESSAGE))?;
        let mut sink = WatchSink::new(checks, output)?;
        let mut last: Option<Report> = None;
        loop {
            let (round_began, started) = (Instant::now(), SystemTime::now());
            let mut round = sink.checks.start(false, left(round_began));
            sink.ports = PortProgress::default();
            driver.follow(&mut round, &mut sink, None).await?;
            sink.checks.end_round();
            let rest = sink.checks.settled();
            sink.print_lines(&rest)?;
            let mut report = sink.checks.judge_round(started, round_began.elapsed());
            let is_over = end.is_some_and(|end| Instant::now() >= end);
            // What was cut off says nothing of the servers.
            let is_complete = driver.asked_to_stop.is_none() && !is_over;
            if let Some(signal) = driver.asked_to_stop {
                report.exit_code = signal.exit_code();
            }
            if is_complete {
                sink.take_round(&report)?;
            } else {
                sink.take_rest(&report)?;
            }
            if is_complete || last.is_none() {
                last = Some(report);
            }
            let next = (round_began + interval).max(Instant::now() + LEAST);
            if is_complete {
                round.close().await;
                sink.rest_until(next.min(end.unwrap_or(next)), &mut driver).await?;
            }
            if driver.asked_to_stop.is_some() || end.is_some_and(|end| Instant::now() >= end) {
                break;
            }
        }
        let Some(report) = last else { return Ok(End::Code(0)) };
        sink.finish(&report, began.elapsed())?;
        let code = driver.asked_to_stop.map_or(report.exit_code, super::signals::Signal::exit_code);
        Ok(End::Judged { code, verdict: report.verdict })
    }
}

struct WatchSink {
    checks: Checks,
    ports: PortProgress,
    output: Output,
    record: WatchRecord,
    /// On a terminal.
    live: Option<Live>,
    /// Why nothing can be drawn any more: an exit code.
    broken: Option<u8>,
}

impl WatchSink {
    fn new(checks: Checks, output: Output) -> Result<Self, u8> {
        let is_live = output.format == Format::Human && can_be_drawn_on(output);
        let live = if is_live { Some(Live::new(output)?) } else { None };
        let has_unicode = is_live && console::style(output.color).unicode;
        let record = WatchRecord::new(if has_unicode { Arrow::Unicode } else { Arrow::Ascii });
        Ok(Self { checks, ports: PortProgress::default(), output, record, live, broken: None })
    }

    /// Of JSON lines, those of endpoints, with their targets as typed.
    fn print_lines(&self, settled: &[(String, JudgedEndpoint)]) -> Result<(), u8> {
        if self.output.format != Format::Jsonl {
            return Ok(());
        }
        let contents = self.output.contents();
        settled.iter().try_for_each(|(typed, endpoint)| print(jsonl::endpoint(typed, endpoint, contents)))
    }

    /// Takes what came of a round that was not cut off.
    fn take_round(&mut self, report: &Report) -> Result<(), u8> {
        let changes = self.record.take(status(report), report.started);
        if self.output.format == Format::Jsonl {
            return print(jsonl::summary(report));
        }
        if let Some(live) = &mut self.live {
            live.take_round(report, &changes);
            return Ok(());
        }
        if self.record.rounds() == 1 {
            return print(render::printed(report, self.output));
        }
        let at = stamp(report.started);
        let lines = changes.iter().map(|change| format!("{at} {} {}", change.place, change.words(Arrow::Ascii.text())));
        write(in_lines(lines, Charset::Unicode).as_bytes())
    }

    /// Takes what came of a round that was cut off: a program is told that it is over.
    fn take_rest(&mut self, report: &Report) -> Result<(), u8> {
        if self.output.format == Format::Jsonl { print(jsonl::summary(report)) } else { Ok(()) }
    }

    /// Waits until then, or until somebody asks to stop.
    async fn rest_until(&mut self, next: Instant, driver: &mut Driver) -> Result<(), u8> {
        while driver.asked_to_stop.is_none() {
            let left = next.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            if let Some(live) = &mut self.live {
                live.show_rest(left, &self.record)?;
            }
            driver.pause(if self.live.is_some() { left.min(LOOK) } else { left }).await;
        }
        Ok(())
    }

    /// Leaves the last state, and what changed.
    fn finish(&mut self, report: &Report, watched: Duration) -> Result<(), u8> {
        if self.output.format == Format::Jsonl {
            return Ok(());
        }
        let charset = match &mut self.live {
            Some(live) => live.leave()?,
            None => Charset::Unicode,
        };
        // Elsewhere the first round stands there, and what changed since.
        if self.live.is_some() || self.record.rounds() == 0 {
            print(render::printed(report, self.output))?;
        }
        let summary = in_lines(self.record.summary(watched), charset);
        write(format!("\n{summary}").as_bytes())
    }
}

impl Sink<(usize, Event)> for WatchSink {
    fn take(&mut self, event: (usize, Event), _progress: &Progress) -> Result<(), u8> {
        if let Some(code) = self.broken {
            return Err(code);
        }
        let Some((check, target)) = self.checks.take(event, &mut self.ports) else { return Ok(()) };
        if self.output.format != Format::Jsonl {
            return Ok(());
        }
        let settled = self.checks.settled_of(check, target);
        self.print_lines(&settled)
    }

    fn show(&mut self, _progress: &mut Progress) {
        let Some(live) = self.live.as_mut().filter(|_| self.broken.is_none()) else { return };
        self.broken = live.show_round(&self.ports, &self.record).err();
    }
}

/// One to a line, whatever is in them.
fn in_lines(lines: impl IntoIterator<Item = String>, charset: Charset) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(&escape(&line, charset));
        text.push('\n');
    }
    text
}

/// Whether standard output is a terminal that takes orders, and nothing else is written on it.
fn can_be_drawn_on(output: Output) -> bool {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    // Older consoles of Windows show the orders as they are.
    let takes_orders = !cfg!(windows) || ::console::Term::stdout().features().colors_supported();
    let has_log = output.log.is_some() && io::stderr().is_terminal();
    io::stdout().is_terminal() && !is_dumb && takes_orders && !has_log
}
