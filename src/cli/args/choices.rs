//! The options and commands, as clap reads them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{FalseyValueParser, PossibleValuesParser, TypedValueParser as _};
use clap::{ArgAction, Args, Parser, Subcommand};
use clap_complete::Shell;
use tracing::Level;

use super::text::{ABOUT, AFTER_HELP};
use crate::cli::blocked;
use crate::cli::expect::ExpectChoices;
use crate::cli::files::{OutputFile, output_file};
use crate::cli::list::ListChoices;
use crate::cli::output::{ColorChoice, Format, Output};
use crate::cli::values::{ADDRESSES, SECURITIES, SOURCES, TRACES, TRUST_STORES, duration, one_of, server_name};
use crate::cli::wait::WaitChoices;
use crate::policy::Addresses;
use crate::probe::Trace;
use crate::resolve::parse_dns_server;
use crate::service::Security;
use crate::target::{HeloName, Host, Source};
use crate::transport::trust::TrustStore;

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
pub(super) struct CommandLine {
    #[arg(
        value_name = "TARGET",
        help = "What to check: a host, host:port, [IPv6]:port, a URL such as smtps://host, @domain, or a mail address"
    )]
    pub(super) targets: Vec<String>,

    #[command(subcommand)]
    pub(super) command: Option<Subcommands>,

    #[command(flatten)]
    pub(super) choices: Choices,
}

#[derive(Debug, Subcommand)]
pub(super) enum Subcommands {
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
        #[arg(
            value_name = "NAME",
            help = "A name from the report, such as starttls-stripped; without one, all are listed"
        )]
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
pub(super) struct Choices {
    #[command(flatten)]
    pub(super) subject: SubjectChoices,
    #[command(flatten)]
    pub(super) expect: ExpectChoices,
    #[command(flatten)]
    pub(super) connection: ConnectionChoices,
    #[command(flatten)]
    pub(super) time: TimeChoices,
    #[command(flatten)]
    pub(super) waiting: WaitChoices,
    #[command(flatten)]
    pub(super) many: ListChoices,
    #[command(flatten)]
    pub(super) output: OutputChoices,

    /// Print help
    #[arg(short, long, action = ArgAction::HelpShort, help_heading = "Output")]
    help: Option<bool>,

    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version, help_heading = "Output")]
    version: Option<bool>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What to check")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct SubjectChoices {
    /// Check only these ports, as in 25,587; all of them must pass
    #[arg(long, value_name = "PORTS")]
    pub(super) ports: Option<String>,

    /// Where to look up the servers of a mail domain [default: all of them]
    #[arg(
        long, value_parser = one_of(SOURCES),
        value_name = "SOURCES",
        value_delimiter = ',',
        hide_default_value = true,
        default_value = "mx,srv,autoconfig,builtin"
    )]
    pub(super) from: Vec<Source>,

    /// For a mail domain, also try the usual names: mail, smtp, imap, pop
    #[arg(long)]
    pub(super) guess: bool,

    /// How the connection is encrypted, whatever the port
    #[arg(long, value_parser = one_of(SECURITIES), value_name = "HOW")]
    pub(super) security: Option<Security>,

    /// Which addresses of a host must pass
    #[arg(long, value_parser = one_of(ADDRESSES), env = "MAILPROBE_ADDRESSES", value_name = "WHICH", default_value = "all")]
    pub(super) addresses: Addresses,

    /// Use only IPv4
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    pub(super) ipv4: bool,

    /// Use only IPv6
    #[arg(short = '6', long)]
    pub(super) ipv6: bool,

    /// Treat warnings as failures
    #[arg(long, value_parser = FalseyValueParser::new(), env = "MAILPROBE_STRICT")]
    pub(super) strict: bool,

    /// Run the checks in this configuration file
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Only show what would be checked
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Trace the route to ports that cannot be reached: at which hop does it stop? --trace=always traces every port:
    /// the only way to detect a proxy that answers flawlessly in place of the server (Linux)
    #[arg(
        long, value_parser = one_of(TRACES),
        value_name = "WHEN",
        num_args = 0..=1,
        require_equals = true,
        default_value = "never",
        default_missing_value = "failed",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub(super) trace: Trace,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectionChoices {
    /// Use this DNS server instead of the system's
    #[arg(long, env = "MAILPROBE_DNS_SERVER", value_name = "IP[:PORT]", value_parser = parse_dns_server)]
    pub(super) dns_server: Option<SocketAddr>,

    /// The name to send with EHLO, instead of this machine's own
    #[arg(long, env = "MAILPROBE_HELO", value_name = "NAME")]
    pub(super) helo: Option<HeloName>,

    /// The name that the certificate must match, instead of the host's
    #[arg(long, value_name = "NAME", value_parser = server_name)]
    pub(super) server_name: Option<Host>,

    /// Which CAs to trust: Mozilla's list (webpki) or this system's
    #[arg(long, value_parser = one_of(TRUST_STORES), env = "MAILPROBE_TRUST", value_name = "STORE", default_value = "webpki")]
    pub(super) trust: TrustStore,

    /// Also trust the certificates in FILE (PEM or DER); may be repeated
    #[arg(long, env = "MAILPROBE_CA_FILE", value_name = "FILE")]
    pub(super) ca_file: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Time")]
pub(super) struct TimeChoices {
    /// How long connecting may take: 5s, 250ms, 1m30s
    #[arg(long, env = "MAILPROBE_CONNECT_TIMEOUT", value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub(super) connect_timeout: Duration,

    /// How long one port of one address may take in total
    #[arg(long, env = "MAILPROBE_TIMEOUT", value_name = "TIME", default_value = "45s", value_parser = duration)]
    pub(super) timeout: Duration,

    /// How long the whole run may take [default: no limit]
    #[arg(long, env = "MAILPROBE_DEADLINE", value_name = "TIME", value_parser = duration)]
    pub(super) deadline: Option<Duration>,
}

/// How much mailprobe may tell of its own doings.
const LOG_LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputChoices {
    /// How to print the results
    #[arg(long, env = "MAILPROBE_FORMAT", value_name = "FORMAT", default_value = "human")]
    format: Format,

    /// Also write the results to a file, as in junit=report.xml; may be repeated
    #[arg(long = "output", value_name = "FORMAT=PATH", value_parser = output_file)]
    pub(super) files: Vec<OutputFile>,

    /// Include the dialogue with each server in the JSON
    #[arg(long)]
    transcript: bool,

    /// Also show every stage, the certificate and the dialogue
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,

    /// Show only what needs attention
    #[arg(short, long)]
    quiet: bool,

    /// When to use colour
    #[arg(long, env = "MAILPROBE_COLOR", value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,

    /// Log to standard error
    #[arg(long, value_name = "LEVEL", value_parser = PossibleValuesParser::new(LOG_LEVELS).try_map(|level| level.parse::<Level>()))]
    log: Option<Level>,
}

impl OutputChoices {
    /// How to show results.
    pub(super) fn output(&self) -> Output {
        let Self { format, transcript, verbose, quiet, color, log, .. } = *self;
        Output { format, color, transcript, verbose, quiet, log }
    }
}

impl Choices {
    /// Whether options are given that only a check of targets heeds.
    pub(super) fn names_checks(&self) -> bool {
        self.subject.config.is_some()
            || self.subject.dry_run
            || self.many.is_given()
            || !self.output.files.is_empty()
            || self.expect.is_any()
    }
}
