//! The built-in provider table as a source.

use std::time::Duration;

use super::source::{SourceResult, consultation};
use crate::observation::discovery::{NamedServer, ProviderFacts};
use crate::providers::{self, ProviderServer};
use crate::target::Source;

/// Looks the domain up in the table.
pub(super) fn consult(domain: &str) -> SourceResult {
    let Some(provider) = providers::by_domain(domain) else {
        let none = consultation(Source::Builtin, "the built-in table".to_owned(), Vec::new(), Duration::ZERO);
        return SourceResult::of(none);
    };
    let named = |server: &ProviderServer| {
        let ProviderServer { host, port, service, security } = server;
        Some(NamedServer { host: host.parse().ok()?, port: *port, service: *service, security: *security })
    };
    let servers = provider.servers.iter().filter_map(named).collect();
    let asked = format!("the built-in table, {}", provider.name);
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
