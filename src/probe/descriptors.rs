//! How much can be done at once with the descriptors that this process may have (`ulimit -n`).

use super::limits::CONCURRENCY;

pub(super) struct AtOnce {
    /// Connections that are being made, used or closed.
    pub(super) connections: usize,
    pub(super) lookups: usize,
}

/// What stays free for all the rest: the standard streams, the runtime's own, files of the C library's resolver, the
/// route that is being traced.
const RESERVED: usize = 48;

/// What a lookup takes at most: three name servers are asked (resolv.conf(5) knows no more), each for two families, and
/// a silent one three times, every time from a new port.
const FOR_A_LOOKUP: usize = 18;

/// What to do at once where `wanted` endpoints would be good: fewer where descriptors are short.
pub(super) fn affordable(wanted: usize) -> AtOnce {
    match limit() {
        Some(limit) => within(limit, wanted),
        None => AtOnce { connections: wanted.max(1), lookups: wanted.max(1) },
    }
}

/// Connections come first, and get no more than half. Who wants fewer than usual is one of several at work, and gets its
/// share of the lookups.
fn within(limit: usize, wanted: usize) -> AtOnce {
    let free = limit.saturating_sub(RESERVED);
    let connections = wanted.min(free / 2).max(1);
    let lookups = free.saturating_sub(connections) / FOR_A_LOOKUP;
    let share = lookups.saturating_mul(wanted.min(CONCURRENCY)) / CONCURRENCY;
    AtOnce { connections, lookups: share.min(wanted).max(1) }
}

/// How many endpoints are really probed at once where `wanted` would be good.
pub fn affordable_connections(wanted: usize) -> usize {
    affordable(wanted).connections
}

/// Lets this process have the descriptors that so many connections at once need, as far as the system allows it
/// (`ulimit -Hn`; Linux only). What it opens later is bound by the same limit.
#[cfg(target_os = "linux")]
pub fn raise_limit(connections: usize) {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let lookups = connections.min(CONCURRENCY).saturating_mul(FOR_A_LOOKUP);
    let needed = RESERVED.saturating_add(connections.saturating_mul(2).max(connections.saturating_add(lookups)));
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    let raised = u64::try_from(needed).unwrap_or(u64::MAX).min(hard);
    if raised > soft {
        // Where that is not allowed, fewer connections are made at once.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, raised, hard);
    }
}

/// Lets this process have the descriptors that so many connections at once need, where the system allows it: not here.
#[cfg(not(target_os = "linux"))]
pub fn raise_limit(_connections: usize) {}

#[cfg(target_os = "linux")]
fn limit() -> Option<usize> {
    use nix::sys::resource::{Resource, getrlimit};
    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    Some(usize::try_from(soft).unwrap_or(usize::MAX))
}

/// The smallest limit in use elsewhere: macOS's.
#[cfg(all(unix, not(target_os = "linux")))]
fn limit() -> Option<usize> {
    Some(256)
}

#[cfg(not(unix))]
fn limit() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_and_lookups_share_what_there_is() {
        for (limit, wanted, expected) in [
            // A usual limit leaves the number of connections alone.
            (1024, 100, (100, 48)),
            (1 << 20, 100, (100, 100)),
            (usize::MAX, 100, (100, 100)),
            // Several at work need no more than one.
            (1024, 25, (25, 13)),
            // Something is always done.
            (8, 100, (1, 1)),
            (1024, 0, (1, 1)),
        ] {
            let AtOnce { connections, lookups } = within(limit, wanted);
            assert_eq!((connections, lookups), expected, "{wanted} within {limit}");
        }
    }

    #[test]
    fn all_together_never_need_more_than_there_is() {
        for limit in 100..2000 {
            let AtOnce { connections, lookups } = within(limit, 500);
            assert!(RESERVED + connections + lookups * FOR_A_LOOKUP <= limit, "{limit}: {connections}, {lookups}");
        }
    }
}
