//! The part of the JSON contract that says where a port is blocked.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use super::IcmpReport;
use crate::named::named_enum;
use crate::service::Service;

/// Where on the way to a host a port is blocked, and how.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PathReport {
    /// The port in question.
    pub port: u16,
    /// The port of the same host that it was compared with.
    pub control_port: u16,
    /// Where.
    #[serde(rename = "where")]
    pub place: Where,
    /// How; `null` when it is not blocked, or not known.
    pub how: Option<How>,
    /// The last hop that let it through.
    pub after: Option<Edge>,
    /// The first hop beyond the block.
    pub before: Option<Edge>,
    /// The ICMP message, where that is how.
    pub icmp: Option<IcmpReport>,
    /// Every hop, nearest first.
    pub hops: Vec<Hop>,
}

named_enum! {
    /// Where a port is blocked.
    pub enum Where {
        /// It is not.
        Nowhere = "nowhere",
        /// On this machine.
        ThisMachine = "this-machine",
        /// On this machine or at the first router; not told apart.
        ThisMachineOrFirstHop = "this-machine-or-first-hop",
        /// Between two hops on the way.
        Path = "path",
        /// At the server, or the last router before it; not told apart.
        Destination = "destination",
        /// The evidence does not tell.
        Unknown = "unknown",
    }
}

named_enum! {
    /// How a port is blocked.
    pub enum How {
        /// Packets vanish.
        Drop = "drop",
        /// An ICMP message says no.
        Icmp = "icmp",
        /// A reset comes back.
        Reset = "reset",
        /// Somebody else answers.
        Intercept = "intercept",
    }
}

/// One side of the place where a port is blocked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Edge {
    /// How many hops away.
    pub ttl: u8,
    /// Its address; `null` when it does not answer.
    #[schemars(with = "Option<String>")]
    pub address: Option<IpAddr>,
}

/// What came back from one distance.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Hop {
    /// How many hops away.
    pub ttl: u8,
    /// For the port in question.
    pub port: HopAnswer,
    /// For the port that it is compared with.
    pub control: HopAnswer,
}

/// The answer to one connection with a limited TTL.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HopAnswer {
    /// What came back.
    pub reply: HopReply,
    /// Who sent it.
    #[schemars(with = "Option<String>")]
    pub from: Option<IpAddr>,
    /// How long it took.
    pub rtt_ms: Option<f64>,
}

named_enum! {
    /// What came back from one distance.
    pub enum HopReply {
        /// A router says that the TTL ran out.
        TimeExceeded = "time-exceeded",
        /// A connection was made.
        Connected = "connected",
        /// A reset.
        Refused = "refused",
        /// Another ICMP message.
        Icmp = "icmp",
        /// Nothing.
        Silence = "silence",
        /// It was not tried.
        NotTried = "not-tried",
    }
}

/// The answer of `mailprobe blocked`: is outbound port 25 blocked here?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct BlockedReport {
    /// The answer.
    pub conclusion: BlockedConclusion,
    /// The answer over IPv4; `null` when this machine has none.
    pub ipv4: Option<BlockedConclusion>,
    /// The answer over IPv6; `null` when this machine has none.
    pub ipv6: Option<BlockedConclusion>,
    /// Whether hosts of different operators greeted with the same name.
    pub greeting_shared: bool,
    /// The addresses under which servers saw this machine.
    #[schemars(with = "Vec<String>")]
    pub seen_as: Vec<IpAddr>,
    /// The services by which mail can still be sent.
    pub ways_out: Vec<Service>,
}

named_enum! {
    /// Whether outbound port 25 is blocked.
    pub enum BlockedConclusion {
        /// It is open.
        NotBlocked = "not-blocked",
        /// It is blocked.
        Blocked = "blocked",
        /// Somebody else answers.
        Intercepted = "intercepted",
        /// It is open, and servers refuse this address.
        RejectedByReputation = "rejected-by-reputation",
        /// There is no network at all.
        NoNetwork = "no-network",
        /// The evidence does not tell.
        Inconclusive = "inconclusive",
    }
}
