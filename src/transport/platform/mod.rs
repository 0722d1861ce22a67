//! What only the operating system can tell. Linux names the ICMP message that ended a connection and its sender; the
//! other systems keep that to themselves, and `queued_icmp` is always `None` there.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::*;
#[cfg(target_os = "linux")]
pub(super) use linux::*;

use crate::observation::Icmp;

/// An ICMP message that the system kept for a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QueuedIcmp {
    pub(super) icmp: Icmp,
    /// The error number that the system made of it.
    pub(super) os_error: i32,
}
