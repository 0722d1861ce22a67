//! Packets that get lost on the way because they are large, and nobody is told: an MTU black hole (RFC 2923).

use super::finding::{Diagnosis, Finding};
use super::finding_id::FindingId;
use super::seen::{handshake_done, looks_for, time_of};
use super::state::State;
use crate::observation::{Attempt, Limit, Observation, Purpose, SMALL_PACKET, Stage, StopCause, TlsFailureKind};

/// Whose large packets get lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    FromServer,
}

/// The handshake failed each time with packets of the usual size, and worked each time with small ones.
pub(super) fn black_hole(observation: &Observation) -> Option<Diagnosis> {
    let direction = direction(observation)?;
    let (whose, ignorant) = match direction {
        Direction::ToServer => ("to the server get lost on the way", "this machine"),
        Direction::FromServer => ("from the server get lost on the way here", "the server"),
    };
    let finding = Finding::error(
        FindingId::MtuBlackHole,
        format!(
            "Large packets {whose}: the TLS handshake stalls, and works when no packet has more than {SMALL_PACKET} bytes."
        ),
    )
    .evidence(told(observation))
    .hint(format!(
        "Probably a link on the way (often a VPN, a tunnel or PPPoE) carries only smaller packets, and the ICMP messages \
         that say so (\"fragmentation needed\", \"packet too big\") do not reach {ignorant}. Let them through where a \
         firewall drops them, or limit TCP segments on the router before that link (nftables: `tcp flags syn tcp option \
         maxseg size set rt mtu`). For this machine alone, a smaller MTU is enough (Linux: `ip link set dev INTERFACE \
         mtu {SMALL_PACKET}`)."
    ));
    Some(Diagnosis::stopped(State::TlsHandshakeFailed, Stage::Tls, finding))
}

fn direction(observation: &Observation) -> Option<Direction> {
    let small: Vec<&Attempt> = looks_for(observation, Purpose::SmallSegments).collect();
    let patience = small.iter().filter_map(|look| time_of(look, Stage::Tls)).max()?;
    if !small.iter().all(|look| handshake_done(look)) {
        return None;
    }
    let stalled = |look: &Attempt| stalled_for(look).is_some_and(|time| time >= patience);
    let classic = looks_for(observation, Purpose::ClassicHello).next()?;
    if handshake_done(classic) {
        looks_for(observation, Purpose::Probe).any(stalled).then_some(Direction::ToServer)
    } else {
        (stalled(classic) && small.len() > 1).then_some(Direction::FromServer)
    }
}

/// How long a handshake was waited for in vain. The end of the run is nobody's silence.
fn stalled_for(attempt: &Attempt) -> Option<std::time::Duration> {
    let stop = attempt.stop.as_ref().filter(|stop| stop.stage == Stage::Tls)?;
    let in_vain = match &stop.cause {
        StopCause::TimedOut(limit) => *limit != Limit::Run,
        StopCause::Closed | StopCause::Reset => true,
        StopCause::Tls(failure) => match failure.kind {
            TlsFailureKind::TimedOut(limit) => limit != Limit::Run,
            TlsFailureKind::Closed | TlsFailureKind::Reset => true,
            _ => false,
        },
        _ => false,
    };
    time_of(attempt, Stage::Tls).filter(|_| in_vain)
}

/// How each handshake went, in order: "usual handshake stalled, small packets worked, small hello stalled".
fn told(observation: &Observation) -> String {
    let attempts = observation.attempts.iter().map(|attempt| {
        let what = match attempt.purpose {
            Purpose::SmallSegments => "with small packets",
            Purpose::ClassicHello => "with a small ClientHello",
            _ => "as usual",
        };
        let outcome = if handshake_done(attempt) { "worked" } else { "stalled" };
        format!("{what}: {outcome}")
    });
    attempts.collect::<Vec<_>>().join(", ")
}
