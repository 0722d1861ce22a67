//! `mailprobe completions` and `mailprobe man`: made from the definition of the command line.

use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::console::fail;
use super::{args, console, exit};

pub(super) fn completions(shell: Shell) -> Result<(), u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "mailprobe", &mut script);
    console::write(&script)
}

pub(super) fn manual() -> Result<(), u8> {
    let mut page = Vec::new();
    write_manual(&mut page)
        .map_err(|error| fail(format!("the manual page could not be generated: {error}"), exit::LOCAL))?;
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
    section(&mut rest, "ENVIRONMENT", []);
    for argument in command.get_arguments() {
        if let (Some(variable), Some(option)) = (argument.get_env(), argument.get_long()) {
            let meaning = format!("as the option --{option}, which takes precedence");
            entry(&mut rest, &variable.to_string_lossy(), &meaning);
        }
    }
    entry(&mut rest, "NO_COLOR, CLICOLOR_FORCE", "when to use colour, if --color is not given");
    entry(&mut rest, "GITHUB_STEP_SUMMARY", "a file to which the format github appends tables");
    section(&mut rest, "EXIT STATUS", EXIT_STATUS);
    rest.control("PP", []);
    rest.text([roman("With the format nagios on standard output: 0 OK, 1 warning, 2 critical, 3 unknown.")]);
    section(&mut rest, "EXAMPLES", EXAMPLES);
    rest.to_writer(page)
}

const EXIT_STATUS: [(&str, &str); 22] = [
    ("0", "All is well, or there are only warnings."),
    ("1", "Failures with different causes; with --strict, also a warning."),
    ("2", "Wrong usage or configuration: nothing was probed."),
    ("3", "Cannot tell."),
    ("4", "The name yields no address."),
    ("5", "Refused."),
    ("6", "The connection was never answered."),
    ("7", "Unreachable, or forbidden by a rule."),
    ("8", "Connected, then silent or too slow."),
    ("9", "Cut off mid-session."),
    ("10", "The server refuses the client."),
    ("11", "Another protocol."),
    ("12", "The upgrade to TLS (STARTTLS, STLS)."),
    ("13", "The TLS handshake."),
    ("14", "The certificate."),
    ("15", "Something other than the server answers."),
    ("16", "An expectation is not met."),
    ("17", "No network at all (mailprobe blocked)."),
    ("18", "Trouble on this machine, or an output cannot be written."),
    ("130", "Interrupted by Ctrl-C."),
    ("141", "The reader of the output closed it."),
    ("143", "Ended by SIGTERM."),
];

/// Commands worth copying. A test holds them to the command line.
const EXAMPLES: [(&str, &str); 6] = [
    ("mailprobe mail.example.org", "all seven mail ports, every address"),
    ("mailprobe --wait 60s smtp://localhost:2525 --security plaintext", "wait for a development server to start"),
    (
        "mailprobe --expect 25=ok,465=ok,587=starttls,143=closed --min-days 14 mail.example.org",
        "these ports must be as given, and certificates valid for two more weeks",
    ),
    ("mailprobe --output junit=mail.xml --format github mail.example.org", "a report for a pipeline, and annotations"),
    ("mailprobe --format nagios --min-days 7 imaps://mail.example.org", "as a plugin of Nagios or Icinga"),
    ("mailprobe --config mailprobe.toml --output prometheus=mail.prom", "checks from a file, metrics for Prometheus"),
];

fn section<const N: usize>(page: &mut Roff, title: &str, entries: [(&str, &str); N]) {
    page.control("SH", [title]);
    for (term, meaning) in entries {
        entry(page, term, meaning);
    }
}

fn entry(page: &mut Roff, term: &str, meaning: &str) {
    page.control("TP", []);
    page.text([bold(term)]);
    page.text([roman(meaning)]);
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
