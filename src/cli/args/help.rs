//! `-h` and `--help`. Those of the other commands are alike; mailprobe's own are a short page and a full one.

use clap::{Arg, ArgAction};

use super::text::AFTER_BRIEF_HELP;

/// The options that `-h` shows, by clap's ids: what people come for most.
const COMMON: [&str; 8] = ["ports", "ipv4", "ipv6", "wait", "format", "verbose", "quiet", "help"];

/// The flag itself.
pub(super) fn flag() -> Arg {
    Arg::new("help").short('h').long("help").action(ArgAction::HelpShort).help("Print help").help_heading("Output")
}

/// An option of a service that others have, too: what differs is told. One that is hidden is refused.
pub(super) fn of_a_service(argument: Arg) -> Arg {
    match argument.get_id().as_str() {
        "deadline" => argument.help("How long one check may take [default: 2m]"),
        "concurrency" => {
            argument.help("How many ports to check at the same time [default: 500, as far as file descriptors allow]")
        }
        "per_address" => argument.help("How many ports of one address to check at the same time [default: 7]"),
        // Bounds that all checks share know addresses only.
        "per_host" => argument.hide(true),
        _ => argument,
    }
}

/// The same of mailprobe itself, whose long form tells more.
pub(super) fn flag_of_two_pages() -> Arg {
    flag().action(ArgAction::Help).help("Print help: -h a short one, --help everything")
}

/// The command that is read, with two pages made from the one that is described, in place of what clap would print.
pub(super) fn with_pages(command: clap::Command, described: clap::Command) -> clap::Command {
    // clap's own long form has three lines and more for an option; its short form of everything is read more easily.
    let full = described.clone().render_help();
    let brief = brief(described).render_help();
    command.help_template("{before-help}").before_help(brief).before_long_help(full)
}

fn brief(described: clap::Command) -> clap::Command {
    let command = described.mut_args(|argument| {
        let is_common = COMMON.contains(&argument.get_id().as_str());
        let takes_values = argument.get_action().takes_values();
        argument.hide(!is_common).hide_possible_values(takes_values).help_heading("Common options")
    });
    let command = command.mut_subcommands(|subcommand| subcommand.hide(true)).after_help(AFTER_BRIEF_HELP);
    command.override_usage("mailprobe [OPTIONS] <TARGET>...")
}
