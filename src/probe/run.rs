//! A run under way, as whoever started it sees it: a stream of events.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::giving_up::GivingUp;
use super::plan::Plan;
use crate::observation::promises::Promises;
use crate::observation::{Observation, Stage};
use crate::target::{Endpoint, Host, Target};

#[derive(Debug)]
pub enum Event {
    /// A target of a list ([`Prober::start_list`](super::Prober::start_list)) is taken up. Targets are counted from 0 in the order given.
    Begun {
        target: usize,
        named: Target,
    },
    Planned {
        target: usize,
        plan: Plan,
    },
    /// One endpoint more than was planned, at the next place: the one before it did not answer what it was asked.
    Further {
        target: usize,
        endpoint: Endpoint,
    },
    /// No port of a bare host could be connected to, and this is where the mail of the domain of that name goes. Comes
    /// before the last of its endpoints is finished.
    MailHosts {
        target: usize,
        hosts: Vec<Host>,
    },
    /// What was promised about the target's servers, where that was looked up: see [`Plan::awaits_promises`].
    Promises {
        target: usize,
        promises: Box<Promises>,
    },
    /// An endpoint entered a stage. Progress only: a reader who is far behind may miss it.
    Entered {
        target: usize,
        index: usize,
        stage: Stage,
    },
    /// In this stage, what a server says first is awaited, until then. Progress only, as [`Event::Entered`].
    Awaits {
        target: usize,
        index: usize,
        until: std::time::Instant,
    },
    /// The route to an endpoint is being traced; it is finished thereafter. Progress only, as [`Event::Entered`].
    Tracing {
        target: usize,
        index: usize,
    },
    Finished {
        target: usize,
        index: usize,
        observation: Box<Observation>,
    },
}

/// Where the targets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunKind {
    /// The user named them: whoever started the run knows them, and may watch every stage.
    Named,
    List,
}

/// How many events may wait for their reader before the run waits for it.
pub(super) const EVENTS_WAITING: usize = 256;

#[derive(Debug)]
pub struct Run {
    pub(super) events: mpsc::Receiver<Event>,
    pub(super) interrupt: Interrupt,
    pub(super) giving_up: GivingUp,
    pub(super) tasks: TaskTracker,
    pub started: SystemTime,
    pub(super) began: Instant,
}

/// Interrupts a run, with all its parts. A run that nobody could interrupt any more, because every clone is dropped and
/// so are the runs, is interrupted.
#[derive(Debug, Clone)]
pub struct Interrupt {
    pub(super) token: CancellationToken,
    _last: Arc<DropGuard>,
}

impl Interrupt {
    pub(super) fn new() -> Self {
        let token = CancellationToken::new();
        Self { _last: Arc::new(token.clone().drop_guard()), token }
    }

    /// As [`Run::interrupt`].
    pub fn interrupt(&self) {
        self.token.cancel();
    }
}

/// What a run looks at of a target that an earlier run has looked at.
#[derive(Debug, Clone)]
pub enum Recheck {
    /// Nothing: there are no events for it.
    Nothing,
    /// Everything, its names included, but for these endpoints: what was seen of them is handed out once more.
    AllBut(Vec<Observation>),
}

impl Run {
    /// The next event; `None` when the run is over.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// The events that have happened, one at least, onto the end of `events`; `false` when the run is over.
    pub async fn next_some(&mut self, events: &mut Vec<Event>) -> bool {
        self.events.recv_many(events, EVENTS_WAITING).await > 0
    }

    /// Ends what is under way. What is known so far still comes out of [`Run::next`]; the rest is `interrupted`.
    pub fn interrupt(&self) {
        self.interrupt.interrupt();
    }

    pub fn to_interrupt(&self) -> Interrupt {
        self.interrupt.clone()
    }

    /// To give up connections that are waited for in vain.
    pub fn to_give_up(&self) -> GivingUp {
        self.giving_up.clone()
    }

    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Waits until every connection is closed in good manners: a second at most.
    pub async fn close(self) {
        drop(self.events);
        self.tasks.wait().await;
    }
}
