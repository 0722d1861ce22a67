//! The command: arguments in, a run, results out, an exit code.

mod args;
mod blocked;
mod checks;
mod config;
mod dry_run;
mod exit;
mod expect;
mod format;
mod generated;
mod list;
mod output;
mod outputs;
mod plugin;
mod progress;
mod providers;
mod run;
mod signals;
mod threads;
mod wait;

use std::ffi::OsString;
use std::io::Write as _;

use args::{Command, Refusal};
pub use config::{config_schema, mistake_in_config};
use exit::End;

/// Runs the command and says how the process should exit. May be called again in the same process.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let is_plugin = plugin::is_asked_for(&arguments);
    let end = obey(arguments);
    if is_plugin { plugin::exit_code(end) } else { end.exit_code() }
}

fn obey(arguments: Vec<OsString>) -> End {
    let code = match args::parse(arguments) {
        Ok(Command::Probe(probe)) => return run::probe(*probe),
        Ok(Command::Ports(output)) => run::ports(output),
        Ok(Command::Providers(one, output)) => providers::show(one, output),
        Ok(Command::Explain(subject, output)) => run::explain(subject.as_ref(), output),
        Ok(Command::Completions(shell)) => generated::completions(shell),
        Ok(Command::Man) => generated::manual(),
        Ok(Command::Blocked(blocked)) => return blocked::run(*blocked),
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
    };
    End::Code(code)
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

/// The name that was probably meant, if one is near.
fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Below this they have little in common.
    const NEAR: f64 = 0.8;
    let near = known.into_iter().map(|name| (strsim::jaro_winkler(typed, name), name));
    near.filter(|(likeness, _)| *likeness >= NEAR).max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, name)| name)
}

/// One line for the user, on standard error. Nobody can be told when even that fails.
fn complain(message: &str) {
    let _ = writeln!(anstream::stderr(), "mailprobe: {message}");
}
