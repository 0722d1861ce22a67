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
use crate::target::{ServicePort, Target, parse_ports};
use crate::transport::trust::TrustSettings;

/// What the user wants done.
#[derive(Debug)]
pub(super) enum Command {
    /// Probe targets.
    Probe(Box<ProbeRequest>),
    /// Is outbound port 25 blocked?
    Blocked(Box<Blocked>),
    /// Explain the port table.
    Ports(Output),
    /// Show the provider table, or one row of it.
    Providers(Option<&'static Provider>, Output),
    /// Explain a state or a finding; all of them without a name.
    Explain(Option<Subject>, Output),
    /// Print a shell's completion script.
    Completions(Shell),
    /// Print the manual page.
    Man,
}

/// Why a command line does not lead to a run.
#[derive(Debug)]
pub(super) enum Refusal {
    /// clap's own: wrong usage, or help and version, which it prints itself.
    Clap(Box<clap::Error>),
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
        Self::Clap(Box::new(error))
    }
}

/// Parses and checks a command line, and touches nothing else.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, Refusal> {
    let matches = command().try_get_matches_from(arguments)?;
    let line = CommandLine::from_arg_matches(&matches)?;
    let choices = line.choices;
    let output = choices.output.output();
    let targets = &line.targets;
    let command = match line.command {
        None => {
            are_named_once(targets, &choices)?;
            return Ok(Command::Probe(Box::new(probe(targets, choices, output)?)));
        }
        Some(_) if choices.names_checks() => {
            return Err(
                "--config, --targets, --dry-run, --output and expectations (--expect and the like) are for checks of \
                 targets, not for other commands"
                    .to_owned()
                    .into(),
            );
        }
        Some(command) => command,
    };
    if !targets.is_empty() {
        return Err(takes_no_target(&command).into());
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
    match (targets.is_empty(), choices.subject.config.is_some(), choices.many.is_given()) {
        (false, true, _) => {
            Err("--config takes the targets from its file: leave out those on the command line".to_owned())
        }
        (false, _, true) => {
            Err("--targets takes the targets from its list: leave out those on the command line".to_owned())
        }
        (true, true, true) => Err("--targets and --config both name targets: use only one of them".to_owned()),
        (true, false, false) => {
            Err("name what to check, for example: mailprobe mail.example.org (more with --help)".to_owned())
        }
        _ => Ok(()),
    }
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
    match format {
        Format::Human | Format::Json | Format::Jsonl => Ok(()),
        _ => Err("`blocked` answers only in --format human, json or jsonl".to_owned()),
    }
}

fn takes_no_target(command: &Subcommands) -> String {
    let name = match command {
        Subcommands::Blocked(_) => {
            return "write the host after the command: mailprobe blocked mail.example.org; for a host named blocked: \
                    mailprobe -- blocked"
                .to_owned();
        }
        Subcommands::Ports => "ports",
        Subcommands::Providers { .. } => "providers",
        Subcommands::Explain { .. } => "explain",
        Subcommands::Completions { .. } => "completions",
        Subcommands::Man => "man",
    };
    format!("`{name}` is a command and takes no target; for a host of that name write: mailprobe -- {name}")
}

/// The definition of the command line.
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
    for (index, file) in files.iter().enumerate() {
        if files.iter().skip(index + 1).any(|other| is_same(&other.path, &file.path)) {
            return Err(format!("two outputs cannot share a file: {}", file.path.display()));
        }
    }
    Ok(ProbeRequest { check, config, many, waiting, output, files, dry_run })
}

/// How to probe.
fn options(choices: &Choices) -> Result<Options, String> {
    let Choices { subject, connection, time, .. } = choices;
    let ports: Option<Vec<ServicePort>> =
        subject.ports.as_deref().map(parse_ports).transpose().map_err(|error| error.to_string())?;
    let mut options = Options {
        plan: PlanOptions {
            ports,
            families: Families { v4: !subject.ipv6, v6: !subject.ipv4 },
            security: subject.security,
            per_family: None,
            discovery: DiscoveryOptions { from: subject.from.clone(), guess: subject.guess },
        },
        resolver: ResolverSettings { dns_server: connection.dns_server, ..ResolverSettings::default() },
        trust: TrustSettings {
            store: connection.trust,
            ca_files: connection.ca_file.clone(),
            ..TrustSettings::default()
        },
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
