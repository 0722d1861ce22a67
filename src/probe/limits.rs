//! How long, how much and how many: every limit of a probe, with its reason.

use std::time::Duration;

use crate::observation::Stage;

/// A SYN is sent again after 1 s and 3 s (RFC 6298): three chances to be answered.
pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// Some servers greet late on purpose; Postfix with its login back end down was measured to greet after 20 s.
const GREETING: Duration = Duration::from_secs(25);

/// Every further reply. Honest servers answer at once; RFC 5321 would allow minutes.
const REPLY: Duration = Duration::from_secs(10);

/// One endpoint, all its stages.
pub(super) const ENDPOINT: Duration = Duration::from_secs(45);

/// How much of an endpoint's time is kept for a second look, at most; of a short time a quarter. One reply's worth.
pub(super) const RESERVE: Duration = REPLY;

/// How many endpoints at once: 256 descriptors are the smallest limit in use (macOS), and name lookups need their share.
pub(super) const CONCURRENCY: usize = 100;

/// Bytes of dialogue at one endpoint. The longest real one (Cyrus, twice) is under 4 KiB; this leaves room for 512
/// capability lines of 512 bytes (RFC 5321, section 4.5.3.1.5).
pub(super) const DIALOGUE_BYTES: usize = 256 * 1024;

/// How long the other side may take to close after the farewell. Closing on an unread reply would reset it.
pub(super) const DRAIN: Duration = Duration::from_secs(1);

/// How long a stage may take.
pub(super) fn of_stage(stage: Stage) -> Duration {
    match stage {
        Stage::Greeting => GREETING,
        _ => REPLY,
    }
}
