//! What the user says must be so: of a port, its certificate, its TLS, its logins.

use std::collections::BTreeMap;
use std::fmt;

use super::kept::PolicyKind;
use crate::diagnosis::{Diagnosis, Finding, FindingId, State};
use crate::named::named_enum;
use crate::observation::{Attempt, Observation};
use crate::service::{Role, Security};
use crate::words::date;

/// The exit code for an expectation that does not hold, where no failure's own code says more.
pub const NOT_AS_EXPECTED: u8 = 16;

/// What must be so. What is not named here is judged by the usual rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectations {
    /// What is expected of a port.
    pub ports: BTreeMap<u16, Expected>,
    /// For how many more days a certificate must be valid, where there is one.
    pub min_days: Option<u32>,
    /// The least version of TLS, where a conversation can be had.
    pub min_tls: Option<MinTls>,
    /// The SASL mechanisms that must be offered inside TLS, in upper case. Not of port 25: servers do not log in.
    pub required_logins: Vec<String>,
    /// The SASL mechanisms that must not be offered inside TLS, in upper case.
    pub forbidden_logins: Vec<String>,
    /// Whether no login may be possible before TLS is up.
    pub forbid_plaintext_login: bool,
    /// The kinds of promises that the domain must make and keep.
    pub policies: Vec<PolicyKind>,
}

/// What is expected of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A TCP connection is accepted, whatever follows.
    Open,
    /// No TCP connection is made: refused, dropped or unreachable.
    Closed,
    /// It works, with TLS.
    Tls,
    /// It works, with TLS after an upgrade.
    StartTls,
    /// It works, with TLS from the first byte.
    Implicit,
    /// It works, without TLS.
    Plaintext,
    /// Exactly this state.
    State(State),
}

named_enum! {
    /// The least version of TLS that will do.
    pub enum MinTls {
        /// RFC 5246
        V12 = "1.2",
        /// RFC 8446
        V13 = "1.3",
    }
}

/// An expectation, compared with what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Compared {
    /// What was expected.
    pub expected: String,
    /// What was found, in the same words. Hostile text.
    pub found: String,
    /// Whether they agree.
    pub outcome: Outcome,
    /// What it is about.
    pub about: About,
}

/// What an expectation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The port as a whole: it decides the verdict.
    Port,
    /// The certificate: for how many more days it must be valid.
    CertificateDays(u32),
    /// TLS.
    Tls,
    /// Logins: what was found are the server's own words.
    Logins,
}

/// Whether an expectation holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It does.
    Holds,
    /// It does not: the exit code that says so.
    Broken(u8),
    /// Nothing was proven.
    Unknown,
}

impl Expected {
    /// The words that are not names of states.
    const WORDS: [(&'static str, Self); 6] = [
        ("open", Self::Open),
        ("closed", Self::Closed),
        ("tls", Self::Tls),
        ("starttls", Self::StartTls),
        ("implicit", Self::Implicit),
        ("plaintext", Self::Plaintext),
    ];

    /// The expectation of this name: `open`, `closed`, `tls`, `starttls`, `implicit`, `plaintext`, or a state.
    pub fn from_name(name: &str) -> Option<Self> {
        let word = Self::WORDS.iter().find(|(word, _)| *word == name).map(|(_, expected)| *expected);
        word.or_else(|| State::from_name(name).map(Self::State))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::State(state) => state.name(),
            _ => Self::WORDS.iter().find(|(_, expected)| *expected == self).map_or("", |(word, _)| *word),
        }
    }

