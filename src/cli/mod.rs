//! The command: arguments in, a run, results out, an exit code.

mod args;
mod blocked;
mod checks;
mod config;
mod console;
mod driver;
mod dry_run;
mod exit;
mod expect;
mod format;
mod generated;
mod list;
mod nearest;
mod output_options;
mod outputs;
mod plugin;
mod probe;
mod progress;
mod providers;
mod reference;
mod render;
mod signals;
mod threads;
mod values;
mod wait;

use std::ffi::OsString;

use args::{Command, Refusal};
pub use config::{config_schema, mistake_in_config};
use console::complain;
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
        Ok(Command::Probe(probe)) => return probe::probe(*probe),
        Ok(Command::Ports(output)) => reference::ports(output),
        Ok(Command::Providers(one, output)) => providers::show(one, output),
        Ok(Command::Explain(subject, output)) => reference::explain(subject.as_ref(), output),
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
            Err(error) => console::exit_code_of(&error),
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
