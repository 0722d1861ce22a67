//! A handshake that stalls: do packets get lost because they are large? A connection with small segments shows it, and one
//! with a small hello in which direction.
//!
//! | | usual segments, usual hello | small segments, usual hello | usual segments, small hello |
//! | --- | --- | --- | --- |
//! | large packets to the server get lost | stalls | works | works |
//! | large packets from the server get lost | stalls | works | stalls |
//! | a hello in several packets is dropped | stalls | stalls | works |
//!
//! Once may be chance, and every second time a broken one of two servers: small segments must work twice in a row, and what
//! stalled must stall again.

use std::time::Duration;

use crate::observation::{Attempt, Purpose, Stage, StopCause, TlsFailureKind, handshake_done};

/// A server that ends the connection after this long was waiting for something that did not arrive: one that dislikes a
/// hello says so at once.
const WAITED: Duration = Duration::from_secs(4);

/// Whether lost packets would explain how the ordinary check ended: in silence, in the handshake.
pub(super) fn may_matter(probe: &Attempt) -> bool {
    let Some(stop) = probe.stop.as_ref().filter(|stop| stop.stage == Stage::Tls) else { return false };
    let waited = probe.stages.iter().any(|record| record.stage == Stage::Tls && record.duration >= WAITED);
    match &stop.cause {
        StopCause::TimedOut(_) => true,
        StopCause::Closed | StopCause::Reset => waited,
        StopCause::Tls(failure) => match failure.kind {
            TlsFailureKind::TimedOut(_) => true,
            TlsFailureKind::Closed | TlsFailureKind::Reset => waited,
            _ => false,
        },
        _ => false,
    }
}

/// Whether a handshake worked with small segments.
pub(super) fn matters(attempts: &[Attempt]) -> bool {
    small_segments(attempts).any(handshake_done)
}

/// What to try after a handshake that worked with small segments, until both directions are known.
pub(super) fn next(attempts: &[Attempt]) -> Option<Purpose> {
    let last = attempts.last()?;
    match last.purpose {
        Purpose::SmallSegments if small_segments(attempts).count() == 1 => Some(Purpose::SmallSegments),
        Purpose::SmallSegments if handshake_done(last) => Some(Purpose::ClassicHello),
        // It is not packets from the server that get lost: does the usual hello stall again?
        Purpose::ClassicHello if handshake_done(last) => Some(Purpose::Probe),
        _ => None,
    }
}

fn small_segments(attempts: &[Attempt]) -> impl Iterator<Item = &Attempt> {
    attempts.iter().filter(|attempt| attempt.purpose == Purpose::SmallSegments)
}
