//! The answers of a sweep so far. How long to wait for the next follows from them: what another port has an answer to, this
//! one should have soon after.

use std::collections::BTreeMap;
use std::time::Duration;

use super::evidence::{HopEvidence, Pair};

/// How long one answer may take. Below 1 s a single SYN is sent; a satellite takes 0.7 s.
pub(super) const PATIENCE: Duration = Duration::from_millis(900);

/// How long at least where nobody at a distance has answered, once nearer routers have shown how fast they are: an ocean
/// adds 0.3 s. What comes later is asked again with all the patience.
const LEAST_PATIENCE: Duration = Duration::from_millis(450);

/// How much slower than the slowest answer so far the next may be.
const SLOWER: u32 = 3;

/// How long at least between a question and its repetition, where somebody at that distance has answered.
const LEAST_SPACING: Duration = Duration::from_millis(150);

/// What an answer may be late, beside half the round trip.
const JITTER: Duration = Duration::from_millis(50);

/// The answers of a sweep, by port and TTL. What was asked and has no answer is silence.
#[derive(Debug, Default)]
pub(super) struct SweepResult(BTreeMap<(u16, u8), HopEvidence>);

impl SweepResult {
    /// The answers for a port beside those for the port that it is compared with, up to where one of them arrives.
    pub(super) fn pairs(&self, port: u16, control: u16) -> Vec<Pair> {
        let end = self.end(&[port, control]);
        (1..=end).map(|ttl| Pair { ttl, port: self.at(port, ttl), control: self.at(control, ttl) }).collect()
    }

    pub(super) fn at(&self, port: u16, ttl: u8) -> HopEvidence {
        self.0.get(&(port, ttl)).copied().unwrap_or(HopEvidence::NOT_TRIED)
    }

    /// Notes an answer. Of several to one question the first is kept, and any is better than silence.
    pub(super) fn note(&mut self, port: u16, ttl: u8, answer: HopEvidence) {
        let known = self.0.entry((port, ttl)).or_insert(answer);
        if known.is_silence() {
            *known = answer;
        }
    }

    /// The distance from which on sending farther brings the same.
    pub(super) fn finish(&self, port: u16) -> Option<u8> {
        self.of(port).find(|(_, answer)| answer.is_final()).map(|(ttl, _)| ttl)
    }

    pub(super) fn last_router(&self, port: u16) -> Option<u8> {
        self.of(port).filter(|(_, answer)| answer.is_time_exceeded()).map(|(ttl, _)| ttl).last()
    }

    /// The last distance that tells something about one of `ports`: where each arrives or is ended, or, where it is
    /// swallowed, the first silence beyond the last answer.
    fn end(&self, ports: &[u16]) -> u8 {
        let finishes = ports.iter().filter_map(|&port| self.finish(port));
        let routers = ports.iter().filter_map(|&port| self.last_router(port));
        let asked = ports.iter().flat_map(|&port| self.of(port)).map(|(ttl, _)| ttl).max().unwrap_or(0);
        let last_router = routers.max().unwrap_or(0);
        match finishes.max() {
            Some(finish) => finish.max(last_router),
            None => last_router.saturating_add(1).min(asked),
        }
    }

    fn slowest(&self) -> Option<Duration> {
        self.0.values().filter_map(|answer| answer.rtt).max()
    }

    /// How long to wait for an answer from a distance from which nobody has answered.
    pub(super) fn patience(&self) -> Duration {
        self.slowest().map_or(PATIENCE, |rtt| (rtt * SLOWER).clamp(LEAST_PATIENCE, PATIENCE))
    }

    /// How long to wait for an answer from a distance from which somebody has answered.
    pub(super) fn spacing(&self) -> Duration {
        self.slowest().map_or(PATIENCE, |rtt| (rtt + rtt / 2 + JITTER).clamp(LEAST_SPACING, PATIENCE))
    }

    fn of(&self, port: u16) -> impl Iterator<Item = (u8, HopEvidence)> {
        self.0.range((port, 0)..=(port, u8::MAX)).map(|(&(_, ttl), &answer)| (ttl, answer))
    }
}
