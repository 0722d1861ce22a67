//! What was seen of port 25 and of the ports that it is compared with, family by family. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::diagnosis::{Diagnosis, Finding, FindingId, State};
use crate::observation::path::{Edge, How, Path, Place};
use crate::observation::{Attempt, ConnectFailure, Icmp, Observation, Speaker, Stage, StopCause};
use crate::protocol::{Status, Stop};
use crate::service::Service;
use crate::target::AddressClass;
use crate::words::{common, distinct};

/// How mail programs submit mail.
pub(super) const SUBMISSION: [Service; 2] = [Service::Submissions, Service::Submission];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Mail hosts of well-known domains, each of another operator.
    References,
    Hosts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// At least one name led to an address.
    Found,
    /// No name server answered, or each answered with a failure.
    Unanswered,
    /// The name servers answer, and know no address.
    Missing,
    /// Every name is answered as DNS blockers do, with `0.0.0.0` or `::`.
    Blocked,
    /// The run ended before the name servers had answered, and no name had led to an address.
    Unfinished,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    pub scope: Scope,
    pub names: Names,
    /// What was seen over IPv4; `None` when this machine has none, or it was not asked for.
    pub ipv4: Option<FamilyEvidence>,
    pub ipv6: Option<FamilyEvidence>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FamilyEvidence {
    pub relays: Vec<Relay>,
    pub controls: Vec<Control>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Relay {
    /// The domain whose mail host it is, or the host that the user named.
    pub operator: String,
    pub host: String,
    pub address: IpAddr,
    pub state: State,
    /// What that is worth here.
    pub answer: RelayAnswer,
    pub failure: Option<ConnectFailure>,
    /// Why it turned this machine away, be it for its address or for another reason.
    pub refusal: Option<Finding>,
    /// What shows that somebody else answered, where that one said so.
    pub stand_in: Option<Finding>,
    pub greeted_as: Option<String>,
    /// Whether a web server answered where a mail server should, as the login pages of networks do.
    pub portal: bool,
    /// Whether a verified certificate shows that it is who it should be.
    pub authentic: bool,
    pub path: Option<Path>,
    pub own: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayAnswer {
    /// A mail server answered. It would go on, or has a reason not to that is not this machine's address.
    Served,
    /// A mail server answered, and refuses this machine's address.
    Refused,
    /// No connection: refused, dropped, unreachable.
    Stopped,
    /// A connection, and then nothing that a mail server would say.
    Broken,
    /// Somebody else answered, by its own word.
    Intercepted,
    /// Nothing was found out: interrupted, out of time, this machine's own limit.
    Unknown,
}

/// A port that is compared with: 443, 465, 587.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    pub host: String,
    pub address: IpAddr,
    pub port: u16,
    pub answer: ControlAnswer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlAnswer {
    Connected,
    /// A reset came back, from the host or from something before it.
    Refused,
    Stopped,
    Unknown,
}

impl FamilyEvidence {
    /// The one address with which the names of several owners were all answered. Large mail services share none.
    pub fn one_address_for_all(&self) -> Option<IpAddr> {
        let relays =
            self.relays.iter().flat_map(|relay| [(&relay.operator, relay.address), (&relay.host, relay.address)]);
        let found: Vec<(&String, IpAddr)> =
            relays.chain(self.controls.iter().map(|control| (&control.host, control.address))).collect();
        let owners = distinct(found.iter().map(|(name, _)| owner_of(name))).len();
        common(found.iter().map(|(_, address)| *address)).filter(|_| owners >= ENOUGH_OWNERS)
    }

    /// The hosts whose port 25 gives no connection, this very machine left aside.
    pub fn stopped(&self) -> impl Iterator<Item = &Relay> {
        self.relays.iter().filter(|relay| relay.answer == RelayAnswer::Stopped && !relay.own)
    }
}

/// Two may be customers of one small hosting company. Of the built-in names, no two lead to one address.
const ENOUGH_OWNERS: usize = 3;

/// Whom a host name belongs to, near enough: its last two labels.
pub(super) fn owner_of(host: &str) -> Vec<&str> {
    host.rsplit('.').take(2).collect()
}

impl Relay {
    /// What an observation of port 25 shows. `None` when the name gave no address.
    pub(super) fn of(operator: &str, observation: &Observation, diagnosis: &Diagnosis, own: bool) -> Option<Self> {
        let probe = observation.probe();
        let answer = relay_answer(observation, diagnosis);
        Some(Self {
            operator: operator.to_owned(),
            host: observation.endpoint.host.to_string(),
            address: observation.endpoint.address?,
            state: diagnosis.state,
            answer,
            failure: probe.and_then(connect_failure).cloned(),
            refusal: diagnosis.findings.first().filter(|_| is_refusal(diagnosis.state)).cloned(),
            // Behind what the traced path shows.
            stand_in: diagnosis
                .findings
                .iter()
                .rfind(|finding| answer == RelayAnswer::Intercepted && finding.id == FindingId::Intercepted)
                .cloned(),
            greeted_as: probe.and_then(greeted_as),
            portal: diagnosis.findings.iter().any(|finding| finding.id == FindingId::CaptivePortalSuspected),
            authentic: probe.is_some_and(is_authentic),
            path: observation.path.as_ref().and_then(|traced| traced.as_ref().ok()).cloned(),
            own,
        })
    }

    /// Whether this machine itself refused to send.
    pub fn refused_here(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.on_this_machine)
    }

    /// Whether anything was sent at all.
    pub(super) fn was_sent(&self) -> bool {
        !self.failure.as_ref().is_some_and(|failure| failure.on_this_machine && failure.icmp.is_none())
    }

    pub fn icmp(&self) -> Option<Icmp> {
        self.failure.as_ref()?.icmp
    }

    /// Where it stops, as far as the traced path or the system tells.
    pub fn stopped_at(&self) -> Place {
        match &self.path {
            Some(path) if !matches!(path.place, Place::Unknown | Place::Nowhere) => path.place,
            _ if self.refused_here() => Place::ThisMachine,
            _ => Place::Unknown,
        }
    }

    /// Whether it stops at the host itself, or right before it.
    pub fn is_at_the_end(&self) -> bool {
        self.stopped_at() == Place::Destination
    }

    /// Whether someone who runs the way out may be what stops it: neither this machine itself nor the host.
    pub fn is_stopped_by_others(&self) -> bool {
        !matches!(self.stopped_at(), Place::ThisMachine | Place::Destination)
    }

    /// The last hop that let port 25 through, as its answers show, even where the place is not known.
    pub fn let_through(&self) -> Option<Edge> {
        self.path.as_ref()?.after.filter(|after| after.ttl > 0)
    }

    /// Whether no mail server answered, and nobody in its place.
    pub(super) fn is_dead(&self) -> bool {
        matches!(self.answer, RelayAnswer::Stopped | RelayAnswer::Broken)
    }

    /// Whether a mail server answered, willing or not.
    pub fn answered(&self) -> bool {
        matches!(self.answer, RelayAnswer::Served | RelayAnswer::Refused)
    }
}

impl Control {
    /// What an observation of a submission port shows. `None` when the name gave no address.
    pub(super) fn of(observation: &Observation, diagnosis: &Diagnosis) -> Option<Self> {
        Some(Self {
            host: observation.endpoint.host.to_string(),
            address: observation.endpoint.address?,
            port: observation.endpoint.port,
            answer: match diagnosis.state {
                State::ConnectionRefused => ControlAnswer::Refused,
                // Somebody nearer took the connection.
                State::Intercepted => ControlAnswer::Unknown,
                state if state.proves_nothing() => ControlAnswer::Unknown,
                state if state.is_closed() => ControlAnswer::Stopped,
                _ => ControlAnswer::Connected,
            },
        })
    }
}

/// Whether a way out for mail programs is open: the server greets, and the upgrade to TLS was not taken away.
pub(super) fn is_way_out(diagnosis: &Diagnosis) -> bool {
    matches!(diagnosis.state, State::Ok | State::CertificateInvalid)
}

fn relay_answer(observation: &Observation, diagnosis: &Diagnosis) -> RelayAnswer {
    let greeted = observation
        .probe()
        .and_then(|probe| probe.conversation.greeting.as_ref())
        .is_some_and(|greeting| greeting.status == Status::Positive);
    match diagnosis.state {
        State::Intercepted if is_by_its_own_word(observation, diagnosis) => RelayAnswer::Intercepted,
        state if state.proves_nothing() => RelayAnswer::Unknown,
        state if state.is_closed() => RelayAnswer::Stopped,
        state if is_refusal(state) && is_about_our_address(observation, diagnosis) => RelayAnswer::Refused,
        state if is_refusal(state) => RelayAnswer::Served,
        State::WrongProtocol | State::ProtocolError | State::TlsOnPlaintextPort => RelayAnswer::Broken,
        _ if greeted => RelayAnswer::Served,
        _ => RelayAnswer::Broken,
    }
}

const fn is_refusal(state: State) -> bool {
    matches!(state, State::ServiceRejected | State::ServiceUnavailable)
}

/// Whether the greeting itself shows that somebody else answers, and not the traced path alone.
fn is_by_its_own_word(observation: &Observation, diagnosis: &Diagnosis) -> bool {
    let by_path = matches!(&observation.path, Some(Ok(path)) if path.how == Some(How::Intercept));
    let proofs = diagnosis.findings.iter().filter(|finding| finding.id == FindingId::Intercepted).count();
    proofs > usize::from(by_path)
}

/// A refusal of this machine's address: the server says so, or names its policy (RFC 3463, X.7.x) at the greeting, where
/// the address is all that it knows of a client. A bare 554 may also mean that there is no mail service at all.
fn is_about_our_address(observation: &Observation, diagnosis: &Diagnosis) -> bool {
    let has = |wanted: &[FindingId]| diagnosis.findings.iter().any(|finding| wanted.contains(&finding.id));
    if has(&[
        FindingId::AddressBlocklisted,
        FindingId::PoorReputation,
        FindingId::AddressRefused,
        FindingId::NoReverseName,
    ]) {
        return true;
    }
    diagnosis.state == State::ServiceRejected
        && diagnosis.failed_stage == Some(Stage::Greeting)
        && has(&[FindingId::ServiceRejected])
        && matches!(
            observation.probe().and_then(|probe| probe.conversation.stop.as_ref()),
            Some(Stop::Rejected(reply)) if reply.enhanced.as_deref().and_then(|code| code.split('.').nth(1)) == Some("7")
        )
}

fn connect_failure(probe: &Attempt) -> Option<&ConnectFailure> {
    match &probe.stop.as_ref()?.cause {
        StopCause::Connect(failure) => Some(failure),
        _ => None,
    }
}

/// The name at the beginning of an SMTP greeting (RFC 5321, section 4.2), apart from dates and ids that follow it.
fn greeted_as(probe: &Attempt) -> Option<String> {
    let greeting = probe.conversation.greeting.as_ref()?;
    let name = greeting.text.split_whitespace().next()?.trim_end_matches('.').to_ascii_lowercase();
    let is_host = name.len() <= 253
        && name.contains('.')
        && name.bytes().any(|byte| byte.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    is_host.then_some(name)
}

fn is_authentic(probe: &Attempt) -> bool {
    probe.tls.as_ref().is_some_and(|tls| tls.certificate.is_some() && tls.faults.is_empty())
}

/// The addresses under which servers saw this machine, by what their answers to EHLO say.
///
/// A server may echo the address that we gave as our name, name its own, or lie. What several say counts more than what
/// one says.
pub(super) fn seen_as<'a>(observations: impl Iterator<Item = &'a Observation>) -> Vec<IpAddr> {
    let mut told: BTreeMap<IpAddr, BTreeSet<String>> = BTreeMap::new();
    for observation in observations {
        for address in told_by(observation) {
            told.entry(address).or_default().insert(observation.endpoint.host.to_string());
        }
    }
    let agreed = |v4: bool| told.iter().any(|(address, by)| address.is_ipv4() == v4 && by.len() > 1);
    let believed = told.iter().filter(|(address, by)| by.len() > 1 || !agreed(address.is_ipv4()));
    believed.map(|(address, _)| *address).take(MAX_SEEN_AS).collect()
}

/// More addresses than this are no answer. Large networks translate to a few.
const MAX_SEEN_AS: usize = 8;

fn told_by(observation: &Observation) -> Vec<IpAddr> {
    let Some(probe) = observation.probe() else { return Vec::new() };
    let offers = [&probe.conversation.plaintext, &probe.conversation.secured].into_iter().flatten();
    let echoed = own_literal(probe);
    let words = offers.filter_map(|offer| offer.hello_text.as_deref()).flat_map(str::split_whitespace);
    let counts = |address: &IpAddr| {
        is_somebody(*address)
            && observation.endpoint.address != Some(*address)
            && (echoed != Some(*address) || !is_private(*address))
    };
    words.filter_map(address_in).filter(counts).collect()
}

/// The address literal that we gave as our own name, which a server may only repeat.
fn own_literal(probe: &Attempt) -> Option<IpAddr> {
    let hello = probe.transcript.iter().find(|line| line.from == Speaker::Client)?;
    let (verb, name) = hello.text.split_once(' ')?;
    if verb.eq_ignore_ascii_case("EHLO") || verb.eq_ignore_ascii_case("HELO") { address_in(name) } else { None }
}

/// `[203.0.113.9]`, `([IPv6:2001:db8::9])`, `203.0.113.9,`
fn address_in(word: &str) -> Option<IpAddr> {
    let bare = word.trim_matches(|c: char| !(c.is_ascii_alphanumeric() || c == ':'));
    let bare = match bare.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("IPv6:") => bare.get(5..)?,
        _ => bare,
    };
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

fn is_somebody(address: IpAddr) -> bool {
    !address.is_loopback() && !address.is_unspecified() && !address.is_multicast()
}

/// Addresses that mean something only inside a network: a server may see another one.
pub(super) fn is_private(address: IpAddr) -> bool {
    AddressClass::of(address).is_internal()
}

#[cfg(test)]
#[path = "tests/evidence.rs"]
mod tests;
