//! From a mail domain to its servers: every source is asked, side by side in time, and what each said is kept.
//!
//! MX records, SRV records (RFC 6186, RFC 8314), the file whose digest the DNS gives (PACC), the autoconfiguration file of
//! mail programs, the public collection of such files, the built-in provider table, and on request the usual names.

mod autoconfig;
mod builtin;
mod client_config;
mod file;
mod guess;
mod locations;
mod merge;
mod mx;
mod pacc;
mod source;
mod srv;

use std::time::SystemTime;

use futures_util::FutureExt as _;
use tokio::sync::oneshot;

pub use autoconfig::SEARCH_LIMIT;
pub use builtin::logins_at;
pub use merge::{Candidate, candidates};
pub use source::DiscoveryOptions;

use crate::observation::discovery::{Discovery, NamedServer};
use crate::observation::promises::AgentConfig;
use crate::providers::Day;
use crate::resolve::MailExchanger;
use crate::target::{MailDomain, Source};
use crate::web::WebContext;
use source::{SourceResult, unless};

/// The servers that an autoconfiguration file names, or why it is none: for the fuzz targets, which have no network.
#[doc(hidden)]
pub fn servers_in_client_config(bytes: &[u8], domain: &str) -> Result<Vec<NamedServer>, String> {
    client_config::parse(bytes, domain).map(|config| config.servers).map_err(|error| error.to_string())
}

/// Asks all chosen sources about `domain`.
///
/// It takes as long as the slowest: a name lookup, or the search for a file ([`SEARCH_LIMIT`], or as long as
/// `agent_config` takes).
/// The local part of the address goes to nobody but the domain's own autoconfiguration host. [`Source::Ispdb`] tells the
/// name of the domain, and of its mail exchanger's operator, to a third party.
///
/// `agent_config` is what the domain publishes of [`Source::Pacc`], looked up only where it is wanted: it is a promise, too,
/// and whoever holds it to that looks it up in the same place.
///
/// As soon as `enough` is ready, the sources that have not answered yet are given up, and what the others said is kept.
pub async fn discover(
    domain: &MailDomain,
    options: &DiscoveryOptions,
    context: WebContext<'_>,
    agent_config: impl Future<Output = AgentConfig>,
    enough: impl Future<Output = ()>,
) -> Discovery {
    let name = &domain.name;
    let enough = enough.shared();
    // Both are asked in one search, which is told by the first of them where it is given up.
    let files = [Source::Autoconfig, Source::Ispdb].into_iter().find(|source| options.wants(*source));
    let (tell_first_exchanger, first_exchanger) = oneshot::channel();
    let mx = async {
        if options.wants(Source::Mx) {
            let consulting = mx::consult(name, context.resolver, tell_first_exchanger, enough.clone());
            return unless(enough.clone(), consulting, Source::Mx, name).await;
        }
        // The search for an autoconfiguration file may need it all the same.
        if files.is_some() {
            let exchangers = tokio::select! {
                answer = context.resolver.mx(name) => answer.unwrap_or_default(),
                () = enough.clone() => Vec::new(),
            };
            let _ = tell_first_exchanger.send(exchangers.iter().find_map(MailExchanger::host));
        }
        SourceResult::default()
    };
    let srv = srv::consult(name, context.resolver, enough.clone());
    let pacc = unless(enough.clone(), pacc::consult(name, agent_config), Source::Pacc, name);
    let autoconfig = autoconfig::consult(domain, options, context, first_exchanger);
    let autoconfig = unless(enough.clone(), autoconfig, files.unwrap_or(Source::Autoconfig), name);
    let guess = unless(enough.clone(), guess::consult(name, context), Source::Guess, name);
    let (mut result, srv, pacc, autoconfig, guess) = tokio::join!(
        mx,
        only_if(options.wants(Source::Srv), srv),
        only_if(options.wants(Source::Pacc), pacc),
        only_if(files.is_some(), autoconfig),
        only_if(options.guess, guess),
    );
    result.extend(srv);
    result.extend(pacc);
    result.extend(autoconfig);
    let today = Day::of(SystemTime::now());
    let mut provider = None;
    if options.wants(Source::Builtin) {
        result.extend(builtin::consult(name));
        provider = builtin::facts(name, &today);
    }
    result.extend(guess);
    let SourceResult { consultations, oddities } = result;
    let logins = builtin::logins(name, &consultations, &today);
    Discovery { domain: name.clone(), consultations, oddities, provider, logins }
}

async fn only_if(wanted: bool, consulting: impl Future<Output = SourceResult>) -> SourceResult {
    if wanted { consulting.await } else { SourceResult::default() }
}
