//! The command line: parsed and checked here, acted upon elsewhere.

mod choices;
#[cfg(test)]
mod tests;
mod text;

use std::ffi::OsString;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use clap_complete::Shell;

use choices::{Choices, CommandLine, OutputChoices, Subcommands, SubjectChoices};

use super::blocked::Blocked;
use super::checks::Check;
use super::output::{Format, Output};
use super::pages;
use super::targets::ProbeRequest;
use crate::diagnosis::reference::Subject;
use crate::discovery::DiscoveryOptions;
use crate::policy::Policy;
use crate::probe::{Options, PlanOptions};
use crate::providers::Provider;
use crate::resolve::{Families, ResolverSettings};
use crate::target::{Target, parse_ports};
use crate::transport::trust::TrustSettings;

#[derive(Debug)]
pub(super) enum Command {
    Probe(Box<ProbeRequest>),
    Blocked(Box<Blocked>),
    Ports(Output),
    Providers(Option<&'static Provider>, Output),
    Explain(Option<Subject>, Output),
    Completions(Shell),
    Man,
}

#[derive(Debug)]
pub(super) enum Refusal {
    /// clap's own: wrong usage, or help and version, which it prints itself.
    Clap(clap::Error),
    /// One line on what is wrong and what to write instead.
    Usage(String),
}

impl From<String> for Refusal {
    fn from(message: String) -> Self {
        Self::Usage(message)
    }
}

impl From<clap::Error> for Refusal {
    fn from(error: clap::Error) -> Self {
        Self::Clap(error)
    }
}

const ONLY_FOR_CHECKS: &str = "--config, --targets, --dry-run, --output and expectations (--expect and the like) are for \
                               checks of targets, not for other commands";

/// Parses and checks a command line, and touches nothing else.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, Refusal> {
    let matches = command().try_get_matches_from(arguments)?;
    let line = CommandLine::from_arg_matches(&matches)?;
    let choices = line.choices;
    let output = choices.output.output();
    let targets = &line.targets;
    let Some(command) = line.command else {
        are_named_once(targets, &choices)?;
        return Ok(Command::Probe(Box::new(probe(targets, choices, output)?)));
    };
    if choices.names_checks() {
        return Err(ONLY_FOR_CHECKS.to_owned().into());
    }
    if !targets.is_empty() {
        return Err(takes_no_target(matches.subcommand_name().unwrap_or_default()).into());
    }
    Ok(match command {
        Subcommands::Blocked(arguments) => {
            heeded_by_blocked(&matches, output.format)?;
            let strict = choices.subject.strict;
            Command::Blocked(Box::new(arguments.into_request(options(&choices)?, strict, output)?))
        }
        Subcommands::Ports => Command::Ports(output),
        Subcommands::Providers { name } => {
            Command::Providers(name.as_deref().map(pages::provider).transpose()?, output)
        }
        Subcommands::Explain { name } => Command::Explain(name.as_deref().map(pages::subject).transpose()?, output),
        Subcommands::Completions { shell } => Command::Completions(shell),
        Subcommands::Man => Command::Man,
    })
}

/// Targets come from the command line, a file of checks or a list, and from one of these only.
fn are_named_once(targets: &[String], choices: &Choices) -> Result<(), String> {
    let mistake = match (targets.is_empty(), choices.subject.config.is_some(), choices.many.is_given()) {
        (false, true, _) => "--config takes the targets from its file: leave out those on the command line",
        (false, _, true) => "--targets takes the targets from its list: leave out those on the command line",
        (true, true, true) => "--targets and --config both name targets: use only one of them",
        (true, false, false) => "name what to check, for example: mailprobe mail.example.org (more with --help)",
        _ => return Ok(()),
    };
    Err(mistake.to_owned())
}

/// The options of a check that `blocked` has no use for, by clap's ids, which are their names.
const UNHEEDED_BY_BLOCKED: [&str; 8] = ["ports", "security", "from", "guess", "addresses", "trace", "wait", "retries"];

