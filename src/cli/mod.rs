//! The command: arguments in, a run, results out, an exit code.

mod args;
mod blocked;
mod checks;
mod config;
mod console;
mod credential;
mod document;
mod driver;
mod dry_run;
mod exit;
mod expect;
mod files;
mod generated;
mod list;
mod output;
mod pages;
mod plugin;
mod progress;
mod prompt;
mod rcpt;
mod render;
#[cfg(feature = "serve")]
mod serve;
mod signals;
mod similar;
mod steps;
mod targets;
mod threads;
mod uncounted;
mod values;
mod wait;
mod watch;

use std::ffi::OsString;

use args::{Command, Refusal};
pub use config::{config_schema, mistake_in_config};
use console::fail;
use exit::End;

/// Runs the command and says how the process should exit. May be called again in the same process.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let is_plugin = plugin::is_asked_for(&arguments);
    let end = obey(arguments).unwrap_or_else(End::Code);
    if is_plugin { plugin::exit_code(end) } else { end.exit_code() }
}

/// The error is an exit code, after a complaint.
fn obey(arguments: Vec<OsString>) -> Result<End, u8> {
    let done = match args::parse(arguments) {
        Ok(Command::Probe(request)) => return targets::probe(*request),
        Ok(Command::Blocked(blocked)) => return blocked::run(*blocked),
        #[cfg(feature = "serve")]
        Ok(Command::Serve(serve)) => return serve::run(*serve),
        Ok(Command::Ports(ports, wanted)) => pages::ports(&ports, wanted),
        Ok(Command::Providers(one, wanted)) => pages::providers(one, wanted),
        Ok(Command::Explain(topic, wanted)) => pages::explain(&topic, wanted),
        Ok(Command::Completions(shell)) => generated::completions(shell),
        Ok(Command::Man(page)) => generated::manual(page),
        Err(Refusal::Usage(message)) => Err(fail(message, exit::USAGE)),
        Err(Refusal::Shown(error)) => error.print().map_err(|error| console::exit_code_of(&error)),
    };
    done.map(|()| End::Code(0))
}
