//! Which silences a conclusion hangs on: those in whose place an answer would lead to another one. Pure.
//!
//! Nothing else is worth asking again. A router that says nothing about either port in the middle of the way changes
//! nothing, and what has arrived need not arrive twice.

use std::net::{IpAddr, Ipv4Addr};

use super::evidence::{HopEvidence, Pair};
use super::locate::{TraceRequest, locate};
use crate::observation::path::{How, Path, Place};
use crate::transport::hop::Said;

/// The questions, by port and TTL, from near to far, whose answers could change what [`locate`] concludes from `pairs`.
pub(super) fn doubtful(request: &TraceRequest, pairs: &[Pair]) -> Vec<(u16, u8)> {
    let found = outcome(&locate(request, pairs));
    let matters = |index: usize, side: Side| {
        let changed = |said: Said| {
            let mut otherwise = pairs.to_vec();
            if let Some(pair) = otherwise.get_mut(index) {
                *side.of_mut(pair) = HopEvidence { said, rtt: None };
            }
            outcome(&locate(request, &otherwise)) != found
        };
        possible_answers(pairs, index, side).into_iter().any(changed)
    };
    let sides = [(Side::Port, request.port), (Side::Control, request.control_port)];
    let questions =
        pairs.iter().enumerate().flat_map(|(index, pair)| sides.map(|(side, port)| (index, side, port, pair.ttl)));
    questions.filter(|&(index, side, ..)| matters(index, side)).map(|(.., port, ttl)| (port, ttl)).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Port,
    Control,
}

impl Side {
    const fn of(self, pair: &Pair) -> HopEvidence {
        match self {
            Self::Port => pair.port,
            Self::Control => pair.control,
        }
    }

    const fn of_mut(self, pair: &mut Pair) -> &mut HopEvidence {
        match self {
            Self::Port => &mut pair.port,
            Self::Control => &mut pair.control,
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Port => Self::Control,
            Self::Control => Self::Port,
        }
    }
}

/// A hop, and whether its address is known.
type OutcomeEdge = Option<(u8, bool)>;

/// What a conclusion says, without the hops that led to it: place, manner, and the edges with whether their address is
/// known.
fn outcome(path: &Path) -> (Place, Option<How>, [OutcomeEdge; 2]) {
    let edges = [path.after, path.before];
    (path.place, path.how, edges.map(|edge| edge.map(|edge| (edge.ttl, edge.address.is_some()))))
}

/// A router that has not told its address.
const SOMEBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// What could have come in place of a silence: a router's answer before the end of the way, or the end itself.
fn possible_answers(pairs: &[Pair], index: usize, side: Side) -> Vec<Said> {
    let Some(pair) = pairs.get(index).filter(|pair| side.of(pair).is_silence()) else { return Vec::new() };
    let finish = pairs.iter().find(|pair| side.of(pair).is_final()).map(|pair| pair.ttl);
    let last_router = pairs.iter().rfind(|pair| side.of(pair).is_time_exceeded()).map_or(0, |pair| pair.ttl);
    let router = match side.other().of(pair).said {
        Said::TimeExceeded(from) => Said::TimeExceeded(from),
        _ => Said::TimeExceeded(Some(SOMEBODY)),
    };
    let mut possible = Vec::new();
    if finish.is_none_or(|finish| pair.ttl < finish) {
        possible.push(router);
    }
    if finish.is_none() && pair.ttl > last_router {
        possible.push(Said::Connected);
    }
    possible
}
