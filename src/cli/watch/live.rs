//! What stands on a terminal while it is watched.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anstyle::Style as Ansi;

use super::super::console::{fail, style};
use super::super::exit;
use super::super::output::Output;
use super::super::progress::PortProgress;
use super::super::signals;
use super::changes::StatusChange;
use super::record::WatchRecord;
use super::screen::{Frame, Screen, ScreenSize};
use crate::policy::Report;
use crate::report::human::{self, Detail, NotedChanges};
use crate::report::sanitize::{Charset, fit};
use crate::report::style::Style;
use crate::words::counted;

pub(super) struct Live {
    output: Output,
    screen: Screen,
    /// Whether the process was stopped and goes on: the shell wrote on the terminal meanwhile.
    continued: Arc<AtomicBool>,
    /// The last complete round, and what changed in it.
    latest: Option<(Report, NotedChanges)>,
    /// How the report looks, and the look that this is for.
    forms: Option<(Style, Vec<String>)>,
}

/// What the terminal writes itself behind the status: `^C`.
const ECHO: usize = 3;

impl Live {
    pub(super) fn new(output: Output) -> Result<Self, u8> {
        let continued = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&continued);
        signals::on_continue(move || flag.store(true, Ordering::Relaxed))
            .map_err(|error| fail(format!("cannot install a signal handler: {error}"), exit::LOCAL))?;
        Ok(Self { output, screen: Screen::default(), continued, latest: None, forms: None })
    }

    pub(super) fn take_round(&mut self, report: &Report, changes: &[StatusChange]) {
        let mut noted = NotedChanges::default();
        for change in changes {
            if let Some(endpoint) = &change.place.endpoint {
                noted.note(change.place.target, endpoint.clone(), change.note());
            }
        }
        self.latest = Some((report.clone(), noted));
        self.forms = None;
    }

    /// While a round runs.
    pub(super) fn show_round(&mut self, ports: &PortProgress, record: &WatchRecord) -> Result<(), u8> {
        let round = format!("round {}: ", record.rounds() + 1);
        let changed = changed(record);
        let room = ScreenSize::now().columns.saturating_sub(round.len() + changed.len() + ECHO);
        self.draw(&format!("{round}{}{changed}", ports.message(room)), record)
    }

    /// Between two rounds.
    pub(super) fn show_rest(&mut self, left: Duration, record: &WatchRecord) -> Result<(), u8> {
        let seconds = left.as_secs_f64().ceil();
        let status = format!("round {}, next in {seconds} s{} (Ctrl-C ends)", record.rounds(), changed(record));
        self.draw(&status, record)
    }

    /// Leaves the place to what is printed next, in these characters.
    pub(super) fn leave(&mut self) -> Result<Charset, u8> {
        self.screen.clear()?;
        Ok(charset(style(self.output.color)))
    }

    fn draw(&mut self, status: &str, record: &WatchRecord) -> Result<(), u8> {
        if self.continued.swap(false, Ordering::Relaxed) {
            self.screen.forget();
        }
        let (size, style) = (ScreenSize::now(), style(self.output.color));
        let shown = |text: &str, room| fit(text, room, charset(style));
        let faint = if style.colour { Ansi::new().dimmed() } else { Ansi::new() };
        let frame = Frame {
            forms: self.forms(style),
            changes: record.latest().take(size.rows).map(|change| shown(&change, size.columns)).collect(),
            status: format!("{faint}{}{faint:#}", shown(status, size.columns.saturating_sub(ECHO))),
        };
        self.screen.draw(&frame, size)
    }

    /// The report, whole first, then in shorter forms: the tables and conclusions, and of these only what needs attention.
    fn forms(&mut self, style: Style) -> Vec<String> {
        let Some((report, noted)) = &self.latest else { return Vec::new() };
        if let Some((_, forms)) = self.forms.as_ref().filter(|(known, _)| *known == style) {
            return forms.clone();
        }
        let detail = self.output.detail();
        let forms = vec![
            human::render_noted(report, style, detail, noted),
            human::overview(report, style, detail, noted),
            human::overview(report, style, Detail::Quiet, noted),
        ];
        self.forms = Some((style, forms.clone()));
        forms
    }
}

/// `, 2 changes`; nothing where there is nothing to compare yet.
fn changed(record: &WatchRecord) -> String {
    match record.rounds() {
        0 | 1 if record.changed() == 0 => String::new(),
        _ => format!(", {}", counted(record.changed(), "change")),
    }
}

fn charset(style: Style) -> Charset {
    if style.unicode { Charset::Unicode } else { Charset::Ascii }
}
