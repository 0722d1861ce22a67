//! The command line: parsed and checked here, acted upon elsewhere.

mod choices;
#[cfg(test)]
mod tests;
mod text;
mod values;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use clap_complete::Shell;

use choices::{AddressesChoice, Choices, CommandLine, SecurityChoice, Subcommands, TraceChoice, TrustChoice};
pub(super) use choices::{ColorChoice, LogLevel};
pub(super) use values::{duration, hello_name, server_name};

use super::blocked::Blocked;
use super::checks::Check;
use super::format::Format;
use super::list::ListChoices;
use super::outputs::OutputFile;
use super::providers;
use super::wait::WaitChoices;
use crate::diagnosis::reference::{self, Subject};
use crate::discovery::DiscoveryOptions;
use crate::policy::{Addresses, Policy};
use crate::probe::{Options, PlanOptions, Trace};
use crate::providers::Provider;
use crate::report::human::Detail;
use crate::report::model::Contents;
use crate::resolve::{Families, ResolverSettings};
use crate::service::Security;
use crate::target::{ServicePort, Source, Target, parse_ports};
use crate::transport::trust::{TrustSettings, TrustStore};

/// What the user wants done.
#[derive(Debug)]
pub(super) enum Command {
    /// Probe targets.
    Probe(Box<Probe>),
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

/// A run, ready to be started.
#[derive(Debug)]
pub(super) struct Probe {
    /// What to check; with a file, what the file leaves open.
    pub(super) check: Check,
    /// The file that names the checks.
    pub(super) config: Option<PathBuf>,
    /// What bounds the run, and the list that names the targets.
    pub(super) many: ListChoices,
    pub(super) waiting: WaitChoices,
    pub(super) output: Output,
    pub(super) files: Vec<OutputFile>,
    /// Whether only to tell what would be probed.
    pub(super) dry_run: bool,
}

/// How to show results.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    pub(super) format: Format,
    pub(super) color: ColorChoice,
    pub(super) transcript: bool,
    pub(super) verbose: bool,
    pub(super) quiet: bool,
    pub(super) log: Option<LogLevel>,
}

impl Output {
    /// How much to tell a person.
    pub(super) fn detail(self) -> Detail {
        match (self.verbose, self.quiet) {
            (true, _) => Detail::Verbose,
            (_, true) => Detail::Quiet,
            _ => Detail::Normal,
        }
    }

    /// What a document shall hold.
    pub(super) fn contents(self) -> Contents {
        Contents { transcript: self.transcript }
    }
}

/// Why a command line does not lead to a run.
#[derive(Debug)]
pub(super) enum Refusal {
    /// clap's own: wrong usage, or help and version, which it prints itself.
    Clap(Box<clap::Error>),
    /// One line on what is wrong and what to write instead.
    Usage(String),
}

/// Parses and checks a command line, and touches nothing else.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, Refusal> {
    let matches = command().try_get_matches_from(arguments).map_err(|error| Refusal::Clap(Box::new(error)))?;
    let line = CommandLine::from_arg_matches(&matches).map_err(|error| Refusal::Clap(Box::new(error)))?;
    let choices = line.choices;
    let output = Output {
        format: choices.format,
        color: choices.color,
        transcript: choices.transcript,
        verbose: choices.verbose,
        quiet: choices.quiet,
        log: choices.log,
    };
    if line.command.is_some() && choices.names_checks() {
        return Err(Refusal::Usage(
            "--config, --targets, --dry-run, --output and what must be so (--expect and its kin) are for checks of targets, not for \
             another command"
                .into(),
        ));
    }
    match line.command {
        Some(Subcommands::Blocked(_)) if !line.targets.is_empty() => Err(Refusal::Usage(
            "write the host after the command: mailprobe blocked mail.example.org; for a host that is named blocked: \
             mailprobe -- blocked"
                .into(),
        )),
        Some(Subcommands::Blocked(arguments)) => {
            let strict = choices.strict;
            let question = heeded_by_blocked(&matches, output.format)
                .and_then(|()| options(choices))
                .and_then(|options| arguments.into_request(options, strict, output));
            question.map(|blocked| Command::Blocked(Box::new(blocked))).map_err(Refusal::Usage)
        }
        Some(Subcommands::Ports) if line.targets.is_empty() => Ok(Command::Ports(output)),
        Some(Subcommands::Ports) => Err(takes_no_target("ports")),
        Some(Subcommands::Providers { name }) if line.targets.is_empty() => match name {
            Some(name) => {
                providers::named(&name).map(|found| Command::Providers(Some(found), output)).map_err(Refusal::Usage)
            }
            None => Ok(Command::Providers(None, output)),
        },
        Some(Subcommands::Providers { .. }) => Err(takes_no_target("providers")),
        Some(Subcommands::Explain { name }) if line.targets.is_empty() => {
            let subject = name.as_deref().map(subject).transpose().map_err(Refusal::Usage)?;
            Ok(Command::Explain(subject, output))
        }
        Some(Subcommands::Explain { .. }) => Err(takes_no_target("explain")),
        Some(Subcommands::Completions { shell }) if line.targets.is_empty() => Ok(Command::Completions(shell)),
        Some(Subcommands::Man) if line.targets.is_empty() => Ok(Command::Man),
        Some(Subcommands::Completions { .. }) => Err(takes_no_target("completions")),
        Some(Subcommands::Man) => Err(takes_no_target("man")),
        None if choices.config.is_some() && !line.targets.is_empty() => {
            Err(Refusal::Usage("--config names the targets in its file: leave out those of the command line".into()))
        }
        None if choices.many.is_given() && !line.targets.is_empty() => {
            Err(Refusal::Usage("--targets names the targets in its list: leave out those of the command line".into()))
        }
        None if choices.many.is_given() && choices.config.is_some() => {
            Err(Refusal::Usage("--targets and --config both name targets: leave one of them out".into()))
        }
        None if line.targets.is_empty() && choices.config.is_none() && !choices.many.is_given() => {
            Err(Refusal::Usage("name what to check, for example: mailprobe mail.example.org (more with --help)".into()))
        }
        None => {
            probe(&line.targets, choices, output).map(|probe| Command::Probe(Box::new(probe))).map_err(Refusal::Usage)
        }
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
            "`blocked` decides itself which ports to try and how often, and always traces the way: leave {} out",
            unheeded.join(", ")
        ));
    }
    match format {
        Format::Human | Format::Json | Format::Jsonl => Ok(()),
        _ => {
            Err("`blocked` answers in --format human, json or jsonl: the others have no place for its answer"
                .to_owned())
        }
    }
}

