//! The commands themselves.

use std::io::{self, IsTerminal};

use tokio::runtime;
use tokio::time::interval;

use super::args::{Format, LogLevel, Output, Probe};
use super::progress::{Progress, TICK};
use super::signals::{self, Signal};
use super::{complain, exit, output};
use crate::diagnosis::reference::{self, Subject};
use crate::gathering::Gathering;
use crate::policy::JudgedRun;
use crate::probe::{Event, Prober, Run};
use crate::report::human::Detail;
use crate::report::model::Contents;
use crate::report::{explain, human, json, jsonl, ports};

/// `mailprobe ports`
pub(super) fn ports(wanted: Output) -> u8 {
    let text = match wanted.format {
        Format::Human => Ok(ports::text(output::style(wanted.color))),
        Format::Json | Format::Jsonl => ports::json(),
    };
    print(text).err().unwrap_or(0)
}

/// `mailprobe explain [NAME]`
pub(super) fn explain(subject: Option<&Subject>, wanted: Output) -> u8 {
    let style = output::style(wanted.color);
    let text = match (wanted.format, subject) {
        (Format::Human, Some(subject)) => Ok(explain::text(subject, style)),
        (Format::Human, None) => Ok(explain::list(style)),
        (Format::Json | Format::Jsonl, Some(subject)) => explain::json(std::slice::from_ref(subject)),
        (Format::Json | Format::Jsonl, None) => explain::json(&reference::subjects()),
    };
    print(text).err().unwrap_or(0)
}

/// `mailprobe TARGET...`
pub(super) fn probe(request: Probe) -> u8 {
    if let Some(level) = request.output.log {
        log_to_stderr(level);
    }
    let prober = match Prober::new(request.options) {
        Ok(prober) => prober,
        Err(error) => {
            complain(&error.to_string());
            return exit::USAGE;
        }
    };
    let runtime = match runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("this machine could not start mailprobe's threads: {error}"));
            return exit::LOCAL;
        }
    };
    let session = Session {
        gathering: Gathering::new(&request.targets, request.wishes),
        output: request.output,
        progress: Progress::new(!request.output.quiet && request.output.log.is_none()),
    };
    let code = runtime.block_on(async { session.drive(prober.start(request.targets)).await });
    // A name lookup of the operating system's may still hang in a thread: nobody waits for it.
    runtime.shutdown_background();
    code
}

/// A run, what is known of it so far, and where its results go.
struct Session {
    gathering: Gathering,
    output: Output,
    progress: Progress,
}

impl Session {
    /// Follows the run to its end, prints the results, and says how to exit.
    async fn drive(mut self, mut run: Run) -> u8 {
        let mut first_signal = match signals::watch() {
            Ok(first) => first,
            Err(error) => {
                complain(&format!("this system does not let mailprobe notice Ctrl-C: {error}"));
                return exit::LOCAL;
            }
        };
        let mut ticks = interval(TICK);
        let mut asked_to_stop: Option<Signal> = None;
        loop {
            tokio::select! {
                event = run.next() => {
                    let Some(event) = event else { break };
                    if let Err(code) = self.take(event) {
                        return code;
                    }
                }
                Ok(signal) = &mut first_signal, if asked_to_stop.is_none() => {
                    asked_to_stop = Some(signal);
                    run.interrupt();
                }
                _ = ticks.tick() => self.progress.tick(),
            }
        }
        self.progress.clear();
        let judged = self.gathering.judge(run.started, run.elapsed());
        let written = print(render(&judged, self.output));
        run.part().await;
        match (written, asked_to_stop) {
            (Err(code), _) => code,
            (Ok(()), Some(signal)) => signal.exit_code(),
            (Ok(()), None) => judged.exit_code,
        }
    }

    fn take(&mut self, event: Event) -> Result<(), u8> {
        let mut finished = None;
        match &event {
            Event::Planned { plan, .. } => self.progress.planned(plan.endpoints.len()),
            Event::Entered { target, index, stage } => {
                if let Some(endpoint) = self.gathering.endpoint(*target, *index) {
                    self.progress.entered((*target, *index), endpoint.port, *stage);
                }
            }
            Event::Tracing { target, index } => {
                if let Some(endpoint) = self.gathering.endpoint(*target, *index) {
                    self.progress.traces((*target, *index), endpoint.port);
                }
            }
            Event::Finished { target, index, .. } => {
                self.progress.finished((*target, *index));
                finished = Some(*target);
            }
        }
        self.gathering.take(event);
        match finished {
            Some(target) if self.output.format == Format::Jsonl => self.print_settled(target),
            _ => Ok(()),
        }
    }

    /// The lines of the endpoints whose verdict nothing can change any more.
    fn print_settled(&mut self, target: usize) -> Result<(), u8> {
        for (typed, endpoint) in self.gathering.settled(target) {
            let line = jsonl::endpoint(&typed, &endpoint, contents(self.output));
            self.progress.suspend(|| print(line))?;
        }
        Ok(())
    }
}

fn render(run: &JudgedRun, wanted: Output) -> serde_json::Result<String> {
    match wanted.format {
        Format::Human => Ok(human::render(run, output::style(wanted.color), detail(wanted))),
        Format::Json => json::render(run, contents(wanted)),
        Format::Jsonl => jsonl::summary(run),
    }
}

pub(super) fn detail(wanted: Output) -> Detail {
    match (wanted.verbose, wanted.quiet) {
        (true, _) => Detail::Verbose,
        (_, true) => Detail::Quiet,
        _ => Detail::Normal,
    }
}

pub(super) fn contents(wanted: Output) -> Contents {
    Contents { transcript: wanted.transcript }
}

pub(super) fn print(text: serde_json::Result<String>) -> Result<(), u8> {
    match text {
        Ok(text) => output::write(text.as_bytes()),
        Err(error) => {
            complain(&format!("the results could not be put into JSON: {error}"));
            Err(exit::LOCAL)
        }
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
