//! What a system keeps for a socket.

use crate::observation::Icmp;

/// An ICMP message that the system kept for a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct QueuedIcmp {
    /// The message.
    pub(in super::super) icmp: Icmp,
    /// The error number that the system made of it.
    pub(in super::super) os_error: i32,
}
