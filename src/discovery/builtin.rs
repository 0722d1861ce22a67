//! The built-in provider table as a source.

use std::time::Duration;

use super::source::{SourceResult, consultation};
use crate::observation::discovery::{Consultation, NamedServer, ProviderFacts, ServerLogin};
use crate::providers::{self, Day, ProviderServer};
use crate::target::{Host, Source};
use crate::words::distinct;

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
pub(super) fn facts(domain: &str, today: &Day) -> Option<ProviderFacts> {
    providers::by_domain(domain).map(|provider| ProviderFacts {
        title: provider.title.clone(),
        takes_password: provider.takes_password_somewhere(today),
        remarks: provider.remarks.clone(),
    })
}

/// What the table says about logging in at these servers, whoever named them: a domain of somebody's own may have its mail
/// at one of the providers.
pub(super) fn logins(domain: &str, named: &[Consultation], today: &Day) -> Vec<ServerLogin> {
    let servers = named.iter().flat_map(|consultation| &consultation.servers).filter_map(|server| {
        let Host::Name(name) = &server.host else { return None };
        let provider = providers::by_server(&name.to_ascii_lowercase(), server.port, domain)?;
        Some((&server.host, server.port, server.service.protocol(), provider))
    });
    let mut logins = Vec::new();
    for (host, port, protocol, provider) in distinct(servers) {
        logins.extend(provider.login_on(today, protocol).map(|rule| ServerLogin {
            host: host.clone(),
            port,
            needs: rule.needs,
            text: rule.sentence(&provider.title, &[protocol]),
            page: rule.page.clone(),
        }));
    }
    logins
}
