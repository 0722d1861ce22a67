//! What an investigation is carried out with: its options, its limits, and who hears of it.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::board::Board;
use super::evidence::SUBMISSION;
use super::hosts::ProbedHost;
use super::options::{InvestigationEvent, InvestigationOptions};
use crate::observation::{Limit, StopCause};
use crate::policy::{Policy, judge};
use crate::probe::{GivingUp, PlanOptions, Prober, Trace};
use crate::resolve::Resolver;
use crate::service::Service;
use crate::target::ServicePort;
use crate::transport::trust::TrustError;

/// What the parts of an investigation share: what was asked for, the clocks, and who is told.
pub(super) struct Inquiry {
    pub(super) options: InvestigationOptions,
    /// What is probed of a host.
    pub(super) plan: PlanOptions,
    pub(super) prober: Arc<Prober>,
    pub(super) resolver: Resolver,
    pub(super) board: Board,
    /// Ends the waits for port 25 of the hosts that are asked for it.
    pub(super) giving_up: OnceLock<GivingUp>,
    pub(super) events: mpsc::UnboundedSender<InvestigationEvent>,
    pub(super) interrupted: watch::Receiver<bool>,
    pub(super) began: Instant,
    pub(super) started: SystemTime,
    pub(super) end: Option<Instant>,
}

impl Inquiry {
    pub(super) fn new(
        options: InvestigationOptions,
        events: mpsc::UnboundedSender<InvestigationEvent>,
        interrupted: watch::Receiver<bool>,
    ) -> Result<Self, TrustError> {
        let began = Instant::now();
        let mut probing = options.probing.clone();
        let mut ports: Vec<ServicePort> = SUBMISSION.into_iter().map(ServicePort::from).collect();
        if options.hosts.is_empty() {
            // Of a host with many addresses one stands for all.
            probing.plan.per_family = Some(1);
            // They are built in: what a search domain makes of a name that is not found is no mail host of theirs.
            probing.plan.search = false;
        } else {
            ports.insert(0, ServicePort::from(Service::Smtp));
        }
        probing.plan.ports = Some(ports);
        probing.plan.security = None;
        // What is worth tracing is known only when all is probed.
        probing.trace = Trace::Never;
        Ok(Self {
            plan: probing.plan.clone(),
            prober: Prober::new(probing)?,
            resolver: Resolver::new(options.probing.resolver.clone()),
            board: Board::default(),
            giving_up: OnceLock::new(),
            end: options.probing.deadline.map(|limit| began + limit),
            options,
            events,
            interrupted,
            began,
            started: SystemTime::now(),
        })
    }

    /// Waits for `work` unless the run is interrupted or its time is over.
    pub(super) async fn within<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut interrupted = self.interrupted.clone();
        let end = async {
            match self.end {
                Some(end) => sleep_until(end).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = interrupted.wait_for(|&interrupted| interrupted) => None,
            done = work => Some(done),
            () = end => None,
        }
    }

    /// What ended a wait: the user, or the run's own limit.
    pub(super) fn cause(&self) -> StopCause {
        if *self.interrupted.borrow() { StopCause::Interrupted } else { StopCause::TimedOut(Limit::Run) }
    }

    pub(super) fn tell_target(&self, host: &ProbedHost) {
        let judged = judge(vec![host.evidence.clone()], &Policy::default(), self.started, Duration::ZERO);
        judged.targets.into_iter().for_each(|target| self.tell(InvestigationEvent::Target(Box::new(target))));
    }

    pub(super) fn tell(&self, event: InvestigationEvent) {
        // Nobody listens any more when the user asked twice to stop.
        let _ = self.events.send(event);
    }
}
