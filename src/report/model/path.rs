//! The part of the JSON contract that says where a port is blocked.

use std::net::IpAddr;

use super::finding::IcmpReport;
use crate::observation::path::{Edge, Hop, HopAnswer, HopReply, How, Path, Place};
use crate::report::mirror::{all, mirror};
use crate::report::time::milliseconds;

mirror! {
    /// Where on the way to a host a port is blocked, and how.
    struct PathReport from path: &Path {
        /// The port in question.
        port: u16 = path.port,
        /// The port of the same host that it was compared with.
        control_port: u16 = path.control_port,
        /// Where.
        #[serde(rename = "where")]
        place: Place = path.place,
        /// How; `null` when it is not blocked, or not known.
        how: Option<How> = path.how,
        /// The last hop that let it through.
        after: Option<EdgeReport> = path.after.map(EdgeReport::from),
        /// The first hop beyond the block.
        before: Option<EdgeReport> = path.before.map(EdgeReport::from),
        /// The ICMP message, where that is how.
        icmp: Option<IcmpReport> = path.icmp.map(IcmpReport::from),
        /// Every hop, nearest first.
        hops: Vec<HopReport> = all(&path.hops),
        /// The network interface of the tunnel (of a VPN, for instance) that the way leads through, where something close
        /// by answers in the host's place; else `null`.
        tunnel: Option<String> = path.tunnel.clone(),
    }

    /// One side of the place where a port is blocked.
    struct EdgeReport from edge: Edge {
        /// How many hops away; 0 is this machine.
        ttl: u8 = edge.ttl,
        /// Its address; `null` when it does not answer.
        #[cfg_attr(feature = "cli", schemars(with = "Option<String>"))]
        address: Option<IpAddr> = edge.address,
    }

    /// What came back from one distance.
    struct HopReport from hop: &Hop {
        /// How many hops away.
        ttl: u8 = hop.ttl,
        /// For the port in question.
        port: HopAnswerReport = hop.port.into(),
        /// For the port that it is compared with.
        control: HopAnswerReport = hop.control.into(),
    }

    /// The answer to one connection with a limited TTL.
    struct HopAnswerReport from answer: HopAnswer {
        /// What came back.
        reply: HopReply = answer.reply,
        /// Who sent it.
        #[cfg_attr(feature = "cli", schemars(with = "Option<String>"))]
        from: Option<IpAddr> = answer.from,
        /// How long it took.
        rtt_ms: Option<f64> = answer.rtt.map(milliseconds),
    }
}
