//! From bytes to lines, within bounds.

use super::Input;

/// The longest line taken, in bytes before its line feed. RFC 5321 allows 512, RFC 2449 too, and IMAP's capability lines
/// of a few kilobytes are the longest that honest servers send before a login.
pub const MAX_LINE_BYTES: usize = 16 * 1024;

/// The most lines taken as one reply. An EHLO reply has about 30, a verbose greeting as many; an endless one would keep
/// a client busy for as long as the server likes.
pub const MAX_REPLY_LINES: usize = 256;

/// How much is kept of a line that is too long: enough to see what it is.
pub const LONG_LINE_KEPT_BYTES: usize = 512;

/// One line, without its line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// The first [`LONG_LINE_KEPT_BYTES`] of a line over [`MAX_LINE_BYTES`].
    TooLong(&'a [u8]),
}

impl<'a> From<Line<'a>> for Input<'a> {
    fn from(line: Line<'a>) -> Self {
        match line {
            Line::Whole(bytes) => Input::Line(bytes),
            Line::TooLong(bytes) => Input::LineTooLong(bytes),
        }
    }
}

/// Cuts a stream of bytes into lines.
///
/// A line ends with CR LF or with a bare LF; every other byte belongs to it, NUL and 8-bit bytes included, and so does a
/// CR that no LF follows. As long as every line is taken after each [`push`](Self::push), it holds no more than
/// [`MAX_LINE_BYTES`] besides the bytes last pushed.
#[derive(Debug, Clone, Default)]
pub struct LineSplitter {
    buffer: Vec<u8>,
    /// Where the first byte stands that belongs to no line yet taken.
    start: usize,
    /// Up to where that line's end has been looked for; a byte is looked at once, however small the pieces.
    scanned: usize,
    /// Whether the rest of a line that was too long is being passed over.
    skipping: bool,
}

impl LineSplitter {
    /// A splitter that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        // Moving what is left only once it is the smaller part costs each byte a constant number of moves.
        if self.start > self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.scanned -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes the next line; `None` until its end has come. A line over [`MAX_LINE_BYTES`] is given once, as soon as it
    /// is known to be too long, and its rest is passed over.
    pub fn next_line(&mut self) -> Option<Line<'_>> {
        if self.skipping {
            let end = self.line_feed_before(self.buffer.len());
            self.skipping = end.is_none();
            self.take_to(end.map_or(self.buffer.len(), |end| end + 1));
        }
        let start = self.start;
        let limit = self.buffer.len().min(start + MAX_LINE_BYTES + 1);
        if let Some(end) = self.line_feed_before(limit) {
            self.take_to(end + 1);
            let line = self.buffer.get(start..end)?;
            return Some(Line::Whole(line.strip_suffix(b"\r").unwrap_or(line)));
        }
        self.scanned = limit;
        if limit - start <= MAX_LINE_BYTES {
            return None;
        }
        self.skipping = true;
        self.take_to(limit);
        self.buffer.get(start..start + LONG_LINE_KEPT_BYTES).map(Line::TooLong)
    }

    /// The bytes that no line was made of yet. Before a TLS handshake there must be none (CVE-2011-0411).
    pub fn pending(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Takes those bytes away.
    pub fn take_pending(&mut self) -> Vec<u8> {
        let pending = self.pending().to_vec();
        self.take_to(self.buffer.len());
        pending
    }

    /// Whether the beginning of a line has come and its end has not, once [`next_line`](Self::next_line) gave `None`.
    pub fn has_partial_line(&self) -> bool {
        self.skipping || !self.pending().is_empty()
    }

    fn line_feed_before(&self, limit: usize) -> Option<usize> {
        let unseen = self.buffer.get(self.scanned..limit)?;
        unseen.iter().position(|&byte| byte == b'\n').map(|offset| self.scanned + offset)
    }

    fn take_to(&mut self, position: usize) {
        self.start = position;
        self.scanned = position;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(chunks: &[&[u8]]) -> Vec<String> {
        let mut splitter = LineSplitter::new();
        let mut lines = Vec::new();
        for chunk in chunks {
            splitter.push(chunk);
            while let Some(line) = splitter.next_line() {
                lines.push(match line {
                    Line::Whole(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                    Line::TooLong(bytes) => format!("too long: {} bytes kept", bytes.len()),
                });
            }
        }
        lines
    }

    #[test]
    fn both_line_ends_count_and_a_lone_carriage_return_does_not() {
        assert_eq!(lines_of(&[b"one\r\ntwo\nth\rree\r\n\r\n\n"]), ["one", "two", "th\rree", "", ""]);
    }

    #[test]
    fn a_line_end_split_over_two_chunks_is_one_line_end() {
        assert_eq!(lines_of(&[b"one\r", b"\ntwo", b"\r\n"]), ["one", "two"]);
    }

    #[test]
    fn nul_and_eight_bit_bytes_stay_in_the_line() {
        let mut splitter = LineSplitter::new();
        splitter.push(b"a\0b\xff\r\n");
        assert_eq!(splitter.next_line(), Some(Line::Whole(b"a\0b\xff")));
    }

    #[test]
    fn a_line_of_the_greatest_length_is_whole_and_one_byte_more_is_too_long() {
        let longest = [vec![b'x'; MAX_LINE_BYTES], b"\nnext\n".to_vec()].concat();
        assert_eq!(lines_of(&[&longest]), ["x".repeat(MAX_LINE_BYTES).as_str(), "next"]);

        let longer = [vec![b'x'; MAX_LINE_BYTES + 1], b"\nnext\n".to_vec()].concat();
        assert_eq!(lines_of(&[&longer]), ["too long: 512 bytes kept", "next"]);
    }

    #[test]
    fn an_endless_line_is_told_once_and_costs_bounded_memory() {
        let mut splitter = LineSplitter::new();
        let mut told = 0;
        for _ in 0..1000 {
            splitter.push(&[b'x'; 4096]);
            while splitter.next_line().is_some() {
                told += 1;
            }
        }
        assert_eq!(told, 1);
        assert!(splitter.has_partial_line());
        assert!(splitter.buffer.capacity() < 4 * MAX_LINE_BYTES, "{} bytes held", splitter.buffer.capacity());
        splitter.push(b"end\nnext\n");
        assert_eq!(splitter.next_line(), Some(Line::Whole(b"next")));
    }

    #[test]
    fn what_is_left_over_can_be_seen_and_taken() {
        let mut splitter = LineSplitter::new();
        splitter.push(b"220 go ahead\r\nQUIT\r\nr");
        assert!(splitter.next_line().is_some());
        assert_eq!(splitter.pending(), b"QUIT\r\nr");
        assert_eq!(splitter.take_pending(), b"QUIT\r\nr");
        assert!(splitter.pending().is_empty());
        assert!(!splitter.has_partial_line());
        assert_eq!(splitter.next_line(), None);
    }

    #[test]
    fn the_beginning_of_a_line_is_known_to_have_come() {
        let mut splitter = LineSplitter::new();
        assert!(!splitter.has_partial_line());
        splitter.push(b"22");
        assert_eq!(splitter.next_line(), None);
        assert!(splitter.has_partial_line());
    }
}
