//! What was seen at an endpoint. Evidence only, no opinion, and no I/O: the probe writes it, diagnosis reads it,
//! reports show it.

mod chain;
#[doc(hidden)]
pub mod discovery;
mod failure;
mod left_out;
mod login;
pub mod path;
#[doc(hidden)]
pub mod promises;
mod tls;
mod tls_survey;

use std::net::IpAddr;
use std::time::Duration;

pub use chain::{ChainEnd, ChainFacts, IssuerFacts, NearMiss, Peculiarity, TrustStore, UnusableReason};
pub(crate) use failure::FamilyLookup;
pub use failure::{ConnectFailure, ConnectFailureKind, Icmp, Limit, LookupFailure, LookupFailureKind};
#[doc(hidden)]
pub use left_out::LeftOut;
pub use login::LoginAsked;
pub use tls::{CertificateFacts, CertificateFault, InsideTls, TlsFacts, TlsFailure, TlsFailureKind};
pub use tls_survey::{ClientOutcome, TlsPart, TlsSurvey};

pub use crate::protocol::{Capabilities, Conversation, LoginOutcome, LoginTalk, Reply, Status, Stop, Withheld};

use crate::named::named_enum;
use crate::protocol;
use crate::target::Endpoint;

named_enum! {
    /// A step on the way through an endpoint.
    pub enum Stage {
        /// The host name becomes addresses.
        Resolve = "resolve",
        /// The TCP connection.
        Connect = "connect",
        /// The server's first reply.
        Greeting = "greeting",
        /// What the server offers before TLS.
        Capabilities = "capabilities",
        /// The upgrade is asked for.
        Starttls = "starttls",
        /// The TLS handshake.
        Tls = "tls",
        /// What the server offers inside TLS.
        SecuredCapabilities = "secured-capabilities",
        /// A login, where one was asked for.
        Login = "login",
        /// A sender is named, and a recipient where one was asked for. No message is sent.
        Envelope = "envelope",
        /// QUIT or LOGOUT.
        Quit = "quit",
    }
}

named_enum! {
    /// Why a connection was made.
    pub enum Purpose {
        /// The ordinary check.
        Probe = "probe",
        /// A silent plaintext port is offered a TLS hello.
        OfferTls = "offer-tls",
        /// A bare ClientHello that also offers what is retired.
        OldTls = "old-tls",
        /// A bare ClientHello that offers a part of that: what exactly is missing.
        PartialHello = "partial-hello",
        /// A handshake without the large post-quantum key share.
        ClassicHello = "classic-hello",
        /// A handshake with the usual hello, in packets of at most 1280 bytes both ways.
        SmallSegments = "small-segments",
        /// STARTTLS although it was not offered.
        TryStarttls = "try-starttls",
        /// A command of the protocol, where the server says nothing inside TLS.
        CommandInTls = "command-in-tls",
        /// A TLS hello inside TLS, where the server says nothing there.
        HelloInTls = "hello-in-tls",
        /// A sender in place of STARTTLS, where that was asked for: does the server insist on TLS?
        SenderInTheClear = "sender-in-the-clear",
    }
}

named_enum! {
    /// How a stage went.
    pub enum StageOutcome {
        /// It was completed.
        Ok = "ok",
        /// It stopped here.
        Failed = "failed",
        /// It was not needed, or not reached.
        Skipped = "skipped",
    }
}

/// Everything that was seen at one endpoint.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Observation {
    /// What was probed.
    pub endpoint: Endpoint,
    /// How the name lookup failed, where it did; there is no attempt then.
    pub lookup: Option<LookupFailure>,
    /// The connections made, in order. The first is the ordinary check, the others are second looks.
    pub attempts: Vec<Attempt>,
    /// How often the whole check was made.
    pub tries: u32,
    /// From the start of the first attempt to the end of the last.
    pub duration: Duration,
    /// The earlier tries, oldest first, where they are kept to be compared; their own `earlier` is empty.
    pub earlier: Vec<Observation>,
    /// How the way to the port looks, compared with another port of the host; `None` where that was not traced.
    pub path: Option<path::Traced>,
    /// By which interface this machine sends there, where that was looked up: where small packets work alone.
    pub interface: Option<OutgoingInterface>,
    /// The provider that, by the built-in table, does not offer this port of its host.
    pub not_offered_by: Option<String>,
    /// The login that was asked for here, whether or not it came to that.
    pub login: Option<Box<LoginAsked>>,
    /// What bare hellos showed, where the handshake failed and the server answered them.
    pub tls_survey: Option<TlsSurvey>,
    /// What the domain's policies say of it, held against what was seen; `None` where they were not asked for, or say
    /// nothing of it.
    #[doc(hidden)]
    pub promised: Option<Box<promises::Promised>>,
}

