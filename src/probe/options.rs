//! How to probe.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::bounds::SharedBounds;
use super::limits::{self, TryLimits};
use super::rate::Rate;
use super::trace::Trace;
use super::transcript::Transcript;
use crate::discovery::DiscoveryOptions;
use crate::login::Credential;
use crate::named::named_enum;
use crate::observation::{Attempt, Purpose};
use crate::protocol::{Envelope, Status};
use crate::resolve::{Families, ResolverSettings};
use crate::service::{Protocol, Security};
use crate::target::{Endpoint, HeloName, Host, ServicePort};
use crate::transport::dial::Dialer;
use crate::transport::trust::TrustSettings;

/// How to probe. `Duration::MAX` is no limit.
#[derive(Debug, Clone)]
pub struct Options {
    pub plan: PlanOptions,
    /// Which name server to ask, and for how long.
    pub resolver: ResolverSettings,
    pub trust: TrustSettings,
    /// The name sent in the handshake and looked for in the certificate, instead of the target's own.
    pub server_name: Option<Host>,
    /// The name given in EHLO, instead of this machine's own.
    pub hello: Option<HeloName>,
    /// The address of this machine that servers of its family are connected to from; `None`: as the system chooses.
    /// Routes are traced from where the system chooses.
    pub source: Option<IpAddr>,
    /// What makes the connections; `None`: TCP from [`Options::source`].
    pub dialer: Option<Arc<dyn Dialer>>,
    /// Whether nothing but public addresses is connected to, be it typed, named by a record or redirected to.
    pub public_only: bool,
    /// How long a connection may take, to the letter; `None`: as long as is usual, and less where what other ports of the
    /// address show makes that safe.
    pub connect_timeout: Option<Duration>,
    /// How long one endpoint may take, all its stages together.
    pub timeout: Duration,
    pub deadline: Option<Duration>,
    pub trace: Trace,
    /// Whether all that is said is kept; else as much of each attempt as an honest server says.
    pub whole_transcript: bool,
    /// How many endpoints are probed at the same time, as far as this process has descriptors for them.
    pub concurrency: usize,
    /// How many of one host name; `None`: as many as come.
    pub per_host: Option<usize>,
    /// How many of one address; `None`: as many as come. Of one address and port it is one, and one more while a server
    /// says nothing.
    pub per_address: Option<usize>,
    /// How many are begun in a time; `None`: as many as can be.
    pub rate: Option<Rate>,
    /// What bounds the connections, in place of the four numbers above; `None`: each run is bounded by itself.
    pub bounds: Option<SharedBounds>,
    /// Who logs in where logins are taken; `None`: nobody.
    pub login: Option<Arc<Credential>>,
    pub steps: MailSteps,
}

/// How far SMTP servers are asked, step by step, what they would take. No message is ever sent.
#[derive(Debug, Clone, Default)]
pub struct MailSteps {
    /// Whether a sender is named without a login where mail is submitted: it should be refused.
    pub sender_without_login: bool,
    /// Whether a sender is named in place of STARTTLS, on a connection of its own: does the server insist on TLS?
    pub sender_before_tls: bool,
    /// What the servers are asked to take.
    pub envelope: Option<Envelope>,
    /// Which servers of a target are connected to.
    pub visits: Visits,
}

/// Which servers of a target are connected to, at which of their addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Visits {
    /// All of them, at the same time.
    #[default]
    All,
    /// One after the other, as a mail server would, until one has answered what it was asked.
    UntilAnswered,
    /// Each host, at one address after the other until it has answered.
    EveryHost,
}

impl MailSteps {
    /// How long the answers to an envelope may take on the ordinary connection.
    pub(super) fn patience(&self) -> Duration {
        if self.envelope.is_some() { limits::REPLY } else { limits::SENDER_WITHOUT_LOGIN }
    }

