//! What a mail domain promises about its servers is looked up: DANE, MTA-STS, TLS reporting, the configuration of mail
//! programs. And held against what was seen at an endpoint.

mod agent_config;
mod announced;
mod coverage;
mod dane;
mod excerpt;
mod fetch;
mod held;
mod mta_sts;
mod mta_sts_policy;
mod patience;
#[cfg(test)]
mod tests;
mod text_record;
mod tls_reporting;

use tokio::time::Instant;

pub use agent_config::AgentConfigLookup;
use announced::Announced;
use dane::DaneAnswers;
pub use held::held;
pub use patience::Patience;

use crate::observation::promises::{DnssecPassage, Promises};
use crate::web::WebContext;

/// Whose promises are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Promisor {
    /// A mail domain: everything.
    Domain(String),
    /// A host on its own: its TLSA records.
    Host(String),
}

impl Promisor {
    fn name(&self) -> &str {
        match self {
            Self::Domain(name) | Self::Host(name) => name,
        }
    }
}

/// Looks up everything that was promised, all side by side, as long as there is patience for it.
pub async fn look_up(
    promisor: &Promisor,
    agent_config: &AgentConfigLookup,
    context: WebContext<'_>,
    patience: &Patience,
) -> Promises {
    let began = Instant::now();
    let announced = async {
        match promisor {
            Promisor::Domain(domain) => {
                Some(Box::pin(announced::look_up(domain, agent_config, context, patience)).await)
            }
            Promisor::Host(_) => None,
        }
    };
    let (announced, answers) = tokio::join!(announced, Box::pin(dane_of(promisor, context, patience)));
    let DaneAnswers { ability, dane } = answers;
    let mut promises = Promises { dane, ..unknown(promisor, None) };
    if let Some(ability) = ability {
        promises.passage = ability.passage;
        promises.name_server = ability.server;
        promises.passage_detail = Some(ability.detail);
    }
    if let Some(Announced { mta_sts, tls_reporting, agent_config }) = announced {
        promises.mta_sts = Some(mta_sts);
        promises.tls_reporting = Some(tls_reporting);
        promises.agent_config = Some(agent_config);
    }
    promises.duration = began.elapsed();
    promises
}

/// What these bytes say as a TXT record and as a file of each kind: for the fuzz targets, which have no network.
#[doc(hidden)]
pub fn read_published(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let policy = mta_sts_policy::parse(bytes, Some(&text));
    let servers = agent_config::servers(bytes);
    let records = (
        mta_sts::record(Ok(vec![text.clone()])),
        tls_reporting::record(Ok(vec![text.clone()])),
        agent_config::record(Ok(vec![text])),
    );
    format!("{policy:?} {servers:?} {records:?}")
}

async fn dane_of(promisor: &Promisor, context: WebContext<'_>, patience: &Patience) -> DaneAnswers {
    match promisor {
        Promisor::Domain(domain) => dane::of_domain(domain, context.resolver, patience).await,
        Promisor::Host(host) => dane::of_host(host, context.resolver, patience).await,
    }
}

/// What stands for promises that were not looked up: nothing is known, and why.
pub fn unknown(promisor: &Promisor, why: Option<String>) -> Promises {
    Promises {
        name: promisor.name().to_owned(),
        is_domain: matches!(promisor, Promisor::Domain(_)),
        passage: DnssecPassage::Unknown,
        name_server: None,
        passage_detail: why,
        dane: None,
        mta_sts: None,
        tls_reporting: None,
        agent_config: None,
        duration: std::time::Duration::ZERO,
    }
}
