//! The endpoints of a mail domain: what its sources name.

use std::pin::pin;

use futures_util::FutureExt as _;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::context::RunContext;
use super::deadlines::Deadlines;
use super::prober::Prober;
use super::recorder::Recorder;
use super::unprobed::{unprobed, unresolved};
use crate::discovery::{self, Candidate, SEARCH_LIMIT};
use crate::observation::discovery::Discovery;
use crate::observation::{Observation, Stage};
use crate::promises::{AgentConfigLookup, Patience};
use crate::target::{Endpoint, MailDomain};
use crate::web::WebContext;

pub(super) struct Found {
    /// Who was asked, and what they said before the run ended.
    pub(super) discovery: Discovery,
    /// The endpoints to probe, once their hosts are resolved: those of one host together.
    pub(super) wanted: Vec<Endpoint>,
    /// What is known without a connection.
    pub(super) known: Vec<Observation>,
}

impl Prober {
    pub(super) async fn find_servers(
        &self,
        domain: &MailDomain,
        agent_config: &AgentConfigLookup,
        context: &RunContext,
    ) -> Found {
        let options = &self.options.plan;
        let resolver = self.resolver.get();
        let sources = WebContext {
            resolver: &resolver,
            tls: &self.tls,
            dialer: &*self.dialer,
            families: options.families,
            connect_timeout: self.options.connect_limit(),
        };
        let began = Instant::now();
        // Every source keeps limits of its own; this one only backs them up.
        let limit = self.options.timeout * 2 + SEARCH_LIMIT;
        let recorder = Recorder::at(Stage::Resolve);
        let (stop, stopped) = oneshot::channel::<()>();
        let enough = stopped.map(|_| ());
        // It is given up with the other sources, if the run ends first.
        let patience = Patience::default();
        let agent_config = agent_config.result(&domain.name, sources, &patience);
        let mut searching = pin!(discovery::discover(domain, &options.discovery, sources, agent_config, enough));
        let (discovery, cause) = match Deadlines::new(context, limit).wait(began + limit, &mut searching).await {
            Ok(discovery) => (discovery, None),
            Err(cause) => {
                drop(stop);
                // What some sources have said by now is known, whatever the others would have said.
                (searching.await, Some(cause))
            }
        };
        let (mut wanted, mut known) = (Vec::new(), Vec::new());
        for Candidate { mut endpoint, lookup } in discovery::candidates(&discovery) {
            if options.ports.as_ref().is_some_and(|ports| ports.iter().all(|wanted| wanted.port != endpoint.port)) {
                continue;
            }
            if let Some(security) = options.security {
                endpoint = endpoint.secured_by(security);
            }
            match lookup {
                Some(_) => known.push(unprobed(&endpoint, lookup, began.elapsed())),
                None => wanted.push(endpoint),
            }
        }
        if let Some(cause) = cause
            && wanted.is_empty()
        {
            let itself = [Endpoint::of_domain(&domain.name, options.discovery.first_source())];
            let late = format!("the servers of {} were not found in time", domain.name);
            known.extend(unresolved(&itself, recorder, cause, &late, began.elapsed()));
        }
        Found { discovery, wanted, known }
    }
}
