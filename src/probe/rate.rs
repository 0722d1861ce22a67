//! How fast: a rate of connections, a backoff for servers that ask for one, and a pause for all when this machine is
//! exhausted.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::limits::{FIRST_BACKOFF, LONGEST_BACKOFF, MOST_BACKOFFS, OWN_FAULT_PAUSES, SERVICE_LONGEST_BACKOFF};
use crate::observation::{Observation, StopCause};
use crate::protocol::{Status, Stop};

/// How many in how much time, evenly spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub count: NonZeroU32,
    pub per: Duration,
}

#[derive(Debug)]
pub(super) struct RateLimiter {
    /// From one to the next.
    interval: Duration,
    /// Held by who is next: first come, first served. Who gives up waiting has taken nothing from the others.
    turn: tokio::sync::Mutex<()>,
    /// How long a server that asks to come back later is left alone at most.
    longest_backoff: Duration,
    state: Mutex<RateState>,
}

#[derive(Debug)]
struct RateState {
    /// Whether this machine was still exhausted after all pauses, the last time somebody waited.
    hopeless: bool,
    /// When the rate, or this machine's exhaustion, allows the next one.
    next: Instant,
    backoffs: HashMap<IpAddr, Backoff>,
}

#[derive(Debug, Clone, Copy)]
struct Backoff {
    until: Instant,
    length: Duration,
}

impl RateLimiter {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        let state = RateState { hopeless: false, next: Instant::now(), backoffs: HashMap::new() };
        let interval = rate.map_or(Duration::ZERO, |rate| rate.per / rate.count.get());
        let turn = tokio::sync::Mutex::default();
        Self { interval, turn, longest_backoff: LONGEST_BACKOFF, state: Mutex::new(state) }
    }

    /// For checks that come again and again.
    pub(super) fn of_service(self) -> Self {
        Self { longest_backoff: SERVICE_LONGEST_BACKOFF, ..self }
    }

    pub(super) async fn wait(&self, address: IpAddr) {
        loop {
            let now = Instant::now();
            let backoff = self.state().backoffs.get(&address).copied().filter(|backoff| backoff.until > now);
            let Some(backoff) = backoff else { break };
            sleep_until(backoff.until).await;
        }
        if self.interval.is_zero() {
            return self.wait_for_this_machine().await;
        }
        let _turn = self.turn.lock().await;
        let came = Instant::now();
        self.wait_for_this_machine().await;
        let mut state = self.state();
        // Not from now: the clock that wakes is late by up to a millisecond each time.
        state.next = state.next.max(came) + self.interval;
    }

    /// Waits until this machine may have again what it lacked.
    pub(super) async fn wait_for_this_machine(&self) {
        loop {
            // The pause may have become longer meanwhile.
            let next = self.state().next;
            if next <= Instant::now() {
                return;
            }
            sleep_until(next).await;
        }
    }

    /// This machine lacked something for the `time`th time in one probe: nobody begins anything for a while, and then it is
    /// worth another try. Says whether it is.
    pub(super) fn lacked_something(&self, time: usize) -> bool {
        let mut state = self.state();
        // What did not pass while somebody waited will not pass for each that comes after.
        let pause = OWN_FAULT_PAUSES.get(time).filter(|_| !state.hopeless);
        match pause {
            Some(&length) => state.next = state.next.max(Instant::now() + length),
            None => state.hopeless = true,
        }
        pause.is_some()
    }

    pub(super) fn lacked_nothing(&self) {
        self.state().hopeless = false;
    }

    /// Heeds what a server said: one that asks to come back later is left alone for a while, longer each time.
    pub(super) fn heed(&self, address: IpAddr, observation: &Observation) {
        let mut state = self.state();
        if !asks_to_come_later(observation) {
            state.backoffs.remove(&address);
            return;
        }
        let now = Instant::now();
        let before = state.backoffs.get(&address).copied();
        // Several that were under way when it was said first say it only once.
        if before.is_some_and(|backoff| backoff.until > now) {
            return;
        }
        if state.backoffs.len() >= MOST_BACKOFFS {
            state.backoffs.retain(|_, backoff| backoff.until > now);
        }
        if state.backoffs.len() < MOST_BACKOFFS {
            let length = before.map_or(FIRST_BACKOFF, |backoff| (backoff.length * 2).min(self.longest_backoff));
            state.backoffs.insert(address, Backoff { until: now + length, length });
        }
    }

    fn state(&self) -> MutexGuard<'_, RateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the server said that it may work later: 421 and its like.
