//! The command line: parsed and checked here, acted upon elsewhere.

mod choices;
mod habits;
mod help;
mod mistakes;
mod suggesting;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args as _, CommandFactory, FromArgMatches, Id, ValueEnum as _, value_parser};
use clap_complete::Shell;

pub(super) use choices::ManualPage;
#[cfg(feature = "serve")]
use choices::ServeChoices;
use choices::{
    BlockedChoices, CheckChoices, CheckLine, CommandLine, ProbingChoices, RcptChoices, Subcommands, SubjectChoices,
};
use habits::Meant;
use suggesting::Suggesting;

use super::blocked::Blocked;
use super::checks::Check;
use super::list::PaceChoices;
use super::output::{Format, PageChoices};
use super::pages::{self, Topic};
#[cfg(feature = "serve")]
use super::serve::{Serve, ServeArguments};
use super::steps::AskedBeside;
use super::targets::ProbeRequest;
use super::watch::AskedBesideWatch;
use crate::discovery::DiscoveryOptions;
use crate::policy::Policy;
use crate::probe::{Options, PlanOptions};
use crate::providers::Provider;
use crate::resolve::{Families, ResolverSettings};
use crate::target::{ServicePort, Target, parse_ports};
use crate::transport::trust::TrustSettings;

#[derive(Debug)]
pub(super) enum Command {
    Probe(Box<ProbeRequest>),
    Blocked(Box<Blocked>),
    #[cfg(feature = "serve")]
    Serve(Box<Serve>),
    Ports(Vec<ServicePort>, PageChoices),
    Providers(Option<&'static Provider>, PageChoices),
    Explain(Topic, PageChoices),
    Completions(Shell),
    Man(ManualPage),
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

/// Parses and checks a command line, and touches nothing else.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, Refusal> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(line) = check_line(&arguments) {
        return checks(line, &arguments);
    }
    let mut definition = command();
    let matches = match definition.try_get_matches_from_mut(&arguments) {
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            help::with_pages(command(), described()).try_get_matches_from(&arguments)?
        }
        matches => matches?,
    };
    if let Some((name, inside)) = matches.subcommand() {
        are_taken_by(&definition, name, inside, &matches)?;
    }
    let line = CommandLine::from_arg_matches(&matches)?;
    let Some(command) = line.command else { return checks(line.check, &arguments) };
    let targets = &line.check.targets;
    if !targets.is_empty() {
        let name = matches.subcommand_name().unwrap_or_default();
        return match targets.as_slice() {
            [only] if only == "help" => parse(["mailprobe", name, "--help"].map(OsString::from)),
            _ => Err(takes_no_target(name).into()),
        };
    }
    Ok(match command {
        Subcommands::Blocked(choices) => {
            let BlockedChoices { question, probing, report } = *choices;
            let output = report.output();
            if !BLOCKED_FORMATS.contains(&output.format) {
                return Err("`blocked` answers only in --format human, json, jsonl or html".to_owned().into());
            }
            let options = options_on(Options::default(), &probing);
            Command::Blocked(Box::new(question.into_request(options, probing.judging.strict, output)?))
        }
        Subcommands::Rcpt(choices) => {
            let RcptChoices { question, judging, connection, time, login, report } = *choices;
            // One question has no pace.
            let probing = ProbingChoices { judging, connection, time, pace: PaceChoices::default() };
            let base = Options { whole_transcript: report.keeps_all_that_is_said(), ..Options::default() };
            let (options, strict) = (options_on(base, &probing), probing.judging.strict);
            Command::Probe(Box::new(question.into_request(options, strict, &login, report.output())?))
        }
        #[cfg(feature = "serve")]
        Subcommands::Serve(choices) => {
            let ServeChoices { service, reach, probing, log } = *choices;
            let mut options = options_on(ServeArguments::bounds(), &probing);
            reach.apply(&mut options);
            let (strict, pace) = (probing.judging.strict, probing.pace);
            Command::Serve(Box::new(service.into_request(options, strict, pace, log)?))
        }
        Subcommands::Ports { named, page } => {
            Command::Ports(named.iter().map(|name| pages::port(name)).collect::<Result<_, _>>()?, page)
        }
        Subcommands::Providers { name, page } => {
            Command::Providers(name.as_deref().map(pages::provider).transpose()?, page)
        }
        Subcommands::Explain { words, page } => Command::Explain(pages::topic(&words.join(" "))?, page),
        Subcommands::Completions { shell } => Command::Completions(shell),
        Subcommands::Man { page } => Command::Man(page.unwrap_or_default()),
    })
}

