//! What only the operating system can tell. Linux names the ICMP message that ended a connection and its sender; the
//! other systems keep that to themselves, and `queued_icmp` is always `None` there.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;
mod queued;

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::*;
#[cfg(target_os = "linux")]
pub(super) use linux::*;
pub(super) use queued::QueuedIcmp;
