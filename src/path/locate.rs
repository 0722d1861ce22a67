//! From two sweeps to the place where a port is blocked. Pure.
//!
//! What is concluded never exceeds the evidence: a router may be mute, may answer one port and be tired for the next,
//! and packets to two ports may take two ways. A filter may also drop a packet before it would have answered for its
//! own hop, so "after hop 2" always means "between hop 2 and the next one".

use std::net::IpAddr;

use super::evidence::{HopEvidence, Pair};
use crate::observation::Icmp;
use crate::observation::path::{Edge, How, Path, Place};
use crate::transport::hop::Said;

#[derive(Debug, Clone, Copy)]
pub(super) struct TraceRequest {
    pub(super) address: IpAddr,
    /// Whether that is one of this machine's own addresses.
    pub(super) is_here: bool,
    pub(super) port: u16,
    pub(super) control_port: u16,
}

/// Says where the port is blocked. `pairs` go from the nearest distance to the farthest.
pub(super) fn locate(request: &TraceRequest, pairs: &[Pair]) -> Path {
    Sweeps { request, pairs }.conclude()
}

/// By so many hops an answer must come too early before a difference in the ways can no longer explain it: load
/// balancers and port forwarding make one hop.
const CLEARLY: u8 = 2;

struct Sweeps<'a> {
    request: &'a TraceRequest,
    pairs: &'a [Pair],
}

