//! The way to a host: how far packets for a port get, compared with those for another port of the same host.

use std::net::IpAddr;
use std::time::Duration;

use super::failure::Icmp;
use crate::named::named_enum;

/// What came of tracing the way to a port.
pub(crate) type Traced = Result<Path, Untraceable>;

/// Where on the way to a host a port is blocked, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Path {
    /// The port in question.
    pub port: u16,
    /// The port of the same host that it was compared with.
    pub control_port: u16,
    /// Where.
    pub place: Place,
    /// How; `None` when it is not blocked, or not known.
    pub how: Option<How>,
    /// The last hop that let it through.
    pub after: Option<Edge>,
    /// The first hop beyond the block.
    pub before: Option<Edge>,
    /// The ICMP message, where that is how.
    pub icmp: Option<Icmp>,
    /// Every hop that was tried, nearest first.
    pub hops: Vec<Hop>,
    /// The network interface without neighbours that the way leads through, as those of VPNs are, where somebody before
    /// the first router answers for the host.
    pub tunnel: Option<String>,
}

impl Path {
    /// Whether somebody close by takes every connection, to whatever port, in the host's place.
    pub(crate) fn is_all_taken(&self) -> bool {
        let taken =
            |hop: &Hop| (hop.ttl, hop.port.reply, hop.control.reply) == (1, HopReply::Connected, HopReply::Connected);
        self.how == Some(How::Intercept) && self.hops.iter().any(taken)
    }
}

/// Why the way could not be traced. It says nothing about the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Untraceable {
    /// This operating system, or this kernel, does not tell which router answered. Why, as a sentence.
    #[error("{0}")]
    System(&'static str),
    /// This machine lacks something: descriptors, ports, a route. The system's words.
    #[error("{0}")]
    Local(String),
}

named_enum! {
    /// Where a port is blocked.
    pub enum Place {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Edge {
    /// How many hops away; 0 is this machine.
    pub ttl: u8,
    /// Its address; `None` when it does not answer.
    pub address: Option<IpAddr>,
}

/// What came back from one distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Hop {
    /// How many hops away.
    pub ttl: u8,
    /// For the port in question.
    pub port: HopAnswer,
    /// For the port that it is compared with.
    pub control: HopAnswer,
}

/// The answer to one connection with a limited TTL (IPv6: hop limit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct HopAnswer {
    /// What came back.
    pub reply: HopReply,
    /// Who sent it.
    pub from: Option<IpAddr>,
    /// How long it took.
    pub rtt: Option<Duration>,
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

impl HopAnswer {
    /// Nothing came back.
    pub const SILENCE: Self = Self { reply: HopReply::Silence, from: None, rtt: None };
    /// Nothing was sent.
    pub const NOT_TRIED: Self = Self { reply: HopReply::NotTried, from: None, rtt: None };
}
