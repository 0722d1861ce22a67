//! Asking: what is to be found out, and what happens on the way to the answer.

use std::path::PathBuf;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::answer::Outcome;
use super::cloud::DMI;
use super::inquiry::Inquiry;
use super::references::{Reference, SUBMISSION_HOSTS};
use crate::observation::Stage;
use crate::policy::JudgedTarget;
use crate::probe;
use crate::target::Host;
use crate::transport::trust::TrustError;

/// What is to be found out, and how.
#[derive(Debug, Clone)]
pub struct Question {
    /// The user's own hosts; where there are none, the references are tried.
    pub hosts: Vec<Host>,
    /// Mail domains of different operators.
    pub references: Vec<Reference>,
    /// Hosts at which mail programs hand in mail.
    pub submission_hosts: Vec<Host>,
    /// How to probe. Which ports are probed is decided here.
    pub probing: probe::Options,
    /// Where this machine's firmware says who made it: on Linux [`DMI`].
    pub firmware: PathBuf,
    /// Whether the message to a support desk is wanted. It only keeps the advice from naming what was done.
    pub request_wanted: bool,
    /// Whether a warning beside an open port 25 makes the run fail.
    pub strict: bool,
}

impl Question {
    /// The built-in references and submission hosts.
    pub fn new(hosts: Vec<Host>, probing: probe::Options) -> Self {
        Self {
            hosts,
            references: Reference::defaults(),
            submission_hosts: SUBMISSION_HOSTS.iter().map(|host| Host::Name((*host).to_owned())).collect(),
            probing,
            firmware: PathBuf::from(DMI),
            request_wanted: false,
            strict: false,
        }
    }
}

/// What happens on the way to the answer.
#[derive(Debug)]
pub enum Event {
    /// So many more endpoints will be probed.
    Planned(usize),
    /// An endpoint, known by this pair of numbers, entered a stage.
    Entered((usize, usize), u16, Stage),
    /// An endpoint is finished.
    Finished((usize, usize)),
    /// The way to this endpoint's port is being traced.
    Tracing((usize, usize), u16),
    /// Nothing more will be learnt about a target.
    Target(Box<JudgedTarget>),
    /// The answer. This is the last event.
    Done(Box<Outcome>),
}

/// An investigation under way.
#[derive(Debug)]
pub struct Investigation {
    events: mpsc::UnboundedReceiver<Event>,
    interrupt: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Investigation {
    /// Begins. Nothing but files is touched before it returns.
    ///
    /// # Errors
    ///
    /// A file of trusted certificates that cannot be read.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled.
    pub fn start(question: Question) -> Result<Self, TrustError> {
        let (sender, events) = mpsc::unbounded_channel();
        let (interrupt, interrupted) = watch::channel(false);
        let inquiry = Inquiry::new(question, sender, interrupted)?;
        let task = tokio::spawn(inquiry.carry_out());
        Ok(Self { events, interrupt, task })
    }

    /// The next event; `None` after the last.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Ends what is under way. The answer still comes, from what is known so far.
    pub fn interrupt(&self) {
        self.interrupt.send_replace(true);
    }

    /// Waits until every connection is closed in good manners: a second at most.
    pub async fn close(self) {
        drop(self.events);
        // It fails only if the task panicked or the runtime ended; either way nothing is left to wait for.
        let _ = self.task.await;
    }
}