fn takes_no_target(command: &str) -> Refusal {
    Refusal::Usage(format!(
        "`{command}` is a command here, and takes no target; for a host of that name write: mailprobe -- {command}"
    ))
}

/// The definition of the command line.
pub(super) fn command() -> clap::Command {
    CommandLine::command().disable_help_flag(true).mut_args(|argument| {
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

fn probe(targets: &[String], choices: Choices, output: Output) -> Result<Probe, String> {
    let targets = targets
        .iter()
        .map(|typed| Target::parse(typed).map_err(|error| error.to_string()))
        .collect::<Result<Vec<_>, _>>()?;
    let addresses = match choices.addresses {
        AddressesChoice::All => Addresses::All,
        AddressesChoice::Any => Addresses::Any,
    };
    let expectations = choices.expect.clone().expectations()?;
    let policy = Policy { addresses, strict: choices.strict, expectations };
    let (config, waiting, files, dry_run, many) = (
        choices.config.clone(),
        choices.waiting.clone(),
        choices.output.clone(),
        choices.dry_run,
        choices.many.clone(),
    );
    let mut check = Check { targets, options: options(choices)?, policy };
    if many.is_given() {
        check = check.with_expected_ports_of_hosts()?;
    } else if config.is_none() {
        check = check.with_expected_ports()?;
    }
    for (index, file) in files.iter().enumerate() {
        if files.iter().skip(index + 1).any(|other| is_same(&other.path, &file.path)) {
            return Err(format!("two outputs cannot share a file: {}", file.path.display()));
        }
    }
    Ok(Probe { check, config, many, waiting, output, files, dry_run })
}

/// How to probe.
fn options(choices: Choices) -> Result<Options, String> {
    let ports: Option<Vec<ServicePort>> =
        choices.ports.as_deref().map(parse_ports).transpose().map_err(|error| error.to_string())?;
    let families = Families { v4: !choices.ipv6, v6: !choices.ipv4 };
    let security = choices.security.map(|choice| match choice {
        SecurityChoice::Implicit => Security::Implicit,
        SecurityChoice::Starttls => Security::StartTls,
        SecurityChoice::Plaintext => Security::Plaintext,
    });
    let many = choices.many;
    let mut options = Options {
        plan: PlanOptions {
            ports,
            families,
            security,
            per_family: None,
            discovery: DiscoveryOptions {
                from: choices.from.into_iter().map(Source::from).collect(),
                guess: choices.guess,
            },
        },
        resolver: ResolverSettings { dns_server: choices.dns_server, ..ResolverSettings::default() },
        trust: TrustSettings {
            store: match choices.trust {
                TrustChoice::Webpki => TrustStore::WebPki,
                TrustChoice::System => TrustStore::System,
            },
            ca_files: choices.ca_file,
            ..TrustSettings::default()
        },
        server_name: choices.server_name,
        hello: choices.helo,
        connect_timeout: choices.connect_timeout,
        timeout: choices.timeout,
        deadline: choices.deadline,
        trace: match choices.trace {
            TraceChoice::Never => Trace::Never,
            TraceChoice::Failed => Trace::Failed,
            TraceChoice::Always => Trace::Always,
        },
        ..Options::default()
    };
    many.apply(&mut options);
    Ok(options)
}

/// A state or finding by its name.
fn subject(name: &str) -> Result<Subject, String> {
    reference::look_up(name).ok_or_else(|| {
        let nearest = reference::nearest(name);
        let instead = if nearest.is_empty() {
            "`mailprobe explain` lists them all".to_owned()
        } else {
            format!("perhaps {}?", nearest.join(" or "))
        };
        format!("there is no state or finding {name:?}; {instead}")
    })
}
