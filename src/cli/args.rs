//! The command line: parsed and checked here, acted upon elsewhere.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::blocked::{self, Blocked};
use super::checks::Check;
use super::expect::ExpectChoices;
use super::format::Format;
use super::outputs::{OutputFile, output_file};
use super::providers;
use super::wait::WaitChoices;
use crate::diagnosis::reference::{self, Subject};
use crate::discovery::DiscoveryOptions;
use crate::policy::{Addresses, Wishes};
use crate::probe::{Options, PlanOptions, Trace};
use crate::providers::Provider;
use crate::report::human::Detail;
use crate::report::model::Contents;
use crate::resolve::{Families, ResolverSettings, parse_dns_server};
use crate::service::Security;
use crate::target::{Host, ServicePort, Source, Target, TargetKind, parse_ports};
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

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    Always,
    Never,
}

/// How much mailprobe tells of its own doings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SecurityChoice {
    /// TLS from the first byte
    Implicit,
    /// Unencrypted at first, then STARTTLS (STLS in POP3)
    Starttls,
    /// No TLS at all: for development servers
    Plaintext,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SourceChoice {
    /// MX records
    Mx,
    /// SRV records
    Srv,
    /// The autoconfiguration file of mail programs
    Autoconfig,
    /// The built-in provider table
    Builtin,
}

impl From<SourceChoice> for Source {
    fn from(choice: SourceChoice) -> Self {
        match choice {
            SourceChoice::Mx => Self::Mx,
            SourceChoice::Srv => Self::Srv,
            SourceChoice::Autoconfig => Self::Autoconfig,
            SourceChoice::Builtin => Self::Builtin,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AddressesChoice {
    /// Every address of the host must pass
    All,
    /// One that passes is enough, as for a mail program
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TrustChoice {
    /// Mozilla's root certificates, built in
    Webpki,
    /// The operating system's store
    System,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TraceChoice {
    /// To no port
    Never,
    /// To ports that no connection could be made to
    Failed,
    /// To every port; only this sees a proxy that answers faultlessly in the server's place
    Always,
}

#[derive(Debug, Parser)]
#[command(
    name = "mailprobe",
    version,
    disable_version_flag = true,
    about = ABOUT,
    max_term_width = 80,
    after_help = AFTER_HELP,
    args_conflicts_with_subcommands = false,
    subcommand_precedence_over_arg = true,
    disable_help_subcommand = true,
    subcommand_help_heading = "Other commands",
    override_usage = "mailprobe [OPTIONS] <TARGET>...\n       mailprobe [OPTIONS] <COMMAND>",
)]
struct CommandLine {
    #[arg(
        value_name = "TARGET",
        help = "What to check: a host, host:port, [IPv6]:port, a URL such as smtps://host, @domain, or a mail address"
    )]
    targets: Vec<String>,

    #[command(subcommand)]
    command: Option<Subcommands>,

    #[command(flatten)]
    choices: Choices,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Is outbound port 25 blocked here, where, and by whom?
    Blocked(blocked::Arguments),
    /// The mail ports, explained: what each is for, and which one to use
    Ports,
    /// The built-in settings of well-known mail providers
    Providers {
        /// Show this one: its short name, or its mail domain
        name: Option<String>,
    },
    /// What a state or a finding of a report means, and what to do about it
    Explain {
        #[arg(value_name = "NAME", help = "As in the report: starttls-stripped; without one, all are listed")]
        name: Option<String>,
    },
    /// A completion script for a shell, on standard output
    Completions {
        /// For which shell
        shell: Shell,
    },
    /// The manual page, on standard output
    Man,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
struct Choices {
    /// Check only these ports, as in 25,587; all of them must pass
    #[arg(long, global = true, value_name = "PORTS", help_heading = "What to check")]
    ports: Option<String>,

    /// Who is asked for the servers of a mail domain [default: all of them]
    #[arg(
        long,
        global = true,
        value_name = "SOURCES",
        value_delimiter = ',',
        hide_default_value = true,
        default_value = "mx,srv,autoconfig,builtin",
        help_heading = "What to check"
    )]
    from: Vec<SourceChoice>,

    /// For a mail domain, also try usual names: mail, smtp, imap, pop
    #[arg(long, global = true, help_heading = "What to check")]
    guess: bool,

    /// How the connection is encrypted, whatever the port says
    #[arg(long, global = true, value_name = "HOW", help_heading = "What to check")]
    security: Option<SecurityChoice>,

