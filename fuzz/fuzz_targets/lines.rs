//! The line splitter, against the plain definition of a line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mailprobe::internals::protocol::line::{LONG_LINE_KEPT_BYTES, Line, LineSplitter, MAX_LINE_BYTES};

/// Repeats each byte of short inputs, so that lines that are too long are met as well.
const STRETCH: usize = 600;
/// Of inputs that are repeated: more would only take longer.
const STRETCHED: usize = 100;

fuzz_target!(|input: (u8, bool, &[u8])| {
    let (piece, stretched, bytes) = input;
    let bytes: Vec<u8> = match stretched {
        true => bytes.iter().take(STRETCHED).flat_map(|&byte| [byte; STRETCH]).collect(),
        false => bytes.to_vec(),
    };
    let mut splitter = LineSplitter::new();
    let mut lines = Vec::new();
    for piece in bytes.chunks(usize::from(piece) * 16 + 1) {
        splitter.push(piece);
        while let Some(line) = splitter.next_line() {
            lines.push(match line {
                Line::Whole(line) => line.to_vec(),
                Line::TooLong(start) => {
                    assert_eq!(start.len(), LONG_LINE_KEPT_BYTES);
                    start.to_vec()
                }
            });
        }
        assert!(splitter.pending().len() <= MAX_LINE_BYTES);
    }
    assert_eq!(lines, by_definition(&bytes));
});

fn by_definition(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
    let rest = lines.pop().unwrap_or_default();
    let told = |line: &[u8]| match line.get(..LONG_LINE_KEPT_BYTES) {
        Some(start) if line.len() > MAX_LINE_BYTES => start.to_vec(),
        _ => line.strip_suffix(b"\r").unwrap_or(line).to_vec(),
    };
    // A line that is too long is told before its end has come.
    let endless = (rest.len() > MAX_LINE_BYTES).then_some(rest);
    lines.into_iter().chain(endless).map(told).collect()
}
