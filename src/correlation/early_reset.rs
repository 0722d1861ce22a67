//! Resets that came sooner than the host can answer: something on this side of it sent them.

use std::time::Duration;

use super::cause::Cause;
use super::view::{JudgedState, View};
use crate::diagnosis::{FindingId, Severity, State};
use crate::observation::{Stage, StageOutcome};
use crate::words::{capitalised, seconds};

/// No packet comes back from beyond the next machines sooner. A firewall rule on this machine takes a tenth of it.
const AT_ONCE: Duration = Duration::from_millis(1);

/// How far away a host must be at least, by its fastest answer, so that a reset at once cannot be its own.
const FAR: Duration = Duration::from_millis(10);

pub(super) fn explain(view: &mut View<'_>) {
    for one in view.addresses() {
        // One alone may have been slow for a reason of its own, such as a busy machine.
        let connected: Vec<Duration> = view.at(&one.endpoints).filter_map(time_to_connect).collect();
        let fastest = connected.iter().copied().min().filter(|fastest| *fastest >= FAR && connected.len() > 1);
        let Some(fastest) = fastest.filter(|_| !one.address.is_loopback()) else { continue };
        let early: Vec<usize> = one
            .endpoints
            .into_iter()
            .filter(|&place| !view.is_explained(place, FindingId::ConnectionRefused))
            .filter(|&place| view.endpoints.get(place).is_some_and(was_reset_at_once))
            .collect();
        if early.is_empty() {
            continue;
        }
        let cause = cause(view, &early, fastest);
        view.add(cause, &early, &[FindingId::ConnectionRefused]);
    }
}

fn cause(view: &View<'_>, early: &[usize], fastest: Duration) -> Cause {
    let ports = capitalised(&view.ports(early));
    let was = if view.port_numbers(early).len() == 1 { "was" } else { "were" };
    Cause::new(
        FindingId::BlockedNearby,
        view.gravest(early).min(Severity::Warning),
        format!(
            "{ports} {was} refused within 1 ms, while the host takes at least {} to answer on other ports: the reset \
             comes from this machine or its own network, not from the host.",
            seconds(fastest)
        ),
    )
    .evidence(view.evidence(early, FindingId::ConnectionRefused))
    .hint(
        "Look for a firewall rule on this machine that rejects outgoing connections with a TCP reset, as root: nft list \
         ruleset; iptables -S OUTPUT. Then ask about the first router.",
    )
}

/// How long a connection took that was made.
fn time_to_connect(seen: &JudgedState<'_>) -> Option<Duration> {
    connecting(seen, StageOutcome::Ok)
}

/// By a reset: who sent an ICMP message is told.
fn was_reset_at_once(seen: &JudgedState<'_>) -> bool {
    seen.state() == State::ConnectionRefused
        && !seen.as_expected
        && seen.finding(FindingId::ConnectionRefused).is_some()
        && seen.observation.path.is_none()
        && connecting(seen, StageOutcome::Failed).is_some_and(|time| time < AT_ONCE)
}

fn connecting(seen: &JudgedState<'_>, outcome: StageOutcome) -> Option<Duration> {
    let probe = seen.observation.probe()?;
    let record = probe.stages.iter().find(|record| record.stage == Stage::Connect && record.outcome == outcome)?;
    Some(record.duration)
}
