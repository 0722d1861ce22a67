//! SRV records: the servers for mail programs (RFC 6186, RFC 8314 section 5.1).

use std::time::Instant;

use futures_util::future::join_all;

use super::source::{SLOW_LOOKUP, SourceResult, consultation, failed_lookup, unless};
use crate::observation::discovery::{NamedServer, Oddity};
use crate::resolve::Resolver;
use crate::service::Service;
use crate::target::{Host, Source};

/// The services that have names in the DNS, those with TLS from the first byte before the others.
pub(super) const SERVICES: [Service; 6] =
    [Service::Submissions, Service::Submission, Service::Imaps, Service::Imap, Service::Pop3s, Service::Pop3];

/// How many records of one service are used. Honest domains have one to four.
const MAX_SERVERS: usize = 8;

pub(super) async fn consult(
    domain: &str,
    resolver: &Resolver,
    enough: impl Future<Output = ()> + Clone,
) -> SourceResult {
    let consulting = SERVICES.map(|service| {
        let enough = enough.clone();
        async move { unless(enough, one(service, domain, resolver), Source::Srv, &record_name(service, domain)).await }
    });
    let mut all = SourceResult::default();
    for result in join_all(consulting).await {
        all.extend(result);
    }
    // A name server that is slow is slow for all six: once is enough.
    let mut slow = false;
    all.oddities.retain(|oddity| {
        let is_slow = matches!(oddity, Oddity::SlowNameServer { .. });
        !(is_slow && std::mem::replace(&mut slow, true))
    });
    all
}

/// `_imaps._tcp.example.org`
fn record_name(service: Service, domain: &str) -> String {
    format!("_{service}._tcp.{domain}")
}

async fn one(service: Service, domain: &str, resolver: &Resolver) -> SourceResult {
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
        Err(failure) => failed_lookup(Source::Srv, asked, failure, took),
    };
    SourceResult { consultations: vec![consultation], oddities }
}
