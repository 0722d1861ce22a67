//! The autoconfiguration file of mail programs: the search for it, location by location.

use std::time::{Duration, Instant};

use futures_util::future::join;
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use super::client_config::{self, ClientConfig, ConfigError};
use super::file::{self, FileError};
use super::locations::{self, Location};
use super::source::{DiscoveryOptions, SourceResult, consultation, outcome_of};
use crate::observation::discovery::{Oddity, SourceOutcome};
use crate::service::Security;
use crate::target::{Host, MailDomain, Source};
use crate::web::{FetchError, WebContext};

/// The search as a whole: two silent web servers' worth. Nothing is probed before it is over, so it is kept short.
pub const SEARCH_LIMIT: Duration = Duration::from_secs(6);

/// Looks for the file until one location has it: with the domain itself, in the public collection, with the operator of
/// the first mail exchanger. One after the other, so that nobody hears of the domain without need.
pub(super) async fn consult(
    domain: &MailDomain,
    options: &DiscoveryOptions,
    context: WebContext<'_>,
    first_exchanger: oneshot::Receiver<Option<Host>>,
) -> SourceResult {
    let search = Search { domain, options, context, end: tokio::time::Instant::now() + SEARCH_LIMIT };
    let mut result = SourceResult::default();
    let mut seen = Vec::new();
    for location in search.wanted(locations::own(domain)) {
        seen.push(search.look(&location, &mut result).await);
        if seen.contains(&Seen::Servers) {
            return result;
        }
    }
    // The autoconfiguration host comes first; where it does not exist, it has no other port either.
    let only_host = seen.first() == Some(&Seen::NoFile) && !seen.contains(&Seen::File);
    let unencrypted = locations::own_host(&domain.name).filter(|_| only_host);
    // Neither waits for the other: many firewalls drop what goes to port 80.
    let (of_unencrypted, of_others) =
        join(Box::pin(search.look_without_tls(unencrypted)), Box::pin(search.look_elsewhere(first_exchanger))).await;
    result.extend(of_unencrypted);
    result.extend(of_others);
    result
}

/// What a location has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// Not even an address.
    NoHost,
    NoFile,
    /// A file that is broken, or names no server.
    File,
    /// A file that names servers.
    Servers,
}

struct Search<'a> {
    domain: &'a MailDomain,
    options: &'a DiscoveryOptions,
    context: WebContext<'a>,
    end: tokio::time::Instant,
}

