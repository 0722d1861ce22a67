//! The built-in provider table as a source.

use std::time::Duration;

use super::source::{SourceResult, consultation};
use crate::observation::discovery::{Consultation, NamedServer, ProviderFacts, ServerLogin};
use crate::providers::{self, Day, LoginRule, ProviderServer};
use crate::service::Protocol;
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
    let servers = named.iter().flat_map(|consultation| &consultation.servers);
    let places = distinct(servers.map(|server| (&server.host, server.port, server.service.protocol())));
    places.into_iter().flat_map(|(host, port, protocol)| logins_at(host, port, protocol, domain, today)).collect()
}

/// What the table says about logging in at this server, for the addresses of a mail domain; `domain` in lower case.
pub fn logins_at(host: &Host, port: u16, protocol: Protocol, domain: &str, today: &Day) -> Vec<ServerLogin> {
    let Host::Name(name) = host else { return Vec::new() };
    let Some(provider) = providers::by_server(&name.to_ascii_lowercase(), port, domain) else { return Vec::new() };
    let login = |rule: &LoginRule| ServerLogin {
        host: host.clone(),
        port,
        needs: rule.needs,
        text: rule.sentence(&provider.title, &[protocol]),
        page: rule.page.clone(),
    };
    provider.login_on(today, protocol).map(login).collect()
}
