//! `mailprobe completions` and `mailprobe man`: made from the definition of the command line.

mod manual;

use std::fmt::Write as _;

use clap_complete::Shell;

use super::args::ManualPage;
use super::console::fail;
use super::{args, console, exit};

pub(super) fn completions(shell: Shell) -> Result<(), u8> {
    let mut script = Vec::new();
    let mut command = without_targets(&args::described());
    clap_complete::generate(shell, &mut command, "mailprobe", &mut script);
    if shell == Shell::Fish {
        script.extend(arguments_for_fish(&command).bytes());
    }
    console::write(&script)
}

/// The command line without its targets, for which there is nothing to offer: in zsh's script they would take the place of
/// the other commands.
fn without_targets(command: &clap::Command) -> clap::Command {
    let options = command.get_arguments().filter(|argument| !argument.is_positional()).cloned();
    clap::Command::new("mailprobe")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_version_flag(true)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .args(options)
        .subcommands(command.get_subcommands().cloned())
}

/// What the other commands take besides options: clap's script for fish leaves that out.
fn arguments_for_fish(command: &clap::Command) -> String {
    let mut lines = String::new();
    for subcommand in command.get_subcommands() {
        for value in subcommand.get_positionals().flat_map(clap::Arg::get_possible_values) {
            let meaning = value.get_help().map(|help| help.to_string().replace(['\'', '\\'], "")).unwrap_or_default();
            // Writing into a string cannot fail.
            let _ = writeln!(
                lines,
                "complete -c mailprobe -n \"__fish_mailprobe_using_subcommand {}\" -f -a {} -d '{meaning}'",
                subcommand.get_name(),
                value.get_name(),
            );
        }
    }
    lines
}

pub(super) fn manual(which: ManualPage) -> Result<(), u8> {
    let mut page = Vec::new();
    manual::write(which, &mut page)
        .map_err(|error| fail(format!("the manual page could not be generated: {error}"), exit::LOCAL))?;
    console::write(&page)
}