    /// Which addresses of a host must pass
    #[arg(
        long,
        global = true,
        env = "MAILPROBE_ADDRESSES",
        hide_env = true,
        value_name = "WHICH",
        default_value = "all",
        help_heading = "What to check"
    )]
    addresses: AddressesChoice,

    /// Use only IPv4
    #[arg(short = '4', long = "ipv4", global = true, conflicts_with = "ipv6", help_heading = "What to check")]
    ipv4: bool,

    /// Use only IPv6
    #[arg(short = '6', long = "ipv6", global = true, help_heading = "What to check")]
    ipv6: bool,

    /// Let warnings fail the run, too
    #[arg(long, global = true, value_parser = FalseyValueParser::new(), env = "MAILPROBE_STRICT", hide_env = true, help_heading = "What to check")]
    strict: bool,

    /// Run the checks that this file names
    #[arg(long, global = true, value_name = "FILE", help_heading = "What to check")]
    config: Option<PathBuf>,

    /// Only tell what would be probed
    #[arg(long, global = true, help_heading = "What to check")]
    dry_run: bool,

    #[command(flatten)]
    expect: ExpectChoices,
    /// Trace the way to ports that cannot be reached: where does it stop, and at whom?
    /// --trace=always does so for every port, and only that shows a proxy that
    /// answers faultlessly in the server's place (Linux)
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        num_args = 0..=1,
        require_equals = true,
        default_value = "never",
        default_missing_value = "failed",
        hide_default_value = true,
        hide_possible_values = true,
        help_heading = "What to check"
    )]
    trace: TraceChoice,

    /// Ask this DNS server instead of the system's
    #[arg(long, global = true, env = "MAILPROBE_DNS_SERVER", hide_env = true, value_name = "IP[:PORT]", value_parser = parse_dns_server, help_heading = "How to ask")]
    dns_server: Option<SocketAddr>,

    /// The name by which to greet servers (EHLO), instead of this machine's own
    #[arg(long, global = true, env = "MAILPROBE_HELO", hide_env = true, value_name = "NAME", value_parser = hello_name, help_heading = "How to ask")]
    helo: Option<String>,

    /// The name that the certificate must be for, instead of the host's
    #[arg(long, global = true, value_name = "NAME", value_parser = server_name, help_heading = "How to ask")]
    server_name: Option<Host>,

    /// Which authorities to trust: Mozilla's list (webpki) or this system's
    #[arg(
        long,
        global = true,
        env = "MAILPROBE_TRUST",
        hide_env = true,
        value_name = "STORE",
        default_value = "webpki",
        help_heading = "How to ask"
    )]
    trust: TrustChoice,

    /// Also trust the certificates in FILE (PEM or DER); may be repeated
    #[arg(
        long,
        global = true,
        env = "MAILPROBE_CA_FILE",
        hide_env = true,
        value_name = "FILE",
        help_heading = "How to ask"
    )]
    ca_file: Vec<PathBuf>,

    /// How long connecting may take: 5s, 250ms, 1m30s
    #[arg(long, global = true, env = "MAILPROBE_CONNECT_TIMEOUT", hide_env = true, value_name = "TIME", default_value = "5s", value_parser = duration, help_heading = "Time")]
    connect_timeout: Duration,

    /// How long one port of one address may take in all
    #[arg(long, global = true, env = "MAILPROBE_TIMEOUT", hide_env = true, value_name = "TIME", default_value = "45s", value_parser = duration, help_heading = "Time")]
    timeout: Duration,

    /// How long the whole run may take [default: no limit]
    #[arg(long, global = true, env = "MAILPROBE_DEADLINE", hide_env = true, value_name = "TIME", value_parser = duration, help_heading = "Time")]
    deadline: Option<Duration>,

    #[command(flatten)]
    waiting: WaitChoices,

    /// How to print the results
    #[arg(
        long,
        global = true,
        env = "MAILPROBE_FORMAT",
        hide_env = true,
        value_name = "FORMAT",
        default_value = "human",
        help_heading = "Output"
    )]
    format: Format,

    /// Also write the results to a file, as in junit=report.xml; may be repeated
    #[arg(long, global = true, value_name = "FORMAT=PATH", value_parser = output_file, help_heading = "Output")]
    output: Vec<OutputFile>,

    /// Also put what was said into the JSON
    #[arg(long, global = true, help_heading = "Output")]
    transcript: bool,

    /// Also show every stage, the certificate, and what was said
    #[arg(short, long, global = true, conflicts_with = "quiet", help_heading = "Output")]
    verbose: bool,

    /// Show only what needs attention
    #[arg(short, long, global = true, help_heading = "Output")]
    quiet: bool,

    /// When to use colour
    #[arg(
        long,
        global = true,
        env = "MAILPROBE_COLOR",
        hide_env = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Output"
    )]
    color: ColorChoice,

    /// Tell on standard error what mailprobe is doing
    #[arg(long, global = true, value_name = "LEVEL", help_heading = "Output")]
    log: Option<LogLevel>,

    /// Print help
    #[arg(short, long, global = true, action = ArgAction::HelpShort, help_heading = "Output")]
    help: Option<bool>,

    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version, help_heading = "Output")]
    version: Option<bool>,
}

impl Choices {
    /// Whether options are given that only a check of targets heeds.
    fn names_checks(&self) -> bool {
        self.config.is_some() || self.dry_run || !self.output.is_empty() || self.expect.is_any()
    }
}

const ABOUT: &str = "\
Checks a mail host's ports: what works, where it stops, why, and who is in the
way. Sends no mail and never logs in.";

