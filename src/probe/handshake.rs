//! How the TLS handshake of an attempt went.

use crate::observation::{Attempt, Stage};

pub(super) fn handshake_done(attempt: &Attempt) -> bool {
    attempt.tls.as_ref().is_some_and(|tls| tls.version.is_some()) && !handshake_died(attempt)
}

pub(super) fn handshake_died(attempt: &Attempt) -> bool {
    attempt.stop.as_ref().is_some_and(|stop| stop.stage == Stage::Tls)
}
