//! How often an event is sent, and when again.

use std::time::Duration;

use tokio::time::Instant;

use crate::web::{FetchError, PostReply};

/// What comes after a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Done,
    Pause(Duration),
    GiveUp,
}

/// The tries of one event.
#[derive(Debug)]
pub(super) struct Attempts {
    began: Instant,
    made: u32,
}

const MOST_TRIES: u32 = 20;

/// No longer than this after the first.
const MOST_TIME: Duration = Duration::from_secs(60 * 60);

/// The pauses double from this to that.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// As long as this the webhook may ask to be left alone.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(15 * 60);

impl Attempts {
    pub(super) fn new(now: Instant) -> Self {
        Self { began: now, made: 0 }
    }

    /// What to do after a try that ended like this.
    pub(super) fn next(&mut self, reply: &Result<PostReply, FetchError>, now: Instant) -> Next {
        self.made += 1;
        let mut pause = FIRST_PAUSE.saturating_mul(1 << (self.made - 1).min(16)).min(LONGEST_PAUSE);
        if let Ok(reply) = reply {
            let code = reply.status.as_u16();
            if reply.status.is_success() {
                return Next::Done;
            }
            // Too slow, too early, too many: all others of the 4xx say that this request will never do. Redirects likewise.
            if reply.status.is_redirection() || (reply.status.is_client_error() && ![408, 425, 429].contains(&code)) {
                return Next::GiveUp;
            }
            let wanted = reply.retry_after.as_deref().and_then(|seconds| seconds.trim().parse().ok());
            pause = pause.max(wanted.map_or(Duration::ZERO, Duration::from_secs).min(LONGEST_RETRY_AFTER));
        }
        let is_over = self.made >= MOST_TRIES || now.duration_since(self.began) + pause > MOST_TIME;
        if is_over { Next::GiveUp } else { Next::Pause(pause) }
    }
}