fn asks_to_come_later(observation: &Observation) -> bool {
    let mut stops = observation.attempts.iter().filter_map(|attempt| attempt.conversation.stop.as_ref());
    stops.any(|stop| matches!(stop, Stop::Rejected(reply) if reply.status == Status::Temporary))
}

/// Whether this machine lacked something: descriptors, ports, memory.
pub(super) fn is_own_fault(observation: &Observation) -> bool {
    let mut stops = observation.attempts.iter().filter_map(|attempt| attempt.stop.as_ref());
    stops.any(|stop| matches!(stop.cause, StopCause::Local(_)))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::observation::{Attempt, Stage};
    use crate::probe::recorder::Recorder;
    use crate::protocol::{Conversation, Reply};
    use crate::service::Service;
    use crate::target::Target;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

    fn seen(stop: Option<Stop>) -> Observation {
        let endpoint = Target::parse("smtp://mail.example.org").unwrap().endpoints(None, None).remove(0);
        assert_eq!(endpoint.service, Service::Smtp);
        let conversation = Conversation { stop, ..Conversation::default() };
        let attempt = Attempt { conversation, ..Recorder::at(Stage::Greeting).complete() };
        Observation { attempts: vec![attempt], ..Observation::unprobed(endpoint, None) }
    }

    fn busy() -> Observation {
        seen(Some(Stop::Rejected(Reply {
            status: Status::Temporary,
            word: "421".into(),
            enhanced: None,
            response_code: None,
            text: "too many connections".into(),
            lines: vec!["421 too many connections".into()],
        })))
    }

    async fn waited(limiter: &RateLimiter, address: IpAddr) -> Duration {
        let began = Instant::now();
        limiter.wait(address).await;
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_spaces_connections_evenly_and_saves_nothing_up() {
        let limiter = RateLimiter::new(Some(Rate { count: NonZeroU32::new(10).unwrap(), per: Duration::from_secs(1) }));
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(waited(&limiter, HERE).await, Duration::ZERO);
        for _ in 0..20 {
            assert_eq!(waited(&limiter, HERE).await, Duration::from_millis(100));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_busy_is_left_alone_for_longer_each_time() {
        let limiter = RateLimiter::new(None);
        let mut backoffs = Vec::new();
        for _ in 0..8 {
            limiter.heed(HERE, &busy());
            limiter.heed(HERE, &busy());
            assert_eq!(waited(&limiter, ELSEWHERE).await, Duration::ZERO);
            backoffs.push(waited(&limiter, HERE).await.as_secs());
        }
        assert_eq!(backoffs, [1, 2, 4, 8, 16, 32, 60, 60]);
        limiter.heed(HERE, &seen(None));
        limiter.heed(HERE, &busy());
        assert_eq!(waited(&limiter, HERE).await, FIRST_BACKOFF, "an answer ends the series");
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_does_not_wait_its_checks_away() {
        let limiter = RateLimiter::new(None).of_service();
        for _ in 0..8 {
            limiter.heed(HERE, &busy());
            assert!(waited(&limiter, HERE).await <= SERVICE_LONGEST_BACKOFF);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_takes_nothing_from_the_others() {
        let second = Duration::from_secs(1);
        let limiter = RateLimiter::new(Some(Rate { count: NonZeroU32::new(1).unwrap(), per: second }));
        limiter.wait(HERE).await;
        for _ in 0..100 {
            assert!(tokio::time::timeout(Duration::from_millis(1), limiter.wait(HERE)).await.is_err());
        }
        assert!(waited(&limiter, HERE).await <= second);
        assert_eq!(waited(&limiter, HERE).await, second);
    }

    #[tokio::test(start_paused = true)]
    async fn an_exhausted_machine_pauses_for_all() {
        let limiter = RateLimiter::new(None);
        for (time, pause) in OWN_FAULT_PAUSES.into_iter().enumerate() {
            assert!(limiter.lacked_something(time));
            assert_eq!(waited(&limiter, HERE).await, pause);
            assert_eq!(waited(&limiter, ELSEWHERE).await, Duration::ZERO);
        }
        assert!(!limiter.lacked_something(OWN_FAULT_PAUSES.len()));
        assert!(!limiter.lacked_something(0), "the next one need not wait as long for the same answer");
        limiter.lacked_nothing();
        assert!(limiter.lacked_something(0));
    }

    #[tokio::test(start_paused = true)]
    async fn busy_servers_are_remembered_within_bounds() {
        let limiter = RateLimiter::new(None);
        for number in 0..u32::try_from(MOST_BACKOFFS).unwrap() + 1000 {
            limiter.heed(IpAddr::V4(Ipv4Addr::from(number)), &busy());
        }
        assert_eq!(limiter.state().backoffs.len(), MOST_BACKOFFS);
    }
}
