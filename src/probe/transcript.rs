//! What was said in one attempt, within bounds: a server that talks and talks fills no memory.

use std::mem;
use std::time::Duration;

use crate::observation::{Speaker, TranscriptLine};

/// How much text is kept of one attempt: four times the longest honest dialogue.
pub(super) const KEPT_BYTES: usize = 16 * 1024;

/// How much of that is left to what mailprobe says itself, and to the last line before it.
const RESERVED_BYTES: usize = 4 * 1024;

/// How much is kept of the last line where lines before it are left out.
const LAST_LINE_BYTES: usize = 512;

/// The lines of one attempt. Once the server has said more than is kept, its lines are left out until somebody else
/// speaks; the last of them, which often says why, stays.
#[derive(Debug)]
pub(super) struct Transcript {
    lines: Vec<TranscriptLine>,
    /// How many bytes of the server's words are kept yet.
    room: usize,
    left_out: Option<Omitted>,
}

/// A run of the server's lines that are not kept.
#[derive(Debug)]
struct Omitted {
    /// How many there are before the last.
    before: usize,
    /// The last, or its beginning.
    last: TranscriptLine,
}

impl Transcript {
    /// Of at most [`KEPT_BYTES`].
    pub(super) fn bounded() -> Self {
        Self { lines: Vec::new(), room: KEPT_BYTES - RESERVED_BYTES, left_out: None }
    }

    /// Of all that is said: as much as is read of a server.
    pub(super) fn whole() -> Self {
        Self { room: usize::MAX, ..Self::bounded() }
    }

    pub(super) fn add(&mut self, at: Duration, from: Speaker, text: &str) {
        if from != Speaker::Server {
            self.take_up_again();
            self.lines.push(TranscriptLine { at, from, text: text.to_owned() });
        } else if self.left_out.is_none() && text.len() <= self.room {
            self.room -= text.len();
            self.lines.push(TranscriptLine { at, from, text: text.to_owned() });
        } else {
            let before = self.left_out.take().map_or(0, |left_out| left_out.before + 1);
            self.left_out = Some(Omitted { before, last: TranscriptLine { at, from, text: beginning(text) } });
        }
    }

    /// Keeps no room for more to be said.
    pub(super) fn settle(&mut self) {
        self.lines.shrink_to_fit();
    }

    pub(super) fn into_lines(mut self) -> Vec<TranscriptLine> {
        self.take_up_again();
        self.settle();
        self.lines
    }

    /// Says how many lines were left out, and goes on with the last of them.
    fn take_up_again(&mut self) {
        let Some(Omitted { before, last }) = mem::take(&mut self.left_out) else { return };
        if before > 0 {
            let lines = if before == 1 { "line" } else { "lines" };
            let text = format!("{before} more {lines}, which only --transcript keeps");
            self.lines.push(TranscriptLine { at: last.at, from: Speaker::Remark, text });
        }
        self.room = self.room.saturating_sub(last.text.len());
        self.lines.push(last);
    }
}

/// As much of a line as is kept where there is too much.
fn beginning(text: &str) -> String {
    if text.len() <= LAST_LINE_BYTES {
        return text.to_owned();
    }
    let end = (0..=LAST_LINE_BYTES).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
    format!("{}…", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(transcript: Transcript, said: &[(Speaker, &str)]) -> Vec<(Speaker, String)> {
        let mut transcript = transcript;
        for (from, text) in said {
            transcript.add(Duration::ZERO, *from, text);
        }
        transcript.into_lines().into_iter().map(|line| (line.from, line.text)).collect()
    }

    #[test]
    fn what_is_left_out_is_counted_and_the_last_line_stays() {
        let long = "x".repeat(1000);
        let flood: Vec<(Speaker, &str)> = (0..250).map(|_| (Speaker::Server, long.as_str())).collect();
        let said =
            [&[(Speaker::Client, "EHLO me")], &flood[..], &[(Speaker::Server, "250 last"), (Speaker::Client, "QUIT")]]
                .concat();

        let kept = of(Transcript::bounded(), &said);
        assert_eq!(kept.iter().filter(|(_, text)| *text == long).count(), 12);
        let remark = (Speaker::Remark, "238 more lines, which only --transcript keeps".to_owned());
        let end = [remark, (Speaker::Server, "250 last".to_owned()), (Speaker::Client, "QUIT".to_owned())];
        assert_eq!(kept[kept.len() - 3..], end);
        assert!(kept.iter().map(|(_, text)| text.len()).sum::<usize>() <= KEPT_BYTES);

        let said: Vec<(Speaker, String)> = said.iter().map(|(from, text)| (*from, (*text).to_owned())).collect();
        let all: Vec<(Speaker, &str)> = said.iter().map(|(from, text)| (*from, text.as_str())).collect();
        assert_eq!(of(Transcript::whole(), &all), said);
    }

    #[test]
    fn a_single_line_that_is_too_long_keeps_its_beginning() {
        let long = "ä".repeat(KEPT_BYTES);
        let kept = of(Transcript::bounded(), &[(Speaker::Server, &long)]);
        assert_eq!(kept, [(Speaker::Server, format!("{}…", "ä".repeat(LAST_LINE_BYTES / 2)))]);
    }

    #[test]
    fn short_lines_between_long_ones_do_not_make_it_longer() {
        let long = "x".repeat(KEPT_BYTES);
        let said: Vec<_> = (0..200).flat_map(|_| [(Speaker::Server, long.as_str()), (Speaker::Server, "y")]).collect();
        let kept = of(Transcript::bounded(), &said);
        assert_eq!(kept.len(), 2, "{kept:?}");
        assert_eq!(kept[0].1, "399 more lines, which only --transcript keeps");
    }
}
