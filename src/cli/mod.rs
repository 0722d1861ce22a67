//! The command: arguments in, a run, results out, an exit code.

mod args;
mod exit;
mod output;
mod progress;
mod run;
mod signals;

use std::ffi::OsString;
use std::io::Write as _;

use args::{Command, Refusal};

/// Runs the command and says how the process should exit. May be called again in the same process.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    match args::parse(arguments) {
        Ok(Command::Ports(output)) => run::ports(output),
        Ok(Command::Probe(probe)) => run::probe(*probe),
        Err(Refusal::Usage(message)) => {
            complain(&message);
            exit::USAGE
        }
        Err(Refusal::Clap(error)) => {
            // Help and version go to standard output, complaints to standard error.
            let printed = error.print();
            match (error.use_stderr(), printed) {
                (true, _) => exit::USAGE,
                (false, Ok(())) => 0,
                (false, Err(error)) => output::exit_code_of(&error),
            }
        }
    }
}

/// One line for the user, on standard error. Nobody can be told when even that fails.
fn complain(message: &str) {
    let _ = writeln!(anstream::stderr(), "mailprobe: {message}");
}
