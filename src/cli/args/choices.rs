//! The options and commands, as clap reads them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::text::{ABOUT, AFTER_HELP};
use crate::cli::blocked;
use crate::cli::expect::ExpectChoices;
use crate::cli::files::{OutputFile, output_file};
use crate::cli::list::ListChoices;
use crate::cli::output::{ColorChoice, Format, LogLevel};
use crate::cli::values::{duration, hello_name, server_name};
use crate::cli::wait::WaitChoices;
use crate::resolve::parse_dns_server;
use crate::target::{HeloName, Host, Source};

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
pub(super) struct Choices {
    /// Check only these ports, as in 25,587; all of them must pass
    #[arg(long, global = true, value_name = "PORTS", help_heading = "What to check")]
    pub(super) ports: Option<String>,

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
    pub(super) from: Vec<SourceChoice>,

    /// For a mail domain, also try usual names: mail, smtp, imap, pop
    #[arg(long, global = true, help_heading = "What to check")]
    pub(super) guess: bool,

    /// How the connection is encrypted, whatever the port says
    #[arg(long, global = true, value_name = "HOW", help_heading = "What to check")]
    pub(super) security: Option<SecurityChoice>,

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
    pub(super) addresses: AddressesChoice,

    /// Use only IPv4
    #[arg(short = '4', long = "ipv4", global = true, conflicts_with = "ipv6", help_heading = "What to check")]
    pub(super) ipv4: bool,

    /// Use only IPv6
    #[arg(short = '6', long = "ipv6", global = true, help_heading = "What to check")]
    pub(super) ipv6: bool,

    /// Let warnings fail the run, too
    #[arg(long, global = true, value_parser = FalseyValueParser::new(), env = "MAILPROBE_STRICT", hide_env = true, help_heading = "What to check")]
    pub(super) strict: bool,

    /// Run the checks that this file names
    #[arg(long, global = true, value_name = "FILE", help_heading = "What to check")]
    pub(super) config: Option<PathBuf>,

    /// Only tell what would be probed
    #[arg(long, global = true, help_heading = "What to check")]
    pub(super) dry_run: bool,

    #[command(flatten)]
    pub(super) expect: ExpectChoices,
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
    pub(super) trace: TraceChoice,

    /// Ask this DNS server instead of the system's
    #[arg(long, global = true, env = "MAILPROBE_DNS_SERVER", hide_env = true, value_name = "IP[:PORT]", value_parser = parse_dns_server, help_heading = "How to ask")]
    pub(super) dns_server: Option<SocketAddr>,

    /// The name by which to greet servers (EHLO), instead of this machine's own
    #[arg(long, global = true, env = "MAILPROBE_HELO", hide_env = true, value_name = "NAME", value_parser = hello_name, help_heading = "How to ask")]
    pub(super) helo: Option<HeloName>,

    /// The name that the certificate must be for, instead of the host's
    #[arg(long, global = true, value_name = "NAME", value_parser = server_name, help_heading = "How to ask")]
    pub(super) server_name: Option<Host>,

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
    pub(super) trust: TrustChoice,

    /// Also trust the certificates in FILE (PEM or DER); may be repeated
    #[arg(
        long,
        global = true,
        env = "MAILPROBE_CA_FILE",
        hide_env = true,
        value_name = "FILE",
        help_heading = "How to ask"
    )]
    pub(super) ca_file: Vec<PathBuf>,

    /// How long connecting may take: 5s, 250ms, 1m30s
    #[arg(long, global = true, env = "MAILPROBE_CONNECT_TIMEOUT", hide_env = true, value_name = "TIME", default_value = "5s", value_parser = duration, help_heading = "Time")]
    pub(super) connect_timeout: Duration,

    /// How long one port of one address may take in all
    #[arg(long, global = true, env = "MAILPROBE_TIMEOUT", hide_env = true, value_name = "TIME", default_value = "45s", value_parser = duration, help_heading = "Time")]
    pub(super) timeout: Duration,

    /// How long the whole run may take [default: no limit]
    #[arg(long, global = true, env = "MAILPROBE_DEADLINE", hide_env = true, value_name = "TIME", value_parser = duration, help_heading = "Time")]
    pub(super) deadline: Option<Duration>,

    #[command(flatten)]
    pub(super) waiting: WaitChoices,

    #[command(flatten)]
    pub(super) many: ListChoices,

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
    pub(super) format: Format,

    /// Also write the results to a file, as in junit=report.xml; may be repeated
    #[arg(long, global = true, value_name = "FORMAT=PATH", value_parser = output_file, help_heading = "Output")]
    pub(super) output: Vec<OutputFile>,

    /// Also put what was said into the JSON
    #[arg(long, global = true, help_heading = "Output")]
    pub(super) transcript: bool,

    /// Also show every stage, the certificate, and what was said
    #[arg(short, long, global = true, conflicts_with = "quiet", help_heading = "Output")]
    pub(super) verbose: bool,

    /// Show only what needs attention
    #[arg(short, long, global = true, help_heading = "Output")]
    pub(super) quiet: bool,

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
    pub(super) color: ColorChoice,

    /// Tell on standard error what mailprobe is doing
    #[arg(long, global = true, value_name = "LEVEL", help_heading = "Output")]
    pub(super) log: Option<LogLevel>,

    /// Print help
    #[arg(short, long, global = true, action = ArgAction::HelpShort, help_heading = "Output")]
    help: Option<bool>,

    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version, help_heading = "Output")]
    version: Option<bool>,
}

impl Choices {
    /// Whether options are given that only a check of targets heeds.
    pub(super) fn names_checks(&self) -> bool {
        self.config.is_some() || self.many.is_given() || self.dry_run || !self.output.is_empty() || self.expect.is_any()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SecurityChoice {
    /// TLS from the first byte
    Implicit,
    /// Unencrypted at first, then STARTTLS (STLS in POP3)
    Starttls,
    /// No TLS at all: for development servers
    Plaintext,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SourceChoice {
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
pub(super) enum AddressesChoice {
    /// Every address of the host must pass
    All,
    /// One that passes is enough, as for a mail program
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TrustChoice {
    /// Mozilla's root certificates, built in
    Webpki,
    /// The operating system's store
    System,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TraceChoice {
    /// To no port
    Never,
    /// To ports that no connection could be made to
    Failed,
    /// To every port; only this sees a proxy that answers faultlessly in the server's place
    Always,
}
