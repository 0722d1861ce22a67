//! The lines of a list: one target each, or one host and its ports, and `#` comments.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::vec;

use crate::target::Target;

/// The longest line that is read: a target is far shorter.
const MAX_LINE: usize = 4096;

/// Where a list comes from: a file or a pipe with a name; `None` is standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct ListSource(Option<PathBuf>);

impl ListSource {
    /// `-` or a file.
    pub(in super::super) fn named(name: &Path) -> Self {
        Self((name != Path::new("-")).then(|| name.to_owned()))
    }

    pub(super) fn name(&self) -> String {
        self.0.as_ref().map_or_else(|| "standard input".to_owned(), |path| path.display().to_string())
    }

    /// Whether it can be read twice.
    pub(super) fn is_regular(&self) -> bool {
        self.0.as_ref().is_some_and(|path| path.is_file())
    }

    pub(super) fn open(&self) -> Result<Lines, String> {
        let reader: Box<dyn Read + Send> = match &self.0 {
            None => Box::new(io::stdin()),
            Some(path) if path.is_dir() => return Err(self.cannot(&io::ErrorKind::IsADirectory.into())),
            Some(path) => Box::new(File::open(path).map_err(|error| self.cannot(&error))?),
        };
        Ok(Lines::new(BufReader::new(reader)))
    }

    pub(super) fn cannot(&self, error: &io::Error) -> String {
        format!("the list cannot be read from {}: {error}", self.name())
    }
}

/// The targets among lines, and the lines that are none.
#[derive(Debug)]
pub(super) struct Lines<R = Box<dyn Read + Send>> {
    reader: BufReader<R>,
    /// How many lines were read.
    number: usize,
    /// What else the last line names.
    pending: vec::IntoIter<Target>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadLine {
    /// Its number, counted from 1.
    pub(super) number: usize,
    pub(super) why: String,
}

impl<R: Read> Lines<R> {
    fn new(reader: BufReader<R>) -> Self {
        Self { reader, number: 0, pending: Vec::new().into_iter() }
    }

    /// Whether another target or line is there already, so that nobody has to wait for it.
    pub(super) fn has_more_at_once(&self) -> bool {
        self.pending.len() > 0 || self.reader.buffer().contains(&b'\n')
    }
}

impl<R: Read> Iterator for Lines<R> {
    type Item = io::Result<Result<Target, BadLine>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(target) = self.pending.next() {
                return Some(Ok(Ok(target)));
            }
            let mut line = Vec::new();
            let limit = MAX_LINE as u64 + 1;
            match self.reader.by_ref().take(limit).read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
            self.number += 1;
            let bad = |why: &str| BadLine { number: self.number, why: why.to_owned() };
            if line.len() > MAX_LINE && line.last() != Some(&b'\n') {
                let why = bad("this line is longer than any target can be");
                if let Err(error) = self.reader.skip_until(b'\n') {
                    return Some(Err(error));
                }
                return Some(Ok(Err(why)));
            }
            let line = if self.number == 1 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&line) } else { &line };
            let Ok(text) = str::from_utf8(line) else {
                return Some(Ok(Err(bad("this is not UTF-8: save the list in that encoding"))));
            };
            let typed = without_comment(text);
            if typed.is_empty() {
                continue;
            }
            match Target::parse_line(typed) {
                Ok(targets) => self.pending = targets.into_iter(),
                Err(error) => return Some(Ok(Err(bad(&error.to_string())))),
            }
        }
    }
}

/// What some editors put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A comment begins a line or follows a blank: the part of a mail address before the `@` may have a `#` in it.
fn without_comment(line: &str) -> &str {
    let starts = line.match_indices('#').map(|(at, _)| at);
    let comment = starts.into_iter().find(|&at| line[..at].chars().next_back().is_none_or(char::is_whitespace));
    line[..comment.unwrap_or(line.len())].trim()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8]) -> Vec<Result<String, BadLine>> {
        let lines = Lines::new(BufReader::with_capacity(7, text));
        lines.map(|line| line.expect("memory can be read").map(|target| target.typed)).collect()
    }

    fn targets(text: &str) -> Vec<String> {
        read(text.as_bytes()).into_iter().map(|line| line.expect("a target")).collect()
    }

    #[test]
    fn a_line_is_a_target_and_the_rest_is_left_out() {
        let text = "\u{feff}mail.example.org\r\n\n  # our own\n\timaps://mail.example.net:993  # readers\n@example.org\na#b@example.org\n[2001:db8::1]:25";
        assert_eq!(
            targets(text),
            ["mail.example.org", "imaps://mail.example.net:993", "@example.org", "a#b@example.org", "[2001:db8::1]:25"]
        );
        assert!(targets("").is_empty() && targets("\n\n#\n# nothing\n").is_empty());
    }

    #[test]
    fn a_host_may_be_followed_by_its_ports() {
        let text = "mail.example.org 25\t587  # both\nmail.example.net,465\nimap.example.org\n";
        assert_eq!(
            targets(text),
            ["mail.example.org:25", "mail.example.org:587", "mail.example.net:465", "imap.example.org"]
        );
        let read = read(b"mail.example.org 9999\nmail.example.org imap.example.org\n");
        let bad: Vec<_> = read.into_iter().map(|line| line.expect_err("no target")).collect();
        assert!(bad[0].why.contains("smtp://mail.example.org:9999"), "{bad:?}");
        assert!(bad[1].why.contains("every target by itself"), "{bad:?}");
    }

    #[test]
    fn a_bad_line_is_told_by_its_number_and_the_others_are_read() {
        let long = "x".repeat(100_000);
        let text = format!("mail.example.org\n# comment\nmail.example.org:9999\n{long}\nimap.example.org\n");
        let read = read(text.as_bytes());
        let bad: Vec<usize> = read.iter().filter_map(|line| line.as_ref().err().map(|bad| bad.number)).collect();
        assert_eq!(bad, [3, 4]);
        assert_eq!(read.last().unwrap().as_ref().unwrap(), "imap.example.org");
    }

    #[test]
    fn other_encodings_are_named() {
        let read = read(b"mail.example.org\nb\xfccher.example\n");
        assert!(read[1].as_ref().unwrap_err().why.contains("UTF-8"), "{read:?}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_their_end(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let lines = bytes.split(|byte| *byte == b'\n').count();
            let read = read(&bytes);
            prop_assert!(read.iter().filter(|line| line.is_err()).count() <= lines);
            for bad in read.iter().filter_map(|line| line.as_ref().err()) {
                prop_assert!(bad.number >= 1 && bad.number <= lines);
                prop_assert!(!bad.why.contains('\n'));
            }
        }
    }
}
