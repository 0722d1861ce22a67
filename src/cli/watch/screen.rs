//! A terminal on which the latest state stands, drawn over itself. No alternate screen: the last state stays.

use std::fmt::Write as _;

use console::truncate_str;

use super::super::console::{USUAL_WIDTH, write};
use crate::words::counted;

/// Where no terminal tells how many lines it has.
const USUAL_ROWS: usize = 24;

/// Columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ScreenSize {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl ScreenSize {
    pub(super) fn now() -> Self {
        match terminal_size::terminal_size() {
            Some((terminal_size::Width(columns), terminal_size::Height(rows))) if columns > 0 && rows > 0 => {
                Self { columns: columns.into(), rows: rows.into() }
            }
            _ => Self { columns: USUAL_WIDTH, rows: USUAL_ROWS },
        }
    }
}

/// What is to stand on the screen, ready for it.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// The report, whole first, then in shorter forms.
    pub(super) forms: Vec<String>,
    /// The latest changes, newest first.
    pub(super) changes: Vec<String>,
    pub(super) status: String,
}

impl Frame {
    /// The lines of a screen with so many rows: the longest form of the report that fits, as many changes as there is room
    /// for, the status.
    pub(super) fn lines(&self, rows: usize) -> Vec<String> {
        let rows = rows.max(1);
        let most_changes = match rows {
            0..9 => 0,
            9..16 => 1,
            16..32 => 3,
            _ => 6,
        };
        let kept = self.changes.len().min(most_changes);
        // A blank line is above the changes.
        let room = rows - 1 - if kept > 0 { kept + 1 } else { 0 };
        let all = self.forms.first().map_or(0, |whole| whole.lines().count());
        // All but the whole report need a line that says so.
        let fits = |form: &&String| form.lines().count() + usize::from(form.lines().count() < all) <= room;
        let form = self.forms.iter().find(fits).or_else(|| self.forms.iter().rfind(|form| !form.is_empty()));
        let mut lines: Vec<String> = form.map(|form| form.lines().map(str::to_owned).collect()).unwrap_or_default();
        if lines.len() > room || lines.len() < all {
            lines.truncate(room.saturating_sub(1));
            let left_out = all - lines.len();
            if room > 0 {
                lines.push(format!("({} left out, all are shown at the end)", counted(left_out, "line")));
            }
        }
        // What is left is for changes.
        let shown = rows.saturating_sub(lines.len() + 2).min(self.changes.len());
        if shown > 0 && (kept > 0 || lines.is_empty()) {
            lines.push(String::new());
            lines.extend(self.changes.iter().take(shown).cloned());
        }
        lines.push(self.status.clone());
        lines
    }
}

/// What was drawn last.
#[derive(Debug)]
struct Drawn {
    lines: Vec<String>,
    size: ScreenSize,
}

#[derive(Debug, Default)]
pub(super) struct Screen {
    drawn: Option<Drawn>,
}

impl Screen {
    /// Draws over what was drawn before, in one piece; nothing where nothing is different. The error is an exit code, after
    /// a complaint.
    pub(super) fn draw(&mut self, frame: &Frame, size: ScreenSize) -> Result<(), u8> {
        // The last row is left free: what is typed there scrolls nothing away.
        let lines = frame.lines(size.rows.saturating_sub(1));
        let lines: Vec<String> = lines.iter().map(|line| truncate_str(line, size.columns, "").into_owned()).collect();
        if self.drawn.as_ref().is_some_and(|drawn| drawn.lines == lines && drawn.size == size) {
            return Ok(());
        }
        let mut bytes = match &self.drawn {
            None => String::from("\r"),
            // The terminal may have broken the lines anew: nobody knows where they are now.
            Some(drawn) if drawn.size != size => HOME.to_owned(),
            Some(drawn) => to_top(drawn),
        };
        bytes.push_str(&lines.iter().map(|line| format!("{CLEAR_LINE}{line}")).collect::<Vec<_>>().join("\r\n"));
        bytes.push_str(CLEAR_BELOW);
        write(bytes.as_bytes())?;
        self.drawn = Some(Drawn { lines, size });
        Ok(())
    }

    /// Leaves the place to what is printed next.
    pub(super) fn clear(&mut self) -> Result<(), u8> {
        match self.drawn.take() {
            // Line by line: some terminals keep what is cleared at once among what was scrolled away.
            Some(drawn) => {
                let up = format!("{CLEAR_LINE}\x1b[A").repeat(drawn.lines.len().saturating_sub(1));
                write(format!("\r{up}{CLEAR_LINE}{CLEAR_BELOW}").as_bytes())
            }
            None => Ok(()),
        }
    }

    /// Somebody else wrote on the terminal: the next frame stands below that.
    pub(super) fn forget(&mut self) {
        self.drawn = None;
    }
}

fn to_top(drawn: &Drawn) -> String {
    let mut order = String::from("\r");
    if let Some(up) = drawn.lines.len().checked_sub(1).filter(|up| *up > 0) {
        // Writing into a string cannot fail.
        let _ = write!(order, "\x1b[{up}A");
    }
    order
}

const HOME: &str = "\x1b[H";
/// The whole line, before it is written: behind its last column a terminal may still be in it.
const CLEAR_LINE: &str = "\x1b[2K";
const CLEAR_BELOW: &str = "\x1b[J";

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(count: usize, word: &str) -> String {
        (1..=count).flat_map(|number| [format!("{word} {number}"), "\n".to_owned()]).collect()
    }

    fn frame(forms: &[usize], changes: usize) -> Frame {
        let forms = forms.iter().map(|count| numbered(*count, "line")).collect();
        let changes = numbered(changes, "change").lines().map(str::to_owned).collect();
        Frame { forms, changes, status: "status".to_owned() }
    }

    #[test]
    fn the_whole_report_stands_where_it_fits() {
        let lines = frame(&[10, 5, 2], 0).lines(11);
        assert_eq!(lines.len(), 11);
        assert_eq!((lines[9].as_str(), lines[10].as_str()), ("line 10", "status"));
    }

    #[test]
    fn a_shorter_form_says_how_much_is_left_out() {
        let lines = frame(&[10, 5, 2], 0).lines(8);
        assert_eq!(lines[4..], ["line 5", "(5 lines left out, all are shown at the end)", "status"]);
    }

    #[test]
    fn what_fits_in_no_form_is_cut() {
        let lines = frame(&[100, 50, 20], 0).lines(5);
        assert_eq!(lines, ["line 1", "line 2", "line 3", "(97 lines left out, all are shown at the end)", "status"]);
        assert_eq!(frame(&[100, 50], 9).lines(1), ["status"]);
        assert_eq!(frame(&[100, 50], 9).lines(0), ["status"]);
    }

    #[test]
    fn changes_have_the_room_that_the_report_leaves() {
        let lines = frame(&[4, 2], 20).lines(23);
        assert_eq!(lines.len(), 23);
        assert_eq!(lines[4..6], ["", "change 1"]);
        let lines = frame(&[20, 10], 20).lines(23);
        assert_eq!(
            lines[10..16],
            ["(10 lines left out, all are shown at the end)", "", "change 1", "change 2", "change 3", "change 4"]
        );
        assert!(
            (1..40).all(|rows| frame(&[20, 10, 3], 20).lines(rows).len() <= rows),
            "never more than there are rows"
        );
    }
}
