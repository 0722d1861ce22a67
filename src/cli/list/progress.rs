//! How far a list is: a bar on a terminal, a line now and then elsewhere.

use std::fmt::Write;
use std::io::{self, IsTerminal as _};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::List;
use crate::cli::{complain, output};
use crate::policy::Tally;
use crate::report::human;

/// How long to be silent where there is no terminal: most lists are done by then.
const FIRST_LINE: Duration = Duration::from_secs(10);

/// And from line to line.
const NEXT_LINE: Duration = Duration::from_secs(30);

/// How many states are named.
const STATES: usize = 4;

/// The progress of a run over a list.
pub(super) struct Progress {
    bar: ProgressBar,
    wanted: bool,
    on_terminal: bool,
    /// How many targets there are, once they are counted.
    total: Arc<OnceLock<u64>>,
    next_line: Instant,
}

impl Progress {
    pub(super) fn new(wanted: bool, list: &List) -> Self {
        let on_terminal =
            wanted && io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let target = if on_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let total = Arc::new(OnceLock::new());
        if wanted && list.source.is_regular() {
            let (list, total) = (list.clone(), Arc::clone(&total));
            // Beside the run: a long list takes a moment.
            thread::spawn(move || total.set(count(&list)));
        }
        bar.set_style(style(UNKNOWN_TOTAL));
        Self { bar, wanted, on_terminal, total, next_line: Instant::now() + FIRST_LINE }
    }

    /// Brings what is shown up to date.
    pub(super) fn tick(&mut self, tally: &Tally) {
        if !self.wanted {
            return;
        }
        if self.bar.length().is_none()
            && let Some(&total) = self.total.get()
        {
            self.bar.set_length(total);
            self.bar.set_style(style(KNOWN_TOTAL));
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

    /// Runs `write` with the bar off the screen.
    pub(super) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// A handle to the bar.
    pub(super) fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }

    /// Takes the bar off the screen.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
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

const KNOWN_TOTAL: &str = "{bar:16} {human_pos}/{human_len}  {rate}  {eta} left  {wide_msg}";
const UNKNOWN_TOTAL: &str = "{spinner} {human_pos} done  {rate}  {wide_msg}";

fn style(template: &str) -> ProgressStyle {
    // The templates are constants: a bad one would fail every test that has a terminal.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let style = style.with_key("rate", |state: &ProgressState, text: &mut dyn Write| {
        let _ = write!(text, "{:.0}/s", state.per_sec());
    });
    if output::speaks_unicode() {
        style.progress_chars("━╸─")
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

fn count(list: &List) -> u64 {
    let Ok(lines) = list.source.open() else { return 0 };
    let ours = lines.flatten().flatten().filter(|target| list.is_ours(target));
    u64::try_from(ours.count()).unwrap_or(u64::MAX)
}
