//! What is judged, by which policy, and what becomes of it.

use std::time::{Duration, SystemTime};

use super::expectations::{Compared, Expectations};
use super::kept::JudgedPolicy;
use crate::correlation::Cause;
use crate::diagnosis::{Diagnosis, Finding, Severity, State};
use crate::named::named_enum;
use crate::observation::discovery::{Discovery, ServerLogin};
use crate::observation::promises::Promises;
use crate::observation::{LeftOut, Observation, Resolution};
use crate::service::{Security, Service};
use crate::target::{Host, Source, TargetKind};

/// The exit code of a failing run whose endpoints fail for different causes.
pub(super) const DIFFERENT_CAUSES: u8 = 1;

named_enum! {
    /// The judgement of an endpoint, a target or a run.
    pub enum Verdict {
        /// As it should be.
        Pass = "pass",
        /// It works, and deserves attention.
        Warn = "warn",
        /// It does not work.
        Fail = "fail",
        /// The evidence proves neither.
        Inconclusive = "inconclusive",
    }
}

impl Verdict {
    /// The worst of several: fail, then inconclusive, then warn, then pass; of none at all, inconclusive.
    pub(crate) fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max_by_key(|verdict| verdict.gravity()).unwrap_or(Self::Inconclusive)
    }

    /// How much it weighs against others: what is broken is graver than what nobody knows.
    pub const fn gravity(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Warn => 1,
            Self::Inconclusive => 2,
            Self::Fail => 3,
        }
    }
}

named_enum! {
    /// Which addresses of a host must pass.
    pub enum Addresses {
        /// Every one.
        All = "all",
        /// One for each port, as for a mail program; the failures of the others become warnings.
        Any = "any",
    }
}

named_enum! {
    /// A family of IP addresses.
    pub enum Family {
        /// IPv4
        Ipv4 = "ipv4",
        /// IPv6
        Ipv6 = "ipv6",
    }
}

impl Family {
    /// As people write it.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        }
    }
}

/// What the user wants to count as good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub addresses: Addresses,
    /// Whether a warning makes the run fail.
    pub strict: bool,
    pub expectations: Expectations,
    /// The recipient whose mail is the question, where that is the question.
    pub recipient: Option<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { addresses: Addresses::All, strict: false, expectations: Expectations::NONE, recipient: None }
    }
}

/// Everything that was seen of a target.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetEvidence {
    pub typed: String,
    pub kind: TargetKind,
    /// For a mail domain: who was asked for its servers, and what they said.
    pub discovery: Option<Discovery>,
    /// How its names were resolved.
    pub resolutions: Vec<Resolution>,
    /// Its endpoints, in the order of hosts, addresses and the port table.
    pub observations: Vec<Observation>,
    /// The families that were left out because this machine has no route for them.
    pub skipped: Vec<Family>,
    /// What its hosts have beyond the bound on a target's endpoints.
    pub left_out: Vec<LeftOut>,
    /// Whether a mail program's user asks: the target is a mail address.
    pub for_mail_program: bool,
    /// The mail hosts of the domain of the same name, where a bare host was typed and none of its ports could be
    /// connected to.
    pub mail_hosts: Vec<Host>,
    /// What was promised about its servers, where that was looked up. What of it concerns an endpoint stands there, too.
    pub promises: Option<Promises>,
}

/// An endpoint with its judgement.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct JudgedEndpoint {
    /// What was seen.
    pub observation: Observation,
    /// What it means.
    pub diagnosis: Diagnosis,
    /// What one thinks of it.
    pub verdict: Verdict,
    /// What was expected of it, and whether it holds.
    pub expectations: Vec<Compared>,
}