/// Refuses what `blocked` would pass over in silence. In the environment it stands for other commands.
fn heeded_by_blocked(matches: &ArgMatches, format: Format) -> Result<(), String> {
    let typed = |id: &&str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let unheeded: Vec<String> = UNHEEDED_BY_BLOCKED.into_iter().filter(typed).map(|name| format!("--{name}")).collect();
    if !unheeded.is_empty() {
        return Err(format!(
            "`blocked` chooses itself which ports to try and how often, and always traces the route: leave out {}",
            unheeded.join(", ")
        ));
    }
    if format != Format::Human && !format.is_json() {
        return Err("`blocked` answers only in --format human, json or jsonl".to_owned());
    }
    Ok(())
}

fn takes_no_target(command: &str) -> String {
    match command {
        "blocked" => "write the host after the command: mailprobe blocked mail.example.org; for a host named blocked: \
                      mailprobe -- blocked"
            .to_owned(),
        name => {
            format!("`{name}` is a command and takes no target; for a host of that name write: mailprobe -- {name}")
        }
    }
}

pub(super) fn command() -> clap::Command {
    CommandLine::command().disable_help_flag(true).mut_args(|argument| {
        // Options may stand before and after a command. The variables are listed in the manual page.
        let is_global = !argument.is_positional() && argument.get_id() != "version";
        let argument = argument.global(is_global).hide_env(true);
        // CI systems set what was left blank to nothing.
        let is_blank = argument.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
        if is_blank { argument.env(None::<&'static str>) } else { argument }
    })
}

/// Whether two paths are the same once `.` is left out. What is linked to what nobody knows before the files are there.
fn is_same(one: &Path, other: &Path) -> bool {
    match (std::path::absolute(one), std::path::absolute(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

fn probe(targets: &[String], choices: Choices, output: Output) -> Result<ProbeRequest, String> {
    let targets = targets.iter().map(|typed| Target::parse(typed).map_err(|error| error.to_string()));
    let targets = targets.collect::<Result<_, _>>()?;
    let options = options(&choices)?;
    let Choices { subject, expect, many, waiting, output: OutputChoices { files, .. }, .. } = choices;
    let SubjectChoices { addresses, strict, config, dry_run, .. } = subject;
    let policy = Policy { addresses, strict, expectations: expect.expectations()? };
    let mut check = Check { targets, options, policy };
    if config.is_none() {
        check = check.with_expected_ports(many.is_given())?;
    }
    let mut paths = files.iter().map(|file| &file.path);
    while let Some(path) = paths.next() {
        if paths.clone().any(|other| is_same(other, path)) {
            return Err(format!("two outputs cannot share a file: {}", path.display()));
        }
    }
    Ok(ProbeRequest { check, config, many, waiting, output, files, dry_run })
}

fn options(choices: &Choices) -> Result<Options, String> {
    let Choices { subject, connection, time, .. } = choices;
    let ports = subject.ports.as_deref().map(parse_ports).transpose().map_err(|error| error.to_string())?;
    let plan = PlanOptions {
        ports,
        families: Families { v4: !subject.ipv6, v6: !subject.ipv4 },
        security: subject.security,
        per_family: None,
        discovery: DiscoveryOptions { from: subject.from.clone(), guess: subject.guess },
    };
    let (store, ca_files) = (connection.trust, connection.ca_file.clone());
    let trust = TrustSettings { store, ca_files, ..TrustSettings::default() };
    let mut options = Options {
        plan,
        resolver: ResolverSettings { dns_server: connection.dns_server, ..ResolverSettings::default() },
        trust,
        server_name: connection.server_name.clone(),
        hello: connection.helo.clone(),
        connect_timeout: time.connect_timeout,
        timeout: time.timeout,
        deadline: time.deadline,
        trace: subject.trace,
        ..Options::default()
    };
    choices.many.apply(&mut options);
    Ok(options)
}
