//! The one door for results: standard output.

use std::io::{self, IsTerminal, Write};

use super::args::ColorChoice;
use super::{complain, exit};
use crate::report::style::{MAX_WIDTH, MIN_WIDTH, Style};

/// The width of a page when no terminal tells.
const USUAL_WIDTH: usize = 80;

/// Writes `bytes` to standard output. On failure: the exit code to end with, after telling the user if there is
/// anything to tell.
pub(super) fn write(bytes: &[u8]) -> Result<(), u8> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| exit_code_of(&error))
}

/// What a failed write to standard output means for the exit code.
pub(super) fn exit_code_of(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::BrokenPipe {
        // The reader has seen enough: nothing to complain about.
        return exit::CLOSED_PIPE;
    }
    complain(&format!("the results could not be written to standard output: {error}"));
    exit::LOCAL
}

/// How the human report is to look on standard output.
pub(super) fn style(choice: ColorChoice) -> Style {
    let terminal = io::stdout().is_terminal();
    let colour = match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    };
    let width = match terminal_size::terminal_size() {
        Some((terminal_size::Width(columns), _)) if terminal => usize::from(columns).clamp(MIN_WIDTH, MAX_WIDTH),
        _ => USUAL_WIDTH,
    };
    Style { colour, unicode: terminal && speaks_unicode(), width }
}

/// Whether the locale's character set is UTF-8; on Windows the console takes Unicode whatever the locale.
pub(super) fn speaks_unicode() -> bool {
    if cfg!(windows) {
        return true;
    }
    if std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb" || terminal == "linux") {
        return false;
    }
    // POSIX: the first of these that is set and not empty decides.
    ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(std::env::var_os).find(|value| !value.is_empty()).is_some_and(
        |value| {
            let value = value.to_string_lossy().to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        },
    )
}
