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

use futures_util::FutureExt as _;
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
pub struct DiscoveryContext<'a> {
    /// Looks names up.
    pub resolver: &'a Resolver,
    /// Checks the certificate of the host that has the autoconfiguration file.
    pub tls: &'a TlsClient,
    /// The address families to use.
    pub families: Families,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
}

/// The servers that an autoconfiguration file names, or why it is none: for the fuzz targets, which have no network.
#[doc(hidden)]
pub fn servers_in_client_config(bytes: &[u8], domain: &str) -> Result<Vec<NamedServer>, String> {
    client_config::parse(bytes, domain).map(|config| config.servers).map_err(|error| error.to_string())
}

/// Asks all chosen sources about `domain`.
///
/// It takes as long as the slowest: a name lookup, or the search for an autoconfiguration file ([`SEARCH_LIMIT`]).
/// The local part of the address goes to nobody but the domain's own autoconfiguration host.
///
/// As soon as `enough` is ready, the sources that have not answered yet are given up, and what the others said is kept.
pub async fn discover(
    domain: &MailDomain,
    options: &DiscoveryOptions,
    context: DiscoveryContext<'_>,
    enough: impl Future<Output = ()>,
) -> Discovery {
    let enough = enough.shared();
    let (tell_first_exchanger, first_exchanger) = oneshot::channel();
    let mx = async {
        if options.wants(Source::Mx) {
            let asking = mx::ask(&domain.name, context.resolver, tell_first_exchanger, enough.clone());
            return unless(enough.clone(), asking, Source::Mx, &domain.name).await;
        }
        // The autoconfiguration search may need it all the same.
        if options.wants(Source::Autoconfig) {
            let exchangers = tokio::select! {
                answer = context.resolver.mx(&domain.name) => answer.unwrap_or_default(),
                () = enough.clone() => Vec::new(),
            };
            let _ = tell_first_exchanger.send(exchangers.iter().find_map(MailExchanger::host));
        }
        Findings::default()
    };
    let srv = async {
        if options.wants(Source::Srv) {
            srv::ask(&domain.name, context.resolver, enough.clone()).await
        } else {
            Findings::default()
        }
    };
    let autoconfig = async {
        if options.wants(Source::Autoconfig) {
            let asking = autoconfig::ask(domain, context, first_exchanger);
            unless(enough.clone(), asking, Source::Autoconfig, &domain.name).await
        } else {
            Findings::default()
        }
    };
    let guess = async {
        if options.guess {
            unless(enough.clone(), guess::ask(&domain.name, context), Source::Guess, &domain.name).await
        } else {
            Findings::default()
        }
    };
    let (mx, srv, autoconfig, guess) = tokio::join!(mx, srv, autoconfig, guess);

    let mut discovery = Discovery { domain: domain.name.clone(), ..Discovery::default() };
    let mut take = |findings: Findings| {
        discovery.consultations.extend(findings.consultations);
        discovery.oddities.extend(findings.oddities);
    };
    take(mx);
    take(srv);
    take(autoconfig);
    if options.wants(Source::Builtin) {
        take(builtin::ask(&domain.name));
        discovery.provider = builtin::facts(&domain.name);
    }
    take(guess);
    discovery
}

/// What a source says, unless it is given up first.
async fn unless(
    enough: impl Future<Output = ()>,
    asking: impl Future<Output = Findings>,
    source: Source,
    asked: &str,
) -> Findings {
    tokio::select! {
        biased;
        findings = asking => findings,
        () = enough => {
            let mut given_up = consultation(source, asked.to_owned(), Vec::new(), Duration::ZERO);
            given_up.outcome = SourceOutcome::Unreachable;
            given_up.detail = Some("the run ended before it had answered".to_owned());
            Findings { consultations: vec![given_up], oddities: Vec::new() }
        }
    }
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
