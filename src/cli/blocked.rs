//! `mailprobe blocked`: its arguments, and following the investigation to its answer.

use clap::Args;
use tokio::runtime::Builder;

use super::console::{complain, complain_and, print, style};
use super::driver::{Driver, Sink, Source};
use super::exit::{self, End};
use super::format::Format;
use super::output_options::OutputOptions;
use super::progress::Progress;
use super::threads;
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
    output: OutputOptions,
}

impl Arguments {
    pub(super) fn into_request(self, probing: Options, strict: bool, output: OutputOptions) -> Result<Blocked, String> {
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
    wanted.output.start_log();
    let Blocked { question, request, output } = wanted;
    let end = threads::run_in(Builder::new_multi_thread(), async {
        let investigation =
            Investigation::start(question).map_err(|error| complain_and(&error.to_string(), exit::USAGE))?;
        let progress = Progress::of_endpoints(output.shows_progress());
        Session { output, request, progress, answer: None }.follow(Asking { investigation, answered: false }).await
    });
    end.unwrap_or_else(End::Code)
}

/// An investigation, followed until its answer. Connections may be open for a moment longer.
struct Asking {
    investigation: Investigation,
    answered: bool,
}

impl Source for Asking {
    type Event = Event;

    async fn next(&mut self) -> Option<Event> {
        if self.answered {
            return None;
        }
        let event = self.investigation.next().await;
        self.answered = matches!(event, Some(Event::Done(_)));
        event
    }

    fn interrupt(&self) {
        self.investigation.interrupt();
    }
}

/// Where the results of an investigation go.
struct Session {
    output: OutputOptions,
    request: bool,
    progress: Progress,
    answer: Option<Box<BlockedRun>>,
}

impl Session {
    async fn follow(mut self, mut asking: Asking) -> Result<End, u8> {
        let mut driver = Driver::start()?;
        driver.follow(&mut asking, &mut self, None).await?;
        self.progress.clear();
        let Some(mut answer) = self.answer.take() else {
            return Err(complain_and("the investigation ended without an answer; please report this", exit::LOCAL));
        };
        if let Some(signal) = driver.asked_to_stop() {
            answer.run.exit_code = signal.exit_code();
        }
        let written = print(self.render(&answer));
        asking.investigation.close().await;
        written?;
        Ok(End::Judged { code: answer.run.exit_code, verdict: answer.run.verdict })
    }

    fn print_endpoints(&self, target: &JudgedTarget) -> Result<(), u8> {
        for endpoint in &target.endpoints {
            let line = jsonl::endpoint(&target.typed, endpoint, self.output.contents()).map_err(anyhow::Error::from);
            self.progress.suspend(|| print(line))?;
        }
        Ok(())
    }

    fn render(&self, answer: &BlockedRun) -> anyhow::Result<String> {
        match self.output.format {
            Format::Json => Ok(documents::json(answer, self.output.contents(), self.request)?),
            Format::Jsonl => Ok(documents::summary(answer, self.request)?),
            // The other formats were refused at the beginning.
            _ => Ok(self.page(answer)),
        }
    }

    /// The message alone where it is wanted, so that it can be sent as it is; the answer where there is nothing to ask.
    fn page(&self, answer: &BlockedRun) -> String {
        if self.request {
            if let Some(message) = request::text(answer) {
                return message;
            }
            complain("there is nothing to ask a support desk for; this is why:");
        }
        human::render_blocked(answer, style(self.output.color), self.output.detail())
    }
}

impl Sink<Event> for Session {
    fn take(&mut self, event: Event) -> Result<(), u8> {
        match event {
            Event::Planned(endpoints) => self.progress.planned(endpoints),
            Event::Entered(place, port, stage) => self.progress.entered(place, port, stage),
            Event::Finished(place) => self.progress.finished(place),
            Event::Tracing(place, port) => self.progress.traces(place, port),
            Event::Target(target) if self.output.format == Format::Jsonl => return self.print_endpoints(&target),
            Event::Target(_) => {}
            Event::Done(answer) => self.answer = Some(answer),
        }
        Ok(())
    }

    fn tick(&mut self) {
        self.progress.show_endpoints();
    }
}
