//! What a mail domain promises about its servers is looked up: DANE, MTA-STS, TLS reporting, the configuration of mail
//! programs. And held against what was seen at an endpoint.

mod dane;
mod held;

use tokio::time::Instant;

pub use held::held;

use dane::DaneAnswers;

use crate::discovery::DiscoveryContext;
use crate::observation::promises::{DnssecPassage, Promises};

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

/// Looks up everything that was promised, all side by side.
pub async fn look_up(promisor: &Promisor, context: DiscoveryContext<'_>) -> Promises {
    let began = Instant::now();
    let DaneAnswers { ability, dane } = dane_of(promisor, context).await;
    let (passage, passage_detail) =
        ability.map_or((DnssecPassage::Unknown, None), |ability| (ability.passage, Some(ability.detail)));
    Promises { passage, passage_detail, dane, duration: began.elapsed(), ..unknown(promisor, None) }
}

async fn dane_of(promisor: &Promisor, context: DiscoveryContext<'_>) -> DaneAnswers {
    match promisor {
        Promisor::Domain(domain) => dane::of_domain(domain, context.resolver).await,
        Promisor::Host(host) => dane::of_host(host, context.resolver).await,
    }
}

/// What stands for promises that were not looked up, or not to the end: nothing is known, and why.
pub fn unknown(promisor: &Promisor, why: Option<String>) -> Promises {
    Promises {
        name: promisor.name().to_owned(),
        is_domain: matches!(promisor, Promisor::Domain(_)),
        passage: DnssecPassage::Unknown,
        passage_detail: why,
        dane: None,
        mta_sts: None,
        tls_reporting: None,
        agent_config: None,
        duration: std::time::Duration::ZERO,
    }
}
