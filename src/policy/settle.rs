//! One endpoint's verdict, given what is known of its siblings.

use super::expectations::{About, Compared, Outcome};
use super::judged::{Addresses, Policy, Verdict};
use crate::diagnosis::{Diagnosis, Severity, State};
use crate::service::Service;
use crate::target::{Endpoint, Host, Source};
use crate::words::distinct;

/// An endpoint of a target while the run goes on.
#[derive(Debug, Clone, Copy)]
pub struct EndpointProgress<'a> {
    pub endpoint: &'a Endpoint,
    /// What it came to; `None` while it is being probed.
    pub diagnosis: Option<&'a Diagnosis>,
    /// What was expected of it; empty while it is being probed.
    pub expectations: &'a [Compared],
}

/// The verdict of the endpoint at `index` of its target, once nothing that the unfinished ones may bring can change it.
///
/// `None` for an endpoint that is not finished, and for one whose failure may still turn out harmless: a survey's closed
/// port, a dead MX host, one address of several where any will do. When all are finished, every one is settled.
pub fn settled(index: usize, target: &[EndpointProgress<'_>], policy: &Policy) -> Option<Verdict> {
    let own = target.get(index)?;
    let verdict = alone(own.endpoint, own.diagnosis?, own.expectations);
    if verdict != Verdict::Fail {
        return Some(verdict);
    }
    let same_port = standings(target, |other| is_same_port(own.endpoint, other));
    if policy.addresses == Addresses::Any {
        if same_port.contains(&Standing::Works) {
            return Some(Verdict::Warn);
        }
        if same_port.contains(&Standing::Pending) {
            return None;
        }
    }
    if own.expectations.iter().any(|compared| !compared.holds()) {
        return Some(Verdict::Fail); // What was asked for outright no sibling can make good.
    }
    if own.diagnosis.is_some_and(|diagnosis| is_tampered_with(diagnosis.state)) {
        return Some(Verdict::Fail); // Another mail host does not protect the mail that goes to this one.
    }
    match Claim::of(own) {
        Claim::MailExchanger => mail_exchanger(target, policy),
        Claim::Survey if Standing::of(own) == Standing::Closed => closed_in_a_survey(target, &same_port),
        Claim::ImplicitExchanger => where_one_works(&standings(target, |_| true), Verdict::Warn),
        Claim::Declined => where_one_works(&standings(target, |_| true), Verdict::Pass),
        Claim::Promise | Claim::Survey => Some(Verdict::Fail),
    }
}

/// STARTTLS that is offered and not to be had: stripped, refused or injected into. An error on every port.
const fn is_tampered_with(state: State) -> bool {
    matches!(state, State::StarttlsStripped | State::StarttlsRefused | State::StarttlsInjection)
}

/// What an endpoint's own state is worth, its siblings left aside. An expectation of the port decides: met, a failure is
/// what was asked for; not met, a success is not.
fn alone(endpoint: &Endpoint, diagnosis: &Diagnosis, expectations: &[Compared]) -> Verdict {
    if expectations.iter().any(|compared| matches!(compared.outcome, Outcome::Broken(_))) {
        return Verdict::Fail;
    }
    let usual = by_state(endpoint, diagnosis);
    let of_port = expectations.iter().find(|compared| compared.about == About::Port);
    match of_port.map(|compared| compared.outcome) {
        Some(Outcome::Holds) if usual != Verdict::Warn => Verdict::Pass,
        _ => usual,
    }
}

fn by_state(endpoint: &Endpoint, diagnosis: &Diagnosis) -> Verdict {
    match diagnosis.state {
        State::Ok if diagnosis.findings.iter().any(|finding| finding.severity < Severity::Info) => Verdict::Warn,
        State::Ok => Verdict::Pass,
        State::StarttlsNotOffered | State::CertificateInvalid if endpoint.service.tls_is_opportunistic() => {
            Verdict::Warn
        }
        state if state.proves_nothing() => Verdict::Inconclusive,
        _ => Verdict::Fail,
    }
}

/// Whether a mail server answered on port 25: then nothing near here blocks that port.
pub(crate) fn reaches_port_25<'a>(mut known: impl Iterator<Item = (&'a Endpoint, State)>) -> bool {
    known.any(|(endpoint, state)| endpoint.port == Service::Smtp.port() && state.is_conversation())
}

/// How much was claimed for an endpoint, by the strongest of its sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// The user named it, or the domain publishes it: it must work.
    Promise,
    /// One mail host of the domain must work.
    MailExchanger,
    /// The domain names no mail host, and its own address may be one.
    ImplicitExchanger,
    /// The domain says that it does not offer the service: an SRV target `.`, or a null MX. It keeps its word, so that
    /// fails nothing while anything that it does offer works.
    Declined,
    /// Just looking: what is not there is not missed.
    Survey,
}

