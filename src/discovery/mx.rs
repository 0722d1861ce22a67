//! MX records: who takes the domain's mail.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::source::{SLOW_LOOKUP, SourceResult, consultation, failed_lookup, usual};
use crate::observation::discovery::{Oddity, SourceOutcome};
use crate::observation::{LookupFailure, LookupFailureKind};
use crate::resolve::{MailExchanger, Resolver};
use crate::service::Service;
use crate::target::{Host, Source};

/// Looks up the MX records. The first host among them is told as soon as it is known.
///
/// As soon as `enough` is ready, it is not waited for what else is asked about them.
pub(super) async fn consult(
    domain: &str,
    resolver: &Resolver,
    tell_first: oneshot::Sender<Option<Host>>,
    enough: impl Future<Output = ()>,
) -> SourceResult {
    let began = Instant::now();
    let answer = resolver.mx(domain).await;
    let took = began.elapsed();
    let asked = format!("{domain} MX");
    let mut oddities = Vec::new();
    if took >= SLOW_LOOKUP && answer.as_ref().err().is_none_or(|failure| failure.kind != LookupFailureKind::TimedOut) {
        oddities.push(Oddity::SlowNameServer { asked: asked.clone(), took });
    }
    let exchangers = match answer {
        Ok(exchangers) => exchangers,
        Err(failure) => {
            let _ = tell_first.send(None);
            let no_record = failure.kind == LookupFailureKind::NoAddress;
            let mut consultations = vec![failed_lookup(Source::Mx, asked, failure, took)];
            if no_record {
                oddities.push(Oddity::NoMailExchanger);
                let itself = vec![usual(Host::Name(domain.to_owned()), Service::Smtp)];
                let asked = format!("{domain} itself");
                consultations.push(consultation(Source::ImplicitMx, asked, itself, Duration::ZERO));
            }
            return SourceResult { consultations, oddities };
        }
    };
    // Nobody listens where no autoconfiguration is searched for.
    let _ = tell_first.send(exchangers.iter().find_map(MailExchanger::host));

    let mut servers = Vec::new();
    for exchanger in &exchangers {
        match exchanger.host() {
            Some(host) => servers.push(usual(host, Service::Smtp)),
            None if exchanger.name.is_empty() => oddities.push(Oddity::NullExchangerBesideOthers),
            None => oddities.push(Oddity::MailExchangerIsNoName { text: exchanger.name.clone() }),
        }
    }
    let names = servers.iter().map(|server| server.host.to_string());
    let aliases = tokio::select! {
        biased;
        aliases = join_all(names.map(|name| async { (resolver.alias(&name).await, name) })) => aliases,
        () = enough => Vec::new(),
    };
    oddities.extend(
        aliases.into_iter().filter_map(|(target, host)| Some(Oddity::MailExchangerIsAlias { host, target: target? })),
    );
    let mut consultation = consultation(Source::Mx, asked, servers, took);
    if consultation.outcome == SourceOutcome::Nothing {
        consultation.outcome = SourceOutcome::Unusable;
        consultation.failure =
            Some(LookupFailure::new(LookupFailureKind::NoAddress, format!("no MX record of {domain} names a host")));
    }
    SourceResult { consultations: vec![consultation], oddities }
}
