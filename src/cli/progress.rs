//! How far a run is: a live line on a terminal; elsewhere, for a list, a line now and then.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use unicode_width::UnicodeWidthStr as _;

use super::console::{USUAL_WIDTH, complain, speaks_unicode};
use super::output::Output;
use crate::diagnosis::State;
use crate::observation::Stage;
use crate::words::counted;

/// A check that takes longer is worth naming.
const WORTH_NAMING: Duration = Duration::from_millis(500);

/// A server that has been silent for so long is told with the end of the wait.
const WORTH_AN_END: Duration = Duration::from_secs(3);

/// How long to be silent where there is no terminal: most lists are done by then.
const FIRST_LINE: Duration = Duration::from_secs(10);

/// And from line to line.
const NEXT_LINE: Duration = Duration::from_secs(30);

/// Of ports, which are told one by one.
pub(super) const MESSAGE: &str = "{spinner} {wide_msg}";
/// How many columns stand before the message.
const SPINNER: usize = 2;
const KNOWN_TOTAL: &str = "{bar:16} {human_pos}/{human_len}  {rate}  {eta} left  {wide_msg}";
/// Of a list, whose targets are counted.
pub(super) const UNKNOWN_TOTAL: &str = "{spinner} {human_pos} done  {rate}  {wide_msg}";

/// The live line on standard error.
pub(super) struct Progress {
    /// Hidden where there is no terminal, or where nobody wants to see it. Results are written while it is suspended.
    pub(super) bar: ProgressBar,
    wanted: bool,
    next_line: Instant,
}

