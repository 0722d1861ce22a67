//! `mailprobe blocked`: its arguments, and following the investigation to its answer.

use clap::Args;
use tokio::runtime::Builder;
use unicode_width::UnicodeWidthStr as _;

use super::console::{self, complain, fail, print};
use super::driver::{Driver, EventSource, Sink};
use super::exit::{self, End};
use super::output::{Format, Output};
use super::progress::{MESSAGE, PortProgress, Progress};
use super::threads;
use crate::blocked::{BlockedRun, Investigation, InvestigationEvent, InvestigationOptions, NotADomain};
use crate::probe::Options;
use crate::report::{blocked as documents, html, human, jsonl, request};
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

    /// Print a message to a support desk with what was measured
    #[arg(long)]
    request: bool,
}

#[derive(Debug)]
pub(super) struct Blocked {
    question: InvestigationOptions,
    output: Output,
}

impl Arguments {
    pub(super) fn into_request(self, probing: Options, strict: bool, output: Output) -> Result<Blocked, String> {
        let mut question = InvestigationOptions::new(hosts(&self.hosts)?, probing);
        if !self.reference.is_empty() {
            let reference = |text: &String| {
                text.parse().map_err(|error: NotADomain| format!("--reference {text:?} cannot be used: {error}"))
            };
            question.references = self.reference.iter().map(reference).collect::<Result<_, _>>()?;
        }
        if !self.submission_host.is_empty() {
            question.submission_hosts = hosts(&self.submission_host)?;
        }
        question.request_wanted = self.request;
        question.strict = strict;
        Ok(Blocked { question, output })
    }
}

fn hosts(typed: &[String]) -> Result<Vec<Host>, String> {
    let host = |text: &String| {
        text.parse().map_err(|_| format!("write only a host, as in mail.example.org, instead of {text:?}"))
    };
    typed.iter().map(host).collect()
}

pub(super) fn run(wanted: Blocked) -> Result<End, u8> {
    if let Some(level) = wanted.output.log {
        console::log(level);
    }
    threads::run_in(Builder::new_multi_thread(), wanted.drive())
}

impl Blocked {
    async fn drive(self) -> Result<End, u8> {
        let Self { question, output } = self;
        let request = question.request_wanted;
        let mut investigation = Investigation::start(question).map_err(|error| fail(error, exit::USAGE))?;
        let mut driver = Driver::start(Progress::new(output, MESSAGE))?;
        let mut sink = BlockedSink { output, ports: PortProgress::default(), so_far: Vec::new(), outcome: None };
        driver.follow(&mut investigation, &mut sink, None).await?;
        driver.progress.bar.finish_and_clear();
        let mut outcome =
            sink.outcome.ok_or_else(|| fail("the check ended without an answer; please report this", exit::LOCAL))?;
        if let Some(signal) = driver.asked_to_stop {
            outcome.run.exit_code = signal.exit_code();
        }
        let written = print(render(&outcome, output, request));
        investigation.close().await;
        written?;
        Ok(End::Judged { code: outcome.run.exit_code, verdict: outcome.run.verdict })
    }
}

impl EventSource for Investigation {
    type Event = InvestigationEvent;

    async fn next(&mut self) -> Option<InvestigationEvent> {
        Investigation::next(self).await
    }

    fn interrupt(&self) {
        Investigation::interrupt(self);
    }
}

struct BlockedSink {
    output: Output,
    ports: PortProgress,
    /// What is known before the answer, one thing of each family; it begins with the family.
    so_far: Vec<String>,
    outcome: Option<Box<BlockedRun>>,
}

impl Sink<InvestigationEvent> for BlockedSink {
    fn take(&mut self, event: InvestigationEvent, progress: &Progress) -> Result<(), u8> {
        let key = |(target, index)| (0, target, index);
        match event {
            InvestigationEvent::Planned(endpoints) => self.ports.planned(endpoints),
            InvestigationEvent::Entered(place, port, stage) => self.ports.waits(key(place), port, Some(stage)),
            InvestigationEvent::Awaits(place, until) => self.ports.waits_until(key(place), until),
            InvestigationEvent::Finished(place) => self.ports.finished(key(place)),
            InvestigationEvent::Tracing(place, port) => self.ports.waits(key(place), port, None),
            InvestigationEvent::Traced(place) => self.ports.traced(key(place)),
            InvestigationEvent::SoFar(words) => self.knows(words),
            InvestigationEvent::Target(target) if self.output.format == Format::Jsonl => {
                for endpoint in &target.endpoints {
                    let line = jsonl::endpoint(&target.typed, endpoint, self.output.contents());
                    progress.bar.suspend(|| print(line))?;
                }
            }
            InvestigationEvent::Target(_) => {}
            InvestigationEvent::Done(outcome) => self.outcome = Some(outcome),
        }
        Ok(())
    }

    fn show(&mut self, progress: &mut Progress) {
        let room = Progress::room();
        progress.show(with_what_is_known(&self.so_far, &self.ports.message(room), room));
    }
}

impl BlockedSink {
    /// Notes what is known of a family, in place of what was known of it before.
    fn knows(&mut self, words: String) {
        let family = |words: &str| words.split(':').next().map(str::to_owned);
        self.so_far.retain(|known| family(known) != family(&words));
        self.so_far.push(words);
    }
}

/// What is known first, then what is waited for, as far as there is room; the first alone where even that has none.
fn with_what_is_known(so_far: &[String], waits: &str, room: usize) -> String {
    let known = so_far.join("; ");
    let first = so_far.first().map_or("", String::as_str);
    let candidates = [format!("{known} ({waits})"), known, first.to_owned()];
    let fits = candidates.into_iter().find(|line| line.width() <= room);
    if so_far.is_empty() { waits.to_owned() } else { fits.unwrap_or_else(|| waits.to_owned()) }
}

fn render(outcome: &BlockedRun, output: Output, request: bool) -> anyhow::Result<String> {
    match output.format {
        Format::Json => Ok(documents::json(outcome, output.contents(), request)?),
        Format::Jsonl => Ok(documents::summary(outcome, request)?),
        Format::Html => Ok(html::render_blocked(outcome)),
        // The other formats were refused at the beginning.
        _ => Ok(page(outcome, output, request)),
    }
}

/// The message alone where it is wanted, so that it can be sent as it is; the answer where there is nothing to ask.
fn page(outcome: &BlockedRun, output: Output, request: bool) -> String {
    if request {
        if let Some(message) = request::text(outcome) {
            return message;
        }
        complain("there is nothing to ask a support desk for; the reason is:");
    }
    human::render_blocked(outcome, console::style(output.color), output.detail())
}
