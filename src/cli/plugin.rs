//! `--format nagios` on standard output: the exit codes of a monitoring plugin in place of our own.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};

use super::exit::{self, End};
use crate::report::nagios;

/// A plugin's code for "cannot tell": wrong usage, trouble on this machine.
const UNKNOWN: u8 = 3;

/// Whether the arguments, or the environment, ask for a plugin's output, even where they are wrong in other ways.
pub(super) fn is_asked_for(arguments: &[OsString]) -> bool {
    let is_nagios = |format: &OsStr| format.eq_ignore_ascii_case("nagios");
    let mut asked = std::env::var_os("MAILPROBE_FORMAT").is_some_and(|format| is_nagios(&format));
    let mut arguments = arguments.iter().skip(1).take_while(|argument| *argument != "--");
    while let Some(argument) = arguments.next() {
        if argument == "--format" {
            asked = arguments.next().is_some_and(|format| is_nagios(format));
        } else if let Some(format) = argument.to_str().and_then(|argument| argument.strip_prefix("--format=")) {
            asked = is_nagios(OsStr::new(format));
        }
    }
    asked
}

/// The exit code of a plugin. A run that was not judged is unknown, and the monitor reads why. One that was asked to stop
/// was judged by what it knew, and its line is printed already.
pub(super) fn exit_code(end: End) -> u8 {
    let code = match end {
        End::Judged { verdict, .. } => return nagios::exit_code(verdict),
        End::Code(0) => return 0,
        End::Code(code) => code,
    };
    let why = if code == exit::USAGE { "wrong usage" } else { "trouble on this machine" };
    // Nobody can be told when even that fails; where results could not be written, it was said already.
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "MAILPROBE UNKNOWN: {why}; see standard error").and_then(|()| stdout.flush());
    UNKNOWN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_format_counts_and_what_follows_two_dashes_does_not() {
        let asked = |words: &[&str]| {
            let words = std::iter::once("mailprobe").chain(words.iter().copied());
            is_asked_for(&words.map(OsString::from).collect::<Vec<_>>())
        };
        assert!(asked(&["--format", "nagios", "--nonsense"]));
        assert!(asked(&["--format=json", "--format=nagios"]));
        assert!(asked(&["--format", "NAGIOS"]));
        assert!(!asked(&["--format", "nagios", "--format", "json"]));
        assert!(!asked(&["--output", "nagios=file", "host"]));
        assert!(!asked(&["--", "--format=nagios"]));
    }
}
