//! What the sources have in common.

use std::time::Duration;

use crate::observation::discovery::{Consultation, NamedServer, Oddity, SourceOutcome};
use crate::observation::{LookupFailure, LookupFailureKind};
use crate::service::Service;
use crate::target::{Host, Source};

/// Which sources to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoveryOptions {
    /// The sources, of [`DiscoveryOptions::SOURCES`].
    pub from: Vec<Source>,
    /// Whether to try the usual names too.
    pub guess: bool,
}

impl DiscoveryOptions {
    /// The sources that can be chosen.
    pub const SOURCES: [Source; 6] =
        [Source::Mx, Source::Srv, Source::Pacc, Source::Autoconfig, Source::Ispdb, Source::Builtin];

    /// Who stands for the sources where none of them was heard to the end.
    pub(crate) fn first_source(&self) -> Vec<Source> {
        self.from.first().copied().into_iter().collect()
    }

    pub(super) fn wants(&self, source: Source) -> bool {
        self.from.contains(&source)
    }
}

impl Default for DiscoveryOptions {
    /// All sources, and no guesses.
    fn default() -> Self {
        Self { from: Self::SOURCES.to_vec(), guess: false }
    }
}

/// A source's lookup that took longer is told: mail programs wait for it, and some give up.
pub(super) const SLOW_LOOKUP: Duration = Duration::from_secs(3);

#[derive(Debug, Default)]
pub(super) struct SourceResult {
    pub(super) consultations: Vec<Consultation>,
    pub(super) oddities: Vec<Oddity>,
}

impl SourceResult {
    /// A source that said this, and nothing odd.
    pub(super) fn of(consultation: Consultation) -> Self {
        Self { consultations: vec![consultation], oddities: Vec::new() }
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.consultations.extend(other.consultations);
        self.oddities.extend(other.oddities);
    }
}

/// A source that gave servers, or nothing.
pub(super) fn consultation(
    source: Source,
    asked: String,
    servers: Vec<NamedServer>,
    duration: Duration,
) -> Consultation {
    let outcome = if servers.is_empty() { SourceOutcome::Nothing } else { SourceOutcome::Named };
    Consultation { source, asked, outcome, detail: None, failure: None, servers, duration }
}

pub(super) fn failed_lookup(source: Source, asked: String, failure: LookupFailure, duration: Duration) -> Consultation {
    Consultation {
        outcome: outcome_of(failure.kind),
        detail: Some(failure.message.clone()),
        failure: Some(failure),
        ..consultation(source, asked, Vec::new(), duration)
    }
}

/// A host's server for a service, where and how it usually is.
pub(super) fn usual(host: Host, service: Service) -> NamedServer {
    NamedServer { host, port: service.port(), service, security: service.security() }
}

/// What a failed lookup says of a source.
pub(super) fn outcome_of(failure: LookupFailureKind) -> SourceOutcome {
    match failure {
        LookupFailureKind::NoMail => SourceOutcome::NotOffered,
        LookupFailureKind::NoSuchName
        | LookupFailureKind::NoAddress
        | LookupFailureKind::NoIpv4Address
        | LookupFailureKind::NoIpv6Address
        | LookupFailureKind::NameBlocked
        | LookupFailureKind::Ipv6Off => SourceOutcome::Nothing,
        LookupFailureKind::TimedOut
        | LookupFailureKind::Failed
        | LookupFailureKind::Unreachable
        | LookupFailureKind::NoNetwork
        | LookupFailureKind::Local => SourceOutcome::Unreachable,
    }
}

/// What a source says, unless it is given up first.
pub(super) async fn unless(
    enough: impl Future<Output = ()>,
    consulting: impl Future<Output = SourceResult>,
    source: Source,
    asked: &str,
) -> SourceResult {
    tokio::select! {
        biased;
        result = consulting => result,
        () = enough => SourceResult::of(Consultation {
            outcome: SourceOutcome::Unreachable,
            detail: Some("the run ended before it had answered".to_owned()),
            ..consultation(source, asked.to_owned(), Vec::new(), Duration::ZERO)
        }),
    }
}