impl Progress {
    pub(super) fn new(output: Output, template: &str) -> Self {
        let wanted = output.shows_progress();
        let is_live =
            wanted && io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let target = if is_live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target).with_style(style(template));
        Self { bar, wanted, next_line: Instant::now() + FIRST_LINE }
    }

    /// How many columns a message has beside its spinner.
    pub(super) fn room() -> usize {
        let columns = match terminal_size::terminal_size_of(io::stderr()) {
            Some((terminal_size::Width(columns), _)) => usize::from(columns),
            None => USUAL_WIDTH,
        };
        columns.saturating_sub(SPINNER)
    }

    pub(super) fn show(&self, message: String) {
        self.bar.set_message(message);
        self.bar.tick();
    }

    /// Shows how many are done, of how many if that is known, and `states`, what they came to.
    pub(super) fn count(&mut self, done: usize, total: Option<u64>, states: String) {
        if let (None, Some(total)) = (self.bar.length(), total) {
            self.bar.set_length(total);
            self.bar.set_style(style(KNOWN_TOTAL));
        }
        self.bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        if !self.bar.is_hidden() {
            self.show(states);
        } else if self.wanted && Instant::now() >= self.next_line {
            self.next_line = Instant::now() + NEXT_LINE;
            let (done, rate) = (HumanCount(self.bar.position()), self.bar.per_sec());
            let (of, left) = match self.bar.length() {
                Some(total) => {
                    (format!(" of {}", HumanCount(total)), format!(", {} left", HumanDuration(self.bar.eta())))
                }
                None => Default::default(),
            };
            complain(format!("{done}{of} targets done, {rate:.0} a second{left}; {states}"));
        }
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

/// Which port of a run: of which check, which target, and its place in the target's plan.
pub(super) type PortKey = (usize, usize, usize);

/// The ports of a run: what is still being waited for, so that a slow greeting is seen to be waited for.
#[derive(Debug, Default)]
pub(super) struct PortProgress {
    total: usize,
    done: usize,
    /// What the ports of the first target came to, by state, in the order in which they did.
    known: Vec<(State, Vec<u16>)>,
    /// Whether there are other targets.
    has_others: bool,
    /// The ports that are being checked.
    waiting: BTreeMap<PortKey, Wait>,
}

/// What a port that is being checked waits for.
#[derive(Debug, Clone, Copy)]
struct Wait {
    port: u16,
    what: &'static str,
    since: Instant,
    /// When it ends at the latest, where that is known.
    until: Option<Instant>,
}

impl Wait {
    /// `25 (greeting, 2 s)`, later `25 (greeting, 22 s left)`: no longer wait than that is to be expected.
    fn told(self) -> String {
        let Self { port, what, since, until } = self;
        let time = match until.filter(|_| since.elapsed() >= WORTH_AN_END) {
            Some(until) => format!("{} s left", until.saturating_duration_since(Instant::now()).as_secs_f64().ceil()),
            None => format!("{} s", since.elapsed().as_secs()),
        };
        format!("{port} ({what}, {time})")
    }
}

impl PortProgress {
    pub(super) fn planned(&mut self, endpoints: usize) {
        self.total += endpoints;
    }

    /// A port has entered a stage; without one, the route to it is being traced.
    pub(super) fn waits(&mut self, key: PortKey, port: u16, stage: Option<Stage>) {
        let what = stage.map_or("path", words);
        self.waiting.insert(key, Wait { port, what, since: Instant::now(), until: None });
    }

    /// What a port waits for comes by then, or not at all.
    pub(super) fn waits_until(&mut self, key: PortKey, until: Instant) {
        if let Some(wait) = self.waiting.get_mut(&key) {
            wait.until = Some(until);
        }
    }

    /// The route to a port is traced.
    pub(super) fn traced(&mut self, key: PortKey) {
        self.waiting.remove(&key);
    }

    pub(super) fn finished(&mut self, key: PortKey) {
        self.done += 1;
        self.waiting.remove(&key);
    }

    /// What a port came to.
    pub(super) fn knows(&mut self, (check, target, _): PortKey, port: u16, state: State) {
        self.has_others |= (check, target) != (0, 0);
        match self.known.iter_mut().find(|(known, _)| *known == state) {
            Some((_, ports)) if ports.contains(&port) => {}
            Some((_, ports)) => ports.push(port),
            None => self.known.push((state, vec![port])),
        }
    }

    /// What is known of the only target, `25 connection-refused; 465, 587 ok`, or how many ports of several are done; then
    /// what is waited for. In so many columns if it can be, and never cut inside a word.
    pub(super) fn message(&self, room: usize) -> String {
        if self.total == 0 {
            return "looking up names".into();
        }
        let numbers = format!("{} of {} done", self.done, self.total);
        let waits = self.slow();
        // What is known is told only where a port that is waited for can be named beside it: at two addresses the same port
        // may be both.
        let known = self.known().map(|known| (known, waits.len().min(1)));
        for (done, least) in known.iter().chain([&(numbers.clone(), 0)]) {
            let mut messages = (*least..=waits.len()).rev().map(|named| with_waits(done, &waits, named));
            if let Some(message) = messages.find(|message| message.width() <= room) {
                return message;
            }
        }
        numbers
    }

    /// The ports of the only target that are done, by what they came to.
    fn known(&self) -> Option<String> {
        let ports = |ports: &[u16]| ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        let of_state = self.known.iter().map(|(state, known)| format!("{} {state}", ports(known)));
        (!self.has_others && !self.known.is_empty()).then(|| of_state.collect::<Vec<_>>().join("; "))
    }

    /// What has been waited for longer than is usual, longest first: a port once, at however many addresses.
    fn slow(&self) -> Vec<String> {
        let mut slow: Vec<_> = self.waiting.values().filter(|wait| wait.since.elapsed() >= WORTH_NAMING).collect();
        slow.sort_by_key(|wait| wait.since);
        let mut named = BTreeSet::new();
        slow.retain(|wait| named.insert(wait.port));
        slow.into_iter().copied().map(Wait::told).collect()
    }
}

/// `465 ok, waiting for port 25 (greeting, 22 s left) and 4 more`
fn with_waits(done: &str, waits: &[String], named: usize) -> String {
    let (first, others) = waits.split_at(named);
    match (first.join(", "), others.len()) {
        (_, 0) if waits.is_empty() => done.to_owned(),
        (named, 0) => format!("{done}, waiting for port {named}"),
        (_, others) if first.is_empty() => format!("{done}, waiting for {}", counted(others, "port")),
        (named, others) => format!("{done}, waiting for port {named} and {others} more"),
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
        Stage::Login => "login",
        Stage::Envelope => "sender and recipient",
        Stage::Quit => "closing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_the_only_target_is_shown_while_the_rest_is_waited_for() {
        let mut progress = PortProgress::default();
        progress.planned(3);
        progress.waits((0, 0, 0), 25, Some(Stage::Connect));
        progress.waiting.values_mut().for_each(|wait| wait.since -= WORTH_NAMING);
        for (index, port, state) in [(1, 465, State::Ok), (2, 587, State::NoGreeting)] {
            progress.finished((0, 0, index));
            progress.knows((0, 0, index), port, state);
        }
        assert_eq!(progress.message(80), "465 ok; 587 no-greeting, waiting for port 25 (connection, 0 s)");
        progress.knows((0, 1, 0), 993, State::Ok);
        assert_eq!(progress.message(80), "2 of 3 done, waiting for port 25 (connection, 0 s)", "there are two targets");
    }

    #[test]
    fn a_silence_of_three_seconds_is_told_with_its_end() {
        let mut progress = PortProgress::default();
        progress.planned(2);
        for (index, port, silent_for) in [(0, 143, 4), (1, 993, 2)] {
            let key = (0, 0, index);
            progress.waits(key, port, Some(if port == 143 { Stage::Greeting } else { Stage::Tls }));
            progress.waits_until(key, Instant::now() + Duration::from_secs(25 - silent_for));
            progress.waiting.get_mut(&key).expect("it waits").since -= Duration::from_secs(silent_for);
        }
        assert_eq!(progress.message(80), "0 of 2 done, waiting for port 143 (greeting, 21 s left), 993 (TLS, 2 s)");
        assert_eq!(progress.message(70), "0 of 2 done, waiting for port 143 (greeting, 21 s left) and 1 more");
        assert_eq!(progress.message(40), "0 of 2 done, waiting for 2 ports");
    }

    #[test]
    fn what_does_not_fit_is_counted_and_a_port_is_named_once() {
        let mut progress = PortProgress::default();
        progress.planned(14);
        let ports = [25, 465, 587, 110, 995, 143, 993];
        for (index, port) in (0..).zip(ports.into_iter().chain(ports)) {
            progress.waits((0, 0, index), port, Some(if port == 465 { Stage::Tls } else { Stage::Connect }));
        }
        progress.waiting.values_mut().for_each(|wait| wait.since -= WORTH_NAMING);
        assert_eq!(
            progress.message(78),
            "0 of 14 done, waiting for port 25 (connection, 0 s), 465 (TLS, 0 s) and 5 more"
        );
        assert_eq!(progress.message(65), "0 of 14 done, waiting for port 25 (connection, 0 s) and 6 more");
        assert_eq!(progress.message(40), "0 of 14 done, waiting for 7 ports");
        assert_eq!(progress.message(10), "0 of 14 done");
        progress.known = vec![(State::AdministrativelyProhibited, vec![110, 143]), (State::Ok, vec![993])];
        let known = "110, 143 administratively-prohibited; 993 ok, waiting for port 25 (connection, 0 s) and 6 more";
        assert_eq!(progress.message(100), known);
        assert_eq!(
            progress.message(78),
            "0 of 14 done, waiting for port 25 (connection, 0 s), 465 (TLS, 0 s) and 5 more"
        );
    }
}