impl Search<'_> {
    /// Those that belong to a source that was chosen.
    fn wanted(&self, locations: impl IntoIterator<Item = Location>) -> impl Iterator<Item = Location> {
        locations.into_iter().filter(|location| self.options.wants(location.source))
    }

    /// The locations that are not the domain's own, until one has the file.
    async fn look_elsewhere(&self, first_exchanger: oneshot::Receiver<Option<Host>>) -> SourceResult {
        let name = &self.domain.name;
        let mut result = SourceResult::default();
        for location in self.wanted(locations::in_collection(name)) {
            if self.look(&location, &mut result).await == Seen::Servers {
                return result;
            }
        }
        let exchanger = timeout_at(self.end, first_exchanger).await.ok().and_then(Result::ok).flatten();
        let of_exchanger = exchanger.map(|host| locations::of_exchanger(&host, name)).unwrap_or_default();
        for location in self.wanted(of_exchanger) {
            if self.look(&location, &mut result).await == Seen::Servers {
                break;
            }
        }
        result
    }

    /// Asks one location.
    async fn look(&self, location: &Location, result: &mut SourceResult) -> Seen {
        let began = Instant::now();
        let fetching = file::get(&location.url, location.with_mail_address.as_ref(), self.context);
        let read = self.read(fetching).await;
        let mut consultation = consultation(location.source, location.url.to_string(), Vec::new(), began.elapsed());
        let seen = match read {
            Ok(config) => {
                result.oddities.extend(oddities(&config, location.source));
                if config.servers.is_empty() {
                    consultation.detail = Some("the file names no usable server".to_owned());
                    Seen::File
                } else {
                    consultation.outcome = SourceOutcome::Named;
                    consultation.servers = config.servers;
                    Seen::Servers
                }
            }
            Err(error) => {
                consultation.outcome = error.outcome();
                consultation.detail = Some(error.to_string());
                error.seen()
            }
        };
        result.consultations.push(consultation);
        seen
    }

    /// Step 1.3 of the draft, and only whether a file is there: its servers could be anyone's. The local part is not
    /// sent; who looks on learns no more than from the name in the DNS.
    async fn look_without_tls(&self, host: Option<String>) -> SourceResult {
        let Some(host) = host.and_then(|name| name.parse::<Host>().ok()) else { return SourceResult::default() };
        let began = Instant::now();
        let read = self.read(file::get_unencrypted(&host, locations::PATH, self.context)).await;
        let asked = format!("http://{host}{}", locations::PATH);
        let mut consultation = consultation(Source::Autoconfig, asked, Vec::new(), began.elapsed());
        consultation.detail = match read {
            Ok(_) => {
                consultation.outcome = SourceOutcome::Insecure;
                Some("there is a file, which is not used: without TLS, anyone on the path can change it".to_owned())
            }
            // Nobody needs to answer there.
            Err(error) => Some(error.to_string()),
        };
        SourceResult::of(consultation)
    }

    /// The file that `fetching` brings, within the time of the search.
    async fn read(
        &self,
        fetching: impl Future<Output = Result<Vec<u8>, FileError>>,
    ) -> Result<ClientConfig, SearchError> {
        if tokio::time::Instant::now() >= self.end {
            return Err(SearchError::NotAsked);
        }
        let file = timeout_at(self.end, fetching).await.map_err(|_| SearchError::SearchIsOver)??;
        Ok(client_config::parse(&file, &self.domain.name)?)
    }
}

fn oddities(config: &ClientConfig, source: Source) -> Vec<Oddity> {
    let ClientConfig { servers, logins_without_password, unusable } = config;
    let unusable = unusable.iter().map(|text| Oddity::UnusableServer { source, text: text.clone() });
    let bare = servers.iter().filter(|server| server.security == Security::Plaintext);
    let bare = bare.map(|server| Oddity::PlaintextPublished { source, server: server.clone() });
    let without_password = logins_without_password.iter().map(|(server, logins)| Oddity::NoPassword {
        source,
        server: server.clone(),
        logins: logins.clone(),
    });
    unusable.chain(bare).chain(without_password).collect()
}

#[derive(Debug, thiserror::Error)]
enum SearchError {
    #[error("not asked: the search had used up its {} s", SEARCH_LIMIT.as_secs())]
    NotAsked,
    #[error("no answer before the search had used up its {} s", SEARCH_LIMIT.as_secs())]
    SearchIsOver,
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl SearchError {
    fn outcome(&self) -> SourceOutcome {
        match self {
            // Whether there is mail is not asked of a web server.
            Self::File(FileError::Fetch(FetchError::Lookup(failure))) => match outcome_of(failure.kind) {
                SourceOutcome::NotOffered => SourceOutcome::Nothing,
                outcome => outcome,
            },
            Self::File(FileError::Fetch(FetchError::Status(status))) if status.is_server_error() => {
                SourceOutcome::Unreachable
            }
            Self::File(FileError::Fetch(FetchError::Status(_)) | FileError::Elsewhere(_))
            | Self::Config(ConfigError::SomethingElse) => SourceOutcome::Nothing,
            Self::File(FileError::TooManyRedirects | FileError::Fetch(FetchError::TooLarge(_)))
            | Self::Config(ConfigError::Broken(_)) => SourceOutcome::Unusable,
            Self::File(_) | Self::NotAsked | Self::SearchIsOver => SourceOutcome::Unreachable,
        }
    }

    fn seen(&self) -> Seen {
        match self {
            Self::File(FileError::Fetch(FetchError::Lookup(_))) => Seen::NoHost,
            Self::File(FileError::TooManyRedirects | FileError::Fetch(FetchError::TooLarge(_)))
            | Self::Config(ConfigError::Broken(_)) => Seen::File,
            _ => Seen::NoFile,
        }
    }
}
