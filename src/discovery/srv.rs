//! SRV records: the servers for mail programs (RFC 6186, RFC 8314 section 5.1).

use std::time::Instant;

use futures_util::future::join_all;

use super::{Findings, SLOW_LOOKUP, consultation, unless};
use crate::observation::LookupFailureKind;
use crate::observation::discovery::{Consultation, NamedServer, Oddity, SourceOutcome};
use crate::resolve::Resolver;
use crate::service::Service;
use crate::target::{Host, Source};

/// The services that have names in the DNS, those with TLS from the first byte before the others.
pub(super) const SERVICES: [Service; 6] =
    [Service::Submissions, Service::Submission, Service::Imaps, Service::Imap, Service::Pop3s, Service::Pop3];

/// How many records of one service are used. Honest domains have one to four.
const MAX_SERVERS: usize = 8;

/// Asks for the records of every service.
pub(super) async fn ask(domain: &str, resolver: &Resolver, enough: impl Future<Output = ()> + Clone) -> Findings {
    let asking = SERVICES.map(|service| {
        let enough = enough.clone();
        async move { unless(enough, one(service, domain, resolver), Source::Srv, &record_name(service, domain)).await }
    });
    let answers = join_all(asking).await;
    let mut findings = Findings::default();
    for answer in answers {
        findings.consultations.extend(answer.consultations);
        findings.oddities.extend(answer.oddities);
    }
    // A name server that is slow is slow for all six: once is enough.
    let mut slow = false;
    findings.oddities.retain(|oddity| {
        let is_slow = matches!(oddity, Oddity::SlowNameServer { .. });
        !(is_slow && std::mem::replace(&mut slow, true))
    });
    findings
}

/// `_imaps._tcp.example.org`
fn record_name(service: Service, domain: &str) -> String {
    format!("_{service}._tcp.{domain}")
}

async fn one(service: Service, domain: &str, resolver: &Resolver) -> Findings {
    let name = record_name(service, domain);
    let began = Instant::now();
    let answer = resolver.srv(&name).await;
    let took = began.elapsed();
    let asked = format!("{name} SRV");
    let mut oddities = Vec::new();
    let consultation = match answer {
        Ok(records) => {
            let mut servers = Vec::new();
            for record in records.iter().take(MAX_SERVERS) {
                match record.target.parse() {
                    Ok(host @ Host::Name(_)) if record.port > 0 => {
                        servers.push(NamedServer { host, port: record.port, service, security: service.security() });
                    }
                    _ => oddities.push(Oddity::UnusableServer {
                        source: Source::Srv,
                        text: format!("{}:{}", record.target, record.port),
                    }),
                }
            }
            if took >= SLOW_LOOKUP {
                oddities.push(Oddity::SlowNameServer { asked: asked.clone(), took });
            }
            consultation(Source::Srv, asked, servers, took)
        }
        Err(failure) => {
            let outcome = match failure.kind {
                LookupFailureKind::NoMail => SourceOutcome::NotOffered,
                LookupFailureKind::NoSuchName
                | LookupFailureKind::NoAddress
                | LookupFailureKind::NoIpv4Address
                | LookupFailureKind::NoIpv6Address => SourceOutcome::Nothing,
                LookupFailureKind::TimedOut | LookupFailureKind::Failed | LookupFailureKind::Local => {
                    SourceOutcome::Unreachable
                }
            };
            Consultation {
                source: Source::Srv,
                asked,
                outcome,
                detail: Some(failure.message.clone()),
                failure: Some(failure),
                servers: Vec::new(),
                duration: took,
            }
        }
    };
    Findings { consultations: vec![consultation], oddities }
}
