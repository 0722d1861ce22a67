//! `--wait` and `--retries`: looking again until all is well.

use std::time::{Duration, Instant};

use clap::Args;

use super::values::{count, duration};
use crate::diagnosis::State;

/// The pause before the second round. Each further one is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// What the last round gets before the time is over: enough for a server nearby.
const LAST_ROUND: Duration = Duration::from_millis(250);

/// What a last look gets at most, when an unfinished round kept what failed in it from being looked at again.
const LAST_LOOK: Duration = Duration::from_secs(2);

/// Longer pauses would be noticed by whoever waits.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// More tries at one address look like an attack, and the earlier ones are kept in memory.
const MOST_RETRIES: u32 = 20;

/// How many endpoints are named; the others are counted.
const MAX_NAMED: usize = 3;

/// How often to look again.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Time")]
pub(super) struct WaitChoices {
    /// Check again until all is well, for at most this long
    #[arg(long, value_name = "TIME", value_parser = duration, env = "MAILPROBE_WAIT")]
    pub(super) wait: Option<Duration>,

    /// Check again this many times what fails, for flaky links; with --wait only the time counts
    #[arg(long, value_name = "N", value_parser = count(0..=MOST_RETRIES), env = "MAILPROBE_RETRIES")]
    pub(super) retries: Option<u32>,
}

impl WaitChoices {
    /// Whether there may be a second round.
    pub(super) fn is_patient(&self) -> bool {
        self.wait.is_some() || self.retries.is_some_and(|retries| retries > 0)
    }

    /// Whether the tries are told apart. A server that is waited for answers differently once it is up, of course.
    pub(super) fn compares(&self) -> bool {
        self.wait.is_none()
    }

    /// The connection's time limit: short enough for a second try within the time that is waited at all.
    /// `None`: the usual one.
    pub(super) fn connect_timeout(&self, given: Option<Duration>, limit: Duration) -> Option<Duration> {
        let most = self.wait.map(|wait| wait * 3 / 4);
        most.filter(|most| *most < limit).or(given)
    }
}

#[derive(Debug)]
pub(super) struct Rounds {
    began: Instant,
    limit: Option<Duration>,
    left: Option<u32>,
    pause: Duration,
    waits: bool,
    /// Whether an unfinished round was left off for a last look.
    had_last_look: bool,
}

impl Rounds {
    /// The first round begins now. `deadline` ends waiting as well.
    pub(super) fn begin(choices: &WaitChoices, deadline: Option<Duration>) -> Self {
        let limit = [choices.wait, deadline].into_iter().flatten().min();
        // Who waits does so for the time, whatever the environment says of retries.
        let left = if choices.wait.is_some() { None } else { Some(choices.retries.unwrap_or(0)) };
        Self {
            began: Instant::now(),
            limit,
            left,
            pause: FIRST_PAUSE,
            waits: choices.wait.is_some(),
            had_last_look: false,
        }
    }

    /// How long all rounds may take together, from now on.
    pub(super) fn remaining(&self) -> Option<Duration> {
        self.limit.map(|limit| limit.saturating_sub(self.began.elapsed()))
    }

    /// When to leave off a round that is not finished, so that what failed in it gets a last look: its cause may be long
    /// gone. `None` where nobody waits, and once that has been.
    pub(super) fn last_look(&self) -> Option<Instant> {
        let limit = self.limit.filter(|_| self.waits && !self.had_last_look)?;
        Some(self.began + limit.saturating_sub(LAST_LOOK.min(limit / 4)))
    }

    /// The next round is that last look, and begins without a pause.
    pub(super) fn look_a_last_time(&mut self) {
        self.had_last_look = true;
        self.pause = Duration::ZERO;
    }

    /// How long to pause before the next round; `None` when there is none.
    pub(super) fn next(&mut self) -> Option<Duration> {
        if self.left == Some(0) {
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        let pause = self.pause;
        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        match self.remaining() {
            Some(remaining) if remaining <= LAST_ROUND => None,
            // The time that is left is for waiting: the last round begins just before it is over.
            Some(remaining) => Some(pause.min(remaining.saturating_sub(LAST_ROUND))),
            None => Some(pause),
        }
    }
}

/// `mail.example.org:25 (connection-refused) and 3 more`
pub(super) fn names(missing: &[(String, Option<State>)]) -> String {
    let named = missing.iter().take(MAX_NAMED).map(|(place, state)| match state {
        // A round that was left off for a last look says nothing of the port.
        None | Some(State::Interrupted) => place.clone(),
        Some(state) => format!("{place} ({state})"),
    });
    let named: Vec<String> = named.collect();
    match missing.len().saturating_sub(MAX_NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_a_quarter_of_a_second_to_five() {
        let choices = WaitChoices { wait: Some(Duration::from_secs(600)), retries: None };
        let mut rounds = Rounds::begin(&choices, None);
        let pauses = [(); 7].map(|()| rounds.next().expect("another round").as_millis());
        assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 5000, 5000]);
    }

    #[test]
    fn what_is_waited_for_is_named_with_its_state() {
        let missing = |states: &[Option<State>]| -> Vec<_> {
            states.iter().map(|state| ("mx.test:25".to_owned(), *state)).collect()
        };
        assert_eq!(names(&missing(&[Some(State::ConnectionRefused)])), "mx.test:25 (connection-refused)");
        assert_eq!(names(&missing(&[Some(State::Interrupted)])), "mx.test:25");
    }

    #[test]
    fn rounds_end_with_the_time_or_the_retries() {
        let rounds = |wait: Option<Duration>, retries| Rounds::begin(&WaitChoices { wait, retries }, None);
        assert!(rounds(None, None).next().is_none());
        let mut twice = rounds(None, Some(2));
        assert!(twice.next().is_some() && twice.next().is_some() && twice.next().is_none());
        assert!(rounds(Some(Duration::from_millis(200)), None).next().is_none());
        let mut long = rounds(Some(Duration::from_secs(3)), None);
        long.pause = LONGEST_PAUSE;
        assert!(long.next().is_some_and(|pause| pause < Duration::from_secs(3)), "one more round fits in");
    }
}
