//! From a mail domain to its servers: every source is asked, side by side in time, and what each said is kept.
//!
//! MX records, SRV records (RFC 6186, RFC 8314), the autoconfiguration file of mail programs, the built-in provider
//! table, and on request the usual names.

mod autoconfig;
mod builtin;
mod client_config;
mod guess;
mod https;
mod merge;
mod mx;
mod srv;

use std::time::Duration;

use tokio::sync::oneshot;

pub use autoconfig::SEARCH_LIMIT;
pub use merge::{Candidate, candidates};

use crate::observation::discovery::{Consultation, Discovery, NamedServer, Oddity, SourceOutcome};
use crate::resolve::{Families, MailExchanger, Resolver};
use crate::target::{MailDomain, Source};
use crate::transport::tls::TlsClient;

/// Which sources to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoveryOptions {
    /// The sources, of [`DiscoveryOptions::SOURCES`].
    pub from: Vec<Source>,
    /// Whether to try the usual names too.
    pub guess: bool,
}

impl DiscoveryOptions {
    /// The sources that can be chosen.
    pub const SOURCES: [Source; 4] = [Source::Mx, Source::Srv, Source::Autoconfig, Source::Builtin];

    fn wants(&self, source: Source) -> bool {
        self.from.contains(&source)
    }
}

impl Default for DiscoveryOptions {
    /// All sources, and no guesses.
    fn default() -> Self {
        Self { from: Self::SOURCES.to_vec(), guess: false }
    }
}

/// What asking takes.
#[derive(Debug, Clone, Copy)]
pub struct Means<'a> {
    /// Looks names up.
    pub resolver: &'a Resolver,
    /// Checks the certificate of the host that has the autoconfiguration file.
    pub tls: &'a TlsClient,
    /// The address families to use.
    pub families: Families,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
}

/// Asks all chosen sources about `domain`.
///
/// It takes as long as the slowest: a name lookup, or the search for an autoconfiguration file ([`SEARCH_LIMIT`]).
/// The local part of the address goes to nobody but the domain's own autoconfiguration host.
pub async fn discover(domain: &MailDomain, options: &DiscoveryOptions, means: Means<'_>) -> Discovery {
    let (tell_first_exchanger, first_exchanger) = oneshot::channel();
    let mx = async {
        if options.wants(Source::Mx) {
            return Some(mx::ask(&domain.name, means.resolver, tell_first_exchanger).await);
        }
        // The autoconfiguration search may need it all the same.
        if options.wants(Source::Autoconfig) {
            let exchangers = means.resolver.mx(&domain.name).await.unwrap_or_default();
            let _ = tell_first_exchanger.send(exchangers.iter().find_map(MailExchanger::host));
        }
        None
    };
    let srv = async {
        if options.wants(Source::Srv) { srv::ask(&domain.name, means.resolver).await } else { Findings::default() }
    };
    let autoconfig = async {
        if options.wants(Source::Autoconfig) {
            autoconfig::ask(domain, means, first_exchanger).await
        } else {
            Findings::default()
        }
    };
    let guess = async { if options.guess { guess::ask(&domain.name, means).await } else { Findings::default() } };
    let (mx, srv, autoconfig, guess) = tokio::join!(mx, srv, autoconfig, guess);

    let mut discovery = Discovery { domain: domain.name.clone(), ..Discovery::default() };
    let mut take = |findings: Findings| {
        discovery.consultations.extend(findings.consultations);
        discovery.oddities.extend(findings.oddities);
    };
    take(mx.unwrap_or_default());
    take(srv);
    take(autoconfig);
    if options.wants(Source::Builtin) {
        take(builtin::ask(&domain.name));
        discovery.provider = builtin::facts(&domain.name);
    }
    take(guess);
    discovery
}

/// What asking one source brought.
#[derive(Debug, Default)]
struct Findings {
    consultations: Vec<Consultation>,
    oddities: Vec<Oddity>,
}

/// A source that gave servers, or nothing.
fn consultation(source: Source, asked: String, servers: Vec<NamedServer>, duration: Duration) -> Consultation {
    let outcome = if servers.is_empty() { SourceOutcome::Nothing } else { SourceOutcome::Named };
    Consultation { source, asked, outcome, detail: None, failure: None, servers, duration }
}

/// A source's lookup that took longer is told: mail programs wait for it, and some give up.
const SLOW_LOOKUP: Duration = Duration::from_secs(3);
