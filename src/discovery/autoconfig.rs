//! The autoconfiguration file of mail programs: where it is looked for, and in which order.

use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout_at;
use url::Url;

use super::client_config::{self, ConfigError};
use super::https::{self, FetchError, HttpsUrl};
use super::source::{DiscoveryContext, SourceResult, consultation, outcome_of};
use crate::observation::discovery::{Oddity, SourceOutcome};
use crate::service::Security;
use crate::target::{Host, MailDomain, Source};

/// The search as a whole: two silent web servers' worth. Nothing is probed before it is over, so it is kept short.
pub const SEARCH_LIMIT: Duration = Duration::from_secs(6);

/// Mozilla's collection of files for domains that have none of their own.
const COLLECTION: &str = "autoconfig.thunderbird.net";

/// Looks for the file, place by place, until one has it: the domain's own autoconfiguration host, the domain's web
/// server, the collection; then the same for the domain of the first mail exchanger.
pub(super) async fn consult(
    domain: &MailDomain,
    context: DiscoveryContext<'_>,
    first_exchanger: oneshot::Receiver<Option<Host>>,
) -> SourceResult {
    let end = tokio::time::Instant::now() + SEARCH_LIMIT;
    let mut result = SourceResult::default();
    for location in locations_of_domain(domain) {
        if look(&location, domain, context, end, &mut result).await {
            return result;
        }
    }
    let exchanger = timeout_at(end, first_exchanger).await.ok().and_then(Result::ok).flatten();
    for location in exchanger.iter().flat_map(|host| locations_of_exchanger(host, domain)) {
        if look(&location, domain, context, end, &mut result).await {
            return result;
        }
    }
    result
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Location {
    url: HttpsUrl,
    /// The same with the user's whole mail address in it.
    with_mail_address: Option<HttpsUrl>,
}

fn locations_of_domain(domain: &MailDomain) -> Vec<Location> {
    let own = own_host(&domain.name);
    let personal = domain.local_part.as_ref().and_then(|local_part| {
        let mut url = Url::parse(&own).ok()?;
        url.query_pairs_mut().append_pair("emailaddress", &format!("{local_part}@{}", domain.name));
        HttpsUrl::new(url)
    });
    let web = format!("https://{}/.well-known/autoconfig/mail/config-v1.1.xml", domain.name);
    let mut locations: Vec<Location> =
        [own, web, in_collection(&domain.name)].iter().filter_map(|url| location(url)).collect();
    if let Some(first) = locations.first_mut() {
        first.with_mail_address = personal;
    }
    locations
}

/// The domains that a mail exchanger may belong to: its name without its first part, and without its first two.
fn locations_of_exchanger(exchanger: &Host, domain: &MailDomain) -> Vec<Location> {
    let Host::Name(name) = exchanger else { return Vec::new() };
    let mut locations = Vec::new();
    let mut rest = name.as_str();
    for _ in 0..2 {
        let Some((_, above)) = rest.split_once('.') else { break };
        // A top-level domain has no mail programs to configure, and what was asked before is known.
        if !above.contains('.') || above == domain.name {
            break;
        }
        locations.extend([in_collection(above), own_host(above)].iter().filter_map(|url| location(url)));
        rest = above;
    }
    locations
}

fn own_host(domain: &str) -> String {
    format!("https://autoconfig.{domain}/mail/config-v1.1.xml")
}

fn in_collection(domain: &str) -> String {
    format!("https://{COLLECTION}/v1.1/{domain}")
}

fn location(url: &str) -> Option<Location> {
    Some(Location { url: HttpsUrl::new(Url::parse(url).ok()?)?, with_mail_address: None })
}

/// Asks one place; true when it has the file.
async fn look(
    location: &Location,
    domain: &MailDomain,
    context: DiscoveryContext<'_>,
    end: tokio::time::Instant,
    result: &mut SourceResult,
) -> bool {
    let began = Instant::now();
    let fetched = if began >= end.into_std() {
        Err(SearchError::NotAsked)
    } else {
        let fetching = https::get(&location.url, location.with_mail_address.as_ref(), context);
        timeout_at(end, fetching)
            .await
            .map_err(|_| SearchError::SearchIsOver)
            .and_then(|got| got.map_err(SearchError::Fetch))
    };
    let read = fetched.and_then(|file| client_config::parse(&file, &domain.name).map_err(SearchError::Config));
    let mut consultation = consultation(Source::Autoconfig, location.url.to_string(), Vec::new(), began.elapsed());
    match read {
        Ok(config) => {
            result.oddities.extend(
                config.unusable.into_iter().map(|text| Oddity::UnusableServer { source: Source::Autoconfig, text }),
            );
            let bare = config.servers.iter().filter(|server| server.security == Security::Plaintext).cloned();
            result.oddities.extend(bare.map(|server| Oddity::PlaintextPublished { server }));
            result.oddities.extend(config.oauth_only.into_iter().map(|server| Oddity::OauthOnly { server }));
            if config.servers.is_empty() {
                consultation.detail = Some("the file names no usable server".to_owned());
            } else {
                consultation.outcome = SourceOutcome::Named;
                consultation.servers = config.servers;
            }
        }
        Err(error) => {
            consultation.outcome = error.outcome();
            consultation.detail = Some(error.to_string());
        }
    }
    let named = consultation.outcome == SourceOutcome::Named;
    result.consultations.push(consultation);
    named
}

#[derive(Debug, thiserror::Error)]
enum SearchError {
    #[error("not asked: the search had used up its {} s", SEARCH_LIMIT.as_secs())]
    NotAsked,
    #[error("no answer before the search had used up its {} s", SEARCH_LIMIT.as_secs())]
    SearchIsOver,
    #[error(transparent)]
    Fetch(FetchError),
    #[error(transparent)]
    Config(ConfigError),
}

impl SearchError {
    fn outcome(&self) -> SourceOutcome {
        match self {
            // Whether there is mail is not asked of a web server.
            Self::Fetch(FetchError::Lookup(failure)) => match outcome_of(failure.kind) {
                SourceOutcome::NotOffered => SourceOutcome::Nothing,
                outcome => outcome,
            },
            Self::Fetch(FetchError::Status(status)) if status.is_server_error() => SourceOutcome::Unreachable,
            Self::Fetch(FetchError::Status(_) | FetchError::Elsewhere(_))
            | Self::Config(ConfigError::SomethingElse) => SourceOutcome::Nothing,
            Self::Fetch(FetchError::TooManyRedirects | FetchError::TooLarge) | Self::Config(ConfigError::Broken(_)) => {
                SourceOutcome::Unusable
            }
            Self::Fetch(_) | Self::NotAsked | Self::SearchIsOver => SourceOutcome::Unreachable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(locations: &[Location]) -> Vec<String> {
        let url = |location: &Location| location.with_mail_address.as_ref().unwrap_or(&location.url).to_string();
        locations.iter().map(url).collect()
    }

    fn domain(local_part: Option<&str>) -> MailDomain {
        MailDomain { name: "example.test".to_owned(), local_part: local_part.map(str::to_owned) }
    }

    #[test]
    fn the_local_part_is_for_the_first_place_alone() {
        assert_eq!(
            asked(&locations_of_domain(&domain(Some("jörg+a&b")))),
            [
                "https://autoconfig.example.test/mail/config-v1.1.xml?emailaddress=j%C3%B6rg%2Ba%26b%40example.test",
                "https://example.test/.well-known/autoconfig/mail/config-v1.1.xml",
                "https://autoconfig.thunderbird.net/v1.1/example.test",
            ]
        );
        assert_eq!(
            asked(&locations_of_domain(&domain(None)))[0],
            "https://autoconfig.example.test/mail/config-v1.1.xml"
        );
    }

    #[test]
    fn an_exchanger_leads_to_its_own_domain_and_never_to_a_top_level_domain() {
        let of = |host: &str| asked(&locations_of_exchanger(&Host::Name(host.to_owned()), &domain(Some("me"))));
        assert_eq!(
            of("mx1.mail.provider.test"),
            [
                "https://autoconfig.thunderbird.net/v1.1/mail.provider.test",
                "https://autoconfig.mail.provider.test/mail/config-v1.1.xml",
                "https://autoconfig.thunderbird.net/v1.1/provider.test",
                "https://autoconfig.provider.test/mail/config-v1.1.xml",
            ]
        );
        assert_eq!(of("mx1.provider.test").len(), 2);
        assert_eq!(of("provider.test"), [""; 0]);
        assert_eq!(of("mx1.example.test"), [""; 0]);
    }
}