/// A target with its judgement.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct JudgedTarget {
    /// As typed.
    pub typed: String,
    /// What it is.
    pub kind: TargetKind,
    /// What one thinks of it.
    pub verdict: Verdict,
    /// What a person would say about it, in a sentence or two.
    pub conclusion: String,
    /// What to do.
    pub hints: Vec<String>,
    /// Facts about the target as a whole.
    pub findings: Vec<Finding>,
    /// What is wrong, or worth knowing, each told once with its scope; worst first.
    pub causes: Vec<Cause>,
    /// For a mail domain: who was asked for its servers, and what they said.
    #[doc(hidden)]
    pub discovery: Option<Discovery>,
    /// What was promised about its servers, where that was looked up.
    #[doc(hidden)]
    pub promises: Option<Promises>,
    /// Of each kind of promise: whether it is kept. Empty where none was looked up.
    #[doc(hidden)]
    pub policies: Vec<JudgedPolicy>,
    /// Whether something that was expected of the target as a whole is not so, and no failure has a code of its own for it.
    #[doc(hidden)]
    pub fails_expectation: bool,
    /// For a mail domain: what to enter in a mail program.
    pub recommended: Option<Recommended>,
    /// How its names were resolved.
    pub resolutions: Vec<Resolution>,
    /// Its endpoints, in the order of hosts, addresses and the port table.
    pub endpoints: Vec<JudgedEndpoint>,
}

/// Settings for a mail program, best first. Only what was checked and works, with TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Recommended {
    /// For reading mail.
    pub incoming: Vec<Setting>,
    /// For sending mail.
    pub outgoing: Vec<Setting>,
    /// Why these, in one sentence, or why none; `None` where nobody named a server for mail programs.
    pub why: Option<String>,
}

/// One server to enter in a mail program.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Setting {
    /// The server's host name.
    pub host: Host,
    /// The TCP port.
    pub port: u16,
    /// The service.
    pub service: Service,
    /// How the connection is secured.
    pub security: Security,
    /// Who named the server.
    pub sources: Vec<Source>,
    /// The login methods that it offers inside TLS: names of SASL mechanisms, in upper case.
    pub login: Vec<String>,
    /// Whether one of the login methods takes a password; `None` where the server did not list them.
    pub password: Option<bool>,
    /// Whether the provider, or an autoconfiguration file, says that a password will not do, whatever the server
    /// offers: it wants `OAuth`.
    pub oauth_only: bool,
    /// What the provider asks for before a mail program can log in.
    pub login_needs: Vec<ServerLogin>,
}

impl JudgedTarget {
    /// The causes of this endpoint's failure or warnings, worst first.
    pub(crate) fn causes_of(&self, endpoint: usize) -> impl Iterator<Item = &Cause> {
        self.causes.iter().filter(move |cause| cause.severity < Severity::Info && cause.endpoints.contains(&endpoint))
    }

    /// The state that speaks for an endpoint: its own, or, where its silence has the same cause as what others were
    /// told, theirs.
    pub(super) fn spoken_state(&self, endpoint: usize) -> Option<State> {
        let speaker = self.causes.iter().find(|cause| cause.endpoints.contains(&endpoint) && cause.speaker.is_some());
        let speaker = speaker.and_then(|cause| cause.speaker).unwrap_or(endpoint);
        self.endpoints.get(speaker).map(|judged| judged.diagnosis.state)
    }

    /// Whether the target itself warns, its endpoints left aside.
    pub(super) fn warns(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity < Severity::Info)
    }
}

/// A run with its judgement.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Report {
    /// When it began.
    pub started: SystemTime,
    /// How long it took.
    pub duration: Duration,
    /// Its targets, in the order they were typed.
    pub targets: Vec<JudgedTarget>,
    /// The worst of its targets.
    pub verdict: Verdict,
    /// The exit code that follows.
    pub exit_code: u8,
    /// Of a list: how many of its lines are no targets. `None` where there was no list.
    pub bad_lines: Option<usize>,
}

impl Report {
    /// Notes how many lines of the run's list are no targets. With any the run fails, like a failing endpoint with this
    /// exit code.
    pub fn note_bad_lines(&mut self, count: usize, code: u8) {
        self.bad_lines = Some(count);
        if count == 0 {
            return;
        }
        if self.verdict != Verdict::Fail {
            self.exit_code = code;
        } else if self.exit_code != code {
            self.exit_code = DIFFERENT_CAUSES;
        }
        self.verdict = Verdict::Fail;
    }
}
