//! All that the sources named, every endpoint once. Pure.

use super::source::usual;
use super::srv;
use crate::observation::LookupFailure;
use crate::observation::discovery::{Consultation, Discovery, NamedServer, SourceOutcome};
use crate::service::Service;
use crate::target::{Endpoint, Host, Source};
use crate::words::distinct;

/// An endpoint that a source named, or said that there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub endpoint: Endpoint,
    /// Why there is nothing to connect to, where that is known already.
    pub lookup: Option<LookupFailure>,
}

/// The endpoints to probe, with all the sources of each: those of one host together, hosts in the order in which they
/// were first named.
pub fn candidates(discovery: &Discovery) -> Vec<Candidate> {
    let mut merged: Vec<Candidate> = Vec::new();
    for consultation in &discovery.consultations {
        for server in &consultation.servers {
            name(&mut merged, server, consultation.source);
        }
    }
    let hosts = distinct(merged.iter().map(|candidate| candidate.endpoint.host.clone()));
    merged.sort_by_key(|candidate| hosts.iter().position(|host| *host == candidate.endpoint.host));
    let named_any = !merged.is_empty();
    let told = discovery.consultations.iter().filter_map(|consultation| absent(discovery, consultation, named_any));
    merged.extend(told);
    merged
}

fn name(merged: &mut Vec<Candidate>, server: &NamedServer, source: Source) {
    let same = merged.iter_mut().map(|candidate| &mut candidate.endpoint).find(|endpoint| {
        (&endpoint.host, endpoint.port, endpoint.service, endpoint.security)
            == (&server.host, server.port, server.service, server.security)
    });
    match same {
        Some(endpoint) if endpoint.sources.contains(&source) => {}
        Some(endpoint) => endpoint.sources.push(source),
        None => merged.push(Candidate { endpoint: endpoint(server, source), lookup: None }),
    }
}

/// What a source said in place of a server, told by the domain's own name: that there is none, that its MX records name
/// no host, and, where nobody named any server, that the mail exchangers could not be found out.
fn absent(discovery: &Discovery, consultation: &Consultation, named_any: bool) -> Option<Candidate> {
    let failure = consultation.failure.clone()?;
    let declined = consultation.outcome == SourceOutcome::NotOffered;
    let unusable = consultation.outcome == SourceOutcome::Unusable;
    let service = match consultation.source {
        Source::Mx if declined || unusable || !named_any => Service::Smtp,
        Source::Srv if declined => {
            srv::SERVICES.into_iter().find(|service| consultation.asked.starts_with(&format!("_{service}._tcp.")))?
        }
        _ => return None,
    };
    let itself = usual(Host::Name(discovery.domain.clone()), service);
    Some(Candidate { endpoint: endpoint(&itself, consultation.source), lookup: Some(failure) })
}

fn endpoint(server: &NamedServer, source: Source) -> Endpoint {
    let NamedServer { host, port, service, security } = server.clone();
    Endpoint { host, address: None, port, service, security, sources: vec![source] }
}
