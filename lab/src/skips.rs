//! Tests that this machine cannot run: each says so, and `tests/zz_skipped.rs` counts them at the end of the suite.
//!
//! Every test program of a suite is started by the same process, cargo. The notes of a suite are a file named after that
//! process, beside the programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// With the value `all`, a test that cannot run fails. Not `CI`: packagers build with that, on machines that lack much.
pub const REQUIRE: &str = "MAILPROBE_TEST_REQUIRE";

/// Notes of suites that were never summed up, because only a part of them was run.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether every test must run here.
pub fn is_everything_required() -> bool {
    std::env::var(REQUIRE).as_deref() == Ok("all")
}

/// Says that a test is skipped, and notes it for the end of the suite.
///
/// # Panics
///
/// Where [every test must run](is_everything_required).
pub fn skip(test: &str, why: &str) {
    assert!(!is_everything_required(), "{test} cannot run, and {REQUIRE} is set: {why}");
    // Written to the stream itself: the test harness swallows what a passing test prints.
    let _ = writeln!(io::stderr(), "{test} is skipped: {why}");
    // Not to be able to count is no reason to fail. One write, so that two programs do not mix their lines.
    if let Some(notes) = notes() {
        let _ = notes.parent().map(fs::create_dir_all);
        let file = File::options().create(true).append(true).open(notes);
        let _ = file.and_then(|mut file| file.write_all(format!("{why}\n").as_bytes()));
    }
}

/// The running test's name, as the test harness calls its thread.
pub fn this_test() -> String {
    std::thread::current().name().filter(|&name| name != "main").unwrap_or("a test").to_owned()
}

/// How many tests of this suite were skipped and why, and forgets them.
pub fn sum_up() -> String {
    let Some(notes) = notes() else { return String::new() };
    let skipped = fs::read_to_string(&notes).unwrap_or_default();
    let _ = fs::remove_file(&notes);
    for other in notes.parent().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten() {
        let written = other.metadata().and_then(|facts| facts.modified()).unwrap_or_else(|_| SystemTime::now());
        if written.elapsed().is_ok_and(|age| age > STALE) {
            let _ = fs::remove_file(other.path());
        }
    }
    told(&skipped)
}

/// The sum of these reasons, one a line.
fn told(skipped: &str) -> String {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for why in skipped.lines() {
        *reasons.entry(why).or_default() += 1;
    }
    let mut reasons: Vec<(&str, usize)> = reasons.into_iter().collect();
    reasons.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let tests = |count| if count == 1 { "test" } else { "tests" };
    let all: usize = reasons.iter().map(|&(_, count)| count).sum();
    if all == 0 {
        return "No test was skipped.\n".to_owned();
    }
    let mut text = format!("{all} {} skipped on this machine:\n", if all == 1 { "test was" } else { "tests were" });
    for (why, count) in reasons {
        let _ = writeln!(text, "{count:>5} {}: {why}", tests(count));
    }
    text
}

/// The file in which this suite's skipped tests are noted.
fn notes() -> Option<PathBuf> {
    #[cfg(unix)]
    let suite = std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    let suite = 0;
    // target/debug/deps/program-0123456789abcdef
    let program = std::env::current_exe().ok()?;
    Some(program.parent()?.parent()?.join("skipped-tests").join(suite.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_names_every_reason_and_how_often() {
        assert_eq!(told(""), "No test was skipped.\n");
        assert_eq!(told("no ip\n"), "1 test was skipped on this machine:\n    1 test: no ip\n");
        assert_eq!(
            told("no ip\nno nft\nno nft\n"),
            "3 tests were skipped on this machine:\n    2 tests: no nft\n    1 test: no ip\n"
        );
    }
}
