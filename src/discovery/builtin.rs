//! The built-in provider table as a source.

use std::time::Duration;

use super::source::{SourceResult, consultation};
use crate::observation::discovery::{NamedServer, ProviderFacts};
use crate::providers::{self, ProviderServer};
use crate::target::Source;

pub(super) fn consult(domain: &str) -> SourceResult {
    let provider = providers::by_domain(domain);
    let named = |server: &ProviderServer| {
        let ProviderServer { host, port, service, security } = server;
        Some(NamedServer { host: host.parse().ok()?, port: *port, service: *service, security: *security })
    };
    let servers = provider.into_iter().flat_map(|provider| &provider.servers).filter_map(named).collect();
    let entry = provider.map(|provider| format!(", {}", provider.name)).unwrap_or_default();
    let asked = format!("the built-in table{entry}");
    SourceResult::of(consultation(Source::Builtin, asked, servers, Duration::ZERO))
}

/// What the table says about the domain's provider beside its servers.
pub(super) fn facts(domain: &str) -> Option<ProviderFacts> {
    providers::by_domain(domain).map(|provider| ProviderFacts {
        title: provider.title.clone(),
        takes_password: provider.takes_password,
        remarks: provider.remarks.clone(),
    })
}