impl Claim {
    fn of(progress: &EndpointProgress<'_>) -> Self {
        let has = |wanted: &[Source]| progress.endpoint.sources.iter().any(|source| wanted.contains(source));
        let declined = progress.diagnosis.is_some_and(|diagnosis| diagnosis.state == State::DnsNoMail);
        if declined && has(&[Source::Srv, Source::Mx]) {
            Self::Declined
        } else if has(&[Source::User, Source::Srv, Source::Autoconfig]) {
            Self::Promise
        } else if has(&[Source::Mx]) {
            Self::MailExchanger
        } else if has(&[Source::ImplicitMx]) {
            Self::ImplicitExchanger
        } else if has(&[Source::Default, Source::Builtin, Source::Guess]) {
            Self::Survey
        } else {
            Self::Promise
        }
    }
}

/// What a sibling tells about the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// A connection was made, and it passes or warns by itself.
    Works,
    /// No connection, and the network said so: refused, dropped, unreachable.
    Closed,
    /// It fails in another way.
    Broken,
    /// Finished, and nothing was proven.
    Unknown,
    /// Not finished.
    Pending,
}

impl Standing {
    fn of(progress: &EndpointProgress<'_>) -> Self {
        let Some(diagnosis) = progress.diagnosis else { return Self::Pending };
        match alone(progress.endpoint, diagnosis, progress.expectations) {
            Verdict::Pass | Verdict::Warn => Self::Works,
            Verdict::Inconclusive => Self::Unknown,
            Verdict::Fail if diagnosis.state.is_closed() => Self::Closed,
            Verdict::Fail => Self::Broken,
        }
    }
}

fn standings(target: &[EndpointProgress<'_>], wanted: impl Fn(&Endpoint) -> bool) -> Vec<Standing> {
    target.iter().filter(|progress| wanted(progress.endpoint)).map(Standing::of).collect()
}

/// Whether two endpoints are one port of one host, at one address or at two.
fn is_same_port(one: &Endpoint, other: &Endpoint) -> bool {
    one.host == other.host && one.port == other.port
}

/// A closed port of a survey is "not offered" when something else works and the port is closed at every address.
fn closed_in_a_survey(target: &[EndpointProgress<'_>], same_port: &[Standing]) -> Option<Verdict> {
    if same_port.iter().any(|standing| matches!(standing, Standing::Works | Standing::Broken)) {
        return Some(Verdict::Fail); // Open at another address: closed here is a fault.
    }
    if same_port.contains(&Standing::Pending) {
        return None;
    }
    let forgiven = if same_port.contains(&Standing::Unknown) { Verdict::Inconclusive } else { Verdict::Pass };
    where_one_works(&standings(target, |_| true), forgiven)
}

/// A dead MX host is a warning as long as another one works.
fn mail_exchanger(target: &[EndpointProgress<'_>], policy: &Policy) -> Option<Verdict> {
    let exchangers = target.iter().filter(|progress| Claim::of(progress) == Claim::MailExchanger);
    let hosts = distinct(exchangers.map(|progress| &progress.endpoint.host));
    let hosts: Vec<Standing> = hosts.into_iter().map(|host| host_standing(target, host, policy)).collect();
    where_one_works(&hosts, Verdict::Warn)
}

/// A failure that is `forgiven` where one of these works. Where one is unknown, it might: then nothing is proven.
fn where_one_works(standings: &[Standing], forgiven: Verdict) -> Option<Verdict> {
    match best(standings) {
        Standing::Works => Some(forgiven),
        Standing::Pending => None,
        Standing::Unknown => Some(Verdict::Inconclusive),
        Standing::Closed | Standing::Broken => Some(Verdict::Fail),
    }
}

/// How an MX host as a whole stands: by all its addresses, or by the best of each port.
fn host_standing(target: &[EndpointProgress<'_>], host: &Host, policy: &Policy) -> Standing {
    let endpoints = || {
        target.iter().filter(|progress| progress.endpoint.host == *host && Claim::of(progress) == Claim::MailExchanger)
    };
    let ports = endpoints().map(|progress| {
        let same = standings(target, |other| is_same_port(progress.endpoint, other));
        if policy.addresses == Addresses::Any { best(&same) } else { Standing::of(progress) }
    });
    worst(&ports.collect::<Vec<_>>())
}

/// The standing of several of which one is enough.
fn best(standings: &[Standing]) -> Standing {
    [Standing::Works, Standing::Pending, Standing::Unknown]
        .into_iter()
        .find(|standing| standings.contains(standing))
        .unwrap_or(Standing::Broken)
}

/// The standing of several that are all needed.
fn worst(standings: &[Standing]) -> Standing {
    [Standing::Broken, Standing::Closed, Standing::Pending, Standing::Unknown]
        .into_iter()
        .find(|standing| standings.contains(standing))
        .unwrap_or(Standing::Works)
}
