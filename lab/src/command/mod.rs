//! The commands of `mailprobe-lab`.

#[cfg(target_os = "linux")]
mod link;
mod measure;
mod options;
mod output;
mod responder;
mod serve;

use std::io::Write;

use options::USAGE;

/// Runs a command.
pub(crate) fn run(arguments: &[String], output: &mut impl Write) -> Result<(), String> {
    let Some((command, rest)) = arguments.split_first() else { return Err(USAGE.to_owned()) };
    match command.as_str() {
        "serve" => serve::serve(rest, output),
        "list" if rest.is_empty() => serve::list(output).map_err(|error| error.to_string()),
        "responder" => responder::responder(rest, output),
        "dns" => responder::dns(rest, output),
        #[cfg(target_os = "linux")]
        "link" => link::link(rest, output),
        "bare" => measure::bare(rest, output),
        "floor" => measure::floor(rest, output),
        _ => Err(USAGE.to_owned()),
    }
}