/// The commands beside the checks.
const COMMANDS: &[&str] = &[
    "blocked",
    "rcpt",
    #[cfg(feature = "serve")]
    "serve",
    "ports",
    "providers",
    "explain",
    "completions",
    "man",
];

/// A command line without a command, understood: clap then has little to prepare, and a check begins sooner. `None` where
/// there may be a command, a mistake or a request for help.
fn check_line(arguments: &[OsString]) -> Option<CheckLine> {
    if arguments.iter().any(|argument| COMMANDS.iter().any(|name| argument == name)) {
        return None;
    }
    let definition = tuned(CheckLine::augment_args(clap::Command::new("mailprobe")));
    CheckLine::from_arg_matches(&definition.try_get_matches_from(arguments).ok()?).ok()
}

fn checks(line: CheckLine, arguments: &[OsString]) -> Result<Command, Refusal> {
    let CheckLine { targets, mut choices } = line;
    can_be_watched(&choices)?;
    can_log_in(&targets, &choices)?;
    let mut targets = match habits::meant(&targets, arguments, COMMANDS.iter().copied()) {
        Meant::Targets(targets) => targets.to_vec(),
        Meant::Option(option) => return parse(["mailprobe", option].map(OsString::from)),
        Meant::Command(name) => return Err(habits::ask(name, &targets.concat()).into()),
    };
    if let Some(ports) = &mut choices.subject.ports {
        (*ports, targets) = habits::further_ports(ports, &targets);
    }
    are_named_once(&targets, &choices)?;
    can_be_resumed(&choices)?;
    Ok(Command::Probe(Box::new(probe(&targets, choices)?)))
}

/// The formats that `blocked` has.
const BLOCKED_FORMATS: [Format; 4] = [Format::Human, Format::Json, Format::Jsonl, Format::Html];
/// The formats of what mailprobe knows without a network.
const PAGE_FORMATS: [Format; 2] = [Format::Human, Format::Json];

/// Refuses the options that a command would pass over in silence. In the environment they stand for other commands.
fn are_taken_by(
    definition: &clap::Command,
    name: &str,
    inside: &ArgMatches,
    before: &ArgMatches,
) -> Result<(), String> {
    let Some(command) = definition.find_subcommand(name) else { return Ok(()) };
    let is_typed = |id: &str| inside.value_source(id) == Some(ValueSource::CommandLine);
    let refused =
        command.get_arguments().filter(|argument| argument.is_hide_set() && is_typed(argument.get_id().as_str()));
    let mut refused: Vec<String> = refused.filter_map(Arg::get_long).map(|long| format!("--{long}")).collect();
    if before.value_source(SOURCES) == Some(ValueSource::CommandLine) {
        refused.push(format!("--{SOURCES} before it"));
    }
    if !refused.is_empty() {
        return Err(format!(
            "`{name}` has no use for {}: leave that out (`mailprobe {name} --help` lists its options)",
            refused.join(", ")
        ));
    }
    let is_page = matches!(name, "ports" | "providers" | "explain");
    // One line of JSON is asked for in vain, but what it says is there.
    let has = |format: &Format| format.is_json() || PAGE_FORMATS.contains(format);
    if is_page && is_typed("format") && !inside.get_one("format").is_some_and(has) {
        return Err(format!("`{name}` answers only in --format human or json"));
    }
    Ok(())
}

/// Targets come from the command line, a file of checks or a list, and from one of these only.
fn are_named_once(targets: &[String], choices: &CheckChoices) -> Result<(), String> {
    if let Some(wish) = choices.many.lacks_its_list() {
        return Err(format!("{wish}: name the list as well, as in --targets hosts.txt"));
    }
    let mistake = match (targets.is_empty(), choices.subject.config.is_some(), choices.many.is_given()) {
        (false, true, _) => "--config takes the targets from its file: leave out those on the command line",
        (false, _, true) => "--targets takes the targets from its list: leave out those on the command line",
        (true, true, true) => "--targets and --config both name targets: use only one of them",
        (true, false, false) => "name what to check, for example: mailprobe mail.example.org (more with --help)",
        _ => return Ok(()),
    };
    Err(mistake.to_owned())
}

