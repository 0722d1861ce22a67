//! One endpoint's verdict, given what is known of its siblings.

use super::expectations::{About, Compared, Outcome};
use super::judged::{Addresses, Policy, Verdict};
use crate::diagnosis::{Diagnosis, FindingId, Severity, State, keeps_mail_back};
use crate::service::{Role, Service};
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

/// A target while the run goes on.
#[derive(Debug, Clone, Copy)]
pub struct TargetProgress<'a> {
    /// Its endpoints.
    pub endpoints: &'a [EndpointProgress<'a>],
    /// Whether a mail program's user asks: the target is a mail address.
    pub for_mail_program: bool,
    /// Whether promises about its servers are being looked up: they may change what a port between servers is worth.
    pub awaits_promises: bool,
}

/// The verdict of the endpoint at `index` of its target, once nothing that the unfinished ones may bring can change it.
///
/// `None` for an endpoint that is not finished, and for one whose failure may still turn out harmless: a survey's closed
/// port, a dead MX host, one address of several where any will do. When all are finished, every one is settled.
pub fn settled(index: usize, target: TargetProgress<'_>, policy: &Policy) -> Option<Verdict> {
    let TargetProgress { endpoints: target, for_mail_program, awaits_promises } = target;
    let own = target.get(index)?;
    if awaits_promises && own.endpoint.service == Service::Smtp {
        return None;
    }
    let verdict = alone(own.endpoint, own.diagnosis?, own.expectations);
    if verdict != Verdict::Fail {
        return Some(verdict);
    }
    if own.diagnosis.is_some_and(|diagnosis| diagnosis.state.is_no_to_mail()) {
        return Some(Verdict::Fail);
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
    if is_loopback_of_localhost(own.endpoint) && Standing::of(own) == Standing::Closed {
        // Many services listen on one of the two only, and whoever connects to the name tries both.
        if same_port.contains(&Standing::Works) {
            return Some(Verdict::Pass);
        }
        if same_port.contains(&Standing::Pending) {
            return None;
        }
    }
    let is_beyond_help =
        |diagnosis: &Diagnosis| is_tampered_with(diagnosis.state) || keeps_mail_back(&diagnosis.findings);
    if own.diagnosis.is_some_and(is_beyond_help) {
        return Some(Verdict::Fail); // Another mail host does not protect the mail that goes to this one.
    }
    match Claim::of(own) {
        Claim::MailExchanger | Claim::ImplicitExchanger if for_mail_program && is_silent(own) => {
            silent_for_a_mail_program(target, policy)
        }
        Claim::MailExchanger => mail_exchanger(target, policy),
        Claim::Survey if Standing::of(own) == Standing::Closed => closed_in_a_survey(own, target, &same_port),
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
/// what was asked for; not met, a success is not. What makes senders keep their mail back nobody asks for.
fn alone(endpoint: &Endpoint, diagnosis: &Diagnosis, expectations: &[Compared]) -> Verdict {
    if expectations.iter().any(|compared| matches!(compared.outcome, Outcome::Broken(_))) {
        return Verdict::Fail;
    }
    let usual = by_state(endpoint, diagnosis);
    let of_port = expectations.iter().find(|compared| compared.about == About::Port);
    match of_port.map(|compared| compared.outcome) {
        Some(Outcome::Holds) if usual != Verdict::Warn && !keeps_mail_back(&diagnosis.findings) => Verdict::Pass,
        _ => usual,
    }
}

fn by_state(endpoint: &Endpoint, diagnosis: &Diagnosis) -> Verdict {
    let warns = diagnosis.findings.iter().any(|finding| finding.severity < Severity::Info);
    let is_vouched_for = diagnosis.findings.iter().any(|finding| finding.id == FindingId::DaneMatch);
    match diagnosis.state {
        state if state.proves_nothing() => Verdict::Inconclusive,
        _ if keeps_mail_back(&diagnosis.findings) => Verdict::Fail,
        // Nothing stops, and spammers will not either.
        _ if diagnosis.findings.iter().any(|finding| finding.id == FindingId::OpenRelay) => Verdict::Fail,
        State::Ok if warns => Verdict::Warn,
        State::Ok => Verdict::Pass,
        State::CertificateInvalid if is_vouched_for && !warns => Verdict::Pass,
        State::TlsUnsupportedHere => Verdict::Warn,
        State::StarttlsNotOffered | State::CertificateInvalid if endpoint.service.tls_is_opportunistic() => {
            Verdict::Warn
        }
        // Most programs take it all the same.
        State::CertificateInvalid if diagnosis.findings.iter().all(|finding| finding.severity > Severity::Error) => {
            Verdict::Warn
        }
        _ => Verdict::Fail,
    }
}

/// How much was claimed for an endpoint, by the strongest of its sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// The user named it, the domain publishes it, or mail programs are told to use it: it must work.
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
        } else if has(&[Source::User, Source::Srv, Source::Pacc, Source::Autoconfig, Source::Ispdb]) {
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
    /// A connection was made, and it passes or warns by itself; or it said no to mail, which is an answer.
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
            // Those that were asked before and did not answer are no failure: a mail server would have come here, too.
            _ if diagnosis.state.is_no_to_mail() => Self::Works,
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

fn is_loopback_of_localhost(endpoint: &Endpoint) -> bool {
    let is_localhost = match &endpoint.host {
        Host::Name(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Address(_) => false,
    };
    is_localhost && endpoint.address.is_some_and(|address| address.is_loopback())
}

fn is_silent(progress: &EndpointProgress<'_>) -> bool {
    progress.diagnosis.is_some_and(|diagnosis| diagnosis.state == State::ConnectionTimeout)
}

/// Mail programs do not need port 25, and many networks drop it: where it is silent at every mail host, that warns.
fn silent_for_a_mail_program(target: &[EndpointProgress<'_>], policy: &Policy) -> Option<Verdict> {
    let exchangers = || {
        let is_exchanger =
            |one: &&EndpointProgress<'_>| matches!(Claim::of(one), Claim::MailExchanger | Claim::ImplicitExchanger);
        target.iter().filter(is_exchanger)
    };
    if exchangers().all(is_silent) {
        return Some(Verdict::Warn);
    }
    if exchangers().any(|one| one.diagnosis.is_none()) {
        return None;
    }
    mail_exchanger(target, policy)
}

/// Whether mail programs could send through one of the target's submission ports: `None` while that is not known.
fn takes_submissions(target: &[EndpointProgress<'_>]) -> Option<bool> {
    let submission = || target.iter().filter(|one| one.endpoint.service.role() == Role::Submission);
    let is_open = |one: &EndpointProgress<'_>| one.diagnosis.is_some_and(|diagnosis| diagnosis.state.is_open());
    if submission().any(is_open) {
        return Some(true);
    }
    if submission().any(|one| one.diagnosis.is_none()) { None } else { Some(false) }
}

/// A closed port of a survey is "not offered" when something else works and the port is closed at every address. That no
/// mail program can send through the host deserves a warning all the same.
fn closed_in_a_survey(
    own: &EndpointProgress<'_>,
    target: &[EndpointProgress<'_>],
    same_port: &[Standing],
) -> Option<Verdict> {
    if same_port.iter().any(|standing| matches!(standing, Standing::Works | Standing::Broken)) {
        return Some(Verdict::Fail); // Open at another address: closed here is a fault.
    }
    if same_port.contains(&Standing::Pending) {
        return None;
    }
    let is_for_sending = own.endpoint.service.role() == Role::Submission;
    let forgiven = if same_port.contains(&Standing::Unknown) {
        Verdict::Inconclusive
    } else if is_for_sending && own.endpoint.sources.contains(&Source::Default) && !takes_submissions(target)? {
        Verdict::Warn
    } else {
        Verdict::Pass
    };
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