impl Observation {
    /// What is known of an endpoint whose check ended for this cause in this stage; `None`: before it had begun.
    #[cfg(feature = "net")]
    pub(crate) fn stopped(endpoint: Endpoint, stage: Option<Stage>, cause: StopCause) -> Self {
        let stage = stage.unwrap_or(if endpoint.address.is_some() { Stage::Connect } else { Stage::Resolve });
        let record = StageRecord { stage, outcome: StageOutcome::Failed, duration: Duration::ZERO, detail: None };
        let attempt = Attempt {
            purpose: Purpose::Probe,
            connection_requests: 0,
            stages: vec![record],
            conversation: protocol::Conversation::default(),
            tls: None,
            local: None,
            first_bytes: Vec::new(),
            stop: Some(Stopped { stage, cause }),
            transcript: Vec::new(),
        };
        Self { attempts: vec![attempt], ..Self::unprobed(endpoint, None) }
    }

    /// What is known of an endpoint to which no connection was tried; `lookup` says why its name gave no address.
    #[cfg(feature = "net")]
    pub(crate) fn unprobed(endpoint: Endpoint, lookup: Option<LookupFailure>) -> Self {
        Self {
            endpoint,
            lookup,
            attempts: Vec::new(),
            tries: 1,
            duration: Duration::ZERO,
            earlier: Vec::new(),
            path: None,
            interface: None,
            not_offered_by: None,
            login: None,
            tls_survey: None,
            promised: None,
        }
    }

    /// The ordinary check, where a connection was tried.
    pub fn probe(&self) -> Option<&Attempt> {
        self.attempts.first()
    }

    /// The traced way, where it shows that the port is blocked before the host. Then the host may well offer it, unless
    /// its provider is known not to.
    pub fn blocked_way(&self) -> Option<&path::Path> {
        use path::Place::{Path, ThisMachine, ThisMachineOrFirstHop};
        let way = self.path.as_ref()?.as_ref().ok().filter(|_| self.not_offered_by.is_none())?;
        matches!(way.place, Path | ThisMachine | ThisMachineOrFirstHop).then_some(way)
    }

    /// Whether not a byte came on any connection.
    pub(crate) fn is_unheard(&self) -> bool {
        self.attempts.iter().all(|attempt| attempt.first_bytes.is_empty())
    }
}

/// One connection, or the attempt at one.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Attempt {
    /// Why it was made.
    pub purpose: Purpose,
    /// How many connection requests were sent, as far as that is known: at least so many.
    pub connection_requests: u32,
    /// The stages in the order they were entered.
    pub stages: Vec<StageRecord>,
    /// What the dialogue learnt.
    pub conversation: protocol::Conversation,
    /// The TLS facts, once a handshake got far enough to know any.
    pub tls: Option<TlsFacts>,
    /// The address of our own end, where a connection was made and the system told.
    pub local: Option<IpAddr>,
    /// The first bytes that the server sent, at most 512 of them, before any decryption.
    pub first_bytes: Vec<u8>,
    /// Where and why it stopped; `None` when it went to its end.
    pub stop: Option<Stopped>,
    /// What was said, both ways, decrypted: 16 KiB at most, unless the whole was asked for. A remark tells what is left out.
    pub transcript: Vec<TranscriptLine>,
}

/// The largest IP packet on a connection with small segments, headers included: every link that carries IPv6 takes it
/// (RFC 8200, section 5), and IPv4 links that do not are next to unknown.
pub(crate) const SMALL_PACKET: u16 = 1280;

