//! The command: arguments in, a run, results out, an exit code.

mod args;
mod blocked;
mod exit;
mod output;
mod progress;
mod providers;
mod run;
mod signals;

use std::ffi::OsString;
use std::io::Write as _;

use args::{Command, Refusal};

/// Runs the command and says how the process should exit. May be called again in the same process.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    match args::parse(arguments) {
        Ok(Command::Ports(output)) => run::ports(output),
        Ok(Command::Providers(one, output)) => providers::show(one, output),
        Ok(Command::Explain(subject, output)) => run::explain(subject.as_ref(), output),
        Ok(Command::Probe(probe)) => run::probe(*probe),
        Ok(Command::Blocked(blocked)) => blocked::run(*blocked),
        Err(Refusal::Usage(message)) => {
            complain(&message);
            exit::USAGE
        }
        Err(Refusal::Clap(error)) if error.use_stderr() => {
            complain(&in_one_line(&error));
            exit::USAGE
        }
        // Help and version, which belong on standard output.
        Err(Refusal::Clap(error)) => match error.print() {
            Ok(()) => 0,
            Err(error) => output::exit_code_of(&error),
        },
    }
}

/// clap's complaint and its tips, without the usage that follows: who mistyped wants to know what.
fn in_one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines =
        text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let said: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let said = said.join("; ");
    format!("{} (more with --help)", said.strip_prefix("error: ").unwrap_or(&said))
}

/// One line for the user, on standard error. Nobody can be told when even that fails.
fn complain(message: &str) {
    let _ = writeln!(anstream::stderr(), "mailprobe: {message}");
}
