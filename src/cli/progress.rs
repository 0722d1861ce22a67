//! How far a run is: a live line or bar on a terminal, so that a slow greeting is seen to be waited for; of a long list, a
//! line now and then elsewhere.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::{self, IsTerminal as _};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::console::{complain, speaks_unicode};
use crate::diagnosis::State;
use crate::observation::Stage;
use crate::policy::Tally;
use crate::report::human;

/// How often what is shown is brought up to date.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// A check that takes longer is worth naming.
const WORTH_NAMING: Duration = Duration::from_millis(500);

/// How long a list is silent where there is no terminal: most are done by then.
const FIRST_LINE: Duration = Duration::from_secs(10);

/// And from line to line.
const NEXT_LINE: Duration = Duration::from_secs(30);

/// How many states of a list are named.
const STATES: usize = 4;

const ENDPOINTS: &str = "{spinner} {wide_msg}";
const LIST_OF_UNKNOWN_LENGTH: &str = "{spinner} {human_pos} done  {rate}  {wide_msg}";
const LIST: &str = "{bar:16} {human_pos}/{human_len}  {rate}  {eta} left  {wide_msg}";

/// What is under way, shown on standard error where that is wanted.
pub(super) struct Progress {
    bar: ProgressBar,
    wanted: bool,
    on_terminal: bool,
    total: usize,
    done: usize,
    /// What the ports of the first target came to, by state, in the order in which they did.
    known: Vec<(State, Vec<u16>)>,
    /// Whether there are other targets.
    has_others: bool,
    /// By target and place in its plan: the port, what it waits for, and since when.
    waiting: BTreeMap<(usize, usize), (u16, &'static str, Instant)>,
    /// Of a list: how many targets there are, once they are counted.
    length: Arc<OnceLock<u64>>,
    next_line: Instant,
}

impl Progress {
    /// Of a run whose endpoints are shown one by one.
    pub(super) fn of_endpoints(wanted: bool) -> Self {
        Self::new(wanted, ENDPOINTS)
    }

    /// Of a run over a list, whose targets are counted. `length` may be set later.
    pub(super) fn of_list(wanted: bool, length: Arc<OnceLock<u64>>) -> Self {
        Self { length, ..Self::new(wanted, LIST_OF_UNKNOWN_LENGTH) }
    }

    fn new(wanted: bool, template: &str) -> Self {
        let on_terminal =
            wanted && io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let target = if on_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style(template));
        Self {
            bar,
            wanted,
            on_terminal,
            total: 0,
            done: 0,
            known: Vec::new(),
            has_others: false,
            waiting: BTreeMap::new(),
            length: Arc::default(),
            next_line: Instant::now() + FIRST_LINE,
        }
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

    /// The route to a port is being traced.
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

    /// Shows the endpoints as they are now.
    pub(super) fn show_endpoints(&self) {
        if self.on_terminal {
            self.bar.set_message(self.message());
            self.bar.tick();
        }
    }

    /// Shows how far a list is.
    pub(super) fn show_counts(&mut self, tally: &Tally) {
        if !self.wanted {
            return;
        }
        if let (None, Some(&length)) = (self.bar.length(), self.length.get()) {
            self.bar.set_length(length);
            self.bar.set_style(style(LIST));
        }
        self.bar.set_position(u64::try_from(tally.targets.all).unwrap_or(u64::MAX));
        if self.on_terminal {
            self.bar.set_message(states(tally));
            self.bar.tick();
        } else if Instant::now() >= self.next_line {
            self.next_line = Instant::now() + NEXT_LINE;
            complain(&self.line(tally));
        }
    }

    /// Takes what is shown off the screen, before results are written.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Runs `write` with nothing shown.
    pub(super) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// A handle to what is shown, for who writes from another thread.
    pub(super) fn bar(&self) -> ProgressBar {
        self.bar.clone()
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

    fn line(&self, tally: &Tally) -> String {
        let done = HumanCount(self.bar.position());
        let rate = self.bar.per_sec();
        let (of, left) = match self.bar.length() {
            Some(total) => (format!(" of {}", HumanCount(total)), format!(", {} left", HumanDuration(self.bar.eta()))),
            None => (String::new(), String::new()),
        };
        format!("{done}{of} targets done, {rate:.0} a second{left}; {}", states(tally))
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are constants: a bad one would fail every test that has a terminal.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let style = style.with_key("rate", |state: &ProgressState, text: &mut dyn Write| {
        let _ = write!(text, "{:.0}/s", state.per_sec());
    });
    if speaks_unicode() {
        style.progress_chars("━╸─").tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
    } else {
        style.progress_chars("=>-").tick_chars("-\\|/ ")
    }
}

/// The states that occur most, and how often.
fn states(tally: &Tally) -> String {
    let counted = human::by_frequency(tally);
    let named = counted.iter().take(STATES).map(|(state, count)| format!("{state} {}", HumanCount(*count as u64)));
    let mut text = named.collect::<Vec<_>>().join(", ");
    if counted.len() > STATES {
        text.push_str(", …");
    }
    text
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
        let mut progress = Progress::of_endpoints(false);
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