    /// Every name, for help and completion.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let words = Self::WORDS.iter().map(|(word, _)| *word);
        words.chain(State::ALL.iter().map(|state| state.name()))
    }

    /// Whether it asks for a port that works or is at least open, so that a failure's own code says why it does not hold.
    const fn asks_for_success(self) -> bool {
        matches!(self, Self::Open | Self::Tls | Self::State(State::Ok))
    }

    /// Whether an endpoint that meets it can be asked about certificates, TLS and logins.
    const fn leaves_room_for_more(self) -> bool {
        matches!(self, Self::Open | Self::Tls | Self::StartTls | Self::Implicit | Self::State(State::Ok))
    }

    fn holds(self, observation: &Observation, state: State) -> bool {
        match self {
            Self::Open => state.is_open(),
            Self::Closed => state.is_closed(),
            Self::Tls => state == State::Ok && has_tls(observation),
            Self::StartTls => state == State::Ok && secured(observation) == "starttls",
            Self::Implicit => state == State::Ok && secured(observation) == "implicit",
            Self::Plaintext => state == State::Ok && secured(observation) == "plaintext",
            Self::State(expected) => state == expected,
        }
    }

    fn found(self, observation: &Observation, state: State) -> &'static str {
        match self {
            Self::Tls | Self::StartTls | Self::Implicit | Self::Plaintext if state == State::Ok => secured(observation),
            _ => state.name(),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Expectations {
    /// None at all.
    pub const NONE: Self = Self {
        ports: BTreeMap::new(),
        min_days: None,
        min_tls: None,
        required_logins: Vec::new(),
        forbidden_logins: Vec::new(),
        forbid_plaintext_login: false,
        policies: Vec::new(),
    };

    /// Compares what is expected of an endpoint with what was found there.
    ///
    /// A certificate, TLS and logins can only be asked about where the conversation came so far. Where it did not, the
    /// state says why. What counts is the ordinary check: a second look is no evidence for how a client fares.
    pub fn compare(&self, observation: &Observation, diagnosis: &Diagnosis) -> Vec<Compared> {
        let state = diagnosis.state;
        let expected = self.ports.get(&observation.endpoint.port).copied();
        let mut compared: Vec<Compared> = expected.iter().map(|expected| port(*expected, observation, state)).collect();
        if state.is_conversation() && expected.is_none_or(Expected::leaves_room_for_more) {
            compared.extend(self.certificate(observation));
            compared.extend(self.tls(observation));
            compared.extend(self.logins(observation));
            compared.extend(self.plaintext_login(diagnosis));
        }
        compared
    }

    /// Takes back what the usual rules warn of where the user has said how much is enough, and there is as much: of a
    /// certificate that expires soon.
    pub fn overrule(compared: &[Compared], diagnosis: &mut Diagnosis) {
        let is_long_enough = |one: &Compared| matches!(one.about, About::CertificateDays(_)) && one.holds();
        if compared.iter().any(is_long_enough) {
            diagnosis.findings.retain(|finding| finding.id != FindingId::CertificateExpiresSoon);
        }
    }

    fn certificate(&self, observation: &Observation) -> Option<Compared> {
        let least = self.min_days?;
        let facts = observation.probe()?.tls.as_ref()?.certificate.as_ref()?;
        // The chain is valid for as long as each of its certificates is.
        let (left, first) = (facts.chain_days_left(), facts.chain_ends_with());
        let (about, holds) = (About::CertificateDays(least), left >= i64::from(least));
        let whose = first.map_or_else(String::new, |issuer| {
            let kind = if issuer.is_root { "root CA" } else { "intermediate" };
            format!(", until {} (the {kind} {})", date(issuer.not_after), issuer.subject)
        });
        Some(property(about, holds, format!("certificate valid for {least} days"), format!("{left} days{whose}")))
    }

    fn tls(&self, observation: &Observation) -> Option<Compared> {
        let least = self.min_tls?;
        let version = observation.probe().and_then(|attempt| attempt.tls.as_ref()?.version.as_deref());
        let found = version.map_or("no TLS", |version| version.strip_prefix("TLSv").unwrap_or(version));
        let holds = MinTls::from_name(found).is_some_and(|found| found >= least);
        Some(property(About::Tls, holds, format!("TLS {least} or later"), found.to_owned()))
    }

    fn logins(&self, observation: &Observation) -> Vec<Compared> {
        let endpoint = &observation.endpoint;
        let offered = observation.probe().and_then(|Attempt { conversation, .. }| {
            let plaintext = conversation.plaintext.as_ref().filter(|_| endpoint.security == Security::Plaintext);
            conversation.secured.as_ref().or(plaintext)
        });
        let mechanisms = offered.map_or(&[][..], |offered| offered.mechanisms.as_slice());
        let has = |wanted: &String| mechanisms.iter().any(|name| name.eq_ignore_ascii_case(wanted));
        let found = if mechanisms.is_empty() { "no login".to_owned() } else { mechanisms.join(", ") };
        let login = |holds, expected| property(About::Logins, holds, expected, found.clone());
        let required = self.required_logins.iter().filter(|_| endpoint.service.role() != Role::Relay);
        let required = required.map(|name| login(has(name), format!("login {name}")));
        let forbidden = self.forbidden_logins.iter().map(|name| login(!has(name), format!("no login {name}")));
        required.chain(forbidden).collect()
    }

    fn plaintext_login(&self, diagnosis: &Diagnosis) -> Option<Compared> {
        if !self.forbid_plaintext_login {
            return None;
        }
        let finding = |id| diagnosis.findings.iter().find(|finding| finding.id == id);
        let offered = finding(FindingId::PlaintextLoginOffered);
        let to_own_host = finding(FindingId::LoginOfferedToOwnHost);
        let found = offered.map_or_else(
            || to_own_host.map_or("none", |_| "none seen but to this machine itself").to_owned(),
            |finding| finding.evidence.clone().unwrap_or_else(|| "offered before TLS".to_owned()),
        );
        Some(property(About::Logins, offered.is_none(), "no login before TLS".to_owned(), found))
    }
}

impl Compared {
    /// Whether what was found agrees.
    pub fn holds(&self) -> bool {
        self.outcome == Outcome::Holds
    }

    /// The finding that names an expectation that does not hold.
    pub(super) fn finding(&self) -> Option<Finding> {
        let Outcome::Broken(_) = self.outcome else { return None };
        let Self { expected, found, .. } = self;
        let (message, evidence) = match self.about {
            About::Port | About::CertificateDays(_) | About::Tls => {
                (format!("Expected: {expected}. Found: {found}."), None)
            }
            About::Logins => (format!("Expected: {expected}. This is not the case."), Some(found.clone())),
        };
        Some(Finding::error(FindingId::ExpectationNotMet, message).evidence(evidence))
    }
}

/// The exit code of an endpoint whose expectations do not all hold: of the port's own, else of the first.
pub(super) fn broken_code(compared: &[Compared]) -> Option<u8> {
    compared.iter().find_map(|one| if let Outcome::Broken(code) = one.outcome { Some(code) } else { None })
}

fn port(expected: Expected, observation: &Observation, state: State) -> Compared {
    let outcome = if expected.holds(observation, state) {
        Outcome::Holds
    } else if state.proves_nothing() {
        Outcome::Unknown
    } else if expected.asks_for_success() && state != State::Ok {
        Outcome::Broken(state.exit_code())
    } else {
        Outcome::Broken(NOT_AS_EXPECTED)
    };
    let found = expected.found(observation, state).to_owned();
    Compared { expected: expected.to_string(), found, outcome, about: About::Port }
}

fn property(about: About, holds: bool, expected: String, found: String) -> Compared {
    let outcome = if holds { Outcome::Holds } else { Outcome::Broken(NOT_AS_EXPECTED) };
    Compared { expected, found, outcome, about }
}

/// How a working endpoint is secured, in the words of expectations.
fn secured(observation: &Observation) -> &'static str {
    match observation.endpoint.security {
        _ if !has_tls(observation) => "plaintext",
        Security::Implicit => "implicit",
        Security::StartTls | Security::Plaintext => "starttls",
    }
}

fn has_tls(observation: &Observation) -> bool {
    observation.probe().is_some_and(|attempt| attempt.tls.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for name in Expected::names() {
            assert_eq!(Expected::from_name(name).map(Expected::name), Some(name));
        }
        assert_eq!(Expected::from_name("shut"), None);
    }
}
