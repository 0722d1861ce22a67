//! When an answer is odd, look again: which further connection could tell more.

use super::packet_size;
use crate::observation::{Attempt, Limit, Purpose, Stage, StopCause, TlsFailureKind, handshake_done};
use crate::protocol::Stop;
use crate::service::Security;

/// After so many connections beyond the first no other is begun from here, bare hellos aside: a check is no load test.
const MAX_SECOND_LOOKS: usize = 4;

/// What to try next at an endpoint, after these attempts; `None` when nothing more could be learnt. `limits_segments` says
/// whether a connection with small segments can be made.
pub(super) fn next(security: Security, attempts: &[Attempt], limits_segments: impl Fn() -> bool) -> Option<Purpose> {
    let probe = attempts.first()?;
    // Of offers beside the wait for a greeting that came after all nothing follows.
    let is_silent = said_nothing(probe);
    let last = attempts.iter().rfind(|attempt| is_silent || attempt.purpose != Purpose::OfferTls)?;
    // How many bare hellos are said is their survey's to know.
    if run_is_over(last) || is_bare(last.purpose) || attempts.len() > MAX_SECOND_LOOKS {
        return None;
    }
    if packet_size::matters(attempts) {
        return packet_size::next(attempts);
    }
    match last.purpose {
        // The last word on a hello that seemed too large.
        Purpose::Probe if !std::ptr::eq(last, probe) => None,
        Purpose::Probe if security != Security::Implicit && is_silent => Some(Purpose::OfferTls),
        Purpose::Probe if is_stripped_perhaps(probe) => Some(Purpose::TryStarttls),
        Purpose::Probe if packet_size::may_matter(probe) && limits_segments() => Some(Purpose::SmallSegments),
        // Where small segments did no better, the size of the hello is left.
        Purpose::Probe | Purpose::SmallSegments => after_a_failed_handshake(probe),
        // Once may be chance, and every second time a broken one of two servers: the small hello must work twice, and
        // then the large one fail again.
        Purpose::ClassicHello if handshake_done(last) => {
            let before = attempts.iter().filter(|attempt| attempt.purpose == Purpose::ClassicHello).count();
            Some(if before == 1 { Purpose::ClassicHello } else { Purpose::Probe })
        }
        // The first small hello worked: nothing here is too old.
        Purpose::ClassicHello if attempts.iter().any(handshake_done) => None,
        // A small hello that is not answered either: an old one would not be.
        Purpose::ClassicHello if handshake_died(last) && !went_silent(last) => Some(Purpose::OldTls),
        _ => None,
    }
}

/// Whether the connection was for a bare hello.
pub(super) const fn is_bare(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::OldTls | Purpose::PartialHello)
}

fn handshake_died(attempt: &Attempt) -> bool {
    attempt.stop.as_ref().is_some_and(|stop| stop.stage == Stage::Tls)
}

fn run_is_over(attempt: &Attempt) -> bool {
    let cause = attempt.stop.as_ref().map(|stop| &stop.cause);
    matches!(cause, Some(StopCause::Interrupted | StopCause::TimedOut(Limit::Run)))
}

/// Accepted, and not a byte came: perhaps the server waits for a TLS hello.
fn said_nothing(probe: &Attempt) -> bool {
    let Some(stop) = &probe.stop else { return false };
    stop.stage == Stage::Greeting
        && probe.first_bytes.is_empty()
        && matches!(stop.cause, StopCause::TimedOut(_) | StopCause::Closed | StopCause::Reset)
}

/// No upgrade is offered, and something rewrote the dialogue: perhaps it rewrote that, too.
fn is_stripped_perhaps(probe: &Attempt) -> bool {
    probe.conversation.stop == Some(Stop::StarttlsNotOffered)
        && probe.conversation.starttls.is_none()
        && probe.conversation.marks_of_inspection().is_some()
}

fn after_a_failed_handshake(probe: &Attempt) -> Option<Purpose> {
    let stop = probe.stop.as_ref().filter(|stop| stop.stage == Stage::Tls)?;
    match &stop.cause {
        // What came is no TLS at all: no other hello will change that.
        StopCause::Tls(failure) if failure.kind == TlsFailureKind::NotTls => None,
        // The server read the hello and refused it: its size is not the matter.
        StopCause::Tls(failure) if matches!(failure.kind, TlsFailureKind::Alert(_) | TlsFailureKind::Incompatible) => {
            Some(Purpose::OldTls)
        }
        StopCause::Tls(_) | StopCause::TimedOut(_) | StopCause::Closed | StopCause::Reset => {
            Some(Purpose::ClassicHello)
        }
        _ => None,
    }
}

fn went_silent(attempt: &Attempt) -> bool {
    attempt.stop.as_ref().is_some_and(|stop| matches!(stop.cause, StopCause::TimedOut(_)))
}