/// How many of the server's first bytes are kept: enough to recognise any protocol, and a whole TLS alert.
#[doc(hidden)]
pub const FIRST_BYTES: usize = 512;

/// One stage's outcome.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct StageRecord {
    /// Which stage.
    pub stage: Stage,
    /// How it went.
    pub outcome: StageOutcome,
    /// How long it took.
    pub duration: Duration,
    /// A short remark: the reply that ended it, the error.
    pub detail: Option<String>,
}

/// One line of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TranscriptLine {
    /// Since the start of the attempt.
    pub at: Duration,
    /// Who said it.
    pub from: Speaker,
    /// The line without its end, invalid UTF-8 replaced; hostile text, not yet fit for a terminal.
    pub text: String,
}

/// The network interface by which this machine sends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct OutgoingInterface {
    /// `eth0`
    pub name: String,
    /// Whether it leads to one other end alone, as tunnels and PPP do.
    pub is_point_to_point: bool,
}

named_enum! {
    /// Who wrote a line of a transcript.
    pub enum Speaker {
        /// mailprobe.
        Client = "client",
        /// The other side.
        Server = "server",
        /// A remark of mailprobe's own: TLS is up, the connection ended.
        Remark = "remark",
    }
}

/// Where and why an attempt stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Stopped {
    /// The stage that was not completed.
    pub stage: Stage,
    /// What happened.
    pub cause: StopCause,
}

/// What stopped an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum StopCause {
    /// There is no connection.
    Connect(ConnectFailure),
    /// A time limit was met while waiting for the server.
    TimedOut(Limit),
    /// The server ended the stream in the middle.
    Closed,
    /// The connection was reset.
    Reset,
    /// Another error on an established connection, in the system's words.
    Broken(String),
    /// The dialogue ended early; why is in [`Conversation::stop`].
    Dialogue,
    /// Bytes stood between the reply to STARTTLS and the handshake (CVE-2011-0411): the first of them.
    LeftoverPlaintext(Vec<u8>),
    /// More bytes came than any honest server sends.
    TooManyBytes,
    /// The TLS handshake failed.
    Tls(TlsFailure),
    /// This machine lacks something: descriptors, ports, memory. The system's words.
    Local(String),
    /// A fault in mailprobe itself: the task was lost. What it said.
    Internal(String),
    /// Another connection to the port showed meanwhile what speaks there: there was nothing left to wait for.
    Superseded,
    /// Nothing was begun: what may be done at once is bounded, and the run's time was over before it was its turn.
    NoTurn,
    /// The run was interrupted.
    Interrupted,
}

/// How a host name was resolved.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Resolution {
    /// The host name, or the address as typed.
    pub host: String,
    /// The addresses found, IPv4 before IPv6 in the order of the answers, without duplicates.
    pub addresses: Vec<IpAddr>,
    /// Who knew.
    pub via: Via,
    /// The name server that gave them, where it was one.
    pub name_server: Option<String>,
    /// The name that has them, where it is the host's in one of this machine's search domains.
    pub found_as: Option<String>,
    /// What the DNS said, where the operating system's own resolver knew the host nonetheless.
    pub dns_failure: Option<LookupFailure>,
    /// How the lookup of IPv4 addresses went; `None` when it was not asked for.
    pub ipv4: Option<FamilyLookup>,
    /// How the lookup of IPv6 addresses went; `None` when it was not asked for.
    pub ipv6: Option<FamilyLookup>,
    /// How long it took.
    pub duration: Duration,
}

named_enum! {
    /// Who knew a host's addresses.
    pub enum Via {
        /// The DNS.
        Dns = "dns",
        /// The hosts file.
        Hosts = "hosts",
        /// The operating system's own resolver, where the DNS knew nothing.
        System = "system",
        /// Nobody had to be asked.
        Literal = "literal",
    }
}

/// Whether an attempt's TLS handshake was completed.
pub(crate) fn handshake_done(attempt: &Attempt) -> bool {
    let is_shaken = attempt.tls.as_ref().is_some_and(|tls| tls.version.is_some());
    is_shaken && attempt.stop.as_ref().is_none_or(|stop| stop.stage != Stage::Tls)
}
