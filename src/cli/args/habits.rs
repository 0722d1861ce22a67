//! What people type by the habit of other tools, where it can only mean one thing.

use std::ffi::OsString;

use crate::cli::similar::is_slip;
use crate::target::{Quoted, is_ports};

/// What the targets of a command line turn out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meant<'a> {
    Targets(&'a [String]),
    /// `mailprobe help`, which is `mailprobe --help`.
    Option(&'static str),
    /// A command, misspelt.
    Command(&'a str),
}

/// Programs that people ask ports with; they take a host and its port as two words.
const PORT_ASKERS: [&str; 3] = ["telnet", "nc", "netcat"];

/// Shorter names of commands are too near to those of hosts.
const SHORTEST_NAME: usize = 5;

/// What these words mean, with commands of these names. Words behind `--` are targets, whatever they look like.
pub(super) fn meant<'a>(
    words: &'a [String],
    arguments: &[OsString],
    commands: impl IntoIterator<Item = &'a str>,
) -> Meant<'a> {
    let after_dashes = arguments.iter().skip_while(|argument| *argument != "--").skip(1).count();
    if after_dashes >= words.len() {
        return Meant::Targets(words);
    }
    match words {
        [only] if only == "help" => Meant::Option("--help"),
        [only] if only == "version" => Meant::Option("--version"),
        [only] if only.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            let mut commands = commands.into_iter().filter(|name| name.len() >= SHORTEST_NAME);
            commands.find(|name| is_slip(only, name)).map_or(Meant::Targets(words), Meant::Command)
        }
        [program, rest @ ..] if PORT_ASKERS.contains(&program.as_str()) && names_a_port(rest) => Meant::Targets(rest),
        _ => Meant::Targets(words),
    }
}

/// A host and its port.
fn names_a_port(words: &[String]) -> bool {
    matches!(words, [host, port, ..] if !is_ports(host) && is_ports(port))
}

/// Asks whether a command was meant.
pub(super) fn ask(command: &str, typed: &str) -> String {
    format!(
        "did you mean `mailprobe {command}`? A host named {} is reached as `mailprobe -- {typed}` or smtp://{typed}",
        Quoted::new(typed)
    )
}

/// The ports of `--ports` with the numbers that follow as words of their own, as in `--ports 25 465 mail.example.org`; and
/// the other words.
pub(super) fn further_ports(ports: &str, words: &[String]) -> (String, Vec<String>) {
    let (numbers, others): (Vec<_>, Vec<_>) = words.iter().cloned().partition(|word| is_ports(word));
    let numbers = numbers.iter().flat_map(|word| word.split(',')).filter(|number| !number.is_empty());
    let ports = if words.len() == others.len() { ports } else { ports.trim_end_matches(',') };
    (std::iter::once(ports).chain(numbers).collect::<Vec<_>>().join(","), others)
}