/// One login at one target: a wrong password that is tried again and again locks the account. No word is repeated, since
/// one may be a password.
fn can_log_in(targets: &[String], choices: &CheckChoices) -> Result<(), String> {
    if !choices.login.is_given() {
        return Ok(());
    }
    let mistake = if choices.many.is_given() || choices.subject.config.is_some() {
        "--login is for one target on the command line: leave out --targets and --config, since logins in a row lock accounts"
    } else if choices.waiting.is_patient() {
        "--login logs in once: leave out --wait and --retries (MAILPROBE_WAIT and MAILPROBE_RETRIES), since a wrong password \
         that is tried again and again locks the account"
    } else if targets.len() > 1 {
        "--login is for one target at a time, since logins in a row lock accounts (if one of these words is the password: \
         mailprobe asks for it, or takes it with --password-file FILE)"
    } else {
        return Ok(());
    };
    Err(mistake.to_owned())
}

fn can_be_watched(choices: &CheckChoices) -> Result<(), String> {
    choices.watching.refuses(&AskedBesideWatch {
        list: choices.many.is_given(),
        login: choices.login.is_given(),
        waits: choices.waiting.is_patient(),
        files: !choices.files.is_empty(),
        format: choices.report.output().format,
    })
}

/// Results are gone on with one by one, in the format that says of each target whether it is done.
fn can_be_resumed(choices: &CheckChoices) -> Result<(), String> {
    let CheckChoices { many, waiting, report, files, .. } = choices;
    let mistake = if !many.resumes() {
        return Ok(());
    } else if report.output().format != Format::Jsonl {
        "--resume keeps the results of a list as lines of JSON: write --format jsonl as well"
    } else if waiting.is_patient() || !files.is_empty() {
        "--resume keeps every result as it comes: leave out --output, --wait and --retries, which need all of them at the end"
    } else {
        return Ok(());
    };
    Err(mistake.to_owned())
}

/// The option that means something else in another command: it stands for the checks alone, and behind no command's name.
const SOURCES: &str = "from";

fn takes_no_target(command: &str) -> String {
    match command {
        "rcpt" => {
            "write the recipient after the command, and only one: mailprobe rcpt anna@example.org; for a host named \
                   rcpt: mailprobe -- rcpt"
                .to_owned()
        }
        "blocked" => "write the host after the command: mailprobe blocked mail.example.org; for a host named blocked: \
                      mailprobe -- blocked"
            .to_owned(),
        "serve" => {
            "`serve` takes no target: ask for it at /probe?target=…, or name it in a file for --config; for a host \
                    named serve: mailprobe -- serve"
                .to_owned()
        }
        name => {
            format!("`{name}` is a command and takes no target; for a host of that name write: mailprobe -- {name}")
        }
    }
}

/// The command line as it is read. Options may stand before and after a command, so each command knows them all; those
/// that it does not take are hidden in it.
pub(super) fn command() -> clap::Command {
    let is_for_all =
        |argument: &Arg| !argument.is_positional() && !matches!(argument.get_id().as_str(), "help" | "version");
    let command = described().mut_args(|argument| {
        let is_global = is_for_all(&argument) && argument.get_id() != SOURCES;
        argument.global(is_global)
    });
    let options: Vec<Arg> = command.get_arguments().filter(|argument| is_for_all(argument)).cloned().collect();
    command.mut_subcommands(|subcommand| {
        let taken: BTreeSet<Id> = subcommand.get_arguments().map(|argument| argument.get_id().clone()).collect();
        let named: BTreeSet<String> = subcommand.get_arguments().filter_map(Arg::get_long).map(str::to_owned).collect();
        let is_taken = |option: &Arg| {
            taken.contains(option.get_id()) || option.get_long().is_some_and(|long| named.contains(long))
        };
        let refused = options.iter().filter(|option| !is_taken(option));
        subcommand.args(refused.map(|option| option.clone().hide(true)))
    })
}

