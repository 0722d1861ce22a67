//! Probing: from targets to observations.
//!
//! [`Prober::start`] begins a [`Run`], which hands out [`Event`]s as things happen: a target's plan once its names are
//! resolved, and an [`Observation`](crate::observation::Observation) for every endpoint as it finishes.

mod conversation;
mod descriptors;
mod domain;
mod driver;
mod farewell;
mod limits;
mod pace;
mod patience;
mod plan;
mod recorder;
mod run;
mod schedule;
mod second_look;
mod start;
#[cfg(test)]
mod tests;
mod trace;
mod turns;
mod wire;

pub use descriptors::{affordable_connections, raise_limit};
pub use limits::{LIST_CONCURRENCY, LIST_PER_ADDRESS, LIST_PER_HOST};
pub use pace::Rate;
pub use plan::{Plan, PlanOptions, Planned};
pub use run::{Event, Interrupt, Recheck, Run};
pub use trace::Trace;

use std::sync::Arc;
use std::time::Duration;

use crate::resolve::{Resolver, ResolverSettings};
use crate::target::Host;
use crate::transport::tls::TlsClient;
use crate::transport::trust::{TrustError, TrustSettings};

/// How to probe.
#[derive(Debug, Clone)]
pub struct Options {
    /// What to probe of each target.
    pub plan: PlanOptions,
    /// Which name server to ask, and for how long.
    pub resolver: ResolverSettings,
    /// Whom to trust.
    pub trust: TrustSettings,
    /// The name sent in the handshake and looked for in the certificate, instead of the target's own.
    pub server_name: Option<Host>,
    /// The name given in EHLO, instead of this machine's own.
    pub hello: Option<String>,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long one endpoint may take, all its stages together.
    pub timeout: Duration,
    /// How long the whole run may take.
    pub deadline: Option<Duration>,
    /// Which endpoints' way is traced once they are probed.
    pub trace: Trace,
    /// How many endpoints are probed at the same time, as far as this process has descriptors for them.
    pub concurrency: usize,
    /// How many of one host name; `None`: as many as come.
    pub per_host: Option<usize>,
    /// How many of one address; `None`: as many as come. Of one address and port it is always one.
    pub per_address: Option<usize>,
    /// How many are begun in a time; `None`: as many as can be.
    pub rate: Option<Rate>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            plan: PlanOptions::default(),
            resolver: ResolverSettings::default(),
            trust: TrustSettings::default(),
            server_name: None,
            hello: None,
            connect_timeout: limits::CONNECT,
            timeout: limits::ENDPOINT,
            deadline: None,
            trace: Trace::Never,
            concurrency: limits::CONCURRENCY,
            per_host: None,
            per_address: None,
            rate: None,
        }
    }
}

/// What is set up once and used by every probe.
#[derive(Debug)]
pub struct Prober {
    options: Options,
    resolver: Resolver,
    tls: TlsClient,
}

impl Prober {
    /// Reads what the options name (certificate files), and touches no network.
    pub fn new(options: Options) -> Result<Arc<Self>, TrustError> {
        // The resolver tells what it knows when its own time is over, family by family: it must be over first.
        let lookup_timeout = options.resolver.lookup_timeout.min(options.timeout);
        let resolver = Resolver::new(ResolverSettings { lookup_timeout, ..options.resolver.clone() });
        let tls = TlsClient::new(&options.trust)?;
        Ok(Arc::new(Self { options, resolver, tls }))
    }
}
