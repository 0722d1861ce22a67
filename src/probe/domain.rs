//! The endpoints of a mail domain: what its sources name.

use futures_util::FutureExt as _;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Prober;
use super::driver::RunContext;
use super::patience::Patience;
use super::plan::unprobed;
use super::recorder::Recorder;
use crate::discovery::{self, Candidate, DiscoveryContext, SEARCH_LIMIT};
use crate::observation::discovery::Discovery;
use crate::observation::{Cause, Limit, LookupFailure, LookupFailureKind, Observation, Purpose, Stage};
use crate::target::{Endpoint, MailDomain};

/// What was found out about a mail domain.
pub(super) struct Found {
    /// Who was asked, and what they said before the run ended.
    pub(super) discovery: Option<Discovery>,
    /// The endpoints to probe, once their hosts are resolved: those of one host together.
    pub(super) wanted: Vec<Endpoint>,
    /// What is known without a connection.
    pub(super) known: Vec<Observation>,
}

impl Prober {
    /// Asks the sources for the servers of `domain`.
    pub(super) async fn find_servers(&self, domain: &MailDomain, context: &RunContext) -> Found {
        let options = &self.options.plan;
        let sources = DiscoveryContext {
            resolver: &self.resolver,
            tls: &self.tls,
            families: options.families,
            connect_timeout: self.options.connect_timeout,
        };
        let began = Instant::now();
        // Every source keeps limits of its own; this one only backs them up.
        let limit = self.options.timeout * 2 + SEARCH_LIMIT;
        let mut patience = Patience::for_endpoint(context, limit);
        let mut recorder = Recorder::new(Purpose::Probe, None);
        recorder.enter(Stage::Resolve);
        let (stop, stopped) = oneshot::channel::<()>();
        let enough = stopped.map(|_| ());
        // It holds a state for every source, of which the web client's is large.
        let mut asking = Box::pin(discovery::discover(domain, &options.discovery, sources, enough));
        let (discovery, cause) = match patience.wait(began + limit, &mut asking).await {
            Ok(discovery) => (discovery, None),
            Err(cause) => {
                drop(stop);
                // What some sources have said by now is known, whatever the others would have said.
                (asking.await, Some(cause))
            }
        };
        let mut found = Found { discovery: None, wanted: Vec::new(), known: Vec::new() };
        for Candidate { mut endpoint, lookup } in discovery::candidates(&discovery) {
            if options.ports.as_ref().is_some_and(|ports| ports.iter().all(|wanted| wanted.port != endpoint.port)) {
                continue;
            }
            if let Some(security) = options.security {
                endpoint = endpoint.secured_by(security);
            }
            match lookup {
                Some(_) => found.known.push(unprobed(&endpoint, lookup, began.elapsed())),
                None => found.wanted.push(endpoint),
            }
        }
        if let Some(cause) = cause
            && found.wanted.is_empty()
        {
            let itself =
                Endpoint::of_domain(&domain.name, options.discovery.from.first().copied().into_iter().collect());
            let observation = match cause {
                Cause::TimedOut(Limit::Stage | Limit::Endpoint) => {
                    let message = format!("the servers of {} were not found in time", domain.name);
                    let failure = LookupFailure { kind: LookupFailureKind::TimedOut, message };
                    unprobed(&itself, Some(failure), began.elapsed())
                }
                cause => {
                    Observation { attempts: vec![recorder.stop(cause)], ..unprobed(&itself, None, began.elapsed()) }
                }
            };
            found.known.push(observation);
        }
        Found { discovery: Some(discovery), ..found }
    }
}