const AFTER_HELP: &str = "\
Examples:
  mailprobe mail.example.org             all seven mail ports, every address
  mailprobe mail.example.org:587         only this port, and it must work
  mailprobe smtps://mail.example.org     a service by its name: port 465
  mailprobe --ports 465,993 mail.example.org
  mailprobe @example.org                 all servers of a mail domain
  mailprobe me@example.org               the same, and what to enter where
  mailprobe --format json mail.example.org
  mailprobe --wait 60s --expect 25=ok,587=starttls mail.example.org
  mailprobe blocked                      is port 25 blocked here, and by whom?

A bare host need not offer all ports: a closed one is no failure as long as
another works. What you name must work.

Exit codes: 0 all is well, or there are only warnings; 1 failures of different
causes; 2 wrong usage; 3 cannot tell; 4 name not found; 5 refused; 6 no answer;
7 unreachable or prohibited; 8 silent or too slow; 9 cut off; 10 turned away;
11 wrong protocol; 12 STARTTLS; 13 TLS; 14 certificate; 15 intercepted;
16 not as expected; 17 no network; 18 trouble on this machine;
130 interrupted.

Options may also stand in the environment, as in MAILPROBE_FORMAT=json:
`mailprobe man` lists them.

A host that is named like a command: mailprobe -- ports";

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
            "--config, --dry-run, --output and what must be so (--expect and its kin) are for checks of targets, not for \
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
            let question = if choices.ports.is_some() || choices.security.is_some() {
                Err("`blocked` tries port 25 and compares it with 465 and 587: leave --ports and --security out"
                    .to_owned())
            } else {
                options(choices).and_then(|options| arguments.into_request(options, output))
            };
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
        None if line.targets.is_empty() && choices.config.is_none() => {
            Err(Refusal::Usage("name what to check, for example: mailprobe mail.example.org (more with --help)".into()))
        }
        None => {
            probe(&line.targets, choices, output).map(|probe| Command::Probe(Box::new(probe))).map_err(Refusal::Usage)
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
    CommandLine::command().disable_help_flag(true)
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
    let wishes = Wishes { addresses, strict: choices.strict, expectations };
    let (config, waiting, files, dry_run) =
        (choices.config.clone(), choices.waiting.clone(), choices.output.clone(), choices.dry_run);
    let mut check = Check { targets, options: options(choices)?, wishes };
    if config.is_none() {
        check = check.with_expected_ports()?;
    }
    for (index, file) in files.iter().enumerate() {
        if files.iter().skip(index + 1).any(|other| other.path == file.path) {
            return Err(format!("two outputs cannot share a file: {}", file.path.display()));
        }
    }
    Ok(Probe { check, config, waiting, output, files, dry_run })
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
    Ok(Options {
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
    })
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

/// The longest time limit: a day. Longer ones are slips of the pen, and overflow some clocks.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration =
        text.parse().map_err(|_| "write a time with its unit, for example 5s, 250ms or 1m30s".to_string())?;
    let duration = Duration::try_from(span).map_err(|_| "a time limit cannot be negative".to_string())?;
    if duration.is_zero() {
        return Err("a time limit must be longer than nothing".into());
    }
    if duration > LONGEST {
        return Err("a time limit can be a day at most: 24h".into());
    }
    Ok(duration)
}

/// EHLO's argument goes into a line of its own: nothing that could end or extend that line may pass (RFC 5321,
/// section 4.1.1.1).
pub(super) fn hello_name(text: &str) -> Result<String, String> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-._[]:".contains(character);
    if text.is_empty() || text.len() > 255 || !text.chars().all(allowed) {
        return Err("write a host name or an address literal, for example mail.example.org or [192.0.2.1]".into());
    }
    Ok(text.into())
}

pub(super) fn server_name(text: &str) -> Result<Host, String> {
    match Target::parse(text).map_err(|error| error.to_string())?.kind {
        TargetKind::Host(host) => Ok(host),
        _ => Err("write a host name alone, as in mail.example.org".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<Command, Refusal> {
        parse(std::iter::once("mailprobe").chain(words.iter().copied()).map(OsString::from))
    }

    #[test]
    fn the_definition_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn options_may_stand_before_and_after_a_subcommand() {
        for words in [["--format", "json", "ports"], ["ports", "--format", "json"]] {
            let Ok(Command::Ports(output)) = parse_words(&words) else { panic!("{words:?}") };
            assert_eq!(output.format, Format::Json);
        }
    }

    #[test]
    fn a_host_named_like_a_subcommand_is_reached_after_two_dashes() {
        let Ok(Command::Probe(probe)) = parse_words(&["--", "ports"]) else { panic!() };
        assert_eq!(probe.check.targets.len(), 1);
    }

    #[test]
    fn durations_are_written_with_units() {
        assert_eq!(duration("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
        for wrong in ["5", "", "-5s", "0s", "s", "5 parsecs", "99999999h"] {
            assert!(duration(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_hello_name_cannot_smuggle_commands() {
        assert!(hello_name("mail.example.org").is_ok());
        assert!(hello_name("[IPv6:2001:db8::1]").is_ok());
        for wrong in ["", "a b", "a\r\nRCPT", "a\tb", "ü"] {
            assert!(hello_name(wrong).is_err(), "{wrong:?}");
        }
    }
}
