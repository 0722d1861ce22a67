//! `mailprobe completions` and `mailprobe man`: made from the definition of the command line.

use clap_complete::Shell;
use clap_mangen::roff::{Roff, bold, roman};
use clap_mangen::{Man, roff};

use super::console::fail;
use super::{args, console, exit};

/// `mailprobe completions SHELL`
pub(super) fn completions(shell: Shell) -> Result<(), u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "mailprobe", &mut script);
    console::write(&script)
}

/// `mailprobe man`
pub(super) fn manual() -> Result<(), u8> {
    let mut page = Vec::new();
    write_manual(&mut page)
        .map_err(|error| fail(&format!("the manual page could not be made: {error}"), exit::LOCAL))?;
    console::write(&page)
}

fn write_manual(page: &mut Vec<u8>) -> std::io::Result<()> {
    let command = args::command();
    let man = Man::new(command.clone()).title("MAILPROBE");
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    man.render_subcommands_section(page)?;
    let mut rest = Roff::default();
    environment(&mut rest, &command);
    exit_status(&mut rest);
    examples(&mut rest);
    rest.to_writer(page)
}

fn environment(page: &mut Roff, command: &clap::Command) {
    page.control("SH", ["ENVIRONMENT"]);
    for argument in command.get_arguments() {
        if let (Some(variable), Some(option)) = (argument.get_env(), argument.get_long()) {
            entry(page, &variable.to_string_lossy(), &format!("as the option --{option}, which goes before it"));
        }
    }
    entry(page, "NO_COLOR, CLICOLOR_FORCE", "when to use colour, without --color");
    entry(page, "GITHUB_STEP_SUMMARY", "a file that the format github appends tables to");
}

fn exit_status(page: &mut Roff) {
    page.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_STATUS {
        entry(page, code, meaning);
    }
    page.control("PP", []);
    page.text([roman("With the format nagios on standard output: 0 OK, 1 warning, 2 critical, 3 unknown.")]);
}

/// What each exit code means.
const EXIT_STATUS: [(&str, &str); 22] = [
    ("0", "All is well, or there are only warnings."),
    ("1", "Failures of different causes; with --strict, also a warning."),
    ("2", "Wrong usage or configuration: nothing was probed."),
    ("3", "It cannot be told."),
    ("4", "The name gives no address."),
    ("5", "Refused."),
    ("6", "The connection was never answered."),
    ("7", "Unreachable, or forbidden by a rule."),
    ("8", "Connected, then silence or much too slow."),
    ("9", "Cut off in the middle."),
    ("10", "The server turns the client away."),
    ("11", "Something else is spoken."),
    ("12", "The change to TLS (STARTTLS, STLS)."),
    ("13", "The TLS handshake."),
    ("14", "The certificate."),
    ("15", "Somebody else answers."),
    ("16", "A stated expectation does not hold."),
    ("17", "No network at all (mailprobe blocked)."),
    ("18", "Trouble on this machine, or an output cannot be written."),
    ("130", "Interrupted by Ctrl-C."),
    ("141", "The reader of the output went away."),
    ("143", "Ended by SIGTERM."),
];

fn examples(page: &mut Roff) {
    page.control("SH", ["EXAMPLES"]);
    for (command, meaning) in EXAMPLES {
        entry(page, command, meaning);
    }
}

/// Commands worth copying. A test holds them to the command line.
const EXAMPLES: [(&str, &str); 6] = [
    ("mailprobe mail.example.org", "all seven mail ports, every address"),
    ("mailprobe --wait 60s smtp://localhost:2525 --security plaintext", "wait for a development server to come up"),
    (
        "mailprobe --expect 25=ok,465=ok,587=starttls,143=closed --min-days 14 mail.example.org",
        "these ports must be so, and certificates valid for two weeks",
    ),
    ("mailprobe --output junit=mail.xml --format github mail.example.org", "a report for a pipeline, and annotations"),
    ("mailprobe --format nagios --min-days 7 imaps://mail.example.org", "as a plugin of Nagios or Icinga"),
    ("mailprobe --config mailprobe.toml --output prometheus=mail.prom", "checks from a file, metrics for Prometheus"),
];

fn entry(page: &mut Roff, term: &str, meaning: &str) {
    page.control("TP", []);
    page.text([bold(term)]);
    page.text([roff::roman(meaning)]);
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn the_examples_are_understood() {
        for (command, _) in EXAMPLES {
            let parsed = args::parse(command.split_whitespace().map(OsString::from));
            assert!(parsed.is_ok(), "{command}: {parsed:?}");
        }
    }
}
