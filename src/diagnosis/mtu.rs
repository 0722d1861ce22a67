//! Packets that get lost on the way because they are large, and nobody is told: an MTU black hole (RFC 2923).

use std::time::Duration;

use super::finding::{Diagnosis, Finding};
use super::finding_id::FindingId;
use super::findings::intermittent;
use super::seen::{looks_for, second_look, time_of};
use super::state::State;
use crate::observation::{
    Attempt, Limit, Observation, Purpose, SMALL_PACKET, Stage, StopCause, TlsFailure, TlsFailureKind, handshake_done,
};

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
    let interface = observation.interface.as_ref().map_or("INTERFACE", |interface| interface.name.as_str());
    let link = match observation.interface.as_ref().filter(|interface| interface.is_point_to_point) {
        Some(_) => format!("{interface}, the tunnel or PPP link by which this machine sends, or a link behind it"),
        None => "a link on the way (often a VPN, a tunnel or PPPoE)".to_owned(),
    };
    let finding = Finding::error(
        FindingId::MtuBlackHole,
        format!(
            "Large packets {whose}: the TLS handshake stalls, and works when no packet has more than {SMALL_PACKET} bytes."
        ),
    )
    .evidence(told(observation))
    .hint(format!(
        "Probably {link} carries only smaller packets, and a firewall drops the \
         ICMP messages that should tell {ignorant} so (\"fragmentation needed\", \"packet too big\"): let them through, or \
         limit TCP segments on the router before that link (nftables: `tcp flags syn tcp option maxseg size set rt mtu`). \
         For this machine alone, a smaller MTU is enough (Linux: `ip link set dev {interface} mtu {SMALL_PACKET}`)."
    ));
    Some(Diagnosis::stopped(State::TlsHandshakeFailed, Stage::Tls, finding))
}

fn direction(observation: &Observation) -> Option<Direction> {
    let small: Vec<&Attempt> = looks_for(observation, Purpose::SmallSegments).collect();
    let patience = small.iter().filter_map(|look| time_of(look, Stage::Tls)).max()?;
    if small.len() < 2 || !small.iter().all(|look| handshake_done(look)) {
        return None;
    }
    let stalled = |look: &Attempt| stalled_for(look).is_some_and(|time| time >= patience);
    let classic = looks_for(observation, Purpose::ClassicHello).next()?;
    if handshake_done(classic) {
        looks_for(observation, Purpose::Probe).any(stalled).then_some(Direction::ToServer)
    } else {
        stalled(classic).then_some(Direction::FromServer)
    }
}

/// The handshake worked with small packets, and no more than that is proven.
pub(super) fn unproven(observation: &Observation) -> Option<Diagnosis> {
    second_look(observation, Purpose::SmallSegments).filter(|look| handshake_done(look))?;
    let finding = if looks_for(observation, Purpose::SmallSegments).all(handshake_done) {
        Finding::error(
            FindingId::TlsHandshakeFailed,
            format!(
                "The TLS handshake stalled on the first connection and worked on another with packets of at most \
                 {SMALL_PACKET} bytes. Whether their size is the cause was not determined."
            ),
        )
        .hint("Try again. A longer --timeout leaves time for more attempts.")
    } else {
        intermittent()
    };
    Some(Diagnosis::stopped(State::TlsHandshakeFailed, Stage::Tls, finding.evidence(told(observation))))
}

/// Whether lost packets would explain a handshake that was waited for in vain, and could not be looked for: not every
/// system limits the size of segments.
pub(super) fn may_be(observation: &Observation) -> bool {
    let timed_out = |probe: &Attempt| match &stop_of(probe) {
        Some(StopCause::TimedOut(_)) => true,
        Some(StopCause::Tls(failure)) => matches!(failure.kind, TlsFailureKind::TimedOut(_)),
        _ => false,
    };
    observation.probe().is_some_and(timed_out) && second_look(observation, Purpose::SmallSegments).is_none()
}

fn stop_of(attempt: &Attempt) -> Option<&StopCause> {
    attempt.stop.as_ref().filter(|stop| stop.stage == Stage::Tls).map(|stop| &stop.cause)
}

/// How long a handshake was waited for in vain. The end of the run is nobody's silence.
fn stalled_for(attempt: &Attempt) -> Option<Duration> {
    let in_vain = match stop_of(attempt)? {
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

/// How the handshakes went, in order: "TLS handshakes: as usual, stalled; with small packets, worked twice; …".
fn told(observation: &Observation) -> String {
    let attempts: Vec<String> = observation.attempts.iter().map(outcome).collect();
    let told = attempts.chunk_by(|one, next| one == next).map(|alike| match alike.len() {
        1 => alike[0].clone(),
        2 => format!("{} twice", alike[0]),
        times => format!("{} {times} times", alike[0]),
    });
    format!("TLS handshakes: {}", told.collect::<Vec<_>>().join("; "))
}

fn outcome(attempt: &Attempt) -> String {
    let what = match attempt.purpose {
        Purpose::SmallSegments => "with small packets",
        Purpose::ClassicHello => "with a small ClientHello",
        _ => "as usual",
    };
    let how = match attempt.stop.as_ref().map(|stop| &stop.cause) {
        _ if handshake_done(attempt) => "worked",
        Some(StopCause::TimedOut(limit)) if *limit != Limit::Run => "stalled",
        Some(
            StopCause::Closed
            | StopCause::Reset
            | StopCause::Tls(TlsFailure {
                kind: TlsFailureKind::TimedOut(_) | TlsFailureKind::Closed | TlsFailureKind::Reset,
                ..
            }),
        ) => "stalled",
        _ => "failed",
    };
    format!("{what}, {how}")
}