impl Sweeps<'_> {
    fn conclude(&self) -> Path {
        if let Some(connected) = self.first(|pair| pair.port.said == Said::Connected) {
            return self.connected(connected.ttl);
        }
        let ended = self.first(|pair| pair.port.is_final());
        match ended.map(|pair| (pair.ttl, pair.port.said)) {
            Some((_, Said::Icmp { icmp, from_here: true })) => self.refused_here(icmp),
            Some((ttl, Said::Icmp { icmp, from_here: false })) => self.icmp(ttl, icmp),
            Some((ttl, _)) => self.reset(ttl),
            None => self.silence(),
        }
    }

    /// A connection was made: to whom?
    fn connected(&self, ttl: u8) -> Path {
        let proof = self.first(|pair| {
            pair.port.said == Said::Connected
                && pair.control.is_time_exceeded()
                && self.least_distance().saturating_sub(pair.ttl) >= CLEARLY
        });
        let same_way = self.pairs.iter().filter(|pair| pair.ttl < ttl).all(agree);
        let Some(proof) = proof.filter(|_| same_way) else {
            return self.path(Place::Nowhere);
        };
        // At TTL 1 it may be a program on this machine, as mail shields are.
        let place = if ttl == 1 { Place::ThisMachineOrFirstHop } else { Place::Path };
        self.between(place, How::Intercept, self.passed(ttl), proof.ttl)
    }

    /// An ICMP message from one of this machine's own addresses.
    fn refused_here(&self, icmp: Icmp) -> Path {
        Path { icmp: Some(icmp), ..self.between(Place::ThisMachine, How::Icmp, 0, 1) }
    }

    fn icmp(&self, ttl: u8, icmp: Icmp) -> Path {
        let passed = self.passed(ttl);
        let early = ttl < self.least_distance();
        let place = if icmp.from == Some(self.request.address) {
            if early && self.is_clear(passed, ttl) { Place::Path } else { Place::Destination }
        } else if early || icmp.from.is_some_and(|from| self.is_router(from)) {
            Place::Path
        } else if self.distance().is_some() {
            // A host with several addresses may answer with another one.
            Place::Destination
        } else {
            Place::Unknown
        };
        Path { icmp: Some(icmp), ..self.between(place, How::Icmp, passed, ttl) }
    }

    /// A reset. It bears the host's address, whoever made it.
    fn reset(&self, ttl: u8) -> Path {
        let passed = self.passed(ttl);
        let place = if self.request.is_here || self.distance().is_some_and(|distance| ttl >= distance) {
            Place::Destination
        } else if ttl < self.least_distance() && ttl == 1 {
            Place::ThisMachineOrFirstHop
        } else if ttl < self.least_distance() && self.is_clear(passed, ttl) {
            Place::Path
        } else {
            Place::Unknown
        };
        self.between(place, How::Reset, passed, ttl)
    }

    /// Nothing but routers ever answered, or nobody at all.
    fn silence(&self) -> Path {
        let passed = self.passed(u8::MAX);
        let distance = self.distance();
        let beyond =
            self.first(|pair| pair.ttl > passed && (pair.control.is_time_exceeded() || pair.control.is_final()));
        let unknown = Path { after: self.edge(passed), ..self.path(Place::Unknown) };
        // Where the other port stops as well, or took another way, nothing tells this port's fate.
        let Some(beyond) = beyond.filter(|_| distance.is_none_or(|distance| distance > passed)) else { return unknown };
        if distance.is_none() && beyond.control.is_final() {
            return unknown;
        }
        let arrived = distance == Some(beyond.ttl);
        let place = match (passed, beyond.ttl) {
            _ if self.request.is_here => Place::Destination,
            (0, 1) => Place::ThisMachineOrFirstHop,
            // Mute hops first: this machine, or any of them.
            (0, _) => Place::Unknown,
            _ if arrived && beyond.ttl == passed + 1 => Place::Destination,
            // Mute hops last: any of them, or the host.
            _ if arrived => Place::Unknown,
            _ if self.is_clear(passed, beyond.ttl) => Place::Path,
            _ => Place::Unknown,
        };
        self.between(place, How::Drop, passed, beyond.ttl)
    }

    fn between(&self, place: Place, how: How, after: u8, before: u8) -> Path {
        let same_way = self.at(after).is_none_or(agree);
        let before = self.edge(before).map(|edge| Edge {
            // On another way there is another router.
            address: edge.address.filter(|address| same_way || *address == self.request.address),
            ..edge
        });
        Path { how: Some(how), after: self.edge(after), before, ..self.path(place) }
    }

    fn path(&self, place: Place) -> Path {
        let TraceRequest { address, port, control_port, .. } = *self.request;
        let hops = self.pairs.iter().map(|pair| pair.hop(address)).collect();
        Path { port, control_port, place, how: None, after: None, before: None, icmp: None, hops, tunnel: None }
    }

    /// How far away the host is, where the other port shows it. A router that answers with the address itself is the
    /// host's own: it forwards ports.
    fn distance(&self) -> Option<u8> {
        self.first(|pair| self.arrived(pair.control)).map(|pair| pair.ttl)
    }

    fn arrived(&self, control: HopEvidence) -> bool {
        match control.said {
            Said::Connected | Said::Refused => true,
            Said::TimeExceeded(from) => from == Some(self.request.address),
            Said::Icmp { icmp, from_here } => !from_here && icmp.from == Some(self.request.address),
            Said::Silence | Said::NotTried => false,
        }
    }

    /// How far away the host is at least: beyond every router that answered for the other port.
    fn least_distance(&self) -> u8 {
        let farthest = self.pairs.iter().rev().find(|pair| pair.control.is_time_exceeded());
        self.distance().or_else(|| farthest.map(|pair| pair.ttl.saturating_add(1))).unwrap_or(0)
    }

    /// The last hop before `ttl` that answered for the port: it was let through so far. 0 where none did.
    fn passed(&self, ttl: u8) -> u8 {
        let routers = self.pairs.iter().filter(|pair| pair.ttl < ttl && pair.port.is_time_exceeded());
        routers.map(|pair| pair.ttl).max().unwrap_or(0)
    }

    /// Whether a difference between the ways to the two ports cannot explain that one stops before `ttl`.
    fn is_clear(&self, passed: u8, ttl: u8) -> bool {
        self.at(passed).is_none_or(agree) || self.least_distance().saturating_sub(ttl) >= CLEARLY
    }

    fn is_router(&self, address: IpAddr) -> bool {
        let answered = |answer: HopEvidence| answer.said == Said::TimeExceeded(Some(address));
        self.first(|pair| answered(pair.port) || answered(pair.control)).is_some()
    }

    fn edge(&self, ttl: u8) -> Option<Edge> {
        let pair = self.at(ttl)?;
        let address = match (pair.port.said, pair.control.said) {
            (Said::TimeExceeded(Some(from)), _) | (_, Said::TimeExceeded(Some(from))) => Some(from),
            _ if self.arrived(pair.control) => Some(self.request.address),
            _ => None,
        };
        Some(Edge { ttl, address })
    }

    fn at(&self, ttl: u8) -> Option<&Pair> {
        self.first(|pair| pair.ttl == ttl)
    }

    fn first(&self, wanted: impl Fn(&Pair) -> bool) -> Option<&Pair> {
        self.pairs.iter().find(|pair| wanted(pair))
    }
}

/// Whether both ports may have passed the same router. Two routers mean two ways.
fn agree(pair: &Pair) -> bool {
    match (pair.port.said, pair.control.said) {
        (Said::TimeExceeded(Some(one)), Said::TimeExceeded(Some(other))) => one == other,
        _ => true,
    }
}
