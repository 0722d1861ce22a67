//! The part of the JSON contract that says where a port is blocked.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use super::{FindingReport, IcmpReport};
pub use crate::blocked::Conclusion as BlockedConclusion;
use crate::observation::path::{Edge, Hop, HopAnswer, HopReply, How, Path, Place};
use crate::report::time::milliseconds;
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
    pub place: Place,
    /// How; `null` when it is not blocked, or not known.
    pub how: Option<How>,
    /// The last hop that let it through.
    pub after: Option<EdgeReport>,
    /// The first hop beyond the block.
    pub before: Option<EdgeReport>,
    /// The ICMP message, where that is how.
    pub icmp: Option<IcmpReport>,
    /// Every hop, nearest first.
    pub hops: Vec<HopReport>,
}

/// One side of the place where a port is blocked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EdgeReport {
    /// How many hops away; 0 is this machine.
    pub ttl: u8,
    /// Its address; `null` when it does not answer.
    #[schemars(with = "Option<String>")]
    pub address: Option<IpAddr>,
}

/// What came back from one distance.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HopReport {
    /// How many hops away.
    pub ttl: u8,
    /// For the port in question.
    pub port: HopAnswerReport,
    /// For the port that it is compared with.
    pub control: HopAnswerReport,
}

/// The answer to one connection with a limited TTL.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HopAnswerReport {
    /// What came back.
    pub reply: HopReply,
    /// Who sent it.
    #[schemars(with = "Option<String>")]
    pub from: Option<IpAddr>,
    /// How long it took.
    pub rtt_ms: Option<f64>,
}

impl From<&Path> for PathReport {
    fn from(path: &Path) -> Self {
        Self {
            port: path.port,
            control_port: path.control_port,
            place: path.place,
            how: path.how,
            after: path.after.map(EdgeReport::from),
            before: path.before.map(EdgeReport::from),
            icmp: path.icmp.map(IcmpReport::from),
            hops: path.hops.iter().map(HopReport::from).collect(),
        }
    }
}

impl From<Edge> for EdgeReport {
    fn from(Edge { ttl, address }: Edge) -> Self {
        Self { ttl, address }
    }
}

impl From<&Hop> for HopReport {
    fn from(hop: &Hop) -> Self {
        Self { ttl: hop.ttl, port: hop.port.into(), control: hop.control.into() }
    }
}

impl From<HopAnswer> for HopAnswerReport {
    fn from(HopAnswer { reply, from, rtt }: HopAnswer) -> Self {
        Self { reply, from, rtt_ms: rtt.map(milliseconds) }
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
    /// The services by which mail programs can still send, by what was seen.
    pub ways_out: Vec<Service>,
    /// The answer as a person would say it.
    pub answer: String,
    /// What to do, most important first.
    pub hints: Vec<String>,
    /// What else is worth telling, apart from what the endpoints say.
    pub findings: Vec<FindingReport>,
    /// With `--request`: a message to a support desk; `null` where there is nothing to ask for.
    pub request: Option<String>,
}
