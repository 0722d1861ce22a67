//! `mailprobe blocked`: its arguments, and following the investigation to its answer.

use clap::Args;
use tokio::runtime::Builder;
use tokio::time::interval;

use super::args::Output;
use super::exit::End;
use super::format::Format;
use super::progress::{Progress, TICK};
use super::run::{log_to_stderr, print};
use super::signals::{self, Signal};
use super::{complain, exit, output, threads};
use crate::blocked::{BlockedRun, Investigation, InvestigationEvent as Event, InvestigationOptions, Reference};
use crate::policy::JudgedTarget;
use crate::probe::Options;
use crate::report::{blocked as documents, human, jsonl, request};
use crate::target::Host;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Your own mail host, instead of those of well-known domains
    #[arg(value_name = "HOST")]
    hosts: Vec<String>,

    /// Try the mail host of this domain instead of the built-in ones; may be repeated
    #[arg(long, value_name = "DOMAIN", conflicts_with = "hosts")]
    reference: Vec<String>,

    /// Try 465 and 587 of this host instead of the built-in ones; may be repeated
    #[arg(long, value_name = "HOST", conflicts_with = "hosts")]
    submission_host: Vec<String>,

    /// Print a message to a support desk that says what was measured
    #[arg(long)]
    request: bool,
}

/// An investigation, ready to be started.
#[derive(Debug)]
pub(super) struct Blocked {
    question: InvestigationOptions,
    /// Whether the message to a support desk is wanted.
    request: bool,
    output: Output,
}

impl Arguments {
    pub(super) fn into_request(self, probing: Options, strict: bool, output: Output) -> Result<Blocked, String> {
        let mut question = InvestigationOptions::new(hosts(&self.hosts)?, probing);
        if !self.reference.is_empty() {
            let references = self.reference.iter().map(|text| {
                text.parse::<Reference>().map_err(|error| format!("--reference {text:?} cannot be used: {error}"))
            });
            question.references = references.collect::<Result<_, _>>()?;
        }
        if !self.submission_host.is_empty() {
            question.submission_hosts = hosts(&self.submission_host)?;
        }
        question.request_wanted = self.request;
        question.strict = strict;
        Ok(Blocked { question, request: self.request, output })
    }
}

fn hosts(typed: &[String]) -> Result<Vec<Host>, String> {
    let host = |text: &String| {
        text.parse::<Host>().map_err(|_| format!("write a host alone, as in mail.example.org, in place of {text:?}"))
    };
    typed.iter().map(host).collect()
}

/// `mailprobe blocked [HOST]...`
pub(super) fn run(wanted: Blocked) -> End {
    if let Some(level) = wanted.output.log {
        log_to_stderr(level);
    }
    let Blocked { question, request, output } = wanted;
    let end = threads::run_in(Builder::new_multi_thread(), async {
        match Investigation::start(question) {
            Ok(investigation) => {
                let progress = Progress::new(!output.quiet && output.log.is_none());
                Session { output, request, progress }.follow(investigation).await
            }
            Err(error) => {
                complain(&error.to_string());
                Err(exit::USAGE)
            }
        }
    });
    end.unwrap_or_else(End::Code)
}

/// Where the results of an investigation go.
struct Session {
    output: Output,
    request: bool,
    progress: Progress,
}

impl Session {
    async fn follow(mut self, mut investigation: Investigation) -> Result<End, u8> {
        let mut first_signal = match signals::watch() {
            Ok(first) => first,
            Err(error) => {
                complain(&format!("this system does not let mailprobe notice Ctrl-C: {error}"));
                return Err(exit::LOCAL);
            }
        };
        let mut ticks = interval(TICK);
        let mut asked_to_stop: Option<Signal> = None;
        let mut outcome: Option<Box<BlockedRun>> = None;
        while outcome.is_none() {
            tokio::select! {
                event = investigation.next() => match event {
                    Some(Event::Done(done)) => outcome = Some(done),
                    Some(event) => self.take(event)?,
                    None => break,
                },
                Ok(signal) = &mut first_signal, if asked_to_stop.is_none() => {
                    asked_to_stop = Some(signal);
                    investigation.interrupt();
                }
                _ = ticks.tick() => self.progress.tick(),
            }
        }
        self.progress.clear();
        let Some(mut outcome) = outcome else {
            complain("the investigation ended without an answer; please report this");
            return Err(exit::LOCAL);
        };
        if let Some(signal) = asked_to_stop {
            outcome.run.exit_code = signal.exit_code();
        }
        let written = print(self.render(&outcome));
        investigation.close().await;
        written?;
        Ok(End::Judged { code: outcome.run.exit_code, verdict: outcome.run.verdict })
    }

    fn take(&mut self, event: Event) -> Result<(), u8> {
        match event {
            Event::Planned(endpoints) => self.progress.planned(endpoints),
            Event::Entered(place, port, stage) => self.progress.entered(place, port, stage),
            Event::Finished(place) => self.progress.finished(place),
            Event::Tracing(place, port) => self.progress.traces(place, port),
            Event::Target(target) if self.output.format == Format::Jsonl => return self.print_endpoints(&target),
            Event::Target(_) | Event::Done(_) => {}
        }
        Ok(())
    }

    fn print_endpoints(&self, target: &JudgedTarget) -> Result<(), u8> {
        for endpoint in &target.endpoints {
            let line = jsonl::endpoint(&target.typed, endpoint, self.output.contents()).map_err(anyhow::Error::from);
            self.progress.suspend(|| print(line))?;
        }
        Ok(())
    }

    fn render(&self, outcome: &BlockedRun) -> anyhow::Result<String> {
        match self.output.format {
            Format::Json => Ok(documents::json(outcome, self.output.contents(), self.request)?),
            Format::Jsonl => Ok(documents::summary(outcome, self.request)?),
            // The other formats were refused at the beginning.
            _ => Ok(self.page(outcome)),
        }
    }

    /// The message alone where it is wanted, so that it can be sent as it is; the answer where there is nothing to ask.
    fn page(&self, outcome: &BlockedRun) -> String {
        if self.request {
            if let Some(message) = request::text(outcome) {
                return message;
            }
            complain("there is nothing to ask a support desk for; this is why:");
        }
        human::render_blocked(outcome, output::style(self.output.color), self.output.detail())
    }
}
