//! The manual pages: of mailprobe, of its other commands, and of the configuration file.

use std::io::Result;

use clap::ValueEnum as _;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::args::{self, ManualPage};
use crate::cli::config;
use crate::report::article::Block;

/// What stands at the foot of every page.
const SOURCE: &str = concat!("mailprobe ", env!("CARGO_PKG_VERSION"));

pub(super) fn write(page: ManualPage, to: &mut Vec<u8>) -> Result<()> {
    match page {
        ManualPage::Mailprobe => write_main_page(to),
        ManualPage::Config => write_configuration(to),
        command => write_command(&name(command), to),
    }
}

fn name(page: ManualPage) -> String {
    page.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn write_main_page(page: &mut Vec<u8>) -> Result<()> {
    let command = args::described();
    let man = Man::new(command.clone()).title("MAILPROBE").source(SOURCE);
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    let mut rest = Roff::default();
    section(&mut rest, "COMMANDS", []);
    for command in command.get_subcommands() {
        let meaning = command.get_about().map(ToString::to_string).unwrap_or_default();
        entry(&mut rest, &format!("mailprobe {}", command.get_name()), &meaning);
    }
    section(&mut rest, "ENVIRONMENT", []);
    for argument in command.get_arguments() {
        if let (Some(variable), Some(option)) = (argument.get_env(), argument.get_long()) {
            let meaning = format!("as the option --{option}, which takes precedence");
            entry(&mut rest, &variable.to_string_lossy(), &meaning);
        }
    }
    entry(&mut rest, "NO_COLOR, CLICOLOR_FORCE", "when to use colour, if --color is not given");
    entry(&mut rest, "GITHUB_STEP_SUMMARY", "a file to which the format github appends tables");
    section(&mut rest, "FILES", []);
    entry(
        &mut rest,
        "mailprobe.toml",
        "the checks of --config, and what `mailprobe serve` serves, described in mailprobe.toml(5) and by `mailprobe explain config`; any other name will do",
    );
    entry(&mut rest, "the files of --output", OUTPUT_FILES);
    section(&mut rest, "EXIT STATUS", EXIT_STATUS);
    rest.control("PP", []);
    rest.text([roman("With the format nagios on standard output: 0 OK, 1 warning, 2 critical, 3 unknown.")]);
    section(&mut rest, "EXAMPLES", EXAMPLES);
    see_also(&mut rest, ManualPage::Mailprobe);
    rest.to_writer(page)
}

/// The page of another command, with its own options and examples.
fn write_command(name: &str, page: &mut Vec<u8>) -> Result<()> {
    let mut command = args::described();
    // Only a built command knows its full name.
    command.build();
    let Some(command) = command.find_subcommand(name) else { return Ok(()) };
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let man = Man::new(command.clone()).title(format!("MAILPROBE-{}", name.to_uppercase())).source(SOURCE);
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    let mut rest = Roff::default();
    let examples = examples.strip_prefix("Examples:\n").unwrap_or(&examples);
    section(&mut rest, "EXAMPLES", []);
    as_it_is(&mut rest, examples);
    let own = ManualPage::from_str(name, true).unwrap_or_default();
    see_also(&mut rest, own);
    rest.to_writer(page)
}

fn write_configuration(page: &mut Vec<u8>) -> Result<()> {
    let mut roff = Roff::default();
    roff.control("TH", ["MAILPROBE.TOML", "5", "", SOURCE]);
    section(&mut roff, "NAME", []);
    roff.text([roman("mailprobe.toml - the checks of mailprobe --config, the modules and targets of mailprobe serve")]);
    let mut blocks = config::description().into_iter();
    // Its title is the page's.
    blocks.next();
    section(&mut roff, "DESCRIPTION", []);
    for block in blocks {
        match block {
            Block::Heading(title) => section(&mut roff, &title.to_uppercase(), []),
            Block::Text(text) => {
                roff.control("PP", []);
                roff.text([roman(text)]);
            }
            Block::Sample(sample) => as_it_is(&mut roff, &sample),
            Block::Term(term, meaning) => entry(&mut roff, &term, &meaning),
        }
    }
    see_also(&mut roff, ManualPage::Config);
    roff.to_writer(page)
}

/// The other pages, and how to get at them.
fn see_also(page: &mut Roff, own: ManualPage) {
    let title = |page: &ManualPage| match page {
        ManualPage::Mailprobe => "mailprobe(1)".to_owned(),
        ManualPage::Config => "mailprobe.toml(5)".to_owned(),
        command => format!("mailprobe-{}(1)", name(*command)),
    };
    let others: Vec<String> = ManualPage::value_variants().iter().filter(|page| **page != own).map(title).collect();
    section(page, "SEE ALSO", []);
    page.text([roman(others.join(", "))]);
    page.control("PP", []);
    page.text([roman(
        "The program itself prints each of these pages: mailprobe man blocked | man -l - shows that of mailprobe-blocked(1), \
         mailprobe man config that of mailprobe.toml(5).",
    )]);
}

/// What `--output` does to a file that is there, and where it writes.
const OUTPUT_FILES: &str = "A file is replaced in one go, once the results are whole; it keeps its mode (without set-uid, \
    set-gid and sticky bits) and, where the system allows, its owner and group. Its other hard links keep the old content. \
    A symbolic link is followed, and stays, unless somebody else put it into a folder that others may write to: that is \
    refused. Devices, pipes and descriptors are written to. Should mailprobe be killed while it writes, a file \
    .NAME.mailprobe-XXXXXX.part stays, which the next run with the same output removes.";

const EXIT_STATUS: [(&str, &str); 24] = [
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
    ("19", "A login was refused, or not answered (--login)."),
    ("20", "The sender or the recipient was refused (mailprobe rcpt)."),
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

/// Lines as they are, indented.
fn as_it_is(page: &mut Roff, text: &str) {
    page.control("PP", []);
    page.control("nf", []);
    for line in text.trim_end().lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []);
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
