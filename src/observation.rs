//! What was seen at an endpoint. Evidence only, no opinion, and no I/O: the probe writes it, diagnosis reads it,
//! reports show it.

pub mod discovery;
pub mod path;
mod tls;

use std::net::IpAddr;
use std::time::Duration;

pub use tls::{CertificateFacts, CertificateFault, ChainEnd, ChainFacts, TlsFacts, TlsFailure, TlsFailureKind};

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
        /// A handshake without the large post-quantum key share.
        ClassicHello = "classic-hello",
        /// STARTTLS although it was not offered.
        TryStarttls = "try-starttls",
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
    /// The provider that, by the built-in table, does not offer this port of its host.
    pub not_offered_by: Option<String>,
}

impl Observation {
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
}

/// One connection, or the attempt at one.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Why it was made.
    pub purpose: Purpose,
    /// The stages in the order they were entered.
    pub stages: Vec<StageRecord>,
    /// What the dialogue learnt.
    pub conversation: protocol::Conversation,
    /// The TLS facts, once a handshake got far enough to know any.
    pub tls: Option<TlsFacts>,
    /// The first bytes that the server sent, up to [`FIRST_BYTES`], before any decryption.
    pub first_bytes: Vec<u8>,
    /// Where and why it stopped; `None` when it went to its end.
    pub stop: Option<Stopped>,
    /// What was said, both ways, decrypted.
    pub transcript: Vec<TranscriptLine>,
}

/// How many of the server's first bytes are kept: enough to recognise any protocol, and a whole TLS alert.
pub const FIRST_BYTES: usize = 512;

/// One stage's outcome.
#[derive(Debug, Clone, PartialEq)]
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
pub struct TranscriptLine {
    /// Since the start of the attempt.
    pub at: Duration,
    /// Who said it.
    pub from: Speaker,
    /// The line without its end, invalid UTF-8 replaced; hostile text, not yet fit for a terminal.
    pub text: String,
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
pub struct Stopped {
    /// The stage that was not completed.
    pub stage: Stage,
    /// What happened.
    pub cause: Cause,
}

/// What stopped an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
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
    /// The dialogue ended early; why is in [`protocol::Conversation::stop`].
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
    /// The run was interrupted.
    Interrupted,
}

named_enum! {
    /// Which time limit was met.
    pub enum Limit {
        /// The limit of this stage.
        Stage = "stage",
        /// The limit of the endpoint as a whole.
        Endpoint = "endpoint",
        /// The limit of the run.
        Run = "run",
    }
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectFailure {
    /// What kind of failure it is.
    pub kind: ConnectFailureKind,
    /// The ICMP message that said so, where the system tells.
    pub icmp: Option<Icmp>,
    /// Whether this machine itself refused to send: no route, a routing or firewall rule. Proven by an error that
    /// came before anything was sent, or by an ICMP message from one of this machine's own addresses.
    pub on_this_machine: bool,
    /// The system's error number, where there is one.
    pub os_error: Option<i32>,
    /// The system's words.
    pub message: String,
}

named_enum! {
    /// What kind of failure kept a connection from being made.
    pub enum ConnectFailureKind {
        /// A TCP RST, or ICMP port unreachable.
        Refused = "refused",
        /// Nothing came back.
        TimedOut = "timed-out",
        /// The network cannot be reached.
        NetworkUnreachable = "network-unreachable",
        /// The host cannot be reached.
        HostUnreachable = "host-unreachable",
        /// Nobody answered on the local network (ARP, NDP) for the address, or for the gateway to it, so this machine
        /// gave up. The system reports it as an ICMP message from itself, though nothing here forbids the connection.
        NoNeighbour = "no-neighbour",
        /// A rule forbids it.
        Prohibited = "prohibited",
        /// Anything else.
        Other = "other",
    }
}

/// An ICMP or ICMPv6 error message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Icmp {
    /// Whether it is ICMPv6 (RFC 4443) rather than ICMP (RFC 792).
    pub v6: bool,
    /// The type.
    pub icmp_type: u8,
    /// The code.
    pub code: u8,
    /// Who sent it, where the system tells.
    pub from: Option<IpAddr>,
}

/// How a host name was resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    /// The host name, or the address as typed.
    pub host: String,
    /// The addresses found, IPv4 before IPv6 in the order of the answers, without duplicates.
    pub addresses: Vec<IpAddr>,
    /// Who knew.
    pub via: Via,
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

/// How the lookup of one address family went.
pub type FamilyLookup = Result<(), LookupFailure>;

/// Why a name gave no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupFailure {
    /// What kind of failure it is.
    pub kind: LookupFailureKind,
    /// What the resolver said.
    pub message: String,
}

impl LookupFailure {
    /// A failure of this kind.
    pub fn new(kind: LookupFailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

named_enum! {
    /// What kind of failure a name lookup met.
    pub enum LookupFailureKind {
        /// The name does not exist (NXDOMAIN).
        NoSuchName = "no-such-name",
        /// The name exists and has no address of the families asked for.
        NoAddress = "no-address",
        /// Only IPv4 was asked for, and the name, or the literal address, is nothing of that family.
        NoIpv4Address = "no-ipv4-address",
        /// Only IPv6 was asked for, and the name, or the literal address, is nothing of that family.
        NoIpv6Address = "no-ipv6-address",
        /// The domain says that it takes no mail (RFC 7505), or that it does not offer the service (RFC 2782).
        NoMail = "no-mail",
        /// No name server answered in time.
        TimedOut = "timed-out",
        /// A name server answered with a failure, or could not be reached.
        Failed = "failed",
        /// This machine had no descriptor left to ask with.
        Local = "local",
    }
}
