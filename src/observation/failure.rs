//! What keeps a name from its addresses and a connection from being made, and the limits of waiting.

use std::net::IpAddr;

use crate::named::named_enum;

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
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ConnectFailure {
    /// What kind of failure it is.
    pub kind: ConnectFailureKind,
    /// The ICMP message that said so, where the system tells.
    pub icmp: Option<Icmp>,
    /// Whether this machine itself refused to send: no route, a routing or firewall rule. Proven by an error that
    /// came before anything was sent, or by an ICMP message from one of this machine's own addresses.
    pub on_this_machine: bool,
    /// Whether other traffic to the address has a route here, though this machine refused to send this: then a rule that
    /// looks at more than the address is the reason, not the route.
    pub route_exists: bool,
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
        /// The user forbade to connect to such an address: nothing was sent.
        RefusedByOption = "refused-by-option",
        /// Anything else.
        Other = "other",
    }
}

/// An ICMP or ICMPv6 error message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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

/// How the lookup of one address family went.
pub(crate) type FamilyLookup = Result<(), LookupFailure>;

/// Why a name gave no address.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
        /// The name leads to `0.0.0.0` or `::` and nowhere else, as DNS blockers answer. A connection there would reach this
        /// machine itself, so none is made.
        NameBlocked = "name-blocked",
        /// The domain says that it takes no mail (RFC 7505), or that it does not offer the service (RFC 2782).
        NoMail = "no-mail",
        /// No name server answered in time.
        TimedOut = "timed-out",
        /// A name server answered with a failure.
        Failed = "failed",
        /// No name server could be reached, or none is known: the name was never asked for.
        Unreachable = "unreachable",
        /// No name server could be asked, since this machine has no route beyond its own networks.
        NoNetwork = "no-network",
        /// This machine had no descriptor left to ask with.
        Local = "local",
        /// IPv6 addresses were not asked for: this machine's resolv.conf turns that off (`no-aaaa`).
        Ipv6Off = "ipv6-off",
    }
}
