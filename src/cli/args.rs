//! The command line: parsed and checked here, acted upon elsewhere.

mod choices;
mod habits;
mod mistakes;
#[cfg(test)]
mod tests;
mod text;

use std::ffi::OsString;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use clap_complete::Shell;

use choices::{Choices, CommandLine, OutputChoices, Subcommands, SubjectChoices};
use habits::Meant;

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
    /// Help and version, which clap prints itself.
    Shown(clap::Error),
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
        if error.use_stderr() { Self::Usage(mistakes::in_one_line(&error, &command())) } else { Self::Shown(error) }
    }
}

const ONLY_FOR_CHECKS: &str = "--config, --targets, --dry-run, --output and expectations (--expect and the like) are for \
                               checks of targets, not for other commands";

/// Parses and checks a command line, and touches nothing else.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, Refusal> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let definition = command();
    let matches = definition.clone().try_get_matches_from(&arguments)?;
    let line = CommandLine::from_arg_matches(&matches)?;
    let mut choices = line.choices;
    let output = choices.output.output();
    let Some(command) = line.command else {
        let commands = definition.get_subcommands().map(clap::Command::get_name);
        let mut targets = match habits::meant(&line.targets, &arguments, commands) {
            Meant::Targets(targets) => targets.to_vec(),
            Meant::Option(option) => return parse(["mailprobe", option].map(OsString::from)),
            Meant::Command(name) => return Err(habits::ask(name, &line.targets.concat()).into()),
        };
        if let Some(ports) = &mut choices.subject.ports {
            (*ports, targets) = habits::further_ports(ports, &targets);
        }
        are_named_once(&targets, &choices)?;
        return Ok(Command::Probe(Box::new(probe(&targets, choices, output)?)));
    };
    let targets = &line.targets;
    if choices.names_checks() {
        return Err(ONLY_FOR_CHECKS.to_owned().into());
    }
    if !targets.is_empty() {
        let name = matches.subcommand_name().unwrap_or_default();
        return match targets.as_slice() {
            [only] if only == "help" => parse(["mailprobe", name, "--help"].map(OsString::from)),
            _ => Err(takes_no_target(name).into()),
        };
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
        let takes_a_value = argument.get_action().takes_values();
        let argument = argument.global(is_global).hide_env(true).ignore_case(takes_a_value);
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
    let targets = Target::parse_words(targets.iter().map(String::as_str)).map_err(|error| error.to_string())?;
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