fn tuned(command: clap::Command) -> clap::Command {
    command.mut_args(|argument| {
        // The variables are listed in the manual page.
        let takes_a_value = argument.get_action().takes_values();
        let argument = argument.hide_env(true).ignore_case(takes_a_value);
        // CI systems set what was left blank to nothing.
        let is_blank = argument.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
        if is_blank { argument.env(None::<&'static str>) } else { argument }
    })
}

/// The command line as it is described: every command with the options that it takes.
pub(super) fn described() -> clap::Command {
    let command = tuned(CommandLine::command().disable_help_flag(true).arg(help::flag_of_two_pages()));
    command.mut_subcommands(|subcommand| {
        let is_service = subcommand.get_name() == "serve";
        let formats: &[Format] = match subcommand.get_name() {
            "blocked" => &BLOCKED_FORMATS,
            "rcpt" => Format::value_variants(),
            _ => &PAGE_FORMATS,
        };
        let formats =
            Suggesting::new(value_parser!(Format), || formats.iter().filter_map(Format::to_possible_value).collect());
        subcommand.arg(help::flag()).mut_args(|argument| {
            let argument = if is_service { help::of_a_service(argument) } else { argument };
            // What the environment says comes in from above.
            let argument = argument.env(None::<&'static str>);
            if argument.get_id() == "format" { argument.value_parser(formats.clone()) } else { argument }
        })
    })
}

/// Whether two paths are the same once `.` is left out. What is linked to what nobody knows before the files are there.
fn is_same(one: &Path, other: &Path) -> bool {
    match (std::path::absolute(one), std::path::absolute(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

fn probe(targets: &[String], choices: CheckChoices) -> Result<ProbeRequest, String> {
    let targets = Target::parse_words(targets.iter().map(String::as_str)).map_err(|error| error.to_string())?;
    let asked = AskedBeside {
        repeats: choices.many.is_given()
            || choices.subject.config.is_some()
            || choices.waiting.is_patient()
            || choices.watching.watch.is_some(),
        login: choices.login.is_given(),
        ports: choices.subject.ports.is_some(),
    };
    choices.steps.can_be_made(&targets, asked)?;
    let mut options = options(&choices)?;
    options.steps = choices.steps.steps(asked);
    choices.steps.narrow(&mut options.plan);
    let login = choices.login.request()?;
    let CheckChoices { subject, expect, probing, many, waiting, watching, report, files, login: _, steps: _ } = choices;
    let SubjectChoices { addresses, config, dry_run, .. } = subject;
    let policy =
        Policy { addresses, strict: probing.judging.strict, expectations: expect.expectations()?, ..Policy::default() };
    let mut check = Check { targets, options, policy };
    if config.is_none() {
        check.policies_can_be_met()?;
        check = check.with_expected_ports(many.is_given())?;
    }
    let mut paths = files.iter().map(|file| &file.path);
    while let Some(path) = paths.next() {
        if paths.clone().any(|other| is_same(other, path)) {
            return Err(format!("two outputs cannot share a file: {}", path.display()));
        }
    }
    let (output, pace) = (report.output(), probing.pace);
    Ok(ProbeRequest { check, login, config, many, pace, waiting, watching, output, files, dry_run })
}

/// How to check the targets of the command line.
fn options(choices: &CheckChoices) -> Result<Options, String> {
    let CheckChoices { subject, expect, probing, many, report, .. } = choices;
    let whole_transcript = report.keeps_all_that_is_said();
    let mut options = Options { whole_transcript, ..Options::default() };
    many.apply(&mut options);
    let mut options = options_on(options, probing);
    options.plan.ports = subject.ports.as_deref().map(parse_ports).transpose().map_err(|error| error.to_string())?;
    options.plan.security = subject.security;
    subject.reach.apply(&mut options);
    options.plan.policies = subject.promises.lookups(expect.asks_for_policies());
    options.plan.discovery = DiscoveryOptions { from: subject.from.clone(), guess: subject.guess };
    Ok(options)
}

/// How to connect to servers: what the user leaves open is as in `base`.
fn options_on(base: Options, probing: &ProbingChoices) -> Options {
    let ProbingChoices { judging, connection, time, pace } = probing;
    let families = Families { v4: !judging.ipv6, v6: !judging.ipv4 };
    let (store, ca_files) = (connection.trust, connection.ca_file.clone());
    let mut options = Options {
        plan: PlanOptions { families, ..base.plan },
        resolver: ResolverSettings {
            dns_server: connection.dns_server,
            trust_anchor: connection.dnssec_anchor.clone().unwrap_or_default(),
            ..ResolverSettings::default()
        },
        trust: TrustSettings { store, ca_files, ..TrustSettings::default() },
        server_name: connection.server_name.clone(),
        hello: connection.helo.clone(),
        connect_timeout: time.connect_timeout,
        timeout: time.timeout,
        deadline: time.deadline,
        ..base
    };
    pace.apply(&mut options);
    options
}
