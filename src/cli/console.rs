//! Standard output, where results go, and standard error, where everything else goes.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use tracing::Level;

use super::exit;
use super::output::ColorChoice;
use crate::report::sanitize::{Charset, escape, orders};
use crate::report::style::{MAX_WIDTH, MIN_WIDTH, Style};

/// The width of a page when no terminal tells.
pub(super) const USUAL_WIDTH: usize = 80;

/// Writes `bytes` to standard output. On failure: the exit code to end with, after telling the user if there is
/// anything to tell.
pub(super) fn write(bytes: &[u8]) -> Result<(), u8> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| exit_code_of(&error))
}

/// Writes a text to standard output, if there is one. The error is an exit code, after a complaint.
pub(super) fn print(text: Result<String, impl Into<anyhow::Error>>) -> Result<(), u8> {
    write(text.map_err(unwritable)?.as_bytes())
}

/// Complains that there is no text. Gives the exit code.
pub(super) fn unwritable(error: impl Into<anyhow::Error>) -> u8 {
    fail(format!("{:#}", error.into()), exit::LOCAL)
}

/// What a failed write to standard output means for the exit code.
pub(super) fn exit_code_of(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::BrokenPipe {
        // The reader has seen enough: nothing to complain about.
        return exit::CLOSED_PIPE;
    }
    fail(format!("the results could not be written to standard output: {error}"), exit::LOCAL)
}

/// One line for the user, on standard error, whatever is quoted in it. Nobody can be told when even that fails.
pub(super) fn complain(message: impl Display) {
    let message = message.to_string();
    let _ = writeln!(anstream::stderr(), "mailprobe: {}", escape(&message, Charset::Unicode));
}

/// Complains, and hands on the exit code to end with.
pub(super) fn fail(message: impl Display, code: u8) -> u8 {
    complain(message);
    code
}

pub(super) fn log(level: Level) {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(|| LogWriter)
        .with_ansi(io::stderr().is_terminal())
        .finish();
    // In a process that runs the command twice, the first choice stands.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Standard error for a log in which servers' words stand. A subscriber writes each event at once.
struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        io::stderr().lock().write_all(orders::disarm(&String::from_utf8_lossy(event)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
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
    let mut values = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(std::env::var_os);
    let locale = values.find(|value| !value.is_empty()).unwrap_or_default();
    let locale = locale.to_string_lossy().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}
