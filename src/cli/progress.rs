//! The live line: what is still being waited for, so that a slow greeting is seen to be waited for.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;
use crate::diagnosis::State;
use crate::observation::Stage;

/// How often the line is brought up to date.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// A check that takes longer is worth naming.
const WORTH_NAMING: Duration = Duration::from_millis(500);

/// What is under way, shown on standard error when that is a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    line: Option<ProgressBar>,
    total: usize,
    done: usize,
    /// What the ports of the first target came to, by state, in the order in which they did.
    known: Vec<(State, Vec<u16>)>,
    /// Whether there are other targets.
    has_others: bool,
    /// By target and place in its plan: the port, what it waits for, and since when.
    waiting: BTreeMap<(usize, usize), (u16, &'static str, Instant)>,
}

impl Progress {
    pub(super) fn new(wanted: bool) -> Self {
        let line = (wanted && io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb"))
            .then(|| {
                let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
                let ticks: &[&str] = if output::speaks_unicode() {
                    &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏", " "]
                } else {
                    &["-", "\\", "|", "/", " "]
                };
                // The template is a constant: a bad one would fail every test that has a terminal.
                if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                    line.set_style(style.tick_strings(ticks));
                }
                line
            });
        Self { line, total: 0, done: 0, known: Vec::new(), has_others: false, waiting: BTreeMap::new() }
    }

    pub(super) fn planned(&mut self, endpoints: usize) {
        self.total += endpoints;
    }

    /// Another round begins: what is counted starts anew.
    pub(super) fn begin_again(&mut self) {
        (self.total, self.done) = (0, 0);
        self.known.clear();
        self.waiting.clear();
    }

    pub(super) fn entered(&mut self, place: (usize, usize), port: u16, stage: Stage) {
        self.waiting.insert(place, (port, words(stage), Instant::now()));
    }

    /// The way to a port is being traced.
    pub(super) fn traces(&mut self, place: (usize, usize), port: u16) {
        self.waiting.insert(place, (port, "path", Instant::now()));
    }

    pub(super) fn finished(&mut self, place: (usize, usize)) {
        self.done += 1;
        self.waiting.remove(&place);
    }

    /// What a port of a target came to.
    pub(super) fn knows(&mut self, target: usize, port: u16, state: State) {
        self.has_others |= target > 0;
        match self.known.iter_mut().find(|(known, _)| *known == state) {
            Some((_, ports)) if ports.contains(&port) => {}
            Some((_, ports)) => ports.push(port),
            None => self.known.push((state, vec![port])),
        }
    }

    /// What is known of the only target: `25 connection-refused; 465, 587 ok`. Empty where there are several.
    fn results(&self) -> String {
        if self.has_others {
            return String::new();
        }
        let of_state = |(state, ports): &(State, Vec<u16>)| {
            let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
            format!("{} {state}", ports.join(", "))
        };
        self.known.iter().map(of_state).collect::<Vec<_>>().join("; ")
    }

    pub(super) fn tick(&self) {
        let Some(line) = &self.line else { return };
        line.set_message(self.message());
        line.tick();
    }

    /// Takes the line off the screen, before results are written.
    pub(super) fn clear(&self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }

    /// Runs `write` with the line off the screen.
    pub(super) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.line {
            Some(line) => line.suspend(write),
            None => write(),
        }
    }

    fn message(&self) -> String {
        if self.total == 0 {
            return "looking up names".into();
        }
        let mut slow: Vec<_> = self
            .waiting
            .values()
            .filter(|(_, _, since)| since.elapsed() >= WORTH_NAMING)
            .map(|&(port, what, since)| (since, format!("{port} ({what}, {} s)", since.elapsed().as_secs())))
            .collect();
        slow.sort();
        let results = self.results();
        let done = if results.is_empty() { format!("{} of {} done", self.done, self.total) } else { results };
        if slow.is_empty() {
            return done;
        }
        let names: Vec<_> = slow.into_iter().map(|(_, name)| name).collect();
        format!("{done}, waiting for port {}", names.join(", "))
    }
}

fn words(stage: Stage) -> &'static str {
    match stage {
        Stage::Resolve => "name",
        Stage::Connect => "connection",
        Stage::Greeting => "greeting",
        Stage::Capabilities | Stage::SecuredCapabilities => "capabilities",
        Stage::Starttls => "STARTTLS",
        Stage::Tls => "TLS",
        Stage::Quit => "goodbye",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_the_only_target_is_shown_while_the_rest_is_waited_for() {
        let mut progress = Progress::new(false);
        progress.planned(3);
        progress.entered((0, 0), 25, Stage::Connect);
        if let Some(waiting) = progress.waiting.get_mut(&(0, 0)) {
            waiting.2 -= WORTH_NAMING;
        }
        for (index, port, state) in [(1, 465, State::Ok), (2, 587, State::NoGreeting)] {
            progress.finished((0, index));
            progress.knows(0, port, state);
        }
        assert_eq!(progress.message(), "465 ok; 587 no-greeting, waiting for port 25 (connection, 0 s)");
        progress.knows(1, 993, State::Ok);
        assert_eq!(progress.message(), "2 of 3 done, waiting for port 25 (connection, 0 s)", "there are two targets");
    }
}
