//! No test, but the sum of those that were skipped. Cargo runs test programs in the order of their names: this is the last.

use std::io::Write as _;

fn main() {
    // A test runner may ask for the names of tests; there are none.
    if !std::env::args().any(|argument| argument == "--list") {
        let _ = write!(std::io::stdout(), "\n{}\n", mailprobe_lab::skips::sum_up());
    }
}
