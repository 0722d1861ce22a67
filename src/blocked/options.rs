//! What an investigation is to find out, and what it tells on the way.

use std::path::PathBuf;
use std::time::Instant;

use super::assessment::BlockedRun;
use super::cloud::{DMI, Environment, environment};
use super::references::{Reference, SUBMISSION_HOSTS};
use crate::observation::Stage;
use crate::policy::JudgedTarget;
use crate::probe;
use crate::target::Host;

#[derive(Debug, Clone)]
pub struct InvestigationOptions {
    /// The user's own hosts; where there are none, the references are tried.
    pub hosts: Vec<Host>,
    pub references: Vec<Reference>,
    pub submission_hosts: Vec<Host>,
    /// How to probe. Which ports are probed is decided here.
    pub probing: probe::Options,
    /// Where this machine's firmware says who made it: on Linux [`DMI`].
    pub firmware: PathBuf,
    /// The variables of the environment that tell of a platform.
    pub environment: Environment,
    /// Whether the message to a support desk is wanted. It only keeps the advice from naming what was done.
    pub request_wanted: bool,
    /// Whether a warning beside an open port 25 makes the run fail.
    pub strict: bool,
}

impl InvestigationOptions {
    pub fn new(hosts: Vec<Host>, mut probing: probe::Options) -> Self {
        // What the domains of these hosts promise to others is no part of the question.
        probing.plan.policies = probe::PolicyLookups::Nobody;
        Self {
            hosts,
            references: Reference::defaults(),
            submission_hosts: SUBMISSION_HOSTS.iter().map(|host| Host::Name((*host).to_owned())).collect(),
            probing,
            firmware: PathBuf::from(DMI),
            environment: environment(),
            request_wanted: false,
            strict: false,
        }
    }
}

/// What happens on the way to the answer.
#[derive(Debug)]
pub enum InvestigationEvent {
    /// So many more endpoints will be probed.
    Planned(usize),
    /// An endpoint, known by this pair of numbers, entered a stage.
    Entered((usize, usize), u16, Stage),
    /// In this stage, what the server says first is awaited, until then.
    Awaits((usize, usize), Instant),
    Finished((usize, usize)),
    /// What is known already, in a few words. It may be told before the answer, and never contradicts what was seen until
    /// then.
    SoFar(String),
    /// The route to this endpoint's port is being traced.
    Tracing((usize, usize), u16),
    /// It is traced.
    Traced((usize, usize)),
    Target(Box<JudgedTarget>),
    Done(Box<BlockedRun>),
}