    /// The connection that a step needs that could spoil the ordinary one: where STARTTLS works.
    pub(super) fn next_look(&self, endpoint: &Endpoint, attempts: &[Attempt]) -> Option<Purpose> {
        let [probe] = attempts else { return None };
        let agreed = probe.conversation.starttls.as_ref().is_some_and(|reply| reply.status == Status::Positive);
        let is_smtp = endpoint.service.protocol() == Protocol::Smtp;
        let is_well = agreed && probe.conversation.secured.is_some();
        (self.sender_before_tls && is_smtp && is_well).then_some(Purpose::SenderInTheClear)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            plan: PlanOptions::default(),
            resolver: ResolverSettings::default(),
            trust: TrustSettings::default(),
            server_name: None,
            hello: None,
            source: None,
            dialer: None,
            public_only: false,
            connect_timeout: None,
            timeout: limits::ENDPOINT,
            deadline: None,
            trace: Trace::Never,
            whole_transcript: false,
            concurrency: limits::CONCURRENCY,
            per_host: None,
            per_address: None,
            rate: None,
            bounds: None,
            login: None,
            steps: MailSteps::default(),
        }
    }
}

impl Options {
    /// How long a connection may take to be made, at most.
    pub(crate) fn connect_limit(&self) -> Duration {
        self.connect_timeout.unwrap_or(limits::CONNECT)
    }

    /// Whose promises are looked up. What a server shows to those who ask for another name tells nothing of what senders see.
    pub(crate) fn policies(&self) -> PolicyLookups {
        if self.server_name.is_some() { PolicyLookups::Nobody } else { self.plan.policies }
    }

    /// How long the first try of an endpoint may take.
    pub(super) fn try_limits(&self) -> TryLimits {
        let connect = self.connect_limit().min(self.timeout);
        // Whoever brings a dialer knows better how often to ask.
        let may_give_up_early = self.connect_timeout.is_none() && self.dialer.is_none();
        TryLimits { connect, may_give_up_early, whole: self.timeout }
    }

    /// For what is said in one attempt.
    pub(super) fn transcript(&self) -> Transcript {
        if self.whole_transcript { Transcript::whole() } else { Transcript::bounded() }
    }

    /// With every time so short that instants can be computed with it.
    pub(super) fn clamped(mut self) -> Self {
        let clamp = |time: Duration| time.min(limits::LONGEST);
        self.timeout = clamp(self.timeout);
        self.connect_timeout = self.connect_timeout.map(clamp);
        self.deadline = self.deadline.map(clamp);
        self.rate = self.rate.map(|rate| Rate { per: clamp(rate.per), ..rate });
        // The resolver tells what it knows when its own time is over, family by family: it must be over first.
        self.resolver.lookup_timeout = self.resolver.lookup_timeout.min(self.timeout);
        self
    }
}

#[derive(Debug, Clone)]
pub struct PlanOptions {
    /// The ports of a bare host that the user named; `None`: the port table.
    pub ports: Option<Vec<ServicePort>>,
    pub families: Families,
    /// Whether this machine's search domains count for hosts that are named: not where no person typed them.
    pub search: bool,
    /// How connections are secured, whatever the ports and schemes say.
    pub security: Option<Security>,
    /// How many addresses of each family are probed of a host, the first of the answer; `None`: all.
    pub per_family: Option<usize>,
    /// How many endpoints of a target are connected to.
    pub max_endpoints: usize,
    pub discovery: DiscoveryOptions,
    /// Whose promises are looked up.
    pub policies: PolicyLookups,
}

named_enum! {
    /// Whose promises (DANE, MTA-STS and their like) are looked up and held against what is seen.
    pub enum PolicyLookups {
        /// Nobody's.
        Nobody = "nobody",
        /// Those of mail domains (`@example.org`) alone.
        Domains = "domains",
        /// Those of mail domains; and the TLSA records of a host that was named by itself.
        Usual = "usual",
        /// Those of mail addresses and of the hosts of a list, too.
        All = "all",
    }
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            ports: None,
            families: Families::BOTH,
            search: true,
            security: None,
            per_family: None,
            max_endpoints: limits::ENDPOINTS_PER_TARGET,
            discovery: DiscoveryOptions::default(),
            policies: PolicyLookups::Usual,
        }
    }
}
